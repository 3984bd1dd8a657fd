"""SQL on the current generation, for reading only."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import duckdb

from serving.limits import Clock, QueryError, bounded_memory
from serving.terminal import terminal_width, verbatim, write_plain
from warehouse.contracts.settings import Settings, read_kept, require_valid
from warehouse.duck import open_published, quote
from warehouse.home.layout import Generation, Home
from warehouse.home.verify import describe_unreadable
from warehouse.shown_time import UNKNOWN, show_time
from warehouse.sql_tree import judge_reading
from warehouse.types import shown_text
from warehouse.types.shown_text import show_cell

FORMATS = ("table", "csv", "json")
CONTROL = re.compile(shown_text.CONTROL)
ROWS_AT_ONCE = 5_000
PLAN = ["explain_key", "explain_value"]
"""Columns of what EXPLAIN gives, whose values are drawings of many lines."""
QUOTING_NOTHING = (
    duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException, duckdb.PermissionException,
)  # fmt: skip
"""Errors whose text speaks of the query, the tables and the machine."""


def open_home(home: Path) -> duckdb.DuckDBPyConnection:
    """A locked, read-only connection to all tables of the current generation of a home: its owner's."""
    generation = Home(home).require_current()
    return open_locked(generation, generation.workings)


def open_tables(home: Path) -> duckdb.DuckDBPyConnection:
    """A locked, read-only connection to the published tables of the current generation of a home."""
    generation = Home(home).require_current()
    return open_locked(generation, generation.database)


def open_locked(generation: Generation, database: Path) -> duckdb.DuckDBPyConnection:
    """A connection to one of a generation's databases, with the memory that its night had."""
    try:
        return open_published(database, read_limits(generation).memory_limit)
    except duckdb.Error as error:
        raise describe_unreadable(database, generation.number, error) from None


def read_limits(generation: Generation) -> Settings:
    """The settings that bound a query: those of the night that made the generation, if the environment has no other."""
    manifest, names = generation.read_manifest(), ("memory_limit", "query_seconds")
    given = {name: os.environ.get(f"C360_{name.upper()}", manifest.get(name)) for name in names}
    return require_valid({name: value for name, value in given.items() if value is not None})


def read_zone(home: Path) -> str:
    """The business zone of what is served; UNKNOWN where nothing is yet."""
    current = Home(home).find_current()
    return str(read_kept(current.read_manifest())["timezone"]) if current else UNKNOWN


def print_query(
    home: Path,
    query: str,
    form: str,
    seconds: float | None = None,
    *,
    of_workings: bool = False,
    timezone: str | None = None,
) -> None:
    """Run one query, on the published tables or on all, and print its result as a table, CSV, or an object a line.

    Times of a table are shown in `timezone`, if one is given; else, and in the other forms, as they are: UTC.

    Raises:
        QueryError: DuckDB does not accept the query, it is no single statement that gives rows, or it takes longer
            than `seconds` (None: than the setting query_seconds), or more memory than there is for it.
    """
    require_format(form)
    limit = seconds or read_limits(Home(home).require_current()).query_seconds
    try:
        with Clock(limit) as clock:
            with clock.counting():
                require_reading(query)
            with (open_home if of_workings else open_tables)(home) as con, bounded_memory(con):
                print_rows(con, query, form, sys.stdout, clock, timezone)
    except duckdb.Error as error:
        raise QueryError(f"the query cannot be run: {describe_query_error(error)}") from None


def require_format(form: str) -> None:
    """Raise QueryError unless rows can be printed so."""
    if form not in FORMATS:
        raise QueryError(f"--format {form} is not known; there are: {', '.join(FORMATS)}")


def require_reading(query: str) -> None:
    """Raise QueryError unless the text is one statement that reads; the connection itself lets nothing be changed."""
    if fault := judge_reading(query):
        raise QueryError(fault)


def describe_query_error(error: duckdb.Error) -> str:
    """What DuckDB says of a query; where its words may quote a row, only what kind of error it is."""
    if isinstance(error, QUOTING_NOTHING):
        return str(error)
    return f"{type(error).__name__}, whose text may quote a row; where a value does not fit, try_cast gives null"


