"""One customer on one screen: golden record with its provenance, activity, and why these accounts are one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from serving.query import open_home
from serving.terminal import pad
from transforms.profile.golden_record import GOLDEN
from transforms.values.emails import email_key
from transforms.values.phones import phone_keys
from warehouse.contracts.settings import read_kept
from warehouse.errors import C360Error
from warehouse.home.layout import Home
from warehouse.profile.lifetime import read_reasons
from warehouse.shown_time import show_day, show_time

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


class NotFoundError(C360Error):
    """Nobody answers to what was asked."""


def show_customer(home: Path, who: str) -> str:
    """The customer that an id, account, email or phone stands for, as text; days and times are of the business zone.

    Raises:
        NotFoundError: nobody, or several customers, answer to it.
    """
    region, timezone = read_places(home)
    with open_home(home) as con:
        customer_id = find_customer(con, who, region)
        profile = fetch_one(con, "FROM customer_profile WHERE customer_id = ?", [customer_id])
        parts = [
            show_head(customer_id, profile["as_of"], timezone),
            *show_golden(con, customer_id, timezone),
            "",
            *show_activity(profile, timezone, read_reasons(con, profile["as_of"])),
            *show_service(con, profile),
            *show_household(con, profile),
            "",
            *show_accounts(con, customer_id),
            "",
            *show_events(con, customer_id, timezone),
        ]
    return "\n".join(parts)


def read_places(home: Path) -> tuple[str, str]:
    """The country of phones that name none, and the business zone, by which the current generation was built."""
    kept = read_kept(Home(home).require_current().read_manifest())
    return str(kept["phone_region"]), str(kept["timezone"])


def find_customer(con: duckdb.DuckDBPyConnection, who: str, region: str) -> str:
    """The customer_id that `who` stands for; a merged id leads to the one that lives on."""
    query = """
        WITH RECURSIVE alias(customer_id) AS (
            SELECT coalesce(merged_into, customer_id) FROM identity.customer WHERE customer_id = $who
            UNION SELECT c.merged_into FROM identity.customer AS c JOIN alias AS a USING (customer_id)
                WHERE c.merged_into IS NOT NULL
        )
        SELECT customer_id FROM customer_profile WHERE customer_id = $who
        UNION SELECT customer_id FROM alias JOIN customer_profile USING (customer_id)
        UNION SELECT customer_id FROM customer_identity WHERE account_id = $who
        UNION SELECT i.customer_id FROM clean.attribute AS a JOIN customer_identity AS i USING (source, account_id)
            WHERE a.attribute IN ('email', 'phone', 'handle', 'national_id') AND a.key IN (SELECT unnest($keys))
    """
    found = con.execute(query, {"who": who, "keys": list_keys(who, region)}).fetchall()
    return require_one(row[0] for row in found)


def list_keys(who: str, region: str) -> list[str]:
    """The match keys of an email or a phone; none if it is neither."""
    phones = phone_keys(pl.Series([who]), region).to_list()[0] or []
    return [k for k in (email_key(pl.Series([who]))[0], *phones) if k]


def require_one(customers: Iterable[str]) -> str:
    """The one customer that was found; raises NotFoundError where there is none, or several."""
    found = sorted(customers)
    if not found:
        raise NotFoundError("no customer matches; give a customer_id, an account id, an email or a phone")
    if len(found) > 1:
        raise NotFoundError(
            f"{len(found)} customers answer to that: {', '.join(found[:10])}; name one by its customer_id"
        )
    return found[0]


def fetch_one(con: duckdb.DuckDBPyConnection, query: str, parameters: list[Any]) -> dict[str, Any]:
    """The first row as a mapping."""
    cursor = con.execute(query, parameters)
    names = [column[0] for column in cursor.description or []]
    return dict(zip(names, cursor.fetchall()[0], strict=True))


def show_head(customer_id: str, as_of: date, timezone: str) -> str:
    """Who it is, of which business date, and of which zone the days below are."""
    return f"{customer_id}   as of {as_of}; days are of {timezone}"


def show_golden(con: duckdb.DuckDBPyConnection, customer_id: str, timezone: str) -> list[str]:
    """The values that survived, each with where it came from and how many others were on offer.

    What a source says that tells no times was seen on the day of its delivery, which stands as midnight UTC.
    """
    rows = con.execute(
        "SELECT attribute, max(value) FILTER (place = 1), max(origin || ':' || account_id) FILTER (place = 1),"
        " coalesce(max(rule) FILTER (place = 1), min(rule)), max(last_seen_at) FILTER (place = 1),"
        " coalesce(bool_or(last_seen_at = date_trunc('day', last_seen_at) AND origin NOT IN"
        " (SELECT origin FROM clean.event)) FILTER (place = 1), false), count(*) - 1"
        " FROM customer_profile_provenance WHERE customer_id = ? GROUP BY attribute ORDER BY attribute",
        [customer_id],
    ).fetchall()
    days = [row[4] and (row[4].date() if row[5] else show_day(row[4], timezone)) for row in rows]
    return [
        f"  {attribute:<12} {pad(value, 40)} {rule}, {origin}, seen {day}"
        + (f"; {others} other value{'s' if others > 1 else ''}" if others else "")
        if value is not None
        else f"  {attribute:<12} {pad('none', 40)} {others + 1} not shown: {rule}"
        for (attribute, value, origin, rule, _, _, others), day in zip(rows, days, strict=True)
    ]


def show_activity(profile: dict[str, Any], timezone: str, reasons: Mapping[str, str]) -> list[str]:
    """What the customer bought, wrote and asked; days are of a zone, `reasons` say why there is no forecast."""
    day = {k: str(show_day(v, timezone)) if v else "never" for k, v in profile.items() if k.endswith("_at")}
    share = f"{profile['refund_share']:.0%}" if profile["refund_share"] is not None else "none"
    age = f"aged {profile['age_band']}; " if profile["age_band"] else ""
    lines = [
        f"  known        {age}{profile['completeness_share']:.0%} of all attributes;"
        f" identity confidence {profile['confidence']:.2f}",
        f"  seen         {day['first_seen_at']} to {day['last_seen_at']}"
        f" in {profile['source_count']} silo{'s' if profile['source_count'] > 1 else ''} ({profile['sources']})",
        f"  orders       {profile['order_count']} worth {profile['net_amount']:,} net (refunds {share});"
        f" last {day['last_order_at']}; {profile['order_90_count']} in 90 days",
    ]
    if profile["top_category"] or profile["top_channel"]:
        lines.append(f"  buys         {profile['top_category'] or '–'}; by {profile['channel_shares'] or '–'}")
    lines += show_worth(profile, reasons)
    lines.append(f"  posts        {profile['post_count']}; last {day['last_post_at']}")
    hours = profile["median_solve_hours"]
    solved = f"; solved in {hours:.1f} h (median)" if hours is not None else ""
    lines.append(
        f"  tickets      {profile['ticket_count']}, {profile['open_ticket_count']} open{solved};"
        f" last {day['last_ticket_at']}"
    )
    return lines


def show_service(con: duckdb.DuckDBPyConnection, profile: dict[str, Any]) -> list[str]:
    """How to serve the customer, and why, in the customer's language where that is Chinese, else in English."""
    if "service_mode" not in profile:  # a generation of an earlier program
        return []
    codes = str(profile["service_reasons"] or "").split(", ")
    is_chinese = str(profile["language"] or "").lower().startswith(("zh", "yue"))
    rows = con.execute(
        "SELECT code, CASE WHEN ? THEN zh_hk ELSE en END FROM governance.service_reason"
        " WHERE list_contains(?, code) ORDER BY place",
        [is_chinese, codes],
    ).fetchall()
    why = [f"               {code}: {sentence}" for code, sentence in rows]
    return [f"  service      {profile['service_mode']} (score {profile['service_score']:.2f})", *why]


