"""Calls as support: a row a turn; whose turn it is decides whether it is the customer's mood."""

from __future__ import annotations

import pytest

from tests.worlds.world import column, key
from warehouse.errors import C360Error

pytestmark = pytest.mark.slow

CALLS = {
    "kind": "support", "mode": "append", "path": "calls*.jsonl",
    "columns": [
        key("id", "event_id"), column("call", "parent_id", required=True), column("member", "account_id"),
        column("at", "occurred_at", "timestamp", required=True), column("who", "speaker"), column("text", "text"),
        column("line", "channel"), column("staff", "agent"), column("email", "email"),
    ],
}  # fmt: skip
TURNS = (
    ("Operator", "唔好意思，呢個真係好差，好失望，垃圾！"),
    ("caller", "多謝，你哋好好，好滿意！"),
    ("客服", "我想搵真人，轉人工"),
)


def turn(number: int, who: str, text: str) -> dict[str, str]:
    return {"id": f"N{number}", "call": "K1", "member": "A1", "at": f"2026-03-06T02:0{number}:00Z", "who": who,
            "text": text, "line": "hotline", "staff": "Ada", "email": "tai.man@example.com"}  # fmt: skip


@pytest.fixture
def called(sales):
    sales.declare("calls", **CALLS)
    sales.deliver("calls.jsonl", [turn(n, who, text) for n, (who, text) in enumerate(TURNS)])
    return sales


def test_only_the_customers_turns_are_his_mood_and_his_wish(called):
    """The agent repeats the blame and speaks of handing over: neither is the customer's."""
    called.night()
    found = (
        "SELECT ticket_count, last_ticket_polarity > 0, asked_human_count FROM customer_profile WHERE ticket_count > 0"
    )
    assert called.ask(found) == [(1, True, 0)]
    spoken = "SELECT event_type, sign(polarity) FROM customer_event WHERE kind = 'support' ORDER BY event_id"
    assert called.ask(spoken) == [("agent", -1), ("customer", 1), ("agent", 0)]


def test_who_nobody_knows_to_speak_is_not_taken_for_the_customer(called):
    called.deliver("calls-2.jsonl", [turn(n, "spk_0", "垃圾") for n in (5, 6)])
    with pytest.raises(C360Error, match=r"2 of 5 rows have a speaker .*nobody's word"):
        called.night()
    called.declare("calls", **CALLS, custom={"maxUnknownShare": 1})
    called.night()
    assert called.ask("SELECT last_ticket_polarity > 0 FROM customer_profile WHERE ticket_count > 0") == [(True,)]
