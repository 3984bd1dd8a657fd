"""Another kind of event is a line of KINDS: contracts may declare it, nights load it, features count it."""

import pytest

from tests.worlds.world import AS_OF, column, key
from warehouse.contracts.model import KINDS, ContractError, Kind

VISITS = {
    "kind": "visits", "mode": "append", "path": "visits*.jsonl",
    "columns": [
        key("id", "event_id"), column("at", "occurred_at", "timestamp", required=True), column("shop", "channel"),
        column("who", "account_id"), column("email", "email"),
    ],
}  # fmt: skip
FEATURE = {
    "name": "visit_{window}_count", "from": "visits", "aggregate": "count", "window": [30], "default": 0,
    "purposes": [], "description": "Visits to a shop",
}  # fmt: skip


@pytest.fixture
def visits(monkeypatch):
    """The kind of event that nobody has thought of."""
    monkeypatch.setitem(KINDS, "visits", Kind(("occurred_at",), "visit"))


def test_a_kind_that_is_added_in_one_place_is_published_and_counted(visits, world):
    world.declare("visits", **VISITS)
    world.write_yaml("features.yaml", {"features": [FEATURE]})
    mine = {"who": "V1", "email": "tai.man@example.com", "shop": "Mong Kok"}
    world.deliver("visits.jsonl", [{"id": f"V{n}", "at": f"2026-03-0{n}T03:00:00Z", **mine} for n in (1, 2)])
    assert world.night(AS_OF)["status"] == "published"
    events = "SELECT event_type, channel, count(DISTINCT customer_id) FROM customer_event WHERE kind = 'visits'"
    assert world.ask(f"{events} GROUP BY ALL") == [("visit", "Mong Kok", 1)]
    counts = "SELECT visit_30_count FROM customer_feature JOIN customer_profile USING (customer_id) WHERE email = ?"
    assert world.ask(counts, "tai.man@example.com") == [(2,)]
    assert world.ask("SELECT DISTINCT source_count FROM customer_profile WHERE email = 'tai.man@example.com'") == [
        (5,)
    ]  # and four before


def test_a_kind_that_nobody_added_is_refused_by_its_name(world):
    world.declare("visits", **VISITS)
    with pytest.raises(ContractError, match="visits") as error:
        world.night(AS_OF)
    assert "social, support, transactions" in str(error.value)
