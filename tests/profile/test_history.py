"""The past of a profile: as of any date it is what was published on it, also where customers merged and split since."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from serving.cli.main import app
from tests.worlds.frames import table
from tests.worlds.world import AS_OF, SALES_HEAD
from warehouse.contracts.published import published
from warehouse.duck import open_database, store_rows
from warehouse.profile.history import find_unchanged

pytestmark = pytest.mark.slow

KNOWN = {"customer_id": pl.String, "order_count": pl.Int64, "top_channel": pl.String}
CHAN, WONG = "sales:A1", "sales:A2"


def test_a_version_lasts_while_nothing_differs() -> None:
    before = [("ada", 1, None), ("bo", 1, None), ("cy", None, "app"), ("di", 2, "app"), ("gone", 1, "app")]
    now = [("ada", 1, None), ("bo", 1, "app"), ("cy", None, None), ("di", 3, "app"), ("new", 1, "app")]
    ended = date(2026, 3, 1)
    versions = [(*row, None) for row in before] + [("bo", 1, "app", ended), ("di", 3, "app", ended)]
    with duckdb.connect() as con:
        store_rows(con, "tonight", table(KNOWN, *now))
        store_rows(con, "main.customer_profile_history", table(KNOWN | {"valid_to": pl.Date}, *versions))
        for compared, same in (("order_count", "top_channel"), ["ada"]), (("order_count",), ["ada", "bo", "cy"]):
            find_unchanged(con, list(compared))
            assert con.execute("FROM unchanged ORDER BY ALL").fetchall() == [(customer,) for customer in same]


def call(world: Any, *words: str) -> Any:
    return CliRunner().invoke(app, [*words, "--home", str(world.home.root)])


def profiles(world: Any, past: date | None = None) -> list[tuple[Any, ...]]:
    """customer_profile, as it is or as of a past date, in one order of columns and rows."""
    names = [name for name, *_ in world.ask("DESCRIBE customer_profile")]
    table = f"customer_profile_as_of(DATE '{past}')" if past else "customer_profile"
    return world.ask(f"SELECT {', '.join(names)} FROM {table} ORDER BY customer_id")


@pytest.fixture(scope="module")
def nights(first_sales: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[date, Any], dict[date, str]]:
    """Five nights: the first, one of quiet, a merge, a sale, a split; and what each published and showed of Wong."""
    world = first_sales.copy(tmp_path_factory.mktemp("nights"))
    published, shown = {}, {}
    for number in range(5):
        as_of = AS_OF + timedelta(days=2 * number)  # every other day: a day between has the profile of the day before
        if number == 2:
            assert call(world, "link", CHAN, WONG, "--reason", "said so").exit_code == 0
        if number == 3:
            late = f"L9,R9,A2,mei@example.com,1,70.00,HKD,{as_of} 12:30\n"
            world.deliver("sales-2.csv", [SALES_HEAD, late])
        if number == 4:
            assert call(world, "withdraw", "D1", "--reason", "it was wrong").exit_code == 0
        if number:
            world.night(as_of, accept_identity=True)
        published[as_of] = profiles(world)
        shown[as_of] = call(world, "show", "mei@example.com").stdout
    return world, published, shown


def test_the_past_is_what_was_published(nights: Any) -> None:
    world, published, _ = nights
    assert [len(rows) for rows in published.values()] == [2, 2, 1, 1, 2]
    for as_of, rows in published.items():
        assert profiles(world, as_of) == rows
        assert profiles(world, as_of + timedelta(days=1)) == rows
    assert profiles(world, AS_OF - timedelta(days=1)) == []


def test_only_what_changed_has_a_version(nights: Any) -> None:
    world, published, _ = nights
    began = dict(world.ask("SELECT valid_from, count(*) FROM customer_profile_history GROUP BY ALL"))
    first, quiet, merge, sale, split = published
    assert (began.get(first), began.get(quiet)) == (2, None)  # recency alone moved
    assert began[merge] == began[sale] == 1
    assert began[split] == 2
    ended = world.ask("SELECT valid_from FROM customer_profile_history WHERE valid_to = ?", merge)
    assert ended == [(first,), (first,)]  # both that were merged


def test_show_gives_the_past_as_it_was(nights: Any) -> None:
    world, published, shown = nights
    for as_of, before in shown.items():
        said = call(world, "show", "mei@example.com", "--as-of", str(as_of)).stdout
        assert said.splitlines()[0] == before.splitlines()[0]
        for word in ("seen  ", "orders  ", "posts  ", "tickets  "):
            assert find_line(said, word) == find_line(before, word)
        accounts = {line.split("  by ")[0] for line in before.splitlines() if line.startswith("  account")}
        assert {line for line in said.splitlines() if line.startswith("  account")} == accounts
    merged = list(published)[2]
    [(chan,)] = world.ask("SELECT customer_id FROM customer_identity WHERE account_id = 'A1'")
    [(wong,)] = world.ask("SELECT customer_id FROM customer_identity WHERE account_id = 'A2'")
    both = {call(world, "show", who, "--as-of", str(merged)).stdout for who in (chan, wong)}
    assert len(both) == 1  # then one customer
    assert CHAN in both.pop()


def find_line(text: str, word: str) -> str:
    return next(line for line in text.splitlines() if word in line)


def test_show_of_a_day_before_the_first_night_says_where_history_begins(nights: Any) -> None:
    said = call(nights[0], "show", "mei@example.com", "--as-of", "2020-01-01")
    assert isinstance(said.exception, Exception)
    assert str(said.exception) == f"there is no profile of 2020-01-01 or before; the history begins with {AS_OF}"


def test_a_night_again_replaces_its_versions_and_full_keeps_the_others(nights: Any, tmp_path: Any) -> None:
    world, published, _ = nights
    again = world.copy(tmp_path)
    before = again.ask("FROM customer_profile_history ORDER BY ALL")
    again.night(list(published)[-1], full=True)
    assert again.ask("FROM customer_profile_history ORDER BY ALL") == before


def test_an_older_version_is_null_in_a_newer_column(sales: Any) -> None:
    path = sales.home.require_current().workings
    path.chmod(0o644)
    with open_database(path) as con:  # as an earlier program left it
        con.execute("ALTER TABLE customer_profile_history DROP COLUMN order_count")
        con.execute("ALTER TABLE customer_profile_history ADD COLUMN shoe_size INTEGER")
    path.chmod(0o444)
    sales.write_yaml("settings.yaml", {"history_days": 30})
    second, last = AS_OF + timedelta(days=1), AS_OF + timedelta(days=40)
    sales.night(second)
    query = "SELECT valid_from, count(*), count(order_count) FROM customer_profile_history GROUP BY ALL ORDER BY ALL"
    assert sales.ask(query) == [(AS_OF, 2, 0), (second, 2, 2)]
    assert "shoe_size" not in {name for name, *_ in sales.ask("DESCRIBE customer_profile_history")}
    sales.night(last)  # windows have ended versions again; those that ended before, over 30 days ago, are forgotten
    query = "SELECT DISTINCT valid_from, valid_to FROM customer_profile_history WHERE valid_to IS NOT NULL"
    assert sales.ask(query) == [(second, last)]
    assert sales.ask("FROM customer_profile_as_of(?)", AS_OF) == []


# Two that hold at once; one that holds of nobody; one that ended before it began; two that overlap.
PLANTED: dict[str, list[list[tuple[str, int, int | None]]]] = {
    "history_is_the_present": [[("A", 1, None), ("A", 2, None)], [("A", 1, None), ("gone", 1, None)], [("A", 1, 2)]],
    "history_overlaps": [[("A", 1, 3), ("A", 2, 9), ("A", 9, None)], [("A", 9, 9)], [("A", 1, None), ("A", 9, None)]],
}


@pytest.mark.parametrize("name", PLANTED)
def test_each_check_of_the_history_finds_what_is_planted(name: str) -> None:
    [rule] = [rule for rule in published("customer_profile_history").quality if rule.name == name]
    query = (rule.query or "").replace("${table}", "customer_profile_history")
    with duckdb.connect() as con:
        con.execute("CREATE TABLE customer_profile AS SELECT 'A' AS customer_id, DATE '2026-03-09' AS as_of")
        con.execute(
            "CREATE TABLE customer_profile_history (customer_id VARCHAR, as_of DATE, valid_from DATE, valid_to DATE)"
        )
        found = []
        for rows in [[("A", 1, 9), ("A", 9, None)], *PLANTED[name]]:
            con.execute("DELETE FROM customer_profile_history")
            for customer, begin, end in rows:
                first, last = (day and date(2026, 3, day) for day in (begin, end))
                con.execute("INSERT INTO customer_profile_history VALUES (?, ?, ?, ?)", [customer, first, first, last])
            found.append(con.execute(query).fetchall()[0][0] > 0)
    assert found == [False, True, True, True]
