"""What a customer bought: orders, amounts, categories and channels, folded from the facts of accounts.

Written against Narwhals; every frame has an account's source and account_id, `identity` its customer_id.
"""

from __future__ import annotations

import narwhals as nw

from transforms.engine import Frame, pick_greatest
from transforms.profile.aggregates.channels import share_channels
from transforms.profile.windows import DAYS, Windows

ACCOUNT = ["source", "account_id"]
ZERO = (
    "order_count", "cancelled_order_count", "line_count", *(f"order_{d}_count" for d in DAYS),
    "gross_amount", "refund_amount", "net_amount", *(f"net_{d}_amount" for d in DAYS),
)  # fmt: skip
"""Columns that are 0 where nothing was bought."""


def fold_orders(order: Frame, identity: Frame, windows: Windows) -> Frame:
    """One row per customer who ever ordered: counts and amounts, whole and by window."""
    mine = order.join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")
    mine = mine.with_columns(
        kept=nw.col("is_kept").cast(nw.Int64),
        kept_at=nw.when(nw.col("is_kept")).then(nw.col("ordered_at")),
        kept_amount=nw.when(nw.col("is_kept")).then(nw.col("net_amount")),
    )
    for days, since in windows.since.items():
        inside = nw.col("ordered_at") >= since
        mine = mine.with_columns(
            nw.when(inside).then(nw.col("kept")).alias(f"kept_{days}"),
            nw.when(inside).then(nw.col("net_amount")).alias(f"net_{days}"),
        )
    folded = mine.group_by("customer_id").agg(
        order_count=nw.col("kept").sum().cast(nw.Int64),
        cancelled_order_count=(1 - nw.col("kept")).sum().cast(nw.Int64),
        line_count=nw.col("line_count").sum().cast(nw.Int64),
        gross_amount=nw.col("sold_amount").sum(),
        refund_amount=nw.col("refund_amount").sum(),
        net_amount=nw.col("net_amount").sum(),
        kept_amount=nw.col("kept_amount").sum(),
        first_order_at=nw.col("kept_at").min(),
        last_order_at=nw.col("kept_at").max(),
        **{f"order_{d}_count": nw.col(f"kept_{d}").sum().cast(nw.Int64) for d in DAYS},
        **{f"net_{d}_amount": nw.col(f"net_{d}").sum() for d in DAYS},
    )
    return folded.with_columns(
        recency_days=((nw.lit(windows.until) - nw.col("last_order_at")).dt.total_seconds() // 86400).cast(nw.Int64),
        average_basket_amount=_ratio("kept_amount", "order_count"),
        refund_share=_ratio("refund_amount", "gross_amount"),
    ).drop("kept_amount")


def _ratio(above: str, below: str) -> nw.Expr:
    """A ratio as a float, null where the lower part is zero."""
    low = nw.col(below).cast(nw.Float64)
    return nw.when(low > 0).then(nw.col(above).cast(nw.Float64) / low)


def pick_category(category: Frame, identity: Frame) -> Frame:
    """One row per customer: top_category, on which most was spent net; null where no category is known."""
    mine = category.join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")
    spent = mine.group_by("customer_id", "category").agg(spent=nw.col("net_amount").sum().fill_null(0))
    return pick_greatest(spent, ["customer_id"], ["spent", "category"]).select("customer_id", top_category="category")


def fold_channels(order: Frame, identity: Frame) -> Frame:
    """One row per customer: top_channel, its share of the orders, and all shares as text (`shop 60 %, app 40 %`)."""
    return share_channels(order.filter(nw.col("is_kept")), identity)
