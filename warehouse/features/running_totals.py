"""Features by running totals, for many labels of customers with many events: no pair of the two is looked at.

The moments of a customer are its labels and the beginnings of their windows. Each event is counted once, at the first
moment after it; totals then run over the moments, and what a window saw is a difference of two:

    event ─ as-of ─→ moment, summed ─ running ─→ total ─→ label: total at t less total at t − n days

Least and greatest of a window, and different values or days in one, are no differences, and stay with pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from warehouse.contracts.aggregates import DAY
from warehouse.contracts.features import Feature
from warehouse.duck import quote
from warehouse.features.sql import DISTINCT, distinct_key, event_sql, value_sql

RUNNING = {"count": "sum", "sum": "sum", "min": "min", "max": "max"}
"""How an aggregate of events is carried on over moments."""
BY_VALUE = DISTINCT | {"gap"}
"""Aggregates that see each value of a column once, when it first came."""
CARRIED = BY_VALUE | {"min", "max", "first", "days_since_first"}
"""Aggregates of the whole past that can be had of totals besides."""
DIFFERENCES = frozenset({"count", "sum", "mean", "last", "days_since_last"})
"""Aggregates whose windows can be had of totals."""


KNOWN_UNTIL = (
    "SELECT l.id, e.occurred_at AS _known_until FROM label AS l"
    " ASOF JOIN event AS e ON e.customer = l.customer AND e.occurred_at < l.label_time"
)
"""A query that gives id and the time of the latest event before each label."""


def is_running(feature: Feature) -> bool:
    """Can it be had of totals? Of the whole past everything can that is carried on."""
    return feature.aggregate in DIFFERENCES or (feature.days is None and feature.aggregate in CARRIED)


def list_moments(features: Sequence[Feature]) -> list[int]:
    """Days before a label whose totals are needed; 0 is the label itself."""
    return sorted({0, *(f.days or 0 for f in features if f.aggregate in {"count", "sum", "mean"})})


def moment_sql(features: Sequence[Feature]) -> str:
    """A query that gives customer and moment, each once."""
    parts = [f"SELECT customer, label_time - INTERVAL {d} DAY AS moment FROM label" for d in list_moments(features)]
    return " UNION ".join(parts)


def list_running(features: Sequence[Feature]) -> Iterator[str]:
    """Queries over label, event and moment that give id and, together, all of the features."""
    plain = [f for f in features if f.aggregate not in BY_VALUE]
    if plain:
        yield total_sql(plain, "event")
    for key in dict.fromkeys(distinct_key(f) for f in features if f.aggregate in BY_VALUE):
        where, column = key
        seen = f"SELECT e.customer, min(e.occurred_at) AS occurred_at, e.{column} AS value FROM event AS e"
        same = [f for f in features if f.aggregate in BY_VALUE and distinct_key(f) == key]
        yield total_sql(same, f"({seen} WHERE {where} GROUP BY e.customer, e.{column})")


def total_sql(features: Sequence[Feature], events: str) -> str:
    """A query that gives id and the features, each of totals over the events."""
    measures = {m: f"m{n}" for n, m in enumerate(dict.fromkeys(m for f in features for m in list_measures(f)))}
    summed = ", ".join(f"{sql} AS {name}" for (_, sql), name in measures.items())
    carried = ", ".join(f"{RUNNING[kind]}({name}) OVER past AS {name}" for (kind, _), name in measures.items())
    days = list_moments(features)
    joins = " ".join(
        f"LEFT JOIN total AS d{d} ON d{d}.customer = l.customer AND d{d}.moment = l.label_time - INTERVAL {d} DAY"
        for d in days
    )
    chosen = ", ".join(f"{feature_sql(f, measures)} AS {quote(f.name)}" for f in features)
    return (
        f"WITH part AS (SELECT e.customer, m.moment, {summed} FROM {events} AS e"
        " ASOF JOIN moment AS m ON e.customer = m.customer AND e.occurred_at < m.moment GROUP BY ALL),"
        f" total AS (SELECT customer, moment, {carried} FROM moment LEFT JOIN part USING (customer, moment)"
        " WINDOW past AS (PARTITION BY customer ORDER BY moment ROWS UNBOUNDED PRECEDING))"
        f" SELECT l.id, {chosen} FROM label AS l {joins}"
    )


def list_measures(feature: Feature) -> list[tuple[str, str]]:
    """What must be carried on for a feature: how, and its aggregate over events."""
    if feature.aggregate in DISTINCT:
        return [("count", "count(*)")]
    if feature.aggregate == "gap":
        return [("count", "count(*)"), ("min", "min(e.value)"), ("max", "max(e.value)")]
    within, value = f"FILTER ({event_sql(feature)})", value_sql(feature)
    pair = f"{{'moment': e.occurred_at, 'value': {value}}}"
    count = ("count", f"count({value if feature.column else '*'}) {within}")
    return {
        "count": [count],
        "sum": [count, ("sum", f"sum({value}) {within}")],
        "mean": [count, ("sum", f"sum({value}) {within}")],
        "min": [("min", f"min({value}) {within}")],
        "max": [("max", f"max({value}) {within}")],
        "last": [("max", f"max({pair}) {within}")],
        "first": [("min", f"min({pair}) {within}")],
        "days_since_last": [("max", f"max(e.occurred_at) {within}")],
        "days_since_first": [("min", f"min(e.occurred_at) {within}")],
    }[feature.aggregate]


def feature_sql(feature: Feature, measures: dict[tuple[str, str], str]) -> str:
    """A feature of a label l, of the totals d0 at its time and d<n> at the beginning of its window."""
    names = [measures[m] for m in list_measures(feature)]
    now = f"d0.{names[-1]}"
    if feature.aggregate == "gap":
        count, first, last = (f"d0.{name}" for name in names)
        return f"({last} - {first}) / nullif({count} - 1, 0)::DOUBLE"
    if feature.aggregate in {"count", "sum", "mean"} | DISTINCT:
        count, *amount = [
            f"coalesce(d0.{n}, 0)" + (f" - coalesce(d{feature.days}.{n}, 0)" if feature.days else "") for n in names
        ]
        if not amount:
            return f"({count})::BIGINT"
        mean = f" / ({count})" if feature.aggregate == "mean" else ""
        return f"CASE WHEN {count} > 0 THEN CAST({amount[0]} AS DOUBLE){mean} END"
    since = f" >= l.label_time - INTERVAL {feature.days or 0} DAY"
    if feature.aggregate in {"last", "first"}:
        value = f"CAST({now}.value AS {feature.type})"
        return f"CASE WHEN {now}.moment{since} THEN {value} END" if feature.days else value
    if feature.aggregate in {"min", "max"}:
        return f"CAST({now} AS {feature.type})"
    days = f"(epoch_us(l.label_time) - epoch_us({now})) / {DAY}::DOUBLE"
    return f"CASE WHEN {now}{since} THEN {days} END" if feature.days else days
