"""Records that lie within JSON documents: an envelope, pages, objects keyed by an id, the lines of an order.

Where they lie is a path (`c360.records`); each object that it ends at is a record. What the objects around a record
say is read once, and belongs to all the records in it. A document that is damaged, or lacks what the path names, is one
unreadable record: nobody can say how many it held.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec

from warehouse.contracts.model import Column
from warehouse.landing.formats.text.json_objects import (
    FIELDS,
    ObjectReader,
    UnreadableError,
    is_json,
    mend,
    read_leaf,
    require_text,
)
from warehouse.types.record_path import KEY, ROOT, Level, split_place

MEMBERS = msgspec.json.Decoder(list[msgspec.Raw])
Around = list[str | None]
"""Values of all columns, as far as the objects around a record say them."""
Nested = tuple[bytes, Around, str]
"""A record's bytes, what is around it, and what is wrong with it ("" if nothing)."""


class LevelReader:
    """Reads the columns that lie in the objects of one level of the path."""

    def __init__(self, columns: Sequence[Column], picked: Sequence[tuple[int, tuple[str, ...]]]) -> None:
        self.indexes = [index for index, path in picked if path != (KEY,)]
        self.key_indexes = [index for index, path in picked if path == (KEY,)]
        self.reader = ObjectReader([replace(columns[i], path=path) for i, path in picked if path != (KEY,)])
        self.count = 0

    def read(self, raw: bytes, key: str | None, above: Around) -> Around:
        """What is known of a record so far, with what one object around it says."""
        self.count += 1
        known = list(above)
        for index in self.key_indexes:
            known[index] = key
        try:
            values = self.reader.read(raw)
        except UnreadableError as error:
            if str(error) != "no_known_field":
                raise
            values = [None] * len(self.indexes)
        for index, value in zip(self.indexes, values, strict=True):
            known[index] = value
        return known


class NestedReader:
    """Reads records at the end of a path, and remembers what was in them and around them."""

    def __init__(self, columns: Sequence[Column], levels: Sequence[Level]) -> None:
        self.columns, self.levels = columns, tuple(levels)
        picked: list[list[tuple[int, tuple[str, ...]]]] = [[] for _ in levels]
        for index, column in enumerate(columns):
            is_placed = column.path[:1] == (ROOT,)
            level, path = split_place(column.path, self.levels) if is_placed else (len(levels) - 1, column.path)
            picked[level].append((index, path))
        self.readers = [LevelReader(columns, own) for own in picked]
        self.is_deep = len(self.levels) > 1 or self.levels[0].depth > 0
        """Records lie within documents, rather than be them."""
        self.plain = self.readers[-1].reader
        """What reads a record by itself."""
        self.empty_count = 0
        """Objects whose list of records is there and empty."""
        self.text_count = 0
        """Members of the path that were written as text."""
        self.mended_documents = 0

    @property
    def record(self) -> LevelReader:
        """The reader of the records themselves."""
        return self.readers[-1]

    def find(self, document: bytes, depth: int = 0) -> Iterator[Nested]:
        """The records of one document, which lies in so many lists; one that cannot be read is a record itself."""
        unknown: Around = [None] * len(self.columns)
        try:
            sound = self.require_sound(document)
        except UnreadableError as error:
            yield document, unknown, str(error)
        else:
            yield from self.find_members(sound, None, 0, unknown, depth)

    def require_sound(self, document: bytes) -> bytes:
        """The document as JSON; what writers emit and JSON forbids is mended.

        Raises:
            UnreadableError: with nul_byte, encoding, too_deep or not_json.
        """
        require_text(document)
        if is_json(document):
            return document
        mended = mend(document)
        if not is_json(mended):
            raise UnreadableError("not_json")
        self.mended_documents += 1
        return mended

    def find_members(self, raw: bytes, key: str | None, level: int, above: Around, depth: int = 0) -> Iterator[Nested]:
        """The records in the value at a level: of a list, and as deep as the path says of objects, in its members."""
        try:
            raw = self.unwrap(raw)
        except UnreadableError as error:
            yield raw, above, str(error)
            return
        if raw.startswith(b"["):
            for member in MEMBERS.decode(raw):
                yield from self.find_members(bytes(member), key, level, above, depth + 1)
        elif depth < self.levels[level].depth and raw.startswith(b"{"):
            for name, member in FIELDS.decode(raw).items():
                yield from self.find_members(bytes(member), name, level, above, depth + 1)
        else:
            yield from self.find_below(raw, key, level, above)

    def find_below(self, raw: bytes, key: str | None, level: int, above: Around) -> Iterator[Nested]:
        """The records in one object at a level; at the last level it is the record."""
        if level == len(self.levels) - 1:
            yield raw, self.name_record(key, above), ""
            return
        child = FIELDS.decode(raw).get(str(self.levels[level + 1].name)) if raw.startswith(b"{") else None
        if child is None:
            yield raw, above, "no_records"
            return
        try:
            known = self.readers[level].read(raw, key, above)
        except UnreadableError as error:
            yield raw, above, str(error)
            return
        found = False
        for record in self.find_members(bytes(child), None, level + 1, known) if bytes(child) != b"null" else ():
            found = True
            yield record
        self.empty_count += not found

    def name_record(self, key: str | None, above: Around) -> Around:
        """What is around a record, with its own key."""
        if not self.record.key_indexes:
            return above
        known = list(above)
        for index in self.record.key_indexes:
            known[index] = key
        return known

    def unwrap(self, raw: bytes) -> bytes:
        """JSON that is written as text is what the text says."""
        if not raw.startswith(b'"'):
            return raw
        text = (read_leaf(raw) or "").strip().encode()
        if not text.startswith((b"{", b"[")):
            return raw
        self.text_count += 1
        return self.require_sound(text)

    def read(self, text: bytes, around: Around) -> list[str | None]:
        """The values of one record and of what is around it; raises UnreadableError as `ObjectReader.read` does."""
        if not self.is_deep:
            return self.plain.read(text)
        values = list(around)
        for index, value in zip(self.record.indexes, self.record.reader.read(text), strict=True):
            values[index] = value
        return values

    @property
    def missing(self) -> list[str]:
        """Declared columns that were nowhere."""
        gone = {name for level in self.readers for name in level.reader.missing}
        return [column.name for column in self.columns if column.name in gone]

    @property
    def doubled_count(self) -> int:
        """Objects with a field twice."""
        return sum(level.reader.doubled_count for level in self.readers)

    @property
    def mended_count(self) -> int:
        """Documents and records in which something was mended."""
        return self.mended_documents + sum(level.reader.mended_count for level in self.readers)

    @property
    def written_count(self) -> int:
        """Objects that were written as text, with the JSON in it."""
        return self.text_count + sum(level.reader.written_count for level in self.readers)

    def name_undeclared(self, record_count: int) -> dict[str, int]:
        """Undeclared fields of the records and of what is around them, as they may be shown, with their number."""
        named: dict[str, int] = {}
        above = ROOT
        for number, (level, own) in enumerate(zip(self.levels, self.readers, strict=True)):
            above += f".{level.name}" if level.name is not None else ""
            if number + 1 == len(self.levels):
                return named | own.reader.name_undeclared(record_count)
            own.reader.undeclared.pop((str(self.levels[number + 1].name),), None)
            named |= {f"{above}.{name}": count for name, count in own.reader.name_undeclared(own.count).items()}
        return named
