"""**begin → (land → check) per source → is_new → load → clean → identify → profile → check_published → publish**.

Every night at 02:00 in Hong Kong, what the sources delivered becomes one new generation of the customer-360. The steps
are the functions of `warehouse.night`; `c360 run` calls the same ones in the same order, without Airflow.

### Where it works

`C360_HOME` (default `var/` of the project) holds what is published, `C360_CONTRACTS` (default `contracts/`) says what
each source owes us; a relative path starts at the project's folder. Both are read from the environment of Airflow's
workers. All steps that write the home share the pool `customer_360_writer` of one slot. `make up` and `make run` create
it; in another Airflow create it once, or the tasks wait for ever:

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
* **begin** says *is being written by …*: another run (`c360 run`, perhaps) holds the home. It is tried again twice.
* **land, publish**: a disk, a mount, a share, or a database that does not answer. Tried again after one and two
  minutes; then see to the machine. What was pulled is forgotten with the run, and pulled again by the next.
* **is_new** skipped the rest: nothing was delivered since the current generation. That is no failure.
* A task waits for ever without a log: the pool is missing (above).

An alert goes to `alert_webhook` and `alert_email` of the settings if a run fails, with the rules that closed a gate,
and, where `deadline` is set, if profiles are not published by then. `c360 report` shows how a run went.

Bad rows fail nothing: they are quarantined by rule; `c360 quarantine --source … --rows` shows them to who may see them.

### How to run a night again

Trigger the DAG, with `as_of` for a night that was missed. Trigger a new run rather than clear single tasks: `begin`
starts from the current generation and throws away what an unfinished night left, so a night may be repeated at will; a
delivery that was loaded loads nothing the second time.

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
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow.sdk import (
    Asset,
    CronTriggerTimetable,
    Param,
    chain,
    dag,
    get_current_context,
    task,
    task_group,
)
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.sdk.exceptions import AirflowException, AirflowFailException

# Nothing of ours at the top but the settings and the deadline: it would load Polars and DuckDB into processes that
# fork, and slow down every parse.
if TYPE_CHECKING:
    from warehouse.connectors.seam import Login
    from warehouse.home.layout import Home

ROOT = Path(__file__).resolve().parents[1]
CUSTOMER_360 = Asset("customer_360")
DEFAULTS: dict[str, Any] = {
    "pool": "customer_360_writer",
    "retries": 0,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": 2.0,
}
"""Safe unless a task says otherwise: one at a time, and no second try of what would come to the same."""
BESIDE_OTHERS = "default_pool"
"""For what writes a file of its own."""
HOUR, ZONE = 2, "Asia/Hong_Kong"
LONGEST = timedelta(hours=20)
"""A night that hangs is over before the next one is due."""


def find_home() -> Home:
    """The home that C360_HOME names."""
    from warehouse.home.layout import Home

    return Home(ROOT / os.environ.get("C360_HOME", "var"))


def find_contracts() -> Path:
    """The contracts that C360_CONTRACTS names."""
    return ROOT / os.environ.get("C360_CONTRACTS", "contracts")


def find_deadline() -> DeadlineAlert | None:
    """When Airflow looks whether the night is published, if the settings say so; wrong settings `begin` tells of."""
    from warehouse.contracts.settings import SettingsError, read_settings
    from warehouse.monitoring.deadline import wait_from

    try:
        settings = read_settings(find_contracts())
    except SettingsError:
        return None
    if not settings.deadline:
        return None
    places = {"home": str(find_home().root), "contracts": str(find_contracts())}
    callback = SyncCallback("warehouse.monitoring.alerts.notify_if_missing", kwargs=places)
    return DeadlineAlert(DeadlineReference.DAGRUN_LOGICAL_DATE, wait_from(settings, HOUR, ZONE), callback)


def tell_failed(context: Any) -> None:
    """Tell whom the settings name that the run failed; a context without the run has its latest begin."""
    from warehouse.monitoring.alerts import notify_failure

    began = getattr(context.get("dag_run"), "start_date", None)
    notify_failure(find_home(), find_contracts(), began or datetime.now(UTC) - LONGEST)


@dag(
    # Without it, an Airflow that is new between two and half past four runs the night just missed.
    schedule=CronTriggerTimetable(f"0 {HOUR} * * *", timezone=ZONE, run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=LONGEST,
    deadline=find_deadline(),
    on_failure_callback=tell_failed,
    default_args=DEFAULTS,
    params={
        "as_of": Param(None, type=["null", "string"], format="date", description="business date, YYYY-MM-DD"),
        "retrain": Param(False, type="boolean", description="retrain the identity model"),
        "full": Param(False, type="boolean", description="rebuild everything from the loaded rows (full refresh)"),
        "backfill_to": Param(
            None, type=["null", "string"], format="date", description="last business date of a backfill"
        ),
        "accept_identity": Param(False, type="boolean", description="publish however many customers merge or split"),
    },
    tags=["customer-360", "nightly"],
    doc_md=__doc__,
)
def customer_360() -> None:
    """One night of the customer-360."""
    run: Any = begin()
    checked = land_and_check.partial(run=run).expand(source=list_sources(run))
    steps = (is_new, load, clean, identify, profile, check_published, publish)
    chain(checked, *(step(run) for step in steps))


@task(retries=2)
def begin() -> str:
    """Begin the night from the current generation; gives the run's id."""
    from warehouse.night import begin_step
    from warehouse.run import RunOptions

    params = get_current_context()["params"]
    options = RunOptions(
        retrain=bool(params["retrain"]),
        full=bool(params["full"]),
        accept_identity=bool(params["accept_identity"]),
        backfill_to=params["backfill_to"],
    )
    with telling():
        return begin_step(find_home(), find_contracts(), find_as_of(), options).run_id


