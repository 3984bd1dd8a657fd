"""A file as a table without a contract: what it is written in, which columns it has, and the wanted ones as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.contracts.model import Column, Location, Source
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats import read_batches
from warehouse.landing.formats.batch import Reading
from warehouse.landing.formats.columnar.parquet import list_leaves, unpacked
from warehouse.landing.formats.compression import read_start
from warehouse.landing.formats.encoding import find_encoding, read_text
from warehouse.landing.formats.text.csv import read_names
from warehouse.landing.formats.text.csv_records import whole_lines
from warehouse.landing.formats.text.json_documents import find_documents
from warehouse.landing.formats.text.json_objects import DEPTH_LIMIT, FIELDS, NAME_LIMIT, is_too_deep
from warehouse.landing.formats.workbook.xlsx import list_names

ENDINGS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".parquet": "parquet", ".pq": "parquet", ".xlsx": "xlsx", ".xlsm": "xlsx",
}  # fmt: skip
PACKED = frozenset({".gz", ".zst", ".zstd", ".zip"})
PARQUET = b"PAR1"
SEEN_RECORDS = 100_000
"""Records of a JSON file that are looked through for names of fields."""
BARE = "no_known_field"
WHOLE = 2.0**53
"""Floats above it are no longer all the whole numbers there are."""


@dataclass(frozen=True)
class TableFile:
    """A file that holds a table."""

    path: Path
    form: str
    """One of `warehouse.landing.formats.FORMATS`."""
    places: Mapping[str, tuple[str, ...]]
    """Name of each column, outer blanks cut, and where it is; nothing for an empty file."""
    notes: list[str]
    """What was found out about it."""
    encoding: str | None = None
    """The encoding that somebody says its text is in; None: it is found."""

    @property
    def stem(self) -> str:
        """The file's name without the endings that say how it is written and packed."""
        return cut_endings(self.path)[0]


def cut_endings(path: Path) -> tuple[str, str]:
    """A file's name without its endings, and the one that says how it is written ("" if none does)."""
    name = Path(path.name)
    if name.suffix.lower() in PACKED:
        name = name.with_suffix("")
    ending = name.suffix.lower()
    return (name.stem, ending) if ending in ENDINGS else (name.name, "")


def open_table(path: Path, wanted: Iterable[str] = (), encoding: str | None = None) -> TableFile:
    """What a file is written in and which columns it has.

    Args:
        path: any CSV, TSV, JSON, JSON lines or Parquet, plain or packed; its bytes count more than its name.
        wanted: names of columns it may have; they help to tell the delimiter.
        encoding: in which its text is; None: that is found.

    Raises:
        DeliveryError: it is not there, no file, or cannot be read; the message names it.
    """
    notes: list[str] = []
    try:
        require_readable(path)
        form = find_form(path, notes)
        if not path.stat().st_size:
            return TableFile(path, form, {}, ["empty file"])
        if form == "parquet":
            places = list_parquet(path)
        elif form == "xlsx":
            places = list_workbook(path, wanted)
        elif form in {"csv", "tsv"}:
            places = list_csv(path, form, wanted, encoding)
        else:
            places = list_json(path, form, encoding)
    except DeliveryError as error:
        raise DeliveryError(f"{path.name}: {error}") from error
    return TableFile(path, form, places, notes, encoding)


def require_readable(path: Path) -> None:
    """Raise DeliveryError unless there is such a file."""
    if path.is_dir():
        raise DeliveryError("is a folder; name the files in it")
    if not path.is_file():
        raise DeliveryError("there is no such file" if not path.exists() else "is not a regular file; save it as one")


def find_form(path: Path, notes: list[str]) -> str:
    """The format by the first bytes, or by the ending where they leave it open."""
    ending = ENDINGS.get(cut_endings(path)[1], "")
    if ending == "xlsx":
        return ending
    start = read_start(path, 1 << 12).lstrip(b"\xef\xbb\xbf \t\r\n")
    found = ending or "csv"
    if start.startswith(PARQUET):
        found = "parquet"
    elif start.startswith((b"{", b"[")) and ending not in {"json", "jsonl"} and is_object(start):
        found = "json"
    elif ending in {"json", "jsonl"} and start and not start.startswith((b"{", b"[")) and b"\0" not in start[:8]:
        found = "csv"
    if ending and found != ending:
        notes.append(f"is {found.upper()}, whatever its ending says; read as that")
    return found


def is_object(start: bytes) -> bool:
    """True if a text begins as JSON objects do, and no line of CSV."""
    return start.lstrip(b"[ \t\r\n").startswith((b'{"', b"{\n", b"{\r", b"{ "))


def source_of(
    path: Path,
    form: str,
    places: Mapping[str, tuple[str, ...]],
    encoding: str | None = None,
    records: str | None = None,
) -> Source:
    """What readers want to know of a delivery, for a file that nobody declared."""
    columns = tuple(Column(name, place, "string") for name, place in places.items())
    location = Location("local", str(path), form, encoding=encoding, records=records)
    return Source(path.name, "customers", "append", columns, location, path, "", "", "")


