"""Five memorable customers, on every engine; expected values are worked out by hand in the comments."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tests.worlds.frames import ENGINES, World, table
from transforms.clean.attributes import ATTRIBUTE
from transforms.clean.events import EVENT
from transforms.profile import profile
from transforms.profile.aggregates import facts
from transforms.profile.golden_record import build_provenance
from transforms.profile.rfm import score_buyers
from transforms.profile.windows import open_windows

IDENTITY = {"source": pl.String, "account_id": pl.String, "customer_id": pl.String}
NIGHT = date(2026, 6, 30)
WINDOWS = open_windows(NIGHT, "Asia/Hong_Kong")


def event(kind: str, account: str | None, at: str, **values: Any) -> tuple[Any, ...]:
    """One event; its net amount is its amount unless it says otherwise."""
    source = {"transactions": "shop", "social": "x", "support": "desk"}[kind]
    moment = datetime.fromisoformat(at)
    row: dict[str, Any] = dict.fromkeys(EVENT)
    row |= {"source": source, "account_source": source, "account_id": account, "kind": kind}
    row |= {"event_id": f"{account}{at}"}
    row |= {"occurred_at": moment, "occurred_on": (moment + timedelta(hours=8)).date(), "event_type": "sale"}
    row |= {"delivery_id": "d", "record": 1, "net_amount": values.get("amount")} | values
    return tuple(row.values())


def sale(account: str | None, at: str, **values: Any) -> tuple[Any, ...]:
    """One line of a sale; amounts as whole numbers."""
    money = {k: Decimal(v) if k.endswith("amount") else v for k, v in values.items()}
    return event("transactions", account, at, **money)


EVENTS = [
    # Ada: two orders that count, one line of the first returned on it; a third order is wholly returned.
    sale("ada", "2026-06-01T10:00", parent_id="o1", amount=Decimal(100), category="tea", channel="shop"),
    sale("ada", "2026-06-01T10:01", parent_id="o1", amount=Decimal(-40), event_type="refund", category="tea"),
    sale("ada2", "2026-03-01T10:00", parent_id="o2", amount=Decimal(50), category="cups", channel="app"),
    sale("ada", "2026-06-02T10:00", parent_id="o3", amount=Decimal(-30), event_type="refund"),
    # Bo: a cancelled order and one sale a minute after the night's end: neither counts.
    sale("bo", "2026-05-01T10:00", parent_id="o4", amount=70, net_amount=0, event_type="cancelled"),
    sale("bo", "2026-06-30T16:00", parent_id="o5", amount=Decimal(9)),
    event("social", "bo", "2026-06-30T15:59", event_type="post", like_count=3),
    event("social", "bo", "2026-05-31T16:00", event_type="post", like_count=2),
    event("social", "bo", "2026-05-31T15:59", event_type="post"),
    # Cy asks for help: solved in 2 and 4 hours, one open, one closed without a time, one solved only after the night.
    event("support", "cy", "2026-06-01T00:00", event_type="ticket", resolved_at=datetime(2026, 6, 1, 2)),
    event("support", "cy", "2026-06-02T00:00", event_type="ticket", resolved_at=datetime(2026, 6, 2, 4)),
    event("support", "cy", "2025-01-01T00:00", event_type="ticket", status="Open"),
    event("support", "cy", "2026-06-03T00:00", event_type="ticket", status="CLOSED"),
    event("support", "cy", "2026-06-30T00:00", event_type="ticket", resolved_at=datetime(2026, 7, 1)),
    # Nobody's sale.
    sale(None, "2026-06-01T10:00", amount=Decimal(5)),
]
ACCOUNTS = [
    ("shop", "ada", "A"), ("shop", "ada2", "A"), ("shop", "bo", "B"), ("x", "bo", "B"), ("desk", "cy", "C"),
    ("crm", "di", "D"),
]  # fmt: skip


def build_profiles(engine: str, events: list[tuple[Any, ...]]) -> pl.DataFrame:
    """customer_profile of events, without what models and rules add."""
    identity = table(IDENTITY, *ACCOUNTS).with_columns(confidence=pl.lit(1.0))
    world = World(engine, event=table(EVENT, *events), identity=identity)
    attribute = table(ATTRIBUTE, *witnesses())
    world.add("attribute", attribute.with_columns(origin=pl.col("source")))
    world.add("trust", table({"origin": pl.String, "trust": pl.Int64}, ("crm", 1), ("shop", 3)))
    mine = facts.select_events(world["event"], WINDOWS.until)
    made = {name: fact.build(mine) for name, fact in facts.FACTS.items()}
    found = build_provenance(world["attribute"], world["identity"], world["trust"])
    parts = profile.aggregate_incremental(made, world["identity"])
    parts |= profile.aggregate_dated(made, world["identity"], found, WINDOWS)
    parts["segments"] = score_buyers(parts["orders"])
    return world.frame(profile.build_profile(parts, WINDOWS))


@pytest.fixture(params=ENGINES)
def profiles(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    return {row["customer_id"]: row for row in build_profiles(request.param, EVENTS).iter_rows(named=True)}


def witnesses() -> list[tuple[Any, ...]]:
    """The shop saw another name later and more often; the register is trusted more. Two shop phones: the later wins."""
    early, late = datetime(2026, 1, 1), datetime(2026, 6, 1)
    return [
        ("crm", "di", "full_name", "Di Lee", "di lee", early, early, 1, "d", 1),
        ("shop", "ada", "full_name", "Ada Ho", "ada ho", early, early, 1, "d", 2),
        ("shop", "ada2", "full_name", "A. Ho", "a ho", early, late, 9, "d", 3),
        ("shop", "ada", "phone", "+852 1", "1", early, late, 1, "d", 4),
        ("shop", "ada2", "phone", "+852 2", "2", early, early, 7, "d", 5),
    ]


def test_everybody_has_one_row(profiles: dict[str, dict[str, Any]]) -> None:
    assert set(profiles) == {"A", "B", "C", "D"}
    assert [profiles[c]["source_count"] for c in "ABCD"] == [1, 2, 1, 1]
    assert profiles["B"]["sources"] == "shop, x"
    assert {p["as_of"] for p in profiles.values()} == {NIGHT}


def test_orders_wholly_returned_or_cancelled_do_not_count(profiles: dict[str, dict[str, Any]]) -> None:
    ada, bo = profiles["A"], profiles["B"]
    assert (ada["order_count"], ada["cancelled_order_count"], ada["line_count"]) == (2, 1, 4)
    assert (bo["order_count"], bo["cancelled_order_count"], bo["line_count"]) == (0, 1, 1)
    assert bo["last_order_at"] is None
    assert bo["recency_days"] is None


def test_amounts_are_net_of_refunds(profiles: dict[str, dict[str, Any]]) -> None:
    ada = profiles["A"]
    assert (ada["gross_amount"], ada["refund_amount"], ada["net_amount"]) == (150, 70, 80)
    assert ada["refund_share"] == pytest.approx(70 / 150)
    assert ada["average_basket_amount"] == pytest.approx((60 + 50) / 2)
    assert (ada["net_30_amount"], ada["net_90_amount"], ada["net_365_amount"]) == (30, 30, 80)
    assert (ada["order_30_count"], ada["order_90_count"], ada["order_365_count"]) == (1, 1, 2)
    assert profiles["B"]["net_amount"] == 0
    assert ada["recency_days"] == 29  # from 1 June 18:00 to midnight after 30 June, local


def test_favourites_and_shares(profiles: dict[str, dict[str, Any]]) -> None:
    ada = profiles["A"]
    assert ada["top_category"] == "tea"  # 60 net against 50
    assert ada["top_channel"] == "shop"  # as many orders as app: the greater name
    assert ada["top_channel_share"] == 0.5
    assert ada["channel_shares"] == "app 50 %, shop 50 %"
    assert profiles["C"]["top_channel"] is None


def test_posts_count_to_the_end_of_the_local_day(profiles: dict[str, dict[str, Any]]) -> None:
    bo = profiles["B"]
    assert (bo["post_count"], bo["post_30_count"], bo["post_90_count"]) == (3, 2, 3)
    assert bo["like_count"] == 5
    assert bo["reply_count"] is None


def test_tickets(profiles: dict[str, dict[str, Any]]) -> None:
    cy = profiles["C"]
    assert (cy["ticket_count"], cy["open_ticket_count"], cy["ticket_90_count"]) == (5, 2, 4)
    assert cy["median_solve_hours"] == 3.0
    assert cy["last_ticket_at"] == datetime(2026, 6, 30)


def test_golden_values_survive_by_trust_then_recency(profiles: dict[str, dict[str, Any]]) -> None:
    assert profiles["D"]["full_name"] == "Di Lee"
    assert (profiles["A"]["full_name"], profiles["A"]["phone"]) == ("A. Ho", "+852 1")
    assert profiles["C"]["full_name"] is None


def test_a_profile_of_nothing_has_zero_counts_and_null_times(profiles: dict[str, dict[str, Any]]) -> None:
    di = profiles["D"]
    assert (di["order_count"], di["post_count"], di["ticket_count"], di["net_amount"]) == (0, 0, 0, 0)
    assert di["first_seen_at"] is di["last_order_at"] is di["refund_share"] is None


@pytest.mark.parametrize("engine", ENGINES)
def test_provenance_names_the_witness_and_the_reason(engine: str) -> None:
    attribute = table(
        ATTRIBUTE,
        ("crm", "1", "email", "new@x", "new@x", datetime(2026, 1, 1), datetime(2026, 1, 1), 1, "d", 1),
        ("shop", "2", "email", "old@x", "old@x", datetime(2020, 1, 1), datetime(2026, 5, 1), 9, "d", 2),
        ("shop", "2", "phone", "+1", "+1", datetime(2020, 1, 1), datetime(2026, 5, 1), 9, "d", 2),
    )
    world = World(
        engine,
        attribute=attribute.with_columns(origin=pl.col("source")),
        identity=table(IDENTITY, ("crm", "1", "A"), ("shop", "2", "A")),
        trust=table({"origin": pl.String, "trust": pl.Int64}, ("crm", 1), ("shop", 3)),
    )
    found = build_provenance(world["attribute"], world["identity"], world["trust"])
    assert world.rows(found, "attribute", "place", "value", "origin", "rule") == [
        ("email", 1, "new@x", "crm", "most trusted source"),
        ("email", 2, "old@x", "shop", "runner-up"),
        ("phone", 1, "+1", "shop", "only value"),
    ]


@pytest.mark.parametrize(
    ("zone", "until", "since"),
    [
        ("Asia/Hong_Kong", datetime(2026, 6, 30, 16), datetime(2026, 5, 31, 16)),
        ("Europe/London", datetime(2026, 6, 30, 23), datetime(2026, 5, 31, 23)),
    ],
)
def test_windows_begin_and_end_at_local_midnight(zone: str, until: datetime, since: datetime) -> None:
    windows = open_windows(NIGHT, zone)
    assert (windows.until, windows.since[30]) == (until, since)


def test_windows_across_the_end_of_summer_time() -> None:
    windows = open_windows(date(2026, 11, 10), "Europe/London")
    assert windows.until == datetime(2026, 11, 11)
    assert windows.since[30] == datetime(2026, 10, 11, 23)
