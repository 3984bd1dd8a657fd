"""The order in which deliveries arrive changes nothing, as far as their names tell it; a picture may come back."""

import json
import random
from datetime import date, datetime, timedelta
from itertools import permutations

import pytest

from tests.worlds.world import AS_OF, CHAN, CRM_HEAD, RATES, SALES, SALES_HEAD, WONG, World
from warehouse.connectors.series import read_date, read_series, sort_key

pytestmark = pytest.mark.slow

LINE = "L5,R5,A1,tai.man@example.com,1,{},HKD,2026-03-01 10:00\n"


def ticket(status: str) -> str:
    return json.dumps({"id": "T1", "user": {"id": "U1", "email": "a@example.com"}, "text": "where?",
                       "status": status, "at": "2026-03-06T02:00:00Z", "solved_at": None}) + "\n"  # fmt: skip


@pytest.mark.parametrize(
    ("older", "newer"),
    [("t-2026-03-01.csv", "t-2026-03-02.csv"), ("t9.csv", "t10.csv"), ("20251231_t.csv.gz", "20260101_t.csv.gz"),
     ("p-1-9.csv", "p-2-1.csv")],
)  # fmt: skip
def test_numbers_tell_the_older_of_a_series(older, newer):
    one, other = read_series(older), read_series(newer)
    assert one[0] == other[0]
    assert one[1] < other[1]
    assert sort_key(older) < sort_key(newer)


@pytest.mark.parametrize("name", ["t.csv", "t-31-01-2026.csv", "t_01022026.csv", "t 1.2.26.csv", "t-05-06-07.csv"])
def test_names_whose_numbers_have_no_order_are_no_series(name):
    assert read_series(name) is None


def test_names_of_another_kind_are_another_series():
    assert read_series("fix-1.csv")[0] != read_series("t-1.csv")[0]
    assert read_series("t-1.csv")[0] != read_series("t-1-2.csv")[0]


@pytest.mark.parametrize(
    ("name", "day"),
    [("t-2026-03-01.csv", date(2026, 3, 1)), ("t20260301T0200.csv", date(2026, 3, 1)),
     ("t_202603010200.csv", date(2026, 3, 1)),
     ("t-2026-02-30.csv", None), ("t.csv", None), ("t-2026-03-01_2026-03-02.csv", None), ("9202603011.csv", None)],
)  # fmt: skip
def test_a_day_in_a_name_is_read(name, day):
    assert read_date(name) == day


@pytest.fixture
def tickets(tmp_path, checker) -> World:
    """A world of tickets, which are merged, and rates."""
    world = World.found(tmp_path, checker, ["tickets", "fx_rates"])
    world.deliver("fx_rates.csv", RATES)
    return world


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_latest_of_a_series_counts_whenever_it_comes(tickets, order):
    """open, solved, open again: the third says what the first said."""
    for night, place in enumerate(order):
        tickets.deliver(f"tickets-{place + 1}.jsonl", ticket(("open", "solved", "open")[place]))
        tickets.run_to("identify", AS_OF + timedelta(days=night))
    assert tickets.ask("SELECT status FROM customer_event") == [("open",)]
    assert tickets.ask("SELECT count(*) FROM delivery WHERE physical_count <> loaded_count + quarantined_count"
                       " + duplicate_count") == [(0,)]  # fmt: skip


def test_a_series_of_one_night_is_taken_in_in_its_order(tickets):
    for place, status in enumerate(("open", "solved", "open")):
        tickets.deliver(f"tickets-{place + 9}.jsonl", ticket(status))
    tickets.run_to("identify")
    assert tickets.ask("SELECT status FROM customer_event") == [("open",)]


def test_a_correction_under_another_name_counts_when_it_comes(tickets):
    tickets.deliver("tickets-2026-03-09.jsonl", ticket("open"))
    tickets.run_to("identify")
    tickets.deliver("tickets-fix.jsonl", ticket("solved"))
    tickets.run_to("identify", AS_OF + timedelta(days=1))
    assert tickets.ask("SELECT status FROM customer_event") == [("solved",)]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_of_a_key_with_two_contents_the_older_of_a_series_counts(sales, order):
    for night, place in enumerate(order):
        sales.deliver(
            f"sales-{place}.csv", SALES_HEAD + LINE.format(place * 100) + SALES[0].replace("L1,", f"N{place},")
        )
        sales.run_to("identify", AS_OF + timedelta(days=night))
    assert sales.ask("SELECT amount FROM customer_event WHERE event_id = 'L5'") == [(100,)]
    assert sales.ask("SELECT count(*) FROM customer_event WHERE event_id IN ('N1', 'N2')") == [(2,)]
    books = "SELECT name, loaded_count, quarantined_count FROM delivery WHERE name LIKE 'sales-%' ORDER BY 1"
    assert sales.ask(books) == [("sales-1.csv", 2, 0), ("sales-2.csv", 1, 1)]


