"""How a customer buys: how much at once, what most, when, and whether more than before.

Folded from the facts of accounts as in transforms.profile.aggregates.orders; only orders that count do, unless it says
otherwise.
"""

from __future__ import annotations

from datetime import timedelta

import narwhals as nw

from transforms.engine import Frame, pick_greatest, with_local_time
from transforms.profile.windows import Windows

ACCOUNT = ["source", "account_id"]
ZERO = ("item_count", "category_count")
"""Columns that are 0 where nothing was bought."""
TREND_DAYS = 90
HOURS, WEEKDAYS = range(24), range(1, 8)


def fold_baskets(order: Frame, identity: Frame) -> Frame:
    """One row per customer: lines and pieces sold on an average order; pieces only over orders that tell any."""
    mine = _join_customer(order.filter(nw.col("is_kept")), identity)
    return mine.group_by("customer_id").agg(
        average_basket_line_count=nw.col("sale_count").cast(nw.Float64).mean(),
        average_basket_piece_count=nw.col("milli_pieces").cast(nw.Float64).mean() / 1000,
    )


def _join_customer(fact: Frame, identity: Frame) -> Frame:
    return fact.join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")


def fold_trend(order: Frame, identity: Frame, windows: Windows) -> Frame:
    """One row per customer who bought before the last 90 days: net amount and orders of these less the 90 before.

    Who did not has nothing to compare with. Net amounts take orders wholly returned or cancelled along.
    """
    mine = _join_customer(order, identity)
    begin = windows.as_of - timedelta(days=TREND_DAYS)
    before = begin - timedelta(days=TREND_DAYS)
    day, kept = nw.col("ordered_on"), nw.col("is_kept").cast(nw.Int64)
    sign = nw.when(day > nw.lit(begin)).then(1).otherwise(nw.when(day > nw.lit(before)).then(-1).otherwise(0))
    mine = mine.with_columns(
        net_signed=nw.col("net_amount") * sign,
        order_signed=kept * sign,
        is_old=(nw.col("is_kept") & (day <= nw.lit(begin))).cast(nw.Int64),
    )
    folded = mine.group_by("customer_id").agg(
        net_trend_amount=nw.col("net_signed").sum().fill_null(0),
        order_trend_count=nw.col("order_signed").sum().cast(nw.Int64),
        old_count=nw.col("is_old").sum(),
    )
    return folded.filter(nw.col("old_count") > 0).drop("old_count")


def count_variety(fact: Frame, identity: Frame, thing: str) -> Frame:
    """One row per customer who bought any: how many different things, items or categories, returned or not."""
    bought = _join_customer(fact.filter(nw.col("sale_count") > 0), identity)
    return bought.group_by("customer_id").agg(nw.col(thing).n_unique().cast(nw.Int64).alias(f"{thing}_count"))


def pick_item(item: Frame, identity: Frame) -> Frame:
    """One row per customer: the item on most lines of sale; of those as frequent, the one most was spent on net."""
    bought = _join_customer(item.filter(nw.col("sale_count") > 0), identity)
    totals = bought.group_by("customer_id", "item").agg(
        sale_count=nw.col("sale_count").sum(),
        spent=nw.col("net_amount").sum().fill_null(0),
        top_item_name=nw.col("item_name").min(),
    )
    top = pick_greatest(totals, ["customer_id"], ["sale_count", "spent", "item"])
    return top.select("customer_id", "top_item_name", top_item_id="item")


def pick_moments(order: Frame, identity: Frame, windows: Windows) -> Frame:
    """One row per customer: the hour (0–23) and weekday (Monday is 1) of most orders, in the settings' time zone.

    Of those as frequent, the later one.
    """
    mine = with_local_time(_join_customer(order.filter(nw.col("is_kept")), identity), "ordered_at", windows.timezone)
    mine = mine.with_columns(hour=nw.col("ordered_at").dt.hour(), weekday=nw.col("ordered_at").dt.weekday())
    counted = mine.group_by("customer_id").agg(*_count_each("hour", HOURS), *_count_each("weekday", WEEKDAYS))
    return counted.select(
        "customer_id", top_hour=_pick_most("hour", HOURS), top_weekday=_pick_most("weekday", WEEKDAYS)
    )


def _count_each(name: str, values: range) -> list[nw.Expr]:
    """How often each value is there, a column each: one pass, where sorting took five times as long."""
    return [(nw.col(name) == value).cast(nw.Int64).sum().cast(nw.Int64).alias(f"{name}_{value}") for value in values]


def _pick_most(name: str, values: range) -> nw.Expr:
    """The value that is there most often; count and value are one number of which the greatest wins."""
    return nw.max_horizontal(*(nw.col(f"{name}_{value}") * 32 + value for value in values)) % 32
