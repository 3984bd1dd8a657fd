"""The published tables: declared in `contracts/published/`, made with their types and described column by column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import duckdb

from warehouse import ROOT
from warehouse.contracts.model import Column, Source
from warehouse.contracts.read import read_source
from warehouse.duck import literal, quote
from warehouse.types import sql_type

if TYPE_CHECKING:
    from transforms.engine import Frame

PUBLISHED = ROOT / "contracts" / "published"


VERSIONED = {"customer_profile_history": "customer_profile"}
"""Tables of versions: each has the columns of another, and its own."""


@cache
def list_published() -> tuple[Source, ...]:
    """Contracts of the published tables, in order of name."""
    tables = {table.name: table for table in map(read_source, sorted(PUBLISHED.glob("*.odcs.yaml")))}
    for name, of in VERSIONED.items():
        tables[name] = replace(tables[name], columns=(*list_versioned(tables[of]), *tables[name].columns))
    return tuple(tables.values())


def list_versioned(table: Source) -> tuple[Column, ...]:
    """A table's columns as its versions have them: judged when they were published, and null where they are younger."""
    return tuple(
        c if c.key_position else replace(c, required=False, unique=False, options={}, quality=()) for c in table.columns
    )


def published(name: str) -> Source:
    """The contract of one published table."""
    return next(table for table in list_published() if table.name == name)


def store(con: duckdb.DuckDBPyConnection, table: str, frame: Frame) -> None:
    """Write a lazy frame of this connection as a table, in place of the one before."""
    con.execute(f"CREATE OR REPLACE TABLE {table} AS {frame.to_native().sql_query()}")


def publish_table(con: duckdb.DuckDBPyConnection, name: str, frame: Frame, contract: Source | None = None) -> None:
    """Write a lazy frame as a published table: the columns, types and order of its contract, and its descriptions."""
    table = contract or published(name)
    columns = ", ".join(f"CAST({quote(c.name)} AS {sql_type(c)}) AS {quote(c.name)}" for c in table.columns)
    keys = ", ".join(quote(k) for k in table.key) or "ALL"
    query = f"SELECT {columns} FROM ({frame.to_native().sql_query()}) ORDER BY {keys}"
    con.execute(f"CREATE OR REPLACE TABLE main.{quote(name)} AS {query}")
    describe(con, "TABLE", table)


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
    """Publish a query under the columns, types and order of its contract, described likewise."""
    table = published(name)
    columns = ", ".join(f"CAST({quote(c.name)} AS {sql_type(c)}) AS {quote(c.name)}" for c in table.columns)
    con.execute(f"CREATE OR REPLACE VIEW main.{quote(name)} AS SELECT {columns} FROM ({query})")
    describe(con, "VIEW", table)


def describe(con: duckdb.DuckDBPyConnection, kind: str, table: Source) -> None:
    """Write the contract's descriptions as DuckDB comments."""
    name = f"main.{quote(table.name)}"
    con.execute("BEGIN")  # each comment committed on its own would wait for the disk once
    con.execute(f"COMMENT ON {kind} {name} IS {literal(table.description)}")
    for column in table.columns:
        con.execute(f"COMMENT ON COLUMN {name}.{quote(column.name)} IS {literal(column.description)}")
    con.execute("COMMIT")


def show_columns() -> str:
    """docs/columns.md: every published table and column with its type and meaning, and the features we ship."""
    from warehouse.contracts.features import SHIPPED
    from warehouse.features.nightly import list_tables

    parts = ["# Published tables", "", "Made from `contracts/published/` by `make docs`; times are UTC.", ""]
    for table in list_tables(SHIPPED.parent):
        parts += [f"## {table.name}", "", table.description, "", "| column | type | meaning |", "|---|---|---|"]
        above = {c.name for c in published(VERSIONED[table.name]).columns} if table.name in VERSIONED else set()
        parts += [f"| `{c.name}` | {sql_type(c)} | {c.description} |" for c in table.columns if c.name not in above]
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    print(show_columns())
