"""What each account did, folded small: orders, spending by category, days of posting, tickets.

Facts belong to accounts, not customers, so that a merge or a split of customers never touches an event. Written against
Narwhals; `event` is clean.event, of which only rows with an account count.
"""

from __future__ import annotations

from datetime import datetime

import narwhals as nw

from transforms.engine import Frame, pick_greatest

ACCOUNT = ["source", "account_id"]
CLOSED = (
    "solved", "closed", "resolved", "done", "completed", "complete", "finished", "cancelled", "canceled", "deleted",
    "已解決", "已解决", "已完成", "已關閉", "已关闭", "結束", "完成",
)  # fmt: skip


def select_events(event: Frame, kind: str, until: datetime) -> Frame:
    """Events of a kind that have an account and occurred before `until` (UTC), by the account's own source."""
    mine = event.filter(nw.col("kind") == kind, ~nw.col("account_id").is_null(), nw.col("occurred_at") < until)
    return mine.with_columns(event_source=nw.col("source")).with_columns(source=nw.col("account_source"))


def build_account_span(event: Frame, until: datetime) -> Frame:
    """One row per account that did anything before `until`: when first and when last."""
    mine = event.filter(~nw.col("account_id").is_null(), nw.col("occurred_at") < until)
    mine = mine.select("account_id", "occurred_at", source=nw.col("account_source"))
    return mine.group_by(*ACCOUNT).agg(first_at=nw.col("occurred_at").min(), last_at=nw.col("occurred_at").max())


def build_account_order(event: Frame, until: datetime) -> Frame:
    """One row per account and order (a receipt; a sale without one is its own order).

    sold_amount and refund_amount (both ≥ 0) make net_amount, in the reporting currency; is_kept: something was sold,
    not only returned or cancelled; ordered_at: its first line.
    """
    sale = select_events(event, "transactions", until).with_columns(
        order_id=nw.coalesce("parent_id", "event_id"), is_sale=(nw.col("event_type") == "sale").cast(nw.Int64)
    )
    net = nw.col("net_amount")
    return (
        sale.with_columns(
            sold=nw.when(net > 0).then(net),
            refund=nw.when(net < 0).then(-net),
        )
        .group_by(*ACCOUNT, "event_source", "order_id")
        .agg(
            ordered_at=nw.col("occurred_at").min(),
            last_line_at=nw.col("occurred_at").max(),
            line_count=nw.len().cast(nw.Int64),
            sold_amount=nw.col("sold").sum(),
            refund_amount=nw.col("refund").sum(),
            net_amount=net.sum(),
            sale_count=nw.col("is_sale").sum().cast(nw.Int64),
            channel=nw.col("channel").min(),
        )
        .with_columns(is_kept=nw.col("sale_count") > 0)
        .drop("sale_count")
    )


def build_account_category(event: Frame, until: datetime) -> Frame:
    """One row per account and category of goods: net_amount and line_count."""
    sale = select_events(event, "transactions", until).filter(~nw.col("category").is_null())
    return sale.group_by(*ACCOUNT, "category").agg(
        net_amount=nw.col("net_amount").sum(), line_count=nw.len().cast(nw.Int64)
    )


def build_account_post_day(event: Frame, until: datetime) -> Frame:
    """One row per account and business day with posts: how many, and their likes and replies (null: not given)."""
    post = select_events(event, "social", until).with_columns(posted_on=nw.col("occurred_on"))
    return post.group_by(*ACCOUNT, "posted_on").agg(
        post_count=nw.len().cast(nw.Int64),
        like_count=_sum_or_null("like_count"),
        reply_count=_sum_or_null("reply_count"),
        first_post_at=nw.col("occurred_at").min(),
        last_post_at=nw.col("occurred_at").max(),
    )


def _sum_or_null(name: str) -> nw.Expr:
    """The sum, or null where no value was given at all."""
    return nw.when(nw.col(name).count() > 0).then(nw.col(name).sum().cast(nw.Int64))


def build_account_ticket(event: Frame, until: datetime) -> Frame:
    """One row per account and ticket (a thread of messages is one): opened_at, its last word, hours to solve.

    is_open: neither solved before `until` nor in a status that says closed. solve_hours is null for one not solved.
    """
    ticket = select_events(event, "support", until).with_columns(ticket_id=nw.coalesce("parent_id", "event_id"))
    thread = [*ACCOUNT, "event_source", "ticket_id"]
    opened = ticket.group_by(*thread).agg(
        opened_at=nw.col("occurred_at").min(),
        last_word_at=nw.col("occurred_at").max(),
        resolved=nw.col("resolved_at").max(),
    )
    last = pick_greatest(ticket.with_columns(_one=nw.lit(1)), thread, ["occurred_at", "event_id"])
    joined = opened.join(last.select(*thread, status=nw.col("status").str.to_lowercase()), on=thread, how="inner")
    solved_at = nw.when(nw.col("resolved") < until, nw.col("resolved") >= nw.col("opened_at")).then(nw.col("resolved"))
    return joined.with_columns(resolved_at=solved_at).select(
        *thread,
        "opened_at",
        "last_word_at",
        "resolved_at",
        is_open=nw.col("resolved_at").is_null() & ~nw.col("status").is_in(CLOSED).fill_null(False),
        solve_hours=(nw.col("resolved_at") - nw.col("opened_at")).dt.total_seconds().cast(nw.Float64) / 3600,
    )
