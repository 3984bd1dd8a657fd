"""The DAG: what it may load and must hold to, and that it publishes what `c360 run` publishes.

Airflow is imported in processes of their own, so that its settings and its logging stay out of the other tests.
"""

import json
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest
from polars.exceptions import PanicException

from c360 import tasks
from serving.cli.main import COMMANDS
from serving.local_airflow import LocalAirflow
from tests.worlds.world import CHAN, CRM_HEAD, WONG, World, find_secret
from warehouse import ROOT
from warehouse.checks import GateClosed
from warehouse.duck import open_published, quote
from warehouse.home.layout import Home, HomeError
from warehouse.home.lock import BusyError
from warehouse.night import STEPS

HEAVY = {"duckdb", "polars", "pyarrow", "pandas", "narwhals", "great_expectations"}
OURS = {"expectations", "transforms", "serving", "warehouse"}
SECRET = "WONGTAISIN"

PARSE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

bag = DagBag("dags")
loaded = sorted({name.partition(".")[0] for name in sys.modules})
dag = bag.dags["customer_360"]
tasks = {
    t.task_id: {
        "pool": t.pool, "retries": t.retries, "backoff": t.retry_exponential_backoff,
        "delay": t.retry_delay.total_seconds(), "doc": t.doc_md, "downstream": sorted(t.downstream_task_ids),
        "outlets": [a.name for a in t.outlets], "is_mapped": t.get_closest_mapped_task_group() is not None,
    }
    for t in dag.tasks
}
print(json.dumps({
    "errors": bag.import_errors, "loaded": loaded, "dags": sorted(bag.dags), "tasks": tasks,
    "doc": dag.doc_md,
    "tags": sorted(dag.tags), "catchup": dag.catchup, "max_active_runs": dag.max_active_runs,
    "timeout_hours": dag.dagrun_timeout.total_seconds() / 3600, "params": dag.params.dump(),
    "schedule": [dag.timetable.expression, str(dag.timetable.timezone)],
    "serialized": DagSerialization.to_dict(dag),
}))
"""

ASK = """
import json
from c360.airflow.place import Place, make_place, read_secrets

asked = []
def ask(*arguments, **named):
    try:
        asked.append(Place("/nowhere", "/nowhere").ask(*arguments, **named))
    except Exception as said:
        asked.append([type(said).__name__, str(said), said.__cause__ is None])

ask("deadline", contracts="/nowhere", at="02:00", timezone="Asia/Hong_Kong")
ask("step", home=HOME, run="no-run", step="load")
ask("begin", home=HOME, contracts="/dev/null", moment="2026-03-10T18:00:00+00:00", as_of=None, options={})
ask("no task")
for python in ("/bin/true", "/no/python"):
    try:
        Place("/", "/", python).ask("step")
    except Exception as said:
        asked.append([type(said).__name__, str(said), said.__cause__ is None])
try:
    make_place("var", "/contracts", None)
except ValueError as said:
    asked.append(str(said))
