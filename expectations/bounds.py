"""SQL for the values and bounds that a contract writes down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from warehouse.contracts.model import Column, ContractError
from warehouse.duck import literal, quote

# Besides ASCII blanks: the no-break and the ideographic space.
BLANKS = " \t\r\n\v\f\u00a0\u3000"
COMPARISONS: Mapping[str, str] = {
    "mustBe": "=", "mustNotBe": "<>", "mustBeGreaterThan": ">", "mustBeGreaterOrEqualTo": ">=",
    "mustBeLessThan": "<", "mustBeLessOrEqualTo": "<=",
}  # fmt: skip
RANGES: Mapping[str, str] = {"mustBeBetween": "BETWEEN", "mustNotBeBetween": "NOT BETWEEN"}
NOTHING: tuple[tuple[str, float], ...] = (("mustBe", 0), ("mustBeLessThan", 1), ("mustBeLessOrEqualTo", 0))


def end_of_day(day: date, timezone: str) -> datetime:
    """The midnight that ends a local day, as naive UTC."""
    local = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(timezone))
    return local.astimezone(UTC).replace(tzinfo=None)


def is_empty(column: Column) -> str:
    """SQL: the column says nothing; for a string also when it is blank."""
    name = quote(column.name)
    return f"({name} IS NULL OR {is_blank(name)})" if column.type == "string" else f"{name} IS NULL"


def is_filled(column: Column) -> str:
    """SQL: the column says something."""
    name = quote(column.name)
    return f"NOT {is_blank(name)}" if column.type == "string" else f"{name} IS NOT NULL"


def is_blank(name: str) -> str:
    """SQL: a text is empty or blanks only; null for null. Trimming alone is a hundred times slower."""
    first = ", ".join(map(literal, BLANKS))
    return f"({name} = '' OR (left({name}, 1) IN ({first}) AND trim({name}, {literal(BLANKS)}) = ''))"


def to_literal(value: Any, column: Column, timezone: str) -> str:
    """A value of the contract as a SQL literal of the column's type; times without offset are in the source's zone.

    Raises:
        ContractError: the value is not of the column's type.
    """
    try:
        if column.type in {"integer", "number"}:
            return number_literal(value)
        if column.type == "boolean":
            return "true" if str(value).strip().lower() == "true" else "false"
        if column.type in {"date", "timestamp", "time"}:
            return time_literal(str(value), column.type, timezone)
    except ValueError:
        raise ContractError(
            f"column {column.name}: {value!r} is no {column.type}; write numbers plainly and times as ISO 8601"
        ) from None
    return literal(str(value))


def number_literal(value: Any) -> str:
    """A number as SQL; raises ValueError if it is none."""
    if isinstance(value, bool) or not float(value) - float(value) == 0:
        raise ValueError("not a finite number")
    return str(value).strip()


def time_literal(text: str, kind: str, timezone: str) -> str:
    """An ISO 8601 text as a SQL literal; raises ValueError if it is none."""
    if kind == "date":
        return f"DATE '{date.fromisoformat(text[:10])}'"
    if kind == "time":
        return f"TIME '{time.fromisoformat(text)}'"
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
    return f"TIMESTAMP '{moment.astimezone(UTC).replace(tzinfo=None)}'"


def is_nothing(bounds: Mapping[str, Any]) -> bool:
    """Do the bounds allow none at all (mustBe 0 and its like)?"""
    return any(bounds.get(key) == value for key, value in NOTHING)


def to_condition(bounds: Mapping[str, Any], where: str, unit: str = "rows") -> str:
    """SQL that is true when `measured` (in percent: its share of `total`) is within the bounds.

    Raises:
        ContractError: there is no bound, or one is no number.
    """
    value = "measured" if unit == "rows" else "(CASE WHEN total = 0 THEN 0 ELSE 100.0 * measured / total END)"
    parts = []
    try:
        for key, bound in bounds.items():
            if key in COMPARISONS:
                parts.append(f"{value} {COMPARISONS[key]} {number_literal(bound)}")
            elif key in RANGES:
                low, high = bound
                parts.append(f"{value} {RANGES[key]} {number_literal(low)} AND {number_literal(high)}")
    except (TypeError, ValueError):
        raise ContractError(f"{where}: {key} needs a number (a pair of them for a range)") from None
    if not parts:
        raise ContractError(f"{where}: the rule has no bound; add one, as in `mustBe: 0`")
    return " AND ".join(f"({part})" for part in parts)


def describe(bounds: Mapping[str, Any], unit: str = "rows") -> str:
    """The bounds for a person, as in `must be less than 10 percent`."""
    words = [("".join(f" {c.lower()}" if c.isupper() else c for c in key), bound) for key, bound in bounds.items()]
    return ", ".join(f"{word} {bound}" for word, bound in words) + (" percent" if unit == "percent" else "")
