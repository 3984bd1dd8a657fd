"""What each account did, folded small: orders, spending by category, days of posting, tickets.

Facts belong to accounts, not customers, so that a merge or a split of customers never touches an event. Written against
Narwhals; `event` is clean.event, of which rows without an account count only as answers to a ticket.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import narwhals as nw

from transforms.engine import Frame, pick_greatest
from transforms.profile.aggregates.facts_support import THREAD, build_account_ticket, build_thread
from transforms.values.languages import LANGUAGES
from transforms.values.sentiment import NEGATIVE
from warehouse.types.roles import KINDS

ACCOUNT = ["source", "account_id"]
TOLD = [*ACCOUNT, "event_source"]
IS_SALE = (nw.col("event_type") == "sale").cast(nw.Int64)
PASSIVE = [name for name, kind in KINDS.items() if not kind.is_act]
"""Kinds of events that the customer does not do himself."""
MOST_PIECES = 1e9
"""A line of more is not counted in pieces."""


def select_events(event: Frame, until: datetime) -> Frame:
    """Events that occurred before `until` (UTC) and have an account, or may answer a ticket, under facts' own names.

    source and account_id are the account's, event_source is where it was told; order_id and ticket_id are the event's
    thread, or itself; posted_on is its business day; item is the id of what was bought, or its name where it has none.
    """
    is_known = ~nw.col("account_id").is_null() | (nw.col("kind") == "support")
    mine = event.filter(is_known, nw.col("occurred_at") < until)
    mine = mine.with_columns(event_source=nw.col("source"), thread=nw.coalesce("parent_id", "event_id"))
    return mine.with_columns(
        source=nw.col("account_source"),
        order_id=nw.col("thread"),
        ticket_id=nw.col("thread"),
        posted_on=nw.col("occurred_on"),
        item=nw.coalesce("item_id", "item_name"),
    )


def build_account_span(mine: Frame) -> Frame:
    """One row per account and source that told of it: when it first did anything and when last.

    What was only shown to a customer, he has not done.
    """
    known = mine.filter(~nw.col("account_id").is_null(), ~nw.col("kind").is_in(PASSIVE))
    return known.group_by(*TOLD).agg(first_at=nw.col("occurred_at").min(), last_at=nw.col("occurred_at").max())


def build_account_order(mine: Frame) -> Frame:
    """One row per account and order (a receipt; a sale without one is its own order).

    sold_amount and refund_amount (both ≥ 0) make net_amount, in the reporting currency; is_kept: something was sold,
    not only returned or cancelled; ordered_at: its first line, and ordered_on the business day of that; sale_count: its
    lines that are sales, and milli_pieces the thousandths of pieces on those (null: no quantity given).
    """
    sale = mine.filter(nw.col("kind") == "transactions")
    net = nw.col("net_amount")
    return (
        sale.with_columns(
            is_sale=IS_SALE,
            milli=nw.when(IS_SALE == 1, nw.col("quantity").abs() < MOST_PIECES).then(
                (nw.col("quantity") * 1000).round(0).cast(nw.Int64)
            ),
            sold=nw.when(net > 0).then(net),
            refund=nw.when(net < 0).then(-net),
        )
        .group_by(*TOLD, "order_id")
        .agg(
            ordered_at=nw.col("occurred_at").min(),
            ordered_on=nw.col("occurred_on").min(),
            last_line_at=nw.col("occurred_at").max(),
            line_count=nw.len().cast(nw.Int64),
            sold_amount=nw.col("sold").sum(),
            refund_amount=nw.col("refund").sum(),
            net_amount=net.sum(),
            sale_count=nw.col("is_sale").sum().cast(nw.Int64),
            milli_pieces=_sum_or_null("milli"),
            channel=nw.col("channel").min(),
        )
        .with_columns(is_kept=nw.col("sale_count") > 0)
    )


def build_account_category(mine: Frame) -> Frame:
    """One row per account and category of goods: net_amount, line_count, and sale_count of the lines that are sales."""
    sale = mine.filter(nw.col("kind") == "transactions", ~nw.col("category").is_null())
    return (
        sale.with_columns(is_sale=IS_SALE)
        .group_by(*TOLD, "category")
        .agg(
            net_amount=nw.col("net_amount").sum(),
            line_count=nw.len().cast(nw.Int64),
            sale_count=nw.col("is_sale").sum().cast(nw.Int64),
        )
    )


def build_account_item(mine: Frame) -> Frame:
    """One row per account and item: net_amount, sale_count of its lines, item_name (the first by the alphabet)."""
    sale = mine.filter(nw.col("kind") == "transactions", ~nw.col("item").is_null())
    return (
        sale.with_columns(is_sale=IS_SALE)
        .group_by(*TOLD, "item")
        .agg(
            net_amount=nw.col("net_amount").sum(),
            sale_count=nw.col("is_sale").sum().cast(nw.Int64),
            item_name=nw.col("item_name").min(),
        )
    )


def build_account_post_day(mine: Frame) -> Frame:
    """One row per account and business day with posts: how many, and their likes and replies (null: not given).

    said_count: those with a text; polarity_points: the sum of their polarities in ten-thousandths (whole, so that no
    order of adding changes it); last_polarity and last_said_at: of the last of them; <language>_count: by language.
    """
    post, day = mine.filter(nw.col("kind") == "social"), [*TOLD, "posted_on"]
    points = (nw.col("polarity") * 10_000).round(0).cast(nw.Int64)
    is_negative = nw.when(nw.col("polarity") <= NEGATIVE).then(nw.lit(1)).otherwise(nw.lit(0))
    told = post.with_columns(
        points=points,
        is_negative=is_negative,
        **{f"is_{x}": (nw.col("text_language") == x).fill_null(False).cast(nw.Int64) for x in LANGUAGES},
    )
    counted = told.group_by(*day).agg(
        post_count=nw.len().cast(nw.Int64),
        like_count=_sum_or_null("like_count"),
        reply_count=_sum_or_null("reply_count"),
        first_post_at=nw.col("occurred_at").min(),
        last_post_at=nw.col("occurred_at").max(),
        said_count=nw.col("points").count().cast(nw.Int64),
        polarity_points=_sum_or_null("points"),
        negative_post_count=nw.col("is_negative").sum().cast(nw.Int64),
        **{f"{x}_count": nw.col(f"is_{x}").sum().cast(nw.Int64) for x in LANGUAGES},
    )
    said = post.filter(~nw.col("polarity").is_null()).with_columns(_one=nw.lit(1))
    last = pick_greatest(said, day, ["occurred_at", "event_id", "delivery_id", "record"])
    last = last.select(*day, last_polarity=nw.col("polarity"), last_said_at=nw.col("occurred_at"))
    return counted.join(last, on=day, how="left")


def _sum_or_null(name: str) -> nw.Expr:
    """The sum, or null where no value was given at all."""
    return nw.when(nw.col(name).count() > 0).then(nw.col(name).sum().cast(nw.Int64))


class Fact(NamedTuple):
    """One table of facts: how it is built of selected events, what tells its rows apart, and of which kind it tells."""

    build: Callable[[Frame], Frame]
    key: list[str]
    kind: str = ""
    """The kind of its events; empty: of any."""


FACTS = {
    "span": Fact(build_account_span, TOLD),
    "order": Fact(build_account_order, [*TOLD, "order_id"], "transactions"),
    "category": Fact(build_account_category, [*TOLD, "category"], "transactions"),
    "item": Fact(build_account_item, [*TOLD, "item"], "transactions"),
    "post_day": Fact(build_account_post_day, [*TOLD, "posted_on"], "social"),
    "ticket": Fact(build_account_ticket, [*TOLD, "ticket_id"], "support"),
    "thread": Fact(build_thread, THREAD, "support"),
}
"""The tables profile.account_<name>. A row depends on the events of its key alone, so that only keys with changed
events need be rebuilt."""
