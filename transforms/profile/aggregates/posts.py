"""What a customer wrote: posts and what came of them, folded from the facts of accounts. Written against Narwhals."""

from __future__ import annotations

from datetime import date, timedelta

import narwhals as nw

from transforms.engine import Frame, pick_greatest
from transforms.profile.windows import DAYS, Windows
from transforms.values.languages import LANGUAGES

ACCOUNT = ["source", "account_id"]
ZERO = ("post_count", "negative_post_count", *(f"post_{d}_count" for d in DAYS))
"""Columns that are 0 where nothing was posted."""
TREND_DAYS = 90


def fold_posts(post_day: Frame, identity: Frame, windows: Windows) -> Frame:
    """One row per customer who ever posted."""
    mine = post_day.join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")
    for days in DAYS:
        inside = nw.col("posted_on") > nw.lit(windows.as_of - timedelta(days=days))
        mine = mine.with_columns(nw.when(inside).then(nw.col("post_count")).alias(f"post_{days}"))
    counted = mine.group_by("customer_id").agg(
        post_count=nw.col("post_count").sum().cast(nw.Int64),
        **{f"post_{d}_count": nw.col(f"post_{d}").sum().cast(nw.Int64) for d in DAYS},
        like_count=nw.when(nw.col("like_count").count() > 0).then(nw.col("like_count").sum().cast(nw.Int64)),
        reply_count=nw.when(nw.col("reply_count").count() > 0).then(nw.col("reply_count").sum().cast(nw.Int64)),
        first_post_at=nw.col("first_post_at").min(),
        last_post_at=nw.col("last_post_at").max(),
        negative_post_count=nw.col("negative_post_count").sum().cast(nw.Int64),
    )
    moods = fold_polarity(mine, windows.as_of)
    return counted.join(moods, on="customer_id", how="left").join(pick_language(mine), on="customer_id", how="left")


def fold_polarity(mine: Frame, as_of: date) -> Frame:
    """One row per customer whose posts have texts: polarity of the last, the mean, and whither it goes."""
    said = mine.filter(nw.col("said_count") > 0)
    day, until = nw.col("posted_on"), {days: as_of - timedelta(days=days) for days in (TREND_DAYS, 2 * TREND_DAYS)}
    windows = {
        "": ~day.is_null(),
        "_now": day > nw.lit(until[TREND_DAYS]),
        "_before": (day <= nw.lit(until[TREND_DAYS])) & (day > nw.lit(until[2 * TREND_DAYS])),
    }
    for name, inside in windows.items():
        parts = {f"points{name}": "polarity_points", f"said{name}": "said_count"}
        said = said.with_columns(**{n: nw.when(inside).then(nw.col(c)) for n, c in parts.items()})
    summed = said.group_by("customer_id").agg(
        **{f"mean{n}": nw.col(f"points{n}").sum().cast(nw.Float64) for n in windows},
        **{f"count{n}": nw.col(f"said{n}").sum().cast(nw.Float64) for n in windows},
    )
    mean = {
        n: nw.when(nw.col(f"count{n}") > 0).then(nw.col(f"mean{n}") / nw.col(f"count{n}") / 10_000) for n in windows
    }
    folded = summed.select(
        "customer_id", post_polarity_mean=mean[""], post_polarity_trend=mean["_now"] - mean["_before"]
    )
    last = pick_greatest(said, ["customer_id"], ["last_said_at", *ACCOUNT, "event_source"])
    return folded.join(
        last.select("customer_id", post_polarity_last=nw.col("last_polarity")), on="customer_id", how="left"
    )


def pick_language(mine: Frame) -> Frame:
    """One row per customer with posts in a language of LANGUAGES: the most frequent; among equals the first there."""
    counts = mine.group_by("customer_id").agg(**{x: nw.col(f"{x}_count").sum().cast(nw.Int64) for x in LANGUAGES})
    counts = counts.with_columns(_most=nw.max_horizontal(*LANGUAGES)).filter(nw.col("_most") > 0)
    language = nw.lit(LANGUAGES[-1])
    for name in reversed(LANGUAGES[:-1]):
        language = nw.when(nw.col(name) == nw.col("_most")).then(nw.lit(name)).otherwise(language)
    return counts.select("customer_id", post_language=language)
