"""By which channels a customer comes: with orders, or with tickets. Written against Narwhals."""

from __future__ import annotations

import narwhals as nw

from transforms.engine import Frame, join_texts, pick_greatest

ACCOUNT = ["source", "account_id"]


def share_channels(fact: Frame, identity: Frame, kind: str = "") -> Frame:
    """One row per customer with a channel: top_{kind}channel, top_{kind}channel_share, {kind}channel_shares (text).

    Each row of `fact` counts once, where its channel is known. The text is like `shop 60 %, app 40 %`.
    """
    known = fact.filter(~nw.col("channel").is_null())
    mine = known.join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")
    counted = mine.group_by("customer_id", "channel").agg(times=nw.len().cast(nw.Int64))
    counted = counted.with_columns(share=nw.col("times").cast(nw.Float64) / nw.col("times").sum().over("customer_id"))
    percent = (nw.col("share") * 100).round(0).cast(nw.Int64).cast(nw.String)
    said = counted.with_columns(said=nw.concat_str([nw.col("channel"), nw.lit(" "), percent, nw.lit(" %")]))
    shares = join_texts(said, ["customer_id"], "said", "times", f"{kind}channel_shares")
    top = pick_greatest(counted, ["customer_id"], ["times", "channel"])
    named = {f"top_{kind}channel": nw.col("channel"), f"top_{kind}channel_share": nw.col("share")}
    return top.select("customer_id", **named).join(shares, on="customer_id", how="inner")
