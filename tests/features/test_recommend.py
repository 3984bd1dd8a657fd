"""A shop of five people and what recommenders get of it, on every engine; the k-core against a short reference."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.frames import ENGINES, World, table
from transforms import recommend
from transforms.recommend import Split, choose_split

EVENT = {
    "customer_id": pl.String, "item_id": pl.String, "event_type": pl.String, "rating": pl.Float64,
    "quantity": pl.Float64, "net_amount": pl.Float64, "occurred_at": pl.Datetime("us"), "occurred_on": pl.Date,
    "channel": pl.String, "item_name": pl.String, "category": pl.String, "source": pl.String,
    "delivery_id": pl.String, "record": pl.Int64,
}  # fmt: skip
SPLIT = Split(date(2026, 6, 11), date(2026, 6, 21), datetime(2026, 6, 10, 16), datetime(2026, 6, 20, 16))
UNTIL = datetime(2026, 6, 30, 16)


def event(record: int, customer: str | None, item: str | None, at: str, **values: Any) -> tuple[Any, ...]:
    moment = datetime.fromisoformat(at)
    row: dict[str, Any] = dict.fromkeys(EVENT)
    row |= {"customer_id": customer, "item_id": item, "event_type": "sale", "occurred_at": moment}
    row |= {"occurred_on": moment.date(), "source": "shop", "delivery_id": "d", "record": record} | values
    return tuple(row.values())


EVENTS = [
    event(1, "ada", "tea", "2026-06-01T10:00", quantity=2.0, item_name="Tea", category="drinks"),
    event(2, "ada", "tea", "2026-06-02T10:00", quantity=1.0, item_name="Fine tea"),
    event(3, "ada", "cup", "2026-06-02T10:00", channel="app"),
    event(4, "ada", "cup", "2026-06-03T10:00", event_type="refund", quantity=-1.0),
    event(5, "bo", "tea", "2026-06-10T15:59", event_type="review", rating=4.5, quantity=1.0),
    event(6, "bo", "cup", "2026-06-10T16:00"),  # the first moment of validation
    event(7, "cy", "pot", "2026-06-20T16:00"),  # the first moment of test: a cold customer and a cold item
    event(8, "cy", "tea", "2026-06-30T15:59:59", event_type="cancelled"),
    event(9, "cy", "tea", "2026-06-30T16:00"),  # after the day
    event(10, None, "tea", "2026-06-01T10:00"),
    event(11, "di", None, "2026-06-01T10:00"),
]


@pytest.fixture(params=ENGINES)
def world(request: pytest.FixtureRequest) -> World:
    world = World(request.param, event=table(EVENT, *EVENTS))
    rows = recommend.with_split(recommend.select_interactions(world["event"], UNTIL), SPLIT)
    world.frames["all"] = recommend.with_positive(rows, SPLIT)
    return world


def test_an_interaction_has_a_customer_an_item_and_lies_before_the_end(world: World) -> None:
    assert world.rows(world["all"], "record", "kind", "value", "split") == [
        (1, "purchase", 2.0, "train"), (2, "purchase", 1.0, "train"), (3, "purchase", 1.0, "train"),
        (4, "return", -1.0, "train"), (5, "review", 4.5, "train"), (6, "purchase", 1.0, "validation"),
        (7, "purchase", 1.0, "test"), (8, "cancelled", 1.0, "test"),
    ]  # fmt: skip


def test_items_have_their_last_name_and_popularity_before_the_split(world: World) -> None:
    counts = ("train_interaction_count", "train_customer_count")
    assert world.rows(recommend.build_items(world["all"]), "item_id", "item_name", "category", *counts) == [
        ("cup", None, None, 0, 0), ("pot", None, None, 0, 0), ("tea", "Fine tea", "drinks", 3, 2)
    ]  # fmt: skip


def trade(*lines: tuple[str, str, float | None, float | None]) -> list[tuple[Any, ...]]:
    """Events of one customer with one item: day of June, type, pieces, amount."""
    return [
        event(n, "ada", "tea", f"2026-06-{day}T10:00", event_type=kind, quantity=pieces, net_amount=amount)
        for n, (day, kind, pieces, amount) in enumerate(lines)
    ]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("lines", "positive"),
    [
        ([("01", "sale", 2, 20), ("02", "refund", -2, -20)], []),
        ([("01", "sale", 2, 20), ("02", "refund", -1, -20)], [0]),  # pieces, not money, say what is left
        ([("01", "sale", 2, 20), ("02", "refund", None, -5)], [0]),  # where all give amounts, these do
        ([("01", "sale", 2, 20), ("02", "refund", None, -20)], []),
        ([("01", "sale", None, None), ("02", "refund", None, None)], []),
        ([("01", "sale", 2, 20), ("11", "refund", -2, -20)], [0]),  # training cannot know it
        ([("01", "sale", 2, 20), ("11", "refund", -2, -20), ("12", "sale", 1, 10)], [0, 2]),
        ([("11", "sale", 2, 20), ("12", "refund", -2, -20), ("21", "sale", 1, 10)], [2]),
        ([("01", "refund", -9, -90), ("02", "sale", 1, 10)], [1]),  # bought before the history begins
        ([("01", "refund", 1, -10), ("01", "sale", 1, 10)], []),  # at one moment: bought, then returned
        ([("01", "review", None, None)], [0]),
    ],
)  # fmt: skip
def test_of_what_went_back_whole_nothing_is_positive_once_it_is_known(engine: str, lines: Any, positive: Any) -> None:
    world = World(engine, event=table(EVENT, *trade(*lines)))
    rows = recommend.with_split(recommend.select_interactions(world["event"], UNTIL), SPLIT)
    found = world.rows(recommend.with_positive(rows, SPLIT), "record", "is_positive")
    assert [record for record, is_positive in found if is_positive] == positive
    assert len(found) == len(lines)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("back", "positive"), [(-20.0, False), (-19.0, True)])
def test_a_line_whose_money_went_back_whole_is_not_positive(engine: str, back: float, positive: bool) -> None:
    refund = event(0, "ada", None, "2026-06-01T10:00", event_type="refund", net_amount=back)
    world = World(engine, event=table(EVENT, *trade(("01", "sale", 2, 20)), refund))
    rows = recommend.with_split(recommend.select_interactions(world["event"], UNTIL), SPLIT)
    assert world.rows(recommend.with_positive(rows, SPLIT), "is_positive") == [(positive,)]


def test_what_a_source_declares_to_be_no_goods_is_left_out_of_it_alone(world: World) -> None:
    kept = recommend.is_merchandise({"shop": ["c*p", "te", "p.t"], "other": ["tea"]})
    assert set(world.rows(world["all"].filter(kept), "item_id")) == {("tea",), ("pot",)}
    assert len(world.rows(world["all"].filter(recommend.is_merchandise({})), "record")) == 8


def test_what_train_does_not_know_is_cold(world: World) -> None:
    assert world.rows(recommend.find_cold(world["all"], "validation", "customer_id")) == []
    assert world.rows(recommend.find_cold(world["all"], "test", "customer_id")) == [("cy",)]
    assert world.rows(recommend.find_cold(world["all"], "test", "item_id")) == [("pot",)]


def test_numbers_follow_the_alphabet(world: World) -> None:
    assert world.rows(recommend.number_keys(world["all"], "item_id", "n")) == [("cup", 0), ("pot", 1), ("tea", 2)]


def test_only_customers_who_may_be_used_are_kept(world: World) -> None:
    world.add("granted", table({"customer_id": pl.String}, ("bo",), ("di",)))
    kept = recommend.keep_customers(world["all"], world["granted"])
    assert world.rows(kept, "record") == [(5,), (6,)]


def core_of(pairs: set[tuple[str, str]], k: int) -> set[tuple[str, str]]:
    """The reference: take away one sparse customer or item at a time."""
    while True:
        customers, items = Counter(c for c, _ in pairs), Counter(i for _, i in pairs)
        sparse = [p for p in pairs if customers[p[0]] < k or items[p[1]] < k]
        if not sparse:
            return pairs
        pairs = pairs - {sparse[0]}


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=25, deadline=None)
@given(st.sets(st.tuples(st.sampled_from("abcdef"), st.sampled_from("uvwxyz"))), st.integers(1, 4))
def test_the_k_core_is_that_of_the_reference(engine: str, pairs: set[tuple[str, str]], k: int) -> None:
    rows = table({"customer_id": pl.String, "item_id": pl.String}, *sorted(pairs))
    while True:
        world = World(engine, pair=rows)
        fewer = world.frame(recommend.drop_sparse(world["pair"], k))
        if fewer.height == rows.height:
            break
        rows = fewer
    assert set(rows.rows()) == core_of(pairs, k)


def days(*counts: int) -> list[tuple[date, int]]:
    return [(date(2026, 6, n), count) for n, count in enumerate(counts, 1)]


@pytest.mark.parametrize(
    ("counts", "validation", "test"),
    [
        ((10,) * 10, 9, 10),
        ((1, 97, 1, 1), 3, 4),
        ((1, 1, 1, 97), 3, 4),
        ((97, 1, 1, 1), 2, 3),  # one day holds nearly all: it trains
        ((5, 5), 2, 3),  # no day is left for the test
        ((5,), 2, 2),
    ],
)
def test_a_split_divides_no_day(counts: tuple[int, ...], validation: int, test: int) -> None:
    assert choose_split(days(*counts)) == (date(2026, 6, validation), date(2026, 6, test))
