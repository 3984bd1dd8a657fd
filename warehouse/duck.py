"""Opening DuckDB files the one way we do it: bounded memory, UTC, no extension ever fetched."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from warehouse.scratch import name_scratch

STORAGE = "v1.2.0"
"""The version of DuckDB from which on any client can open what is written here; without it, 2.0 alone can."""
STORAGE_NUMBER = 65
"""How the head of a file says STORAGE."""


def open_database(path: Path, *, read_only: bool = False, memory_limit: str = "2GB") -> duckdb.DuckDBPyConnection:
    """A connection to a DuckDB file, made if it does not exist (unless read-only).

    What does not fit into memory spills to a folder beside the file; of a file that is only read, which may be
    published and must have nothing beside it, to the system's folder of temporary files.
    """
    spill = Path(tempfile.gettempdir()) / name_scratch("spill") if read_only else Path(f"{path}.spill")
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "temp_directory": str(spill),
        "storage_compatibility_version": STORAGE,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    con = duckdb.connect(str(path), read_only=read_only, config=config)
    con.execute("SET TimeZone = 'UTC'")
    return con


def open_published(path: Path, memory_limit: str = "2GB") -> duckdb.DuckDBPyConnection:
    """A connection that can do nothing but read this one file: no other file, no network, no extension, no setting.

    Memory is bounded as everywhere; a query that needs more fails instead of writing to disk.
    """
    con = duckdb.connect(
        str(path),
        read_only=True,
        config={
            "memory_limit": memory_limit,
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "allow_persistent_secrets": False,
        },
    )
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET enable_external_access = false")
    # The ban on other files spares the database's own, its write-ahead log and its folder of temporary files: with
    # this, what is open is read on, and nothing can be written or opened any more.
    con.execute("SET disabled_filesystems = 'LocalFileSystem'")
    con.execute("SET lock_configuration = true")
    return con


def open_scratch(memory_limit: str = "2GB") -> duckdb.DuckDBPyConnection:
    """A connection to an empty database in memory, which spills nowhere: by itself it would, to where one stands."""
    return duckdb.connect(config={"memory_limit": memory_limit, "temp_directory": ""})


def copy_database(old: Path, new: Path, memory_limit: str = "2GB") -> None:
    """Copy a closed DuckDB file; one that older clients could not open is rewritten, so that they can."""
    with old.open("rb") as file:
        number = int.from_bytes(file.read(20)[12:], "little")  # after a checksum and the letters DUCK
    if number <= STORAGE_NUMBER:
        shutil.copyfile(old, new)
        return
    with open_database(new, memory_limit=memory_limit) as con:
        con.execute(f"ATTACH {literal(str(old))} AS old (READ_ONLY)")
        con.execute(f"COPY FROM DATABASE old TO {quote(new.stem)}")


def release_memory(con: duckdb.DuckDBPyConnection, memory_limit: str) -> None:
    """Give back what a connection, opened with this limit, holds of its file; it is read again when asked for."""
    con.execute("SET memory_limit = '64MB'")
    con.execute(f"SET memory_limit = {literal(memory_limit)}")


def store_rows(con: duckdb.DuckDBPyConnection, table: str, rows: object, *, is_temporary: bool = False) -> None:
    """Write a data frame as a table, in place of the one before; `table` is a name as SQL takes it."""
    # Named in the query and not registered: a transaction holds what was registered in memory until it ends.
    con.execute(f"CREATE OR REPLACE {'TEMP ' if is_temporary else ''}TABLE {table} AS FROM rows")


def append_rows(con: duckdb.DuckDBPyConnection, table: str, rows: object) -> None:
    """Add the rows of a data frame to a table, column by name; `table` is a name as SQL takes it."""
    con.execute(f"INSERT INTO {table} BY NAME FROM rows")


def insert_rows(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Add rows to a table in one statement; one for each row takes 40 times as long."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        con.execute(f"INSERT INTO {table} SELECT {', '.join(['unnest(?)'] * len(columns))}", columns)


def quote(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def fetch_row(con: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object] = ()) -> tuple[Any, ...]:
    """The one row of a query that gives exactly one (fetched to its end, so that the connection is free again)."""
    rows = con.execute(query, list(parameters)).fetchall()
    if len(rows) != 1:
        raise ValueError(f"a query gave {len(rows)} rows where one was due")
    row: tuple[Any, ...] = rows[0]
    return row


def has_table(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    """Is there a table of that name in the connection's own database?"""
    query = (
        "SELECT count(*) FROM duckdb_tables()"
        " WHERE schema_name = ? AND table_name = ? AND database_name = current_database()"
    )
    return bool(fetch_row(con, query, [schema, table])[0])


def columns_of(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Names and SQL types of a table's columns, in order; `table` is a quoted, qualified name."""
    return {row[0]: row[1] for row in con.execute(f"DESCRIBE {table}").fetchall()}
