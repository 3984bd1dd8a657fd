"""The home of a customer-360: where generations, work and the pointer live (design: `C360_HOME`, default `var/`).

generations/<n>/   immutable builds; `current` is a symbolic link to one of them
work/<run>/        disposable files of the night that is under way, or that failed last
reports/           one report of each run
lock               who is writing now
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

DATABASE = "customer_360.duckdb"


class HomeError(Exception):
    """The home cannot be used as asked: nothing published yet, locked by another run, or not writable."""


class BusyError(HomeError):
    """Another run holds the home's lock; waiting is the cure."""


@dataclass(frozen=True)
class Generation:
    """One immutable build."""

    number: int
    folder: Path

    @property
    def database(self) -> Path:
        """The DuckDB file."""
        return self.folder / DATABASE

    def read_manifest(self) -> dict[str, Any]:
        """What was built, from what, and the checksums."""
        manifest: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text("utf-8"))
        return manifest

    @property
    def as_of(self) -> date:
        """Its business date."""
        return date.fromisoformat(self.read_manifest()["as_of"])


@dataclass(frozen=True)
class Home:
    """A home folder."""

    root: Path

    @property
    def generations(self) -> Path:
        """Folder of all generations."""
        return self.root / "generations"

    @property
    def pointer(self) -> Path:
        """The symbolic link to the generation that is served."""
        return self.root / "current"

    @property
    def work(self) -> Path:
        """Folder of disposable files."""
        return self.root / "work"

    @property
    def reports(self) -> Path:
        """Folder of run reports."""
        return self.root / "reports"

    def find_current(self) -> Generation | None:
        """The generation that is served, or None where nothing has been published."""
        if not self.pointer.is_symlink():
            return None
        folder = self.pointer.resolve()
        if not (folder / DATABASE).is_file() or not folder.name.isdigit():
            raise HomeError(
                f"{self.pointer} points to {folder.name}, which is no complete generation; "
                f"point it to one of {self.generations}, or remove it and run again"
            )
        return Generation(int(folder.name), folder)

    def require_current(self) -> Generation:
        """The generation that is served; raises HomeError with the cure where nothing has been published."""
        generation = self.find_current()
        if generation is None:
            raise HomeError(f"nothing is published in {self.root}; publish a first generation with: c360 run")
        return generation

    def list_numbers(self) -> list[int]:
        """The numbers of all generation folders, whole or not."""
        return [int(p.name) for p in self.generations.glob("*") if p.name.isdigit()]

    def next_number(self) -> int:
        """The number the next generation gets: one above the highest there is."""
        return max(self.list_numbers(), default=0) + 1


@contextmanager
def hold_lock(home: Home, run_id: str, *, exclusive: bool = True) -> Iterator[None]:
    """Hold the home's lock while inside; the system frees it when the process ends, however it ends.

    Steps that write only their own files (landing) share the lock; everything else holds it alone.

    Raises:
        BusyError: another run holds it; the message says which.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    with (home.root / "lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise BusyError(
                f"{home.root} is being written by {file.read().strip() or 'another run'}; wait for it to end"
            ) from None
        if exclusive:
            file.seek(0)
            file.truncate()
            file.write(f"run {run_id} (process {os.getpid()} on {socket.gethostname()})")
            file.flush()
        yield


def point_to(home: Home, number: int) -> None:
    """Swap the pointer; the rename is atomic."""
    fresh = home.root / f".current-{os.getpid()}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(Path("generations") / str(number))
    fresh.replace(home.pointer)
    sync(home.root)


def clear_work(home: Home) -> None:
    """Remove what earlier runs left in the work folder; call it only with the lock held."""
    for folder in home.work.glob("*"):
        shutil.rmtree(folder)


def sync(path: Path) -> None:
    """Make a file or folder survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
