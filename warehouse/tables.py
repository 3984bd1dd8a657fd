"""The published tables: declared in `contracts/published/`, made with their types and described column by column."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import duckdb

from transforms.engine import Frame, as_frame
from warehouse.contracts.model import Source
from warehouse.contracts.published import published
from warehouse.duck import literal, quote
from warehouse.types import sql_type

if TYPE_CHECKING:
    from transforms.engine import Frame


def store(con: duckdb.DuckDBPyConnection, table: str, frame: Frame) -> None:
    """Write a lazy frame of this connection as a table, in place of the one before."""
    con.execute(f"CREATE OR REPLACE TABLE {table} AS {frame.to_native().sql_query()}")


def publish_table(con: duckdb.DuckDBPyConnection, name: str, frame: Frame, contract: Source | None = None) -> None:
    """Write a lazy frame as a published table: the columns, types and order of its contract."""
    table = contract or published(name)
    columns = ", ".join(f"CAST({quote(c.name)} AS {sql_type(c)}) AS {quote(c.name)}" for c in table.columns)
    keys = ", ".join(quote(k) for k in table.key) or "ALL"
    query = f"SELECT {columns} FROM ({frame.to_native().sql_query()}) ORDER BY {keys}"
    con.execute(f"CREATE OR REPLACE TABLE main.{quote(name)} AS {query}")


def as_published(con: duckdb.DuckDBPyConnection, name: str, frames: Iterable[Frame]) -> Frame:
    """Lazy frames of like columns, worked out once each, one below the other, in the types of a published table.

    Who reads them reads what is published.
    """
    from transforms.engine import as_frame  # Polars takes long to import, and the checks need none

    kinds = {c.name: sql_type(c) for c in published(name).columns}
    for number, frame in enumerate(frames):
        names = [n for n in frame.collect_schema().names() if n in kinds]
        columns = ", ".join(f"CAST({quote(n)} AS {kinds[n]}) AS {quote(n)}" for n in names)
        query = f"SELECT {columns} FROM ({frame.to_native().sql_query()})"
        con.execute(f"INSERT INTO typed {query}" if number else f"CREATE OR REPLACE TEMP TABLE typed AS {query}")
    return as_frame(con.table("typed"))


def publish_view(con: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    """Publish a query under the columns, types and order of its contract."""
    table = published(name)
    columns = ", ".join(f"CAST({quote(c.name)} AS {sql_type(c)}) AS {quote(c.name)}" for c in table.columns)
    con.execute(f"CREATE OR REPLACE VIEW main.{quote(name)} AS SELECT {columns} FROM ({query})")


def describe(con: duckdb.DuckDBPyConnection, table: Source) -> None:
    """Write the contract's descriptions of a published table as DuckDB comments."""
    name = f"main.{quote(table.name)}"
    con.execute("BEGIN")  # each comment committed on its own would wait for the disk once
    con.execute(f"COMMENT ON TABLE {name} IS {literal(table.description)}")
    for column in table.columns:
        con.execute(f"COMMENT ON COLUMN {name}.{quote(column.name)} IS {literal(column.description)}")
    con.execute("COMMIT")


def frame_of(con: duckdb.DuckDBPyConnection, table: str) -> Frame:
    """A table as a lazy frame."""
    return as_frame(con.table(table))


def keep(con: duckdb.DuckDBPyConnection, name: str, frame: Frame) -> Frame:
    """A lazy frame worked out once, as a temporary table of this connection."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {frame.to_native().sql_query()}")
    return frame_of(con, name)
