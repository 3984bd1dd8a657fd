"""**begin → (land → check) per source → is_new → load → clean → identify → profile → check_published → publish**.

Every night at 02:00 in Hong Kong, what the sources delivered becomes one new generation of the customer-360. The steps
are the functions of `warehouse.night`; `c360 run` calls the same ones in the same order, without Airflow.

### Where it works

The file that makes this DAG says where what is published lies (`home`), which contracts say what each source owes us,
and which Python has the program: each task does its work in a process of that one. All steps that write the home share
the pool `customer_360_writer` of one slot. `make up` and `make run` create it; in another Airflow create it once, or
the tasks wait for ever:

    airflow pools set customer_360_writer 1 "the one writer of the customer-360"

### Which night it is

The business date is the parameter `as_of`, or else the last day that had ended at the run's logical date, in the time
zone of `settings.yaml` beside the contracts: the night of 1 July at 02:00 is as of 30 June. Nights go forward: a date
before that of the current generation is refused.

### When a task fails

Nothing is published by a night that fails; readers keep the generation before. `c360 status` says how the run ended.

* **check**: a gate is closed. The message names source, rule and count; `c360 quarantine` shows what closed it. Ask the
  source for a better delivery, put it in place of the bad one, and trigger the DAG again; or, if the source is right
  and the contract is wrong, mend the contract (`c360 check` tests it) and trigger. It is not tried again by itself,
  since the same files would fail again.
* **check_published**: the sources were fine and the result is not: a fault of ours, or a shift in the data. Look at
  `c360 status`, compare with the generation before by `c360 sql`; do not open the gate before it is understood. Where
  it speaks of identity, it names the customers: look at them by `c360 review` and `c360 explain`, part them by
  `c360 unlink`; if they are right, trigger the DAG with `accept_identity`.
* *is being written by …*: another run (`c360 run`, perhaps) holds the home.
* Anything else is a disk, a mount, a share, a database that does not answer, or Airflow itself: tried again after one
  and two minutes, whichever step it was; then see to the machine.
* **is_new** skipped the rest: nothing was delivered since the current generation. That is no failure.
* A task waits for ever without a log: the pool is missing (above).

An alert goes to `alert_webhook` and `alert_email` of the settings if a run fails, with the rules that closed a gate,
and, where `deadline` is set, if profiles are not published by then. `c360 report` shows how a run went.

Bad rows fail nothing: they are quarantined by rule; `c360 quarantine --source … --rows` shows them to who may see them.

### How to run a night again

Trigger the DAG, with `as_of` for a night that was missed. `begin` starts from the current generation and throws away
what an unfinished night left, so a night may be repeated at will; a delivery that was loaded loads nothing the second
time. A task that failed may also be cleared, with what follows it: its step is begun again from what was landed and
checked. Of a run that has ended, or after which another began, no task can be: it says so.

For a row of nights, `airflow backfill create --dag-id customer_360 --max-active-runs 1 --from-date … --to-date …`: each
night's date comes from its logical date. Without `--max-active-runs 1` Airflow runs ten nights at once, whatever the
DAG says, and each would throw away what another has begun. Let it end now where no night has been scheduled yet:
Airflow goes on from the last night of the backfill, and would run the latest one beside it. Give it
`--dag-run-conf '{"backfill_to": "2026-06-30"}'` where the files hold days to come. Where Airflow's own database is
SQLite, create the backfill while Airflow is down, or `database is locked` may end it half made.

### How to go back

`c360 rollback` serves the generation before again, `c360 rollback <n>` number *n*; the next night builds on it.
`c360 generations` lists them, `c360 verify` reads the one that is served from end to end.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, CronTriggerTimetable, Param, chain, dag, get_current_context, task, task_group
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from c360.airflow.place import LONGEST, RETRIED, Place, alert_failed, alert_missing, make_place, read_secrets

POOL = "customer_360_writer"
BESIDE_OTHERS = "default_pool"
"""For what writes a file of its own."""
STEPS = ("load", "clean", "identify", "profile", "check_published")
PARAMS = {
    "as_of": Param(None, type=["null", "string"], format="date", description="business date, YYYY-MM-DD"),
    "retrain": Param(False, type="boolean", description="retrain the identity model"),
    "full": Param(False, type="boolean", description="rebuild everything from the loaded rows (full refresh)"),
    "backfill_to": Param(None, type=["null", "string"], format="date", description="last business date of a backfill"),
    "accept_identity": Param(False, type="boolean", description="publish however many customers merge or split"),
}


def customer_360_dag(
    home: str | Path,
    contracts: str | Path,
    *,
    dag_id: str = "customer_360",
    schedule: Any = "0 2 * * *",
    timezone: str = "Asia/Hong_Kong",
    pool: str = POOL,
    python: str | Path | None = None,
) -> DAG:
    """The DAG of one home; call it at the top of a file in Airflow's `dags` folder.

    Args:
        home: absolute path of the folder where generations are published; one machine writes it.
        contracts: absolute path of the folder of contracts.
        dag_id: its name, and that of the asset that publishing updates.
        schedule: five fields of cron in `timezone`, or whatever else Airflow takes.
        timezone: the zone of such a schedule. The business date's is in the settings.
        pool: a pool of one slot, which keeps writers of the home apart.
        python: Python of the environment where customer-360 is installed; None: the one that Airflow runs in.

    Raises:
        ValueError: a path is not absolute, or the settings have a deadline and the schedule has no time of day.
    """
    place = make_place(home, contracts, python)
    published = Asset(dag_id)
    is_cron = isinstance(schedule, str) and len(schedule.split()) == 5
    timetable = CronTriggerTimetable(schedule, timezone=timezone, run_immediately=timedelta(0)) if is_cron else schedule

    @task
    def begin() -> list[dict[str, str]]:
        """Begin the night from the current generation; gives the sources, with the connections of their logins."""
        context = get_current_context()
        params, run = context["params"], context["dag_run"]
        options = {name: params[name] for name in ("retrain", "full", "accept_identity", "backfill_to")}
        moment = (run.logical_date or run.run_after).isoformat()
        begun = place.on_home("begin", contracts=place.contracts, moment=moment, as_of=params["as_of"], options=options)
        for key in ("run", "as_of"):
            context["ti"].xcom_push(key, begun[key])
        return list(begun["sources"])

    def ask_of_source(name: str, source: Mapping[str, str]) -> Any:
        """What a task of one source gives, which Airflow shows by the source's name; it may need to pull again."""
        get_current_context().update({"source_name": source["name"]})  # type: ignore[misc]
        secrets = read_secrets(source["connection"])
        return place.on_home(name, run=read_begun("run"), source=source["name"], secrets=secrets)

    @task(pool=BESIDE_OTHERS, map_index_template="{{ source_name }}")
    def land(source: dict[str, str]) -> dict[str, int]:
        """Pull what is new, recognise deliveries by their content, and land them record by record; gives how many."""
        return dict(ask_of_source("land", source))

    @task(pool=BESIDE_OTHERS, map_index_template="{{ source_name }}")
    def check(source: dict[str, str]) -> list[str]:
        """Check what was landed: a bad row goes to quarantine, a bad table closes the gate; gives the broken rules."""
        return list(ask_of_source("check", source))

    @task_group
    def land_and_check(source: dict[str, str]) -> None:
        """One source: what is new of it, and whether it keeps its contract."""
        land(source) >> check(source)

    @task.short_circuit
    def is_new() -> bool:
        """Skip the rest if it would publish what is served already."""
        return bool(place.on_home("is_new", run=read_begun("run")))

    @task(outlets=[published])
    def publish() -> dict[str, Any]:
        """Make it the generation that is served; gives its number and report, also to what waits for the asset."""
        given = dict(place.on_home("step", run=read_begun("run"), step="publish"))
        get_current_context()["outlet_events"][published].extra = given | {"as_of": read_begun("as_of")}
        return given

    @dag(
        dag_id=dag_id,
        schedule=timetable,
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=LONGEST,
        deadline=find_deadline(place, schedule if is_cron else "", timezone),
        on_failure_callback=partial(alert_failed, place),
        default_args={"pool": pool, **RETRIED},
        params=PARAMS,
        tags=["customer-360", "nightly"],
        doc_md=__doc__,
    )
    def night() -> None:
        """One night of the customer-360."""
        chain(land_and_check.expand(source=begin()), is_new(), *(make_step(place, name) for name in STEPS), publish())

    return night()


