"""What a run did: counts, checks, times. It holds no customer's value, so that it may be shown to anybody."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from expectations.data_docs import write_docs
from expectations.model import CheckResult
from warehouse.connectors.pull import count_pulls
from warehouse.contracts.settings import SettingsError
from warehouse.duck import fetch_row, has_table, insert_rows, literal, open_database, open_scratch
from warehouse.files import write_whole
from warehouse.home.layout import Generation, Home
from warehouse.home.verify import DamageError, sha256_of
from warehouse.monitoring.counts import count_night
from warehouse.monitoring.page import draw_page
from warehouse.run import Run

KEPT_REPORTS = 400
"""Reports of runs that a home keeps: a year of nights, and some more."""
RESULT = ("rule", "level", "severity", "is_passed", "failed_count", "checked_count", "message")


GOOD = ("published", "unchanged")
"""How a run ends after which what is served is what the sources had."""
KEPT = 30
"""Nights that a report remembers, its own with them."""
SUMMARY = ("as_of", "generation", "sources", "quarantine", "freshness", "seconds", "customers", "churn")
"""What is remembered of a night; parts of its report."""


@dataclass
class Report:
    """The report of one run, written to the home's `reports/` and, once published, into the generation."""

    run: Run
    status: str
    """published, unchanged (nothing was new), closed (a gate) or failed."""
    error: str | None = None
    checks: Mapping[str, Sequence[CheckResult]] = field(default_factory=dict)
    counts: Mapping[str, Any] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall time by step; of sources landed or checked in parallel, the sum."""

    @classmethod
    def gather(cls, run: Run, status: str, error: str | None = None) -> Report:
        """The report of a run, from what its steps have left on disk."""
        with open_scratch() as con:  # a connection takes longer to open than a file to attach
            left = {s.name: read_left(con, run.source_file(s.name)) for s in run.contracts.sources}
            published = read_published_results(con, run.database, run.number)
        checks = {name: found for name, (found, _) in left.items()} | {"published": published}
        counts = count_night(run) if status == "published" else {}
        if status in GOOD:
            counts["pulls"] = count_pulls(run)
        with suppress(SettingsError):  # they may be what the run failed of
            counts["timezone"] = run.settings.timezone
        counts["waiting"] = {name: waiting for name, (_, waiting) in left.items() if waiting}
        return cls(run, status, error, {k: v for k, v in checks.items() if v}, counts, read_seconds(run.folder))

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        report = {
            "run_id": self.run.run_id,
            "as_of": self.run.as_of.isoformat(),
            "status": self.status,
            "generation": self.run.number if self.status == "published" else self.run.parent,
            "error": self.error,
            "seconds": dict(self.seconds),
            "checks": {name: [asdict(r) for r in results] for name, results in self.checks.items()},
            **self.counts,
        }
        return report | {"nights": list_nights(self.run.find_parent(), report)}

    def write(self) -> None:
        """Write it to the home's reports (`keep_report`)."""
        keep_report(self.run.home, self.to_dict())

    @staticmethod
    def read(home: Home, run_id: str) -> dict[str, Any]:
        """A report that was written."""
        report: dict[str, Any] = json.loads((home.reports / f"{run_id}.json").read_text("utf-8"))
        return report


def keep_report(home: Home, report: Mapping[str, Any]) -> None:
    """Write a report to the home's, as JSON and as a page, and the page of check results to its `data_docs`.

    A run with nothing new leaves the page of the night that is served.
    """
    home.reports.mkdir(parents=True, exist_ok=True)
    path = home.reports / f"{report['run_id']}.json"
    write_whole(path, json.dumps(report, indent=1, ensure_ascii=False))
    write_whole(path.with_suffix(".html"), draw_page(report))
    remove_old_reports(home)
    if report["checks"] and report["status"] != "unchanged":
        checks = {name: [CheckResult(**result) for result in found] for name, found in report["checks"].items()}
        write_docs(checks, home.root / "data_docs", f"Checks of the night of {report['as_of']}")


def read_last_report(home: Home) -> dict[str, Any] | None:
    """The report of the latest run, whatever became of it; None before the first.

    Raises:
        DamageError: it cannot be read.
    """
    paths = sorted(home.reports.glob("*.json"))
    return require_report(paths[-1], "remove it, and the one before is shown") if paths else None


def require_report(path: Path, cure: str) -> dict[str, Any]:
    """The report in a file; raises DamageError with the cure where it is none."""
    try:
        report: dict[str, Any] = json.loads(path.read_text("utf-8"))
        missing = {"run_id", "as_of", "status", "generation", "error", "checks", "seconds"} - set(report)
    except (OSError, ValueError, TypeError) as error:
        raise DamageError(f"{path}: cannot be read ({type(error).__name__}); {cure}") from None
    if missing or not isinstance(report, dict):
        raise DamageError(f"{path}: is no report of a run; {cure}")
    return report


