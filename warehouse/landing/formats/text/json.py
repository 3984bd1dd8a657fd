"""JSON deliveries, record by record: one object per line, the elements of one array, or one object."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from warehouse.contracts.model import Source
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats.encoding import find_encoding, read_text
from warehouse.landing.formats.encoding_choice import list_clues
from warehouse.landing.formats.text.csv import FAULTS, note_encoding, show
from warehouse.landing.formats.text.csv_records import RECORD_LIMIT
from warehouse.landing.formats.text.json_documents import Document, find_documents
from warehouse.landing.formats.text.json_nested import Around, Nested, NestedReader
from warehouse.landing.formats.text.json_objects import UnreadableError
from warehouse.landing.formats.text.json_places import find_deeper
from warehouse.types.record_path import ROOT, read_path

if TYPE_CHECKING:
    from warehouse.landing.formats.batch import Batch, Reading

CHUNK_RECORDS = 50_000
DOCUMENT_LIMIT = 256 << 20
"""Bytes: a longer document that holds its records in a field is not read."""
DAMAGED = frozenset({"nul_byte", "encoding", "too_deep", "not_json", "too_long", "unfinished_document"})
"""What may be wrong with a document as a whole."""
CUT = frozenset({"not_json", "encoding"})
"""What a record seems to be of which the end is missing."""
RAW_BUDGET = 64 << 20
"""Characters of unreadable records that are kept of one delivery."""


def read_json(path: Path, source: Source, reading: Reading) -> Iterator[Batch]:
    """The records of a JSON delivery; its faults come last, when it is known whether their text may be kept.

    Raises:
        DeliveryError: its records lie elsewhere than the contract says, or in a document that is damaged.
    """
    from warehouse.landing.formats.batch import Batch

    encoding = find_encoding(path, source.location.encoding, list_clues(source, reading))
    note_encoding(encoding, reading)
    reader = NestedReader(source.columns, read_path(source.location.records or ROOT))
    faults = Faults()
    rows = Rows(reader)
    may_be_document = source.location.format == "json"
    documents = find_documents(read_text(path, encoding), may_be_document, DOCUMENT_LIMIT if reader.is_deep else None)
    records = find_nested(documents, reader) if reader.is_deep else find_plain(documents, source)
    while chunk := list(islice(records, CHUNK_RECORDS)):
        for text, around, rule in chunk:
            reading.physical_count += 1
            read_record(text, rule, reading.physical_count, rows, faults, around)
        yield Batch(rows.take(), FAULTS.clear())
    if not reading.physical_count:
        reading.notes.append("empty file" if not path.stat().st_size else "no records")
    reading.undeclared, reading.missing = reader.name_undeclared(reading.physical_count), reader.missing
    note_objects(reader, reading)
    yield Batch(rows.take(), faults.to_frame(is_shown=not reading.undeclared))


def find_plain(documents: Iterator[Document], source: Source) -> Iterator[Nested]:
    """Documents that are records themselves; where the first is plainly none, it is said where they are.

    Raises:
        DeliveryError: the first has not the required columns, and something in it has.
    """
    nothing: Around = []
    first = next(documents, None)
    if first is None:
        return
    if len(first.text) <= RECORD_LIMIT and (place := find_deeper(first.text, source.columns)):
        where = f"at the server in {source.path.name}"
        raise DeliveryError(f"its records lie deeper in it; say where by c360.records: {place!r} {where}")
    yield first.text, nothing, first.rule
    for text, rule, _, _ in documents:
        yield text, nothing, rule


def find_nested(documents: Iterator[Document], reader: NestedReader) -> Iterator[Nested]:
    """The records in documents. A line that is damaged is one of them.

    Raises:
        DeliveryError: a document that is more than a line is damaged.
    """
    for document in documents:
        rule = document.rule or ("too_long" if len(document.text) > DOCUMENT_LIMIT else "")
        is_read = rule in ("", "unfinished_line")
        found = reader.find(document.text, document.depth) if is_read else iter([(document.text, [], rule)])
        for text, around, fault in found:
            if fault in DAMAGED and not document.is_line:
                raise DeliveryError(
                    f"a document in it cannot be read ({fault}), and nobody can say how many records it held;"
                    " have it delivered again, in pages if it is over 256 MB"
                )
            yield text, around, rule if rule and fault in CUT else fault


def note_objects(reader: NestedReader, reading: Reading) -> None:
    """Say what was put right."""
    for count, said in (
        (reader.doubled_count, "records have a field twice; the last one was taken"),
        (reader.mended_count, "records hold NaN, Infinity or half a character; kept as text"),
        (reader.written_count, "objects were written as text, with their JSON in it"),
        (reader.empty_count, "objects have an empty list where c360.records says that records are"),
    ):
        if count:
            reading.notes.append(f"{count} {said}")


class Rows:
    """Rows that are read and not given away yet."""

    def __init__(self, reader: NestedReader) -> None:
        self.reader = reader
        self.numbers: list[int] = []
        self.values: list[list[str | None]] = []

    def take(self) -> pl.DataFrame:
        """Give them away."""
        names = [column.name for column in self.reader.columns]
        frame = pl.DataFrame(self.values, schema=dict.fromkeys(names, pl.String), orient="row")
        frame.insert_column(0, pl.Series("_record", self.numbers, dtype=pl.Int64))
        self.numbers, self.values = [], []
        return frame


class Faults:
    """Unreadable records of a delivery."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, str, str | None]] = []
        self.budget = RAW_BUDGET

    def add(self, number: int, rule: str, text: bytes) -> None:
        """Take in one; its text is kept as long as there is room, and never if none of it is declared."""
        raw = show(text) if self.budget > 0 and rule != "no_known_field" else None
        self.budget -= len(raw or "")
        self.entries.append((number, rule, raw))

    def to_frame(self, is_shown: bool) -> pl.DataFrame:
        """All of them, with or without their text."""
        frame = pl.DataFrame(self.entries, schema=FAULTS.schema, orient="row")
        return frame if is_shown else frame.with_columns(raw=pl.lit(None, pl.String))


def read_record(text: bytes, rule: str, number: int, rows: Rows, faults: Faults, around: Around) -> None:
    """One record, to the rows or to the faults; `rule` is what is wrong with it if it cannot be read."""
    try:
        if len(text) > RECORD_LIMIT:
            raise UnreadableError("too_long")
        if rule and rule != "unfinished_line":
            raise UnreadableError(rule)
        values = rows.reader.read(text, around)
    except UnreadableError as error:
        faults.add(number, rule if rule and str(error) in CUT else str(error), text)
    else:
        rows.numbers.append(number)
        rows.values.append(values)
