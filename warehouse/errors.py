"""Errors of ours, and what may be kept of any error, in reports and Airflow's log: never a customer's value."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse import ROOT

OUR_PACKAGES = ("c360", "expectations", "serving", "transforms", "warehouse")
SYSTEM_FAULTS = tuple(map(os.strerror, (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOMEM)))
"""What the system calls a disk that is full, over quota, read-only or faulty, and want of memory."""


class C360Error(Exception):
    """An error of ours: its message says what happened, where and what to do, and quotes no customer's value."""

    exit_code = 1
    """Exit status of the command: 1, a gate closed, damage, or nothing found; 2, the cure is with whoever asked."""
    is_verdict = True
    """Would trying again find the same?"""


class PanicError(C360Error):
    """A library written in Rust (Polars) ended in a panic, which is no Exception of Python; its text is left out."""


def is_panic(error: BaseException) -> bool:
    """Is it a panic of a library written in Rust? No library of ours can be imported for it: each has its own kind."""
    return type(error).__name__ == "PanicException" and not isinstance(error, Exception)


@contextmanager
def without_panic() -> Iterator[None]:
    """Make a panic an Exception, so that whoever reports errors sees it; what else is raised stays as it is."""
    try:
        yield
    except BaseException as error:
        if not is_panic(error):
            raise
        raise PanicError(f"{describe_error(error)}; please report this, with the format of the delivery") from None


def is_verdict(error: BaseException) -> bool:
    """Would trying again find the same? What is no error of ours may be the machine's, and pass."""
    return isinstance(error, C360Error) and error.is_verdict


def describe_error(error: BaseException) -> str:
    """An error as one text: ours as written; of others the type and the place, for their text may quote a row.

    A fault of the file system also says which file, and what the system calls the fault; where only the text of an
    engine's error tells of it, that much of the text is said.
    """
    name = type(error).__name__
    if isinstance(error, C360Error):
        return f"{name}: {error}"
    if isinstance(error, OSError) and error.strerror:
        return f"{name}: {error.strerror}: {error.filename or 'no file named'}"
    fault = next((f": {known}" for known in SYSTEM_FAULTS if known in str(error)), "")
    return f"{name}{find_place(error)}{fault}; its text is left out, since it may quote a row"


def find_place(error: BaseException) -> str:
    """Where in our code an error was raised, ` in FUNCTION (FILE, line N)`; else where in a library; else nothing."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        path = Path(frame.filename)
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in OUR_PACKAGES:
            return f" in {frame.name} ({path.relative_to(ROOT).as_posix()}, line {frame.lineno})"
    return f" in {frames[-1].name} ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""


class UsageError(C360Error):
    """What was asked for cannot be done so; the message says what to write instead."""

    exit_code = 2
