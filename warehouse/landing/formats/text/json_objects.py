"""One JSON object as the declared columns: strings as text, everything else as it was written.

Numbers stay text (a long one is never rounded, 1e400 never becomes infinite); arrays and objects stay JSON.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from warehouse.contracts.model import Column
from warehouse.errors import C360Error
from warehouse.landing.formats.encoding import is_utf8
from warehouse.landing.formats.undeclared import name_undeclared

DEPTH_LIMIT = 100
NAME_LIMIT = 200
NAMELESS = f"(fields of more than {NAME_LIMIT} names)"
"""So many names are no names of fields but somebody's data (objects keyed by an id): they are not shown."""
FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
TEXT = msgspec.json.Decoder(str)
ANY = msgspec.json.Decoder(msgspec.Raw)
STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
BRACKETS = re.compile(STRING + rb"|([\[{])|([\]}])", re.DOTALL)
CONSTANTS = re.compile(rb"(" + STRING + rb")|(-?Infinity|NaN)", re.DOTALL)
LONE = re.compile(
    rb"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\[^u])|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


class UnreadableError(C360Error):
    """A record gives no row; the message is the rule's name."""


@dataclass
class Node:
    """The declared fields of one object."""

    above: tuple[str, ...]
    """The object's own path."""
    leaves: dict[str, list[int]] = field(default_factory=dict)
    """Field: numbers of its columns; a status may also be the mark of deleted rows."""
    objects: dict[str, Node] = field(default_factory=dict)
    is_required: bool = False
    """A required column lies beneath."""
    seen: set[str] = field(default_factory=set)
    """Fields that some record had."""

    def add(self, path: Sequence[str], index: int, is_required: bool) -> None:
        """Take in a column."""
        self.is_required |= is_required
        if len(path) == 1:
            self.leaves.setdefault(path[0], []).append(index)
        else:
            child = self.objects.setdefault(path[0], Node((*self.above, path[0])))
            child.add(path[1:], index, is_required)

    def is_seen(self, path: Sequence[str]) -> bool:
        """True if some record had the field at this path."""
        return path[0] in self.seen and (len(path) == 1 or self.objects[path[0]].is_seen(path[1:]))


class ObjectReader:
    """Reads objects, and remembers what was in them."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self.root = Node(())
        for index, column in enumerate(columns):
            for path in column.paths:
                self.root.add(path, index, column.required and path == column.path)
        self.undeclared: Counter[tuple[str, ...]] = Counter()
        self.told: Counter[tuple[str, ...]] = Counter()
        """Of these, those in records with a declared field."""
        self.has_many_names = False
        """There are too many names to keep them."""
        self.extra_count = 0
        """Records with a field that is not declared."""
        self.doubled_count = 0
        self.mended_count = 0
        self.written_count = 0
        """Objects that were written as text, with the JSON in it."""

    @property
    def missing(self) -> list[str]:
        """Declared columns that no record had."""
        return [column.name for column in self.columns if not any(map(self.root.is_seen, column.paths))]

    def read(self, text: bytes) -> list[str | None]:
        """The values of the declared columns; null where absent.

        Raises:
            UnreadableError: with nul_byte, encoding, too_deep, not_json, not_an_object or no_known_field.
        """
        require_text(text)
        try:
            return self.read_values(text)
        except msgspec.DecodeError:
            mended = mend(text)
        try:
            values = self.read_values(mended)
        except msgspec.DecodeError as error:
            raise UnreadableError("not_an_object" if is_json(mended) else "not_json") from error
        self.mended_count += 1
        return values

    def read_values(self, text: bytes) -> list[str | None]:
        """The values of a record that is an object."""
        values: list[str | None] = [None] * len(self.columns)
        found: list[tuple[str, ...]] = []
        has_doubled, has_declared = self.read_object(text, self.root, values, found)
        # Counted only now, so that a record that is read a second time is not counted twice.
        if found:
            self.count_undeclared(found, has_declared=has_declared)
        self.doubled_count += has_doubled
        if not has_declared:
            raise UnreadableError("no_known_field")
        return values

    def count_undeclared(self, paths: list[tuple[str, ...]], *, has_declared: bool) -> None:
        """Count a record's undeclared fields by path, as long as there are not too many of them."""
        self.extra_count += 1
        if not self.has_many_names:
            self.undeclared.update(paths)
            self.told.update(paths if has_declared else ())
            self.has_many_names = len(self.undeclared) > NAME_LIMIT

    def name_undeclared(self, record_count: int) -> dict[str, int]:
        """The undeclared fields as they may be shown, with the number of records that had each."""
        if self.has_many_names:
            return {NAMELESS: self.extra_count}
        return name_undeclared(self.undeclared, record_count, self.told)

    def read_object(
        self, text: bytes, node: Node, values: list[str | None], found: list[tuple[str, ...]]
    ) -> tuple[bool, bool]:
        """Fill in the values of one object; tells whether a field stood there twice, and whether one is declared."""
        fields = FIELDS.decode(text)
        has_doubled = is_doubled(text, fields)
        known = fields.keys() & (node.leaves.keys() | node.objects.keys())
        if len(known) < len(fields):
            found += [(*node.above, name) for name in fields.keys() - known]
        for name in fields:  # in their order: of two names of one column the last value counts
            if name not in known:
                continue
            raw = bytes(fields[name])
            if name in node.leaves:
                value = read_leaf(raw)
                for index in node.leaves[name]:
                    values[index] = values[index] if value is None else value
            else:
                has_doubled |= self.read_child(raw, node.objects[name], values, found)
        node.seen |= known
        return has_doubled, bool(known)

    def read_child(self, raw: bytes, node: Node, values: list[str | None], found: list[tuple[str, ...]]) -> bool:
        """Fill in the values of an object in an object, also of one written as text; others leave them null."""
        if raw.startswith(b'"'):
            raw = self.read_written(raw)
        if raw.startswith(b"{"):
            return self.read_object(raw, node, values, found)[0]
        if node.is_required and raw != b"null":
            raise UnreadableError("not_an_object")
        return False

    def read_written(self, raw: bytes) -> bytes:
        """The JSON object that a text holds; any other text as it is."""
        written = TEXT.decode(raw).strip().encode()
        if not written.startswith(b"{") or is_too_deep(written) or not is_json(written):
            return raw
        self.written_count += 1
        return written


def require_text(text: bytes) -> None:
    """Raise UnreadableError (nul_byte, encoding, too_deep) of what cannot be JSON that is read."""
    if b"\0" in text:
        raise UnreadableError("nul_byte")
    if not is_utf8(text):
        raise UnreadableError("encoding")
    if is_too_deep(text):
        raise UnreadableError("too_deep")


def read_leaf(raw: bytes) -> str | None:
    """A value as text: a string's content, anything else as it was written; null as None."""
    if raw.startswith(b'"'):
        return TEXT.decode(raw)
    return None if raw == b"null" else raw.decode()


def is_json(text: bytes) -> bool:
    """True if the text is JSON of any kind."""
    try:
        ANY.decode(text)
    except msgspec.DecodeError:
        return False
    return True


def is_too_deep(text: bytes) -> bool:
    """True if arrays and objects are nested deeper than the limit."""
    if text.count(b"{") + text.count(b"[") <= DEPTH_LIMIT:
        return False
    depth = 0
    for found in BRACKETS.finditer(text):
        depth += 1 if found[1] else -1 if found[2] else 0
        if depth > DEPTH_LIMIT:
            return True
    return False


def is_doubled(text: bytes, fields: dict[str, msgspec.Raw]) -> bool:
    """True if an object has a field twice (only the last is in `fields`)."""
    # Written again it is as long as it was, with or without a blank behind each comma and colon, or something is gone.
    length = len(msgspec.json.encode(fields))
    if len(text) in (length, length + 2 * len(fields) - 1):
        return False
    counts: list[int] = []
    json.loads(text, object_pairs_hook=lambda pairs: counts.append(len(pairs)), parse_int=str, parse_float=str)
    return counts[-1] != len(fields)


def mend(text: bytes) -> bytes:
    """What writers emit and JSON forbids, made JSON: NaN and Infinity become strings, halves of characters U+FFFD."""
    text = CONSTANTS.sub(lambda found: found[1] or b'"' + found[2] + b'"', text)
    return LONE.sub(lambda found: found[1] or rb"\ufffd", text)
