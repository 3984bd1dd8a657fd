"""Writing landed rows: values as delivered become values of their declared types.

Rows of many small deliveries are written together, because planning one such statement costs more than a thousand rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import polars as pl

from warehouse.contracts.model import Column, Source
from warehouse.duck import columns_of, fetch_row, literal, quote
from warehouse.landing.carry_down import CarryDown
from warehouse.landing.formats.batch import USUAL, Bounds
from warehouse.landing.time_doubts import Shifted, count_shifted, spell_times
from warehouse.types import build_cast, is_asked, is_mistyped, read_evidence, sql_type, style_of
from warehouse.types.currencies import row_currency
from warehouse.types.format_memory import Tally, recall
from warehouse.types.inferred_formats import NO_THREE, SIGNS, TWO_PLACES, Evidence, Finding, cure_format
from warehouse.types.numbers import FOREIGN, cell_currency, has_marks, is_foreign
from warehouse.types.roles import MONEY_ROLES

FLUSH_ROWS = 250_000
InferredFormats = dict[str, str]
"""By column: how a delivery writes it (`dmy`, `mdy`, or one of SIGNS), where the contract leaves that open."""
NUMBERS = frozenset({"number", "integer"})
WRITTEN = NUMBERS | {"date", "timestamp"}
JSON_FORMATS = frozenset({"json", "jsonl", "ndjson"})
SAID = {
    "dmy": "day before month", "mdy": "month before day", "comma": "decimal comma",
    TWO_PLACES["comma"]: "decimal comma, no number with three digits behind it read,",
    TWO_PLACES["point"]: "no number with three digits behind a point read",
    NO_THREE: "no number with three digits behind a point or a comma read",
}  # fmt: skip
"""What is worth a note of how a delivery is written."""
FOUND, RECALLED = "found in its values", "as in earlier deliveries"
STRICT_ROLES = MONEY_ROLES | {"quantity"}
"""A thousandth of what is meant, or a thousand times it, is wrong in every sum."""


def landed_table(source: Source) -> str:
    """The statement that makes `landed`."""
    columns = ", ".join(f"{quote(c.name)} {sql_type(c)}" for c in source.columns)
    return f"CREATE TABLE landed (_delivery_id VARCHAR, _record BIGINT, {columns}, _mistyped VARCHAR[], _row VARCHAR)"


@dataclass
class RowWriter:
    """Writes rows into `landed`; those that wait have the same delivered types and ways of writing."""

    con: duckdb.DuckDBPyConnection
    source: Source
    region: str = ""
    """Where the company is, which says what letters are usual."""
    bounds: Bounds = USUAL
    """What a delivery may come to."""
    waiting: list[pl.DataFrame] = field(default_factory=list)
    habits: InferredFormats = field(default_factory=dict)
    """How the latest delivery is read."""
    past: Mapping[str, Tally] = field(default_factory=dict)
    """By column, what earlier nights' deliveries told of how it is written; set before a delivery is read."""
    evidence: dict[str, Evidence] = field(default_factory=dict)
    """By column, what the latest delivery's values tell of how it is written."""
    is_settled: bool = False
    """All values of the latest delivery have been looked at."""
    latest: str = ""
    """The delivery that rows were last added of."""
    carried: CarryDown = field(init=False)
    carried_of: str = ""
    """The delivery whose lines are filled from those above."""
    shifted: Shifted = field(default_factory=dict)
    """Times of deliveries that clocks which are set leave out or repeat."""

    def add(self, delivery_id: str, rows: pl.DataFrame) -> None:
        """Add rows of a delivery. Its first rows tell how it is written; `is_misread` says if all of them tell else."""
        if not rows.height:
            return
        if delivery_id != self.carried_of:
            self.carried, self.carried_of = CarryDown(self.source), delivery_id
        rows = spell_times(self.carried.fill(rows), self.source)
        habits = self.habits
        if not self.is_settled or delivery_id != self.latest:
            fresh = read_evidences(self.con, self.source, rows)
            if delivery_id != self.latest:  # no delivery is read as the one before it was
                self.evidence, self.is_settled = fresh, False
                habits = self.find_habits()
            else:
                self.evidence = {n: self.evidence.get(n, Evidence()) + fresh.get(n, Evidence()) for n in fresh}
        rows = rows.with_columns(_delivery_id=pl.lit(delivery_id))
        if self.waiting and (habits != self.habits or rows.schema != self.waiting[0].schema):
            self.flush()
        self.latest, self.habits = delivery_id, habits
        self.waiting.append(rows)
        if sum(frame.height for frame in self.waiting) >= FLUSH_ROWS:
            self.flush()

    def find(self) -> dict[str, Finding]:
        """How the latest delivery is written, column by column, as far as its rows have come."""
        columns = {c.name: c for c in self.source.columns}
        return {
            name: recall(
                columns[name], evidence, self.past.get(name, {}), is_strict=is_strict(self.source, columns[name])
            )
            for name, evidence in self.evidence.items()
        }

    def find_habits(self) -> InferredFormats:
        """The same in a word each, with what the contract declares."""
        return {name: f.habit for name, f in self.find().items() if f.habit} | declared_habits(self.source)

    def is_misread(self, delivery_id: str) -> bool:
        """Do all rows of a delivery tell another way of writing than its first did? Then it is to be read again."""
        if self.latest != delivery_id or self.is_settled:
            return False
        return self.find_habits() != self.habits

    def settle(self, delivery_id: str) -> None:
        """Forget the rows of a delivery, but not how they are written: they come again."""
        self.drop(delivery_id)
        self.flush()  # what waits of others is written as the first rows of this one seemed to be
        self.habits = self.find_habits()
        self.is_settled = True

    def drop(self, delivery_id: str) -> None:
        """Forget every row of a delivery."""
        self.carried_of = ""
        self.waiting = [frame for frame in self.waiting if frame["_delivery_id"][0] != delivery_id]
        self.con.execute("DELETE FROM landed WHERE _delivery_id = ?", [delivery_id])
        self.shifted = {place: counts for place, counts in self.shifted.items() if place[0] != delivery_id}

    def flush(self) -> None:
        """Write the rows that wait."""
        if not self.waiting:
            return
        self.con.register("batch", pl.concat(self.waiting))
        self.con.execute(f"INSERT INTO landed {typed_select(self.con, self.source, self.habits)}")
        for place, (gone, twice) in count_shifted(self.con, self.source, self.habits).items():
            before = self.shifted.get(place, (0, 0))
            self.shifted[place] = (before[0] + gone, before[1] + twice)
        self.con.unregister("batch")
        self.waiting.clear()