def print_rows(
    con: duckdb.DuckDBPyConnection, query: str, form: str, out: TextIO, clock: Clock, timezone: str | None = None
) -> None:
    """Print the rows of a query in one of FORMATS, some thousands at a time, so that any number of them fits."""
    if form == "table" and timezone:
        query = with_local_times(con, query, timezone)
    if form == "table" and out.isatty():
        with clock.counting(con):
            draw_relation(con.sql(query))
        return
    with clock.counting(con):
        con.execute(query)
    names = [column[0] for column in con.description or ()]
    try:
        write_rows(names, fetch_parts(con, clock), form, out)
    finally:
        con.interrupt()  # what nobody reads any more would be worked out to its end before the file is closed


def fetch_parts(con: duckdb.DuckDBPyConnection, clock: Clock) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of the query that was executed, ROWS_AT_ONCE at a time."""
    while True:
        with clock.counting(con):
            rows = con.fetchmany(ROWS_AT_ONCE)
        if not rows:
            return
        yield rows


def with_local_times(con: duckdb.DuckDBPyConnection, query: str, timezone: str) -> str:
    """The query with its times as text, as people of a zone read them."""
    con.create_function("shown_time", lambda moment: show_time(moment, timezone), ["TIMESTAMP"], "VARCHAR")
    query = query.rstrip().rstrip(";")
    shown = con.sql(query)
    times = [quote(name) for name, kind in zip(shown.columns, shown.types, strict=True) if str(kind) == "TIMESTAMP"]
    swaps = ", ".join(f"shown_time({name}) AS {name}" for name in times)
    return f"SELECT * REPLACE ({swaps}) FROM (\n{query}\n)" if times else query


def print_relation(relation: duckdb.DuckDBPyRelation, form: str, out: TextIO) -> None:
    """Print a relation in one of FORMATS; all hold every row, but a table on a terminal the first thousand."""
    if form == "table" and out.isatty():
        draw_relation(relation)
        return
    write_rows(relation.columns, [relation.fetchall()], form, out)


def draw_relation(relation: duckdb.DuckDBPyRelation) -> None:
    """Draw the first thousand rows on a terminal.

    DuckDB's own box and not rich's: of a hundred columns it shows as many as there is room for, with their types, and
    says how many it left out; rich would make each one character wide.
    """
    relation.show(max_width=max(terminal_width(), 80), max_rows=1000, max_col_width=60)


def write_rows(names: Sequence[str], batches: Iterable[Sequence[Sequence[Any]]], form: str, out: TextIO) -> None:
    """Write rows as plain columns or CSV, below a line of names, or as one JSON object a line."""
    if form == "table" and list(names) == PLAN:
        out.writelines(f"{plan}\n" for rows in batches for _, plan in rows)
        return
    if form == "table":
        write_plain(names, batches, out)
        return
    out = verbatim(out)
    writer = csv.writer(out, lineterminator="\n")
    if form == "csv":
        writer.writerow(map(show_cell, names))
    for rows in batches:
        if form == "csv":
            writer.writerows([show_cell(v) if isinstance(v, str) else v for v in row] for row in rows)
        else:
            out.writelines(to_line(names, row) for row in rows)


def to_line(names: Sequence[str], row: Sequence[Any]) -> str:
    """A row as one line of JSON."""
    values = {name: finite(value) for name, value in zip(names, row, strict=True)}
    # What a terminal would obey is written by its number; the value stays.
    return CONTROL.sub(lambda c: f"\\u{ord(c[0]):04x}", json.dumps(values, ensure_ascii=False, default=to_json)) + "\n"


def finite(value: Any) -> Any:
    """The value; null for NaN and the infinities, which JSON has no word for."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def to_json(value: Any) -> Any:
    """Times as ISO 8601, decimals as numbers, anything else as its text."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if type(value).__name__ == "Decimal":
        return float(value)
    return str(value)
