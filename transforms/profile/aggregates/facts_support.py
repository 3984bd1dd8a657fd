"""What each account asked, folded small: its tickets, and the threads in which they were answered.

A thread of messages is one ticket; a row without a thread is a ticket of its own. Who wrote a message, and whether it
was a bot, is read from the roles event_type, agent, channel and status, never from a source's column names.
"""

from __future__ import annotations

import narwhals as nw

from transforms.engine import Frame, pick_greatest
from warehouse.types.vocabularies import NOBODY, TICKET_WORDS, list_spellings

TOLD = ["source", "account_id", "event_source"]
TICKET = [*TOLD, "ticket_id"]
THREAD = ["event_source", "ticket_id"]
"""Answers may stand in an agent's own account or in none: what became of a ticket is known of the thread alone."""
LAST = ["occurred_at", "event_id", "delivery_id", "record"]
CLOSED = list_spellings(TICKET_WORDS, "closed")
"""Words for the status of a ticket that is done."""
MESSAGE = r"(?:[ _-]?(?i:message|msg|reply|comment|response|answer|note)|回覆|訊息)?$"
CUSTOMERS = rf"^(?:(?i:customer|user|end[ _-]?user|requester|client|visitor|inbound|incoming)|客戶|顧客){MESSAGE}"
AGENTS = (
    r"^(?:(?i:agent|staff|operator|outbound|outgoing|(?:chat)?bot|ai|assistant|customer[ _-]?(?:service|care))"
    rf"|客服|職員|機械人){MESSAGE}"
)
"""Types of a message that a customer, or whoever answers, has written, as customer, agent_reply."""
BOT = (
    r"(?:^|[^A-Za-z])(?i:chat|voice|ro)?[-_ ]?(?i:bots?)(?:[^A-Za-z]|$)|[a-z]Bot(?:[^A-Za-z]|$)|^(?i:ai)$"
    r"|(?:^|[^A-Za-z])(?i:ai)[-_ ]?(?:(?i:agent|assistant|chat|support)|客服|助理|助手)"
    r"|(?i:virtual[-_ ]?(?:agent|assistant))"
    r"|(?:^|[^A-Za-z])(?i:ivr|automated)(?:[^A-Za-z]|$)|機械人|机械人|機器人|机器人|智能客服|虛擬助"
)
"""A bot, in a name, channel, status or type; Abbot and Talbot are none."""
ESCALATED = r"(?i:escalat|transfer|hand[-_ ]?(?:over|off))|轉人工|转人工|轉真人|转真人|轉接|转接"
REOPENED = r"(?i:re-?open)|重開|重开|重新打開|重新打开|重啟|重启"
COMPLAINT = r"(?i:complain|grievance)|投訴|投诉"
LOW_RATING = 2
"""A rating from 1 to this, of the usual 5, is a complaint."""


def build_account_ticket(mine: Frame) -> Frame:
    """One row per account and ticket: when it was opened, its last word, and what was asked.

    polarity is that of the customer's last text (null: no text); asked_human_at when it was last asked for a human;
    is_complaint is 0 or 1.
    """
    ticket = read_messages(mine.filter(~nw.col("account_id").is_null()), TICKET)
    ticket = ticket.with_columns(
        asked=nw.when((nw.col("is_answer") == 0) & nw.col("asks_human")).then(nw.col("occurred_at")),
        is_complaint=_flag(_any_says(COMPLAINT, "category", "event_type", "status") | _is_low()),
    )
    opened = ticket.group_by(*TICKET).agg(
        opened_at=nw.col("occurred_at").min(),
        last_word_at=nw.col("occurred_at").max(),
        channel=nw.col("channel").min(),
        is_complaint=nw.col("is_complaint").max(),
        asked_human_at=nw.col("asked").max(),
    )
    written = ticket.filter(nw.col("is_answer") == 0, ~nw.col("text").is_null())
    written = pick_greatest(written, TICKET, LAST).select(*TICKET, "polarity")
    return opened.join(written, on=TICKET, how="left")