def show_household(con: duckdb.DuckDBPyConnection, profile: dict[str, Any]) -> list[str]:
    """Who else lives there, each by customer_id and with what ties them."""
    if profile.get("household_id") is None:  # none, or a generation of an earlier program
        return []
    rows = con.execute(
        "SELECT customer_id, rule FROM customer_household WHERE household_id = ? AND customer_id <> ? ORDER BY ALL",
        [profile["household_id"], profile["customer_id"]],
    ).fetchall()
    others = [f"               {customer_id}  by {rule}" for customer_id, rule in rows]
    return [f"  household    {profile['household_id']}, of {profile['household_size']} customers; the others:", *others]


def show_worth(profile: dict[str, Any], reasons: Mapping[str, str]) -> list[str]:
    """What the customer likes best, in which segment it is, and what is still expected of it."""
    lines = []
    if profile["top_item_id"] is not None:
        named = profile["top_item_name"] or profile["top_item_id"]
        lines.append(f"  favourite    {named}; {profile['item_count']} different items")
    if profile["segment"] is not None:
        scores = "-".join(str(profile[f"{name}_score"]) for name in ("recency", "frequency", "monetary"))
        lines.append(f"  segment      {profile['segment']} (recency, frequency and money {scores} of 5)")
    if profile["p_alive"] is not None:
        amount = profile["expected_365_amount"]
        worth = f" worth {amount:,} net" if amount is not None else ""
        if "amounts" in reasons:
            worth = f" (no amount: {reasons['amounts']})"
        lines.append(
            f"  next year    {profile['expected_365_count']:.1f} days with orders expected{worth};"
            f" still a customer with {profile['p_alive']:.0%}"
        )
    elif profile["order_count"] and "purchases" in reasons:
        lines.append(f"  next year    no forecast: {reasons['purchases']}")
    return lines


