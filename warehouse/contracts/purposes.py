"""Purposes: why a consumer may see data, as declared in `purposes.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StrictBool, model_validator

from warehouse.contracts.model import ContractError, Purpose, Refusal
from warehouse.contracts.problem import Problem, nearest, suggest
from warehouse.contracts.shape import Part, Text, read_shape, wrong
from warehouse.types.roles import RELATIONS

PURPOSES = "purposes.yaml"


def require_relation(word: str) -> str:
    """Refuse a word that is no relation between people."""
    if word not in RELATIONS:
        raise wrong(f"relation {word!r} is not known", suggest(word, RELATIONS))
    return word


class PurposeEntry(Part):
    """One purpose, below its name."""

    description: Text
    """in a line what the purpose is"""
    consent: Text = ""
    """the consent purpose a person must have granted, or leave it out"""
    pseudonymised: StrictBool = False
    """true or false"""
    relations: tuple[Annotated[str, AfterValidator(require_relation)], ...] = ()
    """a list of what it may see of people together, as [household]"""

    refusal: Refusal = "any"
    """any: the no of each account counts where likeness holds a customer together; latest: the answer given last"""
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.0
    """from 0 to 1: the confidence of customer_profile that a customer must have to go out"""

    @model_validator(mode="before")
    @classmethod
    def drop_rest_of_text(cls, body: Any) -> Any:
        """`{description: count, without names}`: the comma ends the text, and its rest looks like a key."""
        if not isinstance(body, dict):
            return body
        rest = {k for k, v in body.items() if v is None and " " in k and not nearest(k, cls.model_fields)}
        return {key: value for key, value in body.items() if key not in rest}


class PurposeFile(Part):
    """The whole file."""

    purposes: dict[str, PurposeEntry]
    """names below it, and a description for each"""


def require_purposes(folder: Path) -> tuple[Purpose, ...]:
    """The purposes of a folder.

    Raises:
        ContractError: the file is not right.
    """
    purposes, problems = read_purposes(folder)
    if purposes is None or problems:
        raise ContractError("\n".join(map(str, problems)))
    return purposes


def read_purposes(folder: Path) -> tuple[tuple[Purpose, ...] | None, list[Problem]]:
    """The purposes of a folder in its order, none without the file; None where it is not right, and what is wrong."""
    path = folder / PURPOSES
    if not path.exists():
        return (), []
    file, problems = read_shape(path, PurposeFile)
    if file is None:
        return None, problems
    return tuple(as_purpose(name, entry) for name, entry in file.purposes.items()), problems


def as_purpose(name: str, entry: PurposeEntry) -> Purpose:
    """A purpose of an entry that is right."""
    return Purpose(
        name,
        entry.description,
        entry.consent or None,
        entry.pseudonymised,
        entry.relations,
        entry.refusal,
        entry.min_confidence,
    )