def build_thread(mine: Frame) -> Frame:
    """One row per thread, whoever wrote in it: its last status, when it was solved, and who took part.

    resolved_at is the latest of its messages', which may lie before it was opened or in the future; where none is
    given, the last message that closed it, unless it was closed from the first. asked_at is the customer's first
    message, first_answer_at the first answer after it (null: none is known). has_bot, has_human (an agent who is no
    bot), is_escalated and is_reopened are 0 or 1.
    """
    message = read_messages(mine, THREAD)
    message = message.with_columns(
        asked=nw.when(nw.col("is_answer") == 0).then(nw.col("occurred_at")),
        closed=nw.when(nw.col("is_closed") == 1).then(nw.col("occurred_at")),
        has_human=_flag((nw.col("is_named") == 1) & ~_says(BOT, "agent") | _is_agents() & (nw.col("has_bot") == 0)),
        is_escalated=_flag(_any_says(ESCALATED, "event_type", "status")),
    ).with_columns(
        asked_at=nw.col("asked").min().over(*THREAD),
        closed_at=nw.col("closed").min().over(*THREAD),
        solved_at=nw.col("resolved_at").min().over(*THREAD),
    )
    is_told = (nw.col("event_type") != NOBODY).fill_null(True)
    is_reply = (nw.col("is_answer") == 1) & is_told & (nw.col("occurred_at") >= nw.col("asked_at"))
    message = message.with_columns(
        answered=nw.when(is_reply).then(nw.col("occurred_at")), is_reopened=_flag(_is_reopening())
    )
    thread = message.group_by(*THREAD).agg(
        resolved_at=nw.col("resolved_at").max(),
        first_closed_at=nw.col("closed").min(),
        last_closed_at=nw.col("closed").max(),
        asked_at=nw.col("asked").min(),
        first_answer_at=nw.col("answered").min(),
        **{name: nw.col(name).max() for name in ("has_bot", "has_human", "is_escalated", "is_reopened")},
    )
    closed = nw.when(nw.col("first_closed_at") > nw.col("asked_at")).then(nw.col("last_closed_at"))
    thread = thread.with_columns(resolved_at=nw.coalesce("resolved_at", closed))
    thread = thread.drop("first_closed_at", "last_closed_at")
    last = pick_greatest(message.filter(~nw.col("status").is_null()), THREAD, LAST)
    return thread.join(last.select(*THREAD, status=nw.col("status").str.to_lowercase()), on=THREAD, how="left")


def read_messages(mine: Frame, thread: list[str]) -> Frame:
    """Support events with who wrote them: is_answer, is_named (an agent's name), has_bot, is_closed; each 0 or 1.

    A message is an answer whose type says so, or that names an agent in a thread where others name none: an agent on
    every message, or on the ticket itself, is whom it was given to. What nobody is known to have said is not the
    customer's either.
    """
    support = mine.filter(nw.col("kind") == "support")
    is_customer = (nw.col("agent") == nw.col("account_id")).fill_null(False)
    support = support.with_columns(
        is_named=_flag(~nw.col("agent").is_null() & ~is_customer),
        has_bot=_flag(_any_says(BOT, "agent", "channel", "status", "event_type")),
        is_closed=_flag(nw.col("status").str.to_lowercase().is_in(CLOSED)),
    ).with_columns(always_named=nw.col("is_named").min().over(*thread))
    is_within = (~nw.col("parent_id").is_null() & (nw.col("parent_id") != nw.col("event_id"))).fill_null(False)
    is_authors = (nw.col("is_named") == 1) & (nw.col("always_named") == 0) & is_within
    is_customers, is_nobodys = _says(CUSTOMERS, "event_type"), nw.col("event_type") == NOBODY
    return support.with_columns(is_answer=_flag(_is_agents() | is_authors & ~is_customers | is_nobodys))


def _is_agents() -> nw.Expr:
    """Does the type of the message say that whoever answers wrote it?"""
    return _says(AGENTS, "event_type")


def _is_reopening() -> nw.Expr:
    """Is the message a word that reopens: said so, the customer's after solving, or an open status after a closed one?

    A status that stands on every message is the ticket's own: a message that is closed itself reopens nothing.
    """
    after, status = nw.col("occurred_at"), nw.col("status")
    is_customers = nw.col("is_answer") == 0
    is_open_again = (nw.col("is_closed") == 0) & (~status.is_null() | is_customers) & (after > nw.col("closed_at"))
    is_answering = is_customers & (after > nw.col("solved_at"))
    return is_open_again.fill_null(False) | is_answering.fill_null(False) | _any_says(REOPENED, "status", "event_type")


def _is_low() -> nw.Expr:
    return ((nw.col("rating") >= 1) & (nw.col("rating") <= LOW_RATING)).fill_null(False)


def _says(pattern: str, column: str) -> nw.Expr:
    return nw.col(column).str.contains(pattern).fill_null(False)


def _any_says(pattern: str, *columns: str) -> nw.Expr:
    """Does one of the columns hold the pattern?"""
    return nw.any_horizontal(*(_says(pattern, c) for c in columns), ignore_nulls=True)


def _flag(condition: nw.Expr) -> nw.Expr:
    """A condition as 0 or 1; unknown is 0."""
    return condition.fill_null(False).cast(nw.Int64)
