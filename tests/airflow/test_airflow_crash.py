"""Killed tasks in Airflow: the next run gives what an undisturbed night gives."""

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from benchmarks.reliability.nights import compare_rows, digest_rows, list_leftovers, sell
from benchmarks.reliability.reading import Reader
from serving.local_airflow import LocalAirflow
from tests.airflow.test_airflow_standalone import RUN_SECONDS, Api, find_port
from warehouse.home.verify import verify

KILLED = {"identify": 0.1, "check_published": 2.0}
"""Steps in whose task the process is killed, and within how many seconds of the begin of each."""
NIGHT = "2026-03-11"


@pytest.mark.slow
def test_killed_tasks_harm_nothing(sales, tmp_path_factory):
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
