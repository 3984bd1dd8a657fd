"""JSON deliveries, record by record: one object per line, the elements of one array, or one object."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from warehouse.contracts.model import Source
from warehouse.landing.formats.encoding import find_encoding, read_text
from warehouse.landing.formats.text.csv import FAULTS, note_encoding, show
from warehouse.landing.formats.text.csv_records import RECORD_LIMIT, whole_lines
from warehouse.landing.formats.text.json_elements import Elements
from warehouse.landing.formats.text.json_objects import FIELDS, ObjectReader, UnreadableError

if TYPE_CHECKING:
    from warehouse.landing.formats.batch import Batch, Reading

CHUNK_RECORDS = 50_000
RAW_BUDGET = 64 << 20
"""Characters of unreadable records that are kept of one delivery."""
HEAD_BYTES = 1 << 18


def read_json(path: Path, source: Source, reading: Reading) -> Iterator[Batch]:
    """The records of a JSON delivery; its faults come last, when it is known whether their text may be kept."""
    from warehouse.landing.formats.batch import Batch

    encoding = find_encoding(path, source.location.encoding)
    note_encoding(encoding, reading)
    reader = ObjectReader(source.columns)
    faults = Faults()
    rows = Rows(reader)
    records = find_records(read_text(path, encoding), source.location.format == "json")
    while chunk := list(islice(records, CHUNK_RECORDS)):
        for text, rule in chunk:
            reading.physical_count += 1
            read_record(text, rule, reading.physical_count, rows, faults)
        yield Batch(rows.take(), FAULTS.clear())
    if not reading.physical_count:
        reading.notes.append("empty file" if not path.stat().st_size else "no records")
    reading.undeclared, reading.missing = reader.name_undeclared(reading.physical_count), reader.missing
    note_objects(reader, reading)
    yield Batch(rows.take(), faults.to_frame(is_shown=not reader.undeclared))


def note_objects(reader: ObjectReader, reading: Reading) -> None:
    """Say what was put right."""
    if reader.doubled_count:
        reading.notes.append(f"{reader.doubled_count} records have a field twice; the last one was taken")
    if reader.mended_count:
        reading.notes.append(f"{reader.mended_count} records hold NaN, Infinity or half a character; kept as text")


class Rows:
    """Rows that are read and not given away yet."""

    def __init__(self, reader: ObjectReader) -> None:
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


def read_record(text: bytes, rule: str, number: int, rows: Rows, faults: Faults) -> None:
    """One record, to the rows or to the faults; `rule` is what is wrong with it if it cannot be read."""
    try:
        if len(text) > RECORD_LIMIT:
            raise UnreadableError("too_long")
        if rule == "unfinished_document":
            raise UnreadableError(rule)
        values = rows.reader.read(text)
    except UnreadableError as error:
        is_cut = rule and str(error) in {"not_json", "encoding"}
        faults.add(number, rule if is_cut else str(error), text)
    else:
        rows.numbers.append(number)
        rows.values.append(values)


def find_records(texts: Iterator[bytes], may_be_document: bool) -> Iterator[tuple[bytes, str]]:
    """The bytes of each record; with a rule for the one at the end that may not be complete."""
    head = b""
    for text in texts:
        head += text
        if len(head) >= HEAD_BYTES:
            break
    texts = chain([head], texts)
    if may_be_document and not is_lines(head):
        return find_elements(texts, head.lstrip().startswith(b"["))
    return find_lines(texts)


def is_lines(head: bytes) -> bool:
    """True if the first bytes are lines of one object each, rather than one document."""
    start = head.lstrip()
    if not start.startswith(b"{"):
        return not start.startswith(b"[")
    lines = [line.strip() for line in start.split(b"\n")[:100] if line.strip()]
    # A pretty-printed document has no line that is an object by itself with fields in it.
    return len(lines) == 1 or any(is_filled(line) for line in lines)


def is_filled(line: bytes) -> bool:
    """True if a line is an object with fields."""
    try:
        return len(FIELDS.decode(line)) > 0
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def find_lines(texts: Iterator[bytes]) -> Iterator[tuple[bytes, str]]:
    """Lines that are not blank, split at line feeds alone: texts hold other separators."""
    for block, is_unfinished in whole_lines(texts):
        lines = block.split(b"\n")[:-1]
        for number, line in enumerate(lines, start=1):
            text = line.strip()
            if text:
                yield text, "unfinished_line" if is_unfinished and number == len(lines) else ""


def find_elements(texts: Iterator[bytes], is_array: bool) -> Iterator[tuple[bytes, str]]:
    """Elements of a document; what cannot be told apart at its end is one record more."""
    elements = Elements(is_array)
    for text in elements.read(texts):
        yield text, ""
    if not elements.is_whole:
        yield bytes(elements.held.strip()), "unfinished_document"
