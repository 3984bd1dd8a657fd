"""Tables of a connection as the lazy frames that transforms take."""

from __future__ import annotations

import duckdb

from transforms.engine import Frame, as_frame


def frame_of(con: duckdb.DuckDBPyConnection, table: str) -> Frame:
    """A table as a lazy frame."""
    return as_frame(con.table(table))


def keep(con: duckdb.DuckDBPyConnection, name: str, frame: Frame) -> Frame:
    """A lazy frame worked out once, as a temporary table of this connection."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {frame.to_native().sql_query()}")
    return frame_of(con, name)