def read_evidences(con: duckdb.DuckDBPyConnection, source: Source, rows: pl.DataFrame) -> dict[str, Evidence]:
    """What rows tell of how their delivery writes its text columns of dates and numbers, where that is left open."""
    asked = [c for c in source.columns if is_asked(c) and rows.schema[c.name] == pl.String]
    if not asked:
        return {}
    con.register("batch", rows)
    found = {c.name: read_evidence(con, "batch", c) for c in asked}
    con.unregister("batch")
    if source.location.format in JSON_FORMATS:
        for evidence in found.values():
            evidence.pop(("open_point",), None)  # a number of JSON has a point and no other sign
    return found


def is_strict(source: Source, column: Column) -> bool:
    """Is a number of the column better not read than taken for a thousandth? A rate of 7.812 is no surprise."""
    return source.kind != "reference" and column.role in STRICT_ROLES


def declared_habits(source: Source) -> InferredFormats:
    """How numbers are written by the contract."""
    return {c.name: c.declared_decimal for c in source.columns if c.declared_decimal and c.type in NUMBERS}


def say_doubts(findings: Mapping[str, Finding], source: Source, delivery: str) -> list[tuple[str, str, int]]:
    """Rule, message and number of values of each column of which people should hear how it was read."""
    columns = {c.name: c for c in source.columns}
    told = []
    for name, found in findings.items():
        if found.doubt:
            cure = cure_format(columns[name])
            message = f"{delivery}: column {name}: {found.doubt}; declare {cure} on it in {source.path.name}"
            told.append((f"ambiguous:{name}", message, found.count))
    return told


def describe_formats(habits: InferredFormats, findings: Mapping[str, Finding]) -> list[str]:
    """The notes of how a delivery is written; `read_formats` reads them again."""
    recalled = {name for name, found in findings.items() if found.is_recalled}
    return [
        say_habit(name, habit, RECALLED if name in recalled else FOUND)
        for name, habit in habits.items()
        if habit in SAID
    ]


