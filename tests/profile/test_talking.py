"""Posts of three customers on both engines: polarity, its trend, and the language they write in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from tests.worlds.frames import ENGINES, World, table
from transforms.clean.events import EVENT
from transforms.profile.aggregates.facts import build_account_post_day, select_events
from transforms.profile.aggregates.posts import fold_posts
from transforms.profile.windows import open_windows

WINDOWS = open_windows(date(2026, 6, 30), "Asia/Hong_Kong")
IDENTITY = {"source": pl.String, "account_id": pl.String, "customer_id": pl.String}


def post(account: str, at: str, polarity: float | None, language: str | None = None) -> tuple[Any, ...]:
    moment = datetime.fromisoformat(at)
    row: dict[str, Any] = dict.fromkeys(EVENT)
    row |= {"source": "x", "account_source": "x", "account_id": account, "kind": "social", "event_type": "post"}
    row |= {"event_id": f"{account}{at}", "occurred_at": moment, "occurred_on": (moment + timedelta(hours=8)).date()}
    row |= {"delivery_id": "d", "record": 1, "polarity": polarity, "text_language": language}
    return tuple(row.values())


POSTS = [
    # Ada, of two accounts: glad in spring (mean 0.5), angry since April (mean -0.5), and last a picture without a word.
    post("ada", "2026-03-01T10:00", 0.4, "en"),
    post("ada2", "2026-03-02T10:00", 0.6, "yue"),
    post("ada", "2026-06-01T10:00", -0.3, "yue"),
    post("ada", "2026-06-01T11:00", -0.7, "yue"),
    post("ada2", "2026-06-02T10:00", None),
    # Bo wrote once, long ago, in as much English as Cantonese; Cy never wrote a word.
    post("bo", "2025-01-01T10:00", -0.2, "en"),
    post("bo", "2025-01-01T11:00", -0.1, "yue"),
    post("cy", "2026-06-01T10:00", None),
]


@pytest.fixture(params=ENGINES)
def talkers(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    accounts = [("x", "ada", "A"), ("x", "ada2", "A"), ("x", "bo", "B"), ("x", "cy", "C")]
    world = World(request.param, event=table(EVENT, *POSTS), identity=table(IDENTITY, *accounts))
    world.add("post_day", world.frame(build_account_post_day(select_events(world["event"], WINDOWS.until))))
    found = world.frame(fold_posts(world["post_day"], world["identity"], WINDOWS))
    return {row["customer_id"]: row for row in found.iter_rows(named=True)}


def test_the_last_text_the_mean_and_the_trend(talkers: dict[str, dict[str, Any]]) -> None:
    ada = talkers["A"]
    assert ada["post_polarity_last"] == -0.7
    assert ada["post_polarity_mean"] == pytest.approx(0.0)
    assert ada["post_polarity_trend"] == pytest.approx(-1.0)
    assert (ada["post_count"], ada["negative_post_count"]) == (5, 2)


def test_no_trend_without_both_windows(talkers: dict[str, dict[str, Any]]) -> None:
    bo = talkers["B"]
    assert bo["post_polarity_trend"] is None
    assert bo["post_polarity_mean"] == pytest.approx(-0.15)
    assert bo["negative_post_count"] == 1


def test_the_language_of_most_posts(talkers: dict[str, dict[str, Any]]) -> None:
    assert [talkers[c]["post_language"] for c in "ABC"] == ["yue", "yue", None]


def test_who_never_wrote_a_word_has_no_mood(talkers: dict[str, dict[str, Any]]) -> None:
    cy = talkers["C"]
    assert (cy["post_count"], cy["negative_post_count"]) == (1, 0)
    assert cy["post_polarity_last"] is cy["post_polarity_mean"] is cy["post_polarity_trend"] is None
