"""What a customer asked: support tickets, folded from the facts of accounts. Written against Narwhals."""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw

from transforms.engine import Frame, pick_greatest
from transforms.profile.aggregates.facts_support import CLOSED, THREAD
from transforms.profile.windows import Windows
from warehouse.types.vocabularies import TICKET_WORDS, list_spellings

ACCOUNT = ["source", "account_id"]
ZERO = (
    "ticket_count", "open_ticket_count", "ticket_90_count", "unsolved_ticket_count", "reopened_ticket_count",
    "asked_human_count", "bot_contained_count", "bot_escalated_count",
)  # fmt: skip
"""Columns that are 0 where nothing was asked."""
OPEN = list_spellings(TICKET_WORDS, "open")
"""Words for the status of a ticket that is not done, whenever it was solved before."""


def fold_tickets(facts: Mapping[str, Frame], identity: Frame, windows: Windows) -> Frame:
    """One row per customer who ever asked for help: counts, medians of hours, days, and the mood of the last ticket."""
    mine = facts["ticket"].join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")
    mine = _with_state(mine.join(facts["thread"], on=THREAD, how="left"), windows)
    folded = mine.group_by("customer_id").agg(
        ticket_count=nw.len().cast(nw.Int64),
        open_ticket_count=nw.col("opened").sum().cast(nw.Int64),
        ticket_90_count=nw.col("recent").sum().cast(nw.Int64),
        unsolved_ticket_count=nw.col("unsolved").sum().cast(nw.Int64),
        reopened_ticket_count=nw.col("reopened").sum().cast(nw.Int64),
        asked_human_count=nw.col("asked_human").sum().cast(nw.Int64),
        bot_contained_count=nw.col("contained").sum().cast(nw.Int64),
        bot_escalated_count=nw.col("escalated").sum().cast(nw.Int64),
        median_first_answer_hours=nw.col("answer_hours").median(),
        median_solve_hours=nw.col("solve_hours").median(),
        last_ticket_at=nw.col("opened_at").max(),
        last_asked_human_at=nw.col("asked_human_at").max(),
        oldest_complaint_at=nw.col("complaint_at").min(),
    )
    last = pick_greatest(mine, ["customer_id"], ["opened_at", *THREAD, *ACCOUNT])
    return folded.with_columns(
        days_since_last_ticket=_days_since("last_ticket_at", windows),
        days_since_asked_human=_days_since("last_asked_human_at", windows),
        complaint_open_days=_days_since("oldest_complaint_at", windows),
    ).join(last.select("customer_id", last_ticket_polarity="polarity"), on="customer_id", how="inner")


def _with_state(mine: Frame, windows: Windows) -> Frame:
    """Each ticket's state at the end of the business day, as 0 or 1, and its hours.

    A ticket is open that was neither solved by then nor has a status of CLOSED, or whose status is one of OPEN
    whenever it was solved. It is unsolved if its source tells of any ticket whether it is solved.
    """
    resolved, status = nw.col("resolved_at"), nw.col("status")
    is_told = (~resolved.is_null() | ~status.is_null()).cast(nw.Int64)
    solved = nw.when(resolved < windows.until, resolved >= nw.col("opened_at")).then(resolved)
    mine = mine.with_columns(solved_at=solved, told=is_told, is_open=status.is_in(OPEN).fill_null(False))
    is_opened = nw.col("is_open") | (nw.col("solved_at").is_null() & ~status.is_in(CLOSED).fill_null(False))
    mine = mine.with_columns(opened=is_opened.cast(nw.Int64), told=nw.col("told").max().over("event_source"))
    opened, has_bot = nw.col("opened") == 1, (nw.col("has_bot") == 1).fill_null(False)
    is_taken = (nw.col("has_human") == 1) | (nw.col("is_escalated") == 1)
    is_again = (nw.col("is_reopened") == 1) | (nw.col("is_open") & ~nw.col("solved_at").is_null())
    unsolved = opened & (nw.col("told") == 1)
    return mine.with_columns(
        recent=(nw.col("opened_at") >= windows.since[90]).cast(nw.Int64),
        unsolved=unsolved.cast(nw.Int64),
        reopened=is_again.cast(nw.Int64),
        asked_human=(~nw.col("asked_human_at").is_null()).cast(nw.Int64),
        contained=(has_bot & ~is_taken & ~opened).cast(nw.Int64),
        escalated=(has_bot & is_taken).cast(nw.Int64),
        answer_hours=_hours(nw.col("asked_at"), nw.col("first_answer_at")),
        solve_hours=nw.when(~opened).then(_hours(nw.col("opened_at"), nw.col("solved_at"))),
        complaint_at=nw.when(unsolved, nw.col("is_complaint") == 1).then(nw.col("opened_at")),
    )


def _hours(start: nw.Expr, end: nw.Expr) -> nw.Expr:
    return (end - start).dt.total_seconds().cast(nw.Float64) / 3600


def _days_since(name: str, windows: Windows) -> nw.Expr:
    """Whole days from a time to the end of the business day."""
    return ((nw.lit(windows.until) - nw.col(name)).dt.total_seconds() // 86400).cast(nw.Int64)
