"""Replaying: rows in quarantine are landed again, once the contract or the row itself is mended.

A replayed row goes the ordinary way (landed → checked → accepted → loaded), as the record of the delivery that it is.
A run that replays lands nothing new: what was delivered meanwhile can neither close its gate nor take its rows' keys.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from warehouse.contracts.model import Source
from warehouse.duck import append_rows, open_database
from warehouse.landing.replay_choice import Choice, Chosen, Number, choose_rows
from warehouse.landing.rows import InferredFormats, read_formats, typed_select
from warehouse.landing.time_doubts import spell_times
from warehouse.types.inferred_formats import SIGNS

TABLE = """
CREATE TABLE replay (delivery_id VARCHAR, record BIGINT, generation INTEGER, rule VARCHAR, is_mended BOOLEAN,
    is_left BOOLEAN)
"""
"""Each row chosen, and the night that put it aside; `is_left`: it stays as it is."""


def land_replayed(con: duckdb.DuckDBPyConnection, served: Path | None, choice: Choice, source: Source) -> list[str]:
    """Land the chosen rows of a source from the quarantine of the served generation; gives their deliveries.

    Raises:
        ReplayError: a row that is listed is not in quarantine.
    """
    con.execute(TABLE)
    if served is None:
        return []
    with open_database(served, read_only=True) as published:
        chosen = choose_rows(published, source, choice)
    noted = [(r.delivery_id, r.record, r.generation, r.rule, r.is_mended, r.row is None) for r in chosen]
    names = ("delivery_id", "record", "generation", "rule", "is_mended", "is_left")
    if noted:
        append_rows(con, "replay", pl.DataFrame(noted, schema=names, orient="row"))
    written: dict[tuple[tuple[str, str], ...], list[Chosen]] = defaultdict(list)
    deliveries: dict[str, list[Chosen]] = defaultdict(list)
    for row in chosen:
        if row.row is not None:
            written[tuple(sorted(read_formats(row.notes, source).items()))].append(row)
            deliveries[row.delivery_id].append(row)
    for habits, rows in written.items():
        land_rows(con, source, rows, dict(habits))
    for sequence, (delivery_id, rows) in enumerate(deliveries.items()):
        values = [delivery_id, rows[0].name, len(rows), sequence]
        con.execute("INSERT INTO delivery VALUES (?, ?, ?, ?, false, [])", values)
    return [rows[0].name for rows in deliveries.values()]


def land_rows(con: duckdb.DuckDBPyConnection, source: Source, rows: Sequence[Chosen], habits: InferredFormats) -> None:
    """Land rows that are written alike: the contract of today reads their texts."""
    names = [column.name for column in source.columns]
    values = [
        (row.delivery_id, row.record, *(to_text((row.row or {}).get(n), habits.get(n)) for n in names)) for row in rows
    ]
    schema = {"_delivery_id": pl.String, "_record": pl.Int64, **dict.fromkeys(names, pl.String)}
    con.register("batch", spell_times(pl.DataFrame(values, schema=schema, orient="row"), source))
    con.execute(f"INSERT INTO landed {typed_select(con, source, habits)}")
    con.unregister("batch")


def to_text(value: Any, habit: str | None) -> str | None:
    """A value as its delivery would write it. A number of JSON has a point, whatever the delivery writes."""
    if isinstance(value, Number):
        text = value.removesuffix(".0")
        return text.replace(".", ",") if SIGNS.get(habit or "") == "comma" else text
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
