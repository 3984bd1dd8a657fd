"""The Open Data Contract Standard's own JSON Schema, and its errors made readable.

The schema ships in the package `open-data-contract-standard`; its pydantic model misses nested typing mistakes, the
schema does not. What a validator says about `oneOf` and `unevaluatedProperties` is mostly noise; here one mistake gives
one problem.
"""

from __future__ import annotations

import functools
import importlib.util
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.contracts.problem import Problem, nearest, suggest

if TYPE_CHECKING:
    import jsonschema_rs
    from jsonschema import Draft201909Validator

ValidationError = Any
"""jsonschema's; its type says that every field may be unset, which in a finished error none is."""

REFERENCE = r"^(?:[^#]+\.ya?ml#)?/?[^/#]+/[^/#]+(?:/[^/#]+/[^/#]+)*$"
"""A reference to another contract's column. The standard's own pattern knows letters of ASCII alone, though columns may
be called as their files call them: 會員編號."""
PACKAGE = "open_data_contract_standard"
TYPE_WORDS = {"str": "text", "int": "a number", "float": "a number", "bool": "true or false", "list": "a list",
              "dict": "a mapping", "NoneType": "nothing"}  # fmt: skip
WANTED_WORDS = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
                "array": "a list", "object": "a mapping", "null": "nothing"}  # fmt: skip


@functools.cache
def read_validator() -> Draft201909Validator:
    """What says in words where a contract is not as the standard asks; it takes some .1 s a contract."""
    from jsonschema import Draft201909Validator

    return Draft201909Validator(read_schema())


@functools.cache
def read_quick_validator() -> jsonschema_rs.Draft201909Validator:
    """What says whether a contract is right, at once; stricter, if anything, than the one that has the words."""
    import jsonschema_rs

    return jsonschema_rs.Draft201909Validator(read_schema())