def list_csv(path: Path, form: str, wanted: Iterable[str], declared: str | None) -> dict[str, tuple[str, ...]]:
    """Names in the header."""
    known = source_of(path, form, {name: (name,) for name in wanted})
    encoding = find_encoding(path, declared)
    for block, _ in whole_lines(read_text(path, encoding)):
        if text := block.lstrip(b"\r\n"):
            names = read_names(text, known, Reading())[1]
            return {name.strip(): (name,) for name in names if name.strip()}
    return {}


def list_workbook(path: Path, wanted: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Names in the header of a workbook."""
    names = list_names(path, source_of(path, "xlsx", {name: (name,) for name in wanted}))
    return {name: (name,) for name in names if name}


def list_json(path: Path, form: str, declared: str | None) -> dict[str, tuple[str, ...]]:
    """Names of the fields of its objects, those of objects in them behind a dot."""
    places: dict[str, tuple[str, ...]] = {}
    records = find_documents(read_text(path, find_encoding(path, declared)), form == "json")
    for record in islice(records, SEEN_RECORDS):
        if not is_too_deep(record.text):
            add_fields(record.text, (), places)
        if len(places) > NAME_LIMIT:
            break
    return places


def add_fields(text: bytes, above: tuple[str, ...], places: dict[str, tuple[str, ...]]) -> None:
    """Take in the names of one object; what is no object has none."""
    try:
        fields = FIELDS.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    for name, raw in fields.items():
        place = (*above, name)
        if bytes(raw).startswith(b"{") and len(place) < DEPTH_LIMIT:
            add_fields(bytes(raw), place, places)
        else:
            places.setdefault(".".join(place), place)


def list_parquet(path: Path) -> dict[str, tuple[str, ...]]:
    """Names of the columns, those of structs behind a dot."""
    try:
        with unpacked(path) as file:
            leaves = list_leaves(pq.read_schema(file), set())
    except (pa.ArrowException, OSError) as error:
        raise DeliveryError("it is not a Parquet file, or is damaged; write it again") from error
    return {".".join(leaf): leaf for leaf in leaves}


def read_columns(file: TableFile, names: Iterable[str]) -> tuple[pl.DataFrame, dict[str, int]]:
    """The readable records: `_record` (1-based), and the named columns as text or lists of text, blank ones null.

    Also gives the records that cannot be read, as counts per rule.

    Raises:
        DeliveryError: the file cannot be read, or a column holds no text.
    """
    places = {name: file.places[name] for name in dict.fromkeys(names)}
    is_csv = file.form in {"csv", "tsv"}
    # The reader of CSV looks for columns by the very name in the header.
    columns = {p[0] if is_csv else name: p for name, p in places.items()}
    source = source_of(file.path, file.form, columns, file.encoding)
    shown = {place[0]: name for name, place in places.items()} if is_csv else {}
    rows = [pl.DataFrame(schema={"_record": pl.Int64} | dict.fromkeys(places, pl.String))]
    faults: dict[str, int] = {}
    try:
        for batch in read_batches(file.path, source, Reading()) if places else ():
            rows += [as_text(batch.rows.rename(shown)), list_bare(batch.faults, places)]
            for rule in batch.faults.filter(pl.col("rule") != BARE)["rule"].to_list():
                faults[rule] = faults.get(rule, 0) + 1
    except DeliveryError as error:
        raise DeliveryError(f"{file.path.name}: {error}") from error
    return pl.concat([r for r in rows if r.height] or rows[:1]).sort("_record"), faults


def list_bare(faults: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Objects with none of the wanted fields: records all the same, of which nothing is known."""
    bare = faults.filter(pl.col("rule") == BARE).select("_record")
    return bare.with_columns(pl.lit(None, pl.String).alias(name) for name in names)


def as_text(rows: pl.DataFrame) -> pl.DataFrame:
    """All columns but the first as text without outer blanks, lists as lists of text; 2119.0 is written 2119."""
    columns = []
    for name, kind in list(rows.schema.items())[1:]:
        try:
            columns.append(rows.select(write(pl.col(name), kind))[name])
        except pl.exceptions.PolarsError:
            raise DeliveryError(f"column {name!r} holds neither text, numbers, dates nor lists of them") from None
    return rows.select("_record").with_columns(columns)


def write(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    """A column as text."""
    if isinstance(kind, pl.List):
        return column.list.eval(write(pl.element(), kind.inner)).list.drop_nulls()  # type: ignore[arg-type]
    if kind.is_float():
        is_whole = column.is_finite() & (column == column.floor()) & (column.abs() < WHOLE)
        whole = pl.when(is_whole).then(column).cast(pl.Int64, strict=False).cast(pl.String)
        return pl.coalesce(whole, pl.when(column.is_finite()).then(column).cast(pl.String))
    text = column.cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text)
