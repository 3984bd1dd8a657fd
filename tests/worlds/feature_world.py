"""A small world of events and labels in a database as a generation has it, and a reference in plain Python."""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import duckdb

from warehouse.contracts.features import Condition, Feature

T0 = datetime(2026, 1, 1)
COLUMNS = (
    "customer_id VARCHAR, source VARCHAR, event_id VARCHAR, parent_id VARCHAR, kind VARCHAR, event_type VARCHAR,"
    " occurred_at TIMESTAMP, occurred_on DATE, net_amount DECIMAL(18,4), rating DOUBLE, item_id VARCHAR,"
    " channel VARCHAR, delivery_id VARCHAR, arrived_at TIMESTAMP"
)
OPERATORS = {
    "=": lambda a, b: a == b[0], "in": lambda a, b: a in b, "!=": lambda a, b: a != b[0],
    ">": lambda a, b: a > float(b[0]), "<=": lambda a, b: a <= float(b[0]), "other": lambda a, b: a not in b,
}  # fmt: skip


def make_event(draw: random.Random, number: int, times: Sequence[datetime]) -> dict[str, Any]:
    """One event of one of few customers, at one of few times, with values often missing."""
    at = draw.choice(times)
    return {
        "customer_id": draw.choice(["ada", "bo", "cy", None]), "source": draw.choice(["shop", "app"]),
        "event_id": str(number), "parent_id": draw.choice([None, "o1", "o2"]),
        "kind": draw.choice(["transactions", "transactions", "social"]), "event_type": draw.choice(["sale", "refund"]),
        "occurred_at": at, "occurred_on": (at + timedelta(hours=8)).date(),
        "net_amount": draw.choice([None, -5, 1, 2, 30]), "rating": draw.choice([None, 0.1, 0.2, 0.7]),
        "item_id": draw.choice([None, "tea", "cup"]), "channel": draw.choice(["shop", "web", None]),
        "delivery_id": draw.choice(["d1", "d2", "d3"]),
    }  # fmt: skip


def make_world(
    seed: int, events: int = 40, labels: int = 20
) -> tuple[list[dict[str, Any]], list[tuple[str, datetime]]]:
    """Events and labels whose times collide: equal ones, and ones that are just a window or a microsecond apart."""
    draw = random.Random(seed)
    moments = [T0 + timedelta(days=d, microseconds=u) for d in (0, 1, 7, 8, 30, 31) for u in (-1, 0, 1)]
    times = draw.sample(moments, 8)
    arrived = {d: T0 + timedelta(days=draw.choice([0, 2, 9, 40])) for d in ("d1", "d2", "d3")}
    rows = [make_event(draw, n, times) for n in range(events)]
    rows = [row | {"arrived_at": arrived[row["delivery_id"]]} for row in rows]
    return rows, [(draw.choice(["ada", "bo", "cy", "nobody"]), draw.choice(moments)) for _ in range(labels)]


def open_world(rows: Sequence[dict[str, Any]], labels: Sequence[tuple[str, datetime]]) -> duckdb.DuckDBPyConnection:
    """The world as tables."""
    con = duckdb.connect()
    con.execute(f"CREATE TABLE customer_event ({COLUMNS})")
    names = list(rows[0])
    con.executemany(
        f"INSERT INTO customer_event ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
        [[row[n] for n in names] for row in rows],
    )
    con.execute(
        "CREATE TEMP TABLE known_event AS SELECT * EXCLUDE (arrived_at), 'x' AS account_source,"
        " customer_id AS account_id, arrived_at AS known_from, NULL::TIMESTAMP AS known_to FROM customer_event"
    )
    con.execute("ALTER TABLE customer_event DROP arrived_at")
    con.execute("CREATE TEMP TABLE label_row (id BIGINT, customer_id VARCHAR, label_time TIMESTAMP)")
    known = {row["customer_id"] for row in rows}
    told = [[n, who if who in known else None, at] for n, (who, at) in enumerate(labels)]
    con.executemany("INSERT INTO label_row VALUES (?, ?, ?)", told)
    con.execute(
        "CREATE TEMP TABLE label_account AS SELECT id, 'x' AS held_source, customer_id AS held_account FROM label_row"
    )
    return con


def fits(row: dict[str, Any], condition: Condition) -> bool:
    value = row[condition.column]
    is_told = value is not None or condition.operator == "other"
    return is_told and OPERATORS[condition.operator](value, condition.values)


def sum_by_thread(seen: Sequence[dict[str, Any]], column: str | None) -> list[float]:
    totals: dict[str, float] = {}
    for row in seen:
        totals[row["thread"]] = totals.get(row["thread"], 0) + row[column or ""]
    return list(totals.values())


def work_out(feature: Feature, rows: Sequence[dict[str, Any]], who: str, at: datetime, *, by_arrival: bool) -> Any:
    """A feature of a customer at a moment, as its definition reads."""
    if feature.of:
        first, second = (work_out(part, rows, who, at, by_arrival=by_arrival) for part in feature.of)
        is_evidence = second and (feature.least is None or second >= feature.least)
        return first / second if first is not None and is_evidence else feature.default
    seen = [
        row | {"thread": f"{row['source']}:{row['parent_id'] or row['event_id']}"}
        for row in rows
        if row["customer_id"] == who and row["occurred_at"] < at and row["kind"] == feature.kind
        and (feature.days is None or row["occurred_at"] >= at - timedelta(days=feature.days))
        and (not by_arrival or row["arrived_at"] <= at) and all(fits(row, c) for c in feature.where)
    ]  # fmt: skip
    if feature.column:
        seen = [row for row in seen if row[feature.column] is not None]
    if not seen:
        return feature.default
    pairs = sorted((row["occurred_at"], row[feature.column or "event_id"]) for row in seen)
    values = [value for _, value in pairs]
    days = timedelta(days=1)
    active = sorted({row["occurred_on"] for row in seen})
    if feature.aggregate in {"gap", "std"} and len(active if feature.aggregate == "gap" else values) < 2:
        return feature.default
    return {
        "count": lambda: len(seen),
        "distinct": lambda: len(set(values)),
        "days_active": lambda: len(active),
        "gap": lambda: statistics.mean((b - a) / days for a, b in pairwise(active)),
        "sum": lambda: sum(values),
        "mean": lambda: sum(values) / len(values),
        "std": lambda: statistics.stdev(map(float, values)),
        "median": lambda: statistics.median(values),
        "thread_median": lambda: statistics.median(sum_by_thread(seen, feature.column)),
        "min": lambda: min(values),
        "max": lambda: max(values),
        "last": lambda: values[-1],
        "first": lambda: values[0],
        "days_since_last": lambda: (at - pairs[-1][0]) / days,
        "days_since_first": lambda: (at - pairs[0][0]) / days,
    }[feature.aggregate]()
