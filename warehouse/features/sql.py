"""Features as SQL of DuckDB: all that knows its dialect, but for reading and writing files.

Each query goes over pairs: a label (a customer and a moment) with each event of that customer that lies before it,
strictly. Their number is what it costs; a query of windows alone sees the pairs of its widest one.

    label  id, customer (a number), label_time           event  customer, occurred_at, the columns that features name
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from warehouse.contracts.aggregates import AGGREGATES
from warehouse.contracts.features import REST, THREAD, Condition, Feature, event_columns
from warehouse.duck import literal, quote

DISTINCT = frozenset(name for name, aggregate in AGGREGATES.items() if not aggregate.pairs)
"""Aggregates that count different values."""


def list_queries(features: Sequence[Feature]) -> Iterator[tuple[list[Feature], str]]:
    """Queries that give id and some of the features, with these; together they give all of them.

    Labels without an event that counts are missing from a query's rows.
    """
    plain = [f for f in features if f.aggregate not in DISTINCT]
    if plain:
        chosen = ", ".join(f"{aggregate_sql(f)} AS {quote(f.name)}" for f in plain)
        where = f"({' OR '.join(sorted({event_sql(f) for f in plain}))})"
        within = join_sql(where=where, reach=find_reach(plain))
        yield plain, f"SELECT l.id, {chosen} {within} GROUP BY l.id"
    counted = sorted((f for f in features if f.aggregate in DISTINCT), key=distinct_key)
    for (where, column), group in groupby(counted, key=distinct_key):
        same = list(group)
        chosen = ", ".join(
            f"count(*) FILTER ({window_sql(f, 'last_at', 'label_time')}) AS {quote(f.name)}" for f in same
        )
        last = (
            f"SELECT l.id, any_value(l.label_time) AS label_time, max(e.occurred_at) AS last_at"
            f" {join_sql(where=where, reach=find_reach(same))} GROUP BY l.id, {column}"
        )
        yield same, f"SELECT id, {chosen} FROM ({last}) GROUP BY id"


def find_reach(features: Iterable[Feature]) -> int | None:
    """Days of the widest window of these features; None: one of them looks at all that came before."""
    days = [f.days for f in features]
    return None if None in days else max(d or 0 for d in days)


def known_until_sql() -> str:
    """A query that gives id and the time of the latest event that any feature may have seen."""
    return f"SELECT l.id, max(e.occurred_at) AS _known_until {join_sql()} GROUP BY l.id"


def join_sql(*, where: str = "true", reach: int | None = None) -> str:
    """Labels with the events before them, of the last `reach` days if given."""
    since = f" AND e.occurred_at >= l.label_time - INTERVAL {reach} DAY" if reach else ""
    join = f"FROM event AS e JOIN label AS l ON l.customer = e.customer AND e.occurred_at < l.label_time{since}"
    return f"{join} WHERE {where}"


def distinct_key(feature: Feature) -> tuple[str, str]:
    """Features of equal keys count the same values."""
    return event_sql(feature), quote(counted_column(feature))


def counted_column(feature: Feature) -> str:
    """The column whose values are counted."""
    return "occurred_on" if feature.aggregate in {"days_active", "gap"} else feature.column or ""


def event_sql(feature: Feature) -> str:
    """Which events are of a feature, whenever they were."""
    column = counted_column(feature)
    there = [f"e.{quote(column)} IS NOT NULL"] if column else []
    return " AND ".join([f"e.kind = {literal(feature.kind)}", *map(condition_sql, feature.where), *there])


def condition_sql(condition: Condition) -> str:
    """One condition on an event."""
    kind = event_columns()[condition.column]
    values = [literal(v) if kind == "VARCHAR" else f"{literal(str(v))}::{kind}" for v in map(str, condition.values)]
    if condition.operator == "in":
        return f"e.{quote(condition.column)} IN ({', '.join(values)})"
    if condition.operator == REST:
        return f"coalesce(e.{quote(condition.column)} NOT IN ({', '.join(values)}), true)"
    return f"e.{quote(condition.column)} {condition.operator} {values[0]}"


def window_sql(feature: Feature, moment: str = "e.occurred_at", label_time: str = "l.label_time") -> str:
    """Does a moment before the label lie in the window? It begins `days` before the label, that moment included."""
    return "true" if feature.days is None else f"{moment} >= {label_time} - INTERVAL {feature.days} DAY"


def value_sql(feature: Feature) -> str:
    """The value that counts; where sums are made a decimal, so that they do not depend on the order of rows."""
    value = f"e.{quote(feature.column or '')}"
    is_float = feature.column is not None and event_columns()[feature.column] == "DOUBLE"
    return f"TRY_CAST({value} AS DECIMAL(38,6))" if is_float and AGGREGATES[feature.aggregate].adds else value


def aggregate_sql(feature: Feature) -> str:
    """The aggregate over pairs of e and l; null, or 0 for a count, where no event is of it."""
    window = "" if feature.days is None else f" AND {window_sql(feature)}"
    value = value_sql(feature)
    return AGGREGATES[feature.aggregate].pairs.format(
        value=value,
        within=f"FILTER ({event_sql(feature)}{window})",
        pair=f"{{'moment': e.occurred_at, 'value': {value}}}",
        before="epoch_us(any_value(l.label_time))",
        type=feature.type,
    )


def default_sql(feature: Feature, value: str) -> str:
    """A value in the feature's type, with its default for null."""
    default = feature.default
    told = "NULL" if default is None else literal(default) if isinstance(default, str) else str(default)
    return f"CAST(coalesce({value}, {told}) AS {feature.type})"


