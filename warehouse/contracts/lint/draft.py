"""A contract as it was written, before anyone knows that it is right: every reader here bears with anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from warehouse.contracts.problem import Problem
from warehouse.types.record_path import is_path

PREFIX = "c360."


@dataclass(frozen=True)
class Leaf:
    """One property without properties of its own: a column to be."""

    path: str
    """Place in the file."""
    name: str
    """Names from the top, joined with dots."""
    delivered: str
    """The same with physical names: the column's name in a delivery."""
    body: Mapping[str, Any]

    @property
    def role(self) -> Any:
        """What c360.role says, right or wrong; None if nothing."""
        return read_custom(self.body).get("role")

    @property
    def also_called(self) -> list[str]:
        """The names in c360.alsoCalled; what is no name there is left to its own rule."""
        names = read_custom(self.body).get("alsoCalled")
        return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []

    @property
    def is_key(self) -> bool:
        """Whether it is part of the primary key."""
        return self.body.get("primaryKey") is True


@dataclass(frozen=True)
class Draft:
    """One contract file as parsed."""

    file: str
    document: Mapping[str, Any]

    @property
    def stem(self) -> str:
        """The file's name without `.odcs.yaml`."""
        return self.file.removesuffix(".odcs.yaml")

    @property
    def kind(self) -> Any:
        """What c360.kind says, right or wrong."""
        return self.custom.get("kind")

    @cached_property
    def custom(self) -> dict[str, Any]:
        """The contract's own custom properties."""
        return read_custom(self.document)

    @cached_property
    def table(self) -> Mapping[str, Any]:
        """The one table; empty if there is none."""
        return next(iter(read_list(self.document, "schema")), (0, {}))[1]

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """All columns to be, in declared order."""
        return tuple(find_leaves(self.table, "schema[0]", "", ""))

    def having(self, role: str) -> list[Leaf]:
        """The columns with a role."""
        return [leaf for leaf in self.leaves if leaf.role == role]

    def problem(self, path: str, message: str, cure: str) -> Problem:
        """A problem in this file."""
        return Problem(self.file, path, message, cure)


def read_list(element: Any, key: str) -> list[tuple[int, Mapping[str, Any]]]:
    """The mappings in the list under a key, each with its place in the list; empty if there is no such list."""
    entries = element.get(key) if isinstance(element, Mapping) else None
    if not isinstance(entries, list):
        return []
    return [(number, entry) for number, entry in enumerate(entries) if isinstance(entry, Mapping)]


def read_mapping(element: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The mapping under a key; empty if there is none."""
    value = element.get(key)
    return value if isinstance(value, Mapping) else {}


def read_custom(element: Mapping[str, Any]) -> dict[str, Any]:
    """The `c360.` custom properties of an element, without the prefix."""
    names = [(str(entry.get("property")), entry.get("value")) for _, entry in read_list(element, "customProperties")]
    return {name.removeprefix(PREFIX): value for name, value in names if name.startswith(PREFIX)}


def custom_path(element: Mapping[str, Any], path: str, name: str) -> str:
    """The place of a custom property's value, or of the list it is missing from."""
    above = f"{path}.customProperties" if path else "customProperties"
    for number, entry in read_list(element, "customProperties"):
        if entry.get("property") == PREFIX + name:
            return f"{above}[{number}]"
    return above


def find_leaves(element: Mapping[str, Any], path: str, name: str, delivered: str) -> Iterator[Leaf]:
    """The leaves below a table or an object."""
    for number, body in read_list(element, "properties"):
        place = f"{path}.properties[{number}]"
        called = f"{name}.{body.get('name')}".removeprefix(".")
        physical = body.get("physicalName")
        own = body.get("name") if not physical or is_path(str(physical)) else physical
        found = f"{delivered}.{own}".removeprefix(".")
        if body.get("properties"):
            yield from find_leaves(body, place, called, found)
        else:
            yield Leaf(place, called, found, body)


def find_elements(element: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All properties below a table, objects and the members of lists among them, with their places."""
    for number, body in read_list(element, "properties"):
        place = f"{path}.properties[{number}]"
        yield place, body
        yield from find_elements(body, place)
        if isinstance(body.get("items"), Mapping):
            yield f"{place}.items", body["items"]
            yield from find_elements(body["items"], f"{place}.items")
