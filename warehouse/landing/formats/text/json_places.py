"""Where in a JSON document its records seem to lie, when the contract's required columns are not at its top."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from warehouse.contracts.model import Column
from warehouse.landing.formats.undeclared import is_field_name
from warehouse.types.record_path import ROOT

MOST_MEMBERS, MOST_STEPS = 50, 6
"""Members of an object, and steps down, that are looked through."""
Place = tuple[str, ...]


def find_deeper(document: bytes, columns: Sequence[Column]) -> str | None:
    """The path of what has all required columns, if the document itself has not; None if nothing tells."""
    needed = {column.path for column in columns if column.required}
    try:
        top = msgspec.json.decode(document) if needed else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(top, dict | list) or has_all(top, needed):
        return None
    found = search(top, (), needed)
    return None if found is None else write(found)


def has_all(value: Any, needed: Collection[Place]) -> bool:
    """Is it an object with all of these fields?"""
    return all(has(value, place) for place in needed)


def has(value: Any, place: Place) -> bool:
    """Is there a field at this path?"""
    for name in place:
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True


def search(value: Any, above: Place, needed: Collection[Place]) -> Place | None:
    """The path to the first object that has all; `*` stands for every member of an object or a list."""
    if len(above) > MOST_STEPS or not isinstance(value, list | dict) or not value:
        return None
    if isinstance(value, list):
        return (*above, "*") if has_all(value[0], needed) else search(value[0], (*above, "*"), needed)
    members = dict(list(value.items())[:MOST_MEMBERS])
    if len(members) > 1 and all(has_all(member, needed) for member in members.values()):
        return (*above, "*")
    named = {name: member for name, member in members.items() if is_field_name(name)}
    if not named and len(members) == 1:
        named = {"*": next(iter(members.values()))}
    found = ((*above, n) if has_all(m, needed) else search(m, (*above, n), needed) for n, m in named.items())
    return next((place for place in found if place is not None), None)


def write(place: Place) -> str:
    """A path as `c360.records` has it."""
    return ROOT + "".join("[*]" if step == "*" else f".{step}" if "." not in step else f"['{step}']" for step in place)