def joined_sql(feature: Feature) -> str:
    """The feature as it is told: nothing counted is no event, too, and has the default."""
    name = quote(feature.name)
    return f"{default_sql(feature, f'nullif({name}, 0)' if feature.is_count else name)} AS {name}"


def day_sql(features: Sequence[Feature]) -> str:
    """A query over label_row and the calendar that gives id and the features of the label's day.

    A label on a day of which the calendar says nothing is missing from its rows.
    """
    values = {f.name: default_sql(f, f"c.{quote(f.column or '')}") for f in features}
    chosen = ", ".join(f"{value} AS {quote(name)}" for name, value in values.items())
    return (
        f"SELECT r.id, {chosen} FROM label_row AS r ASOF JOIN main.calendar AS c ON r.label_time >= c.begins_at"
        " WHERE r.label_time < c.ends_at"
    )


def of_day_sql(feature: Feature, moment: str) -> str:
    """A feature of one moment's day, as a column."""
    day = f"main.calendar WHERE begins_at <= {moment} AND ends_at > {moment}"
    value = f"(SELECT {quote(feature.column or '')} FROM {day})"
    return f"{default_sql(feature, value)} AS {quote(feature.name)}"


def ratio_sql(feature: Feature) -> str:
    """A ratio as it is told, of its two features as they are told."""
    first, second = (quote(part.name) for part in feature.of)
    value = AGGREGATES[feature.aggregate].pairs.format(first=first, second=second)
    return f"{default_sql(feature, with_evidence(feature, value, second))} AS {quote(feature.name)}"


def with_evidence(feature: Feature, value: str, divisor: str) -> str:
    """A ratio that is null where it is divided by less than what is evidence."""
    return value if feature.least is None else f"CASE WHEN {divisor} >= {feature.least} THEN {value} END"


def source_columns(features: Iterable[Feature]) -> str:
    """The columns of customer_event that features need, as a list to select."""
    needed = sorted(set[str]().union(*(f.columns for f in features)) | {"kind", "occurred_at"})
    made = {THREAD: f"source || ':' || coalesce(parent_id, event_id) AS {THREAD}"}
    return ", ".join(made.get(c, quote(c)) for c in needed)