def say_habit(name: str, habit: str, how: str) -> str:
    """The note of one column."""
    return f"{SAID[habit]} in {name} ({how})"


def read_formats(notes: Sequence[str], source: Source) -> InferredFormats:
    """How a delivery was found to be written, from its notes; of columns that are still of such a type."""
    asked = [(c.name, habit) for c in source.columns if c.type in WRITTEN for habit in SAID]
    kinds = {c.name: c.type in NUMBERS for c in source.columns}
    found = {n: habit for n, habit in asked if kinds[n] == (habit in SIGNS) and is_noted(n, habit, notes)}
    return found | declared_habits(source)


def is_noted(name: str, habit: str, notes: Sequence[str]) -> bool:
    """Do the notes say that the column is written so?"""
    return any(say_habit(name, habit, how) in notes for how in (FOUND, RECALLED))


@dataclass(frozen=True)
class Money:
    """The amounts of a source that are text, in which a currency may stand beside the number."""

    columns: tuple[str, ...]
    currency: str
    """SQL: the currency of the row."""
    named: str
    """SQL: the currency that a cell of them names, where the row's own column is empty; "" without such a column."""


def read_money(con: duckdb.DuckDBPyConnection, source: Source, delivered: Mapping[str, str]) -> Money:
    """Where a row says its currency: in a column of its own, else beside its amount, else in the contract.

    Only columns of the `batch` count in which anything but a number stands: planning for others costs 0.1 s a batch.
    """
    texts = [
        c.name
        for c in source.columns
        if c.role in MONEY_ROLES and c.type == "number" and delivered[c.name] == "VARCHAR"
    ]
    marked = ", ".join(f"coalesce(bool_or({has_marks(quote(name))}), false)" for name in texts)
    found = fetch_row(con, f"SELECT {marked} FROM batch") if texts else ()
    columns = tuple(name for name, is_marked in zip(texts, found, strict=True) if is_marked)
    usual = "NULL::VARCHAR" if source.currency is None else literal(source.currency)
    own = source.name_of("currency")
    if own is None or not columns:
        return Money(columns, usual, "")
    named = f"coalesce({', '.join(cell_currency(quote(name)) for name in columns)})"
    return Money(columns, f"coalesce({row_currency(quote(own), usual)}, {named}, {usual})", named)


def typed_select(con: duckdb.DuckDBPyConnection, source: Source, habits: InferredFormats) -> str:
    """The query that turns the registered `batch` into rows of `landed`.

    Each step reads the one below it by names: what is written twice is planned twice, and planning is what a small
    delivery costs.
    """
    casts, faults = [], []
    delivered = columns_of(con, "batch")
    money = read_money(con, source, delivered)
    longer = "_" * max(len(column.name) for column in source.columns)  # a name that no column has
    typed = {column.name: f"_typed{longer}{place}" for place, column in enumerate(source.columns)}
    for column in source.columns:
        kind, habit = delivered[column.name], habits.get(column.name)
        cast = build_cast(column, kind, source.timezone, habit, source.day_zone)
        filled = f"coalesce({cast}, {money.named})" if column.role == "currency" and money.named else cast
        casts.append(f"{filled} AS {typed[column.name]}")
        if column.type != "string":
            wrong = is_mistyped(column, kind, typed[column.name])
            faults.append(f"CASE WHEN {wrong} THEN {literal(column.name)} END")
        if column.name in money.columns:
            foreign = is_foreign(quote(column.name), money.currency, style_of(column, habit))
            faults.append(f"CASE WHEN {foreign} THEN {literal(FOREIGN + column.name)} END")
    mistyped = f"list_filter([{', '.join(faults)}], lambda x: x IS NOT NULL)" if faults else "CAST([] AS VARCHAR[])"
    names = ", ".join(f"{quote(c.name)} := {quote(c.name)}" for c in source.columns)
    return (
        f"SELECT _delivery_id, _record, {', '.join(typed.values())}, _mistyped, "
        f"CASE WHEN len(_mistyped) > 0 THEN CAST(to_json(struct_pack({names})) AS VARCHAR) END AS _row"
        f" FROM (SELECT *, {mistyped} AS _mistyped FROM (SELECT *, {', '.join(casts)} FROM batch))"
    )
