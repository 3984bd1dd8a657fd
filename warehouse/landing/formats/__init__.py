"""Deliveries read record by record: each physical record once, as a row or as a fault with its reason.

A physical record is counted over the bytes, by code that knows nothing of values; the rows and faults that the parsers
give must add up to that count, or the delivery is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from warehouse.contracts.model import Source
from warehouse.errors import PanicError, without_panic
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats.batch import Batch, Reading
from warehouse.landing.formats.columnar.parquet import read_parquet
from warehouse.landing.formats.compression import require_ratio
from warehouse.landing.formats.text.csv import read_csv
from warehouse.landing.formats.text.json import read_json
from warehouse.landing.formats.workbook.xlsx import read_xlsx

FORMATS = {
    "csv": read_csv,
    "tsv": read_csv,
    "json": read_json,
    "jsonl": read_json,
    "ndjson": read_json,
    "parquet": read_parquet,
    "xlsx": read_xlsx,
}


def read_delivery(
    path: Path, name: str, source: Source, reading: Reading, batch_rows: int = 250_000
) -> Iterator[Batch]:
    """The records of one delivery, in batches.

    Args:
        path: where the bytes are.
        name: the file's name as delivered, for messages.
        source: what the contract says of it.
        reading: filled on the way.
        batch_rows: no batch has more rows.

    Raises:
        DeliveryError: the delivery cannot be read as a whole, or its records do not add up.
    """
    where = f"source {source.name}, delivery {name}"
    try:
        with without_panic():
            yield from read_batches(path, source, reading, batch_rows)
    except DeliveryError as error:
        raise DeliveryError(f"{where}: {error}") from error
    except PanicError:
        raise DeliveryError(f"{where}: its values cannot be read; have it written in another format, as CSV") from None


def read_batches(path: Path, source: Source, reading: Reading, batch_rows: int = 250_000) -> Iterator[Batch]:
    """The records of one file, in batches; every physical record once, or DeliveryError."""
    row_count = fault_count = 0
    if source.location.format not in FORMATS:
        raise DeliveryError(f"format {source.location.format!r} is not known; declare one of {', '.join(FORMATS)}")
    if source.location.format != "xlsx":  # which is packed in itself, and has a bound of its own
        require_ratio(path, reading.bounds.max_unpack_ratio)
    for batch in FORMATS[source.location.format](path, source, reading):
        row_count += batch.rows.height
        fault_count += batch.faults.height
        yield from slice_batch(batch, batch_rows)
    if row_count + fault_count != reading.physical_count:
        raise DeliveryError(
            f"{row_count} rows and {fault_count} faults were read of {reading.physical_count} physical records;"
            " nothing of it is loaded: please report this, with the format and dialect"
        )
    if reading.repaired_count:
        reading.notes.append(f"{reading.repaired_count} records had a stray quote, taken as a character")


def slice_batch(batch: Batch, size: int) -> Iterator[Batch]:
    """The batch in pieces of at most `size` rows; the faults go with the first."""
    if batch.rows.height + batch.faults.height == 0:
        return
    yield Batch(batch.rows.head(size), batch.faults)
    for start in range(size, batch.rows.height, size):
        yield Batch(batch.rows.slice(start, size), batch.faults.clear())
