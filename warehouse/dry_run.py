"""Dry run: what a file would do as a source's next delivery, shown before any night loads it.

    file ─ land, check, load, clean: a night's own steps, in a home that is gone afterwards ─→ DryRun

Sources of reference data, as exchange rates, land with it, and the orders that lines belong to. Nothing is known of
earlier nights: rows that were loaded before only a night can tell.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from expectations.drift import Drifted, list_drifted
from expectations.model import CheckResult
from transforms.clean.events import NO_SALE
from warehouse.checks import check_landed
from warehouse.cleaning.clean import clean_sources
from warehouse.connectors.names import is_to_come
from warehouse.connectors.pull import is_pulled, pull_source
from warehouse.contracts.model import Contracts, Source
from warehouse.duck import fetch_row, literal, open_database
from warehouse.home.layout import Home
from warehouse.home.lock import hold_lock
from warehouse.landing.land import Landed, LoadHistory, begin_file, land_files, land_source, read_bounds
from warehouse.loading.load import list_overfull, load_sources
from warehouse.monitoring.counts import count_placeholders
from warehouse.run import Run, begin_run
from warehouse.scratch import name_scratch
from warehouse.types.deletion_marks import is_deleted
from warehouse.types.roles import KINDS
from warehouse.types.vocabularies import SALE


@dataclass(frozen=True)
class Takings:
    """What a shopkeeper knows of a file of sales without us."""

    orders: int
    """Orders of which something was sold."""
    unsold: int
    """Orders that were cancelled, never paid, or only returned."""
    net: dict[str, Decimal]
    """By currency, in its own units: what was sold, less what was refunded."""


@dataclass(frozen=True)
class DryRun:
    """What a night would make of a file."""

    results: list[CheckResult]
    drifted: list[Drifted]
    physical_count: int
    loaded_count: int
    duplicate_count: int
    deleted_count: int
    quarantine: dict[str, int]
    """Rows by the first rule they break, the most frequent first."""
    notes: list[str] = field(default_factory=list)
    placeholders: list[dict[str, Any]] = field(default_factory=list)
    """As in a report: records whose account is none, by kind."""
    takings: Takings | None = None
    """Of a source of sales that would be loaded."""

    @property
    def closing(self) -> list[CheckResult]:
        """What would close the gate; nothing if it would stay open."""
        return [result for result in self.results if result.is_closing]


def dry_run_delivery(contracts: Path, name: str, path: Path, as_of: date) -> DryRun:
    """Land, check, load and clean a file as a delivery of a source, on the business date.

    Raises:
        ContractError, SettingsError, FeatureError: what is declared is not right, or no source is of that name.
    """
    with TemporaryDirectory(prefix=f"{name_scratch('check')}-") as folder:
        home = Home(Path(folder) / "home")
        with hold_lock(home, "of c360 check"):
            foreseen = dry_run(begin_alone(home, contracts, name, as_of), name, path)
    if is_to_come(path.name, as_of):
        foreseen.notes.append(f"is named for a day after {as_of}: until then it waits")
    return foreseen


def begin_alone(home: Home, contracts: Path, name: str, as_of: date) -> Run:
    """A run of one source, and of those that it needs: reference data, and the orders of which it has the lines."""
    run = begin_run(home, contracts, as_of)
    head = run.contracts.source(name).head
    needed = {name, head.source if head else name}
    sources = tuple(s for s in run.contracts.sources if s.name in needed or not KINDS[s.kind].has_customers)
    vars(run)["contracts"] = replace(run.contracts, sources=sources)  # in the place of what it would read itself
    return run


def dry_run(run: Run, name: str, path: Path) -> DryRun:
    """The steps of a night, as far as the gate lets them."""
    source = run.source(name)
    for other in run.contracts.sources:
        if other.name != name:
            waiting = pull_source(run, other.name) if is_pulled(run, other.name) else ()
            land_source(run, other.name, waiting)
            check_landed(run, other.name)
    land_file(run, source, path)
    results = check_landed(run, name)
    if any(result.is_closing for result in results):
        with open_database(run.source_file(name), read_only=True) as con:
            return read_landed(con, source, results)
    load_sources(run)
    results += list_overfull(run)
    clean_sources(run)
    with open_database(run.database, read_only=True) as con:
        con.execute(f"ATTACH {literal(str(run.source_file(name)))} AS part (READ_ONLY)")
        con.execute("USE part")
        foreseen = read_landed(con, source, results)
        con.execute(f"USE {run.database.stem}")
        return read_loaded(con, source, foreseen)


def land_file(run: Run, source: Source, path: Path) -> None:
    """Land the file as the source's only delivery."""
    with open_database(run.source_file(source.name), memory_limit=run.settings.memory_limit) as con:
        writer = begin_file(con, source, LoadHistory(), run.settings.phone_region, read_bounds(run.settings))
        land_files(writer, [path], LoadHistory(), Landed(source.name), run.folder / "snapshots" / source.name)


