"""A customer as of a past business date: the profile that was published then, and the accounts it had."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from serving.customer import NotFoundError, fetch_one, list_keys, pad, read_phone_region, require_one, show_activity
from serving.query import open_home
from transforms.profile.golden_record import GOLDEN

NIGHT = "SELECT max(as_of) FILTER (as_of <= ?), min(as_of) FROM profile.history_night"
ACCOUNTS = """
    SELECT source, account_id, customer_id FROM customer_identity_history
    WHERE valid_from <= $night AND (valid_to IS NULL OR valid_to > $night)
"""
"""Whose each account was."""
FIND = f"""
    WITH account AS ({ACCOUNTS}), lived AS (SELECT customer_id FROM customer_profile_as_of($night))
    SELECT customer_id FROM lived WHERE customer_id = $who
    UNION SELECT a.customer_id FROM identity.customer AS c JOIN account AS a USING (source, account_id)
        WHERE c.customer_id = $who AND $who NOT IN (FROM lived)
    UNION SELECT customer_id FROM account WHERE account_id = $who
    UNION SELECT a.customer_id FROM clean.attribute AS v JOIN account AS a USING (source, account_id)
        WHERE v.attribute IN ('email', 'phone', 'handle', 'national_id') AND v.key IN (SELECT unnest($keys))
"""
"""Who answers to `who`; an id that did not live then leads to whom its founding account belonged to."""


def show_past(home: Path, who: str, day: date) -> str:
    """The customer as the last night up to `day` published it, as text.

    Raises:
        NotFoundError: there is no such night, or nobody, or several customers, answered to `who` then.
    """
    region = read_phone_region(home)
    with open_home(home) as con:
        night = find_night(con, day)
        found = con.execute(FIND, {"who": who, "keys": list_keys(who, region), "night": night}).fetchall()
        customer_id = require_one(row[0] for row in found)
        query = "FROM customer_profile_as_of(?) WHERE customer_id = ?"
        profile = fetch_one(con, query, [night, customer_id])
        accounts = con.execute(
            f"FROM ({ACCOUNTS}) WHERE customer_id = $who ORDER BY ALL", {"night": night, "who": customer_id}
        ).fetchall()
    golden = [f"  {name:<12} {pad(str(profile[name]), 40)}".rstrip() for name in GOLDEN if profile[name] is not None]
    held = [f"  account      {source}:{account}" for source, account, _ in accounts]
    return "\n".join([f"{customer_id}   as of {night}", *golden, "", *show_activity(profile), "", *held])


def find_night(con: duckdb.DuckDBPyConnection, day: date) -> date:
    """The last business date up to a day of which there are profiles.

    Raises:
        NotFoundError: there is none.
    """
    night, first = con.execute(NIGHT, [day]).fetchall()[0]
    if night is None:
        raise NotFoundError(f"there is no profile of {day} or before; the history begins with {first}")
    found: date = night
    return found
