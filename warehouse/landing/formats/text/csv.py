"""CSV deliveries, record by record: values by Polars where a line is well formed, by our own parser where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from warehouse.contracts.model import Location, Source
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats.encoding import Encoding, find_encoding, read_text
from warehouse.landing.formats.encoding_choice import list_clues
from warehouse.landing.formats.header import Header, key_of, match_header, require_names
from warehouse.landing.formats.text.csv_dialect import DELIMITERS, NAMED, NAMES, Dialect, find_delimiter, is_padded
from warehouse.landing.formats.text.csv_frame import cut_footer, skip_preamble
from warehouse.landing.formats.text.csv_records import NEWLINE, Kind, Split, split_records, whole_lines
from warehouse.landing.formats.text.csv_remarks import (
    SWAPPED,
    require_double,
    require_remarks,
    set_remarks_apart,
    skip_remarks,
    swap_back,
    swap_quotes,
)
from warehouse.landing.formats.text.line_count import LineCount

if TYPE_CHECKING:
    from warehouse.landing.formats.batch import Batch, Reading

FAULTS = pl.DataFrame(schema={"_record": pl.Int64, "rule": pl.String, "raw": pl.String})
RAW_LIMIT = 10_000
"""Characters of an unreadable record that are kept."""


def read_csv(path: Path, source: Source, reading: Reading) -> Iterator[Batch]:
    """The records of a CSV delivery, one batch per block of text; record numbers do not count header and blank lines.

    Raises:
        DeliveryError: the header is unreadable, names a declared column twice, or names none of them.
    """
    encoding = find_encoding(path, source.location.encoding, list_clues(source, reading, has_header=True))
    note_encoding(encoding, reading)
    footer = source.location.footer
    texts = cut_footer(whole_lines(read_text(path, encoding)), footer, reading.notes)
    blocks = with_end(swap_quotes(texts) if source.location.quote == "single" else texts)
    table: CsvTable | None = None
    pending = b""
    for (block, is_unfinished), is_end in blocks:
        fresh = block
        if table is None:
            start = skip_remarks(block.lstrip(b"\r\n"), source.location)
            if not start:
                continue
            table, fresh = open_table(start, source, reading)
        table.count.add(fresh)
        text = pending + fresh
        found = split_records(text, table.dialect, is_end, is_unfinished)
        split, remarks = set_remarks_apart(text, found, source.location)
        if remarks is not None:
            table.leave_out(remarks)
        yield table.read_batch(text, split, reading)
        pending = text[split.consumed :]
    if table is None:
        reading.missing = [column.name for column in source.columns]
        reading.notes.append("blank lines only" if path.stat().st_size else "empty file")
    else:
        reading.physical_count = table.count.records
        reading.undeclared = table.header.name_undeclared(reading.physical_count, table.misfits)
        if table.remarks:
            require_remarks(table.full_remarks, reading.physical_count)
            reading.notes.append(f"{table.remarks} lines of remarks (c360.comment) are left out")


def note_encoding(encoding: Encoding, reading: Reading) -> None:
    """Say what was found out about the encoding."""
    if encoding.is_told:
        reading.ways["encoding"] = "utf-8" if encoding.is_utf8 else encoding.name
    if encoding.is_sniffed:
        reading.notes.append(f"encoding {encoding.name} (sniffed)")
    if encoding.is_mac:
        reading.notes.append("lines end in carriage returns alone (sniffed)")
    if encoding.is_reversed:
        reading.notes.append("lines end in a line feed and a carriage return (sniffed)")


def with_end(blocks: Iterator[tuple[bytes, bool]]) -> Iterator[tuple[tuple[bytes, bool], bool]]:
    """The blocks, each with True if it is the last."""
    held = next(blocks, None)
    for block in blocks:
        if held is not None:
            yield held, False
        held = block
    if held is not None:
        yield held, True


def open_table(text: bytes, source: Source, reading: Reading) -> tuple[CsvTable, bytes]:
    """Dialect and header from the first block, and what follows the header."""
    dialect, names, rest = read_names(text, source, reading)
    reading.bounds.require_columns(len(names))
    header = match_header(names, source.columns, reading.notes)
    reading.missing = header.missing
    count = LineCount(dialect.delimiter, len(names))
    whole = Dialect(dialect.delimiter, dialect.is_quoted, len(names), dialect.is_padded)
    return CsvTable(whole, header, count, is_swapped=source.location.quote == "single"), rest


def read_names(text: bytes, source: Source, reading: Reading) -> tuple[Dialect, list[str], bytes]:
    """Dialect and names of the columns from the first block, and what follows the header."""
    names_known = [name for column in source.columns for name in (column.name, *column.also_called)]
    needed = [column.name for column in source.columns if column.required and not column.also_called]
    if not source.location.has_header:
        return read_bare(text, source, reading)
    text, said = skip_preamble(text, names_known, needed, reading.notes)
    dialect = find_dialect(text, source, reading, said)
    match = dialect.record.match(text)
    end = match.end() if match else text.find(b"\n") + 1
    fields = dialect.split_loosely(text[:end].rstrip(b"\r\n"))
    try:
        swapped = source.location.quote == "single"
        names = [(f.value.translate(SWAPPED) if swapped else f.value).decode() for f in fields]
    except UnicodeDecodeError as error:
        raise DeliveryError(
            "the header cannot be decoded; declare the encoding in the contract (c360.encoding)"
        ) from error
    require_names(names, dialect.delimiter.decode())
    return dialect, names, text[end:]


def read_bare(text: bytes, source: Source, reading: Reading) -> tuple[Dialect, list[str], bytes]:
    """The same of a delivery without a header: its columns are the declared ones, in their order."""
    dialect = find_dialect(text, source, reading)
    known = {key_of(name) for column in source.columns for name in (column.name, *column.also_called)}
    first = dialect.split_loosely(text[: text.find(b"\n")].rstrip(b"\r"))
    if known & {key_of(field.value.decode("utf-8", "replace")) for field in first}:
        raise DeliveryError("its first line is a header, and the contract says c360.header: false; leave that out")
    return dialect, [column.name for column in source.columns], text


def find_dialect(text: bytes, source: Source, reading: Reading, said: bytes | None = None) -> Dialect:
    """The declared dialect, with what is not declared looked for in the first lines; its width is still open."""
    location = source.location
    lines = [line.rstrip(b"\r") for line in text[: 1 << 18].split(b"\n")[:100] if line.rstrip(b"\r")]
    delimiter = find_declared(location) or said
    if delimiter is None:
        delimiter = find_delimiter(lines, [n for c in source.columns for n in (c.name, *c.also_called)])
        reading.ways["delimiter"] = NAMES[delimiter]
        if delimiter != b",":
            shown = "tab" if delimiter == b"\t" else repr(delimiter.decode())
            reading.notes.append(f"delimiter {shown} (sniffed)")
    is_quoted = location.quoting is not False
    if is_quoted and location.quote is None:
        require_double(lines, delimiter)
    padded = is_quoted and is_padded(lines, delimiter)
    if padded:
        reading.notes.append("blanks between delimiter and quote (sniffed)")
    return Dialect(delimiter, is_quoted, 0, padded)


def find_declared(location: Location) -> bytes | None:
    """The delimiter that the contract declares; None if it declares none."""
    if location.delimiter is None:
        return b"\t" if location.format == "tsv" else None
    delimiter = NAMED.get(location.delimiter.lower(), location.delimiter.encode())
    if len(delimiter) != 1 or delimiter in b'"\r\n':
        raise DeliveryError(
            f"the contract declares a delimiter that is not one character; write one of {b' '.join(DELIMITERS)!r}"
        )
    return delimiter


@dataclass
class CsvTable:
    """A CSV delivery whose header is read."""

    dialect: Dialect
    header: Header
    count: LineCount
    taken: int = 0
    """Records that were told apart."""
    misfits: int = 0
    """Those of them with another number of fields than the header."""
    remarks: int = 0
    """Lines that are remarks, and no records."""
    full_remarks: int = 0
    """Those of them that have all the fields of a record."""
    is_swapped: bool = False
    """Single quotes stand for double ones in its text, and double ones for single ones."""

    def leave_out(self, remarks: Split) -> None:
        """Count lines that are no records."""
        count = len(remarks.kinds)
        self.count.further += count
        self.remarks += count
        self.full_remarks += int((remarks.kinds <= Kind.repaired).sum())

    def read_batch(self, text: bytes, split: Split, reading: Reading) -> Batch:
        """Rows and faults of one block."""
        from warehouse.landing.formats.batch import Batch

        numbers = np.arange(len(split.kinds), dtype=np.int64) + self.taken + 1
        self.taken += len(numbers)
        self.count_joined(text, split)
        self.misfits += int((split.kinds == Kind.field_count).sum())
        loose = np.flatnonzero((split.kinds == Kind.loose) | (split.kinds == Kind.repaired))
        reading.repaired_count += int((split.kinds == Kind.repaired).sum())
        plain = np.flatnonzero(split.kinds == Kind.plain)
        rows = pl.concat(
            [
                self.read_plain(text, split, plain, numbers[plain]),
                self.read_loose(text, split, loose, numbers[loose]),
            ]
        ).sort("_record")
        faulty = np.flatnonzero(split.kinds > Kind.repaired)
        faults = self.read_faults(text, split, faulty, numbers[faulty])
        return Batch(swap_back(rows), swap_back(faults)) if self.is_swapped else Batch(rows, faults)

    def count_joined(self, text: bytes, split: Split) -> None:
        """Have the records that span lines counted a second time."""
        breaks = np.flatnonzero(np.frombuffer(text, np.uint8) == NEWLINE)
        spans = np.searchsorted(breaks, split.ends) - np.searchsorted(breaks, split.starts)
        for i in np.flatnonzero(spans > 0).tolist():
            self.count.join(text[split.starts[i] : split.ends[i]])

    def read_plain(self, text: bytes, split: Split, picked: np.ndarray, numbers: np.ndarray) -> pl.DataFrame:
        """Rows of well-formed lines, by Polars."""
        indexes = self.header.indexes
        if not len(picked) or not indexes:
            return self.to_frame(numbers, {})
        body = cut_out(text, split.starts[picked], split.nexts[picked])
        try:
            values = pl.read_csv(
                body,
                has_header=False,
                separator=self.dialect.delimiter.decode(),
                quote_char='"' if self.dialect.is_quoted else None,
                schema={f"column_{index}": pl.String for index in range(self.dialect.width)},
                columns=[f"column_{index}" for index in indexes],
            )
            is_counted = values.height == len(picked)
        except pl.exceptions.PolarsError:
            is_counted = False
        if not is_counted:
            # Polars sees other records than we do: our own parser is slower and reads what was counted.
            return self.read_loose(text, split, picked, numbers)
        return self.to_frame(numbers, {index: values[f"column_{index}"] for index in indexes})

    def read_loose(self, text: bytes, split: Split, picked: np.ndarray, numbers: np.ndarray) -> pl.DataFrame:
        """Rows of the other readable records, by our own parser."""
        indexes = self.header.indexes
        values: dict[int, list[str]] = {index: [] for index in indexes}
        for start, end in zip(split.starts[picked].tolist(), split.ends[picked].tolist(), strict=True):
            fields = self.dialect.split_loosely(text[start:end])
            for index in indexes:
                values[index].append(fields[index].value.decode())
        return self.to_frame(numbers, {index: pl.Series(values[index], dtype=pl.String) for index in indexes})

    def to_frame(self, numbers: np.ndarray, values: dict[int, pl.Series]) -> pl.DataFrame:
        """Record numbers and one text column per declared column; an empty field is null."""
        columns = [pl.Series("_record", numbers, dtype=pl.Int64)]
        for name, index in self.header.places.items():
            series = values.get(index) if index is not None else None
            text = pl.repeat(None, len(numbers), dtype=pl.String, eager=True) if series is None else series
            columns.append(text.alias(name))
        return pl.DataFrame(columns).with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)))

    def read_faults(self, text: bytes, split: Split, picked: np.ndarray, numbers: np.ndarray) -> pl.DataFrame:
        """The unreadable records; their text only if the delivery has no column that may not be stored."""
        raws = [None if self.header.has_undeclared else show(text[split.starts[i] : split.ends[i]]) for i in picked]
        rules = [Kind(kind).name for kind in split.kinds[picked].tolist()]
        return pl.DataFrame({"_record": numbers, "rule": rules, "raw": raws}, schema=FAULTS.schema)


def cut_out(text: bytes, starts: np.ndarray, nexts: np.ndarray) -> bytes:
    """The picked lines, one behind the other."""
    if nexts[-1] - starts[0] == (nexts - starts).sum():
        return text[starts[0] : nexts[-1]]
    change = np.zeros(len(text) + 1, np.int8)
    change[starts] += 1
    change[nexts] -= 1
    return np.frombuffer(text, np.uint8)[np.cumsum(change[:-1], dtype=np.int8).view(np.bool_)].tobytes()


def show(record: bytes) -> str | None:
    """The text of an unreadable record, cut; None if it cannot be decoded."""
    try:
        return record.decode()[:RAW_LIMIT]
    except UnicodeDecodeError:
        return None
