"""Nights on real public sets, against their truth and hand-written SQL. Skipped where the sets are not there."""

import csv
import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.worlds.world import World
from warehouse import ROOT
from warehouse.home.verify import verify

DATA = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real sets are not at {DATA}")


@pytest.fixture(scope="module")
def run_set(checker: Executor, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., World]:
    """Run a night on a set of `examples/`, its files linked into `data/` as its README says."""

    def run(name: str, as_of: date, *files: Path) -> World:
        world = World(tmp_path_factory.mktemp(name), checker)
        shutil.copytree(ROOT / "examples" / name / "contracts", world.contracts)
        world.data.mkdir()
        for file in files:
            (world.data / file.name).symlink_to(file)
        assert world.night(as_of)["status"] == "published"
        return world

    return run


@pytest.fixture(scope="module")
def hong_kong(checker: Executor, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The labelled world of Hong Kong, with the contracts it comes with."""
    world = World(tmp_path_factory.mktemp("hk_world"), checker)
    world.contracts = DATA / "hk_world" / "contracts"
    assert world.night(date(2025, 12, 31))["status"] == "published"
    return world


@pytest.fixture(scope="module")
def retail(run_set: Callable[..., World]) -> World:
    """UCI Online Retail."""
    return run_set("uci_online_retail", date(2011, 12, 9), DATA / "uci_online_retail" / "online_retail.parquet")


def read_truth(name: str) -> list[dict[str, str]]:
    with (DATA / "hk_world" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestHongKong:
    def test_every_delivery_is_reconciled(self, hong_kong):
        hong_kong.require_balance()
        counts = dict(hong_kong.ask("SELECT source, physical_count FROM delivery"))
        assert counts == {
            "consent": 5497, "crm": 1618, "fx_rates": 3, "social": 15138, "tickets": 4021, "transactions": 54025,
            "users": 1406,
        }  # fmt: skip
        assert verify(hong_kong.home.require_current()) == []

    def test_every_account_has_the_orders_amounts_posts_and_tickets_of_the_truth(self, hong_kong):
        rows = hong_kong.ask(
            "SELECT account_source, account_id, count(DISTINCT parent_id) FILTER (event_type = 'sale'),"
            " coalesce(sum(net_amount), 0), count(*) FILTER (kind = 'social'), count(*) FILTER (kind = 'support')"
            " FROM customer_event GROUP BY ALL"
        )
        found = {(source, account): (orders, Decimal(net), *rest) for source, account, orders, net, *rest in rows}
        nothing = (0, Decimal(0), 0, 0)
        differing = []
        for row in read_truth("truth.csv"):
            account = (row["source"], row["account_id"])
            orders, net, posts, tickets = found.get(account, nothing)
            due = (int(row["tx_orders_kept"]), int(row["posts"]), int(row["tickets"]))
            if (orders, posts, tickets) != due or abs(net - Decimal(row["amount_net"])) > Decimal("0.01"):
                differing.append(account)
        assert differing == []

    def test_every_account_of_the_truth_belongs_to_a_customer_but_those_in_quarantine(self, hong_kong):
        known = set(hong_kong.ask("SELECT source, account_id FROM customer_identity"))
        due = {(row["source"], row["account_id"]) for row in read_truth("truth.csv")}
        [(unreadable,)] = hong_kong.ask("SELECT count(*) FROM quarantine.record WHERE source = 'crm'")
        lost = due - known
        assert {source for source, _ in lost} <= {"crm"}
        assert len(lost) == unreadable == 2

    def test_profiles_add_up_to_events(self, hong_kong):
        profiles = hong_kong.ask(
            "SELECT sum(order_count), sum(net_amount), sum(post_count), sum(ticket_count) FROM customer_profile"
        )
        events = hong_kong.ask(
            "SELECT count(DISTINCT (customer_id, parent_id)) FILTER (event_type = 'sale'),"
            " sum(net_amount)::DECIMAL(18,2),"
            " count(*) FILTER (kind = 'social'), count(*) FILTER (kind = 'support') FROM customer_event"
            " WHERE customer_id IS NOT NULL"
        )
        assert [profiles[0][i] for i in (0, 2, 3)] == [events[0][i] for i in (0, 2, 3)]
        # profiles are rounded to the cent one by one
        assert abs(profiles[0][1] - events[0][1]) < hong_kong.ask("SELECT count(*) / 100 FROM customer_profile")[0][0]

    def test_quarantine_is_the_dirt_that_must_be_there(self, hong_kong):
        """Dirt of which the truth expects `any` may be repaired and loaded, or be in quarantine."""
        rows = read_truth("truth_dirt.csv")
        must = {at(row) for row in rows if row["expected"] == "quarantine"}
        may = {at(row) for row in rows if row["expected"] == "any"}
        found = set(
            hong_kong.ask(
                "SELECT d.name, q.record FROM quarantine.record AS q JOIN delivery AS d USING (source, delivery_id)"
            )
        )
        assert len(must) == 247
        assert must <= found <= must | may

    @pytest.mark.parametrize(
        ("kind", "rules"),
        [
            ("wrong_type", ("type:",)),
            ("future_date", ("future:",)),
            ("truncated", ("unfinished_line",)),
            ("error_object", ("no_known_field",)),
        ],
    )
    def test_the_rule_names_the_kind_of_dirt(self, hong_kong, kind, rules):
        due = {
            at(row) for row in read_truth("truth_dirt.csv") if row["kind"] == kind and row["expected"] == "quarantine"
        }
        found = {
            (name, record): rule
            for name, record, rule in hong_kong.ask(
                "SELECT d.name, q.record, q.rule FROM quarantine.record AS q"
                " JOIN delivery AS d USING (source, delivery_id)"
            )
        }
        assert due
        assert [found[place] for place in due if not found[place].startswith(rules)] == []

    def test_duplicates_are_as_many_as_the_truth_says(self, hong_kong):
        due = Counter(row["file"].split(".")[0] for row in read_truth("truth_dirt.csv") if row["kind"] == "duplicate")
        found = dict(hong_kong.ask("SELECT source, duplicate_count FROM delivery WHERE duplicate_count > 0"))
        assert found == due


def at(row: dict[str, str]) -> tuple[str, int]:
    """File and record number of a line: a CSV's header is line 1 and no record."""
    return row["file"], int(row["line"]) - row["file"].endswith(".csv")


class TestRetail:
    def test_every_customer_has_the_net_amount_of_hand_written_sql(self, retail):
        hand = duckdb.execute(
            "SELECT CAST(CAST(CustomerID AS BIGINT) AS VARCHAR),"
            " sum(CAST(Quantity AS BIGINT) * CAST(UnitPrice AS DECIMAL(18,3)))::DECIMAL(18,2)"
            f" FROM read_parquet('{retail.data / 'online_retail.parquet'}') WHERE CustomerID IS NOT NULL GROUP BY 1"
        ).fetchall()
        ours = retail.ask(
            "SELECT i.account_id, p.net_amount FROM customer_profile AS p"
            " JOIN customer_identity AS i USING (customer_id)"
        )
        assert len(ours) == len(hand) == 4372
        assert dict(ours) == dict(hand)

    def test_every_line_is_an_event_or_accounted_for(self, retail):
        retail.require_balance()
        assert retail.ask("SELECT physical_count, loaded_count, quarantined_count FROM delivery") == [
            (541909, 541909, 0)
        ]
        assert retail.ask("SELECT count(*) FROM customer_event") == [(541909,)]
        assert retail.ask("SELECT DISTINCT currency FROM customer_event") == [("GBP",)]


def test_posts_about_airlines_reconcile(run_set):
    world = run_set("twitter_airline", date(2015, 2, 24), DATA / "twitter_airline" / "Tweets.csv")
    world.require_balance()
    [(physical, loaded)] = world.ask("SELECT physical_count, loaded_count FROM delivery")
    assert physical == 14640
    assert loaded >= 0.95 * physical
    assert world.ask("SELECT sum(post_count) FROM customer_profile") == [(loaded,)]


def test_a_help_desk_reconciles(run_set):
    folder = DATA / "zendesk_challenge"
    world = run_set("zendesk", date(2016, 8, 1), folder / "users.json", folder / "tickets.json")
    world.require_balance()
    assert world.ask("SELECT source, physical_count, loaded_count FROM delivery ORDER BY source") == [
        ("tickets", 200, 200), ("users", 75, 75),
    ]  # fmt: skip
    # One ticket was submitted by somebody who is not among the users: a customer of whom nothing else is known.
    known = "account_source = 'users' AND account_id IN (SELECT account_id FROM clean.attribute WHERE source = 'users')"
    assert world.ask(f"SELECT count(*) FILTER ({known}), count(customer_id) FROM customer_event") == [(199, 200)]
