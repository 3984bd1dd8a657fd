"""A date without a time is that business day, west of Greenwich and east of it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import permutations

import duckdb
import pytest

from tests.worlds.world import AS_OF, SALES_HEAD, SOURCES, World
from warehouse.cleaning.clean import begin_day
from warehouse.contracts.model import Column
from warehouse.types import build_cast

DAY = date(2026, 3, 1)
BEGUN = {
    "America/New_York": datetime(2026, 3, 1, 5),
    "Asia/Hong_Kong": datetime(2026, 2, 28, 16),
}
"""When the day began, in UTC."""
AT = Column("at", ("at",), "timestamp")


@pytest.mark.parametrize("kind", ["date", "timestamp"])
@pytest.mark.parametrize(("zone", "own"), [*permutations(BEGUN)])
def test_a_date_is_the_business_day_whatever_the_zones_are(tmp_path, checker, zone, own, kind):
    world = World.found(tmp_path, checker, ["sales", "crm"])
    world.write_yaml("settings.yaml", {"timezone": zone})
    dated = {"logicalType": kind, "logicalTypeOptions": {}}
    columns = [c | dated if c["name"] == "sold_at" else c for c in SOURCES["sales"]["columns"]]
    world.declare("sales", columns=columns, custom={"timezone": own})
    world.deliver("sales.csv", SALES_HEAD + "L1,R1,A1,,1,5,HKD,2026-03-01\n")
    world.deliver("crm_2026-03-01.csv", "no,name,phone,email,birth_date,district\nC1,Ada,,a@example.com,1990-01-31,\n")
    world.run_to("clean")
    assert world.ask("SELECT occurred_on, occurred_at FROM clean.event") == [(DAY, BEGUN[zone])]
    seen = world.ask("SELECT source, first_seen_at FROM clean.account ORDER BY ALL")
    assert seen == [("crm", BEGUN[zone]), ("sales", BEGUN[zone])]


@pytest.mark.parametrize(
    ("column", "written", "habit"),
    [
        (AT, "'2026-03-01'", None), (AT, "'1/3/2026'", "dmy"), (AT, "'2026/3/1'", None),
        (AT, "DATE '2026-03-01'", None),
        (replace(AT, format="dd.MM.yyyy"), "'01.03.2026'", None), (replace(AT, epoch="excel"), "'46082'", None),
    ],
)  # fmt: skip
def test_a_moment_that_says_no_time_is_a_day_however_it_is_written(column, written, habit):
    with duckdb.connect() as con:
        delivered = con.execute(f"SELECT typeof({written})").fetchall()[0][0].replace("VARCHAR", "text")
        cast = build_cast(column, delivered, "Asia/Tokyo", habit, "America/New_York")
        found = con.execute(f"SELECT {cast} FROM (SELECT {written} AS at)").fetchall()
    assert found == [(BEGUN["America/New_York"],)]


@pytest.mark.parametrize(
    ("column", "written"),
    [
        (AT, "2026-03-01 00:00"), (AT, "2026-03-01T00:00:00+09:00"), (AT, "20260301T000000"),
        (replace(AT, format="dd.MM.yyyy HH.mm"), "01.03.2026 00.00"), (replace(AT, epoch="excel"), "46081.625"),
    ],
)  # fmt: skip
def test_a_moment_that_says_its_time_is_of_the_source_s_zone(column, written):
    wanted = datetime(2026, 2, 28, 6) if column.epoch else datetime(2026, 2, 28, 15)
    with duckdb.connect() as con:
        cast = build_cast(column, "text", "Asia/Tokyo", None, "America/New_York")
        assert con.execute(f"SELECT {cast} FROM (SELECT '{written}' AS at)").fetchall() == [(wanted,)]


def test_a_ticket_is_solved_on_its_business_day_and_a_consent_given(tmp_path, checker):
    world = World.found(tmp_path, checker, ["tickets", "consent", "crm"])
    world.write_yaml("settings.yaml", {"timezone": "America/New_York"})
    for name in ("tickets", "consent"):
        days = [c | {"logicalType": "date", "logicalTypeOptions": {}} if c["name"] in ("at", "solved_at") else c
                for c in SOURCES[name]["columns"]]  # fmt: skip
        world.declare(name, columns=days)
    world.deliver("crm.csv", "no,name,phone,email,birth_date,district\nC1,Ada,,a@example.com,1990-01-31,\n")
    world.deliver("tickets.jsonl", [{"id": "T1", "user": {"id": "U1"}, "at": "2026-02-28", "solved_at": "2026-03-01"}])
    world.deliver("consent.csv", "customer,purpose,decision,at\nC1,service,granted,2026-03-01\n")
    world.run_to("clean", AS_OF)
    begun = BEGUN["America/New_York"]
    assert world.ask("SELECT occurred_at, resolved_at FROM clean.event") == [(begun - timedelta(days=1), begun)]
    assert world.ask("SELECT decided_at FROM clean.consent") == [(begun,)]


def test_a_day_whose_midnight_the_clocks_leave_out_begins_on_that_day():
    with duckdb.connect() as con:
        begun = begin_day("DATE '2026-09-06'", "America/Santiago")
        assert con.execute(f"SELECT {begun}").fetchall() == [(datetime(2026, 9, 6, 4),)]
