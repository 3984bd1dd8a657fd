"""Orders whose columns stand on their first line only, as shop systems export them: later lines get them, too.

A cell that is empty has the value of an earlier line of the same order in the same delivery. Where the order's own
number is left out on later lines and is carried down, too, a line belongs to the order above it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from warehouse.contracts.model import Source


@dataclass
class CarryDown:
    """What earlier lines of one delivery said of their orders."""

    source: Source
    order: str | None = None
    """The order of the last line, where the order's number is carried down itself."""
    known: pl.DataFrame | None = field(default=None, repr=False)
    """One row per order: the last value of each column that is carried down."""

    @property
    def columns(self) -> list[str]:
        """Columns that are carried down within an order; not the order's own."""
        key = self.source.name_of("parent_id")
        return [c.name for c in self.source.columns if c.carries_down and c.name != key]

    def fill(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The next rows of the delivery, filled; rows come in the order of their records."""
        key = next(iter(self.source.having("parent_id")), None)
        if key is None or not (self.columns or key.carries_down):
            return rows
        if key.carries_down:
            filled = empty_as_null(rows[key.name]).fill_null(strategy="forward")
            above = filled if self.order is None else filled.fill_null(self.order)
            rows = rows.with_columns(above.alias(key.name))
            self.order = rows[key.name][-1] if rows.height else self.order
        names = [key.name, *self.columns]
        own = rows.with_columns(empty_as_null(rows[name]).alias(name) for name in names)
        has_order = pl.col(key.name).is_not_null()
        before = own.select(names).clear() if self.known is None else self.known
        every = pl.concat([before, own.select(names)])
        carried = (pl.when(has_order).then(pl.col(n).forward_fill().over(key.name)).otherwise(n) for n in self.columns)
        filled_rows = every.with_columns(carried)
        self.known = filled_rows.filter(has_order).unique(key.name, keep="last", maintain_order=True)
        return own.with_columns(filled_rows.tail(own.height).select(self.columns))


def empty_as_null(values: pl.Series) -> pl.Series:
    """Text without what is blank; other types as they are."""
    if values.dtype != pl.String:
        return values
    return values.to_frame("v").select(pl.when(pl.col("v").str.strip_chars() != "").then("v"))["v"].alias(values.name)
