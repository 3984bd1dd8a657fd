"""What a run did: counts, checks, times. It holds no customer's value, so that it may be shown to anybody."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from expectations.docs import write_docs
from expectations.model import CheckResult
from warehouse.counting import count_night
from warehouse.database import fetch_row, has_table, open_database
from warehouse.home import Home
from warehouse.nights import list_nights
from warehouse.report_page import draw_page
from warehouse.run import Run

KEPT_REPORTS = 400
"""Reports of runs that a home keeps: a year of nights, and some more."""
RESULT = ("rule", "level", "severity", "is_passed", "failed_count", "checked_count", "message")


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
        checks = {s.name: read_results(run.source_file(s.name)) for s in run.contracts.sources}
        checks["published"] = read_published_results(run)
        counts = count_night(run) if status == "published" else {}
        waiting = {s.name: len(read_part(run.source_file(s.name), "waiting", ["name"])) for s in run.contracts.sources}
        counts["waiting"] = {name: count for name, count in waiting.items() if count}
        return cls(run, status, error, {k: v for k, v in checks.items() if v}, counts, read_seconds(run))

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
        return report | {"nights": list_nights(self.run, report)}

    def write(self) -> None:
        """Write it to the home's reports, as JSON and as a page, and the page of check results to its `data_docs`.

        A run with nothing new leaves the page of the night that is served.
        """
        home = self.run.home
        home.reports.mkdir(parents=True, exist_ok=True)
        report, path = self.to_dict(), home.reports / f"{self.run.run_id}.json"
        write_whole(path, json.dumps(report, indent=1, ensure_ascii=False))
        write_whole(path.with_suffix(".html"), draw_page(report))
        remove_old_reports(home)
        if self.checks and self.status != "unchanged":
            write_docs(self.checks, home.root / "data_docs", f"Checks of the night of {self.run.as_of}")

    @staticmethod
    def read(home: Home, run_id: str) -> dict[str, Any]:
        """A report that was written."""
        report: dict[str, Any] = json.loads((home.reports / f"{run_id}.json").read_text("utf-8"))
        return report


def read_last_report(home: Home) -> dict[str, Any] | None:
    """The report of the latest run, whatever became of it; None before the first."""
    paths = sorted(home.reports.glob("*.json"))
    return Report.read(home, paths[-1].stem) if paths else None


def write_whole(path: Path, text: str) -> None:
    """Write a text file whole or not at all: what a full disk cuts short is no report."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.write_text(text, "utf-8")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def remove_old_reports(home: Home) -> None:
    """Remove reports of runs beyond the latest KEPT_REPORTS; each generation keeps its own."""
    for path in sorted(home.reports.glob("*.json"))[:-KEPT_REPORTS]:
        path.with_suffix(".html").unlink(missing_ok=True)
        path.unlink(missing_ok=True)  # a branch beside may have been quicker


@contextmanager
def time_step(run: Run, step: str, source: str = "") -> Iterator[None]:
    """Note how long a step took, if it ends well; each note is a file, since steps may run in several processes."""
    start = time.monotonic()
    yield
    if run.folder.is_dir():
        (run.folder / "seconds").mkdir(exist_ok=True)
        (run.folder / "seconds" / f"{step}.{source}").write_text(f"{time.monotonic() - start:.3f}", "utf-8")


def read_seconds(run: Run) -> dict[str, float]:
    """Seconds by step, in the order in which the steps ended."""
    total: dict[str, float] = defaultdict(float)
    notes = sorted((run.folder / "seconds").glob("*"), key=lambda p: p.stat().st_mtime_ns)
    for note in notes:
        if text := note.read_text("utf-8"):  # a full disk leaves it empty
            total[note.name.split(".")[0]] += float(text)
    return {step: round(seconds, 3) for step, seconds in total.items()}


def read_results(file: Path) -> list[CheckResult]:
    """Check results of a source's own file; none if it was not checked."""
    return [CheckResult(*row) for row in read_part(file, "check_result", RESULT)]


def read_part(file: Path, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Rows of a table in a source's own file; none if there is none, or a branch beside is at the file right now."""
    if not file.is_file():
        return []
    try:
        opened = open_database(file, read_only=True)
    except duckdb.IOException:  # that branch holds the file, and will tell of it itself
        return []
    with opened as con:
        known = has_table(con, "main", table)
        return con.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall() if known else []


def read_published_results(run: Run) -> list[CheckResult]:
    """Check results of the tables about to be published."""
    if not run.database.is_file():
        return []
    with open_database(run.database, read_only=True) as con:
        if not has_table(con, "governance", "check_result"):
            return []
        query = f"SELECT {', '.join(RESULT)} FROM governance.check_result WHERE source = 'published' AND generation = ?"
        rows = con.execute(query, [run.number]).fetchall()
    return [CheckResult(*row) for row in rows]


def count_new(run: Run, name: str) -> int:
    """New deliveries that were landed of a source."""
    with open_database(run.source_file(name), read_only=True) as con:
        return int(fetch_row(con, "SELECT count(*) FROM delivery")[0])


def store_results(con: duckdb.DuckDBPyConnection, run: Run, results: Sequence[CheckResult]) -> None:
    """Keep the check results of the published tables in the generation they speak of."""
    # One transaction: each row committed on its own would wait for the disk once.
    con.execute("BEGIN")
    con.execute("DELETE FROM governance.check_result WHERE source = 'published' AND generation = ?", [run.number])
    for result in results:
        values = [getattr(result, name) for name in RESULT]
        con.execute(
            "INSERT INTO governance.check_result VALUES ('published', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [*values, run.number, run.as_of],
        )
    con.execute("COMMIT")
