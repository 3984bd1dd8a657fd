"""Who is writing a home now: one lock, which the system frees when its process ends; and nobody else may read."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from warehouse.home.layout import Home, HomeError


class BusyError(HomeError):
    """Another run holds the home's lock; waiting is the cure."""

    is_verdict = False


@contextmanager
def private_files() -> Iterator[None]:
    """Whatever is written inside can be read by its owner alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def close_to_others(root: Path) -> None:
    """Make the home if there is none, and let nobody but its owner in: in it lie customers' data, in many files."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    if root.stat().st_mode & 0o077:
        with suppress(PermissionError):  # of a volume that is another's; what lies in it is closed file by file
            root.chmod(0o700)


@contextmanager
def hold_lock(home: Home, run_id: str, *, exclusive: bool = True) -> Iterator[None]:
    """Hold the home's lock while inside; the system frees it when the process ends, however it ends.

    Nobody but the owner can read what is written meanwhile. Steps that write only their own files (landing) share the
    lock; everything else holds it alone.

    Raises:
        BusyError: another run holds it; the message says which.
    """
    close_to_others(home.root)
    with private_files(), open_lock(home.root / "lock") as file:
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
            for snapshots in home.work.glob("*/snapshots"):  # nobody is landing now: a night left them that was killed
                shutil.rmtree(snapshots, ignore_errors=True)
        yield


def open_lock(path: Path) -> TextIO:
    """The lock's file, made if there is none.

    Raises:
        HomeError: something else is in its place; of a link, what it leads to would be written.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        if path.is_symlink() or path.is_dir():
            raise HomeError(f"{path} is not the file that it should be; remove it, then run again") from None
        raise HomeError(f"{path}: {error.strerror}; the home must be a folder that can be written") from None
    return os.fdopen(handle, "a+", encoding="utf-8")
