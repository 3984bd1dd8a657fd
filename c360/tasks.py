"""What a task of the DAGs does, in a process of the environment that has the program: `python -m c360.tasks NAME JSON`.

Airflow's own process imports nothing of ours but `c360.airflow`. What is said here on stderr is the task's log: rows,
seconds, never a value. The answer is one line of JSON on stdout: what the task gives, or the error in words that may
be shown and whether trying again may help. The process ends when the one that asked is gone.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

from c360.place import open_program

COUNTED = {"clean": "clean.event", "identify": "main.customer_identity", "profile": "main.customer_profile"}
"""Of which table a step's log tells the rows."""


def begin(home: str, contracts: str, moment: str, as_of: str | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """Begin a night: the run's id, its business date, and the sources with the connections of their logins.

    `moment` is when the run is of; its business date is `as_of`, or else the last day that had ended then.
    """
    from warehouse.home.layout import Home
    from warehouse.night import begin_step
    from warehouse.run import RunOptions

    folder = Path(contracts)
    day = date.fromisoformat(as_of) if as_of else last_day(folder, datetime.fromisoformat(moment))
    run = begin_step(Home(Path(home)), folder, day, RunOptions(**options))
    sources = [{"name": s.name, "connection": s.location.connection} for s in run.contracts.sources]
    say(f"run {run.run_id}, business date {day}, {len(sources)} sources")
    return {"run": run.run_id, "as_of": day.isoformat(), "sources": sources}


def last_day(contracts: Path, moment: datetime) -> date:
    """The last day that had ended at a moment, in the time zone of the settings."""
    from warehouse.contracts.settings import read_settings

    return moment.astimezone(ZoneInfo(read_settings(contracts).timezone)).date() - timedelta(days=1)


def land(home: str, run: str, source: str) -> dict[str, int]:
    """Pull what is new of a source, and land it record by record; gives how many deliveries."""
    from warehouse.home.layout import Home
    from warehouse.night import land_step

    landed = land_step(Home(Path(home)), run, source)
    counts = {"new": len(landed.new), "known": len(landed.known), "unreadable": len(landed.problems)}
    say(f"{source}: deliveries: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    return counts


def check(home: str, run: str, source: str) -> list[str]:
    """Check what was landed of a source; gives the broken rules."""
    from warehouse.home.layout import Home
    from warehouse.night import check_step

    results = check_step(Home(Path(home)), run, source)
    broken = [result.rule for result in results if not result.is_passed]
    say(f"{source}: {len(results)} checks, {len(broken)} not passed")
    return broken


def is_new(home: str, run: str) -> bool:
    """Is there anything to publish that is not served already? If not, the run is over."""
    from warehouse.home.layout import Home
    from warehouse.night import leave_unchanged

    is_unchanged = leave_unchanged(Home(Path(home)), run)
    say("nothing is new; what is served stays" if is_unchanged else "there is something new")
    return not is_unchanged


def step(home: str, run: str, step: str) -> dict[str, Any]:
    """One of the steps that follow each other; of publishing it gives the generation and where its report is."""
    from warehouse.home.layout import Home
    from warehouse.loading.load import LoadCounts
    from warehouse.night import run_step

    place = Home(Path(home))
    given = run_step(place, run, step)
    if step == "publish":
        report = place.reports / f"{run}.html"
        number = place.require_current().number
        say(f"generation {number}; report: {report}")
        return {"generation": number, "report": str(report)}
    if isinstance(given, list):
        for counts in given:
            if isinstance(counts, LoadCounts):
                say(
                    f"{counts.source}: {counts.physical_count} records: {counts.loaded_count} loaded,"
                    f" {counts.quarantined_count} in quarantine, {counts.duplicate_count} duplicates"
                )
    if table := COUNTED.get(step):
        say(f"{table}: {count_rows(place, run, table)} rows")
    return {}


def count_rows(home: Any, run: str, table: str) -> int:
    """Rows of a table of a run that is under way."""
    from warehouse.duck import fetch_row, open_database
    from warehouse.run import read_run

    with open_database(read_run(home, run).database, read_only=True) as con:
        return int(fetch_row(con, f"SELECT count(*) FROM {table}")[0])


def failed(home: str, contracts: str, began: str) -> None:
    """Alert whom the settings name that the run failed that began at a moment."""
    from warehouse.home.layout import Home
    from warehouse.monitoring.alerts import notify_failure

    notify_failure(Home(Path(home)), Path(contracts), datetime.fromisoformat(began))


def missing(home: str, contracts: str, dag_run: Mapping[str, Any]) -> None:
    """Alert whom the settings name if the night of one of Airflow's runs is not served by its deadline."""
    from warehouse.monitoring.alerts import notify_if_missing

    notify_if_missing(home, contracts, {"dag_run": dag_run})


def deadline(contracts: str, at: str, timezone: str) -> float | None:
    """Seconds from a time of day (HH:MM) to the settings' deadline; None without one, or where they are not right."""
    from warehouse.contracts.settings import SettingsError, read_settings
    from warehouse.monitoring.deadline import wait_from

    try:
        settings = read_settings(Path(contracts))
    except SettingsError:  # `begin` tells of it
        return None
    return wait_from(settings, clock.fromisoformat(at), timezone).total_seconds() if settings.deadline else None


def export(home: str, contracts: str, out: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Write what recommenders learn from in the place of the one before; gives generation and counts, or why not."""
    from serving.recommender.export import ExportOptions, export_recommender
    from serving.recommender.selection import NothingError

    first, last = (params[name] and date.fromisoformat(params[name]) for name in ("validation_from", "test_from"))
    options = ExportOptions(
        Path(home), Path(contracts), Path(out), core=params["k_core"], purpose=params["purpose"],
        validation_from=first, test_from=last,
    )  # fmt: skip
    try:
        manifest = export_recommender(options)
    except NothingError as error:
        return {"skipped": str(error)}
    return {"generation": manifest["generation"], **manifest["counts"]}


TASKS: Mapping[str, Callable[..., Any]] = {
    task.__name__: task for task in (begin, land, check, is_new, step, failed, missing, deadline, export)
}


def say(line: str) -> None:
    """A line of the task's log."""
    print(line, file=sys.stderr, flush=True)


def answer(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What a task gives, or its error: without its traceback, which may quote a row."""
    from warehouse.errors import describe_error, is_verdict, without_panic

    begun = time.monotonic()
    try:
        with without_panic():
            given = TASKS[name](**arguments)
    except Exception as error:
        return {"error": describe_error(error), "kind": "verdict" if is_verdict(error) else "fault"}
    say(f"{arguments.get('step', name)}: done in {time.monotonic() - begun:.1f} s")
    return {"given": given}


def end_with_parent() -> None:
    """End this process when the one that asked is gone: it holds the other end of stdin."""

    def wait() -> None:
        sys.stdin.buffer.read()
        os._exit(1)

    Thread(target=wait, daemon=True).start()


def main() -> None:
    """Do one task."""
    os.umask(0o077)
    open_program()
    end_with_parent()
    stdout = sys.stdout
    with redirect_stdout(sys.stderr):
        given = answer(sys.argv[1], json.loads(sys.argv[2]))
    print(json.dumps(given), file=stdout, flush=True)
    os._exit(0)  # the thread that waits holds stdin


if __name__ == "__main__":
    main()
