"""Lives folded from orders, and what is expected of them, on every engine."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from tests.profile.test_profile import IDENTITY, sale
from tests.worlds.frames import ENGINES, World, table
from transforms.clean.events import EVENT
from transforms.profile.aggregates import facts
from transforms.profile.aggregates import lifetime_value as folds_lifetime
from transforms.profile.bgnbd import BgNbd, expect_if_alive, p_alive
from transforms.profile.gamma_gamma import GammaGamma, expect_value
from transforms.profile.windows import open_windows

WINDOWS = open_windows(date(2026, 6, 30), "Asia/Hong_Kong")
EVENTS = [
    # Ada: three days, two orders on one of them, over two accounts; something is returned by itself later.
    sale("ada", "2026-06-01T02:00", parent_id="a1", amount=80),
    sale("ada", "2026-06-10T15:59", parent_id="a2", amount=100),
    sale("ada2", "2026-06-10T01:00", parent_id="a3", amount=20),
    sale("ada2", "2026-06-10T16:00", parent_id="a4", amount=10),
    sale("ada", "2026-06-20T02:00", parent_id="a5", amount=-30, event_type="refund"),
    # Bo bought once, on the night's last day, and brought it back; Cy only ever cancelled.
    sale("bo", "2026-06-30T15:59", parent_id="b1", amount=5),
    sale("bo", "2026-06-30T15:59", parent_id="b1", amount=-5, event_type="refund", event_id="back"),
    sale("cy", "2026-06-01T10:00", parent_id="c1", amount=7, net_amount=0, event_type="cancelled"),
]
ACCOUNTS = [("shop", account, account[0].upper()) for account in ("ada", "ada2", "bo", "cy")]
LIFE = {"customer_id": pl.String, "repeats": pl.Int64, "recency": pl.Int64, "age": pl.Int64, "mean_worth": pl.Float64}
LIVES = [
    ("a", 0, 0, 0, 9.0), ("b", 0, 0, 700, -3.0), ("c", 3, 10, 11, 50.0), ("d", 3, 10, 999, 50.0),
    ("e", 400, 9, 999, 1.0),
]  # fmt: skip
OFTEN, WORTH = BgNbd(0.5, 60.0, 0.8, 2.4, 0), GammaGamma(6.25, 3.74, 15.44, 0)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_purchase_is_a_day_with_orders(engine):
    world = World(engine, event=table(EVENT, *EVENTS), identity=table(IDENTITY, *ACCOUNTS))
    order = facts.build_account_order(facts.select_events(world["event"], WINDOWS.until))
    lives = folds_lifetime.fold_lives(order, world["identity"], WINDOWS)
    assert world.rows(lives, *LIFE) == [("A", 2, 10, 29, 60.0), ("B", 0, 0, 0, 0.0)]


@pytest.mark.parametrize("engine", ENGINES)
def test_lives_are_counted_by_what_differs(engine):
    rows = [
        ("a", 1, 3, 10, 100.0),
        ("b", 1, 4, 11, 100.3),
        ("c", 1, 3, 10, 110.0),
        ("d", 0, 0, 10, 9.0),
        ("e", 1, 3, 10, -1.0),
    ]
    world = World(engine, lives=table(LIFE, *rows))
    days, weeks = (folds_lifetime.count_lives(world["lives"], step) for step in (1, 7))
    assert world.rows(days, "repeats", "recency", "age", "customers") == [(0, 0, 10, 1), (1, 3, 10, 3), (1, 4, 11, 1)]
    assert world.rows(weeks, "repeats", "recency", "age", "customers") == [(0, 0, 7, 1), (1, 0, 7, 3), (1, 7, 14, 1)]
    spent = world.frame(folds_lifetime.count_spending(world["lives"])).sort("step")
    assert spent["customers"].to_list() == [2, 1]
    assert spent["purchases"].to_list() == [2, 2]
    assert 1.01 ** spent["step"].to_numpy() == pytest.approx([100, 110], rel=0.006)


@pytest.mark.parametrize("engine", ENGINES)
def test_expectations_are_those_of_the_models(engine):
    world = World(engine, lives=table(LIFE, *LIVES))
    repeats, recency, age, mean = (np.array([row[n] for row in LIVES], dtype=np.float64) for n in (1, 2, 3, 4))
    ahead = {f"if_alive_{d}": expect_if_alive(OFTEN, repeats, age, d) for d in (90, 365)}
    world.add(
        "ahead", pl.DataFrame({"repeats": repeats, "age": age, **ahead}).cast({"repeats": pl.Int64, "age": pl.Int64})
    )
    found = world.frame(folds_lifetime.expect_lifetime(world["lives"], world["ahead"], OFTEN, WORTH))
    alive, value = p_alive(OFTEN, repeats, recency, age), expect_value(WORTH, repeats + 1, mean)
    assert found["p_alive"].to_numpy() == pytest.approx(alive, rel=1e-9, abs=1e-300)
    assert found["expected_365_count"].to_numpy() == pytest.approx(alive * ahead["if_alive_365"], rel=1e-9, abs=1e-300)
    expected = alive * ahead["if_alive_90"] * value
    assert found["expected_90_amount"].to_numpy() == pytest.approx(expected, rel=1e-9, abs=1e-300)
    assert found["p_alive"][4] < 1e-300  # far beyond what a float can hold, and no fault


@pytest.mark.parametrize("engine", ENGINES)
def test_without_a_model_nothing_is_expected(engine):
    ahead = table(
        {"repeats": pl.Int64, "age": pl.Int64, "if_alive_90": pl.Float64, "if_alive_365": pl.Float64}, (0, 0, 1.0, 2.0)
    )
    world = World(engine, lives=table(LIFE, LIVES[0]), ahead=ahead)
    columns = ("p_alive", "expected_365_count", "expected_365_amount")
    nothing = folds_lifetime.expect_lifetime(world["lives"], world["ahead"], None, None)
    assert world.rows(nothing, *columns) == [(None, None, None)]
    no_worth = folds_lifetime.expect_lifetime(world["lives"], world["ahead"], OFTEN, None)
    assert world.rows(no_worth, *columns) == [(1.0, 2.0, None)]
