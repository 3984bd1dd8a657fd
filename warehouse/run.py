"""One run: which night it is, where it works, and what it starts from.

A run lives in `work/<run_id>/` until it is published or the next one begins; its state is `run.json` there, so that
every step can be called from a process of its own.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from warehouse.code_digest import digest_stages
from warehouse.contracts.identity_labels import read_labels
from warehouse.contracts.load import read_contracts, read_features
from warehouse.contracts.model import Contracts, Source
from warehouse.contracts.read import digest_folder, load_contracts
from warehouse.contracts.settings import Settings, read_settings
from warehouse.duck import copy_database
from warehouse.home.consent_ledger import mend_ledger
from warehouse.home.decisions import Ledger, copy_decisions, read_ledger
from warehouse.home.generations import remove_old, require_room
from warehouse.home.layout import WORKINGS, Generation, Home, HomeError, clear_work
from warehouse.home.upgrade import upgrade
from warehouse.shown_time import RUN

FILES = "files"
"""In the folder of what was pulled of a source: its files, under their own names."""


@dataclass(frozen=True)
class RunOptions:
    """What a person may ask of one run."""

    retrain: bool = False
    """Retrain the identity model, whatever it is."""
    accept_identity: bool = False
    """Publish tonight's identities even if more of them changed than the settings allow."""
    full: bool = False
    """Clean, match and build everything again from what was loaded; the rows must come out the same."""
    backfill_to: str | None = None
    """Last business date (ISO 8601) of the backfill that this run is one night of."""
    replay: Mapping[str, Any] | None = None
    """Rows in quarantine to replay (warehouse.landing.replay_choice.Choice, in plain data), and nothing else."""


@dataclass(frozen=True)
class Run:
    """A run that has begun."""

    home: Home
    run_id: str
    contracts_folder: Path
    as_of: date
    parent: int | None
    """Number of the generation it started from; None for the first."""
    number: int
    """Number of the generation it will publish."""
    contracts_digest: str
    """What the contracts were when they were checked, as it began."""
    code: Mapping[str, str]
    """The code of each stage as it began (warehouse.code_digest)."""
    options: RunOptions = RunOptions()
    """What a person asked of this run."""

    @property
    def folder(self) -> Path:
        """Where it works."""
        return self.home.work / self.run_id

    @property
    def database(self) -> Path:
        """Its copy of the workings, which become the new generation's."""
        return self.folder / "generation" / WORKINGS

    @property
    def horizon(self) -> date:
        """Up to which day the sources may speak: the business date, or the end of a backfill, which has its files."""
        end = self.options.backfill_to
        return max(self.as_of, date.fromisoformat(end)) if end else self.as_of

    def source_file(self, name: str) -> Path:
        """The DuckDB file in which a source's new deliveries are landed and checked."""
        return self.folder / "sources" / f"{name}.duckdb"

    def pulled(self, name: str) -> Path:
        """The folder of what was pulled of a source tonight."""
        return self.folder / "pulled" / name

    @cached_property
    def contracts(self) -> Contracts:
        """The contracts, read; and checked again if they were changed since the run began."""
        is_same = digest_folder(self.contracts_folder) == self.contracts_digest
        read = load_contracts if is_same else read_contracts
        contracts = read(self.contracts_folder)
        sources = (replace(source, day_zone=self.settings.timezone) for source in contracts.sources)
        return replace(contracts, sources=tuple(sources))

    @cached_property
    def settings(self) -> Settings:
        """The settings beside the contracts."""
        return read_settings(self.contracts_folder)

    @cached_property
    def decisions(self) -> Ledger:
        """What people had decided when the run began."""
        return read_ledger(self.folder)

    @cached_property
    def changed_stages(self) -> list[str]:
        """The stages whose code is not what the generation it started from was built by; none for the first."""
        parent = self.find_parent()
        before = parent.read_manifest().get("code", {}) if parent else self.code
        return [stage for stage, digest in self.code.items() if before.get(stage) != digest]

    def is_full(self, stage: str) -> bool:
        """Must the stage make all of its rows, and keep none that an earlier night made?"""
        return self.options.full or stage in self.changed_stages

    def source(self, name: str) -> Source:
        """One source by name, with what it delivers itself; one that is pulled delivers into the run's folder."""
        source = self.contracts.source(name).own
        folder, location = self.pulled(name), source.location
        if location.remote is not None:
            files = folder / FILES
            return replace(source, location=replace(location, path=f"{glob.escape(str(files))}/**", folder=str(files)))
        if location.database is not None or location.api is not None:
            return replace(source, location=replace(location, path=f"{glob.escape(str(folder))}/*.{location.format}"))
        return source

    def find_parent(self) -> Generation | None:
        """The generation it started from."""
        if self.parent is None:
            return None
        return Generation(self.parent, self.home.generations / str(self.parent))

    def step_mark(self, state: str, step: str) -> Path:
        """The file whose presence says that a step is `begun` or `done`."""
        return self.folder / f"{state}-{step}"

    def copy_parent(self) -> None:
        """Make the run's database a copy of the generation it started from; of the first there is none."""
        if parent := self.find_parent():
            copy_database(parent.workings, self.database, self.settings.memory_limit)
            upgrade(self.database, self.settings.memory_limit)

    def save(self) -> None:
        """Write run.json."""
        state = {
            "run_id": self.run_id,
            "contracts": str(self.contracts_folder),
            "as_of": self.as_of.isoformat(),
            "parent": self.parent,
            "number": self.number,
            "contracts_digest": self.contracts_digest,
            "code": dict(self.code),
            "options": asdict(self.options),
        }
        (self.folder / "run.json").write_text(json.dumps(state, indent=1), "utf-8")