@functools.cache
def read_schema() -> dict[str, Any]:
    """The standard's schema.

    Raises:
        ModuleNotFoundError: the package with the schema is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            f"package {PACKAGE} with the standard's schema is missing; run `make run` to install it"
        )
    schema: dict[str, Any] = json.loads((Path(spec.origin).parent / "schema.json").read_text("utf-8"))
    schema["$defs"]["FullyQualifiedReference"]["pattern"] = REFERENCE
    return schema


def check_standard(document: Mapping[str, Any], file: str) -> list[Problem]:
    """Every place where a contract is not as the standard asks."""
    if is_right(document):
        return []
    validator = read_validator()
    problems: dict[tuple[str, str], Problem] = {}
    stray: list[tuple[str, Problem]] = []
    for error in validator.iter_errors(document):
        place = join(error)
        for problem in describe(error, place, file, validator):
            problems.setdefault((problem.path, problem.message), problem)
        stray += [(place, p) for p in list_misplaced(error, place, file, validator)]
    for place, problem in stray:
        # A wrong `type` takes the keys of the right one with it; then the type is the mistake, not the keys.
        if not any(path != problem.path and path.startswith(place) for path, _ in problems):
            problems.setdefault((problem.path, problem.message), problem)
    return list(problems.values())


def is_right(document: Mapping[str, Any]) -> bool:
    """Whether a contract is as the standard asks; False as well where it holds what JSON cannot say, a date of YAML."""
    try:
        return read_quick_validator().is_valid(document)
    except ValueError:
        return False


def describe(error: ValidationError, place: str, file: str, validator: Draft201909Validator) -> Iterator[Problem]:
    """The problems behind one error of the validator; none if it only echoes another."""
    if error.validator in {"unevaluatedProperties", "additionalProperties"}:
        known = allowed_keys(error.schema, error.instance, validator, is_any=True)
        for key in error.instance:
            if key not in known:
                yield Problem(file, dot(place, key), f"unknown key {key!r}", suggest(key, known))
    elif error.validator == "required":
        yield from describe_missing(error, place, file)
    elif error.validator in {"oneOf", "anyOf"}:
        yield describe_choice(error, place, file)
    else:
        yield Problem(file, place, *describe_value(error))


def describe_missing(error: ValidationError, place: str, file: str) -> Iterator[Problem]:
    """A key that has to be there; a property without logicalType fails several rules that all ask for it."""
    is_property = "logicalTypeOptions" in str(error.absolute_schema_path) or list(error.validator_value) == ["map"]
    if is_property and "logicalType" not in error.instance:
        near = nearest("logicalType", error.instance)
        cure = f"did {near!r} mean it?" if near else "say it: string, integer, number, boolean, date, timestamp, …"
        yield Problem(file, dot(place, "logicalType"), "key 'logicalType' is missing", cure)
        return
    for key in error.validator_value:
        if key not in error.instance:
            yield Problem(file, dot(place, key), f"key {key!r} is missing", "add it; the standard requires it")


def describe_choice(error: ValidationError, place: str, file: str) -> Problem:
    """An error of `oneOf` or `anyOf`: the branch that came nearest, or too many of them."""
    options = [option.get("required", [None])[0] for option in error.validator_value]
    if None not in options and not isinstance(error.instance, dict):
        return Problem(file, place, f"is {word_of(error.instance)}, must be a mapping", "write a mapping")
    if None not in options:
        given = [key for key in options if key in error.instance]
        if len(given) != 1:
            said = ", ".join(given) or "none"
            return Problem(
                file, place, f"exactly one bound is due, there is {said}", "give one of: " + ", ".join(options)
            )
    if not error.context:
        return Problem(file, place, "fits more than one form of the standard", "leave one of them out")
    best = min(find_causes(error), key=lambda cause: cause.validator == "type")
    return Problem(file, join(best), *describe_value(best))


def find_causes(error: ValidationError) -> Iterator[ValidationError]:
    """The innermost errors behind one, in the order of the schema."""
    for cause in error.context:
        yield from find_causes(cause)
    if not error.context:
        yield error


def word_of(value: Any) -> str:
    """What a value is, in a word."""
    return TYPE_WORDS.get(type(value).__name__, type(value).__name__)


def describe_value(error: ValidationError) -> tuple[str, str]:
    """Message and cure for a value that is not as it must be."""
    value, wanted = error.instance, error.validator_value
    if error.validator == "type":
        wants = [wanted] if isinstance(wanted, str) else wanted
        due = " or ".join(WANTED_WORDS.get(w, w) for w in wants)
        cure = "put it in quotes" if wants == ["string"] and isinstance(value, int | float) else f"write {due}"
        return f"is {word_of(value)}, must be {due}", cure
    if error.validator == "enum":
        return f"{value!r} is not known", suggest(value, map(str, wanted))
    if error.validator == "pattern":
        if "propert" in str(wanted) or "yaml" in str(wanted) or "\\." in str(wanted):
            return f"{value!r} is not a reference", "write <file>.odcs.yaml#schema/<table>/properties/<column>"
        return f"{value!r} is not written as the standard asks", f"it must match {wanted}"
    return error.message[:200], "see the standard"


def list_misplaced(error: ValidationError, place: str, file: str, validator: Draft201909Validator) -> Iterator[Problem]:
    """Keys that the standard knows at such a place, but not beside this `type` or `logicalType`."""
    if error.validator != "unevaluatedProperties":
        return
    here = allowed_keys(error.schema, error.instance, validator, is_any=False)
    anywhere = allowed_keys(error.schema, error.instance, validator, is_any=True)
    for key in error.instance:
        if key in anywhere and key not in here:
            cure = "leave it out, or correct the type it belongs to"
            yield Problem(file, dot(place, key), f"key {key!r} does not belong to this type", cure)


def allowed_keys(schema: Any, instance: Any, validator: Draft201909Validator, *, is_any: bool) -> set[str]:
    """Keys that a schema knows at its top level, through `$ref`, `allOf` and those branches that apply, or all."""
    if not isinstance(schema, dict):
        return set()
    keys = set(schema.get("properties", {}))
    parts: list[Any] = [*schema.get("allOf", []), *schema.get("oneOf", []), *schema.get("anyOf", [])]
    if "$ref" in schema:
        parts.append(resolve(schema["$ref"], validator.schema))
    if "then" in schema and (is_any or validator.evolve(schema=schema["if"]).is_valid(instance)):
        parts.append(schema["then"])
    for part in parts:
        keys |= allowed_keys(part, instance, validator, is_any=is_any)
    return keys


def resolve(reference: str, schema: Any) -> Any:
    """The part of the schema that a local `$ref` names."""
    for step in reference.removeprefix("#/").split("/"):
        schema = schema[step]
    return schema


def join(error: ValidationError) -> str:
    """The error's place, as in `schema[0].properties[3].name`."""
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path).removeprefix(".")


def dot(place: str, key: str) -> str:
    """A key below a place."""
    return f"{place}.{key}" if place else key
