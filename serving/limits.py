"""What one query may take of the machine: so much time, so much memory, and then it is ended.

DuckDB's own bounds leave gaps: a plan that grows without end and a long text are in no `memory_limit`, and neither a
plan nor a function over one value looks whether it was interrupted. The system's bound and a second clock close them.
"""

from __future__ import annotations

import os
import re
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Self

import duckdb

from warehouse.errors import C360Error

GRACE_SECONDS = 5.0
"""How long what was interrupted may take to notice it, before the process is ended."""
LOOK_SECONDS = 0.05
SPARE_BYTES = 1 << 30
"""What a query may take beside DuckDB's memory_limit, which counts neither plans nor long texts nor Python's rows."""
UNITS = {"bytes": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}


class QueryError(C360Error):
    """The query or the format asked for cannot be used."""

    exit_code = 2


class Clock:
    """The seconds that a query may still work; what its reader takes to read is not counted.

    As a context it keeps one thread that looks, since a thread for each part of an answer takes longer than the part.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds, self.left = seconds, seconds
        self.begun: float | None = None
        """When the work that is under way began; None while there is none."""
        self.con: duckdb.DuckDBPyConnection | None = None
        self.stopped = Event()
        self.watcher = Thread(target=self.watch, daemon=True)

    def __enter__(self) -> Self:
        """Begin to look."""
        self.watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more, and hold no connection: one that outlives the interpreter is reported as leaked."""
        self.stopped.set()
        self.watcher.join()

    @contextmanager
    def counting(self, con: duckdb.DuckDBPyConnection | None = None) -> Iterator[None]:
        """Work inside, for as long as time is left.

        Raises:
            QueryError: it was interrupted. Where it does not notice, the process ends, with the same message.
        """
        self.con, self.begun = con, time.monotonic()
        try:
            yield
        except duckdb.InterruptException:
            raise QueryError(self.describe()) from None
        finally:
            self.left -= time.monotonic() - self.begun
            self.con = self.begun = None

    def watch(self) -> None:
        """Interrupt work that takes longer than what is left, and end the process where that is not enough."""
        while not self.stopped.wait(LOOK_SECONDS):
            begun, con = self.begun, self.con
            late = 0.0 if begun is None else time.monotonic() - begun - self.left
            if late > GRACE_SECONDS:
                self.end_process()
            if late > 0 and con:
                con.interrupt()
            del con

    def describe(self) -> str:
        """That the time is over, and the cure."""
        return (
            f"the query took longer than {self.seconds:g} seconds; give it more by --timeout, or for all queries by the"
            " setting query_seconds"
        )

    def end_process(self) -> None:
        """End the whole process: nothing else stops an engine that does not look up."""
        print(f"c360: {self.describe()}", file=sys.stderr, flush=True)
        os._exit(QueryError.exit_code)


@contextmanager
def bounded_memory(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let the process take no more than the connection's memory_limit and SPARE_BYTES beyond what it has now.

    Raises:
        QueryError: what is inside needs more.
    """
    limit = str(con.execute("SELECT current_setting('memory_limit')").fetchall()[0][0])
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = count_own_bytes() + count_bytes(limit) + SPARE_BYTES
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    try:
        yield
    except (MemoryError, duckdb.OutOfMemoryException):
        cure = "ask for less at once, or raise memory_limit (settings.yaml, or C360_MEMORY_LIMIT)"
        raise QueryError(f"the query needs more memory than memory_limit allows, which is {limit}; {cure}") from None
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def count_bytes(limit: str) -> int:
    """Bytes of a memory_limit as DuckDB writes it, as `1.8 GiB`."""
    number, unit = limit.split()
    return int(float(number) * (1 << UNITS[unit]))


def count_own_bytes() -> int:
    """Bytes of data that the process has now, as the system counts them for its bound; 0 where it does not say."""
    try:
        found = re.search(r"VmData:\s+(\d+) kB", Path("/proc/self/status").read_text("utf-8"))
    except OSError:  # no Linux: there the bound is not kept anyway
        return 0
    return int(found[1]) * 1024 if found else 0
