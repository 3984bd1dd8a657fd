"""Rules about time: not from the future, not from another century, not late, not stale."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from expectations.bounds import end_of_day
from expectations.model import Rule
from expectations.values import make_row_rule
from warehouse.contracts.model import Column, Source
from warehouse.duck import quote
from warehouse.types.roles import HOLIDAYS

FIRST_EVENT, FIRST_BIRTH = date(1900, 1, 1), date(1880, 1, 1)


def list_time_rules(source: Source, as_of: date, timezone: str, horizon: date) -> Iterator[Rule]:
    """Rules of the columns whose role is a time; a column that holds no date or timestamp has none.

    A wrong time of an event puts the row into quarantine. A wrong date of birth or of a solution is counted and the row
    stays: cleaning leaves such a date out.
    """
    for column in source.columns:
        if column.type not in {"date", "timestamp"}:
            continue
        name = column.name
        if column.role == "occurred_at":
            if source.name != HOLIDAYS:
                wrong = is_future(column, horizon, timezone)
                yield make_row_rule(f"future:{name}", column, wrong, f"{name} is in the future")
            yield make_row_rule(f"range:{name}", column, is_before(column, FIRST_EVENT), f"{name} is before 1900")
            yield from list_late_rules(source, column, as_of, timezone)
        elif column.role == "resolved_at":
            yield make_row_rule(
                f"future:{name}", column, is_future(column, horizon, timezone), f"{name} is in the future",
                is_critical=False,
            )  # fmt: skip
        elif column.role == "birth_date":
            wrong = f"{quote(name)}::DATE > DATE '{horizon}' OR {is_before(column, FIRST_BIRTH)}"
            said = f"{name} is in the future or before 1880"
            yield make_row_rule(f"birth:{name}", column, wrong, said, is_critical=False)


def is_before(column: Column, day: date) -> str:
    """SQL: the column lies before the day."""
    return f"{quote(column.name)} < DATE '{day}'"


def is_future(column: Column, horizon: date, timezone: str) -> str:
    """SQL: the column lies more than a day after the horizon; the day is for clocks and zones that are off."""
    if column.type == "date":
        return f"{quote(column.name)} > DATE '{horizon + timedelta(days=1)}'"
    return f"{quote(column.name)} > TIMESTAMP '{end_of_day(horizon, timezone) + timedelta(days=1)}'"


def list_late_rules(source: Source, column: Column, as_of: date, timezone: str) -> Iterator[Rule]:
    """Rows that arrive later than the source may deliver them: counted, and loaded."""
    if source.late_days is None:
        return
    night = end_of_day(as_of, timezone)
    bound = (
        f"DATE '{as_of - timedelta(days=source.late_days)}'"
        if column.type == "date"
        else f"TIMESTAMP '{night - timedelta(days=source.late_days)}'"
    )
    said = f"{column.name} is more than {source.late_days} days back"
    yield make_row_rule(f"late:{column.name}", column, f"{quote(column.name)} < {bound}", said, is_critical=False)


def list_freshness_rules(source: Source, table: str, as_of: date, timezone: str, loaded: str | None) -> Iterator[Rule]:
    """`stale`: the newest event, of this night or loaded before, is older than the source promises.

    `loaded` is a table of one row, `occurred_at`, or None. A source in which nothing ever happened is stale.
    """
    column = next((c for c in source.having("occurred_at") if c.type in {"date", "timestamp"}), None)
    if source.latency_days is None or column is None:
        return
    newest = f"SELECT max({quote(column.name)})::TIMESTAMP AS newest_at FROM {table}"
    if loaded:
        newest += f" UNION ALL SELECT max(occurred_at)::TIMESTAMP FROM {loaded}"
    end = f"TIMESTAMP '{as_of}'" if column.type == "date" else f"TIMESTAMP '{end_of_day(as_of, timezone)}'"
    yield Rule(
        name="stale",
        level="table",
        severity=source.latency_severity,
        description=f"days since the newest {column.name} must be at most {source.latency_days:g}",
        column=column.name,
        measure=f"SELECT epoch({end} - max(newest_at)) / 86400 FROM ({newest}) AS newest",
        condition=f"measured <= {source.latency_days!r}",
        counts_rows=False,
        needs_delivery=False,
    )
