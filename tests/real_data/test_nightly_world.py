"""The sample world by night: its truth holds, and night after night gives what one big run gives."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from examples import sample_world
from examples.sample.nightly.franchise import CHANGES
from examples.sample.world import AS_OF, World
from examples.sample_world import make_world
from warehouse.connectors.series import read_date
from warehouse.contracts.load import read_contracts
from warehouse.duck import open_published
from warehouse.home.layout import Home
from warehouse.monitoring.report import read_last_report
from warehouse.night import run_night
from warehouse.run import RunOptions

pytestmark = pytest.mark.slow

SMALL, NIGHTS = World(people=150, sales=2500, nights=30, seed=7), 3
FIRST = AS_OF - timedelta(days=NIGHTS - 1)
BY_ACCOUNT = "list_sort(list(source || ':' || account_id))"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """All deliveries, contracts and truth."""
    out = tmp_path_factory.mktemp("nightly") / "world"
    assert make_world(out, SMALL, NIGHTS)
    return out


@pytest.fixture(scope="module")
def big(world, checker):
    """The home of one run over everything."""
    home = Home(world / "home")
    run_night(home, world / "contracts", AS_OF)
    return home


@pytest.fixture(scope="module")
def nightly(world, tmp_path_factory, checker):
    """The home of a run a night, each when no more than its files had come; the last trains the model again."""
    root = tmp_path_factory.mktemp("replayed")
    shutil.copytree(world / "contracts", root / "contracts")
    for n in range(NIGHTS + 1):
        day = FIRST + timedelta(days=n - 1)
        deliver(world, root, day)
        run_night(Home(root / "home"), root / "contracts", day, options=RunOptions(retrain=day == AS_OF))
    return Home(root / "home")


def deliver(world: Path, root: Path, day: date) -> None:
    """Copy the files that have come by a day and are not there yet."""
    for path in (world / "deliveries").rglob("*.*"):
        there = root / path.relative_to(world)
        if (read_date(path.name) or day) <= day and not there.exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, there)


def ask(home, query, *parameters):
    with open_published(home.require_current().workings) as con:
        return con.execute(query, list(parameters)).fetchall()


def read_truth(world: Path, name: str) -> list[dict[str, str]]:
    return pl.read_csv(world / "truth" / f"{name}.csv", infer_schema=False).fill_null("").to_dicts()


@pytest.fixture(scope="module")
def cells(world):
    found = defaultdict(list)
    for cell in read_truth(world, "franchise"):
        found[cell["kind"]].append(cell)
    return found


@pytest.fixture(scope="module")
def events(big):
    query = "SELECT event_id, account_id, amount, net_amount FROM clean.event WHERE origin = 'franchise'"
    return {row[0]: row[1:] for row in ask(big, query)}


class TestFiles:
    def test_the_same_parameters_give_the_same_files(self, world, tmp_path):
        make_world(tmp_path / "again", SMALL, NIGHTS)
        files = [path.relative_to(world) for path in world.glob("[!h]*/**/*") if path.is_file()]
        assert len(files) > 60
        assert [f for f in files if (world / f).read_bytes() != (tmp_path / "again" / f).read_bytes()] == []

    def test_every_file_is_named_for_its_last_day(self, world):
        days = defaultdict(set)
        for path in (world / "deliveries").rglob("*.*"):
            days[path.name.split("_")[0]].add(read_date(path.name))
        nights = {FIRST + timedelta(days=n) for n in range(-1, NIGHTS)}
        seldom = {"visits", "impressions", "campaigns", "items"}
        assert days.keys() - seldom == {"crm", "users", "social", "tickets", "consent", "franchise", "transactions"}
        assert seldom <= days.keys()
        assert all(days.pop(source) <= nights for source in seldom)
        for source, found in days.items():
            assert found == nights if source != "transactions" else len(found) == SMALL.nights, source

    def test_no_row_is_later_than_its_file(self, world):
        for path in (world / "deliveries").rglob("*.jsonl"):
            lines = [line for line in path.read_text("utf-8").splitlines() if line.endswith("}")]
            times = [str(json.loads(line).get(name)) for line in lines for name in ("created_at", "solved_at", "at")]
            told = [time[:10] for time in times if time[:2] == "20" and time[:4] != "2062"]
            assert max(told) <= str(read_date(path.name)), path.name

    def test_contracts_keep_to_the_standard(self, world):
        names = [source.name for source in read_contracts(world / "contracts").sources]
        assert "franchise" in names

    def test_without_dirt_there_is_no_franchise(self, tmp_path):
        make_world(tmp_path / "w", SMALL, NIGHTS, with_dirt=False)
        assert not list((tmp_path / "w").rglob("*franchise*"))
        assert make_world(tmp_path / "w", SMALL, NIGHTS)
        assert list((tmp_path / "w").rglob("*franchise*"))

    @pytest.mark.parametrize("nights", ["-1", "16", "500"])
    def test_more_nights_than_half_of_the_world_are_wrong_use(self, tmp_path, capsys, nights):
        words = ["--out", str(tmp_path / "w"), "--nights", "30", f"--by-night={nights}"]
        assert sample_world.main(words) == 2
        assert "--by-night is" in capsys.readouterr().err


class TestNightAfterNight:
    def test_events_are_those_of_one_big_run(self, big, nightly):
        query = "SELECT * EXCLUDE (customer_id) FROM customer_event ORDER BY ALL"
        events = ask(big, query)
        assert len(events) > SMALL.sales
        assert ask(nightly, query) == events

    def test_customers_are_those_of_one_big_run(self, big, nightly):
        query = f"SELECT {BY_ACCOUNT} FROM customer_identity GROUP BY customer_id ORDER BY ALL"
        assert ask(nightly, query) == ask(big, query)

    def test_profiles_are_those_of_one_big_run(self, big, nightly):
        accounts = f"(SELECT customer_id, {BY_ACCOUNT} AS accounts FROM customer_identity GROUP BY ALL)"
        query = (
            f"SELECT accounts, p.* EXCLUDE (customer_id) FROM customer_profile AS p JOIN {accounts} USING (customer_id)"
        )
        profiles = ask(big, f"{query} ORDER BY accounts")
        assert len(profiles) > SMALL.people / 2
        assert ask(nightly, f"{query} ORDER BY accounts") == profiles

    def test_a_row_a_night_is_remembered(self, nightly):
        nights = [night["as_of"] for night in read_last_report(nightly)["nights"]]
        assert nights == [str(FIRST + timedelta(days=n)) for n in range(-1, NIGHTS)]


class TestLeavers:
    def test_nobody_buys_after_leaving(self, world, big):
        leavers = {row["person_id"]: row for row in read_truth(world, "leavers")}
        assert len(leavers) >= 4
        owned = [row for row in read_truth(world, "truth") if row["source"] == "transactions"]
        for row in owned:
            if leaver := leavers.get(row["person_id"]):
                query = "SELECT max(occurred_on) FROM clean.event WHERE source = 'transactions' AND account_id = ?"
                assert str(ask(big, query, row["account_id"])[0][0]) <= leaver["last_on"]

    def test_a_closed_account_has_left_the_register_and_the_profile(self, world, nightly):
        closed = {row["person_id"] for row in read_truth(world, "leavers") if row["closed_on"]}
        accounts = [
            r["account_id"] for r in read_truth(world, "truth") if r["person_id"] in closed and r["source"] == "crm"
        ]
        assert accounts
        query = "SELECT count(*) FROM clean.attribute WHERE origin = 'crm' AND list_contains(?, account_id)"
        assert ask(nightly, query, accounts) == [(0,)]

    def test_of_an_erased_user_nothing_but_the_id_is_left(self, world, nightly):
        erased = {row["person_id"] for row in read_truth(world, "leavers") if row["erased_on"]}
        accounts = [
            r["account_id"] for r in read_truth(world, "truth") if r["person_id"] in erased and r["source"] == "users"
        ]
        assert accounts
        query = (
            "SELECT attribute, count(*) FROM clean.attribute WHERE origin = 'users' AND list_contains(?, account_id)"
            " AND attribute IN ('full_name', 'email', 'phone', 'national_id') GROUP BY ALL"
        )
        assert ask(nightly, query, accounts) == []


def test_a_campaign_shows_in_the_events(world, big):
    (campaign,) = read_truth(world, "campaigns")
    query = (
        "SELECT count(*) FILTER (occurred_on BETWEEN ? AND ?), count(*) FILTER (occurred_on < ?) / ?"
        " FROM customer_event WHERE category = ? AND event_type = 'sale' AND source = 'transactions'"
    )
    first, last = (date.fromisoformat(campaign[name]) for name in ("first_on", "last_on"))
    before = (first - SMALL.start).days
    during, usual = ask(big, query, first, last, first, before, campaign["category"])[0]
    assert during >= 2 * usual * ((last - first).days + 1) > 0


class TestDirt:
    """Each dirty cell of the franchise came out right, or is in quarantine with its reason."""

    def test_every_kind_is_there_twice(self, cells):
        assert {kind: len(found) for kind, found in cells.items() if kind != "shared_mailbox"} == dict.fromkeys(
            CHANGES, 2
        )
        assert len(cells["shared_mailbox"]) >= 4

    def test_what_cannot_be_right_is_in_quarantine_with_its_rule(self, big, cells):
        query = "SELECT json_extract_string(row, '$.line'), rule FROM quarantine.record WHERE source = 'franchise'"
        due = {(c["line"], c["rule"]) for found in cells.values() for c in found if c["expected"] == "quarantine"}
        assert set(ask(big, query)) == due

    def test_all_else_is_loaded(self, cells, events):
        for cell in (cell for found in cells.values() for cell in found):
            assert (cell["line"] in events) == (cell["expected"] == "keep"), cell

    @pytest.mark.parametrize(
        "kind", [k for k in CHANGES if "amount" in k or k in {"currency_code", "thousands_sign", "code_and_thousands"}]
    )
    def test_an_amount_is_what_was_meant(self, cells, events, kind):
        assert [events[cell["line"]][1] for cell in cells[kind]] == [Decimal(cell["value"]) for cell in cells[kind]]

    @pytest.mark.parametrize("kind", ["refunded", "unknown_status"])
    def test_a_status_says_what_counts(self, cells, big, kind):
        query = "SELECT sum(net_amount) FROM customer_event WHERE parent_id = ?"
        for cell in cells[kind]:
            assert ask(big, query, f"FR{cell['line'][1:]}") == [(Decimal(cell["value"]),)]

    def test_an_unknown_status_is_told(self, big, cells):
        results = read_last_report(big)["checks"]["franchise"]
        told = [r for r in results if r["rule"] == cells["unknown_status"][0]["rule"]]
        assert [(r["severity"], r["failed_count"]) for r in told] == [("warning", 2)]

    @pytest.mark.parametrize("kind", [kind for kind in CHANGES if kind.startswith("placeholder")])
    def test_a_placeholder_is_no_account(self, cells, events, kind):
        accounts = [events[cell["line"]][0] for cell in cells[kind]]
        assert [bool(account) for account in accounts] == [cell["value"] == "guest" for cell in cells[kind]]
        assert all(account is None or account.startswith("guest-") for account in accounts)

    def test_a_key_with_a_hidden_blank_is_the_key(self, cells, events):
        assert [events[c["line"]][0] for c in cells["blank_in_key"]] == [c["value"] for c in cells["blank_in_key"]]

    @pytest.mark.parametrize("kind", ["full_width_phone", "phone_extension", "phone_from_abroad"])
    def test_a_phone_is_the_number_that_was_meant(self, cells, events, big, kind):
        query = "SELECT key FROM clean.attribute WHERE source = 'franchise' AND attribute = 'phone' AND account_id = ?"
        for cell in cells[kind]:
            assert (cell["value"],) in ask(big, query, events[cell["line"]][0])

    def test_a_household_with_one_mailbox_is_two_customers(self, cells, events, big):
        whose = dict(ask(big, "SELECT account_id, customer_id FROM customer_identity WHERE source = 'franchise'"))
        for cell in cells["shared_mailbox"]:
            assert whose[events[cell["line"]][0]] != whose.get(cell["value"]), cell
