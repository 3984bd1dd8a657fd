"""What earlier nights told of how a source writes its dates and numbers settles what a delivery leaves open."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest

from tests.landing.test_habits import make_body
from tests.worlds.reading_world import source_of
from tests.worlds.world import MONEY, RATES, SALES_HEAD, World, column, key
from warehouse.checks import GateClosed
from warehouse.contracts.model import Column
from warehouse.landing.format_history import FormatHistory, Written
from warehouse.landing.land import Landed, LoadHistory, begin_file, land_files
from warehouse.landing.rows import read_formats
from warehouse.types.format_memory import recall, remember

DAY, AMOUNT = (
    Column("day", ("day",), "date", role="occurred_at"),
    Column("amount", ("amount",), "number", role="amount"),
)
SHOP = replace(
    source_of("id", delimiter=","), kind="transactions", columns=(Column("id", ("id",), "string"), DAY, AMOUNT)
)
DMY = {"dmy": 19}
NOTHING = FormatHistory()


class Night:
    """What a night makes of files, after the nights before it."""

    def __init__(self, before=NOTHING, **bodies):
        with TemporaryDirectory() as folder, duckdb.connect() as con:
            paths = [Path(folder) / f"{name}.csv" for name in bodies]
            for path, body in zip(paths, bodies.values(), strict=True):
                path.write_text(body, "utf-8")
            known = LoadHistory(formats=before)
            land_files(begin_file(con, SHOP, known), paths, known, Landed("shop"), Path(folder) / "snapshots")
            rows = con.execute("SELECT id, day, amount FROM landed ORDER BY id").fetchall()
            self.values = {(row[0], place): value for row in rows for place, value in enumerate(row[1:])}
            self.doubts = dict(con.execute("SELECT rule, message FROM landing_warning").fetchall())
            self.notes = [n for (found,) in con.execute("SELECT notes FROM delivery").fetchall() for n in found]
            found = con.execute(
                "SELECT name, aspect, column_name, tally, written, was FROM inferred_format JOIN delivery"
                " USING (delivery_id) ORDER BY sequence, column_name"
            ).fetchall()
        self.changed = [row[2] for row in found if row[5]]
        self.history = FormatHistory(before.deliveries + tuple(Written(*row[:5]) for row in found))


def write(rows):
    return "id,day,amount\n" + "".join(f'{n},{day},"{amount}"\n' for n, (day, amount) in enumerate(rows))


TELLING = write((f"{day}/02/2026", f"{day},50") for day in range(13, 29))
OPEN = write((f"0{day}/04/2026", f"1.{day}00") for day in range(1, 9))
OTHER = write((f"04/{day}/2026", f"{day}.50") for day in range(13, 20))


def test_the_past_settles_what_a_delivery_leaves_open_and_the_note_says_so():
    alone, after = Night(s1=OPEN), Night(Night(s0=TELLING).history, s1=OPEN)
    assert set(alone.values.values()) == {None}
    assert set(alone.doubts) == {"ambiguous:day", "ambiguous:amount"}
    assert [after.values["0", place] for place in (0, 1)] == [datetime(2026, 4, 1).date(), 1100]
    assert after.doubts == {}
    assert "day before month in day (as in earlier deliveries)" in after.notes
    assert read_formats(after.notes, SHOP) == {"day": "dmy", "amount": "comma"}


def test_a_file_of_the_same_night_tells_nothing_of_another():
    both = Night(s0=TELLING, s1=OPEN.replace("\n", "\nB")).values
    assert {value for (name, _), value in both.items() if name.startswith("B")} == {None}


def test_one_odd_value_is_an_outlier_and_many_are_a_change():
    past = Night(s0=TELLING).history
    odd, other = Night(past, s1=OPEN + OPEN[14:] + '9,04/25/2026,"12.34"\n'), Night(past, s1=OTHER)
    assert odd.values["9", 0] is odd.values["9", 1] is None
    assert odd.values["0", 1] == 1100
    assert set(odd.doubts) == {"ambiguous:day", "ambiguous:amount"}
    assert other.changed == ["amount", "day"]
    assert other.values["0", 1] == 13.5


@pytest.mark.parametrize("seed", range(0, 80, 2))
def test_no_value_is_ever_read_in_two_ways_whatever_came_before(seed):
    one, other = (
        make_body(number).replace(f"\n{number}-", f"\n{name}-") for name, number in (("a", seed), ("b", seed + 1))
    )
    alone = Night(s1=one), Night(s1=other)
    for first, then, body in ((alone[0], alone[1], other), (alone[1], alone[0], one)):
        after = Night(first.history, s1=body)
        names = {0: "day", 1: "amount"}
        differing = {
            names[place]
            for (name, place), value in after.values.items()
            if None not in {value, then.values[name, place]} and value != then.values[name, place]
        }
        assert not differing - set(after.changed), (seed, differing, after.doubts, then.doubts)


def test_only_what_came_since_the_last_change_counts():
    assert remember([({"dmy": 40}, "dmy"), ({"mdy": 5}, "mdy"), ({"open": 3}, None)]) == {"mdy": 5, "open": 3}
    assert remember([({"comma": 9}, "comma_two"), ({"comma": 2}, "comma")]) == {"comma": 11}


@pytest.mark.parametrize(
    ("evidence", "habit", "doubt", "was"),
    [
        ({("3", "4", "2026"): 5}, "dmy", "", ""),
        ({("3", "25", "2026"): 1}, "dmy", "1 values are written in another way", ""),
        ({("3", "25", "2026"): 1, ("3", "4", "2026"): 2}, None, "2 values fit both ways, and the delivery", ""),
        ({("3", "25", "2026"): 4, ("3", "4", "2026"): 2}, "mdy", "", "dmy"),
        ({("25", "3", "2026"): 1, ("3", "4", "2026"): 9}, "dmy", "", ""),
        ({("3", str(day), "2026"): 1 for day in range(1, 12)}, None, "10 values fit both ways", ""),
        ({}, None, "", ""),
    ],
)  # fmt: skip
def test_what_the_past_makes_of_dates(evidence, habit, doubt, was):
    found = recall(DAY, Counter(evidence), DMY)
    assert (found.habit, found.was) == (habit, was)
    assert found.doubt.startswith(doubt)


def test_another_series_is_another_past():
    told = [
        Written("north_1.csv", "values", "day", {"dmy": 9}, "dmy"),
        Written("south_1.csv", "values", "day", {"mdy": 9}, "mdy"),
    ]
    history = FormatHistory(tuple(told))
    assert history.recall_values("south_2.csv") == {"day": {"mdy": 9}}
    assert history.recall_values("north_2.csv") == {"day": {"dmy": 9}}


def test_nights_remember_and_a_change_closes_the_gate(tmp_path, checker):
    world = World.found(tmp_path, checker, ["fx_rates"])
    columns = [
        key("beleg", "event_id"),
        column("kunde", "account_id"),
        column("am", "occurred_at", "timestamp", required=True),
        column("betrag", "amount", "number", required=True, **MONEY),
    ]
    world.declare("kasse", kind="transactions", mode="append", path="kasse*.csv", columns=columns)
    world.deliver("fx.csv", RATES)
    lines = [f'A{n},K{n},{n + 12}/02/2026 10:00,"{n},25"\n' for n in range(1, 12)]
    world.deliver("kasse_1.csv", ["beleg,kunde,am,betrag\n", *lines])
    world.run_to("load")
    world.deliver("kasse_2.csv", ["beleg,kunde,am,betrag\n", 'B1,K1,03/02/2026 10:00,"1.250"\n'])
    world.run_to("load")
    assert world.ask("SELECT month(am), betrag::INTEGER FROM raw.kasse WHERE beleg = 'B1'") == [(2, 1250)]
    lines = [f'C{n},K{n},02/{n + 12}/2026 10:00,"{n}.25"\n' for n in range(1, 12)]
    world.deliver("kasse_3.csv", ["beleg,kunde,am,betrag\n", *lines])
    with pytest.raises(GateClosed) as closed:
        world.run_to("load")
    assert world.generation == 2
    for said in (
        "format_changed:am: kasse_3.csv: column am is written with month before day, and was with day before month"
        " until now; have it delivered as before, or declare logicalTypeOptions.format (dd/MM/yyyy, MM/dd/yyyy) on it"
        " in kasse.odcs.yaml",
        "format_changed:betrag: kasse_3.csv: column betrag is written with a decimal point, and was with a decimal",
    ):
        assert said in str(closed.value)


def test_a_column_that_is_ambiguous_throughout_closes_the_gate_with_the_cure(tmp_path, checker):
    world = World.found(tmp_path, checker, ["sales", "fx_rates"])
    world.deliver("fx.csv", RATES)
    lines = [f"L{n},R{n},A{n},,1,1.{n + 200},HKD,2026-03-01 10:00\n" for n in range(12)]
    world.deliver("sales.csv", [SALES_HEAD, *lines, lines[0].replace("1.200", "7").replace("L0", "L99")])
    with pytest.raises(GateClosed) as closed:
        world.run_to("load")
    assert str(closed.value).splitlines()[1:] == [
        "  sales: ambiguous:amount: sales.csv: column amount: 12 numbers have three digits behind a point, and may be"
        " thousands or decimals: they were not read; declare c360.decimal: comma or point on it in sales.odcs.yaml"
    ]