@task
def list_sources(run: str) -> list[str]:
    """Names of the sources that have a contract."""
    from warehouse.run import read_run

    with telling():
        return [source.name for source in read_run(find_home(), run).contracts.sources]


@task_group
def land_and_check(run: str, source: str) -> None:
    """One source: what is new of it, and whether it keeps its contract."""
    land(run, source) >> check(run, source)


@task(pool=BESIDE_OTHERS, retries=2)
def land(run: str, source: str) -> dict[str, int]:
    """Pull what is new, recognise deliveries by their content, and land them record by record; gives how many."""
    from warehouse.night import land_step

    with telling():
        landed = land_step(find_home(), run, source, find_login)
        return {"new": len(landed.new), "known": len(landed.known), "unreadable": len(landed.problems)}


@task(pool=BESIDE_OTHERS)
def check(run: str, source: str) -> list[str]:
    """Check what was landed: a bad row goes to quarantine, a bad table closes the gate; gives the broken rules."""
    from warehouse.night import check_step

    with telling():
        return [result.rule for result in check_step(find_home(), run, source) if not result.is_passed]


@task.short_circuit
def is_new(run: str) -> bool:
    """Skip the rest if it would publish what is served already."""
    from warehouse.night import leave_unchanged

    with telling():
        return not leave_unchanged(find_home(), run)


@task
def load(run: str) -> None:
    """Load the sources' new rows into the run's copy of the warehouse, and reconcile the counts."""
    run_one(run, "load")


@task
def clean(run: str) -> None:
    """Give every source the same columns, types and units."""
    run_one(run, "clean")


@task
def identify(run: str) -> None:
    """Find which accounts are one person."""
    run_one(run, "identify")


@task
def profile(run: str) -> None:
    """Build one row per customer."""
    run_one(run, "profile")


@task
def check_published(run: str) -> None:
    """Check the tables that are about to be published; a broken rule closes the gate."""
    run_one(run, "check_published")


@task(retries=2, outlets=[CUSTOMER_360])
def publish(run: str) -> int:
    """Make it the generation that is served; gives its number, also to what waits for the asset."""
    number = int(run_one(run, "publish").number)
    get_current_context()["outlet_events"][CUSTOMER_360].extra = {"generation": number}
    return number


def run_one(run: str, step: str) -> Any:
    """Run one of the steps that follow each other."""
    from warehouse.night import run_step

    with telling():
        return run_step(find_home(), run, step)


@contextmanager
def telling() -> Iterator[None]:
    """Tell an error without its traceback, which may quote a row; a verdict fails at once, a fault may be retried."""
    from warehouse.errors import describe_error, is_verdict, without_panic

    try:
        with without_panic():
            yield
    except Exception as error:
        kind = AirflowFailException if is_verdict(error) else AirflowException
        raise kind(describe_error(error)) from None


def find_login(name: str) -> Login:
    """The login of a connection of Airflow; without a name an empty one, and the client's own files decide.

    Raises:
        PullError: there is no such connection.
    """
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from warehouse.connectors.logins import make_login, read_environment
    from warehouse.connectors.seam import PullError

    if not name:
        return read_environment(name)
    try:
        found = Connection.get(name)
    except AirflowNotFoundException:
        cure = f"add it by: airflow connections add {name} --conn-uri …"
        raise PullError(f"connection {name!r} is not known to Airflow; {cure}") from None
    fields = {key: getattr(found, key) for key in ("login", "password", "host", "port", "schema")}
    return make_login(fields, found.extra_dejson)


def find_as_of() -> date:
    """The business date of this run: the one given, or the last day that had ended at its logical date."""
    from warehouse.contracts.settings import read_settings

    context = get_current_context()
    if given := context["params"]["as_of"]:
        return date.fromisoformat(given)
    run = context["dag_run"]
    zone = ZoneInfo(read_settings(find_contracts()).timezone)
    return (run.logical_date or run.run_after).astimezone(zone).date() - timedelta(days=1)


customer_360()
