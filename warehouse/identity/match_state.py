"""What the matcher found out last night, kept as tables: tonight only what is new is compared.

All of it follows from the accounts and the model. Without these tables, or with those of another model, the night
compares everything and comes to the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from warehouse.duck import store_rows

if TYPE_CHECKING:  # the checks' own process imports this too, and is ready sooner without Polars
    import polars as pl

NAMES = ("made_by", "node", "identifier", "pair")
"""Frames of `transforms.matching.state`; each is a table identity.match_<name>."""


def read_memory(con: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame] | None:
    """The memory that the latest night left, or None."""
    rows = con.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'identity'").fetchall()
    if not {(f"match_{name}",) for name in NAMES} <= set(rows):
        return None
    return {name: con.sql(f"FROM identity.match_{name}").pl() for name in NAMES}


def keep_memory(con: duckdb.DuckDBPyConnection, memory: dict[str, pl.DataFrame]) -> None:
    """Store the memory in place of the one before."""
    for name in NAMES:
        store_rows(con, f"identity.match_{name}", memory[name])


def count_crowded(con: duckdb.DuckDBPyConnection) -> int:
    """Contents that last night had a key on many more accounts than when the model was trained, which found nobody."""
    query = "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'match_node' AND column_name = 'is_crowded'"
    known = con.execute(query).fetchall()[0][0]
    return int(con.execute("SELECT count_if(is_crowded) FROM identity.match_node").fetchall()[0][0]) if known else 0
