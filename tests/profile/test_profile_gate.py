"""The gate over the published profiles: what they count and sum is what the events hold, and their columns fit."""

from __future__ import annotations

import shutil

import duckdb
import pytest

from expectations.gates import check_tables, is_open
from tests.worlds.world import AS_OF
from warehouse.contracts.published import published

pytestmark = pytest.mark.slow

COUNTED = ("order_count", "line_count", "post_count", "ticket_count", "net_amount")


@pytest.fixture(scope="module")
def judge(first_night, tmp_path_factory):
    """Names of the rules that the first night's profiles break once a statement has changed them."""
    database = first_night.home.require_current().workings

    def judge(*statements):
        file = tmp_path_factory.mktemp("judged") / "customer_360.duckdb"
        shutil.copy(database, file)
        file.chmod(0o644)
        with duckdb.connect(str(file)) as con:
            for statement in statements:
                con.execute(statement)
        results = check_tables(file, [published("customer_profile")], AS_OF, "Asia/Hong_Kong")
        assert is_open(results) is not any(r.is_closing for r in results)
        return {r.rule.removeprefix("customer_profile.") for r in results if not r.is_passed}

    return judge


def test_a_night_adds_up(judge, first_night):
    assert judge() == set()
    sums = first_night.ask(f"SELECT {', '.join(f'sum({name})' for name in COUNTED)} FROM customer_profile")
    assert all(sums[0])  # there is something of each to lose


@pytest.mark.parametrize("name", COUNTED)
def test_one_too_many_is_found(judge, name):
    first = "customer_id = (SELECT min(customer_id) FROM customer_profile)"
    assert judge(f"UPDATE customer_profile SET {name} = {name} + 1 WHERE {first}") == {"profile_adds_up"}


def test_an_order_that_no_profile_counts_is_found(judge):
    lost = "event_id = (SELECT min(event_id) FROM clean.event WHERE kind = 'transactions' AND account_id IS NOT NULL)"
    assert judge(f"DELETE FROM clean.event WHERE {lost}") == {"profile_adds_up"}
