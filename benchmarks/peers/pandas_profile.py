"""profile.sql in pandas: one row per customer, out of event, identity and person. Amounts come in as cents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import numpy as np
import pandas as pd

GOLDEN = ["full_name", "given_name", "surname", "email", "phone", "national_id", "handle", "birth_date", "gender",
          "language", "district", "address", "postcode"]  # fmt: skip
COUNTS = ["order_count", "cancelled_order_count", "line_count", "order_30_count", "order_90_count", "order_365_count",
          "post_count", "post_30_count", "post_90_count", "post_365_count", "ticket_count", "open_ticket_count",
          "ticket_90_count"]  # fmt: skip
AMOUNTS = ["gross_amount", "refund_amount", "net_amount", "net_30_amount", "net_90_amount", "net_365_amount"]


def build_profile(
    event: pd.DataFrame,
    identity: pd.DataFrame,
    person: pd.DataFrame,
    as_of: pd.Timestamp,
    midnights: Mapping[int, pd.Timestamp],
) -> pd.DataFrame:
    """Every column of customer_profile. `midnights`: when the day ends (0), when its windows of so many days begin."""
    until, since = midnights[0], {days: at for days, at in midnights.items() if days}
    mine = event.merge(identity, on=["source", "account_id"])
    sale = mine[mine["kind"] == "transactions"]
    receipt = fold_receipts(sale)
    parts = [
        fold_presence(identity),
        pick_golden(person.merge(identity, on=["source", "account_id"])),
        mine.groupby("customer_id")["occurred_at"].agg(first_seen_at="min", last_seen_at="max"),
        fold_orders(receipt, until, since),
        pick_category(sale),
        fold_channels(receipt),
        fold_posts(mine[mine["kind"] == "social"], as_of),
        fold_tickets(mine[mine["kind"] == "support"], until, since),
    ]
    profile = reduce(lambda left, right: left.join(right, how="left"), parts)
    profile[COUNTS] = profile[COUNTS].fillna(0).astype("int64")
    profile[AMOUNTS] = profile[AMOUNTS].fillna(0) / 100
    return profile.assign(as_of=as_of).sort_index().reset_index()


def fold_receipts(sale: pd.DataFrame) -> pd.DataFrame:
    """One row per receipt of an account."""
    amount = sale["net_amount"]
    lines = sale[["customer_id", "source", "account_id", "order_id", "occurred_at", "channel"]].assign(
        gross=amount.clip(lower=0), refund=(-amount).clip(lower=0), net=amount, is_kept=sale["event_type"] == "sale"
    )
    return lines.groupby(["customer_id", "source", "account_id", "order_id"], sort=False, as_index=False).agg(
        ordered_at=("occurred_at", "min"), line_count=("net", "size"), gross=("gross", "sum"),
        refund=("refund", "sum"), net=("net", "sum"), is_kept=("is_kept", "max"), channel=("channel", "min"),
    )  # fmt: skip


def fold_orders(receipt: pd.DataFrame, until: pd.Timestamp, since: Mapping[int, pd.Timestamp]) -> pd.DataFrame:
    """One row per customer who ever ordered."""
    kept = receipt["is_kept"].astype(bool)
    wide = receipt[["customer_id", "line_count", "gross", "refund", "net"]].assign(
        kept=kept.astype("int64"), gone=(~kept).astype("int64"), kept_net=receipt["net"].where(kept, 0),
        kept_at=receipt["ordered_at"].where(kept),
        **{f"kept_{n}": (kept & (receipt["ordered_at"] >= at)).astype("int64") for n, at in since.items()},
        **{f"net_{n}": receipt["net"].where(receipt["ordered_at"] >= at, 0) for n, at in since.items()},
    )  # fmt: skip
    found = wide.groupby("customer_id").agg(
        order_count=("kept", "sum"), cancelled_order_count=("gone", "sum"), line_count=("line_count", "sum"),
        gross_amount=("gross", "sum"), refund_amount=("refund", "sum"), net_amount=("net", "sum"),
        kept_net=("kept_net", "sum"), first_order_at=("kept_at", "min"), last_order_at=("kept_at", "max"),
        **{f"order_{n}_count": (f"kept_{n}", "sum") for n in since},
        **{f"net_{n}_amount": (f"net_{n}", "sum") for n in since},
    )  # fmt: skip
    basket = found["kept_net"] / found["order_count"].where(found["order_count"] > 0)
    return found.drop(columns="kept_net").assign(
        average_basket_amount=np.sign(basket) * np.floor(basket.abs() + 0.5) / 100,
        refund_share=found["refund_amount"] / found["gross_amount"].where(found["gross_amount"] > 0),
        recency_days=((until - found["last_order_at"]).dt.total_seconds() // 86400).astype("Int64"),
    )


def pick_category(sale: pd.DataFrame) -> pd.DataFrame:
    """Where most was spent."""
    spent = sale.groupby(["customer_id", "category"], as_index=False)["net_amount"].sum()
    last = spent.sort_values(["net_amount", "category"]).drop_duplicates("customer_id", keep="last")
    return last.set_index("customer_id")[["category"]].rename(columns={"category": "top_category"})


def fold_channels(receipt: pd.DataFrame) -> pd.DataFrame:
    """Shares of orders by channel."""
    kept = receipt[receipt["is_kept"].astype(bool) & receipt["channel"].notna()]
    counted = kept.groupby(["customer_id", "channel"], as_index=False).size()
    share = counted["size"] / counted.groupby("customer_id")["size"].transform("sum")
    percent = np.floor(share * 100 + 0.5).astype("int64").astype("str")
    counted = counted.assign(share=share, said=counted["channel"] + " " + percent + " %")
    listed = counted.sort_values(["size", "channel"], ascending=[False, True]).groupby("customer_id")["said"]
    top = counted.sort_values(["size", "channel"]).drop_duplicates("customer_id", keep="last")
    top = top.set_index("customer_id")[["channel", "share"]]
    return top.set_axis(["top_channel", "top_channel_share"], axis=1).assign(channel_shares=listed.agg(", ".join))


def fold_posts(post: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """One row per customer who ever posted."""
    inside = {n: (post["occurred_on"] > as_of - pd.Timedelta(days=n)).astype("int64") for n in (30, 90, 365)}
    return post.assign(**{f"in_{n}": flag for n, flag in inside.items()}).groupby("customer_id").agg(
        post_count=("order_id", "size"), **{f"post_{n}_count": (f"in_{n}", "sum") for n in inside},
        like_count=("like_count", "sum"), reply_count=("reply_count", "sum"),
        first_post_at=("occurred_at", "min"), last_post_at=("occurred_at", "max"),
    )  # fmt: skip


def fold_tickets(ticket: pd.DataFrame, until: pd.Timestamp, since: Mapping[int, pd.Timestamp]) -> pd.DataFrame:
    """One row per customer who ever asked."""
    at, resolved = ticket["occurred_at"], ticket["resolved_at"]
    is_open = ~ticket["status"].isin(["solved", "closed"]) & (resolved.isna() | (resolved >= until))
    hours = ((resolved - at).dt.total_seconds() / 3600).where((resolved >= at) & (resolved <= until))
    wide = ticket.assign(is_open=is_open.astype("int64"), recent=(at >= since[90]).astype("int64"), hours=hours)
    return wide.groupby("customer_id").agg(
        ticket_count=("order_id", "size"), open_ticket_count=("is_open", "sum"), ticket_90_count=("recent", "sum"),
        median_solve_hours=("hours", "median"), last_ticket_at=("occurred_at", "max"),
    )  # fmt: skip


def pick_golden(person: pd.DataFrame) -> pd.DataFrame:
    """Of every attribute the value of the most trusted source, then the latest, then the last by text."""
    columns = {}
    for name in GOLDEN:
        if name not in person:
            columns[name] = pd.Series(dtype="str")
            continue
        told = person.loc[person[name].notna(), ["customer_id", "trust", "seen_at", name]]
        best = told.sort_values(["trust", "seen_at", name], ascending=[True, False, False], kind="stable")
        columns[name] = best.drop_duplicates("customer_id").set_index("customer_id")[name]
    return pd.DataFrame(columns)


def fold_presence(identity: pd.DataFrame) -> pd.DataFrame:
    """Accounts and sources of a customer."""
    counted = identity.groupby("customer_id")["source"].agg(account_count="size", source_count="nunique")
    pairs = identity[["customer_id", "source"]].drop_duplicates().sort_values("source")
    return counted.assign(sources=pairs.groupby("customer_id")["source"].agg(", ".join))