def make_step(place: Place, name: str) -> Any:
    """The task of one of the steps that follow each other."""

    @task(task_id=name, doc_md=DOCS[name])
    def step() -> dict[str, Any]:
        return dict(place.on_home("step", run=read_begun("run"), step=name))

    return step()


DOCS = {
    "load": "Load the sources' new rows into the run's copy of the warehouse, and reconcile the counts.",
    "clean": "Give every source the same columns, types and units.",
    "identify": "Find which accounts are one person.",
    "profile": "Build one row per customer.",
    "check_published": "Check the tables that are about to be published; a broken rule closes the gate.",
}


def read_begun(key: str) -> str:
    """Of the night that this run of the DAG began: its `run`, an id of ours, or `as_of`, the business date."""
    return str(get_current_context()["ti"].xcom_pull(task_ids="begin", key=key))


def find_deadline(place: Place, schedule: str, timezone: str) -> DeadlineAlert | None:
    """When Airflow looks whether the night is published, if the settings have a deadline.

    Raises:
        ValueError: they have one, and the schedule has no time of day.
    """
    if not has_deadline(Path(place.contracts)):
        return None
    at = re.fullmatch(r"(\d{1,2}) (\d{1,2}) .*", schedule)
    if at is None:
        raise ValueError(
            f"{place.contracts}: the settings have a deadline, and the schedule {schedule!r} no time of day"
        )
    seconds = place.ask("deadline", contracts=place.contracts, at=f"{at[2]:0>2}:{at[1]:0>2}", timezone=timezone)
    if seconds is None:
        return None
    callback = SyncCallback(alert_missing, kwargs=vars(place))
    return DeadlineAlert(DeadlineReference.DAGRUN_LOGICAL_DATE, timedelta(seconds=seconds), callback)


def has_deadline(contracts: Path) -> bool:
    """May the settings have a deadline? Only then is a process of the program asked, which takes half a second."""
    if os.environ.get("C360_DEADLINE"):
        return True
    try:
        return "deadline" in (contracts / "settings.yaml").read_text("utf-8")
    except OSError:
        return False
