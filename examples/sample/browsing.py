"""Visits of members between two purchases, and what the site showed them: CSV and JSON lines, a file about a month.

Everything is drawn from random streams of its own, so that the other silos stay as they are; and every visit lies
between the first and the last purchase of its account, so that profiles do, too.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl

from examples.sample.dirt import Row
from examples.sample.files import cut_by_days, write_csv, write_jsonl
from examples.sample.world import AS_OF, World

MONTH = 30
PART = 10
"""One member in so many is known by the site."""
CHANNELS = (("web", "app", "store"), (5, 4, 2))
CAMPAIGNS = ("SUMMER", "BEAUTY", "TECH")
CLICK_SHARE = 0.12


def write_browsing(folder: Path, world: World, sales: pl.DataFrame) -> None:
    """Write `visits/visits_<first day>.csv` and `impressions/impressions_<first day>.jsonl`."""
    spans = find_spans(sales)
    for first, rows in cut_by_days(build_visits(spans, world), world.start, AS_OF, MONTH):
        write_csv(folder / "visits" / f"visits_{first}.csv", rows)
    for first, rows in cut_by_days(build_impressions(spans, world), world.start, AS_OF, MONTH):
        write_jsonl(folder / "impressions" / f"impressions_{first}.jsonl", rows)


def build_assignments(spans: list[tuple[str, datetime, datetime]], world: World) -> list[Row]:
    """Who is to be treated by a campaign of two months before the end, and who is held out, three in ten, at random.

    Nothing in the sales comes of it: its uplift is none.
    """
    rng = Random(f"{world.seed}-campaigns")
    at = f"{max(world.start, AS_OF - timedelta(days=60))} 09:00:00"
    arms = rng.choices(["treated", "held_out"], [7, 3], k=len(spans))
    names = ("campaign", "account", "arm", "assigned_at")
    return [
        Row(dict(zip(names, (CAMPAIGNS[0], account, arm, at), strict=True)), [], at[:10])
        for (account, *_), arm in zip(spans, arms, strict=True)
    ]


def find_spans(sales: pl.DataFrame) -> list[tuple[str, datetime, datetime]]:
    """Of every tenth member who bought twice: the account, and its first and last purchase in local time."""
    known = sales.filter(pl.col("account").is_not_null()).group_by("account").agg(
        first=pl.col("sold_at").min(), last=pl.col("sold_at").max()
    )  # fmt: skip
    rows = known.filter(pl.col("first") < pl.col("last")).sort("account").gather_every(PART).rows()
    return [(account, datetime.fromisoformat(first), datetime.fromisoformat(last)) for account, first, last in rows]


def build_visits(spans: list[tuple[str, datetime, datetime]], world: World) -> list[Row]:
    """All visits in the order of their time."""
    rng = Random(f"{world.seed}-visits")
    drawn = [(draw_moment(rng, *between), account) for account, *between in spans for _ in range(rng.randint(1, 12))]
    names = ("visit_id", "account", "channel", "visited_at")
    channels = rng.choices(*CHANNELS, k=len(drawn))
    return [
        Row(dict(zip(names, (f"V{10**6 + n}", account, channel, str(at)), strict=True)), [], str(at.date()))
        for n, ((at, account), channel) in enumerate(zip(sorted(drawn), channels, strict=True))
    ]


def build_impressions(spans: list[tuple[str, datetime, datetime]], world: World) -> list[Row]:
    """What was shown of campaigns, in the order of its time; a member is shown a little or a lot."""
    rng = Random(f"{world.seed}-impressions")
    between = datetime.combine(world.start, datetime.min.time()), end_of(AS_OF)
    drawn = [(draw_moment(rng, *between), account) for account, *_ in spans for _ in range(rng.choice([2, 8, 24]))]
    return [
        Row(build_impression(f"I{10**7 + n}", account, at, rng), [], str(at.date()))
        for n, (at, account) in enumerate(sorted(drawn))
    ]


def build_impression(number: str, account: str, at: datetime, rng: Random) -> dict[str, Any]:
    """One impression."""
    campaign, is_clicked = rng.choice(CAMPAIGNS), rng.random() < CLICK_SHARE
    return {
        "id": number,
        "member": account,
        "campaign": campaign,
        "at": f"{at.isoformat()}+08:00",
        "clicked": is_clicked,
    }


def end_of(day: date) -> datetime:
    """The last second of a day."""
    return datetime.combine(day, datetime.min.time()) + timedelta(seconds=86_399)


def draw_moment(rng: Random, first: datetime, last: datetime) -> datetime:
    """A second from the first to the last."""
    return first + timedelta(seconds=rng.randint(0, int((last - first).total_seconds())))
