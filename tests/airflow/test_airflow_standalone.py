"""A whole Airflow, as `make up` starts it: it publishes, backfills; killed steps and broken deliveries harm nothing."""

import json
import os
import random
import signal
import socket
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from benchmarks.reliability.nights import compare_rows, digest_rows, list_leftovers
from benchmarks.reliability.reading import Reader
from serving.local_airflow import AirflowError, LocalAirflow, has_group, require_free
from tests.worlds.listening import HOOK, web_server
from tests.worlds.world import CHAN, CRM_HEAD, SALES, SALES_HEAD, SOURCES, column, find_secret
from warehouse.duck import open_published
from warehouse.home.layout import Generation, Home

pytestmark = pytest.mark.slow

SECRET = "WONGTAISIN"
GOODS_HEAD = SALES_HEAD.replace("\n", ",goods\n")
RUN_SECONDS = 600
"""Far more than it takes, for a machine that is busy with other things."""
KILLED = {"identify": 0.1, "check_published": 2.0}
"""Steps whose process is killed, and within how many seconds of the begin of each."""


class Api:
    """Airflow's REST API, signed in as its admin."""

    def __init__(self, airflow: LocalAirflow) -> None:
        self.airflow, self.token = airflow, ""
        login = {"username": "admin", "password": airflow.read_password()}
        self.token = self.call("POST", "/auth/token", login)["access_token"]

    def call(self, method: str, path: str, body: object = None, tries: int = 5):
        """The answer to one request, as plain data; asked again where Airflow found its SQLite locked."""
        request = urllib.request.Request(
            self.airflow.address + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if tries == 1 or error.code < 500:
                raise
        time.sleep(1)
        return self.call(method, path, body, tries - 1)

    def wait_for_dag(self) -> None:
        """Wait until the DAG file was parsed."""
        wait_until(lambda: "customer_360" in [d["dag_id"] for d in self.call("GET", "/api/v2/dags")["dags"]])

    def run_dag(self, logical_date: str) -> tuple[str, dict[str, list[dict]]]:
        """Trigger a run and wait for its end: its state, and the task instances by task."""
        body = {"logical_date": logical_date, "dag_run_id": f"test-{logical_date}"}
        path = "/api/v2/dags/customer_360/dagRuns"
        run = f"{path}/{self.call('POST', path, body)['dag_run_id']}"
        wait_until(lambda: self.call("GET", run)["state"] in {"success", "failed"})
        tasks: dict[str, list[dict]] = {}
        for instance in self.call("GET", f"{run}/taskInstances?limit=100")["task_instances"]:
            tasks.setdefault(instance["task_id"].rpartition(".")[2], []).append(instance)
        return self.call("GET", run)["state"], tasks


def wait_until(is_true) -> None:
    """Wait, and fail after RUN_SECONDS."""
    end = time.monotonic() + RUN_SECONDS
    while not is_true():
        assert time.monotonic() < end, "Airflow took too long"
        time.sleep(1)


def find_port() -> int:
    """The first of three free ports."""
    for first in random.sample(range(20_000, 60_000), 50):
        try:
            for port in range(first, first + 3):
                require_free(port)
        except AirflowError:
            continue
        return first
    raise AssertionError("no three free ports in a row")


@pytest.fixture
def airflow(world):
    """An Airflow of two sources, for a world small enough to be quick; one customer bears the secret as a name."""
    for name in ("posts", "tickets", "consent"):
        (world.contracts / f"{name}.odcs.yaml").unlink()
    world.declare("sales", columns=[*SOURCES["sales"]["columns"], column("goods", "item_id")])
    deliver_good(world)
    made = LocalAirflow(world.root / "airflow", world.home.root, world.contracts, find_port())
    yield made
    print(*made.log.read_text("utf-8").splitlines()[-200:], sep="\n")  # pytest shows it of a test that failed


def deliver_good(world) -> None:
    """What its sources say where nothing is broken."""
    world.deliver("crm.csv", CRM_HEAD + CHAN.replace("CHAN Tai Man", SECRET))
    world.deliver("sales.csv", [GOODS_HEAD, SALES[0].replace("\n", ",tea\n")])


@pytest.mark.slow
def test_nights_in_airflow_publish_and_neither_killed_tasks_nor_broken_deliveries_harm(
    world, airflow, tmp_path_factory
):
    with web_server() as (hook, told):
        world.write_yaml("settings.yaml", {"alert_webhook": hook, "deadline": "06:00"})
        with airflow.standing() as process:
            api = Api(airflow)
            api.wait_for_dag()
            assert api.call("GET", "/api/v2/dags/customer_360")["is_paused"] is False
            require_published(world, api)
            require_unharmed(world, api, world.copy(tmp_path_factory.mktemp("whole")))
            require_unchanged(world, api)
            require_refused(world, api)
            require_told(told)
        assert not has_group(process)
        days = create_backfill(world, airflow)
        with airflow.standing():
            require_backfilled(world, Api(airflow), days)
    assert find_secret(world.data, SECRET)
    # Neither Airflow's logs, nor its database with every XCom, nor our own reports hold it.
    assert find_secret(airflow.folder, SECRET) == set()
    assert find_secret(world.home.reports, SECRET) == set()
    assert SECRET not in json.dumps(told)
    assert find_secret(airflow.folder, HOOK) == set()  # the webhook's address is a secret too


def require_published(world, api: Api) -> None:
    """The first night, at 02:00 on 11 March in Hong Kong, publishes the business day before."""
    assert world.generation is None
    state, tasks = api.run_dag("2026-03-10T18:00:00Z")
    assert state == "success", {name: [t["state"] for t in found] for name, found in tasks.items()}
    assert world.generation == 1
    assert Home(world.home.root).require_current().read_manifest()["as_of"] == "2026-03-10"
    for name in ("land", "check"):
        assert {task["rendered_map_index"] for task in tasks[name]} == {"crm", "sales", "fx_rates"}
    for line in ("sales: deliveries: 1 new", "main.customer_profile: 1 rows", "publish: done in"):
        assert find_secret(api.airflow.folder / "logs", line)
    require_woken(world, api)


def require_woken(world, api: Api) -> None:
    """The asset of the generation wakes the export for recommenders, which is whole."""
    # Airflow answers 500 to a question for asset events as long as a run that one of them woke has not started.
    path = "/api/v2/dags/recommender_features/dagRuns"
    wait_until(lambda: [r["state"] for r in api.call("GET", path)["dag_runs"]] in (["success"], ["failed"]))
    [run] = api.call("GET", path)["dag_runs"]
    assert (run["run_type"], run["state"]) == ("asset_triggered", "success")
    events = api.call("GET", "/api/v2/assets/events")["asset_events"]
    assert {e["name"]: e["extra"]["generation"] for e in events} == {"customer_360": 1, "recommender_features": 1}
    [manifest] = world.home.root.glob("exports/**/manifest.json")
    assert json.loads(manifest.read_text("utf-8"))["generation"] == 1


def require_unharmed(world, api: Api, whole) -> None:
    """A night in which two processes are killed goes on from there, and gives what an undisturbed one gives."""
    for one in (world, whole):
        one.deliver("sales_1.csv", [GOODS_HEAD, "L8,R8,A8,new@example.com,1,7.00,HKD,2026-03-11 10:00,cup\n"])
    whole.night(date(2026, 3, 11))
    with Reader(world.home.root) as reader, ThreadPoolExecutor(1) as beside:
        run = beside.submit(api.run_dag, "2026-03-11T18:00:00Z")
        for step in KILLED:
            kill_task(world, step)
        state, tasks = run.result()
    assert (state, world.generation) == ("success", 2)
    assert [[task["try_number"] for task in tasks[name]] for name in KILLED] == [[2], [2]]
    assert compare_rows(world, digest_rows(whole.home.require_current().workings)) == []
    assert reader.seen.list_faults(reader.seen.pictures) == []
    assert list_leftovers(world) == []


def kill_task(world, step: str) -> None:
    """Wait until a step has begun, and a moment more; then kill the process that holds the home's lock."""
    end = time.monotonic() + RUN_SECONDS
    while not list(world.home.work.glob(f"*/begun-{step}")):
        assert time.monotonic() < end, f"{step} never began"
        time.sleep(0.01)
    process = int((world.home.root / "lock").read_text("utf-8").partition("(process ")[2].split()[0])
    time.sleep(random.uniform(0, KILLED[step]))
    os.kill(process, signal.SIGKILL)


def create_backfill(world, airflow: LocalAirflow) -> list[str]:
    """Order the last two nights while nothing else writes to Airflow's SQLite; a sale is of the second of them."""
    deliver_good(world)
    first, last = (datetime.now(UTC) - timedelta(days=days, hours=18) for days in (1, 0))
    days = [f"{moment:%Y-%m-%d}" for moment in (first, last)]
    world.deliver("sales_2.csv", [GOODS_HEAD, f"L9,R9,A1,tai.man@example.com,1,7.00,HKD,{days[1]} 10:00,cup\n"])
    airflow.call(
        "backfill", "create", "--dag-id", "customer_360", "--max-active-runs", "1", "--from-date", days[0],
        "--to-date", f"{datetime.now(UTC):%Y-%m-%dT%H:%M}", "--dag-run-conf", json.dumps({"backfill_to": days[1]}),
    )  # fmt: skip
    return days


def require_backfilled(world, api: Api, days: list[str]) -> None:
    """Both nights were run in order, each as of its own date: the sale counts from the second on."""
    path = "/api/v2/dags/customer_360/dagRuns?run_type=backfill"
    wait_until(lambda: {r["state"] for r in api.call("GET", path)["dag_runs"]} <= {"success", "failed"})
    runs = sorted((r["logical_date"][:10], r["state"]) for r in api.call("GET", path)["dag_runs"])
    assert runs == [(day, "success") for day in days]
    nights = [Generation(n, world.home.generations / str(n)) for n in (3, 4)]
    assert [night.read_manifest()["as_of"] for night in nights] == days
    assert [count_orders(night) for night in nights] == [2, 3]


def count_orders(night: Generation) -> int:
    """Orders of all customers of a generation."""
    with open_published(night.database) as con:
        return int(con.execute("SELECT sum(order_count) FROM customer_profile").fetchall()[0][0])


def require_unchanged(world, api: Api) -> None:
    """A run without news ends before anything is loaded, and leaves what is served."""
    state, tasks = api.run_dag("2026-03-11T18:40:00Z")
    assert (state, [t["state"] for t in tasks["is_new"]]) == ("success", ["success"])
    assert {t["state"] for name in ("load", "publish") for t in tasks[name]} == {"skipped"}
    assert (world.generation, world.report["status"]) == (2, "unchanged")


def require_refused(world, api: Api) -> None:
    """Two sources break at once: both are told, neither is tried again, nothing is published."""
    world.deliver("crm.csv", f"number,name\nC1,{SECRET}\n")
    world.deliver("sales.csv", SALES_HEAD.replace("line,", "row,"))
    state, tasks = api.run_dag("2026-03-12T18:00:00Z")
    assert state == "failed"
    assert sorted(t["state"] for t in tasks["check"]) == ["failed", "failed", "success"]
    assert {t["try_number"] for t in tasks["check"]} == {1}
    assert {t["state"] for t in tasks["load"]} == {"upstream_failed"}
    assert world.generation == 2
    assert world.report["status"] == "closed"
    assert "crm: " in world.report["error"]
    assert "sales: " in world.report["error"]


def require_told(told: list) -> None:
    """Of the night of the 12th both are told: that its gates are closed, and that its deadline passed without it."""
    wait_until(lambda: {a["kind"] for a in told if a["as_of"] == "2026-03-12"} == {"closed", "late"})
    [closed] = [a for a in told if a["kind"] == "closed"]
    assert {rule["source"] for rule in closed["rules"]} == {"crm", "sales"}
    assert {a["served_as_of"] for a in told if a["as_of"] == "2026-03-12"} == {"2026-03-11"}


def test_a_port_in_use_is_named_before_anything_is_started(world, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        airflow = LocalAirflow(tmp_path / "airflow", world.home.root, world.contracts, taken.getsockname()[1])
        with pytest.raises(AirflowError, match="is in use; choose another"), airflow.standing():
            pass
    assert not airflow.folder.exists()


def test_settings_of_another_airflow_do_not_leak_in(world, tmp_path):
    foreign = {"AIRFLOW_HOME": "/elsewhere", "AIRFLOW__CORE__EXECUTOR": "X", "_AIRFLOW__AS_LIBRARY": "1", "LANG": "C"}
    airflow = LocalAirflow(tmp_path, world.home.root, world.contracts)
    given = airflow.environment(foreign)
    assert given["AIRFLOW_HOME"] == str(tmp_path)
    assert given["LANG"] == "C"
    assert {"AIRFLOW__CORE__EXECUTOR", "_AIRFLOW__AS_LIBRARY"} & set(given) == set()
