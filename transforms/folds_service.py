"""What a customer asked: support tickets, folded from the facts of accounts. Written against Narwhals."""

from __future__ import annotations

import narwhals as nw

from transforms.engine import Frame
from transforms.windows import Windows

ACCOUNT = ["source", "account_id"]
ZERO = ("ticket_count", "open_ticket_count", "ticket_90_count")
"""Columns that are 0 where nothing was asked."""
CLOSED = (
    "solved", "closed", "resolved", "done", "completed", "complete", "finished", "cancelled", "canceled", "deleted",
    "已解決", "已解决", "已完成", "已關閉", "已关闭", "結束", "完成",
)  # fmt: skip
"""Words for the status of a ticket that is done."""


def fold_tickets(ticket: Frame, identity: Frame, windows: Windows) -> Frame:
    """One row per customer who ever asked for help.

    A ticket is open that was neither solved by the end of the business day nor has a status of CLOSED.
    """
    mine = ticket.join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")
    resolved, is_closed = nw.col("resolved_at"), nw.col("status").is_in(CLOSED).fill_null(False)
    mine = mine.with_columns(
        solved_at=nw.when(resolved < windows.until, resolved >= nw.col("opened_at")).then(resolved)
    ).with_columns(
        opened=(nw.col("solved_at").is_null() & ~is_closed).cast(nw.Int64),
        solve_hours=(nw.col("solved_at") - nw.col("opened_at")).dt.total_seconds().cast(nw.Float64) / 3600,
        recent=(nw.col("opened_at") >= windows.since[90]).cast(nw.Int64),
    )
    return mine.group_by("customer_id").agg(
        ticket_count=nw.len().cast(nw.Int64),
        open_ticket_count=nw.col("opened").sum().cast(nw.Int64),
        ticket_90_count=nw.col("recent").sum().cast(nw.Int64),
        median_solve_hours=nw.col("solve_hours").median(),
        last_ticket_at=nw.col("opened_at").max(),
    )