def read_landed(con: duckdb.DuckDBPyConnection, source: Source, results: list[CheckResult]) -> DryRun:
    """What a checked file holds."""
    query = "SELECT rule, count(*) FROM quarantine GROUP BY rule ORDER BY count(*) DESC, rule"
    notes = [note for (found,) in con.execute("SELECT notes FROM delivery").fetchall() for note in found]
    return DryRun(
        results=results,
        drifted=list_drifted(con, source),
        physical_count=fetch_row(con, "SELECT coalesce(sum(physical_count), 0) FROM delivery")[0],
        loaded_count=fetch_row(con, f"SELECT count(*) FROM accepted WHERE NOT {is_deleted(source)}")[0],
        deleted_count=fetch_row(con, f"SELECT count(*) FROM accepted WHERE {is_deleted(source)}")[0],
        duplicate_count=fetch_row(con, "SELECT count(*) FROM duplicate")[0],
        quarantine=dict(con.execute(query).fetchall()),
        notes=notes,
    )


def read_loaded(con: duckdb.DuckDBPyConnection, source: Source, landed: DryRun) -> DryRun:
    """The same as it was loaded, with what came of it."""
    query = "SELECT rule, count(*) FROM quarantine.record WHERE source = ? GROUP BY rule ORDER BY count(*) DESC, rule"
    counts = "coalesce(sum(loaded_count), 0), coalesce(sum(duplicate_count), 0), coalesce(sum(deleted_count), 0)"
    loaded, duplicate, deleted = con.execute(
        f"SELECT {counts} FROM governance.delivery WHERE source = ?", [source.name]
    ).fetchall()[0]
    return replace(
        landed,
        loaded_count=int(loaded),
        duplicate_count=int(duplicate),
        deleted_count=int(deleted),
        quarantine=dict(con.execute(query, [source.name]).fetchall()),
        placeholders=count_placeholders(con),
        takings=count_takings(con) if source.kind == "transactions" else None,
    )


def count_takings(con: duckdb.DuckDBPyConnection, source: str | None = None) -> Takings:
    """Orders, and net amounts by currency, of all sales that were cleaned, or of those of one source."""
    of_source = f" AND source = {literal(source)}" if source else ""
    order = "coalesce(parent_id, event_id, delivery_id || ':' || record)"
    orders, unsold = fetch_row(
        con,
        "SELECT count(*) FILTER (is_sold), count(*) FILTER (NOT is_sold) FROM (SELECT"
        f" bool_or(event_type = {literal(SALE)}) AS is_sold FROM clean.event WHERE kind = 'transactions'{of_source}"
        f" GROUP BY {order})",
    )
    counted = " AND ".join(f"event_type <> {literal(kind)}" for kind in NO_SALE)
    net = con.execute(
        "SELECT currency, sum(amount) FROM clean.event"
        f" WHERE kind = 'transactions'{of_source} AND amount IS NOT NULL AND {counted} GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return Takings(orders, unsold, dict(net))


def find_sources(contracts: Contracts, path: Path) -> list[Source]:
    """The sources that a file may be of: the only one, or those whose files are called as it is."""
    sources = list(contracts.sources)
    by_path = [s for s in sources if fnmatchcase(str(path.resolve()), s.location.path)]
    by_name = [s for s in sources if fnmatchcase(path.name, Path(s.location.path).name)]
    return sources if len(sources) == 1 else by_path or by_name
