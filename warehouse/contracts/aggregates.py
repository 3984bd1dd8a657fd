"""The aggregates that features may ask for: how events before a moment become one value. The one place to add another.

An entry is all that a new one takes; one whose windows are differences of totals may also be carried on as totals
(`warehouse.features.running_totals`), which is quicker where labels are many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DAY = 86_400_000_000
"""Microseconds of a day."""


@dataclass(frozen=True)
class Aggregate:
    """One aggregate. Its SQL is of DuckDB; `{value}` is the column that counts, null where an event has none."""

    gives: Literal["BIGINT", "DOUBLE", "column"]
    """Type of the value; `column`: that of the column. A BIGINT of 0 is no event, and has the feature's default."""
    takes: Literal["nothing", "maybe", "anything", "numbers", "ordered", "no text", "features", "day"]
    """What column it needs; `ordered` are numbers and times. `features`: none, but two features, which it divides;
    `day`: a column of the calendar."""
    pairs: str
    """Over pairs of an event e and a label l: `{within}` filters the events that count, `{pair}` is a moment with its
    value, `{before}` the label's time in microseconds, `{type}` the feature's. Empty: counted by different values.
    Of features: over `{first}` and `{second}`, their values."""
    audit: str
    """The same for one label l, as one would write it first: `{known}` is FROM and WHERE of its events, `{days}` how
    many days before the label an event was, `{counted}` the column."""
    adds: bool = False
    """Are values added up? Floating-point numbers are then made decimals: the order of rows must not count."""
    needs: tuple[str, ...] = ()
    """Columns of customer_event that it reads besides its own."""


LAST = "({{before}} - epoch_us({which}(e.occurred_at) {{within}})) / " + f"{DAY}::DOUBLE"
OF_THREADS = "list({{'thread': e.thread, 'value': {value}}}) {within}"
AGGREGATES: dict[str, Aggregate] = {
    "count": Aggregate("BIGINT", "maybe", "count(*) {within}", "count(*) {known}"),
    "distinct": Aggregate("BIGINT", "anything", "", "count(DISTINCT e.{counted}) {known}"),
    "days_active": Aggregate(
        "BIGINT", "nothing", "", "count(DISTINCT e.occurred_on) {known}", needs=("occurred_on",)
    ),
    "sum": Aggregate("DOUBLE", "numbers", "CAST(sum({value}) {within} AS DOUBLE)", "sum({value}) {known}", adds=True),
    "mean": Aggregate(
        "DOUBLE", "numbers", "CAST(sum({value}) {within} AS DOUBLE) / count({value}) {within}", "avg({value}) {known}",
        adds=True,
    ),
    "median": Aggregate("DOUBLE", "numbers", "CAST(median({value}) {within} AS DOUBLE)", "median({value}) {known}"),
    "thread_median": Aggregate(
        "DOUBLE", "numbers",
        f"list_aggregate([list_sum([p.value FOR p IN {OF_THREADS} IF p.thread = t])"
        f" FOR t IN list_distinct([p.thread FOR p IN {OF_THREADS}])], 'median')::DOUBLE",
        "median(total) FROM (SELECT sum({value}) AS total {known} GROUP BY e.thread)",
        adds=True, needs=("thread",),
    ),
    "std": Aggregate(
        "DOUBLE", "numbers", "list_aggregate(list_sort(list(CAST({value} AS DOUBLE)) {within}), 'stddev_samp')",
        "stddev_samp({value}) {known}",
        adds=True,
    ),
    "min": Aggregate("column", "ordered", "CAST(min({value}) {within} AS {type})", "min({value}) {known}"),
    "max": Aggregate("column", "ordered", "CAST(max({value}) {within} AS {type})", "max({value}) {known}"),
    "last": Aggregate(
        "column", "no text", "CAST((max({pair}) {within}).value AS {type})",
        "{value} {known} ORDER BY e.occurred_at DESC, {value} DESC LIMIT 1",
    ),
    "first": Aggregate(
        "column", "no text", "CAST((min({pair}) {within}).value AS {type})",
        "{value} {known} ORDER BY e.occurred_at, {value} LIMIT 1",
    ),
    "days_since_last": Aggregate("DOUBLE", "nothing", LAST.format(which="max"), "min({days}) {known}"),
    "days_since_first": Aggregate("DOUBLE", "nothing", LAST.format(which="min"), "max({days}) {known}"),
    "gap": Aggregate(
        "DOUBLE", "nothing",
        "(max(e.occurred_on) {within} - min(e.occurred_on) {within})"
        " / nullif(count(DISTINCT e.occurred_on) {within} - 1, 0)::DOUBLE",
        "avg(gap) FROM (SELECT day - lag(day) OVER (ORDER BY day) AS gap"
        " FROM (SELECT DISTINCT e.occurred_on AS day {known}))",
        needs=("occurred_on",),
    ),
    "calendar": Aggregate(
        "column", "day", "{value}",
        "(SELECT c.{counted} FROM main.calendar AS c WHERE l.label_time >= c.begins_at AND l.label_time < c.ends_at)",
    ),
    "ratio": Aggregate(
        "DOUBLE", "features", "{first}::DOUBLE / nullif({second}, 0)",
        "CASE WHEN {second} <> 0 THEN {first}::DOUBLE / {second} END",
    ),
}  # fmt: skip
"""`thread_median`: the median over orders, or tickets, of what each comes to. Of values at the same time, `last` takes
the greatest and `first` the least. `std` is of a sample, sorted first: the order of rows must not count. `gap`: mean
days from one business day with an event to the next. Both are null where there are not two. `calendar`: what the
calendar says of the label's day."""
