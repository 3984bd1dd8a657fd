"""What the names of files say: which a pattern means, which are not complete yet, and which are of a day to come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fnmatch import fnmatchcase
from typing import Any

from warehouse.connectors.series import read_date

TEMPORARY = (".tmp", ".part", ".partial", ".crdownload", ".filepart", "~")
"""How senders name a file that they are still writing."""
UNFINISHED = "_temporary"
"""The folder in which Hadoop and Spark write what they will move."""


def is_temporary(name: str) -> bool:
    """True for a hidden file, or one whose name says that it is still being written; the name may have folders."""
    *folders, last = name.split("/")
    is_hidden = any(part.startswith(".") for part in (*folders, last))
    return is_hidden or UNFINISHED in folders or last.lower().endswith(TEMPORARY)


def is_to_come(name: str, as_of: date) -> bool:
    """Does the file's name speak of a day to come? A day more is left to files named for when they are sent."""
    day = read_date(name)
    return day is not None and day > as_of + timedelta(days=1)


def is_match(name: str, pattern: str) -> bool:
    """Does a glob mean the name? `*` and `?` stay within a folder, `**` stands for any number of folders."""
    return match_parts(name.split("/"), pattern.split("/"))


def match_parts(parts: list[str], pattern: list[str]) -> bool:
    """The same of both in parts."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        rest = pattern[1:] or ["*"]
        return any(match_parts(parts[n:], rest) for n in range(len(parts)))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and match_parts(parts[1:], pattern[1:])


def name_marker(name: str, marker: str) -> str:
    """The file that says a file is complete (c360.marker): an ending of its name, as `.done`, or one of its folder."""
    return name + marker if marker.startswith(".") else name.rpartition("/")[0] + "/" * ("/" in name) + marker


def is_marker(name: str, marker: str) -> bool:
    """Is it such a file, and no delivery?"""
    return bool(marker) and (name.endswith(marker) if marker.startswith(".") else name.rsplit("/", 1)[-1] == marker)


def is_marked(name: str, marker: str, is_there: Callable[[str], Any]) -> bool:
    """Is a file complete, as far as markers tell?"""
    return not marker or bool(is_there(name_marker(name, marker)))
