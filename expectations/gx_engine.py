"""DuckDB as Great Expectations can read it.

Great Expectations reads a result after it gave the connection back. DuckDB keeps one open result per connection and
drops it at the next statement, so out of the box every expectation fails with "list index out of range". The dialect
here takes a result into memory as soon as the statement ran; the queries of the suites give one row or none.
"""

from __future__ import annotations

import atexit
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Any, ClassVar

import duckdb
import duckdb_engine
import sqlalchemy
from great_expectations.expectations.core import UnexpectedRowsExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from pydantic.v1 import PrivateAttr  # of the version that Great Expectations builds its classes on
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.pool import StaticPool

NAME = "c360_duckdb"


class BufferingContext(duckdb_engine.Dialect.execution_ctx_cls):  # type: ignore[misc]
    """Runs a statement and takes its whole result before anything else can."""

    def post_exec(self) -> None:
        """Read the result while it is still there."""
        super().post_exec()
        if self.cursor.description:
            rows = self.cursor.fetchall()
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(self.cursor, initial_buffer=rows)


class BufferingDialect(duckdb_engine.Dialect):  # type: ignore[misc]
    """duckdb-engine's dialect with results that outlive their connection."""

    execution_ctx_cls = BufferingContext
    supports_statement_cache = False


class BorrowedConnection(duckdb_engine.ConnectionWrapper):  # type: ignore[misc]
    """A connection that somebody else opened and will close."""

    def close(self) -> None:
        """Leave the connection open: its owner closes it."""


registry.register(NAME, __name__, BufferingDialect.__name__)


class Clock:
    """Interrupts a statement that takes longer than so many seconds; the next one has as many."""

    def __init__(self, con: duckdb.DuckDBPyConnection, seconds: float) -> None:
        self.con, self.seconds = con, seconds
        self.timer = Timer(seconds, con.interrupt)

    def start(self, *_: object) -> None:
        """A statement begins, and so the one before it has ended."""
        self.stop()
        self.timer = Timer(self.seconds, self.con.interrupt)
        self.timer.daemon = True
        self.timer.start()

    def stop(self) -> None:
        """No statement is under way."""
        self.timer.cancel()
        if self.timer.is_alive():
            self.timer.join()


@contextmanager
def open_engine(con: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[sqlalchemy.Engine]:
    """A SQLAlchemy engine whose every statement runs on the given connection, so that it sees its temporary tables.

    A statement that takes longer than `seconds` is interrupted, and raises.
    """
    engine = sqlalchemy.create_engine(f"{NAME}://", creator=lambda: BorrowedConnection(con), poolclass=StaticPool)
    clock = Clock(con, seconds)
    sqlalchemy.event.listen(engine, "before_cursor_execute", clock.start)
    try:
        yield engine
    finally:
        clock.stop()
        engine.dispose()


@atexit.register
def release_duckdb() -> None:
    """Let go of DuckDB before the interpreter ends.

    duckdb-engine hangs functions on SQLAlchemy's classes, which outlive the interpreter once Great Expectations is
    loaded, and with them DuckDB's; it would then report every one of its types as leaked, on stderr.
    """
    for name in [name for name in sys.modules if name.split(".")[0] == "duckdb_engine"]:
        vars(sys.modules[name]).clear()


class NoBadRows(UnexpectedRowsExpectation):  # type: ignore[misc]
    """An `UnexpectedRowsExpectation` that only counts.

    The original runs its query twice, for the rows and for their number; here no row is ever fetched, at half the time.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)
    _configuration: ExpectationConfiguration | None = PrivateAttr(default=None)

    @property
    def configuration(self) -> ExpectationConfiguration:
        """The rule as Great Expectations asks for it, 28 times in a run; made once, since a rule does not change."""
        if self._configuration is None:
            self._configuration = super().configuration
        return self._configuration

    def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, bool]:
        """The rule holds if its query found nothing."""
        return {"success": metrics["unexpected_rows_query.row_count"] == 0}