print(json.dumps(asked))
"""


def run_apart(airflow: LocalAirflow, program: str, seed: str = "0"):
    """What a program prints as its last line, run in Airflow's environment."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=airflow.environment() | {"PYTHONHASHSEED": seed, "C360_DEADLINE": "06:00"},
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def make_airflow(folder: Path) -> LocalAirflow:
    """An Airflow whose home and contracts are not there."""
    return LocalAirflow(folder, folder / "home", folder / "contracts")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where the Airflow of these tests lives."""
    return tmp_path_factory.mktemp("air flow")


@pytest.fixture(scope="module")
def parsed(folder):
    """The DAG as Airflow parses it."""
    return run_apart(make_airflow(folder), PARSE)


@pytest.fixture
def company(tmp_path, checker) -> World:
    """Three sources with their deliveries, of which nothing was run; one customer bears the secret as a name."""
    world = World.found(tmp_path, checker, ["crm", "sales", "fx_rates"])
    world.deliver_all()
    world.deliver("crm.csv", CRM_HEAD + CHAN.replace("CHAN Tai Man", SECRET) + WONG)
    return world


@pytest.fixture
def airflow(folder, company):
    """An Airflow that works on the company, into a home of its own."""
    return LocalAirflow(folder, company.root / "airflow_home", company.contracts)


def test_the_dags_parse_and_there_is_no_other(parsed):
    assert parsed["errors"] == {}
    assert parsed["dags"] == ["customer_360", "recommender_features"]


def test_parsing_loads_nothing_heavy_and_nothing_of_the_program(parsed):
    assert {"airflow", "c360"} <= set(parsed["loaded"])
    assert (HEAVY | OURS) & set(parsed["loaded"]) == set()


def test_two_parses_give_the_same_dag(folder, parsed):
    again = run_apart(make_airflow(folder), PARSE, seed="1")
    assert again["serialized"] == parsed["serialized"]


def test_nights_come_at_two_in_hong_kong_one_at_a_time_and_none_is_made_up_for(parsed):
    assert parsed["schedule"] == ["0 2 * * *", "Asia/Hong_Kong"]
    assert (parsed["catchup"], parsed["max_active_runs"]) == (False, 1)
    assert parsed["timeout_hours"] < 24  # a night that hangs is over before the next one is due
    assert parsed["tags"] == ["customer-360", "nightly"]
    assert parsed["params"] == {
        "as_of": None,
        "backfill_to": None,
        "retrain": False,
        "full": False,
        "accept_identity": False,
    }


def test_four_hours_after_a_night_airflow_looks_whether_it_is_there(parsed, folder):
    [alert] = parsed["serialized"]["dag"]["deadline"]
    alert = alert.get("__var", alert)
    assert alert["reference"] == {"reference_type": "DagRunLogicalDateDeadline"}
    assert alert["interval"]["__data__"] == 4 * 3600
    callback = alert["callback"]["__data__"]
    assert callback["path"] == "c360.airflow.place.alert_missing"
    assert callback["kwargs"] == {
        "home": str(folder / "home"), "contracts": str(folder / "contracts"), "python": sys.executable,
    }  # fmt: skip
    assert parsed["serialized"]["dag"]["has_on_failure_callback"] is True


def test_whatever_writes_the_home_is_in_the_pool_of_one(parsed):
    outside = {name for name, task in parsed["tasks"].items() if task["pool"] != "customer_360_writer"}
    assert outside == {"land_and_check.land", "land_and_check.check"}  # they write a file of their own
    assert {name for name, task in parsed["tasks"].items() if task["is_mapped"]} == outside


def test_every_step_is_tried_again(parsed):
    assert {(t["retries"], t["delay"], t["backoff"]) for t in parsed["tasks"].values()} == {(2, 60.0, 2.0)}


def test_the_steps_come_in_the_order_of_the_command_line(parsed):
    before = {name: set() for name in parsed["tasks"]}
    for name, task in parsed["tasks"].items():
        for later in task["downstream"]:
            before[later].add(name)
    order = list(TopologicalSorter(before).static_order())
    assert order == ["begin", "land_and_check.land", "land_and_check.check", "is_new", *STEPS]
    # There is no other order: each waits for the one before, and for no other; both of a source know its name.
    edges = {(name, later) for name in order for later in parsed["tasks"][name]["downstream"]}
    assert edges == {*pairwise(order), ("begin", "land_and_check.check")}


def test_publishing_is_what_the_asset_waits_for(parsed):
    assert {n: t["outlets"] for n, t in parsed["tasks"].items() if t["outlets"]} == {"publish": ["customer_360"]}


def test_every_task_says_what_it_does(parsed):
    assert [name for name, task in parsed["tasks"].items() if not task["doc"]] == []


def test_the_runbook_knows_the_tasks_and_names_only_commands_there_are(parsed):
    doc = parsed["doc"]
    assert doc.startswith("**begin → ")
    assert [n for n in parsed["tasks"] if n.rpartition(".")[2] not in doc] == []
    for heading in ("When a task fails", "How to run a night again", "How to go back"):
        assert f"### {heading}" in doc
    commands = set(COMMANDS)
    named = set(re.findall(r"`c360 ([a-z]+)", doc))
    assert named
    assert named <= commands


def test_a_verdict_is_final_and_a_fault_is_tried_again(folder):
    program = f"HOME = {str(folder / 'home')!r}" + ASK
    waits, ended, unusable, unknown, silent, no_python, relative = run_apart(make_airflow(folder), program)
    assert waits == 4 * 3600
    assert ended[:2] == ["AirflowFailException", ended[1]]
    assert ended[1].startswith(f"HomeError: trigger a new run: run no-run is not under way in {folder / 'home'};")
    assert unusable[0] == "AirflowFailException"
    assert unknown == ["AirflowException", unknown[1], True]
    assert unknown[1].startswith("KeyError in answer (c360/tasks.py")
    assert silent == ["AirflowException", "step: its process ended with status 0, unanswered", True]
    assert no_python[:2] == [
        "AirflowFailException", "python='/no/python' cannot be started: No such file or directory",
    ]  # fmt: skip
    assert relative == "home='var' is no absolute path; write it from / on"


def test_an_error_quotes_no_row_and_says_whether_to_try_again(monkeypatch, capsys):
    def fail(error):
        raise error

    monkeypatch.setitem(tasks.TASKS, "fail", fail)
    errors = [
        GateClosed("crm: too few"), HomeError("too early"), BusyError("held"), OSError(28, "No space", "f"),
        ValueError(f"Could not convert '{SECRET}'"), PanicException(f"'{SECRET}'"),
    ]  # fmt: skip
    told = [tasks.answer("fail", {"error": error}) for error in errors]
    assert [t["kind"] for t in told] == ["verdict", "verdict", "fault", "fault", "fault", "verdict"]
    assert [t["error"] for t in told][:4] == [
        "GateClosed: crm: too few", "HomeError: too early", "BusyError: held", "OSError: No space: f",
    ]  # fmt: skip
    assert told[4]["error"].startswith("ValueError")
    assert told[5]["error"].startswith("PanicError: PanicException in ")
    assert SECRET not in json.dumps(told) + capsys.readouterr().err


def test_the_tasks_one_after_the_other_publish_what_the_command_line_publishes(company, airflow, folder):
    """As `make run` has them, by `airflow dags test`; a standing Airflow is in test_airflow_standalone.py."""
    report = company.night()
    steps = []
    airflow.test_night("2026-03-10", say=steps.append)
    ours, theirs = (dump_tables(home) for home in (company.home, Home(airflow.home)))
    assert set(ours) >= {"customer_profile", "customer_identity", "customer_event", "delivery"}
    assert len(ours["customer_profile"]) == report["customers"] > 0
    assert theirs == ours
    assert (steps[0], steps[-1], steps.count("land")) == ("begin", "publish", 3)
    assert find_secret(company.data, SECRET)
    assert find_secret(folder, SECRET) == set()


def dump_tables(home: Home) -> dict[str, list[tuple]]:
    """Every row of every published table, but for the clock's."""
    with open_published(home.require_current().database) as con:
        names = con.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' ORDER BY 1"
        ).fetchall()
        return {
            name: con.execute(
                f"SELECT COLUMNS(lambda c: c <> 'landed_at') FROM main.{quote(name)} ORDER BY ALL"
            ).fetchall()
            for (name,) in names
        }
