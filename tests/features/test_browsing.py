"""Visits and impressions, from deliveries to features, by the contracts that the sample world has."""

from __future__ import annotations

from datetime import date

import pytest

from tests.worlds.world import AS_OF, column, key
from warehouse.errors import C360Error

pytestmark = pytest.mark.slow

OF_SALES = [{"type": "foreignKey", "to": "sales.odcs.yaml#schema/sales/properties/account"}]
MEMBER = column("member", "account_id", required=True, relationships=OF_SALES)
AT = column("at", "occurred_at", "timestamp", required=True)
VISITS = {"kind": "visits", "mode": "append", "path": "visits*.jsonl",
          "columns": [key("id", "event_id"), MEMBER, AT, column("way", "channel")]}  # fmt: skip
SHOWN = {
    "kind": "impressions", "mode": "merge", "path": "shown*.jsonl",
    "columns": [key("id", "event_id"), MEMBER, AT, column("campaign", "parent_id"), column("clicked", "status")],
}  # fmt: skip
FEATURES = ("visit_30_count", "visit_web_30_count", "visit_other_30_count", "impression_90_count", "click_90_count",
            "click_90_ratio")  # fmt: skip


def show(number: int, member: str, clicked: str) -> dict[str, str]:
    """One impression; those of a member lie an hour apart on a day."""
    at = f"2026-03-08T{number % 20:02d}:00:00Z"
    return {"id": f"I{number}", "member": member, "at": at, "campaign": "SPRING", "clicked": clicked}


def ask_features(world):
    names = ", ".join(FEATURES)
    query = f"SELECT account_id, {names} FROM customer_feature JOIN customer_identity USING (customer_id) ORDER BY 1"
    return {row[0]: dict(zip(FEATURES, row[1:], strict=True)) for row in world.ask(query)}


@pytest.fixture
def browsed(sales):
    """Chan came three times, and was shown ten things; Wong never came, and was shown nine."""
    sales.declare("visits", **VISITS)
    sales.declare("shown", **SHOWN)
    visits = [("V1", "2026-03-06T02:00:00Z", "web"), ("V2", "2026-03-09T02:00:00Z", "kiosk"),
              ("V3", "2026-01-02T02:00:00Z", "web")]  # fmt: skip
    sales.deliver("visits.jsonl", [{"id": i, "member": "A1", "at": at, "way": way} for i, at, way in visits])
    mine = [show(n, "A1", "true" if n < 3 else "false") for n in range(10)]
    sales.deliver("shown.jsonl", mine + [show(n, "A2", "clicked") for n in range(10, 19)])
    return sales


def test_visits_and_clicks_are_counted_and_a_rate_needs_evidence(browsed):
    browsed.night()
    found = ask_features(browsed)
    assert found["A1"] == dict(zip(FEATURES, (2, 1, 1, 10, 3, 0.3), strict=True))
    assert found["A2"] == dict(zip(FEATURES, (0, 0, 0, 9, 9, None), strict=True))
    seen = "SELECT account_id, source_count, CAST(first_seen_at AS DATE), CAST(last_seen_at AS DATE)"
    days = browsed.ask(f"{seen} FROM customer_profile JOIN customer_identity USING (customer_id) ORDER BY 1")
    assert days == [  # who comes is seen; to whom something is shown, is not
        ("A1", 1, date(2026, 1, 2), date(2026, 3, 9)), ("A2", 1, date(2026, 2, 1), date(2026, 2, 1))
    ]  # fmt: skip
    browsed.deliver("shown-2.jsonl", [show(9, "A1", "yes")])
    browsed.night(AS_OF)
    assert ask_features(browsed)["A1"]["click_90_ratio"] == 0.4  # the click came later, and corrects


def test_what_nobody_knows_is_a_click_is_none_and_said(browsed):
    browsed.deliver("shown-2.jsonl", [show(n, "A2", "opened") for n in (30, 31)])
    with pytest.raises(C360Error, match=r"\(2 opened\); each counts as not clicked"):
        browsed.night()