def remove_old_reports(home: Home) -> None:
    """Remove reports of runs beyond the latest KEPT_REPORTS; each generation keeps its own."""
    for path in sorted(home.reports.glob("*.json"))[:-KEPT_REPORTS]:
        path.with_suffix(".html").unlink(missing_ok=True)
        path.unlink(missing_ok=True)  # a branch beside may have been quicker


@contextmanager
def time_step(folder: Path, step: str, source: str = "") -> Iterator[None]:
    """Note how long a step took, if it ends well; each note is a file, since steps may run in several processes."""
    start = time.monotonic()
    yield
    if folder.is_dir():
        (folder / "seconds").mkdir(exist_ok=True)
        (folder / "seconds" / f"{step}.{source}").write_text(f"{time.monotonic() - start:.3f}", "utf-8")


def read_seconds(folder: Path) -> dict[str, float]:
    """Seconds by step, in the order in which the steps ended."""
    total: dict[str, float] = defaultdict(float)
    notes = sorted((folder / "seconds").glob("*"), key=lambda p: p.stat().st_mtime_ns)
    for note in notes:
        if text := note.read_text("utf-8"):  # a full disk leaves it empty
            total[note.name.split(".")[0]] += float(text)
    return {step: round(seconds, 3) for step, seconds in total.items()}


@contextmanager
def attaching(con: duckdb.DuckDBPyConnection, file: Path) -> Iterator[None]:
    """While inside, the connection's own database is a file, which is only read."""
    con.execute(f"ATTACH {literal(str(file))} AS attached (READ_ONLY)")
    con.execute("USE attached")
    try:
        yield
    finally:
        con.execute("USE memory")
        con.execute("DETACH attached")


def read_left(con: duckdb.DuckDBPyConnection, file: Path) -> tuple[list[CheckResult], int]:
    """What landing and checking left in a source's own file: check results, and how many files wait for their day.

    Nothing of a source that has none, or where a branch beside is at the file right now.
    """
    if not file.is_file():
        return [], 0
    try:
        with attaching(con, file):
            query = f"SELECT {', '.join(RESULT)} FROM check_result"
            results = con.execute(query).fetchall() if has_table(con, "main", "check_result") else []
            waits = has_table(con, "main", "waiting") and fetch_row(con, "SELECT count(*) FROM waiting")[0]
    except duckdb.IOException:  # that branch holds the file, and will tell of it itself
        return [], 0
    return [CheckResult(*row) for row in results], int(waits)


def read_published_results(con: duckdb.DuckDBPyConnection, database: Path, number: int) -> list[CheckResult]:
    """Check results of the tables about to be published."""
    if not database.is_file():
        return []
    with attaching(con, database):
        if not has_table(con, "governance", "check_result"):
            return []
        query = f"SELECT {', '.join(RESULT)} FROM governance.check_result WHERE source = 'published' AND generation = ?"
        rows = con.execute(query, [number]).fetchall()
    return [CheckResult(*row) for row in rows]


def count_new(landed: Path) -> int:
    """New deliveries in the file of a source that was landed."""
    with open_database(landed, read_only=True) as con:
        return int(fetch_row(con, "SELECT count(*) FROM delivery")[0])


def store_results(con: duckdb.DuckDBPyConnection, as_of: date, number: int, results: Sequence[CheckResult]) -> None:
    """Keep the check results of the published tables in the generation they speak of."""
    rows = [("published", *(getattr(result, name) for name in RESULT), number, as_of) for result in results]
    con.execute("BEGIN")
    con.execute("DELETE FROM governance.check_result WHERE source = 'published' AND generation = ?", [number])
    insert_rows(con, "governance.check_result", rows)
    con.execute("COMMIT")


def list_nights(parent: Generation | None, report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The nights that led to what is served after this run, the oldest first; tonight's is the last if published."""
    before = read_nights(parent)
    if report["status"] != "published":
        return before
    return [*before, {name: report[name] for name in SUMMARY}][-KEPT:]


def read_nights(parent: Generation | None) -> list[dict[str, Any]]:
    """The nights of the generation that the run started from.

    None where it has none, an older program wrote it, or its report is not what was published (`c360 verify` tells of
    that): a history is no reason to fail a night.
    """
    if parent is None:
        return []
    path = parent.folder / "report.json"
    try:
        is_whole = sha256_of(path) == parent.read_manifest()["files"]["report.json"]
        return list(json.loads(path.read_text("utf-8"))["nights"]) if is_whole else []
    except (OSError, ValueError, KeyError, TypeError):
        return []
