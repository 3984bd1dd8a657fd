"""Killed tasks in Airflow: the next run gives what an undisturbed night gives; and a backfill what `c360 run` does."""

import os
import random
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from benchmarks.reliability.nights import C360, ROOT, compare_rows, digest_rows, list_leftovers, sell
from benchmarks.reliability.reading import Reader
from serving.local_airflow import LocalAirflow
from tests.test_airflow_standalone import RUN_SECONDS, Api, find_port, wait_until
from tests.world import SALES_HEAD
from warehouse.verifying import verify

KILLED = {"identify": 0.1, "check_published": 2.0}
"""Steps in whose task the process is killed, and within how many seconds of the begin of each."""
NIGHT, FIRST, LAST = "2026-03-11", "2026-03-12", "2026-03-13"


@pytest.mark.slow
def test_killed_tasks_harm_nothing_and_a_backfill_is_that_of_the_command_line(sales, tmp_path_factory):
    sell(sales, 5)
    whole = sales.copy(tmp_path_factory.mktemp("whole"))
    whole.night(date.fromisoformat(NIGHT))
    airflow = LocalAirflow(sales.root / "airflow", sales.home.root, sales.contracts, find_port())
    with airflow.standing(), Reader(sales.home.root) as reader:
        api = Api(airflow)
        api.wait_for_dag()
        for number, step in enumerate(KILLED):
            kill_once(sales, api, step, f"{NIGHT}T18:0{number}:00Z")
        state, _ = api.run_dag(f"{NIGHT}T18:30:00Z")
        assert (state, sales.generation) == ("success", 2)
        assert compare_rows(sales, digest_rows(whole.home.require_current().database)) == []
        require_backfill(sales, airflow, sales.copy(tmp_path_factory.mktemp("told")))
    assert reader.seen.list_faults(reader.seen.pictures) == []
    assert list_leftovers(sales) == []


def kill_once(world, api: Api, step: str, logical_date: str) -> None:
    """Run the DAG, and kill the process of a task in the middle of its step."""
    with ThreadPoolExecutor(1) as beside:
        run = beside.submit(api.run_dag, logical_date)
        kill_task(world, step)
        state, tasks = run.result()
    assert (state, [task["state"] for task in tasks[step]]) == ("failed", ["failed"])
    assert world.generation == 1
    assert verify(world.home.require_current()) == []


def kill_task(world, step: str) -> None:
    """Wait until a step has begun, and a moment more; then kill the process that holds the home's lock."""
    end = time.monotonic() + RUN_SECONDS
    while not list(world.home.work.glob(f"*/begun-{step}")):
        assert time.monotonic() < end, f"{step} never began"
        time.sleep(0.01)
    process = int((world.home.root / "lock").read_text("utf-8").partition("(process ")[2].split()[0])
    time.sleep(random.uniform(0, KILLED[step]))
    os.kill(process, signal.SIGKILL)


def require_backfill(world, airflow: LocalAirflow, other) -> None:
    """Two nights by their logical dates in Airflow, and by `--from` and `--to` in a copy: the same rows."""
    for place in (world, other):
        for number, day in enumerate((FIRST, LAST)):
            line = f"B{number},B{number},A1,,1,7.00,HKD,{day} 10:00\n"
            place.deliver(f"sales_{day}.csv", [SALES_HEAD, line])
    where = ("--home", str(other.home.root), "--contracts", str(other.contracts))
    subprocess.run([*C360, "run", "--from", FIRST, "--to", LAST, *where], cwd=ROOT, check=True, capture_output=True)
    dates = ("--from-date", f"{FIRST}T17:00:00+00:00", "--to-date", f"{LAST}T19:00:00+00:00")
    conf = ("--dag-run-conf", f'{{"backfill_to": "{LAST}"}}')
    airflow.call("backfill", "create", "--dag-id", "customer_360", *dates, *conf)
    wait_until(lambda: world.home.require_current().as_of.isoformat() == LAST)
    assert (world.generation, other.generation) == (4, 4)
    assert compare_rows(world, digest_rows(other.home.require_current().database)) == []
