"""What a run did: counts, checks, times. It holds no customer's value, so that it may be shown to anybody."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from expectations.docs import write_docs
from expectations.model import CheckResult
from warehouse.database import fetch_row, open_database
from warehouse.home import Home
from warehouse.run import Run


@dataclass
class Report:
    """The report of one run, written to the home's `reports/` and, once published, into the generation."""

    run: Run
    status: str = "published"
    """published, unchanged (nothing was new), closed (a gate) or failed."""
    generation: int | None = None
    error: str | None = None
    checks: Mapping[str, Sequence[CheckResult]] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall time by step."""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step; the same name again adds up."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - start, 3)

    def fail(self, error: Exception) -> None:
        """Note why the run ended early."""
        self.status = "closed" if type(error).__name__ == "GateClosed" else "failed"
        self.error = f"{type(error).__name__}: {error}"

    def leave_unchanged(self) -> None:
        """Note that the current generation stays, because nothing was new."""
        self.status, self.generation = "unchanged", self.run.parent

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "run_id": self.run.run_id,
            "as_of": self.run.as_of.isoformat(),
            "status": self.status,
            "generation": self.generation or (self.run.number if self.status == "published" else None),
            "error": self.error,
            "started_at": self.started_at.isoformat(timespec="seconds"),
            "seconds": self.seconds,
            "checks": {name: [asdict(r) for r in results] for name, results in self.checks.items()},
            **self.summary,
        }

    def write(self) -> Path:
        """Write it to the home's reports, and the static pages of check results beside."""
        home = self.run.home
        home.reports.mkdir(parents=True, exist_ok=True)
        path = home.reports / f"{self.run.run_id}.json"
        path.write_text(json.dumps(self.to_dict(), indent=1, ensure_ascii=False), "utf-8")
        if self.checks:
            write_docs(self.checks, home.root / "data_docs", f"Checks of the night of {self.run.as_of}")
        return path


def read_last_report(home: Home) -> dict[str, Any] | None:
    """The report of the latest run, whatever became of it."""
    paths = sorted(home.reports.glob("*.json"))
    if not paths:
        return None
    report: dict[str, Any] = json.loads(paths[-1].read_text("utf-8"))
    return report


def store_results(con: duckdb.DuckDBPyConnection, run: Run, name: str, results: Sequence[CheckResult]) -> None:
    """Keep check results in the generation they speak of."""
    for r in results:
        con.execute(
            "INSERT INTO governance.check_result VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [name, r.rule, r.level, r.severity, r.is_passed, r.failed_count, r.checked_count, r.message, run.number, run.as_of],
        )


def summarize(run: Run) -> dict[str, Any]:
    """Counts of the night: deliveries by source and fate, quarantine by rule, customers by number of silos."""
    with open_database(run.database, memory_limit=run.settings.memory_limit) as con:
        sources = con.execute(
            "SELECT source, count(*), sum(physical_count), sum(loaded_count), sum(quarantined_count), sum(duplicate_count)"
            " FROM governance.delivery WHERE generation = ? GROUP BY source ORDER BY source",
            [run.number],
        ).fetchall()
        rules = con.execute(
            "SELECT source, rule, count(*) FROM quarantine.record WHERE generation = ? GROUP BY ALL ORDER BY ALL",
            [run.number],
        ).fetchall()
        silos = con.execute(
            "SELECT source_count, count(*) FROM main.customer_profile GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        notes = con.execute(
            "SELECT source, name, unnest(notes) FROM governance.delivery WHERE generation = ? ORDER BY source, name",
            [run.number],
        ).fetchall()
        customers = fetch_row(con, "SELECT count(*), coalesce(sum(account_count), 0) FROM main.customer_profile")
    names = ("deliveries", "records", "loaded", "quarantined", "duplicates")
    return {
        "sources": {row[0]: dict(zip(names, map(int, row[1:]), strict=True)) for row in sources},
        "quarantine": {f"{source} {rule}": int(n) for source, rule, n in rules},
        "customers": int(customers[0]),
        "accounts": int(customers[1]),
        "silos": {str(n): int(count) for n, count in silos},
        "notes": [f"{source}: {name}: {note}" for source, name, note in notes],
    }
