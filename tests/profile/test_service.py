"""Tickets of memorable customers, on every engine; expected values are worked out by hand in the comments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from tests.worlds.frames import ENGINES, World, table
from transforms.clean.events import EVENT
from transforms.profile.aggregates import facts
from transforms.profile.aggregates.channels import share_channels
from transforms.profile.aggregates.facts_support import BOT
from transforms.profile.aggregates.tickets import fold_tickets
from transforms.profile.windows import open_windows
from warehouse.contracts.published import published

IDENTITY = {"source": pl.String, "account_id": pl.String, "customer_id": pl.String}
WINDOWS = open_windows(date(2026, 6, 30), "UTC")
DESK = {"source": "desk", "account_source": "desk", "kind": "support", "event_type": "ticket", "delivery_id": "d"}


def say(who: str | None, at: str, thread: str | None = None, **values: Any) -> tuple[Any, ...]:
    """A ticket, or a message of a thread."""
    row: dict[str, Any] = dict.fromkeys(EVENT) | DESK | {"account_id": who, "occurred_at": datetime.fromisoformat(at)}
    row |= {"event_id": f"{who}{at}{values.get('agent')}", "parent_id": thread, "record": 1} | values
    return tuple(row[name] for name in EVENT)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


TICKETS = {
    # Ada chats: a bot greets, she writes at 10:00, the bot answers at 10:06 and a person without an account at 11:00.
    "ada": [
        say("ada", "2026-06-01T09:59", "t1", agent="HelpBot", text="hi", asks_human=True, polarity=1.0),
        say("ada", "2026-06-01T10:00", "t1", text="轉真人", asks_human=True, polarity=-0.5, channel="chat"),
        say("ada", "2026-06-01T10:06", "t1", agent="HelpBot", channel="chat"),
        say(None, "2026-06-01T11:00", "t1", agent="Talbot", status="solved", channel="chat"),
        say("ada", "2026-06-01T10:59", "t1", text="thanks", polarity=0.75, channel="chat"),
    ],
    # Bo asks twice: a bot ended the first alone; the second is a complaint, open for 20 whole days.
    "bo": [
        say("bo", "2026-06-01T10:00", channel="chatbot", status="Closed", text="?", polarity=0.1),
        say("bo", "2026-06-10T10:00", channel="email", status="open", category="Complaints", agent="Chan"),
    ],
    # Cy wrote again after a solving, di's status went back, and el's ticket has been solved and is open: all reopened.
    "cy": [
        say("cy", "2026-06-01T10:00", "t2", resolved_at=at("2026-06-02T10:00")),
        say("cy", "2026-06-03T10:00", "t2", text="still broken", polarity=-1.0),
    ],
    "di": [
        say("di", "2026-06-01T10:00", "t3", event_type="customer", status="solved", agent="Chan"),
        say("di", "2026-06-02T10:00", "t3", event_type="agent_reply", status="open", agent="Chan"),
    ],
    "el": [say("el", "2026-06-01T10:00", status="pending", resolved_at=at("2026-06-02T10:00"), rating=1)],
}  # fmt: skip


def fold(engine: str, *events: tuple[Any, ...]) -> dict[str, dict[str, Any]]:
    """Rows by customer, of accounts that are a customer each."""
    people = sorted({row[list(EVENT).index("account_id")] or "" for row in events} - {""})
    identity = table(IDENTITY, *(("desk", who, who) for who in people))
    world = World(engine, event=table(EVENT, *events), identity=identity)
    mine = facts.select_events(world["event"], WINDOWS.until)
    made = {name: facts.FACTS[name].build(mine) for name in ("ticket", "thread")}
    channels = share_channels(made["ticket"], world["identity"], "ticket_")
    folded = fold_tickets(made, world["identity"], WINDOWS).join(channels, on="customer_id", how="left")
    return {row["customer_id"]: row for row in world.frame(folded).iter_rows(named=True)}


@pytest.fixture(params=ENGINES)
def folded(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    return fold(request.param, *(row for rows in TICKETS.values() for row in rows))


def test_first_answer_is_the_agents_after_the_customers_first_word(folded: dict[str, dict[str, Any]]) -> None:
    assert folded["ada"]["median_first_answer_hours"] == pytest.approx(0.1)
    assert folded["di"]["median_first_answer_hours"] == pytest.approx(24)
    assert folded["bo"]["median_first_answer_hours"] is None  # whom a ticket was given to has not answered yet


def test_only_the_customers_words_ask_for_a_human(folded: dict[str, dict[str, Any]]) -> None:
    ada = folded["ada"]
    assert (ada["asked_human_count"], ada["last_asked_human_at"]) == (1, at("2026-06-01T10:00"))
    assert (ada["days_since_asked_human"], ada["days_since_last_ticket"]) == (29, 29)
    assert folded["bo"]["days_since_asked_human"] is None


def test_last_mood_is_of_the_last_text_of_the_last_ticket(folded: dict[str, dict[str, Any]]) -> None:
    assert folded["ada"]["last_ticket_polarity"] == 0.75
    assert folded["bo"]["last_ticket_polarity"] is None  # the last ticket has no text
    assert folded["cy"]["last_ticket_polarity"] == -1


def test_a_bot_contains_or_escalates(folded: dict[str, dict[str, Any]]) -> None:
    found = {who: (row["bot_contained_count"], row["bot_escalated_count"]) for who, row in folded.items()}
    assert found == {"ada": (0, 1), "bo": (1, 0), "cy": (0, 0), "di": (0, 0), "el": (0, 0)}


def test_reopened_and_unsolved(folded: dict[str, dict[str, Any]]) -> None:
    names = ("reopened_ticket_count", "open_ticket_count", "unsolved_ticket_count")
    found = {who: tuple(row[name] for name in names) for who, row in folded.items()}
    assert found == {"ada": (0, 0, 0), "bo": (0, 1, 1), "cy": (1, 0, 0), "di": (1, 1, 1), "el": (1, 1, 1)}
    assert folded["el"]["median_solve_hours"] is None  # it is open again


def test_hours_to_solve_are_to_the_time_given_or_to_the_closing_message(folded: dict[str, dict[str, Any]]) -> None:
    assert (folded["cy"]["median_solve_hours"], folded["ada"]["median_solve_hours"]) == (24, 61 / 60)
    assert folded["bo"]["median_solve_hours"] is None  # closed from the first: nobody says when


def test_complaints_count_their_days(folded: dict[str, dict[str, Any]]) -> None:
    assert {who: row["complaint_open_days"] for who, row in folded.items()} == {
        "ada": None, "bo": 20, "cy": None, "di": None, "el": 29,
    }  # fmt: skip
    assert folded["bo"]["oldest_complaint_at"] == at("2026-06-10T10:00")
    # So that the days are known as of each past date, whether a version began on it or not.
    column = next(c for c in published("customer_profile").columns if c.name == "complaint_open_days")
    assert column.days_since == "oldest_complaint_at"


def test_channels(folded: dict[str, dict[str, Any]]) -> None:
    bo = folded["bo"]
    assert (bo["ticket_channel_shares"], bo["top_ticket_channel"]) == ("chatbot 50 %, email 50 %", "email")
    assert folded["cy"]["top_ticket_channel"] is None


@pytest.mark.parametrize("engine", ENGINES)
def test_open_is_not_unsolved_where_the_source_never_tells(engine: str) -> None:
    row = fold(engine, say("fay", "2026-06-01T10:00"), say("fay", "2026-06-02T10:00"))["fay"]
    assert (row["open_ticket_count"], row["unsolved_ticket_count"]) == (2, 0)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_agent_on_every_message_is_whom_it_was_given_to(engine: str) -> None:
    talk = [say("gus", f"2026-06-0{day}T10:00", "t9", agent="Chan", text="x", asks_human=True) for day in (1, 2)]
    row = fold(engine, *talk)["gus"]
    assert (row["asked_human_count"], row["median_first_answer_hours"]) == (1, None)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_order_of_arrival_does_not_matter(engine: str) -> None:
    rows = [row for talk in TICKETS.values() for row in talk]
    assert fold(engine, *rows) == fold(engine, *reversed(rows))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("name", "is_bot"),
    [("bot", True), ("Chatbot", True), ("AnswerBot", True), ("bot_3", True), ("robot", True), ("智能客服", True),
     ("機械人", True), ("AI", True), ("AI客服", True), ("ai_agent", True), ("virtual assistant", True),
     ("Talbot", False), ("Abbott", False), ("Ai Chan", False), ("chat", False), ("CHAN AI MEI", False),
     ("email", False), ("客服", False), ("Botham", False)],
)  # fmt: skip
def test_bots_are_told_from_people(engine: str, name: str, is_bot: bool) -> None:
    import narwhals as nw

    world = World(engine, agent=pl.DataFrame({"name": [name]}))
    assert world.rows(world["agent"].select(found=nw.col("name").str.contains(BOT))) == [(is_bot,)]