def show_accounts(con: duckdb.DuckDBPyConnection, customer_id: str) -> list[str]:
    """The accounts, each with the evidence that ties it."""
    rows = con.execute(
        "SELECT source, account_id, rule, confidence FROM customer_identity WHERE customer_id = ? ORDER BY ALL",
        [customer_id],
    ).fetchall()
    return [f"  account      {s}:{a}  by {rule} ({confidence:.2f})" for s, a, rule, confidence in rows]


def show_events(con: duckdb.DuckDBPyConnection, customer_id: str, timezone: str) -> list[str]:
    """The last events, with their times in a zone."""
    rows = con.execute(
        "SELECT occurred_at, source, event_type, coalesce(item_name, text, ''), net_amount FROM customer_event"
        " WHERE customer_id = ? ORDER BY occurred_at DESC, source, event_id LIMIT 5",
        [customer_id],
    ).fetchall()
    return [
        f"  {show_time(at, timezone)} {source:<13} {kind:<8} {text[:60].replace(chr(10), ' ')}"
        + (f"  {net:,.2f}" if net is not None else "")
        for at, source, kind, text, net in rows
    ]


def show_past(home: Path, who: str, day: date) -> str:
    """The customer as the last night up to `day` published it, as text.

    Raises:
        NotFoundError: there is no such night, or nobody, or several customers, answered to `who` then.
    """
    region, timezone = read_places(home)
    with open_home(home) as con:
        night = find_night(con, day)
        found = con.execute(FIND, {"who": who, "keys": list_keys(who, region), "night": night}).fetchall()
        customer_id = require_one(row[0] for row in found)
        query = "FROM customer_profile_as_of(?) WHERE customer_id = ?"
        profile = fetch_one(con, query, [night, customer_id])
        reasons = read_reasons(con, night)
        accounts = con.execute(
            f"FROM ({ACCOUNTS}) WHERE customer_id = $who ORDER BY ALL", {"night": night, "who": customer_id}
        ).fetchall()
    golden = [f"  {name:<12} {pad(str(profile[name]), 40)}".rstrip() for name in GOLDEN if profile[name] is not None]
    held = [f"  account      {source}:{account}" for source, account, _ in accounts]
    if profile.get("household_id"):
        held.insert(0, f"  household    {profile['household_id']}, of {profile['household_size']} customers")
    return "\n".join(
        [show_head(customer_id, night, timezone), *golden, "", *show_activity(profile, timezone, reasons), "", *held]
    )


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
