"""What an error may say where it is kept: in reports, in Airflow's log. Never a customer's value."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.home import BusyError

OUR_PACKAGES = frozenset({"expectations", "serving", "transforms", "warehouse"})
SYSTEM_FAULTS = tuple(map(os.strerror, (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOMEM)))
"""What the system calls a disk that is full, over quota, read-only or faulty, and want of memory."""


class PanicError(Exception):
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


def is_ours(error: BaseException) -> bool:
    """Was the error written here, its text with it?"""
    return type(error).__module__.partition(".")[0] in OUR_PACKAGES


def is_verdict(error: BaseException) -> bool:
    """Would trying again find the same? So it is with every error of ours but a home that another run holds."""
    return is_ours(error) and not isinstance(error, BusyError)


def describe_error(error: BaseException) -> str:
    """An error as one text: ours as written; of others the type and the place, for their text may quote a row.

    A fault of the file system also says which file, and what the system calls the fault; where only the text of an
    engine's error tells of it, that much of the text is said.
    """
    name = type(error).__name__
    if is_ours(error):
        return f"{name}: {error}"
    if isinstance(error, OSError) and error.strerror:
        return f"{name}: {error.strerror}: {error.filename or 'no file named'}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if Path(f.filename).parent.name in OUR_PACKAGES] or frames
    place = f" in {own[-1].name} ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""
    fault = next((f": {known}" for known in SYSTEM_FAULTS if known in str(error)), "")
    return f"{name}{place}{fault}; its text is left out, since it may quote a row"
