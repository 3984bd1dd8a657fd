"""One night: the steps in their order, and `run_night`, which is all of them without Airflow.

    begin → pull, land and check (each source) → load_sources → clean → identify → profile → check_published → publish

Steps keep their state on disk under the run's folder, so that each can run in a process of its own: Airflow's tasks
call `land_step`, `check_step` and `run_step`, and `run_night` calls what they call.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import duckdb

from expectations.model import CheckResult
from warehouse.checks import GateClosed, check_landed, check_published, import_great_expectations, require_open
from warehouse.cleaning.clean import clean_sources
from warehouse.connectors.logins import read_environment
from warehouse.connectors.pull import drop_files, is_pulled, pull_source
from warehouse.connectors.seam import FindLogin
from warehouse.contracts.features import digest_features
from warehouse.contracts.settings import read_kept
from warehouse.duck import open_database
from warehouse.errors import describe_error, without_panic
from warehouse.home.consent_ledger import is_ledger_of
from warehouse.home.decisions import Ledger
from warehouse.home.layout import Generation, Home, HomeError
from warehouse.home.lock import hold_lock
from warehouse.identity.resolve import identify_customers
from warehouse.landing.land import Landed, land_source
from warehouse.loading.load import LoadCounts, list_overfull, load_sources
from warehouse.monitoring.alerts import alerting
from warehouse.monitoring.report import Report, count_new, keep_report, store_results, time_step
from warehouse.profile.build import build_profiles
from warehouse.profile.service_rules import digest_service_rules
from warehouse.publish.publish import is_moved, publish
from warehouse.run import Run, RunOptions, begin_run, read_run


def load_checked(run: Run) -> list[LoadCounts]:
    """Take every source's new rows in; raises GateClosed where that put too much of a delivery into quarantine."""
    taken = load_sources(run)
    if overfull := list_overfull(run):
        with open_database(run.database, memory_limit=run.settings.memory_limit) as con:
            store_results(con, run.as_of, run.number, overfull)
        require_open({"loaded": overfull})
    return taken


def publish_run(run: Run) -> Generation:
    """Publish the run with its report, and clear its folder."""
    report = {} if is_moved(run) else Report.gather(run, "published").to_dict()
    generation = publish(run, report)
    keep_report(run.home, json.loads((generation.folder / "report.json").read_text("utf-8")))
    shutil.rmtree(run.folder)
    return generation


STEPS: Mapping[str, Callable[[Run], object]] = {
    "load": load_checked,
    "clean": clean_sources,
    "identify": identify_customers,
    "profile": build_profiles,
    "check_published": check_published,
    "publish": publish_run,
}
"""What follows landing and checking, in order; one writer at a time."""


def is_unchanged(run: Run) -> bool:
    """Would this night give the same again: nothing new, the same date, declarations, code, decisions and consents?"""
    parent = run.find_parent()
    is_asked = run.options.retrain or run.options.full or run.options.replay is not None
    if parent is None or is_asked or any(count_new(run.source_file(s.name)) for s in run.contracts.sources):
        return False
    manifest = parent.read_manifest()
    return bool(
        manifest["as_of"] == run.as_of.isoformat()
        and manifest["contracts"] == run.contracts.versions
        and read_kept(manifest) == run.settings.list_changing()
        and not run.changed_stages
        and manifest.get("features") == digest_features(run.contracts_folder)
        and manifest.get("service_rules") == digest_service_rules(run.contracts_folder)
        and manifest.get("decisions", Ledger([]).digest) == run.decisions.digest
        and is_ledger_of(run.home, manifest)
    )


@contextmanager
def reporting(run: Run) -> Iterator[None]:
    """Leave a report of the run if what is inside fails, by a panic of a library, too."""
    try:
        with without_panic():
            yield
    except GateClosed as error:
        report = Report.gather(run, "closed", describe_error(error))
        report.error = describe_closed(report.checks) or report.error
        report.write()
        raise
    except Exception as error:
        report_failure(run, describe_error(error))
        raise


def report_failure(run: Run, error: str) -> None:
    """Leave a report of a run that failed, with what its steps have left where that can be read."""
    try:
        report = Report.gather(run, "failed", error)
    except duckdb.Error:  # the run's own database may be what is damaged
        report = Report(run, "failed", error)
    with suppress(OSError, duckdb.Error):  # a disk that takes no report either: the error itself is what counts
        report.write()


def describe_closed(checks: Mapping[str, Sequence[CheckResult]]) -> str | None:
    """Why gates are closed, over all sources checked so far: branches that run beside each other share one report."""
    try:
        require_open(checks)
    except GateClosed as error:
        return describe_error(error)
    return None


def begin_step(home: Home, contracts: Path, as_of: date | None = None, options: RunOptions | None = None) -> Run:
    """Begin a run, unless another is at work."""
    with hold_lock(home, "that is beginning"):
        return begin_run(home, contracts, as_of, options)


