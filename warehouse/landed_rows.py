"""Writing landed rows: values as delivered become values of their declared types.

Rows of many small deliveries are written together, because planning one such statement costs more than a thousand rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb
import polars as pl

from warehouse.casting import build_cast, find_habit, is_mistyped, sql_type
from warehouse.contracts import Source
from warehouse.database import columns_of, literal, quote

FLUSH_ROWS = 250_000
Habits = dict[str, str]
"""By column: how a delivery writes it (`dmy`, `mdy`, `comma`, `point`), where only its values tell."""
WRITTEN = {"date", "timestamp", "number", "integer"}
SAID = {"dmy": "day before month", "mdy": "month before day", "comma": "decimal comma"}
"""What is worth a note of how a delivery is written."""


def landed_table(source: Source) -> str:
    """The statement that makes `landed`."""
    columns = ", ".join(f"{quote(c.name)} {sql_type(c)}" for c in source.columns)
    return f"CREATE TABLE landed (_delivery_id VARCHAR, _record BIGINT, {columns}, _mistyped VARCHAR[], _row VARCHAR)"


@dataclass
class RowWriter:
    """Writes rows into `landed`; those that wait have the same delivered types and ways of writing."""

    con: duckdb.DuckDBPyConnection
    source: Source
    waiting: list[pl.DataFrame] = field(default_factory=list)
    habits: Habits = field(default_factory=dict)
    latest: str = ""
    """The delivery that rows were last added of."""

    def add(self, delivery_id: str, rows: pl.DataFrame) -> None:
        """Add rows of a delivery; its first rows tell how it writes its dates."""
        if not rows.height:
            return
        habits = self.habits
        if delivery_id != self.latest:  # a delivery whose values do not tell is written as the one before it
            habits = habits | find_habits(self.con, self.source, rows)
        rows = rows.with_columns(_delivery_id=pl.lit(delivery_id))
        if self.waiting and (habits != self.habits or rows.schema != self.waiting[0].schema):
            self.flush()
        self.latest, self.habits = delivery_id, habits
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
        self.con.execute(f"INSERT INTO landed {typed_select(self.con, self.source, self.habits)}")
        self.con.unregister("batch")
        self.waiting.clear()


def find_habits(con: duckdb.DuckDBPyConnection, source: Source, rows: pl.DataFrame) -> Habits:
    """How a delivery writes its text columns of dates and numbers, where the contract leaves it open."""
    asked = [c for c in source.columns if c.type in WRITTEN and rows.schema[c.name] == pl.String]
    if not asked:
        return {}
    con.register("batch", rows)
    habits = {c.name: find_habit(con, "batch", c) for c in asked}
    con.unregister("batch")
    return {name: habit for name, habit in habits.items() if habit}


def say_habits(habits: Habits) -> list[str]:
    """The notes of how a delivery is written."""
    return [say_habit(name, habit) for name, habit in habits.items() if habit in SAID]


def say_habit(name: str, habit: str) -> str:
    """The note of one column."""
    return f"{SAID[habit]} in {name} (found in its values)"


def read_habits(notes: Sequence[str], source: Source) -> Habits:
    """How a delivery was found to be written, from its notes; of columns that are still of such a type."""
    asked = [(c.name, habit) for c in source.columns if c.type in WRITTEN for habit in SAID]
    kinds = {c.name: c.type in {"number", "integer"} for c in source.columns}
    return {n: habit for n, habit in asked if kinds[n] == (habit == "comma") and say_habit(n, habit) in notes}


def typed_select(con: duckdb.DuckDBPyConnection, source: Source, habits: Habits) -> str:
    """The query that turns the registered `batch` into rows of `landed`."""
    casts, faults = [], []
    delivered = columns_of(con, "batch")
    for column in source.columns:
        kind, habit = delivered[column.name], habits.get(column.name)
        casts.append(f"{build_cast(column, kind, source.timezone, habit)} AS {quote(column.name)}")
        if column.type != "string":
            wrong = is_mistyped(column, kind, source.timezone, habit)
            faults.append(f"CASE WHEN {wrong} THEN {literal(column.name)} END")
    mistyped = f"list_filter([{', '.join(faults)}], lambda x: x IS NOT NULL)" if faults else "CAST([] AS VARCHAR[])"
    names = ", ".join(f"{quote(c.name)} := batch.{quote(c.name)}" for c in source.columns)
    return (
        f"SELECT _delivery_id, _record, {', '.join(casts)}, {mistyped} AS _mistyped, "
        f"CASE WHEN len(_mistyped) > 0 THEN CAST(to_json(struct_pack({names})) AS VARCHAR) END AS _row FROM batch"
    )
