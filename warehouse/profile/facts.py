"""Facts of accounts, kept up to date: only those are rebuilt whose events came, went or fell due.

    clean.event, clean.event_gone ─ changed ─→ keys ─→ profile.account_<fact>, those rows rebuilt

Of a source that was fully refreshed tonight all facts are rebuilt, so that both ways give the same rows.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import duckdb
import narwhals as nw

from transforms.engine import Frame
from transforms.profile.aggregates.facts import FACTS, Fact, select_events
from warehouse.duck import fetch_row, has_table, literal
from warehouse.tables import frame_of, keep, store


def update_facts(
    con: duckdb.DuckDBPyConnection, kept: Collection[str] | None, number: int, until: datetime
) -> dict[str, Frame]:
    """Bring every table of facts up to the events before `until`; gives them by name.

    Args:
        con: the run's database.
        kept: sources whose facts of earlier nights hold, from `list_kept`.
        number: of tonight's generation.
        until: end of the business date (UTC).
    """
    event = select_events(frame_of(con, "clean.event"), until)
    sources = list_event_sources(con)
    changed = find_changed(con, number, kept, until) if kept else set()
    for name, fact in FACTS.items():
        table = f"profile.account_{name}"
        if not kept:
            store(con, table, fact.build(event))
            continue
        con.execute(f"DELETE FROM {table} WHERE event_source NOT IN ({', '.join(map(literal, kept))})")
        if rebuilt := [source for source in sources if source not in kept]:
            insert(con, table, fact.build(event.filter(nw.col("event_source").is_in(rebuilt))))
        if fact.kind in changed or (changed and not fact.kind):
            renew(con, table, fact, event, select_events(frame_of(con, "event_changed"), until))
    con.execute("CREATE OR REPLACE TABLE profile.aggregated AS SELECT CAST(? AS TIMESTAMP) AS until", [until])
    return {name: frame_of(con, f"profile.account_{name}") for name in FACTS}


def list_event_sources(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Sources of events, in order."""
    return [row[0] for row in con.execute("SELECT DISTINCT source FROM clean.event ORDER BY ALL").fetchall()]


def list_kept(con: duckdb.DuckDBPyConnection, number: int, *, is_full: bool) -> set[str] | None:
    """Sources whose facts of earlier nights hold: those that were not rebuilt tonight; None on a full refresh."""
    if is_full:
        return None
    if not has_table(con, "profile", "aggregated"):
        return set()
    rows = con.execute("SELECT source FROM governance.cleaned WHERE rebuilt_in < ?", [number]).fetchall()
    return {row[0] for row in rows}


def find_changed(con: duckdb.DuckDBPyConnection, number: int, kept: Collection[str], until: datetime) -> set[str]:
    """Find the events of kept sources that came or went tonight, or lay in the future last night; gives their kinds.

    They are in the temporary table event_changed.
    """
    among = f"source IN ({', '.join(map(literal, kept))})"
    last = fetch_row(con, "SELECT until FROM profile.aggregated")[0]
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE event_changed AS FROM clean.event WHERE {among}"
        f" AND (generation = {number} OR occurred_at >= ? AND occurred_at < ?)"
        f" UNION ALL FROM clean.event_gone WHERE {among}",
        [last, until],
    )
    return {row[0] for row in con.execute("SELECT DISTINCT kind FROM event_changed").fetchall()}


def renew(con: duckdb.DuckDBPyConnection, table: str, fact: Fact, event: Frame, changed: Frame) -> None:
    """Rebuild the facts whose key a changed event has."""
    touched = keep(con, "touched", changed.select(*fact.key).unique(fact.key))
    same = " AND ".join(f"f.{name} = t.{name}" for name in fact.key)
    con.execute(f"DELETE FROM {table} AS f USING touched AS t WHERE {same}")
    insert(con, table, fact.build(event.join(touched, on=fact.key, how="semi")))


def insert(con: duckdb.DuckDBPyConnection, table: str, frame: Frame) -> None:
    """Add the rows of a lazy frame to a table."""
    con.execute(f"INSERT INTO {table} BY NAME {frame.to_native().sql_query()}")
