"""What a customer wrote: posts and what came of them, folded from the facts of accounts. Written against Narwhals."""

from __future__ import annotations

from datetime import timedelta

import narwhals as nw

from transforms.engine import Frame
from transforms.windows import DAYS, Windows

ACCOUNT = ["source", "account_id"]
ZERO = ("post_count", *(f"post_{d}_count" for d in DAYS))
"""Columns that are 0 where nothing was posted."""


def fold_posts(post_day: Frame, identity: Frame, windows: Windows) -> Frame:
    """One row per customer who ever posted."""
    mine = post_day.join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")
    for days in DAYS:
        inside = nw.col("posted_on") > nw.lit(windows.as_of - timedelta(days=days))
        mine = mine.with_columns(nw.when(inside).then(nw.col("post_count")).alias(f"post_{days}"))
    return mine.group_by("customer_id").agg(
        post_count=nw.col("post_count").sum().cast(nw.Int64),
        **{f"post_{d}_count": nw.col(f"post_{d}").sum().cast(nw.Int64) for d in DAYS},
        like_count=nw.when(nw.col("like_count").count() > 0).then(nw.col("like_count").sum().cast(nw.Int64)),
        reply_count=nw.when(nw.col("reply_count").count() > 0).then(nw.col("reply_count").sum().cast(nw.Int64)),
        first_post_at=nw.col("first_post_at").min(),
        last_post_at=nw.col("last_post_at").max(),
    )
