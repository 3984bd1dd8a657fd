"""Files written whole or not at all: beside their place first, and moved there by one rename once on the disk."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path, mode: int | None = None) -> Iterator[Path]:
    """Give an empty file beside `path` to write to; afterwards it stands there, or is gone if anything failed.

    Until then a reader finds what was there before, and after a power cut either the old file or the new one. A link
    at `path` is replaced, not followed: give `path.resolve()` where it should be. What a killed process leaves behind
    is hidden and ends in `.new`.

    Args:
        path: where it goes, in a folder that is there.
        mode: its permissions; None: those that new files have.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    # Never a file or link that is there: in a folder of many, somebody else may have put it.
    os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode))
    try:
        yield fresh
        if mode is not None:
            fresh.chmod(mode)  # what wrote it may have made another file of the name
        sync(fresh)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    sync(path.parent)


def write_whole(path: Path, text: str) -> None:
    """Write a text file whole or not at all, as `replacing` does."""
    with replacing(path) as fresh:
        fresh.write_text(text, "utf-8")


def remove_unfinished(path: Path) -> None:
    """Remove what killed processes left beside a file; call it where nobody else can be writing that file."""
    for left in path.parent.iterdir():
        if left.name.startswith(f".{path.name}.") and left.suffix == ".new":
            left.unlink()


def sync(path: Path) -> None:
    """Make a file or folder survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
