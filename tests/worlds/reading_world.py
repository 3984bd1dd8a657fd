"""Small deliveries for the tests of reading."""

from pathlib import Path

import polars as pl

from warehouse.contracts.model import Column, Location, Source
from warehouse.landing.formats import read_delivery
from warehouse.landing.formats.batch import Reading


def source_of(*names, form="csv", required=(), **location):
    """A source whose columns have these names; a dot in a JSON or Parquet column's name goes into an object."""
    columns = tuple(
        Column(name, (name,) if form in {"csv", "tsv"} else tuple(name.split(".")), "string", required=name in required)
        for name in names
    )
    place = Location(type="local", path="day", format=form, **location)
    return Source("shop", "customers", "append", columns, place, Path("shop.odcs.yaml"), "1", "", "")


class Read:
    """What was read of a delivery, put together."""

    def __init__(self, folder, body, source, batch_rows=250_000):
        path = folder / "delivered"
        path.write_bytes(body.encode() if isinstance(body, str) else body)
        self.reading = Reading()
        self.batches = list(read_delivery(path, "day.csv", source, self.reading, batch_rows))
        self.rows = [row for batch in self.batches for row in batch.rows.rows()]
        self.faults = [row for batch in self.batches for row in batch.faults.rows()]

    @property
    def values(self):
        """Values of the rows, without their record numbers."""
        return [row[1:] for row in self.rows]

    @property
    def rules(self):
        """Record number and rule of each fault."""
        return [fault[:2] for fault in self.faults]

    @property
    def frame(self):
        """All rows as one frame."""
        return pl.concat([batch.rows for batch in self.batches])

    def require_balance(self):
        """Every record is there once, as a row or as a fault."""
        numbers = sorted([row[0] for row in self.rows] + [fault[0] for fault in self.faults])
        assert numbers == list(range(1, self.reading.physical_count + 1))
