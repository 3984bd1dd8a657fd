"""How a delivery writes its dates and numbers is told by a clear majority of its own values, or people hear of it."""

import random
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import duckdb
import pytest

from tests.worlds.reading_world import source_of
from tests.worlds.world import MONEY, RATES, World, column, key
from warehouse.contracts.model import Column
from warehouse.landing.formats.text import csv as csv_files
from warehouse.landing.formats.text.csv_records import whole_lines
from warehouse.landing.land import Landed, LoadHistory, begin_file, land_files
from warehouse.landing.rows import read_formats, say_doubts
from warehouse.types import build_cast, judge, read_evidence

SEPARATORS = [(",", "."), (".", ","), ("'", "."), (" ", ","), ("", ","), ("", ".")]
ORDERS = {"dmy": "{0.day:02}{1}{0.month:02}{1}{0.year}", "mdy": "{0.month:02}{1}{0.day:02}{1}{0.year}"}


def read_column(kind, texts):
    """What texts become in one delivery, and how it was found to be written."""
    declared = Column("值", ("值",), kind)
    with duckdb.connect() as con:
        con.execute('CREATE TABLE delivery AS SELECT unnest(?::VARCHAR[]) AS "值"', [texts])
        found = judge(declared, read_evidence(con, "delivery", declared))
        rows = con.execute(f"SELECT {build_cast(declared, 'text', 'UTC', found.habit)} FROM delivery").fetchall()
    return [value for (value,) in rows], found


def write_number(value, group, mark, places):
    return f"{value:,.{places}f}".replace(",", "G").replace(".", mark).replace("G", group)


def make_numbers(chance):
    """A column of 5 to 200 amounts as one program writes them, with up to three of another's."""
    group, mark = chance.choice(SEPARATORS)
    places, top = chance.choice([0, 2, 2, 3]), chance.choice([100, 10_000, 1_000_000])
    values = [round(chance.uniform(1, top), places) for _ in range(chance.choice([5, 8, 20, 200]))]
    texts = [write_number(value, group, mark, places) for value in values]
    for place in chance.sample(range(len(values)), chance.choice([0, 1, 1, 2, 3])):
        values[place] = round(chance.uniform(1, 3000), 2)
        texts[place] = write_number(values[place], *((",", ".") if mark == "," else (".", ",")), 2)
    return texts, values


def make_dates(chance):
    """A column of 5 to 200 dates of a day, a month, a year or of birth, with up to three in the other order."""
    order, sign = chance.choice(list(ORDERS)), chance.choice("/-.")
    begin, days = date(chance.choice([1960, 2026]), chance.randint(1, 9), 1), chance.choice([0, 9, 27, 300, 15_000])
    values = [begin + timedelta(days=chance.randint(0, days)) for _ in range(chance.choice([5, 8, 20, 200]))]
    texts = [ORDERS[order].format(value, sign) for value in values]
    for place in chance.sample(range(len(values)), chance.choice([0, 1, 1, 2, 3])):
        values[place] = values[place].replace(day=chance.randint(13, 28))
        texts[place] = ORDERS["mdy" if order == "dmy" else "dmy"].format(values[place], sign)
    return texts, values


@pytest.mark.parametrize(("kind", "make"), [("number", make_numbers), ("date", make_dates)])
def test_nothing_is_read_wrong_in_silence(kind, make):
    wrong = 0
    for seed in range(150):
        texts, values = make(random.Random(seed))
        read, found = read_column(kind, texts)
        differing = [t for t, got, value in zip(texts, read, values, strict=True) if got is not None and got != value]
        assert not differing or found.doubt, (seed, found, differing[:3])
        wrong += bool(differing)
    assert wrong < 15


def test_one_decimal_comma_among_thousands_is_not_read_and_decides_nothing():
    read, found = read_column("number", [f"1,{n}" for n in range(200, 219)] + ["12,34"])
    assert read == [*range(1200, 1219), None]
    assert (found.habit, found.count) == (None, 19)
    assert "read as 1200" in found.doubt


def test_one_american_date_among_others_is_not_read_and_decides_nothing():
    days = [date(2026, 3, n % 9 + 1) for n in range(19)]
    read, found = read_column("date", [f"{day:%d/%m/%Y}" for day in days] + ["03/25/2026"])
    assert read == [*days, None]
    assert (found.habit, found.count) == ("dmy", 17)


