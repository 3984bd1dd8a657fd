"""The log of replays."""

from __future__ import annotations

from typing import Any

import duckdb

LOG = """
CREATE TABLE IF NOT EXISTS governance.replay (source VARCHAR, delivery_id VARCHAR, record BIGINT, rule VARCHAR,
    outcome VARCHAR, is_mended BOOLEAN, generation INTEGER, as_of DATE)
"""
"""A row that was replayed: why it was in quarantine, and its outcome: loaded, deleted, duplicate, quarantined, left."""


def count_replayed(con: duckdb.DuckDBPyConnection, number: int) -> list[dict[str, Any]]:
    """What became of the rows that the night of a generation replayed, by source and outcome."""
    rows = con.execute(
        "SELECT source, outcome, count(*) FROM governance.replay WHERE generation = ? GROUP BY ALL ORDER BY ALL",
        [number],
    ).fetchall()
    return [{"source": source, "outcome": outcome, "records": int(n)} for source, outcome, n in rows]
