"""Parquet deliveries: values in their own types, row group by row group; counted by the file's own metadata."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warehouse.contracts.model import Column, Source
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats.columnar.parquet_types import to_series
from warehouse.landing.formats.compression import is_packed, unpacked_copy
from warehouse.landing.formats.header import key_of
from warehouse.landing.formats.text.csv import FAULTS
from warehouse.landing.formats.undeclared import name_undeclared

if TYPE_CHECKING:
    from warehouse.landing.formats.batch import Batch, Reading

BATCH_ROWS = 100_000


def read_parquet(path: Path, source: Source, reading: Reading) -> Iterator[Batch]:
    """The rows of a Parquet delivery; it has no faults, for it can be read as a whole or not at all.

    Raises:
        DeliveryError: the file is damaged, or has none of the declared columns.
    """
    if not path.stat().st_size:
        reading.missing = [column.name for column in source.columns]
        reading.notes.append("empty file")
        return
    try:
        with unpacked(path) as file:
            yield from read_file(pq.ParquetFile(file), source, reading)
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError) as error:
        raise DeliveryError("it is not a Parquet file, or is damaged; have it delivered again") from error


@contextmanager
def unpacked(path: Path) -> Iterator[Path | IO[bytes]]:
    """The file itself, or an unpacked copy of it."""
    if not is_packed(path):
        yield path
        return
    with unpacked_copy(path) as copy:
        yield copy


def read_file(file: Any, source: Source, reading: Reading) -> Iterator[Batch]:
    """Batches of an open file, with the declared columns alone."""
    from warehouse.landing.formats.batch import Batch

    reading.physical_count = file.metadata.num_rows
    places = find_places(file.schema_arrow, source.columns, reading)
    if not places:
        raise DeliveryError("it has none of the declared columns; is it the right file?")
    wanted = [".".join(place) for place in places.values()]
    number = 0
    for arrow in file.iter_batches(BATCH_ROWS, columns=wanted):
        height = arrow.num_rows
        numbers = pl.int_range(number + 1, number + 1 + height, dtype=pl.Int64, eager=True).alias("_record")
        columns = [pick(arrow, places.get(column.name)).alias(column.name) for column in source.columns]
        number += height
        yield Batch(pl.DataFrame([numbers, *columns]), FAULTS.clear())


def pick(arrow: Any, place: tuple[str, ...] | None) -> pl.Series:
    """The column at a path through structs; null for one that is not there."""
    if place is None:
        return pl.repeat(None, arrow.num_rows, dtype=pl.String, eager=True)
    array = arrow.column(place[0])
    for name in place[1:]:
        array = pc.struct_field(array, name)
    return to_series(array, ".".join(place))


def find_places(schema: Any, columns: tuple[Column, ...], reading: Reading) -> dict[str, tuple[str, ...]]:
    """Where each declared column is; what is missing or undeclared goes into the reading."""
    leaves = list_leaves(schema, {path for column in columns for path in column.paths})
    reading.bounds.require_columns(len(leaves))
    near = {tuple(map(key_of, leaf)): leaf for leaf in leaves}
    places: dict[str, tuple[str, ...]] = {}
    for column in columns:
        found = [near[key] for path in column.paths if (key := tuple(map(key_of, path))) in near]
        place = column.path if column.path in leaves else next(iter(found), None)
        if place is None:
            reading.missing.append(column.name)
            continue
        if leaves.count(place) > 1:
            raise DeliveryError(f"it has the column {column.name!r} {leaves.count(place)} times; have it written once")
        places[column.name] = place
        if place != column.path:
            reading.notes.append(f"column {column.name!r} is called {'.'.join(place)!r} in the file")
    taken = set(places.values())
    left = dict.fromkeys((leaf for leaf in leaves if leaf not in taken), reading.physical_count)
    reading.undeclared = name_undeclared(left, reading.physical_count)
    return places


def list_leaves(fields: Any, declared: set[tuple[str, ...]], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Paths of the columns; a struct is one column only if it is declared as one."""
    leaves: list[tuple[str, ...]] = []
    for field in fields:
        path = (*above, field.name)
        if pa.types.is_struct(field.type) and path not in declared:
            leaves += list_leaves([field.type.field(i) for i in range(field.type.num_fields)], declared, path)
        else:
            leaves.append(path)
    return leaves
