"""A promotion on dated days, which sells more of one category at a lower price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import polars as pl

from examples.sample.world import AS_OF, World

LIFT = 3.0
"""Lines that are sold besides, in lines of usual days."""
FIRST_ORDER = 30_000_000
"""Orders of a campaign are numbered from here; no other receipt has such a number."""


@dataclass(frozen=True)
class Campaign:
    """What was promoted, when, and at which discount."""

    name: str
    category: str
    first_on: date
    last_on: date
    discount: float


def plan_campaign(first: date) -> Campaign:
    """The summer sale: the middle third of the nights."""
    nights = (AS_OF - first).days + 1
    begin = first + timedelta(days=nights // 3)
    return Campaign("summer sale", "Sport", begin, begin + timedelta(days=max(1, nights // 3) - 1), 0.2)


def add_campaign(lines: pl.DataFrame, campaign: Campaign, world: World) -> pl.DataFrame:
    """Lines with those that the campaign sold, each a receipt of its own by somebody who bought such goods before."""
    rng = Random(f"{world.seed}-campaign")
    fit = (pl.col("category") == campaign.category) & (pl.col("quantity") > 0) & (pl.col("status") == "completed")
    usual = lines.filter(fit, pl.col("account").is_not_null())
    days = (campaign.last_on - campaign.first_on).days + 1
    count = max(5 * days, round(LIFT * usual.height / world.nights * days))
    nights = [(campaign.first_on - world.start).days + n % days for n in range(count)]
    night = pl.Series("night", nights, lines.schema["night"])
    sold_on = [str(world.start + timedelta(days=n)) for n in nights]
    number = pl.int_range(pl.len()) + FIRST_ORDER
    more = usual[[rng.randrange(usual.height) for _ in range(count)]].with_columns(
        night,
        pl.concat_str(pl.Series("day", sold_on), pl.col("sold_at").str.slice(10)).alias("sold_at"),
        pl.format("S{}", number).alias("order_no"),
        pl.format("S{}-1", number).alias("line_id"),
        (pl.col("amount") * pl.lit(1 - campaign.discount)).round(2).cast(lines.schema["amount"]).alias("amount"),
    )
    return (
        pl.concat([lines, more])
        .sort("night", "sold_at", "line_id")
        .with_columns(pl.int_range(pl.len()).alias("place").cast(lines.schema["place"]))
    )
