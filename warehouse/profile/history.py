"""The history of profiles: every customer as of every night, in one row a version.

    customer_profile ─ differs from the open version ─→ customer_profile_history ─→ customer_profile_as_of(day)

A version is a row of customer_profile as it was published on valid_from, and holds until valid_to. Columns that move
with the date alone begin no version: those that count days since a time (c360.daysSince) are recounted when the past
is read, and forecasts (c360.movesDaily) are made again by the models of that night, of what they rest on (LIFE).
"""

from __future__ import annotations

from datetime import timedelta

import duckdb

from transforms.engine import Frame
from transforms.profile.windows import Windows
from warehouse.contracts.model import Source
from warehouse.contracts.published import published
from warehouse.duck import columns_of, has_table, quote
from warehouse.profile.lifetime import AHEAD, MODELS, forget_lifetimes, list_forecasts
from warehouse.types import sql_type

TABLE = "main.customer_profile_history"
NIGHTS = "profile.history_night"
"""The business dates of which there are profiles, each with the first moment after it."""
READ_BESIDE = (NIGHTS, MODELS, AHEAD)
"""What customer_profile_as_of reads besides the versions."""
LIFE = {
    "life_repeat_count": "l.repeats",
    "life_first_on": "p.as_of - l.age::INTEGER",
    "life_last_on": "p.as_of - (l.age - l.recency)::INTEGER",
    "life_mean_amount": "l.mean_worth",
}
"""Columns of a version that forecasts rest on, of the profile p and the life l of a customer."""


def keep_history(con: duckdb.DuckDBPyConnection, windows: Windows, lives: Frame, days: int) -> None:
    """End the versions that hold no longer, begin those that are new, forget those that ended `days` ago (0: none).

    `lives`: of transforms.profile.aggregates.lifetime_value.fold_lives. A night of the same business date takes the
    place of the one before it, so that repeating a night changes nothing.
    """
    contract, as_of = published("customer_profile_history"), windows.as_of
    shape_table(con, contract)
    con.execute(f"CREATE TABLE IF NOT EXISTS {NIGHTS} (as_of DATE, until TIMESTAMP)")
    con.execute(f"DELETE FROM {NIGHTS} WHERE as_of >= ?", [as_of])
    con.execute(f"INSERT INTO {NIGHTS} VALUES (?, ?)", [as_of, windows.until])
    con.execute(f"DELETE FROM {TABLE} WHERE valid_from >= ?", [as_of])
    con.execute(f"UPDATE {TABLE} SET valid_to = NULL WHERE valid_to >= ?", [as_of])
    life = ", ".join(f"{value} AS {name}" for name, value in LIFE.items())
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW tonight AS SELECT p.*, {life} FROM main.customer_profile AS p"
        f" LEFT JOIN ({lives.to_native().sql_query()}) AS l USING (customer_id)"
    )
    write_versions(con, windows, [*(c.name for c in published("customer_profile").columns if not c.moves_daily), *LIFE])
    if days:
        con.execute(f"DELETE FROM {TABLE} WHERE valid_to <= ?", [as_of - timedelta(days=days)])
        con.execute(f"DELETE FROM {NIGHTS} WHERE as_of < ?", [as_of - timedelta(days=days)])
        forget_lifetimes(con, as_of - timedelta(days=days))
    make_reader(con, contract)


def shape_table(con: duckdb.DuckDBPyConnection, contract: Source) -> None:
    """Give the table the columns of its contract; one that is new is null in the versions that are there."""
    types = {c.name: sql_type(c) for c in contract.columns}
    if not has_table(con, "main", "customer_profile_history"):
        con.execute(f"CREATE TABLE {TABLE} ({', '.join(f'{quote(n)} {kind}' for n, kind in types.items())})")
    there = columns_of(con, TABLE)
    if there.keys() != types.keys():
        columns = [f"CAST({quote(n) if n in there else 'NULL'} AS {k}) AS {quote(n)}" for n, k in types.items()]
        con.execute(f"CREATE OR REPLACE TABLE {TABLE} AS SELECT {', '.join(columns)} FROM {TABLE}")


def write_versions(con: duckdb.DuckDBPyConnection, windows: Windows, compared: list[str]) -> None:
    """Begin a version of each customer who is not tonight as in its open version, and end that."""
    find_unchanged(con, [name for name in compared if name not in {"customer_id", "as_of"}])
    ended = "valid_to IS NULL AND customer_id NOT IN (FROM unchanged)"
    con.execute(f"UPDATE {TABLE} SET valid_to = ? WHERE {ended}", [windows.as_of])
    con.execute(
        f"INSERT INTO {TABLE} BY NAME SELECT *, as_of AS valid_from, CAST(NULL AS DATE) AS valid_to"
        " FROM tonight WHERE customer_id NOT IN (FROM unchanged) ORDER BY customer_id"
    )


def find_unchanged(con: duckdb.DuckDBPyConnection, compared: list[str]) -> None:
    """Make the temporary table `unchanged`: customers whose open version and row of tonight say the same.

    Of every other customer of tonight a version begins, and that of every other open version ends.
    """
    same = " AND ".join(f"p.{quote(name)} IS NOT DISTINCT FROM v.{quote(name)}" for name in compared)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE unchanged AS SELECT p.customer_id FROM tonight AS p"
        f" JOIN {TABLE} AS v ON v.customer_id = p.customer_id AND v.valid_to IS NULL WHERE {same}"
    )


def make_reader(con: duckdb.DuckDBPyConnection, contract: Source) -> None:
    """Make the macro customer_profile_as_of(day): customer_profile as the last night up to that day published it."""
    past = ["n.as_of AS as_of"]
    age, recency = "(n.as_of - h.life_first_on)", "(h.life_last_on - h.life_first_on)"
    forecasts = list_forecasts("h.life_repeat_count", recency, age, "h.life_mean_amount")
    for column in contract.columns:
        name = quote(column.name)
        if column.days_since:
            past.append(f"datesub('day', h.{quote(column.days_since)}, n.until) AS {name}")
        elif column.moves_daily:
            made = f"CAST({forecasts[column.name]} AS {sql_type(column)})"
            past.append(f"CASE WHEN h.valid_from = n.as_of THEN h.{name} ELSE {made} END AS {name}")
    con.execute(f"""
        CREATE OR REPLACE MACRO main.customer_profile_as_of(day) AS TABLE
        SELECT h.* EXCLUDE (valid_from, valid_to, {", ".join(LIFE)}) REPLACE ({", ".join(past)})
        FROM {TABLE} AS h
        JOIN (FROM {NIGHTS} WHERE as_of <= day ORDER BY as_of DESC LIMIT 1) AS n
            ON h.valid_from <= n.as_of AND (h.valid_to IS NULL OR h.valid_to > n.as_of)
        LEFT JOIN {MODELS} AS m ON m.as_of = n.as_of
        LEFT JOIN {AHEAD} AS a ON a.as_of = n.as_of AND a.repeats = h.life_repeat_count AND a.age = {age}
    """)
