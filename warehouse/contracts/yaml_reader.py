"""YAML files of contracts, read so that no mistake of writing is lost.

PyYAML keeps the last of two equal keys and says nothing, and makes dates of unquoted days; both would hide what was
written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from warehouse.contracts.problem import Problem
from warehouse.errors import C360Error

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The C parser is ten times quicker, where PyYAML was built with it."""

MERGE = "tag:yaml.org,2002:merge"
NODE_LIMIT, DEPTH_LIMIT = 200_000, 50
"""A contract has some thousand nodes, in some ten levels; aliases of aliases make billions, and what composes a tree
by recursion ends the process over a deep one."""


class Unreadable(C360Error):
    """A file that cannot be read as YAML; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def read_yaml(path: Path, *, may_be_empty: bool = False) -> tuple[dict[str, Any], list[Problem]]:
    """The mapping in a YAML file, with dates as ISO text, and the doubled keys found in it.

    Raises:
        Unreadable: no such file, not UTF-8, no YAML, empty, or not a mapping.
    """
    written, doubled = parse(read_text(path), path.name)
    document = json.loads(written)
    if document is None and may_be_empty:
        return {}, []
    if document is None:
        raise Unreadable(Problem(path.name, "", "the file is empty", "write it, or remove the file"))
    if not isinstance(document, dict):
        word = "a list" if isinstance(document, list) else "a single value"
        raise Unreadable(Problem(path.name, "", f"the file is {word}, not a mapping", "begin with `key: value` lines"))
    return document, list(doubled)


@lru_cache(maxsize=64)
def parse(text: str, file: str) -> tuple[str, tuple[Problem, ...]]:
    """The document in a text, as JSON, and the doubled keys found in it.

    A night asks for the same files several times, and each who asks gets a document of its own.

    Raises:
        Unreadable: it is no YAML that can be read.
    """
    try:
        if fault := find_excess(text):
            raise Unreadable(Problem(file, *fault))
        loader = LOADER(text)
        try:
            node = loader.get_single_node()
            doubled = tuple(find_doubled_keys(node, file)) if node else ()
            document = loader.construct_document(node) if node else None
        finally:
            loader.dispose()
        return json.dumps(to_json(document, [0])), doubled
    except yaml.YAMLError as error:
        raise Unreadable(describe_error(error, file)) from error
    except RecursionError as error:
        raise Unreadable(Problem(file, "", "an alias refers to itself", "write the part out")) from error
    except (ValueError, OverflowError) as error:
        problem = Problem(file, "", f"a value cannot be read: {error}", "put the value in quotes")
        raise Unreadable(problem) from error


@dataclass
class Weight:
    """How large a document is so far, with its aliases written out, and what is open in it."""

    total: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    """Parts of what an anchor names."""
    opened: list[tuple[str | None, int]] = field(default_factory=list)
    """The anchor of each mapping and list that is open, and how many parts came before it."""

    def add(self, event: yaml.Event) -> tuple[str, str] | None:
        """Count an event; gives what is wrong, and the cure, where the document is now too deep or too large."""
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self.opened.pop()
            self.name(anchor, self.total - before)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor in {anchor for anchor, _ in self.opened}:
                return "an alias refers to itself", "write the part out"
            self.total += self.sizes.get(str(event.anchor), 1)
        elif isinstance(event, yaml.CollectionStartEvent):
            self.opened.append((event.anchor, self.total))
            self.total += 1
        elif isinstance(event, yaml.ScalarEvent):
            self.name(event.anchor, 1)
            self.total += 1
        if len(self.opened) > DEPTH_LIMIT:
            return f"the file has more than {DEPTH_LIMIT} levels", "write it with fewer"
        if self.total > NODE_LIMIT:
            return f"the file has more than {NODE_LIMIT:,} parts, aliases written out", "write fewer, or in two files"
        return None

    def name(self, anchor: str | None, size: int) -> None:
        """Remember how many parts an anchor names."""
        if anchor:
            self.sizes[anchor] = size


def find_excess(text: str) -> tuple[str, str, str] | None:
    """Place, fault and cure of a document that is too deep or too large; None for others.

    Read event by event, so that nothing walks it before.

    Raises:
        yaml.YAMLError: it is no YAML.
    """
    weight = Weight()
    for event in yaml.parse(text, Loader=LOADER):
        if fault := weight.add(event):
            return f"line {event.start_mark.line + 1}" if event.start_mark else "", *fault
    return None


def read_text(path: Path) -> str:
    """The file as text."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        problem = Problem(path.name, f"line {line}", "the file is not UTF-8", "save it as UTF-8")
        raise Unreadable(problem) from error
    except OSError as error:
        problem = Problem(path.name, "", f"cannot be read: {error.strerror}", "make it a readable file")
        raise Unreadable(problem) from error


def describe_error(error: yaml.YAMLError, file: str) -> Problem:
    """What the parser says, in one line, with its place."""
    mark = getattr(error, "problem_mark", None)
    place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).splitlines()[0]
    return Problem(file, place, f"is not YAML: {said}", "check indentation, quotes and colons there")


def find_doubled_keys(
    node: yaml.Node, file: str, path: str = "", above: frozenset[int] = frozenset()
) -> Iterator[Problem]:
    """A problem for each key that a mapping holds twice; of the two, YAML would silently keep the last."""
    if id(node) in above:
        raise RecursionError
    above = above | {id(node)}
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from find_doubled_keys(item, file, f"{path}[{number}]", above)
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            name = str(key.value)
            place = f"{path}.{name}" if path else name
            if name in seen and key.tag != MERGE:
                where = f"lines {seen[name]} and {key.start_mark.line + 1}"
                yield Problem(file, place, f"key {name!r} is there twice ({where})", "keep one of them")
            seen.setdefault(name, key.start_mark.line + 1)
            yield from find_doubled_keys(value, file, place, above)


def to_json(value: Any, count: list[int]) -> Any:
    """A YAML value as JSON would have it: dates as ISO text, keys as text, sets as lists."""
    count[0] += 1
    if count[0] > NODE_LIMIT:
        raise RecursionError
    if isinstance(value, dict):
        return {str(to_json(key, count)): to_json(item, count) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [to_json(item, count) for item in value]
    if isinstance(value, date):  # a datetime is one, too; both as the database writes them
        return str(value)
    return value.decode("latin-1") if isinstance(value, bytes) else value
