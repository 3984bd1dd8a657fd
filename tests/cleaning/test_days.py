"""A date without a time is that business day, west of Greenwich and east of it."""

from datetime import date, datetime, timedelta
from itertools import permutations

import duckdb
import pytest

from tests.worlds.world import AS_OF, SOURCES, World
from warehouse.cleaning.clean import begin_day

DAY = date(2026, 3, 1)
BEGUN = {
    "America/New_York": datetime(2026, 3, 1, 5),
    "Asia/Hong_Kong": datetime(2026, 2, 28, 16),
}
"""When the day began, in UTC."""
SALES = [c | {"logicalType": "date", "logicalTypeOptions": {}} if c["name"] == "sold_at" else c
         for c in SOURCES["sales"]["columns"]]  # fmt: skip


@pytest.mark.parametrize(("zone", "own"), [*permutations(BEGUN)])
def test_a_date_is_the_business_day_whatever_the_zones_are(tmp_path, checker, zone, own):
    world = World.found(tmp_path, checker, ["sales", "crm"])
    world.write_yaml("settings.yaml", {"timezone": zone})
    world.declare("sales", columns=SALES, custom={"timezone": own})
    world.deliver(
        "sales.csv", "line,receipt,account,email,quantity,amount,currency,sold_at\nL1,R1,A1,,1,5,HKD,2026-03-01\n"
    )
    world.deliver("crm_2026-03-01.csv", "no,name,phone,email,birth_date,district\nC1,Ada,,a@example.com,1990-01-31,\n")
    world.run_to("clean")
    assert world.ask("SELECT occurred_on, occurred_at FROM clean.event") == [(DAY, BEGUN[zone])]
    seen = world.ask("SELECT source, first_seen_at FROM clean.account ORDER BY ALL")
    assert seen == [("crm", BEGUN[zone]), ("sales", BEGUN[zone])]


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
