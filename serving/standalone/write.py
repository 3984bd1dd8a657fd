"""Rows written to the file that was asked for: whole or not at all, in the format that its ending says."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from warehouse.errors import UsageError

ENDINGS = (".csv", ".jsonl", ".parquet")
STDOUT = Path("-")


def require_target(option: str, path: Path, inputs: Sequence[Path], *, is_table: bool = True) -> None:
    """Raise UsageError unless a file may be written there."""
    if path == STDOUT:
        if not is_table:
            raise UsageError(f"{option} must be a file")
        return
    if is_table and path.suffix.lower() not in ENDINGS:
        raise UsageError(
            f"{option}: the ending of {path.name} is not a known format; use {', '.join(ENDINGS)}, or - alone"
        )
    if path.is_dir():
        raise UsageError(f"{option}: {path} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise UsageError(f"{option}: there is no folder {path.parent}; make it first")
    if any(path.resolve() == other.resolve() for other in inputs):
        raise UsageError(f"{option}: {path} is one of the files that are read; write to another")


def write_rows(rows: pl.DataFrame, path: Path) -> None:
    """Write the rows by the file's ending; `-` is CSV on stdout."""
    if path == STDOUT:
        sys.stdout.write(rows.write_csv())
        return
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as part:
        temporary = Path(part.name)
    try:
        write_as(rows, temporary, path.suffix.lower())
        put_in_place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_as(rows: pl.DataFrame, path: Path, ending: str) -> None:
    """Write the rows in one format."""
    if ending == ".csv":
        rows.write_csv(path)
    elif ending == ".jsonl":
        rows.write_ndjson(path)
    else:
        rows.write_parquet(path)


def put_in_place(temporary: Path, path: Path) -> None:
    """Give a file that is complete its name, readable as new files are."""
    mask = os.umask(0)
    os.umask(mask)
    temporary.chmod(0o666 & ~mask)
    if path.exists() and not path.is_file():  # /dev/stdout, a named pipe: written to, never replaced
        path.write_bytes(temporary.read_bytes())
        return
    temporary.replace(path.resolve())
