"""Values that only servers have: durations, names of connections, markers; each is judged with the cure."""

from __future__ import annotations

import re
from typing import Any

DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
MIN_SETTLE, MAX_SETTLE = 2, 3600
"""Seconds."""
Complaint = tuple[str, str]
"""Message and cure."""


def to_seconds(duration: str) -> int:
    """A duration of ISO 8601 in days, hours, minutes and seconds, as P1D or PT30M.

    Raises:
        ValueError: it is none, or nothing.
    """
    found = DURATION.fullmatch(duration)
    seconds = (
        sum(int(n or 0) * unit for n, unit in zip(found.groups(), (86400, 3600, 60, 1), strict=True)) if found else 0
    )
    if not seconds:
        raise ValueError("no duration")
    return seconds


def judge_overlap(value: Any) -> Complaint | None:
    """A duration, or how far a number goes back."""
    try:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        is_right = to_seconds(value) > 0 if isinstance(value, str) else is_number and value >= 1
    except ValueError:
        is_right = False
    cure = "write a duration, as PT2H or P1D, or a whole number where the cursor is one"
    return None if is_right else (f"overlap is {value!r}", cure)


def judge_settle(value: Any) -> Complaint | None:
    """A duration of at least two seconds, since servers tell times in whole ones."""
    try:
        is_right = isinstance(value, str) and MIN_SETTLE <= to_seconds(value) <= MAX_SETTLE
    except ValueError:
        is_right = False
    cure = "write a duration from PT2S to PT1H, through which a new file must stay as it is"
    return None if is_right else (f"settle is {value!r}", cure)


def judge_marker(value: Any) -> Complaint | None:
    """An ending of a name, or a name."""
    is_right = isinstance(value, str) and re.fullmatch(r"\.?[^/\s.][^/\s]*", value)
    cure = "write what the marker's name ends with, as .done for sales.csv.done, or its name in a folder, as _SUCCESS"
    return None if is_right else (f"marker is {value!r}", cure)


def judge_connection(value: Any) -> Complaint | None:
    """The name of a connection, of which a variable can be called."""
    is_right = isinstance(value, str) and re.fullmatch(r"[A-Za-z]\w*", value, re.ASCII)
    cure = (
        "write the name of a connection, in letters, digits and _: its login is in Airflow, or in AIRFLOW_CONN_<NAME>"
    )
    return None if is_right else ("connection is no name", cure)
