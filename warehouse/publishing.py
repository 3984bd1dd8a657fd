"""Publishing: a checked copy becomes a new immutable generation, and the pointer is swapped.

Nothing before the swap can be seen by a reader, and the swap is one rename: readers see the old generation or the new
one.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse.database import open_database, quote
from warehouse.home import DATABASE, Generation, Home, sync
from warehouse.models import MODEL_FILE, write_model
from warehouse.run import CODE_VERSION, Run

FILES = (DATABASE, "report.json", MODEL_FILE)
"""What a generation holds beside its manifest; the model is missing where nothing can be compared."""


class DamageError(Exception):
    """A generation is not what its manifest says; the message names the file and the cure."""


def publish(run: Run, report: dict[str, Any]) -> Generation:
    """Make the run's database the generation that is served.

    It is closed, read whole in a new process, described in a manifest, made read-only, moved to its place, and only
    then pointed to. The folder of the run is gone afterwards.

    Raises:
        DamageError: what was written cannot be read back as it was.
    """
    for path in run.database.parent.iterdir():
        path.chmod(0o644)  # an attempt that failed may have made them read-only
    counts = seal(run)
    if scan_apart(run.database) != counts:
        raise DamageError(f"{run.database}: what was written reads back otherwise; check the disk, then run again")
    folder = run.database.parent
    (folder / "report.json").write_text(json.dumps(report, indent=1, ensure_ascii=False), "utf-8")
    manifest = {
        "generation": run.number,
        "parent": run.parent,
        "run_id": run.run_id,
        "as_of": run.as_of.isoformat(),
        "published_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code_version": CODE_VERSION,
        "settings": run.settings.digest_text(),
        "contracts": run.contracts.versions,
        "decisions": run.decisions.digest,
        "files": {name: sha256_of(folder / name) for name in FILES if (folder / name).is_file()},
        "tables": counts,
    }
    manifest["digest"] = digest_of(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False), "utf-8")
    for path in folder.iterdir():
        path.chmod(0o444)
        sync(path)
    target = run.home.generations / str(run.number)
    run.home.generations.mkdir(exist_ok=True)
    folder.rename(target)
    sync(run.home.generations)
    point_to(run.home, run.number)
    return Generation(run.number, target)


def seal(run: Run) -> dict[str, int]:
    """Write everything into the one file, the identity model beside it, and count the rows of every table."""
    with open_database(run.database, memory_limit=run.settings.memory_limit) as con:
        con.execute("CHECKPOINT")
        counts = count_rows(con)
        write_model(con, run.database.parent)
    spill = Path(f"{run.database}.spill")
    if spill.is_dir():
        spill.rmdir()
    return counts


def count_rows(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows of every table, read whole: schema.table → count."""
    tables = con.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT temporary ORDER BY ALL"
    ).fetchall()
    counts = {}
    for schema, table in tables:
        # Hashing each row makes the engine decode every block, which a plain count would not.
        query = f"SELECT count(*), bit_xor(hash(t)) FROM {quote(schema)}.{quote(table)} AS t"
        counts[f"{schema}.{table}"] = int(con.execute(query).fetchall()[0][0])
    return counts


def scan_apart(database: Path) -> dict[str, int]:
    """Row counts as a new process reads them from the file."""
    done = subprocess.run(
        [sys.executable, "-m", "warehouse.publishing", str(database)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DamageError(f"{database}: cannot be read back ({done.stderr.strip().splitlines()[-1:]}); run again")
    counts: dict[str, int] = json.loads(done.stdout)
    return counts


def point_to(home: Home, number: int) -> None:
    """Swap the pointer; the rename is atomic."""
    fresh = home.root / f".current-{os.getpid()}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(Path("generations") / str(number))
    fresh.replace(home.pointer)
    sync(home.root)


def sha256_of(path: Path) -> str:
    """sha256 of a file, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(manifest: Mapping[str, Any]) -> str:
    """sha256 over everything a manifest says besides its own digest, as hex."""
    said = {name: value for name, value in manifest.items() if name != "digest"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def verify(generation: Generation) -> list[str]:
    """Everything that is wrong with a generation: its files against its manifest, then every row of every table."""
    try:
        manifest = generation.read_manifest()
        files, tables, digest = dict(manifest["files"]), dict(manifest["tables"]), manifest["digest"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{generation.folder / 'manifest.json'}: cannot be read ({type(error).__name__})"]
    if digest_of(manifest) != digest:
        return [f"{generation.folder / 'manifest.json'}: has changed since it was published"]
    faults = []
    for name, digest in files.items():
        path = generation.folder / name
        if not path.is_file():
            faults.append(f"{path}: is missing")
        elif sha256_of(path) != digest:
            faults.append(f"{path}: its bytes have changed since it was published")
    if not faults:
        try:
            if scan_apart(generation.database) != tables:
                faults.append(f"{generation.database}: row counts differ from the manifest")
        except DamageError as error:
            faults.append(str(error))
    return faults


if __name__ == "__main__":
    with open_database(Path(sys.argv[1]), read_only=True) as connection:
        print(json.dumps(count_rows(connection)))
