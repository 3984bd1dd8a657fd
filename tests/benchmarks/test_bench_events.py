"""The benchmark of events: all sides give one answer on a small world, and it would be noticed if they did not."""

import shutil
import subprocess
import sys

import duckdb
import pytest

from benchmarks.agreement import DisagreementError
from benchmarks.events.agreement import compare
from benchmarks.events.plot import draw
from benchmarks.events.report import judge, show_parts, show_programs
from benchmarks.events.runs import Size, Taken, clock_parts, lay_out_night, published
from benchmarks.events.world import AS_OF, LATER, TIMEZONE, make_world
from benchmarks.measure import measure
from benchmarks.peers.script import run_script
from warehouse import ROOT
from warehouse.home.layout import Home
from warehouse.night import run_night

PANDAS = ROOT / "benchmarks" / "peers" / "pandas_events.py"


@pytest.fixture(scope="module")
def built(tmp_path_factory, checker):
    """3,000 events, as c360 publishes them and as the script has them."""
    folder = tmp_path_factory.mktemp("events")
    make_world(folder, 3000)
    run_night(Home(folder / "home"), folder / "contracts", AS_OF)
    run_script("event_world", str(folder / "data"), str(folder / "script.duckdb"), AS_OF.isoformat(), TIMEZONE)
    return folder


def test_script_gives_what_c360_gives(built):
    events, customers = compare(published(built / "home"), built / "script.duckdb")
    assert events.startswith("2,998 events and")
    assert customers.startswith("of 153 customers 153 ")


def test_pandas_gives_what_c360_gives(built):
    arguments = [built / "data", built / "pandas", AS_OF.isoformat(), TIMEZONE]
    subprocess.run([sys.executable, PANDAS, *map(str, arguments)], check=True)
    assert compare(published(built / "home"), built / "pandas")[1].startswith("of 153 customers 153 ")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE customer_profile SET net_amount = net_amount + 0.01 WHERE order_count = 9", "totals of net_amount"),
        ("UPDATE customer_profile SET top_channel = 'fax' WHERE post_count = 3", "customers in top_channel"),
        ("UPDATE customer_profile SET median_solve_hours = 1 WHERE ticket_count = 2", "in median_solve_hours"),
        ("DELETE FROM event WHERE kind = 'support'", "totals of events"),
        ("UPDATE identity SET customer_id = account_id", "have the same accounts"),
    ],
)
def test_another_answer_stops_the_benchmark(built, tmp_path, change, told):
    other = tmp_path / "script.duckdb"
    shutil.copy(built / "script.duckdb", other)
    with duckdb.connect(str(other)) as con:
        con.execute(change)
    with pytest.raises(DisagreementError, match=told):
        compare(published(built / "home"), other)


def test_the_night_after_gives_what_a_script_gives_over_everything(built, tmp_path):
    night = lay_out_night(built)
    shutil.copytree(built / "home", night / "home", symlinks=True)
    run_night(Home(night / "home"), night / "contracts", LATER)
    run_script("event_world", str(night / "data"), str(tmp_path / "all.duckdb"), LATER.isoformat(), TIMEZONE)
    assert compare(published(night / "home"), tmp_path / "all.duckdb")[0].startswith("3,038 events")


def test_one_seed_makes_one_world(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        make_world(tmp_path / name, 600, seed)
    a, b, c = ((tmp_path / n / "data" / "sales" / "sales_2024-05.parquet").read_bytes() for n in "abc")
    assert a == b != c


def test_aims_are_judged_by_what_was_measured():
    lookups = {"profiles": 1, "p50_1": 4, "p95_1": 5, "rate_1": 200, "p50_8": 9, "p95_8": 9, "rate_8": 199}
    programs = {
        "c360": Taken(100, 100, 10**9, checks_cpu=15),
        "script": Taken(40, 40, 10**9),
        "pandas": Taken(299, 299, 10**9),
        "PySpark": Taken(1800, note="ended after 30 minutes"),
        "night": Taken(10, 10, 5 * 10**9, checks_cpu=2),
    }
    size = Size(10_000_000, programs=programs, lookups=lookups)
    assert [holds for _, _, holds in judge(size)] == [True, False, True, True, True, False, False, True, False]
    size.programs["pandas"] = Taken(900, note="ended at 12 GiB of memory")
    assert list(judge(size))[1][1:] == ("ended at 12 GiB of memory", None)
    assert "| PySpark `local[2]`, everything | 10 | ended after 30 minutes |" in show_programs([size])
    assert ">a night with 1 % new</text>" in draw([size])


def test_processes_that_nobody_waits_for_count(tmp_path):
    busy = "import time; end = time.process_time() + 0.6\nwhile time.process_time() < end: pass"
    start = (
        f"import subprocess, sys, time, os; subprocess.Popen([sys.executable, '-c', {busy!r}]);"
        " time.sleep(3); os._exit(0)"
    )
    found = measure([sys.executable, "-c", start], tmp_path)
    assert found.cpu_seconds > 0.4
    assert any("process_time" in command and seconds > 0.4 for command, seconds in found.processes)


def test_the_parts_of_a_build_are_clocked(built, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "contracts").symlink_to(built / "contracts")
    (folder / "data").symlink_to(built / "data")
    parts = clock_parts(folder)
    assert {"history", "customer_feature", "lifetime value", "parts of the profile: baskets"} <= parts.keys()
    assert 0 < parts["history"] < parts["all, without the process of checks"]
    shown = show_parts([Size(3000, parts=parts)])
    assert f"| history | {parts['history'] * 1_000_000 / 3000:.2f} |" in shown
