"""The calendar: public holidays and festivals of the reference source `holidays`, as one row a day.

    raw.holidays ─ every day from the first year to the last ─→ calendar

Nothing is guessed: a day outside the years of the source is not there, and what would count from it is null.
"""

from __future__ import annotations

import duckdb

from warehouse.contracts.features import CALENDAR
from warehouse.contracts.model import Contracts
from warehouse.duck import has_table, quote
from warehouse.tables import frame_of, publish_table
from warehouse.types.roles import HOLIDAYS
from warehouse.types.times import to_utc

PUBLIC, NEW_YEAR = "public_holiday", "lunar_new_year"
"""Words of the column with the role `category`; any other is that of a festival, and so is the second."""
NOTHING = "SELECT NULL::DATE AS day, NULL::VARCHAR AS kind, NULL::VARCHAR AS name WHERE false"


def publish_calendar(con: duckdb.DuckDBPyConnection, contracts: Contracts, timezone: str) -> None:
    """Publish the calendar in the business zone; without a contract named holidays it has no row."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE holiday AS {holiday_sql(con, contracts)}")
    con.execute(f"CREATE OR REPLACE TEMP TABLE day AS {calendar_sql(timezone)}")
    publish_table(con, CALENDAR, frame_of(con, "day"))
    for name in ("holiday", "day"):
        con.execute(f"DROP TABLE temp.{name}")


def holiday_sql(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> str:
    """SQL: day, kind and name of each holiday and festival."""
    source = next((s for s in contracts.sources if s.name == HOLIDAYS), None)
    if source is None or not has_table(con, "raw", HOLIDAYS):
        return NOTHING
    day, kind = (quote(source.name_of(role) or role) for role in ("occurred_at", "category"))
    name = quote(called) if (called := source.name_of("item_name")) else "NULL::VARCHAR"
    return f"SELECT CAST({day} AS DATE) AS day, lower(trim({kind})) AS kind, trim({name}) AS name FROM raw.{HOLIDAYS}"


def calendar_sql(timezone: str) -> str:
    """SQL: every day of the years of the temporary table holiday."""
    here, gone = (f"OVER (ORDER BY day ROWS BETWEEN {rows})" for rows in (
        "CURRENT ROW AND UNBOUNDED FOLLOWING", "UNBOUNDED PRECEDING AND CURRENT ROW"))  # fmt: skip
    distances = ", ".join(
        f"min(CASE WHEN {flag} THEN day END) {here} - day AS days_to_{name},"
        f" day - max(CASE WHEN {flag} THEN day END) {gone} AS days_since_{name}"
        for name, flag in (
            (PUBLIC, "is_public_holiday"), ("festival", "festival IS NOT NULL"), (NEW_YEAR, "is_new_year")
        )
    )  # fmt: skip
    return f"""
        WITH span AS (SELECT date_trunc('year', min(day)) AS first, date_trunc('year', max(day)) AS last FROM holiday),
        every AS (
            SELECT CAST(unnest(generate_series(first, last + INTERVAL 1 YEAR - INTERVAL 1 DAY, INTERVAL 1 DAY)) AS DATE)
                AS day FROM span
        ),
        said AS (
            SELECT day, string_agg(DISTINCT name, '; ' ORDER BY name) FILTER (kind = '{PUBLIC}') AS holiday_name,
                min(kind) FILTER (kind <> '{PUBLIC}') AS festival, bool_or(kind = '{PUBLIC}') AS is_public_holiday,
                bool_or(kind = '{NEW_YEAR}') AS is_new_year
            FROM holiday GROUP BY day
        )
        SELECT day, {to_utc("day::TIMESTAMP", timezone)} AS begins_at,
            {to_utc("(day + 1)::TIMESTAMP", timezone)} AS ends_at,
            coalesce(is_public_holiday, false) AS is_public_holiday, holiday_name, festival, {distances}
        FROM every LEFT JOIN said USING (day)
    """
