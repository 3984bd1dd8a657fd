"""How five memorable customers buy, on every engine; expected values are worked out by hand in the comments."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.profile.test_profile import IDENTITY, sale
from tests.worlds.frames import ENGINES, World, table
from transforms.clean.events import EVENT
from transforms.profile.aggregates import baskets as folds_basket
from transforms.profile.aggregates import facts
from transforms.profile.windows import open_windows

WINDOWS = open_windows(date(2026, 6, 30), "Asia/Hong_Kong")
EVENTS = [
    # Ada, before the last 90 days (from 2 April on): 100 in February, 60 in December; within: 30, and 10 taken back.
    sale("ada", "2025-12-20T02:00", parent_id="a1", amount=60, item_id="T1", item_name="Tea", category="tea"),
    sale("ada", "2026-02-01T02:00", parent_id="a2", amount=100, item_id="P1", item_name="Pot", quantity=2.0),
    sale("ada2", "2026-05-01T15:59", parent_id="a3", amount=30, item_id="T1", quantity=3.0, category="tea"),
    sale("ada2", "2026-05-01T15:59", parent_id="a3", amount=0, item_name="Bag", event_id="bag", quantity=0.25),
    sale("ada2", "2026-05-02T02:00", parent_id="a4", amount=-10, item_id="T1", event_type="refund", quantity=-1.0),
    # Bo: two cups as often as two pots, the pots dearer; new, so without a trend. At 1 and 2 in the night, local.
    sale("bo", "2026-06-01T17:00", parent_id="b1", amount=20, item_id="C1", category="cups"),
    sale("bo", "2026-06-02T18:00", parent_id="b2", amount=90, item_id="P1", item_name="Pot"),
    # Cy: only a return, of something bought long ago. Di: what she buys has no name.
    sale("cy", "2026-06-01T10:00", parent_id="c1", amount=-20, item_id="C1", event_type="refund", category="cups"),
    sale("di", "2026-04-01T15:59", parent_id="d1", amount=5),
    # Ed bought on the last day before the 90 and on the first day of the 90 before.
    sale("ed", "2026-04-01T15:00", parent_id="e1", amount=7),
    sale("ed", "2026-01-02T16:00", parent_id="e2", amount=8),
    sale("ed", "2026-01-01T15:59", parent_id="e3", amount=1000),
]  # fmt: skip
ACCOUNTS = [("shop", account, account[0].upper()) for account in ("ada", "ada2", "bo", "cy", "di", "ed")]


@pytest.fixture(params=ENGINES)
def made(request: pytest.FixtureRequest) -> tuple[World, dict[str, Any]]:
    world = World(request.param, event=table(EVENT, *EVENTS), identity=table(IDENTITY, *ACCOUNTS))
    mine = facts.select_events(world["event"], WINDOWS.until)
    return world, {name: fact.build(mine) for name, fact in facts.FACTS.items()}


def test_baskets_count_what_was_sold(made):
    world, fact = made
    assert world.rows(folds_basket.fold_baskets(fact["order"], world["identity"])) == [
        ("A", 4 / 3, (2 + 3.25) / 2),  # the first of three orders says no quantity
        ("B", 1.0, None),
        ("D", 1.0, None),
        ("E", 1.0, None),
    ]


def test_trend_is_null_for_who_has_nothing_to_compare_with(made):
    world, fact = made
    trend = folds_basket.fold_trend(fact["order"], world["identity"], WINDOWS)
    assert world.rows(trend, "customer_id", "net_trend_amount", "order_trend_count") == [
        ("A", 30 - 10 - 100, 0),  # December is before both
        ("D", -5, -1),
        ("E", -15, -2),
    ]


def test_variety_counts_what_was_bought_once(made):
    world, fact = made
    items = folds_basket.count_variety(fact["item"], world["identity"], "item")
    categories = folds_basket.count_variety(fact["category"], world["identity"], "category")
    assert world.rows(items, "customer_id", "item_count") == [("A", 3), ("B", 2)]
    assert world.rows(categories, "customer_id", "category_count") == [("A", 1), ("B", 1)]  # Cy's cups are a return


def test_the_favourite_item_is_bought_most_often_then_spent_most_on(made):
    world, fact = made
    item = folds_basket.pick_item(fact["item"], world["identity"])
    assert world.rows(item, "customer_id", "top_item_id", "top_item_name") == [("A", "T1", "Tea"), ("B", "P1", "Pot")]


def test_favourite_moments_are_local(made):
    world, fact = made
    moments = folds_basket.pick_moments(fact["order"], world["identity"], WINDOWS)
    assert world.rows(moments, "customer_id", "top_hour", "top_weekday") == [
        ("A", 10, 7),  # twice at 10, once at 23:59; a Saturday, a Sunday and a Friday: the later
        ("B", 2, 3),
        ("D", 23, 3),
        ("E", 23, 6),
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_local_hours_follow_summer_time(engine):
    london = open_windows(date(2026, 6, 30), "Europe/London")
    lines = [sale("ada", "2026-01-15T12:00"), sale("ada2", "2026-06-15T12:00")]
    people = [("shop", "ada", "winter"), ("shop", "ada2", "summer")]
    world = World(engine, event=table(EVENT, *lines), identity=table(IDENTITY, *people))
    order = facts.build_account_order(facts.select_events(world["event"], london.until))
    moments = folds_basket.pick_moments(order, world["identity"], london)
    assert world.rows(moments, "customer_id", "top_hour") == [("summer", 13), ("winter", 12)]


@pytest.mark.parametrize("engine", ENGINES)
def test_quantities_nobody_can_have_meant_are_not_counted(engine):
    lines = [
        sale("ada", "2026-01-15T12:00", parent_id="o", quantity=q, event_id=str(q)) for q in (1e300, 2.0, float("nan"))
    ]
    world = World(engine, event=table(EVENT, *lines))
    order = facts.build_account_order(facts.select_events(world["event"], WINDOWS.until))
    assert world.rows(order, "sale_count", "milli_pieces") == [(3, 2000)]
