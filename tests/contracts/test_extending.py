"""Another kind of event is a line of KINDS, another aggregate one of AGGREGATES: nights publish and count them."""

from statistics import pstdev

import pytest

from serving.cli.features import write_features
from tests.worlds.world import AS_OF, column, key
from warehouse.contracts.aggregates import AGGREGATES, Aggregate
from warehouse.contracts.features import FeatureError
from warehouse.contracts.model import ContractError
from warehouse.features.labels import Labels
from warehouse.types.roles import KINDS, Kind

SPREAD = Aggregate("DOUBLE", "numbers", "CAST(stddev_pop({value}) {within} AS DOUBLE)", "stddev_pop({value}) {known}")
CALLS = {
    "kind": "calls", "mode": "append", "path": "calls*.jsonl",
    "columns": [
        key("id", "event_id"), column("at", "occurred_at", "timestamp", required=True), column("line", "channel"),
        column("who", "account_id"), column("email", "email"),
    ],
}  # fmt: skip
FEATURE = {
    "name": "call_{window}_count", "from": "calls", "aggregate": "count", "window": [30], "default": 0,
    "purposes": [], "description": "Calls to the hotline",
}  # fmt: skip


@pytest.fixture
def calls(monkeypatch):
    """A kind of event that is not there yet."""
    assert "calls" not in KINDS
    monkeypatch.setitem(KINDS, "calls", Kind(("occurred_at",), "call"))


def test_a_kind_that_is_added_in_one_place_is_published_and_counted(calls, world):
    world.declare("calls", **CALLS)
    world.write_yaml("features.yaml", {"features": [FEATURE]})
    mine = {"who": "V1", "email": "tai.man@example.com", "line": "2123"}
    world.deliver("calls.jsonl", [{"id": f"V{n}", "at": f"2026-03-0{n}T03:00:00Z", **mine} for n in (1, 2)])
    assert world.night(AS_OF)["status"] == "published"
    events = "SELECT event_type, channel, count(DISTINCT customer_id) FROM customer_event WHERE kind = 'calls'"
    assert world.ask(f"{events} GROUP BY ALL") == [("call", "2123", 1)]
    counts = "SELECT call_30_count FROM customer_feature JOIN customer_profile USING (customer_id) WHERE email = ?"
    assert world.ask(counts, "tai.man@example.com") == [(2,)]
    assert world.ask("SELECT DISTINCT source_count FROM customer_profile WHERE email = 'tai.man@example.com'") == [
        (5,)
    ]  # and four before


def test_an_aggregate_that_is_added_in_one_place_is_checked_counted_and_audited(monkeypatch, world):
    monkeypatch.setitem(AGGREGATES, "spread", SPREAD)
    spread = {"name": "spent_spread", "from": "transactions", "aggregate": "spread", "column": "amount", "purposes": [],
              "description": "How much amounts differ"}  # fmt: skip
    world.write_yaml("features.yaml", {"features": [spread | {"column": "channel"}]})
    with pytest.raises(FeatureError, match="spread of channel, which is not a number"):
        world.night(AS_OF)
    world.write_yaml("features.yaml", {"features": [spread]})
    assert world.night(AS_OF)["status"] == "published"
    of_chan = "JOIN customer_profile USING (customer_id) WHERE email = 'tai.man@example.com'"
    [(found,)] = world.ask(f"SELECT spent_spread FROM customer_feature {of_chan}")
    assert found == pytest.approx(pstdev([100, 50.5, -50.5]))
    labels = world.root / "labels.csv"
    [(customer,)] = world.ask(f"SELECT customer_id FROM customer_feature {of_chan}")
    labels.write_text(f"customer_id,at\n{customer},2026-03-03T00:00:00\n")
    write_features(
        world.home.root,
        world.contracts,
        Labels(labels, ("customer_id",), None),
        world.root / "out.csv",
        "occurrence",
        None,
    )
    assert (world.root / "out.csv").read_text().splitlines()[1].endswith(",24.75")


def test_a_kind_that_nobody_added_is_refused_by_its_name(world):
    world.declare("calls", **CALLS)
    with pytest.raises(ContractError, match="calls") as error:
        world.night(AS_OF)
    assert all(kind in str(error.value) for kind in KINDS)
    assert "social, support" in str(error.value)
