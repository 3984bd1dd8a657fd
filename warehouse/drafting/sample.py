"""The files that contracts are drafted from: found to be of one source or of several, and read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import msgspec
import polars as pl

from warehouse.drafting.columns.words import read_name
from warehouse.errors import UsageError
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats import read_batches
from warehouse.landing.formats.any_table import TableFile, as_text, open_table, read_columns, source_of
from warehouse.landing.formats.batch import Reading
from warehouse.landing.formats.encoding import find_encoding, read_text
from warehouse.landing.formats.text.json_documents import find_documents
from warehouse.landing.formats.undeclared import is_field_name
from warehouse.types.record_path import read_path

SEEN_DOCUMENTS = 200
LEAST_NAMED = 0.5
"""A header of which fewer cells look like names is a record."""
NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True)
class Sample:
    """The records of one source, as text."""

    paths: tuple[Path, ...]
    """Its files, the one that was read last: of a series that with the highest number."""
    form: str
    """One of `warehouse.landing.formats.FORMATS`."""
    rows: pl.DataFrame
    """One row a record; columns by name, as text."""
    places: Mapping[str, tuple[str, ...]]
    """Name of a column → its fields from the record, or behind `$` from the top of the document."""
    records: str | None = None
    """Where in a JSON document its records lie."""
    encoding: str | None = None
    """In which its text is, where somebody had to say it."""
    hidden_count: int = 0
    """Columns whose names look like values, which are shown nowhere."""
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def stem(self) -> str:
        """The name of its files without numbers and endings."""
        return trim_name(self.paths[-1].name.split(".")[0]) or "table"

    @property
    def concepts(self) -> frozenset[str]:
        """What its files' name speaks of."""
        return read_name(self.stem)


def group_files(paths: Sequence[Path]) -> list[list[Path]]:
    """Files of one source together: those whose names differ in numbers alone, in the order given.

    Raises:
        UsageError: a file is named twice, or is not there.
    """
    groups: dict[tuple[Path, str], list[Path]] = {}
    for path in paths:
        if not path.is_file():
            raise UsageError(f"{path}: there is no such file")
        groups.setdefault((path.parent.resolve(), NUMBERS.sub("#", path.name)), []).append(path)
    return [sorted(group, key=number_key) for group in groups.values()]


def number_key(path: Path) -> list[int]:
    """The numbers in a file's name."""
    return [int(number) for number in NUMBERS.findall(path.name)]


def trim_name(stem: str) -> str:
    """A file's name without dates, numbers and brackets at its end."""
    return re.sub(r"[\W_\d]+$", "", re.sub(r"\([^)]*\)", "", stem)).strip()


def name_source(stem: str, usual: str) -> str:
    """A name that a contract may have: small letters, digits and _; the usual one where the file's has no letters."""
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_0123456789")
    return name if len(name) > 2 else usual


def read_sample(paths: Sequence[Path], encoding: str | None = None) -> Sample:
    """All records of a source's latest file; without an `encoding` it is found.

    Raises:
        UsageError: it holds no records, or its first line names no columns; the message says the cure.
        DeliveryError: it cannot be read.
    """
    path = paths[-1]
    file = open_table(path, encoding=encoding)
    if not file.places:
        raise UsageError(f"{path.name}: holds no record to draft a contract from; give one with some")
    sample = read_document(file, paths) if file.form in {"json", "jsonl"} else None
    if sample is None:
        shown = {name: place for name, place in file.places.items() if is_shown(place)}
        require_names(file, len(shown))
        rows = read_columns(file, shown)[0].drop("_record")
        sample = Sample(
            tuple(paths), file.form, only_text(rows), shown, encoding=encoding,
            hidden_count=len(file.places) - len(shown), notes=tuple(file.notes),
        )  # fmt: skip
    if not sample.rows.height:
        raise UsageError(f"{path.name}: holds no record to draft a contract from; give one with some")
    return sample


def is_shown(place: tuple[str, ...]) -> bool:
    """Do all names on the way to a column look like names of fields?"""
    return all(
        is_field_name(name) or (bool(read_name(name)) and name.isalpha() and not name.isascii())
        for name in place
        if name != "$"
    )


def require_names(file: TableFile, shown: int) -> None:
    """Raise UsageError where what stands in the place of the columns' names looks like a record."""
    if shown < LEAST_NAMED * len(file.places):
        raise UsageError(
            f"{file.path.name}: {len(file.places) - shown} of its {len(file.places)} columns have names that look like"
            " values. Give the file a first line with names; or write the contract by hand, with c360.header: false"
        )


