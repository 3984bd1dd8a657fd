"""Rows written to the file that was asked for: whole or not at all, in the format that its ending says."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from serving.terminal import verbatim
from warehouse.errors import UsageError
from warehouse.files import replacing
from warehouse.types.shown_text import show_cells

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
        verbatim(sys.stdout).write(show_cells(rows).write_csv())
        return
    with asked_for(path) as fresh:
        write_as(rows, fresh, path.suffix.lower())


def write_as(rows: pl.DataFrame, path: Path, ending: str) -> None:
    """Write the rows in one format."""
    if ending == ".csv":
        show_cells(rows).write_csv(path)
    elif ending == ".jsonl":
        rows.write_ndjson(path)
    else:
        rows.write_parquet(path)


@contextmanager
def asked_for(path: Path) -> Iterator[Path]:
    """Give a file to write to, which then is what was asked for, where a link leads; a device or pipe is written to."""
    if not path.exists() or path.is_file():
        with replacing(path.resolve()) as fresh:
            yield fresh
        return
    with tempfile.TemporaryDirectory() as folder:  # /dev/stdout, a named pipe: never replaced
        fresh = Path(folder) / path.name
        yield fresh
        path.write_bytes(fresh.read_bytes())
