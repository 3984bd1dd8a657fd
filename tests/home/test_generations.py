"""Generations: what is kept, going back, and what changed between two; disk bounded, nothing half there."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from serving.cli.generations import print_difference
from tests.worlds.world import AS_OF, SALES, SALES_HEAD, World
from warehouse.contracts.settings import Settings, SettingsError, require_valid
from warehouse.home.generations import (
    choose_kept,
    describe_generations,
    list_generations,
    remove_old,
    require_room,
    roll_back,
)
from warehouse.home.layout import Generation, HomeError
from warehouse.home.verify import DamageError

pytestmark = pytest.mark.slow

MORE = "L9,R9,A9,new@example.com,1,70.00,HKD,2026-03-09 10:00\n"


@pytest.fixture
def two(sales: World) -> World:
    """Two generations of the sales world."""
    sales.deliver("sales2.csv", SALES_HEAD + MORE)
    sales.night(AS_OF + timedelta(days=1))
    return sales


def dated(folder: Path, number: int, as_of: date) -> Generation:
    """A generation of which only the manifest is there."""
    generation = Generation(number, folder / str(number))
    generation.folder.mkdir(parents=True)
    (generation.folder / "manifest.json").write_text(f'{{"as_of": "{as_of}"}}', "utf-8")
    return generation


def test_the_newest_stay_and_the_last_of_each_month(tmp_path):
    first = date(2025, 11, 1)
    made = [dated(tmp_path, n + 1, first + timedelta(days=n)) for n in range(100)]
    kept = choose_kept(made[::-1], 7, 3)
    assert kept == {*range(94, 101), 92, 61}
    assert choose_kept(made[::-1], 2, 0) == {99, 100}
    assert choose_kept([], 7, 12) == set()


def test_a_night_removes_what_need_not_be_kept(two):
    settings = require_valid({"keep_generations": 2, "keep_months": 0})
    assert remove_old(two.home, settings) == [1]
    assert [g.number for g in list_generations(two.home)] == [2]
    assert list(two.home.work.glob("removed-*")) == []
    assert remove_old(two.home, settings) == []


def test_what_is_served_stays_however_old_it_is(two):
    roll_back(two.home)
    assert remove_old(two.home, require_valid({"keep_generations": 2, "keep_months": 0})) == []
    assert two.home.require_current().number == 1


def test_rollback_serves_the_parent_and_the_next_night_goes_on_from_it(two):
    assert two.ask("SELECT count(*) FROM customer_event") == [(5,)]
    assert roll_back(two.home).number == 1
    assert two.ask("SELECT count(*) FROM customer_event") == [(4,)]
    two.night(AS_OF + timedelta(days=1))
    assert two.home.require_current().number == 3
    assert two.home.require_current().read_manifest()["parent"] == 1
    assert two.ask("SELECT count(*) FROM customer_event") == [(5,)]


@pytest.mark.parametrize(("number", "said"), [(9, "there is no generation 9; there are: 2, 1"), (2, "served already")])
def test_rollback_to_what_is_not_there_or_served_is_refused(two, number, said):
    with pytest.raises(HomeError, match=said):
        roll_back(two.home, number)


def test_rollback_from_the_first_is_refused(sales):
    with pytest.raises(HomeError, match="is the first"):
        roll_back(sales.home)


def test_rollback_to_a_damaged_generation_is_refused(two):
    database = two.home.generations / "1" / "customer_360.duckdb"
    database.chmod(0o644)
    bytes_ = bytearray(database.read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    database.write_bytes(bytes_)
    with pytest.raises(DamageError, match="generation 1 is damaged, what is served stays"):
        roll_back(two.home)
    assert two.home.require_current().number == 2


def test_a_damaged_manifest_is_no_generation(two):
    manifest = two.home.generations / "1" / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_text("{", "utf-8")
    assert [row["number"] for row in describe_generations(two.home)] == [2]


def test_diff_counts_customers_and_columns(two, capsys):
    print_difference(two.home.root, 1, 2, "csv")
    customers, columns = capsys.readouterr().out.split("column_name")
    assert "new,1" in customers
    assert "kept,2" in customers
    assert "gone,0" in customers
    assert "net_amount" not in columns
    assert "@example.com" not in customers + columns
    print_difference(two.home.root, 2, 1, "csv")
    assert "gone,1" in capsys.readouterr().out


def test_diff_shows_what_moved(two, capsys):
    two.deliver("sales3.csv", SALES_HEAD + SALES[0].replace("L1,R1", "L8,R8"))
    two.night(AS_OF + timedelta(days=1))
    print_difference(two.home.root, 2, 3, "csv")
    moved = {line.split(",")[0]: line.split(",")[1] for line in capsys.readouterr().out.splitlines()}
    assert moved["order_count"] == "1"
    assert moved["net_amount"] == "1"


def test_a_disk_without_room_for_a_copy_is_told_before_the_night(sales, monkeypatch):
    require_room(sales.home, sales.home.find_current())
    monkeypatch.setattr("warehouse.home.generations.COPY_FACTOR", 1e9)
    with pytest.raises(HomeError, match="make room, or keep fewer generations"):
        require_room(sales.home, sales.home.find_current())
    require_room(sales.home, None)


def test_one_generation_alone_would_leave_nothing_to_go_back_to():
    assert Settings().keep_generations == 7
    with pytest.raises(SettingsError, match="at least 2"):
        require_valid({"keep_generations": 1})
