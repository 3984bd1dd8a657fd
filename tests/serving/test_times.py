"""What people read says times in the business zone, with its name; what programs read stays in UTC."""

import json
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from serving.cli import main as cli
from tests.worlds.world import AS_OF, World
from warehouse.contracts.settings import read_settings
from warehouse.monitoring.alerts import describe_failure
from warehouse.monitoring.deadline import describe_lateness, find_served
from warehouse.shown_time import show_day, show_run, show_time

ZONES = {"America/New_York": ("EST", "EDT"), "Asia/Hong_Kong": ("HKT",)}
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?: ?([+-]\d\d(?::?\d\d)?|[A-Z]+))?")
"""A time as text, and the name or offset of a zone behind it."""
ASKED = ("who_is_leaving", "lapsed_big_spenders", "whom_to_call", "who_complains_and_buys_much", "are_deliveries_sound")
"""Questions whose answers hold times."""


@pytest.fixture(scope="module", params=ZONES)
def home(request, tmp_path_factory, checker):
    """Two nights in a business zone, a decision, a row in quarantine, and the names that its times may have."""
    world = World.found(tmp_path_factory.mktemp("zone"), checker)
    world.write_yaml("settings.yaml", {"timezone": request.param, "deadline": "06:00"})
    world.deliver_all()
    world.deliver(
        "sales_bad.csv", "line,receipt,account,email,quantity,amount,currency,sold_at\nL9,R9,A9,,x,1.00,HKD,soon\n"
    )
    world.night()
    return world, request.param, ZONES[request.param]


@pytest.fixture
def read(home, capsys, monkeypatch):
    """Call `c360` on that home; gives all that it says to a person."""
    world, _, _ = home
    for name, value in {"C360_HOME": world.home.root, "C360_CONTRACTS": world.contracts}.items():
        monkeypatch.setenv(name, str(value))

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["c360", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit):
            cli.main()
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return printed.out + printed.err

    return call


def list_zones(text):
    """The zone behind every time in a text; empty where there is none."""
    return [found[1] or "" for found in MOMENT.finditer(text)]


def test_no_command_shows_a_time_of_another_zone(home, read):
    world, _, names = home
    read("link", "crm:C1", "crm:C2", "--reason", "the same passport")
    shown = {
        words: read(*words)
        for words in (
            ("show", "A1"), ("show", "A1", "--as-of", str(AS_OF)), ("explain", "crm:C1", "sales:A1"), ("decisions",),
            ("decisions", "--all"), ("status",), ("report",), ("report", "1"), ("report", "--format", "html"),
            ("generations",), ("verify",), ("quarantine",), ("quarantine", "--rows"), ("review",),
            ("check", str(world.data / "sales.csv")), *(("ask", name) for name in ASKED),
        )
    }  # fmt: skip
    pages = [*world.home.reports.glob("*.html"), *(world.home.root / "data_docs").glob("*.html")]
    assert len(pages) > 1
    shown |= {(str(page),): page.read_text("utf-8") for page in pages}
    wrong = {words: text for words, text in shown.items() if set(list_zones(text)) - set(names) or "UTC" in text}
    assert wrong == {}
    for words in (("show", "A1"), ("decisions",), ("status",), ("generations",), ("report", "--format", "html")):
        assert list_zones(shown[words]), words
    assert any(list_zones(shown["ask", name]) for name in ASKED)


def test_a_customer_is_shown_by_the_wall_clock(home, read):
    said, (_, zone, _) = read("show", "A1"), home
    assert said.splitlines()[0].endswith(f"as of {AS_OF}; days are of {zone}")
    last = {"America/New_York": "2026-03-04 23:30 EST", "Asia/Hong_Kong": "2026-03-05 12:30 HKT"}[zone]
    assert f"  {last} sales" in said
    ordered = {"America/New_York": "2026-02-28", "Asia/Hong_Kong": "2026-03-01"}[zone]
    assert f"last {ordered}; " in said
    assert f"crm:C1, seen {AS_OF}" in said  # the register tells no times: the day of its delivery, in any zone


def test_a_decision_is_shown_by_the_wall_clock(home, read):
    world, zone, _ = home
    read("link", "crm:C1", "sales:A1", "--reason", "asked at the counter")
    decided = json.loads((world.home.root / "decisions.jsonl").read_text("utf-8").splitlines()[-1])["decided_at"]
    assert show_time(datetime.fromisoformat(decided), zone) in read("decisions")
    assert decided.removesuffix("+00:00") in read("decisions", "--format", "json")


def test_programs_still_read_utc(home, read):
    row = json.loads(read("generations", "--format", "json").splitlines()[0])
    assert row["published_at"].endswith("+00:00")
    event = json.loads(read("sql", "SELECT max(occurred_at) AS at FROM customer_event", "--format", "json"))
    assert event == {"at": "2026-03-06T02:00:00"}
    assert "2026-03-06 02:00:00" in read("sql", "SELECT max(occurred_at) AS at FROM customer_event")
    lines = read("ask", "are_deliveries_sound", "--format", "json").splitlines()
    answers = [json.loads(line) for line in lines if line.startswith("{")]
    assert answers
    assert all(datetime.fromisoformat(row["last_landed_at"]).tzinfo is None for row in answers)


def test_an_alert_and_a_deadline_name_the_zone(home):
    world, zone, names = home
    report = world.report | {"status": "closed"}
    assert list_zones(describe_failure(report, find_served(world.home)).text)[0] in names
    settings = replace(read_settings(world.contracts), timezone=zone)
    said = describe_lateness(world.home, settings, datetime(2026, 7, 15, 12, tzinfo=UTC))
    due = {"America/New_York": "2026-07-15 06:00 EDT", "Asia/Hong_Kong": "2026-07-15 06:00 HKT"}[zone]
    assert said == f"late: profiles as of 2026-07-14 were due at {due}; those as of {AS_OF} are served"


class TestForm:
    @pytest.mark.parametrize(
        ("zone", "said"),
        [("Asia/Hong_Kong", "2026-11-01 13:30 HKT"), ("America/New_York", "2026-11-01 01:30 EDT"),
         ("Asia/Singapore", "2026-11-01 13:30 +08"), ("Asia/Kathmandu", "2026-11-01 11:15 +0545"),
         ("Etc/UTC", "2026-11-01 05:30 UTC")],
    )  # fmt: skip
    def test_a_moment_has_its_zone_behind_it(self, zone, said):
        assert show_time(datetime(2026, 11, 1, 5, 30), zone) == said
        assert show_time(datetime(2026, 11, 1, 5, 30, tzinfo=UTC), zone) == said

    def test_the_hour_that_comes_twice_is_told_apart(self):
        hours = (datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (5, 6))
        assert [show_time(hour, "America/New_York")[11:] for hour in hours] == ["01:30 EDT", "01:30 EST"]

    def test_a_day_is_the_one_on_the_wall(self):
        days = [show_day(datetime(2026, 3, 1, 2, tzinfo=UTC), zone) for zone in ZONES]
        assert [str(day) for day in days] == ["2026-02-28", "2026-03-01"]

    def test_a_run_says_when_it_began_if_its_id_does(self):
        assert show_run("20260701T013000000000-abc", "Asia/Hong_Kong").endswith("-abc, begun 2026-07-01 09:30 HKT")
        assert show_run("torn", "Asia/Hong_Kong") == "torn"