def test_an_older_picture_that_comes_late_changes_nothing(tmp_path, checker):
    world = World.found(tmp_path, checker, ["crm"])
    world.deliver("crm-2026-03-02.csv", CRM_HEAD + CHAN)
    world.run_to("profile")
    world.deliver("crm-2026-03-01.csv", CRM_HEAD + CHAN + WONG)
    world.run_to("profile", AS_OF + timedelta(days=1))
    assert world.ask("SELECT count(*) FROM customer_profile") == [(1,)]
    world.deliver("crm-2026-03-03.csv", CRM_HEAD + CHAN + WONG)  # the very bytes of the first of March
    world.run_to("profile", AS_OF + timedelta(days=2))
    assert world.ask("SELECT count(*) FROM customer_profile") == [(2,)]


def test_a_picture_comes_back_under_its_name(tmp_path, checker):
    world = World.found(tmp_path, checker, ["crm"])
    counts = []
    for night, body in enumerate((CHAN, CHAN + WONG, CHAN, CHAN)):
        world.deliver("crm.csv", CRM_HEAD + body)
        report = world.night(AS_OF + timedelta(days=night))
        counts += world.ask("SELECT count(*) FROM customer_profile")
    assert counts == [(1,), (2,), (1,), (1,)]
    assert world.ask("SELECT count(*), count(DISTINCT generation) FROM delivery") == [(3, 3)]
    assert report["sources"] == {}


def test_what_a_delivery_says_is_dated_by_its_name(tmp_path, checker):
    world = World.found(tmp_path, checker, ["crm"])
    world.deliver("crm-2026-03-02.csv", CRM_HEAD + CHAN)
    world.run_to("profile")
    (seen,) = world.ask("SELECT DISTINCT last_seen_at FROM customer_profile_provenance")
    assert seen == (datetime(2026, 3, 1, 16),)  # the day begins in Hong Kong


@pytest.mark.parametrize("seed", range(3))
def test_rows_spread_over_files_in_any_order_give_the_same(sales, tmp_path, seed):
    """Shuffled, split, doubled and late: the same rows at the end."""
    chance = random.Random(seed)
    rows = [LINE.format(100 + n).replace("L5,R5", f"M{n},R{n % 5}") for n in range(12)]
    whole = sales.copy(tmp_path / "whole")
    whole.deliver("sales-1.csv", SALES_HEAD + "".join(rows))
    whole.night(AS_OF + timedelta(days=3))
    doubled = rows + chance.sample(rows, 4)
    chance.shuffle(doubled)
    for night in range(3):
        for part in range(2):
            own = doubled[2 * night + part :: 6]
            sales.deliver(f"sales-{chance.randrange(10**6)}.csv", SALES_HEAD + "".join(own))
        sales.night(AS_OF + timedelta(days=1 + night))
    query = "SELECT order_count, net_amount, first_seen_at, last_seen_at FROM customer_profile ORDER BY ALL"
    events = "SELECT * EXCLUDE (customer_id, delivery_id, record) FROM customer_event ORDER BY ALL"
    assert sales.ask(query) == whole.ask(query)
    assert sales.ask(events) == whole.ask(events)


def test_a_file_named_for_a_day_to_come_waits_for_it(tmp_path, checker):
    world = World.found(tmp_path, checker, ["crm"])
    world.deliver("crm-2026-03-09.csv", CRM_HEAD + CHAN)
    world.deliver("crm-2026-03-12.csv", CRM_HEAD + CHAN + WONG)
    assert world.night(AS_OF)["waiting"] == {"crm": 1}
    assert world.ask("SELECT count(*) FROM customer_profile") == [(1,)]
    assert world.night(date(2026, 3, 11))["waiting"] == {}
    assert world.ask("SELECT count(*) FROM customer_profile") == [(2,)]


def test_a_backfill_comes_to_what_its_last_night_alone_gives(world, tmp_path):
    """Files that hold all days: rows of days to come wait in raw, and count when their day has come."""
    alone = world.copy(tmp_path / "alone")
    alone.night(AS_OF)
    first = date(2026, 3, 1)
    counts = []
    for day in (first, date(2026, 3, 4), AS_OF):
        world.night(day, backfill_to=AS_OF.isoformat())
        counts += world.ask("SELECT coalesce(sum(order_count), 0), coalesce(sum(post_count), 0) FROM customer_profile")
    assert counts[0] != counts[-1]
    query = "SELECT * EXCLUDE (customer_id) FROM customer_profile ORDER BY ALL"
    assert world.ask(query) == alone.ask(query)
    assert world.ask("SELECT count(*) FROM quarantine.record") == alone.ask("SELECT count(*) FROM quarantine.record")
