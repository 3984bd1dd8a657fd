"""What people should hear of how dates and times were read: clocks that are set, and values that need a declaration.

Only counts are said, never a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from warehouse.contracts.model import Column, Source
from warehouse.duck import columns_of, fetch_row, literal, quote
from warehouse.types import build_cast, is_asked
from warehouse.types.spelled_times import WORDS, spell_minguo, spell_plainly
from warehouse.types.times import MINGUO

DATES = frozenset({"date", "timestamp"})
FIRST_YEAR, LAST_YEAR = 1990, 2045
"""Years whose changes of clocks are looked for."""
Shifted = dict[tuple[str, str], tuple[int, int]]
"""By delivery and column: local times that do not exist, and those that come twice."""
UNREAD = (
    (r"\d{8}", "have eight digits", "logicalTypeOptions.format, as yyyyMMdd"),
    (r"\d{9,19}(\.\d+)?", "are bare numbers", "c360.epoch: any if they count from 1970 (or their unit, as seconds)"),
    (r"\d{4,6}(\.\d+)?", "are bare numbers", "c360.epoch: excel if they are days of a spreadsheet"),
    (r"1\d{2}[/.-]\d{1,2}[/.-]\d{1,2}\b.*|1\d{6}", "have years of three digits", "c360.epoch: minguo if they are 民國"),
    (
        r"\d{1,2}[/. -](\d{1,2}|[A-Za-z]{3})[/. -]\d{2}\b.*",
        "have years of two digits",
        "logicalTypeOptions.format, as M/d/yy h:mm a",
    ),
)
"""What dates that cannot be read look like, how that is said, and what to declare."""


def spell_times(rows: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Rows whose dates have no words in them any more: what can be read without a declaration is written plainly."""
    for column in source.columns:
        if column.type not in DATES or column.format is not None or rows.schema[column.name] != pl.String:
            continue
        wordy = rows[column.name].filter(rows[column.name].str.contains(WORDS)).unique()
        spell = spell_plainly
        if column.epoch == MINGUO:
            wordy, spell = rows[column.name].drop_nulls().unique(), spell_minguo
        plain = {text: found for text in wordy if (found := spell(text))}
        if plain:
            rows = rows.with_columns(rows[column.name].replace(plain))
    return rows


@cache
def list_changes(timezone: str) -> frozenset[date]:
    """Days on which clocks are set in a zone, with the day before and after."""
    zone, day = ZoneInfo(timezone), timedelta(days=1)
    start = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    moments = [start + n * day for n in range((LAST_YEAR - FIRST_YEAR) * 366)]
    offsets = [moment.astimezone(zone).utcoffset() for moment in moments]
    changes = [moments[n] for n in range(1, len(moments)) if offsets[n] != offsets[n - 1]]
    return frozenset(change.date() + n * day for change in changes for n in (-2, -1, 0, 1))


def count_shifted(con: duckdb.DuckDBPyConnection, source: Source, habits: dict[str, str]) -> Shifted:
    """Times of the registered `batch` that clocks which are set leave out or repeat; its rows are landed already."""
    columns = [column for column in source.columns if column.type == "timestamp"]
    days = list_changes(source.timezone) if columns else ()
    counts: Shifted = {}
    if not days:
        return counts
    delivered = columns_of(con, "batch")
    listed = ", ".join(f"DATE '{day}'" for day in sorted(days))
    first = fetch_row(con, "SELECT min(_record) FROM batch")[0]  # else each batch would look through all before it
    for column in columns:
        near = (
            f"SELECT _delivery_id, _record FROM landed WHERE _delivery_id IN (SELECT _delivery_id FROM batch)"
            f" AND _record >= {first} AND {quote(column.name)}::DATE IN ({listed})"
        )
        if fetch_row(con, f"SELECT count(*) FROM ({near})")[0]:
            counts |= count_near(con, source, column, delivered[column.name], habits.get(column.name), near)
    return counts


def count_near(
    con: duckdb.DuckDBPyConnection, source: Source, column: Column, delivered: str, habit: str | None, near: str
) -> Shifted:
    """The same of one column, among the rows that `near` selects."""
    read, as_utc, an_hour_off = (build_cast(column, delivered, z, habit) for z in (source.timezone, "UTC", "Etc/GMT-1"))
    zone = literal(source.timezone)
    rows = con.execute(
        f"SELECT _delivery_id, count_if(timezone({zone}, timezone('UTC', read)) <> local),"
        f" count_if(timezone({zone}, timezone('UTC', read - INTERVAL 1 HOUR)) = local)"
        f" FROM (SELECT _delivery_id, {read} AS read, {as_utc} AS local, {an_hour_off} AS other FROM batch"
        f" WHERE (_delivery_id, _record) IN ({near})) WHERE local <> other GROUP BY _delivery_id"
    ).fetchall()
    return {(delivery, column.name): (gone, twice) for delivery, gone, twice in rows if gone or twice}


def warn_of_times(con: duckdb.DuckDBPyConnection, source: Source, shifted: Shifted) -> None:
    """Keep warnings of the landed deliveries' dates for the checks."""
    names = dict(con.execute("SELECT delivery_id, name FROM delivery").fetchall())
    found = []
    for (delivery, column), (gone, twice) in shifted.items():
        message = f"{names.get(delivery, delivery)}: column {column}: {describe_shifted(gone, twice)}"
        cure = f"have them written with their offset, or mend c360.timezone ({source.timezone}) in {source.path.name}"
        found.append((f"clock_change:{column}", f"{message}: {cure}", gone + twice))
    for delivery, column, said, cure, count in list_unread(con, source):
        message = f"{names.get(delivery, delivery)}: column {column}: {count} dates that cannot be read {said}"
        found.append((f"unread_dates:{column}", f"{message}; declare on it in {source.path.name}: {cure}", count))
    total = fetch_row(con, "SELECT count(*) FROM landed")[0]
    for rule, message, count in found:
        con.execute("INSERT INTO landing_warning VALUES (?, ?, ?, ?)", [rule, message, count, total])


def describe_shifted(gone: int, twice: int) -> str:
    """How times were read that clocks leave out or repeat."""
    said = [f"{gone} times do not exist, since clocks go forward then; they were read an hour later"] if gone else []
    said += [f"{twice} times come twice, since clocks go back; they were read as the later ones"] if twice else []
    return "; ".join(said)


def list_unread(con: duckdb.DuckDBPyConnection, source: Source) -> Iterator[tuple[str, str, str, str, int]]:
    """Delivery, column, what dates that are not read look like, what to declare, and how many they are."""
    for column in source.columns:
        if column.type not in DATES or not is_asked(column) or column.epoch:
            continue
        pointer = "/" + column.name.replace("~", "~0").replace("/", "~1")
        text = f"trim(json_extract_string(_row, {literal(pointer)}))"
        kinds = " ".join(f"WHEN regexp_full_match(v, {literal(s)}) THEN {n}" for n, (s, _, _) in enumerate(UNREAD))
        rows = con.execute(
            f"SELECT _delivery_id, kind, count(*) FROM (SELECT _delivery_id, CASE {kinds} END AS kind"
            f" FROM (SELECT _delivery_id, {text} AS v FROM landed WHERE list_contains(_mistyped,"
            f" {literal(column.name)}))) WHERE kind IS NOT NULL GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        for delivery, kind, count in rows:
            _, said, cure = UNREAD[kind]
            yield delivery, column.name, said, cure, count
