"""What a YAML file must look like, as pydantic models; what is wrong with one becomes problems with place and cure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from warehouse.contracts.problem import Problem, suggest
from warehouse.contracts.yaml_reader import Unreadable, read_yaml

SAID: Mapping[str, str] = {
    "missing": "is missing", "model": "is not a mapping", "dict": "is not a mapping", "tuple": "is not a list",
    "string": "must be text", "bool": "must be true or false", "int": "must be a whole number",
    "float": "must be a number",
}  # fmt: skip
"""What is wrong, by the first word of pydantic's name for it."""
Step = str | int


class Part(BaseModel):
    """A mapping of a file, with known keys only. What is to be written under a key stands below its field."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


Shape = TypeVar("Shape", bound=Part)


def wrong(message: str, cure: str, *at: Step) -> PydanticCustomError:
    """What a validator raises for a rule of ours; `at` is the place below the validator's own."""
    return PydanticCustomError("ours", "{message}", {"message": message, "cure": cure, "at": at})


def require_words(text: str) -> str:
    """Text in which something stands."""
    if not text.strip(" ,\t\n"):
        raise PydanticCustomError("missing", "nothing stands there")
    return text


Text = Annotated[str, AfterValidator(require_words)]
Number = Annotated[float, Field(strict=True, ge=-1e15, le=1e15)]
"""A finite number, and not true or false."""


def is_number(value: Any) -> bool:
    """Is a value of the file a finite number?"""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def read_shape(path: Path, shape: type[Shape]) -> tuple[Shape | None, list[Problem]]:
    """A file as its model, or None if it has not its shape, and all that is wrong with it."""
    try:
        document, doubled = read_yaml(path)
    except Unreadable as error:
        return None, [error.problem]
    model, problems = judge(document, shape, path.name)
    return model, [*doubled, *problems]


def judge(document: Any, shape: type[Shape], file: str, *above: Step) -> tuple[Shape | None, list[Problem]]:
    """What a file, or the part of it at `above`, says as its model, None if it is not right; and what is wrong."""
    try:
        return shape.model_validate(document), []
    except ValidationError as refused:
        errors = refused.errors(include_url=False)
        return None, [Problem(file, write_place((*above, *find(e, document))), *describe(e, shape)) for e in errors]


def find(error: ErrorDetails, document: Any) -> Iterator[Step]:
    """The steps down to an error; what a model takes as a list may be written as one alone."""
    for step in (*error["loc"], *error.get("ctx", {}).get("at", ())):
        if isinstance(step, int) and not isinstance(document, list):
            continue
        yield step
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            document = None


def write_place(steps: tuple[Step, ...]) -> str:
    """A place as people write it, as in `rules[1].when`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")


def describe(error: ErrorDetails, shape: type[Part]) -> tuple[str, str]:
    """What is wrong, and its cure."""
    kind, given, steps = error["type"].partition("_")[0], error["input"], error["loc"]
    if kind == "ours":
        return error["ctx"]["message"], error["ctx"]["cure"]
    here = find_kind(shape, steps)
    while steps and isinstance(steps[-1], int):
        steps = steps[:-1]
    key, above = str(steps[-1] if steps else ""), find_kind(shape, steps[:-1])
    if kind == "extra":
        return f"unknown key {key!r}", suggest(key, list_fields(above))
    if kind == "literal":
        return f"unknown {key} {given!r}", suggest(given, get_args(here))
    field = list_fields(above).get(key)
    due = ", ".join(list_fields(here)) or (field and field.description) or key
    return SAID.get(kind, "does not fit"), f"write {due}"


def find_kind(kind: Any, steps: tuple[Step, ...]) -> Any:
    """The type of what stands at a place of a model; None where the model does not say."""
    for step in steps:
        within = list_fields(kind)
        kind = (
            within[str(step)].annotation
            if str(step) in within
            else next((of for of in get_args(kind)[::-1] if of is not ...), None)
        )
        while get_origin(kind) in {Annotated, Union, UnionType}:
            kind = get_args(kind)[0]
    return kind


def list_fields(kind: Any) -> dict[str, FieldInfo]:
    """The keys of a mapping with a model, and what it says of each."""
    is_part = isinstance(kind, type) and issubclass(kind, Part)
    return {field.alias or name: field for name, field in kind.model_fields.items()} if is_part else {}
