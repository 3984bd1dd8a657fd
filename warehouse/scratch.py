"""Folders of temporary files outside a home, named by their process: the next command removes those of the killed."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

NAME = re.compile(r"c360-(?:check|spill)-(\d+)(?:-.*)?")


def name_scratch(kind: str) -> str:
    """The beginning of a folder's name: its kind, check or spill, and this process."""
    return f"c360-{kind}-{os.getpid()}"


def sweep_scratch() -> None:
    """Remove the folders of this user's processes that are gone."""
    for path in Path(tempfile.gettempdir()).glob("c360-*"):
        found = NAME.fullmatch(path.name)
        if found and not path.is_symlink() and path.stat().st_uid == os.getuid() and not is_alive(int(found[1])):
            shutil.rmtree(path, ignore_errors=True)


def is_alive(process: int) -> bool:
    """Is there a process of that number?"""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's
        return True
    return True
