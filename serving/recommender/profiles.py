"""The customers' features of an export: which day they are of, and where they come from.

Models are trained on them beside the interactions of training. So they are as of the day before validation begins,
unless another is asked for: as a night of that week published them, or else built of the events before that day's end.
What a trained model is asked about is the same as of the export's own day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb

from serving.recommender.order import TICK, ExportDates
from serving.recommender.permission import Permission
from transforms.profile.windows import open_windows
from transforms.recommend import Split
from warehouse.duck import columns_of, fetch_row, has_table, literal, quote
from warehouse.errors import UsageError
from warehouse.profile.as_of import build_past

HISTORY = "customer_profile_history"
LISTS = frozenset({"sources", "service_reasons"})
"""Columns that hold several words, for people to read."""
SHARES = frozenset({"channel_shares", "ticket_channel_shares"})
"""Columns that hold several words with a share each, for people to read."""
SHARE = r"(.+?) (\d+) %(?:, |$)"
MONTHS = 6
"""Ends of months in the history of features, at most, if nothing else is asked for."""
FRESH_DAYS = 7
"""A published profile that is older than this on the day wanted is not taken: the events themselves tell it better."""


@dataclass(frozen=True)
class Profiles:
    """What was selected into a temporary table."""

    as_of: date
    """The business day as of which they are."""
    way: str
    """generation (as it is served), history (as a night published them), or events (built of those before)."""
    columns: tuple[str, ...]
    """Their columns, without customer_id."""
    known_at: datetime
    """The last moment that they know (UTC)."""


def select_profiles(
    con: duckdb.DuckDBPyConnection, order: ExportDates, permission: Permission, split: Split
) -> Profiles:
    """Make the temporary table profile_then, with the columns that may go out; decimals become floating point.

    Raises:
        UsageError: the day that was asked for is not known.
    """
    day = order.features_as_of or min(order.as_of, split.validation_on - timedelta(days=1))
    return store_profiles(con, order, permission, day, "profile_then")


def select_current(con: duckdb.DuckDBPyConnection, order: ExportDates, permission: Permission) -> Profiles:
    """Make the temporary table profile_now likewise, as of the export's own day."""
    return store_profiles(con, order, permission, order.as_of, "profile_now")


def select_history(
    con: duckdb.DuckDBPyConnection,
    order: ExportDates,
    permission: Permission,
    days: Sequence[date],
    made: Mapping[str, Profiles],
) -> list[Profiles]:
    """Make the temporary table profile_history likewise, as of each of some days, with known_at, in their order.

    `made`: temporary tables of profiles that are there already.
    """
    ways = {find_way(con, order, day)[::-1]: day for day in days}
    nights = {night: (way, day) for (night, way), day in ways.items()}  # two days may have one night before them
    there = {(profiles.as_of, profiles.way): (table, profiles) for table, profiles in made.items()}
    found = []
    for number, (night, (way, day)) in enumerate(nights.items()):
        table, profiles = there.get((night, way), ("profile_past", None))
        profiles = profiles or store_profiles(con, order, permission, day, table)
        query = f"SELECT *, TIMESTAMP '{profiles.known_at}' AS known_at FROM {table}"
        before = "FROM profile_history UNION ALL BY NAME " if number else ""
        con.execute(f"CREATE OR REPLACE TEMP TABLE profile_longer AS {before}{query}")
        con.execute("CREATE OR REPLACE TEMP TABLE profile_history AS FROM profile_longer")
        found.append(profiles)
    return found


def choose_days(first: date, settled: Sequence[date], last: date, most: int = MONTHS) -> list[date]:
    """The days of the history: the latest `most` ends of months from that before `first` on, and those settled.

    One of which no night of that week published profiles is aggregated of the events, as a night does it.
    """
    months = [
        date(n // 12, n % 12 + 1, 1) for n in range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    ]
    ends = [day - timedelta(days=1) for day in months]
    return sorted({*ends[max(len(ends) - most, 0) :], *settled})


def store_profiles(
    con: duckdb.DuckDBPyConnection, order: ExportDates, permission: Permission, day: date, name: str
) -> Profiles:
    """Make a temporary table of the profiles as of a day."""
    way, night = find_way(con, order, day)
    if way == "events":
        build_past(con, permission.contracts, order.rules, open_windows(day, order.timezone), "profile_found")
    else:
        past = f"main.customer_profile_as_of(DATE {literal(day.isoformat())})"
        table = "main.customer_profile" if way == "generation" else past
        con.execute(f"CREATE OR REPLACE TEMP TABLE profile_found AS FROM {table}")
    there = columns_of(con, "profile_found")
    columns = tuple(column for column in permission.columns if column in there)
    chosen = ", ".join(["customer_id", *(as_exported(column, there[column]) for column in columns)])
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {chosen} FROM profile_found")
    return Profiles(night, way, columns, open_windows(night, order.timezone).until - TICK)


def as_exported(name: str, kind: str) -> str:
    """A column as SQL: a decimal as floating point, a text that is a list as a list, one that gives shares as a map."""
    if name in LISTS:
        return f"string_split({quote(name)}, ', ') AS {quote(name)}"
    if name in SHARES:
        names = f"regexp_extract_all({quote(name)}, {literal(SHARE)}, 1)"
        shares = f"list_transform(regexp_extract_all({quote(name)}, {literal(SHARE)}, 2), lambda n: n::DOUBLE / 100)"
        return f"CASE WHEN {quote(name)} IS NOT NULL THEN map({names}, {shares}) END AS {quote(name)}"
    return f"{quote(name)}::DOUBLE AS {quote(name)}" if kind.startswith("DECIMAL") else quote(name)


def find_way(con: duckdb.DuckDBPyConnection, order: ExportDates, day: date) -> tuple[str, date]:
    """Where the profiles of a day come from, and as of which business day they are."""
    if day == order.newest:
        return "generation", day
    night = find_night(con, day)
    if order.features_as_of or order.as_of != order.newest:
        require_history(con, order, order.features_as_of or order.as_of)
    is_asked = order.features_as_of is not None
    if night is not None and (is_asked or day - night < timedelta(days=FRESH_DAYS)):
        return "history", night
    return "events", day


def find_night(con: duckdb.DuckDBPyConnection, day: date) -> date | None:
    """The last business date up to a day of which a night published profiles; None where there is none."""
    if not has_table(con, "profile", "history_night"):
        return None
    found: date | None = fetch_row(con, "SELECT max(as_of) FROM profile.history_night WHERE as_of <= ?", [day])[0]
    return found


def require_history(con: duckdb.DuckDBPyConnection, order: ExportDates, day: date) -> None:
    """Raise UsageError where the history of profiles does not reach the date asked for."""
    cure = f"export as of {order.newest}, or run a night as of {day} into a home of its own"
    first = fetch_row(con, f"SELECT min(valid_from) FROM main.{HISTORY}")[0]
    if first is None or first > day:
        raise UsageError(f"{HISTORY} begins on {first}, after {day}; {cure}")
