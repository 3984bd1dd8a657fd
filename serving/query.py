"""SQL on the current generation, for reading only."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import duckdb
from pyarrow.parquet import ParquetWriter

from serving.limits import Clock, QueryError, bounded_memory
from serving.rows import draw_relation, require_format, write_rows
from warehouse.contracts.settings import Settings, read_kept, require_valid
from warehouse.duck import open_published, quote
from warehouse.files import replacing
from warehouse.home.layout import Generation, Home
from warehouse.home.verify import describe_unreadable
from warehouse.shown_time import UNKNOWN, show_time
from warehouse.sql_tree import judge_reading

FILES = {".csv": "csv", ".jsonl": "json", ".parquet": "parquet"}
"""Files that rows can be written to, by the end of the name."""
ROWS_AT_ONCE = 5_000
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


@dataclass(frozen=True)
class Query:
    """One query, and how its rows are wanted."""

    text: str
    values: Mapping[str, str] | None = None
    """Values of its parameters, by name."""
    form: str = "table"
    """One of FORMATS."""
    file: Path | None = None
    """A new file to write, instead of printing."""
    seconds: float | None = None
    """When it is ended; None: after the setting query_seconds."""
    timezone: str | None = None
    """Zone in which a table shows times; None, and in other forms: as they are, UTC."""
    is_of_workings: bool = False
    """Is it asked of all tables, not of the published ones alone?"""


def print_query(home: Path, query: Query) -> None:
    """Run one query, and print its rows or write its file.

    Raises:
        QueryError: the file is there already, or its name ends with none of FILES; DuckDB does not accept the query, it
            is no single statement that gives rows, or it takes longer, or more memory, than there is for it.
    """
    require_format(query.form)
    if query.file:
        require_new(query.file)
    limit = query.seconds or read_limits(Home(home).require_current()).query_seconds
    try:
        with Clock(limit) as clock:
            with clock.counting():
                require_reading(query.text)
            with (open_home if query.is_of_workings else open_tables)(home) as con, bounded_memory(con):
                if query.file:
                    write_file(con, query, query.file, clock)
                else:
                    print_rows(con, query, sys.stdout, clock)
    except duckdb.Error as error:
        raise QueryError(f"the query cannot be run: {describe_query_error(error)}") from None


def require_new(file: Path) -> None:
    """Raise QueryError unless a file of this name can be written, and is none yet."""
    if file.suffix not in FILES:
        raise QueryError(f"--out {file}: name it {', '.join(FILES)}")
    if file.exists():
        raise QueryError(f"--out {file}: it is there already; remove it, or choose another name")


def write_file(con: duckdb.DuckDBPyConnection, query: Query, file: Path, clock: Clock) -> None:
    """Write the rows of a query to a new file, of which none is there unless it is whole."""
    with replacing(file) as new:
        if file.suffix == ".parquet":
            write_parquet(con, query, new, clock)
            return
        with new.open("w", encoding="utf-8", newline="") as out:
            print_rows(con, replace(query, form=FILES[file.suffix]), out, clock)


def write_parquet(con: duckdb.DuckDBPyConnection, query: Query, file: Path, clock: Clock) -> None:
    """Write the rows of a query as Parquet, some thousands at a time."""
    with clock.counting(con):
        found: Any = con.sql(query.text, params=query.values or None).to_arrow_reader(ROWS_AT_ONCE)
    with ParquetWriter(file, found.schema) as writer:
        while (batch := read_batch(found, con, clock)) is not None:
            writer.write_batch(batch)


def read_batch(found: Iterator[Any], con: duckdb.DuckDBPyConnection, clock: Clock) -> Any:
    """The next rows; None at the end."""
    with clock.counting(con):
        return next(found, None)


def require_reading(query: str) -> None:
    """Raise QueryError unless the text is one statement that reads; the connection itself lets nothing be changed."""
    if fault := judge_reading(query):
        raise QueryError(fault)


def describe_query_error(error: duckdb.Error) -> str:
    """What DuckDB says of a query; where its words may quote a row, only what kind of error it is."""
    if isinstance(error, QUOTING_NOTHING):
        return str(error)
    return f"{type(error).__name__}, whose text may quote a row; where a value does not fit, try_cast gives null"


def print_rows(con: duckdb.DuckDBPyConnection, query: Query, out: TextIO, clock: Clock) -> None:
    """Print the rows of a query in its form, some thousands at a time, so that any number of them fits."""
    text, values = query.text, query.values or None
    if query.form == "table" and query.timezone:
        text = with_local_times(con, text, query.timezone, values)
    if query.form == "table" and out.isatty():
        with clock.counting(con):
            draw_relation(con.sql(text, params=values))
        return
    with clock.counting(con):
        con.execute(text, values)
    names = [column[0] for column in con.description or ()]
    try:
        write_rows(names, fetch_parts(con, clock), query.form, out)
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


def with_local_times(
    con: duckdb.DuckDBPyConnection, query: str, timezone: str, values: Mapping[str, str] | None = None
) -> str:
    """The query with its times as text, as people of a zone read them."""
    con.create_function("shown_time", lambda moment: show_time(moment, timezone), ["TIMESTAMP"], "VARCHAR")
    query = query.rstrip().rstrip(";")
    shown = con.sql(query, params=values or None)
    times = [quote(name) for name, kind in zip(shown.columns, shown.types, strict=True) if str(kind) == "TIMESTAMP"]
    swaps = ", ".join(f"shown_time({name}) AS {name}" for name in times)
    return f"SELECT * REPLACE ({swaps}) FROM (\n{query}\n)" if times else query
