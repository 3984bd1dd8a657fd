"""What was known of events, and until when: a row that is corrected later was known as it stood.

    clean.event before and after tonight ─→ clean.event_version (what was superseded), clean.event_since (known earlier)

An event is known from the end of the business date of the night that brought its delivery. Where that is not so, since
a later delivery says the same again or a correction came with an old one, clean.event_since has the date. What a source
deletes is not kept as a version either.
"""

from __future__ import annotations

from datetime import date

import duckdb

from warehouse.contracts.model import Source
from warehouse.duck import columns_of, fetch_row, has_table, literal, quote

VERSION, SINCE = "clean.event_version", "clean.event_since"
ARRIVED = "(SELECT source, delivery_id, min(as_of) AS arrived_on FROM governance.delivery GROUP BY ALL)"
"""SQL: the business date on which each delivery was taken in first."""
UNTOLD = frozenset({"generation", "delivery_id", "record", "origin"})
"""Columns in which events may differ that say the same."""


def ensure_versions(con: duckdb.DuckDBPyConnection) -> None:
    """Make the tables, laid out as clean.event is now; rows of an earlier layout are kept by names of columns."""
    con.execute(f"CREATE TABLE IF NOT EXISTS {SINCE} (origin VARCHAR, event_id VARCHAR, known_from DATE)")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE versions AS"
        " SELECT *, NULL::DATE AS known_from, NULL::DATE AS known_to FROM clean.event LIMIT 0"
    )
    if not has_table(con, "clean", "event_version"):
        con.execute(f"CREATE TABLE {VERSION} AS FROM versions")
    elif columns_of(con, VERSION) != (wanted := columns_of(con, "versions")):
        shared = ", ".join(quote(name) for name in columns_of(con, VERSION) if name in wanted)
        con.execute(f"INSERT INTO versions BY NAME SELECT {shared} FROM {VERSION}")
        con.execute(f"CREATE OR REPLACE TABLE {VERSION} AS FROM versions")


def forget_versions(con: duckdb.DuckDBPyConnection, source: str) -> None:
    """Remove what was known of a source's events."""
    for table in (VERSION, SINCE):
        con.execute(f"DELETE FROM {table} WHERE origin = ?", [source])


def hold_events(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Remember all events of a source that is about to be cleaned anew, as temporary table `held`."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE held AS {held_query('clean.event', source)}")


def hold_gone(con: duckdb.DuckDBPyConnection, source: Source, number: int) -> None:
    """The same of those that were taken out tonight, of rows of earlier nights."""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE held AS {held_query('clean.event_gone', source)} AND e.generation < {number}"
    )


def held_query(table: str, source: Source) -> str:
    """SQL: events of a source with the date from which they are known as they stand."""
    return f"{date_events(table)} WHERE e.origin = {literal(source.name)}"


def date_events(table: str) -> str:
    """SQL: the events e of a table with `known_from`, the business date since which they are known as they stand."""
    return (
        f"SELECT e.*, coalesce(s.known_from, a.arrived_on) AS known_from FROM {table} AS e"
        f" LEFT JOIN {SINCE} AS s USING (origin, event_id)"
        f" LEFT JOIN {ARRIVED} AS a ON a.source = e.origin AND a.delivery_id = e.delivery_id"
    )


def keep_versions(
    con: duckdb.DuckDBPyConnection, source: Source, number: int, as_of: date, *, is_reread: bool = False
) -> None:
    """Settle what became of the events in `held`, and since when the night's are known.

    `is_reread`: all rows were cleaned again since the contract or the program changed, so that another value is another
    reading of what was known already.
    """
    if is_reread and not fetch_row(con, "SELECT count(*) FROM held")[0]:
        return  # a first night, of which nothing was known before
    told = [quote(name) for name in columns_of(con, "clean.event") if name not in UNTOLD]
    differs = " OR ".join(f"h.{name} IS DISTINCT FROM n.{name}" for name in told)
    changed, today = ("false" if is_reread else f"({differs})"), literal(as_of.isoformat())
    new = "h.event_id IS NULL AND " + ("false" if is_reread else f"n.generation = {number}")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE outcome AS SELECT n.event_id, h.event_id IS NOT NULL AND {changed}"
        f" AS is_changed, CASE WHEN {new} OR is_changed THEN DATE {today}"
        " ELSE coalesce(h.known_from, a.arrived_on) END AS since, a.arrived_on"
        " FROM clean.event AS n LEFT JOIN held AS h USING (origin, event_id)"
        f" LEFT JOIN {ARRIVED} AS a ON a.source = n.origin AND a.delivery_id = n.delivery_id"
        f" WHERE n.origin = {literal(source.name)} AND (h.event_id IS NOT NULL OR n.generation = {number})"
    )
    con.execute(
        f"INSERT INTO {VERSION} BY NAME SELECT h.*, DATE {today} AS known_to FROM held AS h"
        f" SEMI JOIN outcome AS o ON o.event_id = h.event_id AND o.is_changed WHERE h.known_from < DATE {today}"
    )
    settled = "SELECT event_id FROM outcome UNION SELECT event_id FROM held"
    con.execute(f"DELETE FROM {SINCE} WHERE origin = ? AND event_id IN ({settled})", [source.name])
    con.execute(
        f"INSERT INTO {SINCE} SELECT ?, event_id, since FROM outcome WHERE since IS DISTINCT FROM arrived_on",
        [source.name],
    )
    con.execute(
        f"DELETE FROM {VERSION} AS v WHERE origin = ? AND event_id IN (SELECT event_id FROM held)"
        " AND NOT EXISTS (FROM clean.event AS n WHERE n.origin = v.origin AND n.event_id = v.event_id)",
        [source.name],
    )