@pytest.mark.parametrize(
    ("kind", "texts", "habit", "doubt"),
    [
        ("number", ["950.50", "20.00", "7.25", "1,200", "8.10"], "point", ""),
        ("number", ["950,50", "20,00", "7,25", "1.200", "8,10"], "comma", ""),
        ("number", ["0,500", "1,250", "0,125", "2,000", "0,75"], "comma", "2 numbers fit both ways and were read"),
        ("number", ["12,34", "12,35", "12,36", "12.37"], "comma", "1 values are written in another way"),
        ("number", ["12,34", "12.37"], None, "1 values are written in another way"),
        ("number", ["1,200", "1,300"], None, "2 numbers fit both ways, and no clear majority"),
        ("number", ["1.200", "1.300"], None, "2 numbers fit both ways, and no clear majority"),
        ("number", ["1,234,567", "12"], "point", ""),
        ("number", ["7", "8", ""], None, ""),
        ("date", ["13/2/2026", "14/2/2026", "15/2/2026", "2/16/2026"], "dmy", "1 values are written in another way"),
        ("date", ["1/2/2026", "2/1/2026"], None, "2 dates fit both ways, as 3/4/2026 does, and no clear majority"),
        ("date", ["3/3/2026", "4/4/2026"], None, ""),
        ("date", ["2026-03-04", "31 Feb"], None, ""),
    ],
)  # fmt: skip
def test_what_is_found_and_said(kind, texts, habit, doubt):
    _, found = read_column(kind, texts)
    assert found.habit == habit
    assert found.doubt.startswith(doubt)
    assert bool(found.doubt) == bool(doubt)


COLUMNS = (Column("id", ("id",), "string"), Column("day", ("day",), "date"), Column("amount", ("amount",), "number"))
SHOP = replace(source_of("id", delimiter=","), columns=COLUMNS)


def land(folder, *bodies, source=SHOP):
    """Rows as landed by the text of their file, after all files were landed in this order."""
    paths = []
    for number, body in enumerate(bodies):
        paths.append(folder / f"day_{number}.csv")
        paths[-1].write_text(body, "utf-8")
    with duckdb.connect() as con:
        writer = begin_file(con, source, LoadHistory())
        land_files(writer, paths, LoadHistory(), Landed("shop"), folder / "snapshots")
        found = {}
        for path, body in zip(paths, bodies, strict=True):
            query = "SELECT id, day, amount, _mistyped FROM landed JOIN delivery ON delivery_id = _delivery_id"
            found[body] = con.execute(f"{query} WHERE name = ? ORDER BY _record", [path.name]).fetchall()
        warnings = con.execute("SELECT rule, failed_count, checked_count, message FROM landing_warning").fetchall()
    return found, warnings


def make_body(seed):
    chance = random.Random(seed)
    dates, numbers = make_dates(chance)[0], make_numbers(chance)[0]
    lines = [f'{seed}-{n},{day},"{number}"\n' for n, (day, number) in enumerate(zip(dates, numbers, strict=False))]
    return "id,day,amount\n" + "".join(lines)


@pytest.mark.parametrize("seed", range(0, 60, 2))
def test_a_file_gives_the_same_rows_alone_and_in_any_company_and_order(tmp_path, seed):
    one, other = make_body(seed), make_body(seed + 1)
    alone = land(tmp_path, one)[0] | land(tmp_path, other)[0]
    assert land(tmp_path, one, other)[0] == alone
    assert land(tmp_path, other, one)[0] == alone


def test_ambiguous_numbers_after_decimal_commas_are_read_as_they_are_alone(tmp_path):
    commas, thousands = "id,day,amount\n1,,'12,34'\n".replace("'", '"'), 'id,day,amount\n2,,"1,210"\n'
    assert (
        land(tmp_path, commas, thousands)[0][thousands][0][2] == land(tmp_path, thousands)[0][thousands][0][2] == 1210
    )


