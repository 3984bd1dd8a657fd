"""Deliveries as they lie in a folder: found, fingerprinted, and copied aside so that they cannot change while read.

A delivery is known by the sha256 of its bytes as delivered (compressed, if it came so). The same bytes under another
name are the same delivery; new bytes under an old name are a new one.
"""

from __future__ import annotations

import glob
import hashlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from warehouse.connectors.names import is_marker, is_temporary
from warehouse.connectors.series import sort_key
from warehouse.contracts.model import Source
from warehouse.contracts.servers.remote import split_path
from warehouse.errors import C360Error

BLOCK_BYTES = 1 << 20
ATTEMPTS = 4
PAUSE_SECONDS = 0.25
RECENT = 3600.0
"""Seconds: a file that was written longer ago than this is not being written."""


class DeliveryError(C360Error):
    """A delivery cannot be read; the message names source, file, what happened and the cure, never a value."""


@dataclass(frozen=True)
class Snapshot:
    """A private copy of one delivery."""

    delivery_id: str
    """sha256 (hex) of the bytes as delivered."""
    name: str
    """The file's name as delivered, with its folders below the source's."""
    path: Path
    """The copy, named by its hash."""
    size: int
    """Bytes."""


def find_deliveries(source: Source) -> list[Path]:
    """Files that the source's path or glob names now, in order of name (2 before 10); hidden and unfinished ones stay.

    `**` names files at any depth, and no folders.

    Raises:
        DeliveryError: the path is a directory, or something else that is no file.
    """
    pattern = source.location.path
    # A literal path may hold characters that a glob would take as its own, so it is looked for first.
    names = [pattern] if os.path.lexists(pattern) else glob.glob(pattern, recursive=True)
    called = {Path(name): name_delivery(source, Path(name)) for name in names}
    marker, is_deep = source.location.marker, "**" in pattern
    paths = [path for path, name in called.items() if not (is_temporary(name) or is_marker(name, marker))]
    paths = [path for path in paths if not (is_deep and path.is_dir())]
    for path in paths:
        require_file(path, source.name)
    return sorted(paths, key=lambda path: (sort_key(called[path]), str(path)))


def name_delivery(source: Source, path: Path) -> str:
    """What a file is called: its path below the folder that all of the source's lie in, else its bare name."""
    pattern = source.location.path
    above = os.path.dirname(pattern) if os.path.lexists(pattern) else split_path(pattern)[0]
    folder = source.location.folder or above
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def list_unsettled(paths: Iterable[Path], seconds: float) -> set[Path]:
    """Files that change within so many seconds, which are waited for; what has lain for an hour is not watched."""
    watched = {path: look_at(path) for path in paths} if seconds else {}
    watched = {path: state for path, state in watched.items() if time.time() - state[1] / 1e9 < RECENT}
    if watched:
        time.sleep(seconds)
    return {path for path, state in watched.items() if not path.exists() or look_at(path) != state}


def look_at(path: Path) -> tuple[int, int]:
    """Size and time of last change (ns) of a file."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def require_file(path: Path, source: str) -> None:
    """Raise DeliveryError unless the path is a regular file that exists."""
    where = f"source {source}: {path.name}" if source else path.name
    if path.is_dir():
        raise DeliveryError(f"{where} is a directory where a file is due; let the contract's `path` name files")
    if not path.exists():
        raise DeliveryError(
            f"{where} is not there (or is a link to nothing); have it delivered, or correct the contract's `path`"
        )
    if not path.is_file():
        raise DeliveryError(f"{where} is not a regular file; let `path` in the contract match files only")


def fingerprint(path: Path) -> str:
    """The sha256 (hex) of a file's bytes."""
    require_file(path, "")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def take_snapshot(path: Path, folder: Path, name: str = "") -> Snapshot:
    """Copy a file into `folder` under the name of its hash; a file that changes meanwhile is tried again.

    `name` is what it is called as a delivery, if not by its own name.

    Raises:
        DeliveryError: the file is missing, or still changes after several attempts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for attempt in range(ATTEMPTS):
        require_file(path, "")
        snapshot = try_snapshot(path, folder)
        if snapshot is not None:
            return replace(snapshot, name=name or snapshot.name)
        time.sleep(PAUSE_SECONDS * 2**attempt)
    raise DeliveryError(
        f"{path.name} grew while it was read ({ATTEMPTS} attempts); "
        "let the sender write it under a name ending in .part and rename it when complete, then run again"
    )


def try_snapshot(path: Path, folder: Path) -> Snapshot | None:
    """One attempt at a snapshot; None if the file changed between its first byte and its last."""
    part = folder / f".{path.name}.{os.getpid()}.part"
    try:
        with path.open("rb") as file, part.open("wb") as copy:
            before = state_of(file)
            digest, size = copy_hashed(file, copy)
            after, now = state_of(file), path.stat()
            is_whole = before == after == (now.st_size, now.st_mtime_ns) and size == now.st_size
        if not is_whole:
            return None
        target = folder / digest
        part.replace(target)
        return Snapshot(digest, path.name, target, size)
    finally:
        part.unlink(missing_ok=True)


def state_of(file: BinaryIO) -> tuple[int, int]:
    """Size and time of last change (ns) of an open file."""
    state = os.fstat(file.fileno())
    return state.st_size, state.st_mtime_ns


def copy_hashed(file: BinaryIO, copy: BinaryIO) -> tuple[str, int]:
    """Copy all bytes; gives their sha256 (hex) and number."""
    digest, size = hashlib.sha256(), 0
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
        copy.write(block)
        size += len(block)
    return digest.hexdigest(), size