def read_run(home: Home, run_id: str) -> Run:
    """A run that began earlier, in this process or another.

    Raises:
        HomeError: its folder is gone, because it was published or another run has begun since.
    """
    path = home.work / run_id / "run.json"
    if not path.is_file():
        raise HomeError(
            f"trigger a new run: run {run_id} is not under way in {home.root}; it ended, or another began after it"
        )
    state = json.loads(path.read_text("utf-8"))
    as_of = date.fromisoformat(state["as_of"])
    folder, digest = Path(state["contracts"]), state["contracts_digest"]
    numbers, options = (state["parent"], state["number"]), RunOptions(**state["options"])
    return Run(home, run_id, folder, as_of, *numbers, digest, state["code"], options)


def begin_run(home: Home, contracts_folder: Path, as_of: date | None = None, options: RunOptions | None = None) -> Run:
    """Begin a run: check contracts, settings, features and labels, clear what is not kept, copy the current generation.

    `as_of` is the business date; without it, the last day that has ended in the settings' time zone. Call it with the
    lock held.

    Raises:
        ContractError, SettingsError, FeatureError: what is declared is not right.
        DecisionError: the file of people's decisions is damaged.
        ConsentError: the ledger of consents is damaged, and no generation can write it again.
        HomeError: the business date lies before that of the current generation, a source of it has lost its contract,
            or the home cannot be used.
    """
    folder = contracts_folder.resolve()
    settings = read_settings(folder)
    as_of = as_of or datetime.now(ZoneInfo(settings.timezone)).date() - timedelta(days=1)
    current = home.find_current()
    run_id = name_run(home.reports)
    digest = digest_folder(folder)
    require_all_sources(current, read_contracts(folder))
    parent = current.number if current else None
    number, code = home.next_number(), digest_stages()
    run = Run(home, run_id, folder, as_of, parent, number, digest, code, options or RunOptions())
    require_later(current, as_of)
    read_features(folder)
    read_labels(folder)  # a file that cannot be used is told before the night's work, not after it
    clear_work(home)
    mend_ledger(home)
    remove_old(home, settings)
    require_room(home, current)
    (run.folder / "sources").mkdir(parents=True)
    run.database.parent.mkdir()
    copy_decisions(home.root, run.folder)
    run.copy_parent()
    run.save()
    return run


def require_all_sources(current: Generation | None, contracts: Contracts) -> None:
    """Refuse a night that would leave rows served of a source that nobody declares any more.

    That also keeps a home from taking in another company's contracts.
    """
    known = {source.name for source in contracts.sources} | set(contracts.retired)
    if current and (lost := sorted(set(current.read_manifest()["contracts"]) - known)):
        raise HomeError(
            f"generation {current.number} holds {', '.join(lost)}, of which {contracts.folder} has no contract: "
            "put it back, or keep it with `status: retired` to have the source forgotten; "
            "other contracts want another --home"
        )


def require_later(current: Generation | None, as_of: date) -> None:
    """Time does not run backwards: a night before the current generation's is refused."""
    if current and (last := date.fromisoformat(current.read_manifest()["as_of"])) > as_of:
        raise HomeError(
            f"--as-of {as_of} lies before {last}, the business date of generation {current.number}; "
            "take a later date, or another --home for a past one"
        )


def name_run(reports: Path) -> str:
    """An id for a new run, behind those of the runs that left a report, even where the clock was set back since."""
    moment = datetime.now(UTC).strftime(RUN)
    last = max((path.stem.partition("-")[0] for path in reports.glob("*.json")), default="")
    if last >= moment:
        moment = (datetime.strptime(last, RUN).replace(tzinfo=UTC) + timedelta(microseconds=1)).strftime(RUN)
    return f"{moment}-{uuid4().hex[:6]}"
