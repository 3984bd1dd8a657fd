"""Features as of labels: for each customer and moment, what was counted strictly before.

    label_row (id, customer_id, label_time) + customer_event ─→ feature_row (id, _known_until, one column per feature)

All on one connection to a generation, or to a night's database; tables made here are temporary, and DuckDB spills them.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from warehouse.contracts.features import CALENDAR, Feature, FeatureError
from warehouse.duck import fetch_row, has_table, quote
from warehouse.features.running_totals import KNOWN_UNTIL, is_running, list_moments, list_running, moment_sql
from warehouse.features.sql import day_sql, joined_sql, known_until_sql, list_queries, ratio_sql, source_columns

MOST_PAIRS = 4
"""Pairs of a label and an event, for each event and moment, beyond which running totals are the quicker way."""


def join_features(
    con: duckdb.DuckDBPyConnection,
    features: Sequence[Feature],
    *,
    by_arrival: bool = False,
    running: bool | None = None,
) -> None:
    """Make the temporary table feature_row from the temporary table label_row: one row per label, in no order.

    A label whose customer has no event before it, or is not known, gets the defaults. `by_arrival` needs what
    warehouse.features.known_then makes. `running` says whether to work out by totals what can be; left open, the number
    of pairs decides, and what is by arrival always goes by pairs. Both ways give the same. Ratios are worked out last,
    of their two features with the defaults of these; features of the label's day are the calendar's.

    Raises:
        FeatureError: the generation has no calendar.
    """
    of_day = [f for f in features if f.is_of_day]
    counted = [part for part in dict.fromkeys(part for f in features for part in f.parts) if not part.is_of_day]
    if by_arrival:
        load_known_events(con, counted)
    else:
        number_customers(con)
        load_events(con, counted)
    carried = [f for f in counted if is_running(f)]
    if by_arrival or not (has_many_pairs(con, carried) if running is None else running):
        carried = []
    paired = [f for f in counted if f not in carried]
    parts = [known_until_sql(), *(q for _, q in list_queries(paired))]
    if carried:
        con.execute(f"CREATE OR REPLACE TEMP TABLE moment AS {moment_sql(carried)}")
        parts[0] = KNOWN_UNTIL
        parts += list_running(carried)
    joined = "label_row AS r"
    for number, query in enumerate(parts):
        con.execute(f"CREATE OR REPLACE TEMP TABLE part_{number} AS {query}")
        joined += f" LEFT JOIN part_{number} USING (id)"
    told = ", ".join(["r.id", "_known_until", *map(joined_sql, counted)])
    chosen = ", ".join(["id", "_known_until", *(ratio_sql(f) if f.of else quote(f.name) for f in features)])
    if of_day and not has_table(con, "main", CALENDAR):
        raise FeatureError("the generation was made before there was a calendar; run a night, then ask again")
    days = f" LEFT JOIN ({day_sql(of_day)}) USING (id)" if of_day else ""
    con.execute(f"CREATE OR REPLACE TEMP TABLE feature_row AS SELECT {chosen} FROM (SELECT {told} FROM {joined}){days}")
    for name in ("event", "label", "customer_number", "moment", *(f"part_{n}" for n in range(len(parts)))):
        con.execute(f"DROP TABLE IF EXISTS temp.{quote(name)}")


def has_many_pairs(con: duckdb.DuckDBPyConnection, features: Sequence[Feature]) -> bool:
    """Would pairs cost more than totals? They are as many as each customer's labels times its events, at most."""
    pairs, events, labels = fetch_row(
        con,
        "WITH l AS (SELECT customer, count(*) AS labels FROM label GROUP BY ALL),"
        " e AS (SELECT customer, count(*) AS events FROM event GROUP BY ALL)"
        " SELECT coalesce(sum(labels * events), 0), coalesce(sum(events), 0), coalesce(sum(labels), 0)"
        " FROM l JOIN e USING (customer)",
    )
    return bool(pairs > MOST_PAIRS * (events + labels * len(list_moments(features))))


def number_customers(con: duckdb.DuckDBPyConnection) -> None:
    """Numbers for the customers of the labels, which join quicker than their ids, and the labels with them."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE customer_number AS SELECT customer_id, row_number() OVER ()::INTEGER AS customer"
        " FROM (SELECT DISTINCT customer_id FROM label_row WHERE customer_id IS NOT NULL)"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE label AS SELECT id, customer, label_time"
        " FROM label_row JOIN customer_number USING (customer_id) WHERE label_time IS NOT NULL"
    )


def load_events(con: duckdb.DuckDBPyConnection, features: Sequence[Feature]) -> None:
    """The events of those customers, with the columns that features need."""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE event AS SELECT customer, {source_columns(features)}"
        f" FROM main.customer_event JOIN customer_number USING (customer_id)"
    )


def load_known_events(con: duckdb.DuckDBPyConnection, features: Sequence[Feature]) -> None:
    """Labels as customers of their own, each with the events that were known of its customer at its time."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE label AS SELECT id, id AS customer, label_time FROM label_row"
        " WHERE label_time IS NOT NULL"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE event AS SELECT l.customer, {source_columns(features)}"
        " FROM label AS l JOIN label_account AS a USING (id)"
        " JOIN known_event AS e ON e.account_source = a.held_source AND e.account_id = a.held_account"
        " AND e.known_from <= l.label_time AND (e.known_to IS NULL OR l.label_time < e.known_to)"
    )
