"""One night: the steps in their order, each callable alone, and `run_night`, which is all of them without Airflow.

    begin → land and check (per source) → take in → clean → identify → profile → check published → publish

Steps keep their state on disk under the run's folder, so that Airflow's tasks and `run_night` call the same functions.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from expectations.gates import check_source, check_tables, is_open
from expectations.model import CheckResult
from warehouse.building import build_profiles, identify_customers
from warehouse.cleaning import clean_sources
from warehouse.database import open_database
from warehouse.home import Home, hold_lock
from warehouse.intake import take_in
from warehouse.landing import Landed, land_source
from warehouse.publishing import publish
from warehouse.report import Report, store_results, summarize
from warehouse.run import CODE_VERSION, Run, begin_run
from warehouse.tables import list_published


class GateClosed(Exception):
    """A critical check failed; nothing was published and the generation before stays served."""

    def __init__(self, failed: Mapping[str, list[CheckResult]]) -> None:
        """Name every critical failure: source or table, rule, count and what must hold."""
        lines = [f"  {name}: {r.rule}: {r.message}" for name, results in failed.items() for r in results]
        super().__init__("the gate is closed, nothing is published:\n" + "\n".join(lines))
        self.failed = failed


def land(run: Run, name: str) -> Landed:
    """Land a source's new deliveries into its own file; may run beside other sources."""
    return land_source(run, name)


def check(run: Run, name: str) -> list[CheckResult]:
    """Check what was landed of a source; bad rows move to quarantine. The verdict is read by `require_open`."""
    return check_source(run.source_file(name), run.source(name), run.as_of, run.settings.timezone)


def require_open(results: Mapping[str, list[CheckResult]]) -> None:
    """Raise GateClosed if any critical check failed."""
    failed = {
        name: [r for r in found if r.severity == "critical" and not r.is_passed]
        for name, found in results.items()
        if not is_open(found)
    }
    if failed:
        raise GateClosed(failed)


def is_unchanged(run: Run, landed: int) -> bool:
    """Would this night give the same generation again: nothing new, and the same date, contracts, settings and code?"""
    parent = run.find_parent()
    if parent is None or landed:
        return False
    manifest = parent.read_manifest()
    now = {s.name: {"version": s.version, "sha256": s.digest} for s in run.contracts.sources}
    return bool(
        manifest["as_of"] == run.as_of.isoformat()
        and manifest["contracts"] == now
        and manifest["settings"] == run.settings.digest_text()
        and manifest["code_version"] == CODE_VERSION
    )


def check_generation(run: Run) -> list[CheckResult]:
    """Check the tables that are about to be published."""
    results = check_tables(run.database, list_published(), run.as_of, run.settings.timezone)
    with open_database(run.database, memory_limit=run.settings.memory_limit) as con:
        store_results(con, run, "published", results)
    return results


def import_great_expectations() -> None:
    """Import it ahead: that takes longer than many a night's landing, and runs beside it."""
    import great_expectations

    assert great_expectations.__version__


@contextmanager
def open_checker() -> Iterator[ProcessPoolExecutor]:
    """A process of its own for the checks, so that they and their imports run beside landing and building."""
    with ProcessPoolExecutor(1, get_context("spawn"), import_great_expectations) as pool:
        pool.submit(bool)
        yield pool


def run_night(
    home: Home, contracts: Path, as_of: date | None = None, *, say: Callable[[str], None] = lambda _: None
) -> Report:
    """One whole night. `say` is told what is being done.

    Raises:
        GateClosed: a critical check failed; the report of the run says which, and nothing is published.
        ContractError, SettingsError, HomeError, BooksError, DamageError: as their steps raise them.
    """
    with hold_lock(home, "by c360 run"), open_checker() as checker:
        run = begin_run(home, contracts, as_of)
        report = Report(run)
        try:
            publish_night(run, report, checker, say)
        except Exception as error:
            report.fail(error)
            raise
        finally:
            report.write()
    return report


def publish_night(run: Run, report: Report, checker: ProcessPoolExecutor, say: Callable[[str], None]) -> None:
    """The steps after `begin`, each timed in the report."""
    pending, landed = {}, 0
    for source in run.contracts.sources:
        say(f"landing {source.name}")
        with report.step("land"):
            landed += len(land(run, source.name).new)
        pending[source.name] = checker.submit(check, run, source.name)
    say("checking")
    with report.step("check"):
        results = {name: future.result() for name, future in pending.items()}
    report.checks = results
    require_open(results)
    if is_unchanged(run, landed):
        report.leave_unchanged()
        return
    for name, step in (("take in", take_in), ("clean", clean_sources), ("identify", identify_customers), ("profile", build_profiles)):
        say(name)
        with report.step(name):
            step(run)
    say("checking what will be published")
    with report.step("check published"):
        results = {"published": checker.submit(check_generation, run).result()}
    report.checks |= results
    require_open(results)
    say("publishing")
    with report.step("publish"):
        report.summary = summarize(run)
        report.generation = publish(run, report.to_dict()).number
    shutil.rmtree(run.folder)


