"""Scores and segments on every engine: fifths that no tie is split over."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest

from tests.worlds.frames import ENGINES, World, table
from transforms.profile.rfm import SEGMENTS, score_buyers

BUYER = {"customer_id": pl.String, "order_count": pl.Int64, "net_amount": pl.Decimal(18, 2), "recency_days": pl.Int64}
SCORES = ("recency_score", "frequency_score", "monetary_score")


def score(engine, *rows):
    """Scores and segment by customer."""
    world = World(engine, profile=table(BUYER, *rows))
    found = world.rows(score_buyers(world["profile"]), "customer_id", *SCORES, "segment")
    return {row[0]: row[1:] for row in found}


@pytest.mark.parametrize("engine", ENGINES)
def test_five_customers_stand_in_a_fifth_each_and_who_never_bought_in_none(engine):
    found = score(
        engine,
        ("best", 9, 900, 1), ("worst", 1, 10, 500), ("new", 2, 90, 2), ("old friend", 8, 500, 300),
        ("middle", 5, 95, 20), ("visitor", 0, 0, None),
    )  # fmt: skip
    assert found == {
        "best": (5, 5, 5, "champions"),
        "new": (4, 2, 2, "potential_loyalist"),
        "middle": (3, 3, 3, "need_attention"),
        "old friend": (2, 4, 4, "at_risk"),
        "worst": (1, 1, 1, "lost"),
        "visitor": (None, None, None, None),
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_equal_customers_score_alike_however_many_they_are(engine):
    once = [(f"c{n}", 1, 5, 7) for n in range(8)]
    found = score(engine, *once, ("twice", 2, 5, 7), ("often", 9, 6, 8))
    assert {found[f"c{n}"] for n in range(8)} == {(5, 1, 1, "new_customers")}
    assert found["twice"] == (5, 5, 1, "champions")
    assert found["often"] == (1, 5, 5, "cant_lose_them")


@pytest.mark.parametrize("engine", ENGINES)
def test_nobody_bought(engine):
    assert score(engine, ("visitor", 0, 0, None)) == {"visitor": (None, None, None, None)}


def test_engines_agree_and_scores_are_ranks():
    random = Random(4)
    rows = [(f"c{n}", random.randrange(4), random.randrange(9), random.randrange(9)) for n in range(200)]
    ours = score("polars", *rows)
    assert ours == score("duckdb", *rows)
    buyers = [row for row in rows if row[1]]
    for customer, _, net, days in buyers:
        assert ours[customer][0] == 5 - 5 * sum(row[3] < days for row in buyers) // len(buyers)
        assert ours[customer][2] == 1 + 5 * sum(row[2] < net for row in buyers) // len(buyers)


def test_every_segment_has_a_cell():
    assert len({name for row in SEGMENTS.values() for name in row}) == 11
    assert [len(row) for row in SEGMENTS.values()] == [5] * 5