def test_what_tells_in_a_later_block_decides_for_the_whole_delivery(tmp_path, monkeypatch):
    lines = [f'{n},0{n % 9 + 1}/04/2026,"1.{n + 100}"\n' for n in range(40)]
    tell = [f'{n},{n % 9 + 14}/04/2026,"12,{n}"\n' for n in range(50, 99)]
    body = "id,day,amount\n" + "".join(lines + tell) + "x\n"
    whole = land(tmp_path, body)
    monkeypatch.setattr(csv_files, "whole_lines", partial(whole_lines, size=200))
    monkeypatch.setattr("warehouse.landing.formats.compression.BLOCK_BYTES", 150)
    assert land(tmp_path, body) == whole
    assert whole[0][body][0] == ("0", date(2026, 4, 1), 1100, [])


def test_a_doubt_names_delivery_column_count_and_cure_and_no_value(tmp_path):
    _, warnings = land(tmp_path, 'id,day,amount\n1,03/04/2026,"7,777"\n2,05/06/2026,"8,888"\n')
    assert [row[:3] for row in warnings] == [("ambiguous:day", 2, 2), ("ambiguous:amount", 2, 2)]
    assert "day_0.csv: column day: 2 dates" in warnings[0][3]
    assert "declare logicalTypeOptions.format (dd/MM/yyyy, MM/dd/yyyy) on it in shop.odcs.yaml" in warnings[0][3]
    assert "declare c360.decimal: comma or point on it in shop.odcs.yaml" in warnings[1][3]
    assert not any(value in row[3] for row in warnings for value in ("03/04", "7,777", "8,888", "7777"))


def test_a_declared_sign_is_taken_and_nothing_is_asked(tmp_path):
    amount = Column("amount", ("amount",), "number", decimal="comma")
    source = replace(SHOP, columns=(*COLUMNS[:2], amount))
    body = 'id,day,amount\n1,,"7,777"\n2,,"8.50"\n'
    rows, warnings = land(tmp_path, body, source=source)
    assert [row[2:] for row in rows[body]] == [(7.777, []), (None, ["amount"])]
    assert warnings == []
    assert read_formats([], source) == {"amount": "comma"}
    assert say_doubts({}, source, "day.csv") == []


def test_declared_decimals_of_three_places_and_more_are_no_surprise():
    shapes = {("open_point",): 16, ("point",): 3}
    rate = Column("rate", ("rate",), "number", physical_type="DECIMAL(18,8)")
    assert judge(rate, shapes) == judge(rate, {("point",): 3})
    assert judge(replace(rate, physical_type="DECIMAL(18,2)"), shapes).count == 16
    assert judge(rate, {("open_point",): 16, ("comma",): 1}).count == 16


def test_one_odd_value_is_one_row_in_quarantine_and_a_warning(tmp_path, checker):
    world = World.found(tmp_path, checker, ["fx_rates"])
    columns = [
        key("beleg", "event_id"),
        column("kunde", "account_id"),
        column("am", "occurred_at", "timestamp", required=True),
        column("betrag", "amount", "number", required=True, **MONEY),
    ]
    world.declare("kasse", kind="transactions", mode="append", path="kasse*.csv", columns=columns)
    lines = [f'B{n},K{n},0{n % 9 + 1}/02/2026 10:00,"1,{n + 200}"\n' for n in range(20)]
    lines[3] = lines[3].replace("04/02/2026", "02/25/2026")
    lines[7] = lines[7].replace("1,207", "12,34")
    world.deliver("fx.csv", RATES)
    world.deliver("kasse.csv", ["beleg,kunde,am,betrag\n", *lines])
    report = world.night()
    assert world.books("kasse") == [(20, 18, 2, 0)]
    assert world.ask("SELECT rule FROM quarantine.record ORDER BY record") == [("type:am",), ("type:betrag",)]
    assert world.ask("SELECT min(betrag), max(betrag) FROM raw.kasse") == [(1200, 1219)]
    assert world.ask("SELECT DISTINCT month(am) FROM raw.kasse") == [(2,)]
    told = {check["rule"]: check for check in report["checks"]["kasse"] if check["rule"].startswith("ambiguous")}
    assert {rule: check["severity"] for rule, check in told.items()} == {
        "ambiguous:am": "warning",
        "ambiguous:betrag": "warning",
    }
