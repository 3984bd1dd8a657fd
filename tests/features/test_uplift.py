"""Labels of a campaign: who was treated, who was held out, and what each bought after that."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from tests.features.test_browsing import AT, MEMBER
from tests.features.test_feature_night import ask
from tests.worlds.world import SALES_HEAD, column

pytestmark = pytest.mark.slow

CAMPAIGNS = {
    "kind": "campaigns", "mode": "append", "path": "campaigns*.jsonl", "custom": {"key": "content"},
    "columns": [MEMBER, AT, column("campaign", "parent_id", required=True), column("arm", "status", required=True)],
}  # fmt: skip
ARMS = {
    "SPRING": {
        "A1": "Treatment", "A2": "control", "A3": "treated", "A4": "held out", "A5": "treated", "A6": "hold-out"
    },
    "ALL": {"A1": "treated", "A2": "treated"},
    "LATE": {"A1": "treated", "A2": "control"},
}  # fmt: skip


@pytest.fixture(scope="module")
def assigned(first_sales, tmp_path_factory):
    """Kit has the accounts A3 and A4, which were assigned apart; all buy on the 6th but A6; SPRING began on the 4th."""
    world = first_sales.copy(tmp_path_factory.mktemp("uplift"))
    people = {"A3": "kit@example.com", "A4": "kit@example.com", "A5": "joe@example.com", "A6": "pat@example.com"}
    lines = [
        f"L{n}0,R{n}0,{a},{mail},1,10.00,HKD,2026-02-0{n} 10:00\n" for n, (a, mail) in enumerate(people.items(), 1)
    ]
    lines += [f"M{n},Q{n},{a},,1,30.00,HKD,2026-03-06 10:00\n" for n, a in enumerate(["A1", "A3", "A4", "A5"])]
    world.deliver("sales-2.csv", [SALES_HEAD, *lines])
    world.declare("campaigns", **CAMPAIGNS)
    days = {"SPRING": "2026-03-04T04:00:00Z", "ALL": "2026-03-04T04:00:00Z", "LATE": "2026-03-06T04:00:00Z"}
    rows = [
        {"member": who, "at": days[name], "campaign": name, "arm": arm}
        for name, arms in ARMS.items()
        for who, arm in arms.items()
    ]
    world.deliver("campaigns.jsonl", rows)
    world.night()
    return world


def test_who_was_held_out_stays_in_as_such(assigned, tmp_path):
    out, trained = tmp_path / "labels.parquet", tmp_path / "trained.parquet"
    status, said = ask(assigned, "labels", "--campaign", "SPRING", "--horizon", "2", "--out", str(out))
    assert status == 0, said
    assert (
        "4 labels of campaign SPRING: 2 treated, of whom 100.0% bought within 2 days, and 2 held out, of whom 0.0% did"
        in said
    )
    assert "left out: 1 customers in both groups" in said
    status, said = ask(assigned, "features", "--for", str(out), "--out", str(trained), "--time", "label_time")
    assert status == 0, said
    account = dict(assigned.ask("SELECT customer_id, account_id FROM customer_identity"))
    chosen = (
        "customer_id",
        "label_time",
        "is_treated",
        "has_bought_next_2",
        "spent_next_2_amount",
        "sale_life_count",
        "treated_90_count",
    )
    at = datetime(2026, 3, 4, 4)
    found = {account[row[0]]: row[1:] for row in pl.read_parquet(trained).select(chosen).rows()}
    assert found == {
        "A1": (at, True, True, 30 - 50.5, 2, 0), "A5": (at, True, True, 30, 1, 0),
        "A2": (at, False, False, 0, 1, 0), "A6": (at, False, False, 0, 1, 0),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--campaign", "ALL"], "has 2 treated and 0 held out customers; uplift needs both"),
        (["--campaign", "LATE"], "reaches beyond the data for 2 of 2 assigned customers"),
        (["--campaign", "SPRNG"], "there is no campaign 'SPRNG'"),
        (["--campaign", "SPRING", "--at", "2026-03-01"], "give one"),
    ],
)
def test_what_tells_nothing_of_uplift_is_refused(assigned, tmp_path, arguments, message):
    status, said = ask(assigned, "labels", *arguments, "--horizon", "2", "--out", str(tmp_path / "labels.csv"))
    assert status == 2
    assert message in said
    assert not list(tmp_path.iterdir())
