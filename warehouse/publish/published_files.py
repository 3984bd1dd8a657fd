"""What others may open: the published tables in a file of their own and as Parquet, apart from the night's workings.

    workings.duckdb ─ published tables ─→ customer_360.duckdb ─ but events ─→ parquet/<table>.parquet

Raw rows, quarantine, and what a night goes on from stay in the workings. Events are as many as all else together, so
they are stored for reading once, as a table.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb

from warehouse.cleaning.items import make_item_reader
from warehouse.contracts.model import Source
from warehouse.contracts.published import published
from warehouse.duck import fetch_row, literal, open_database, quote
from warehouse.home.layout import DATABASE, PARQUET
from warehouse.profile.history import READ_BESIDE, make_reader
from warehouse.tables import describe

NOT_IN_PARQUET = ("customer_event",)


def write_published(workings: Path, tables: Sequence[Source], memory_limit: str) -> dict[str, int]:
    """Write the published tables of closed workings beside them, and give the rows of each table by schema and name.

    A customer's row is looked up by an index, which is made last: a table that has one cannot be altered.
    """
    folder = workings.parent
    database, parquet = folder / DATABASE, folder / PARQUET
    database.unlink(missing_ok=True)  # of an attempt that failed
    parquet.mkdir(exist_ok=True)
    with open_database(database, memory_limit=memory_limit) as con:
        con.execute(f"ATTACH {literal(str(workings))} AS workings (READ_ONLY)")
        counts = {f"main.{table.name}": copy_table(con, table) for table in tables}
        con.execute("CREATE SCHEMA profile")
        for name in READ_BESIDE:
            counts[name] = fetch_row(con, f"CREATE TABLE {name} AS FROM workings.{name}")[0]
        make_reader(con, published("customer_profile_history"))
        make_item_reader(con)
        con.execute("DETACH workings")
        con.execute("CREATE INDEX customer_profile_id ON main.customer_profile (customer_id)")
        con.execute("CHECKPOINT")
        for table in tables:
            if table.name not in NOT_IN_PARQUET:
                write_parquet(con, table, parquet / f"{table.name}.parquet")
    remove_spill(database)
    return counts


def copy_table(con: duckdb.DuckDBPyConnection, table: Source) -> int:
    """A published table, or what a published view gives, with its descriptions; gives its rows."""
    name = f"main.{quote(table.name)}"
    rows: int = fetch_row(con, f"CREATE TABLE {name} AS FROM workings.{name}")[0]
    describe(con, table)
    return rows


def write_parquet(con: duckdb.DuckDBPyConnection, table: Source, path: Path) -> None:
    """One table as Parquet; its footer has `description`, and `columns`: a JSON object of each column's."""
    columns = json.dumps({c.name: c.description for c in table.columns}, ensure_ascii=False)
    said = f"{{description: {literal(table.description)}, columns: {literal(columns)}}}"
    con.execute(
        f"COPY main.{quote(table.name)} TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {said})"
    )


def remove_spill(database: Path) -> None:
    """Remove the folder to which a connection may have spilled, once that is closed."""
    spill = Path(f"{database}.spill")
    if spill.is_dir():
        spill.rmdir()
