"""Publishing: a checked copy becomes a new immutable generation, and the pointer is swapped.

Nothing before the swap can be seen by a reader, and the swap is one rename: readers see the old generation or the new
one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warehouse.code_digest import digest_stages
from warehouse.connectors.pull import read_states
from warehouse.contracts.features import digest_features
from warehouse.duck import open_database
from warehouse.features.history import FOLDER
from warehouse.features.nightly import list_tables
from warehouse.files import sync
from warehouse.home.consent_ledger import write_ledger
from warehouse.home.layout import DATABASE, MANIFEST, PARQUET, WORKINGS, Generation, HomeError, point_to, remove_folder
from warehouse.home.verify import DamageError, count_rows, digest_of, scan_apart, sha256_of
from warehouse.identity.model import write_model
from warehouse.monitoring.page import draw_page
from warehouse.profile.service_rules import digest_service_rules
from warehouse.publish.feature_history import write_feature_history
from warehouse.publish.published_files import remove_spill, write_published
from warehouse.run import Run


def publish(run: Run, report: Mapping[str, Any]) -> Generation:
    """Make the run's database the generation that is served; an attempt that ended after the move goes on from there.

    It is closed, the published tables are written beside it, all is read in a new process, described in a manifest,
    made read-only, moved to its place, and only then pointed to. The folder of the run is gone afterwards.

    Raises:
        DamageError: what was written cannot be read back as it was.
        HomeError: the program has changed since the run began.
    """
    target = run.home.generations / str(run.number)
    if not is_moved(run):
        write_generation(run, report)
        run.home.generations.mkdir(exist_ok=True)
        run.database.parent.rename(target)
    target.chmod(0o500)  # of a folder that cannot be written, the system lets nobody move it
    sync(run.home.generations)
    point_to(run.home, run.number)
    return Generation(run.number, target)


def is_moved(run: Run) -> bool:
    """Did an earlier attempt of the run move its generation to its place?"""
    moved = Generation(run.number, run.home.generations / str(run.number))
    return moved.folder.is_dir() and moved.read_manifest()["run_id"] == run.run_id


def write_generation(run: Run, report: Mapping[str, Any]) -> None:
    """Make the run's folder `generation` what will be served, down to the manifest and the closed files."""
    if digest_stages() != run.code:
        raise HomeError(f"trigger a new run: the program has changed since run {run.run_id} began")
    folder = run.database.parent
    clear_failed(folder)
    counts = seal(run)
    published = write_published(run.database, list_tables(run.contracts_folder), run.settings.memory_limit)
    if scan_apart(folder) != {WORKINGS: counts, DATABASE: published}:
        raise DamageError(f"{folder}: what was written does not read back the same; check the disk, then run again")
    (folder / "report.json").write_text(json.dumps(report, indent=1, ensure_ascii=False), "utf-8")
    (folder / "report.html").write_text(draw_page(report), "utf-8")
    manifest = {
        "generation": run.number,
        "parent": run.parent,
        "run_id": run.run_id,
        "as_of": run.as_of.isoformat(),
        "published_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": dict(run.code),
        "settings": run.settings.list_changing(),
        "contracts": run.contracts.versions,
        "service_rules": digest_service_rules(run.contracts_folder),
        "decisions": run.decisions.digest,
        "consents": write_ledger(run.home, run.number, run.database, run.settings.memory_limit),
        "features": digest_features(run.contracts_folder),
        "pulls": read_states(run),
        "files": {path.relative_to(folder).as_posix(): sha256_of(path) for path in list_files(folder)},
        "bytes": {path.relative_to(folder).as_posix(): path.stat().st_size for path in list_files(folder)},
        "tables": counts,
        "published": published,
        "memory_limit": run.settings.memory_limit,
        "query_seconds": run.settings.query_seconds,
    }
    manifest["digest"] = digest_of(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False), "utf-8")
    for path in list_files(folder):
        path.chmod(0o400)
        sync(path)
    for path in (*list_folders(folder / PARQUET), folder / PARQUET):
        path.chmod(0o500)
        sync(path)


def clear_failed(folder: Path) -> None:
    """Make writable what an attempt that failed made read-only; its manifest and links to files of the parent go."""
    for path in (folder / PARQUET, *list_folders(folder / PARQUET)):
        if path.is_dir():
            path.chmod(0o700)
    if (folder / PARQUET / FOLDER).exists():
        remove_folder(folder / PARQUET / FOLDER)
    for path in list_files(folder):
        path.chmod(0o600)
    (folder / MANIFEST).unlink(missing_ok=True)


def seal(run: Run) -> dict[str, int]:
    """Write everything into the workings, model and history of features beside it, and count the rows of every table.

    A customer's row is looked up by an index, which is made last: a table that has one cannot be altered.
    """
    with open_database(run.database, memory_limit=run.settings.memory_limit) as con:
        con.execute("CREATE INDEX IF NOT EXISTS customer_profile_id ON main.customer_profile (customer_id)")
        con.execute("CHECKPOINT")
        counts = count_rows(con, is_whole=False)
        write_model(con, run.database.parent)
        write_feature_history(con, run)
    remove_spill(run.database)
    return counts


def list_folders(folder: Path) -> list[Path]:
    """The folders below a folder."""
    return [path for path in folder.rglob("*") if path.is_dir()]


def list_files(folder: Path) -> list[Path]:
    """The files in a folder and below, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
