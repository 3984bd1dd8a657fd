"""Labels of a campaign, for uplift: who was assigned, to which group, and what they did in the days after it.

    customer_event of kind campaigns ─ one group a customer ─→ assignment ─ [time, time + horizon) ─→ what they bought

Who was held out stays in, as such: without them nobody can tell what the campaign did. Everybody counts in the group
they were assigned to, whether or not they were reached (intention to treat).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from warehouse.contracts.problem import suggest
from warehouse.contracts.settings import Settings
from warehouse.duck import fetch_row, literal
from warehouse.errors import UsageError
from warehouse.features.labels import open_reader, require_writable
from warehouse.features.outcomes import bought_sql, find_latest, read_ends, write_labels
from warehouse.home.layout import Generation
from warehouse.types.vocabularies import HELD_OUT, TREATED


def write_assignments(generation: Generation, settings: Settings, horizon: int, campaign: str, out: Path) -> str:
    """Write a label for each customer who was assigned to a campaign; gives what to tell.

    Columns: customer_id; label_time, when they were assigned first, in UTC; campaign; is_treated, false for who was
    held out; and what they bought in the horizon, as `write_outcomes` has it. Customers in both groups, as their
    accounts were assigned apart, are left out and counted, and so are assignments of no known group or customer.

    Raises:
        UsageError: there is no such campaign, nobody or everybody of it was held out, a horizon reaches beyond the
            data, or `out` is no .parquet or .csv.
    """
    require_writable(out)
    with open_reader(generation, settings, out) as con:
        require_campaign(con, campaign)
        con.execute(f"CREATE TEMP TABLE assignment AS {assignment_sql(campaign)}")
        treated, held_out, both = fetch_row(
            con,
            "SELECT count(*) FILTER (groups = 1 AND is_treated), count(*) FILTER (groups = 1 AND NOT is_treated),"
            " count(*) FILTER (groups > 1) FROM assignment",
        )
        if not treated or not held_out:
            raise UsageError(
                f"campaign {campaign} has {treated} treated and {held_out} held out customers; uplift needs both: see"
                " the words of its status (c360.means), or whether the held-out group is delivered"
            )
        require_data(con, generation, settings, horizon)
        own = "SELECT customer_id, label_time, campaign, is_treated FROM assignment WHERE groups = 1"
        con.execute(f"CREATE TEMP TABLE outcome AS {bought_sql(own, horizon, 'campaign, is_treated')}")
        write_labels(con, out)
        unknown, nobody = count_left_out(con, campaign)
        rates = dict(con.execute(
            f"SELECT is_treated, avg(has_bought_next_{horizon}::INTEGER) FROM outcome GROUP BY ALL").fetchall()
        )  # fmt: skip
    told = (
        f"{out}: {treated + held_out:,} labels of campaign {campaign}: {treated:,} treated, of whom {rates[True]:.1%}"
        f" bought within {horizon} days, and {held_out:,} held out, of whom {rates[False]:.1%} did (is_treated)"
    )
    left = {"customers in both groups": both, "assignments to no known group": unknown, "of no customer": nobody}
    gone = ", ".join(f"{count:,} {what}" for what, count in left.items() if count)
    return f"{told}\nleft out: {gone}" if gone else told


def require_campaign(con: duckdb.DuckDBPyConnection, campaign: str) -> None:
    """Refuse a campaign to which nobody was assigned."""
    query = "SELECT DISTINCT parent_id FROM main.customer_event WHERE kind = 'campaigns' AND parent_id IS NOT NULL"
    known = sorted(name for (name,) in con.execute(query).fetchall())
    if campaign not in known:
        cure = suggest(campaign, known) if known else "deliver a source of kind campaigns first"
        raise UsageError(f"there is no campaign {campaign!r}; {cure}")


def require_data(con: duckdb.DuckDBPyConnection, generation: Generation, settings: Settings, horizon: int) -> None:
    """Refuse a horizon that the data do not cover for everybody who was assigned."""
    last = max(read_ends(con, generation.as_of).values(), default=None)
    if last is None:
        raise UsageError("there is no transaction that labels could be of; load some first: c360 run")
    latest = find_latest(last, horizon, settings.timezone)
    day = f"timezone({literal(settings.timezone)}, timezone('UTC', label_time))::DATE"
    late, total = fetch_row(con, f"SELECT count(*) FILTER ({day} > ?), count(*) FROM assignment", [latest])
    if late:
        raise UsageError(
            f"--horizon {horizon} reaches beyond the data for {late} of {total} assigned customers: they end with the"
            f" transactions of {last}; take a shorter --horizon, or wait"
        )


def of_campaign(campaign: str) -> str:
    """SQL: the assignments of a campaign."""
    return f"FROM main.customer_event WHERE kind = 'campaigns' AND parent_id = {literal(campaign)}"


def assignment_sql(campaign: str) -> str:
    """SQL: one row per customer who was assigned to a known group; `groups`: to how many."""
    return (
        "SELECT customer_id, min(occurred_at) AS label_time, any_value(parent_id) AS campaign,"
        f" bool_and(event_type = '{TREATED}') AS is_treated, count(DISTINCT event_type) AS groups"
        f" {of_campaign(campaign)} AND event_type IN ('{TREATED}', '{HELD_OUT}') AND customer_id IS NOT NULL"
        " GROUP BY customer_id"
    )


def count_left_out(con: duckdb.DuckDBPyConnection, campaign: str) -> tuple[int, int]:
    """How many assignments are to no known group, and how many of the others are of no customer."""
    is_known = f"event_type IN ('{TREATED}', '{HELD_OUT}')"
    unknown, nobody = fetch_row(
        con,
        f"SELECT count(*) FILTER (NOT {is_known}), count(*) FILTER ({is_known} AND customer_id IS NULL)"
        f" {of_campaign(campaign)}",
    )
    return int(unknown), int(nobody)
