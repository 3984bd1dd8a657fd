"""Foreseeing: what a file would do as a source's next delivery, told before any night takes it.

The file is landed and checked by the very code of a night, into a file of its own that is gone afterwards. Nothing is
known of earlier nights: rows that were loaded before, and amounts in a currency without a rate, only a night can tell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from expectations.drift import Drifted, list_drifted
from expectations.gates import Limits, check_source
from expectations.model import CheckResult
from warehouse.contracts.model import Contracts, Source
from warehouse.contracts.settings import Settings
from warehouse.duck import fetch_row, open_database
from warehouse.landing.land import Landed, LoadHistory, begin_file, is_to_come, land_files
from warehouse.scratch import name_scratch


@dataclass(frozen=True)
class DryRun:
    """What a night would make of a file."""

    results: list[CheckResult]
    drifted: list[Drifted]
    physical_count: int
    loaded_count: int
    duplicate_count: int
    quarantine: dict[str, int]
    """Rows by the first rule they break, the most frequent first."""
    notes: list[str] = field(default_factory=list)

    @property
    def closing(self) -> list[CheckResult]:
        """What would close the gate; nothing if it would stay open."""
        return [result for result in self.results if result.is_closing]


def dry_run_delivery(source: Source, path: Path, as_of: date, settings: Settings) -> DryRun:
    """Land and check a file as a delivery of the source, on the business date."""
    with TemporaryDirectory(prefix=f"{name_scratch('check')}-") as folder:
        file = Path(folder) / f"{source.name}.duckdb"
        with open_database(file, memory_limit=settings.memory_limit) as con:
            writer = begin_file(con, source, LoadHistory())
            land_files(writer, [path], LoadHistory(), Landed(source.name), Path(folder) / "snapshot")
        results = check_source(
            file, source, as_of, settings.timezone, limits=Limits(settings.memory_limit, settings.query_seconds)
        )
        with open_database(file, read_only=True) as con:
            foreseen = read_foreseen(con, source, results)
    if is_to_come(path, as_of):
        foreseen.notes.append(f"is named for a day after {as_of}: until then it waits")
    return foreseen


def read_foreseen(con: duckdb.DuckDBPyConnection, source: Source, results: list[CheckResult]) -> DryRun:
    """What a checked file holds."""
    query = "SELECT rule, count(*) FROM quarantine GROUP BY rule ORDER BY count(*) DESC, rule"
    notes = [note for (found,) in con.execute("SELECT notes FROM delivery").fetchall() for note in found]
    return DryRun(
        results=results,
        drifted=list_drifted(con, source),
        physical_count=fetch_row(con, "SELECT coalesce(sum(physical_count), 0) FROM delivery")[0],
        loaded_count=fetch_row(con, "SELECT count(*) FROM accepted")[0],
        duplicate_count=fetch_row(con, "SELECT count(*) FROM duplicate")[0],
        quarantine=dict(con.execute(query).fetchall()),
        notes=notes,
    )


def find_sources(contracts: Contracts, path: Path) -> list[Source]:
    """The sources that a file may be of: the only one, or those whose files are called as it is."""
    sources = list(contracts.sources)
    by_path = [s for s in sources if fnmatchcase(str(path.resolve()), s.location.path)]
    by_name = [s for s in sources if fnmatchcase(path.name, Path(s.location.path).name)]
    return sources if len(sources) == 1 else by_path or by_name