def only_text(rows: pl.DataFrame) -> pl.DataFrame:
    """The columns that are text; a list of values is no column that a role is for."""
    return rows.select(name for name, kind in rows.schema.items() if kind == pl.String)


def read_document(file: TableFile, paths: Sequence[Path]) -> Sample | None:
    """The records of a JSON file whose documents are envelopes, or have lines in a list; None: each is a record."""
    found = find_records(file)
    if found is None:
        return None
    records, places = found
    source = source_of(file.path, file.form, places, file.encoding, records)
    try:
        batches = [as_text(batch.rows) for batch in read_batches(file.path, source, Reading()) if batch.rows.height]
    except DeliveryError as error:
        raise DeliveryError(f"{file.path.name}: {error}") from error
    rows = pl.concat(batches).drop("_record") if batches else pl.DataFrame(schema=dict.fromkeys(places, pl.String))
    return Sample(tuple(paths), file.form, only_text(rows), places, records, file.encoding, notes=tuple(file.notes))


def find_records(file: TableFile) -> tuple[str, dict[str, tuple[str, ...]]] | None:
    """The path to the records of a document, and the columns there and around; None: documents are records."""
    documents = []
    for document in islice(
        find_documents(read_text(file.path, find_encoding(file.path, file.encoding)), file.form == "json"),
        SEEN_DOCUMENTS,
    ):
        try:
            documents.append(msgspec.json.decode(document.text))
        except msgspec.DecodeError:
            continue
    envelope = find_envelope(documents)
    inner = [member for document in documents for member in members_of(document, envelope)] if envelope else documents
    lines = find_lines(inner)
    if envelope is None and lines is None:
        return None
    path = "$" + (f".{envelope}[*]" if envelope else "")
    around = "$" + (f".{envelope}[*]" if envelope else "")
    if lines is None:
        return path, list_leaves(inner, ())
    items = [item for record in inner if isinstance(record, dict) for item in record.get(lines) or ()]
    places = list_leaves(items, ())
    top = tuple(level.name for level in read_path(around) if level.name)
    for name, place in list_leaves(inner, ()).items():
        if place[0] != lines:
            places[f"order.{name}"] = ("$", *top, *place)
    return f"{path}.{lines}[*]", places


def members_of(document: object, name: str) -> list[object]:
    """The members of a document's list."""
    found = document.get(name) if isinstance(document, dict) else None
    return found if isinstance(found, list) else []


def find_envelope(documents: Sequence[object]) -> str | None:
    """The field whose list of objects is what each document is about: few documents, and one such field in each."""
    names: set[str] = set()
    for document in documents:
        if not isinstance(document, dict):
            return None
        lists = [name for name, value in document.items() if is_objects(value)]
        scalars = [value for value in document.values() if isinstance(value, str | int | float)]
        if len(lists) != 1 or len(scalars) > 3:
            return None
        names.add(lists[0])
    return names.pop() if len(names) == 1 and len(documents) <= 20 else None


def find_lines(records: Sequence[object]) -> str | None:
    """The field whose lists are an order's lines, where the order itself has no amount."""
    found: set[str] = set()
    for record in records:
        if not isinstance(record, dict):
            return None
        if any({"amount", "total"} & read_name(name) and not {"beside"} & read_name(name) for name in record):
            return None
        found |= {name for name, value in record.items() if is_objects(value) and is_priced(value)}
    return found.pop() if len(found) == 1 else None


def is_objects(value: object) -> bool:
    """Is it a list of objects?"""
    return isinstance(value, list) and bool(value) and all(isinstance(member, dict) for member in value)


def is_priced(value: list[dict[str, object]]) -> bool:
    """Do the objects have a price or an amount, as lines have?"""
    return any({"price", "amount"} & read_name(name) for member in value for name in member)


def list_leaves(records: Sequence[object], above: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Names of the fields of objects, those of objects in them behind a dot, as far as they look like names."""
    places: dict[str, tuple[str, ...]] = {}
    for record in records:
        for name, value in record.items() if isinstance(record, dict) else ():
            place = (*above, name)
            if isinstance(value, dict) and len(place) < 6:
                places |= list_leaves([value], place)
            elif is_shown(place) and not isinstance(value, list):
                places.setdefault(".".join(place), place)
    return places
