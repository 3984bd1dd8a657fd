"""Labels for training: who was known at a time, and what they did in the days after it.

    customer_event before the time → who is asked;  customer_event in [time, time + horizon) → what they bought

`c360 features` joins features to these, each of what was before its time and nothing later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from transforms.profile.windows import begin_day
from warehouse.contracts.settings import Settings
from warehouse.duck import fetch_row
from warehouse.errors import UsageError
from warehouse.features.labels import open_reader, require_writable, write_rows
from warehouse.home.layout import Generation

Moments = Mapping[date, datetime]
"""Business day → its first moment in UTC: the time of its labels."""


def write_outcomes(generation: Generation, settings: Settings, horizon: int, dates: Sequence[date], out: Path) -> str:
    """Write a label for each date and each customer with an event before it; gives what to tell.

    Columns: customer_id; label_time, the first moment of the date in UTC; has_bought_next_<horizon>, is anything sold
    to them in so many days of 24 hours; spent_next_<horizon>_amount, net of refunds in the reporting currency, 0 for
    nothing. Without dates the latest is taken whose horizon lies within the data.

    Raises:
        UsageError: a horizon reaches beyond the data, nobody was known at a date, or `out` is no .parquet or .csv.
    """
    require_writable(out)
    timezone = settings.timezone
    with open_reader(generation, settings, out) as con:
        ends = read_ends(con, generation.as_of)
        last = max(ends.values(), default=None)
        if last is None:
            raise UsageError("there is no transaction that labels could be of; load some first: c360 run")
        latest = find_latest(last, horizon, timezone)
        moments = {day: begin_day(day, timezone) for day in sorted(dates) or [latest]}
        if late := [day for day in moments if day > latest]:
            raise UsageError(
                f"--horizon {horizon} from {late[0]} reaches beyond the data, which end with the transactions of"
                f" {last}; take --at {latest} or earlier, or a shorter --horizon"
            )
        con.execute(f"CREATE TEMP TABLE outcome AS {outcome_sql(moments, horizon)}")
        require_known(con, moments)
        write_labels(con, out)
        reached = max(moments.values()) + timedelta(days=horizon)
        short = {name: day for name, day in ends.items() if begin_day(day + timedelta(days=1), timezone) < reached}
        return "\n".join([tell(con, moments, horizon, out), *tell_short(short)])


def read_ends(con: duckdb.DuckDBPyConnection, as_of: date) -> dict[str, date]:
    """Source → the last business day with a transaction of it, up to the one that was published."""
    query = "SELECT source, max(occurred_on) FROM main.customer_event WHERE kind = 'transactions' AND occurred_on <= ?"
    return dict(con.execute(f"{query} GROUP BY source ORDER BY source", [as_of]).fetchall())


def find_latest(last: date, horizon: int, timezone: str) -> date:
    """The latest day whose horizon ends with the last day of the data, or before."""
    end = begin_day(last + timedelta(days=1), timezone)
    day = last + timedelta(days=1 - horizon)
    return day if begin_day(day, timezone) + timedelta(days=horizon) <= end else day - timedelta(days=1)


def outcome_sql(moments: Moments, horizon: int) -> str:
    """A query that gives the labels of these moments, with what came of them."""
    times = ", ".join(f"(TIMESTAMP '{moment}')" for moment in moments.values())
    return f"""
        WITH moment(label_time) AS (VALUES {times}),
        known AS (
            SELECT customer_id, label_time FROM moment JOIN (
                SELECT customer_id, min(occurred_at) AS first_at FROM main.customer_event
                WHERE customer_id IS NOT NULL GROUP BY customer_id
            ) ON first_at < label_time
        )
        {bought_sql("FROM known", horizon)}"""


def bought_sql(labels: str, horizon: int, besides: str = "") -> str:
    """SQL: labels (customer_id and label_time, and the columns `besides`) with what was bought in the days after."""
    own = ", ".join(f"known.{name}" for name in ["customer_id", "label_time", *besides.split(", ")] if name)
    return f"""
        SELECT {own},
            coalesce(bool_or(e.event_type = 'sale'), false) AS has_bought_next_{horizon},
            coalesce(sum(e.net_amount), 0)::DOUBLE AS spent_next_{horizon}_amount
        FROM ({labels}) AS known
        LEFT JOIN main.customer_event AS e ON e.customer_id = known.customer_id AND e.kind = 'transactions'
            AND e.occurred_at >= label_time AND e.occurred_at < label_time + INTERVAL {horizon} DAY
        GROUP BY {own}"""


def write_labels(con: duckdb.DuckDBPyConnection, out: Path) -> None:
    """Write the temporary table outcome."""
    write_rows(con, "FROM outcome ORDER BY label_time, customer_id", out)


def require_known(con: duckdb.DuckDBPyConnection, moments: Moments) -> None:
    """Refuse a date before which nobody had an event."""
    found = {row[0] for row in con.execute("SELECT DISTINCT label_time FROM outcome").fetchall()}
    if none := [day for day, moment in moments.items() if moment not in found]:
        raise UsageError(f"nobody had an event before {none[-1]}; take a later --at, or a shorter --horizon")


def tell(con: duckdb.DuckDBPyConnection, moments: Moments, horizon: int, out: Path) -> str:
    """What was written."""
    labels, customers, bought = fetch_row(
        con,
        f"SELECT count(*), count(DISTINCT customer_id), count(*) FILTER (has_bought_next_{horizon}) FROM outcome",
    )
    days = ", ".join(map(str, moments))
    return f"{out}: {labels:,} labels of {customers:,} customers, as of {days}; {bought:,} bought within {horizon} days"


def tell_short(short: Mapping[str, date]) -> Iterator[str]:
    """Sources whose transactions end before the horizon does: what lacks there looks like nobody bought."""
    for source, day in short.items():
        yield f"note: {source} has no transactions after {day}, which is before the horizon ends"