def land_step(home: Home, run_id: str, name: str, find_login: FindLogin = read_environment) -> Landed:
    """Pull what is new of one source, where it is no file, and land it, beside others."""
    with hold_lock(home, run_id, exclusive=False):
        run = read_run(home, run_id)
        with reporting(run):
            return pull_and_land(run, name, find_login)


def pull_and_land(run: Run, name: str, find_login: FindLogin = read_environment) -> Landed:
    """What `land_step` does, of a run that is under way."""
    waiting: Sequence[str] = ()
    if is_pulled(run, name):
        with time_step(run.folder, "pull", name):
            waiting = pull_source(run, name, find_login)
    try:
        with time_step(run.folder, "land", name):
            return land_source(run, name, waiting)
    finally:
        drop_files(run, name)


def check_step(home: Home, run_id: str, name: str, find_login: FindLogin = read_environment) -> list[CheckResult]:
    """Check one source, beside others; a second try lands it again first, as `land_step` does. Raises GateClosed."""
    with hold_lock(home, run_id, exclusive=False):
        run = read_run(home, run_id)
        mark = run.folder / f"check-{name}"
        with reporting(run):
            if mark.exists():
                pull_and_land(run, name, find_login)
            mark.touch()
            results = check_landed(run, name)
            require_open({name: results})
            return results


def run_step(home: Home, run_id: str, step: str) -> object:
    """Run one of STEPS alone. What was begun before is begun again, from what was landed and checked.

    Raises:
        HomeError: the run is not under way, or a step before this one was not done.
    """
    with hold_lock(home, run_id):
        run = read_run(home, run_id)
        with reporting(run):
            names = list(STEPS)
            before, later = names[: names.index(step)], names[names.index(step) :]
            if missing := next((name for name in before if not run.step_mark("done", name).exists()), None):
                raise HomeError(f"{step} of run {run_id} follows {missing}, which was not done; clear {missing}, too")
            if is_repeated(run, step):
                restart(run, before, later)
            return do_step(run, step)


def do_step(run: Run, step: str) -> object:
    """Run a step, and mark when it is begun and done."""
    run.step_mark("begun", step).touch()
    with time_step(run.folder, step):
        given = STEPS[step](run)
    if run.folder.is_dir():
        run.step_mark("done", step).touch()
    return given


def is_repeated(run: Run, step: str) -> bool:
    """Has the run's database more in it than what the steps before this one made? The last two may be repeated."""
    names = list(STEPS)
    changing = names[names.index(step) : names.index("check_published")]
    return any(run.step_mark("begun", name).exists() for name in changing)


def restart(run: Run, before: Sequence[str], later: Sequence[str]) -> None:
    """Bring the run's database to where the steps before have it: from the current generation on, since steps add."""
    for name in (*before, *later):
        for state in ("begun", "done"):
            run.step_mark(state, name).unlink(missing_ok=True)
    run.database.unlink(missing_ok=True)
    run.database.with_name(f"{run.database.name}.wal").unlink(missing_ok=True)
    run.copy_parent()
    for name in before:
        do_step(run, name)


def leave_unchanged(home: Home, run_id: str) -> bool:
    """End a run that would publish what is served already; True if it was one."""
    with hold_lock(home, run_id):
        run = read_run(home, run_id)
        return end_unchanged(run) is not None


def end_unchanged(run: Run) -> Report | None:
    """The report of a run with nothing new, whose folder is then gone; None for any other run."""
    if not is_unchanged(run):
        return None
    report = Report.gather(run, "unchanged")
    report.write()
    shutil.rmtree(run.folder)
    return report


@contextmanager
def open_checker() -> Iterator[ProcessPoolExecutor]:
    """A process of its own for Great Expectations, so that its import and its checks run beside the landing."""
    with ProcessPoolExecutor(1, get_context("spawn"), import_great_expectations) as pool:
        pool.submit(bool)
        yield pool


def run_night(
    home: Home,
    contracts: Path,
    as_of: date | None = None,
    *,
    options: RunOptions | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, object]:
    """One whole night; gives its report as plain data. `say` is told what is being done.

    Raises:
        GateClosed: a critical check failed; nothing is published.
        ContractError, SettingsError, HomeError, ReconciliationError, DamageError: as their steps raise them.
    """
    with alerting(home, contracts), hold_lock(home, "of c360 run"):
        run = begin_run(home, contracts, as_of, options)
        with reporting(run), open_checker() as checker:
            pending = {}
            for source in run.contracts.sources:
                say(f"landing {source.name}")
                pull_and_land(run, source.name)
                pending[source.name] = checker.submit(check_landed, run, source.name)
            say("checking")
            require_open({name: future.result() for name, future in pending.items()})
            if unchanged := end_unchanged(run):
                return unchanged.to_dict()
            for name, step in STEPS.items():
                say(name.replace("_", " "))
                with time_step(run.folder, name):
                    checker.submit(step, run).result() if name == "check_published" else step(run)
    return Report.read(home, run.run_id)
