"""The audit of features: does any of a label's features know of what was at its time, or after?

It asks in another way than the join does. Of every label, the latest event that was seen; of some labels, each feature
again by a query of its own over customer_event.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from warehouse.contracts.aggregates import AGGREGATES
from warehouse.contracts.features import Feature
from warehouse.duck import fetch_row, quote
from warehouse.errors import C360Error
from warehouse.features.sql import (
    counted_column,
    default_sql,
    event_sql,
    source_columns,
    value_sql,
    window_sql,
    with_evidence,
)

SAMPLE = 200
"""Labels whose features are worked out again; as many more that have an event at their very time."""


class LeakageError(C360Error):
    """A feature knows of its label's future; nothing is written."""


def require_no_leak(con: duckdb.DuckDBPyConnection, features: Sequence[Feature], *, by_arrival: bool = False) -> None:
    """Raise LeakageError unless the rows of feature_row come of what was before their labels, and of nothing else."""
    late = fetch_row(
        con, "SELECT count(*) FROM feature_row JOIN label_row USING (id) WHERE _known_until >= label_time"
    )[0]
    if late:
        raise LeakageError(f"{late} labels have features that saw an event at their time or after; nothing is written")
    choose_audited(con, features, by_arrival=by_arrival)
    wrong = {}
    for feature in features:
        name = quote(feature.name)
        found = f"a.{name} IS DISTINCT FROM t.value"
        if feature.type == "DOUBLE":
            found += f" AND NOT coalesce(abs(a.{name} - t.value) <= 1e-9 * greatest(1, abs(t.value)), false)"
        query = (
            f"WITH t AS ({truth_sql(feature)}) SELECT count(*) FROM feature_row AS a JOIN t USING (id) WHERE {found}"
        )
        if count := fetch_row(con, query)[0]:
            wrong[feature.name] = count
    if wrong:
        told = ", ".join(f"{name} ({count} labels)" for name, count in wrong.items())
        raise LeakageError(f"features differ from what was before their labels: {told}; nothing is written")


def choose_audited(con: duckdb.DuckDBPyConnection, features: Sequence[Feature], *, by_arrival: bool) -> None:
    """Make audited (labels) and audited_event (all events of their customers, whenever they were)."""
    mine = "e.customer_id = l.customer_id"
    events = "main.customer_event"
    if by_arrival:  # a label's customer is who it was then, so that each label has events of its own
        mine = "e.customer_id = l.id::VARCHAR"
        known = "known_event AS k JOIN label_account ON held_source = account_source AND held_account = account_id"
        events = f"(SELECT id::VARCHAR AS customer_id, k.* FROM {known})"
    who = "id::VARCHAR" if by_arrival else "customer_id"
    chosen = "SELECT * FROM label_row WHERE customer_id IS NOT NULL ORDER BY hash(id), id"
    tied = (
        f"SELECT l.* FROM label_row AS l SEMI JOIN {events} AS e"
        f" ON {mine} AND e.occurred_at = l.label_time ORDER BY hash(id), id"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE audited AS SELECT * REPLACE ({who} AS customer_id)"
        f" FROM (({chosen} LIMIT {SAMPLE}) UNION ({tied} LIMIT {SAMPLE}))"
    )
    times = "known_from, known_to" if by_arrival else "NULL::TIMESTAMP AS known_from, NULL::TIMESTAMP AS known_to"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE audited_event AS SELECT customer_id, {source_columns(features)}, {times}"
        f" FROM {events} WHERE customer_id IN (SELECT customer_id FROM audited)"
    )


def truth_sql(feature: Feature) -> str:
    """A query that gives id and value of one feature for the audited labels, each by a query of its own."""
    if feature.of:
        first, second = (f"({truth_sql(part)})" for part in feature.of)
        ratio = AGGREGATES[feature.aggregate].audit.format(first="a.value", second="b.value")
        ratio = with_evidence(feature, ratio, "b.value")
        return f"SELECT id, {default_sql(feature, ratio)} AS value FROM {first} AS a JOIN {second} AS b USING (id)"
    if feature.is_of_day:
        found = AGGREGATES[feature.aggregate].audit.format(counted=quote(feature.column or ""))
        return f"SELECT id, {default_sql(feature, found)} AS value FROM audited AS l"
    known = (
        "FROM audited_event AS e WHERE e.customer_id = l.customer_id AND e.occurred_at < l.label_time"
        " AND (e.known_from IS NULL OR e.known_from <= l.label_time)"
        " AND NOT coalesce(e.known_to <= l.label_time, false)"
        f" AND {event_sql(feature)} AND {window_sql(feature)}"
    )
    found = AGGREGATES[feature.aggregate].audit.format(
        value=value_sql(feature),
        days="epoch(l.label_time - e.occurred_at) / 86400",
        known=known,
        counted=quote(counted_column(feature)),
    )
    found = f"nullif((SELECT {found}), 0)" if feature.is_count else f"(SELECT {found})"
    return f"SELECT id, {default_sql(feature, found)} AS value FROM audited AS l"
