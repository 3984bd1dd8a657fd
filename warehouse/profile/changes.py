"""What of last night's profiles holds tonight: what follows from a customer's accounts is rebuilt of those who moved.

    clean.event, clean.changed_account, customer_identity ─ other than last night ─→ temporary table moved (customer_id)

A customer moved of whom an event came, went or fell due, who has another account or one fewer, of whom anything was
told, or who has a number that is one of many customers since tonight, or no longer. Where a source was fully refreshed
there is nothing to go by, and all is rebuilt; both ways come to the same rows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import duckdb

from transforms.engine import Frame, as_frame
from warehouse.contracts.model import Contracts
from warehouse.duck import fetch_row, has_table
from warehouse.profile.facts import insert, list_event_sources
from warehouse.profile.unfit import HOLDERS
from warehouse.tables import frame_of, store
from warehouse.types.roles import KINDS

STATE, ACCOUNTS = "profile.built", "profile.built_account"
"""As of when and of what last night's profiles were built, and which accounts were whose."""
ACCOUNT = "source, account_id, customer_id, confidence"


@dataclass(frozen=True)
class ReusableParts:
    """What holds of customers who did not move."""

    until: datetime | None
    """The moment as of which the parts of last night's profiles are, if these hold."""
    provenance: bool


def find_changed_customers(
    con: duckdb.DuckDBPyConnection,
    kept: Collection[str] | None,
    contracts: Contracts,
    number: int,
    until: datetime,
    *,
    knows_unfit: bool,
) -> ReusableParts:
    """Find what of last night's profiles holds, and make the temporary table `moved`; empty where nothing does.

    `knows_unfit`: the temporary table unfit_changed is there (warehouse.profile.unfit).
    """
    con.execute("CREATE OR REPLACE TEMP TABLE moved (customer_id VARCHAR)")
    if kept is None or not has_table(con, *STATE.split(".")):
        return ReusableParts(None, provenance=False)
    last, events, sources = fetch_row(con, f"SELECT until, events, sources FROM {STATE}")
    now = list_event_sources(con)
    if events != now or not set(now) <= set(kept):
        return ReusableParts(None, provenance=False)
    cleaned = {s.name for s in contracts.sources if KINDS[s.kind].has_customers}
    has_all = sources == list_sources(contracts) and cleaned <= set(kept) and knows_unfit
    con.execute(
        f"""
        INSERT INTO moved
        SELECT customer_id FROM
            (SELECT account_source AS source, account_id FROM clean.event
                WHERE generation = {number} OR occurred_at >= $last AND occurred_at < $until
            UNION SELECT account_source, account_id FROM clean.event_gone
            {"UNION FROM clean.changed_account UNION " + HOLDERS if has_all else ""})
            JOIN main.customer_identity USING (source, account_id)
        UNION SELECT customer_id FROM
            ((SELECT {ACCOUNT} FROM main.customer_identity EXCEPT SELECT {ACCOUNT} FROM {ACCOUNTS})
            UNION ALL (SELECT {ACCOUNT} FROM {ACCOUNTS} EXCEPT SELECT {ACCOUNT} FROM main.customer_identity))
        """,
        {"last": last, "until": until},
    )
    return ReusableParts(last, provenance=has_all)


def list_sources(contracts: Contracts) -> list[str]:
    """The sources that there are, in order: one that is retired takes along what it told of others' accounts."""
    return sorted(source.name for source in contracts.sources)


def identity_of(con: duckdb.DuckDBPyConnection, *, of_moved: bool) -> Frame:
    """customer_identity, or its rows of customers who moved."""
    among = " SEMI JOIN moved USING (customer_id)" if of_moved else ""
    return as_frame(con.sql(f"FROM main.customer_identity{among}"))


def renew(con: duckdb.DuckDBPyConnection, table: str, frame: Frame, *, of_moved: bool) -> Frame:
    """Write a table of customers, or those rows of it that are of customers who moved."""
    if of_moved:
        con.execute(f"DELETE FROM {table} WHERE customer_id IN (FROM moved)")
        insert(con, table, frame)
    else:
        store(con, table, frame)
    return frame_of(con, table)


def with_others(con: duckdb.DuckDBPyConnection, table: str, frame: Frame) -> Frame:
    """The rows of customers who moved, and below them what the table has of all others."""
    others = f"FROM {table} ANTI JOIN moved USING (customer_id)"
    return as_frame(con.sql(f"FROM ({frame.to_native().sql_query()}) UNION ALL BY NAME {others}"))


def remember_built(con: duckdb.DuckDBPyConnection, contracts: Contracts, until: datetime) -> None:
    """Keep as of when and of what the profiles are, for the next night."""
    con.execute(
        f"CREATE OR REPLACE TABLE {STATE} AS SELECT CAST($until AS TIMESTAMP) AS until,"
        " CAST($events AS VARCHAR[]) AS events, CAST($sources AS VARCHAR[]) AS sources",
        {"until": until, "events": list_event_sources(con), "sources": list_sources(contracts)},
    )
    con.execute(f"CREATE OR REPLACE TABLE {ACCOUNTS} AS SELECT {ACCOUNT} FROM main.customer_identity")
    con.execute("DELETE FROM clean.event_gone")  # what a source has deleted is not published in it
