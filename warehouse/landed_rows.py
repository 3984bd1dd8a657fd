"""Writing landed rows: values as delivered become values of their declared types.

Rows of many small deliveries are written together, because planning one such statement costs more than a thousand rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
import polars as pl

from warehouse.casting import build_cast, find_date_order, is_mistyped, sql_type
from warehouse.contracts import Column, Source
from warehouse.database import columns_of, literal, quote

FLUSH_ROWS = 250_000
Orders = dict[str, str | None]
"""By column: whether day or month comes first in text dates of a delivery; None where it needs no answer."""


def landed_table(source: Source) -> str:
    """The statement that makes `landed`."""
    columns = ", ".join(f"{quote(c.name)} {sql_type(c)}" for c in source.columns)
    return f"CREATE TABLE landed (_delivery_id VARCHAR, _record BIGINT, {columns}, _mistyped VARCHAR[], _row VARCHAR)"


@dataclass
class RowWriter:
    """Writes rows into `landed`; those that wait have the same delivered types and the same order of day and month."""

    con: duckdb.DuckDBPyConnection
    source: Source
    waiting: list[pl.DataFrame] = field(default_factory=list)
    orders: Orders = field(default_factory=dict)
    latest: str = ""
    """The delivery that rows were last added of."""

    def add(self, delivery_id: str, rows: pl.DataFrame) -> None:
        """Add rows of a delivery; its first rows tell how it writes its dates."""
        if not rows.height:
            return
        orders = self.orders if delivery_id == self.latest else find_orders(self.con, self.source, rows)
        rows = rows.with_columns(_delivery_id=pl.lit(delivery_id))
        if self.waiting and (orders != self.orders or rows.schema != self.waiting[0].schema):
            self.flush()
        self.latest, self.orders = delivery_id, orders
        self.waiting.append(rows)
        if sum(frame.height for frame in self.waiting) >= FLUSH_ROWS:
            self.flush()

    def drop(self, delivery_id: str) -> None:
        """Forget every row of a delivery."""
        self.waiting = [frame for frame in self.waiting if frame["_delivery_id"][0] != delivery_id]
        self.con.execute("DELETE FROM landed WHERE _delivery_id = ?", [delivery_id])

    def flush(self) -> None:
        """Write the rows that wait."""
        if not self.waiting:
            return
        self.con.register("batch", pl.concat(self.waiting))
        self.con.execute(f"INSERT INTO landed {typed_select(self.con, self.source, self.orders)}")
        self.con.unregister("batch")
        self.waiting.clear()


def find_orders(con: duckdb.DuckDBPyConnection, source: Source, rows: pl.DataFrame) -> Orders:
    """The order of day and month in the text columns of dates for which the contract declares no format."""
    asked = [c for c in source.columns if needs_order(c) and rows.schema[c.name] == pl.String]
    if not asked:
        return {}
    con.register("batch", rows)
    orders: Orders = {c.name: find_date_order(con, "batch", c) for c in asked}
    con.unregister("batch")
    return orders


def needs_order(column: Column) -> bool:
    """Is it a column of dates whose format is not declared?"""
    return column.format is None and column.type in {"date", "timestamp"}


def typed_select(con: duckdb.DuckDBPyConnection, source: Source, orders: Orders) -> str:
    """The query that turns the registered `batch` into rows of `landed`."""
    casts, faults = [], []
    delivered = columns_of(con, "batch")
    for column in source.columns:
        kind, order = delivered[column.name], orders.get(column.name)
        casts.append(f"{build_cast(column, kind, source.timezone, order)} AS {quote(column.name)}")
        if column.type != "string":
            wrong = is_mistyped(column, kind, source.timezone, order)
            faults.append(f"CASE WHEN {wrong} THEN {literal(column.name)} END")
    mistyped = f"list_filter([{', '.join(faults)}], lambda x: x IS NOT NULL)" if faults else "CAST([] AS VARCHAR[])"
    names = ", ".join(f"{quote(c.name)} := batch.{quote(c.name)}" for c in source.columns)
    return (
        f"SELECT _delivery_id, _record, {', '.join(casts)}, {mistyped} AS _mistyped, "
        f"CASE WHEN len(_mistyped) > 0 THEN CAST(to_json(struct_pack({names})) AS VARCHAR) END AS _row FROM batch"
    )
