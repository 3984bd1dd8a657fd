"""Is a generation what was published? Its files against its manifest, then every row of every table."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from warehouse.duck import open_database, quote
from warehouse.errors import C360Error
from warehouse.home.layout import DATABASE, MANIFEST, WORKINGS, Generation


class DamageError(C360Error):
    """A generation is not what its manifest says; the message names the file and the cure."""


def open_generation(generation: Generation, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """A read-only connection to a generation, which may make temporary tables; raises DamageError where it is none."""
    try:
        return open_database(generation.workings, read_only=True, memory_limit=memory_limit)
    except duckdb.Error as error:
        raise describe_unreadable(generation.workings, generation.number, error) from None


def describe_unreadable(database: Path, number: int, error: duckdb.Error) -> DamageError:
    """That a database of a generation cannot be opened, and the cure."""
    return DamageError(
        f"{database}: cannot be opened ({type(error).__name__}); ask: c360 verify {number}, and serve another by:"
        " c360 rollback NUMBER"
    )


def count_rows(con: duckdb.DuckDBPyConnection, *, is_whole: bool = True) -> dict[str, int]:
    """Rows of every table: schema.table → count; read whole, or as the catalogue has it."""
    tables = con.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT temporary ORDER BY ALL"
    ).fetchall()
    counts = {}
    for schema, table in tables:
        # Hashing each row makes the engine decode every block, which a plain count would not.
        read = ", bit_xor(hash(t))" if is_whole else ""
        query = f"SELECT count(*){read} FROM {quote(schema)}.{quote(table)} AS t"
        counts[f"{schema}.{table}"] = int(con.execute(query).fetchall()[0][0])
    return counts


def scan_folder(folder: Path) -> dict[str, dict[str, int]]:
    """The row counts of each of a generation's databases, by its name; every row is read."""
    counts = {}
    for name in (WORKINGS, DATABASE):
        if (folder / name).exists():
            with open_database(folder / name, read_only=True) as con:
                counts[name] = count_rows(con)
    return counts


def scan_apart(folder: Path) -> dict[str, dict[str, int]]:
    """The same as a new process reads them."""
    command = [sys.executable, "-m", "warehouse.home.verify", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DamageError(f"{folder}: cannot be read back ({done.stderr.strip().splitlines()[-1:]}); run again")
    counts: dict[str, dict[str, int]] = json.loads(done.stdout)
    return counts


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
        known = {DATABASE: manifest["published"]} if "published" in manifest else {}
        strangers = generation.list_strangers()
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{generation.folder / MANIFEST}: cannot be read ({type(error).__name__})"]
    if digest_of(manifest) != digest:
        return [f"{generation.folder / MANIFEST}: has changed since it was published"]
    faults = [f"{generation.folder / name}: was not published with it; take it away" for name in strangers]
    for name, digest in files.items():
        path = generation.folder / name
        if not path.is_file():
            faults.append(f"{path}: is missing")
        elif sha256_of(path) != digest:
            faults.append(f"{path}: its bytes have changed since it was published")
    if not faults:
        try:
            found = scan_apart(generation.folder)
            if found != {generation.workings.name: tables} | known:
                faults.append(f"{generation.folder}: row counts differ from the manifest")
        except DamageError as error:
            faults.append(str(error))
    return faults


if __name__ == "__main__":
    print(json.dumps(scan_folder(Path(sys.argv[1]))))
