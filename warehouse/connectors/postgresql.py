"""PostgreSQL: all tables of a night in one transaction, each a table or query, whole or what changed since.

One transaction that repeats its reads and cannot write sees every table at one moment. What changed is found by a
column (`c360.cursor`, with an overlap for rows that were stamped early and committed late) or by the transaction that
wrote the row (`xmin`), which misses nothing. Server and driver speak binary COPY; a batch at a time is in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.connectors.columns import choose_columns, read_kind, to_exact
from warehouse.connectors.seam import DISK, Fetched, Item, Login, PullError, PullFault, State
from warehouse.contracts.model import Database, Source
from warehouse.duck import literal, quote

EXTRA = frozenset({"sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "target_session_attrs"})
"""Options of a connection that are the client's."""
PARQUET: Mapping[str, Any] = {
    "compression": "none", "use_dictionary": False, "write_statistics": False, "store_decimal_as_integer": True,
}  # fmt: skip
"""The file is read once, the same night: packing it would cost a third of the pull."""
XMIN = "xmin"
AGAIN = "all was pulled again: the server, the table or the cursor is another than before, or it was empty"
BATCH_BYTES = 8 << 20
"""What the driver holds of rows at a time, about."""
XIDS = 1 << 32
"""Numbers of transactions, in rows, count up to this and begin again."""
CURE = "install it by: pip install 'customer-360[postgresql]'"
STARTED = (
    "SET datestyle = 'ISO, YMD'",
    "SET intervalstyle = 'iso_8601'",
    "SET timezone = 'UTC'",
    "SET synchronize_seqscans = off",
    "SET max_parallel_workers_per_gather = 0",
)
"""One spelling of times, and one order of rows that nobody has changed: what is the same is known by its bytes."""
NOW = {
    "timestamptz": "now()",
    "timestamp": "now() AT TIME ZONE {zone}",
    "date": "(now() AT TIME ZONE {zone})::date",
}
"""By type of a cursor that is a time, the latest that counts: behind a row of 2099 all others would be lost."""
WHOLE = frozenset({"int2", "int4", "int8"})
FAULTS = {
    "28": "the login is not accepted; renew the connection's user or password",
    "3D": "there is no such database; correct `database` in the contract",
    "42501": "the user may not read it; grant it SELECT on the table and USAGE on the schema",
    "42P01": "there is no such table; correct `schema` in the server, or the table's physicalName",
    "42703": "a column that is asked for is not there; correct c360.query or c360.cursor",
    "42": "the server does not understand c360.query; try it with psql",
    "22": "a value cannot be cast as c360.query asks; mend the query",
}
"""By the beginning of an SQLSTATE: what happened, and the cure. What is not here may pass."""
REFUSALS = {
    "password authentication failed": "28", "no password supplied": "28", "no pg_hba.conf entry": "28",
    "role \"": "28", "database \"": "3D",
}  # fmt: skip
"""What libpq says of a connection that failed, for it tells no SQLSTATE."""


@contextmanager
def open_postgresql(source: Source, login: Login) -> Iterator[PostgreSQL]:
    """A session with the source's database, in one transaction that ends with it.

    Raises:
        PullError, PullFault: it cannot be reached, or what is done inside fails; without the server's own words, which
            may quote a row.
    """
    try:
        from adbc_driver_manager import Error
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise PullError(f"source {source.name}: the driver of PostgreSQL is missing; {CURE}") from None
    database, session = require_database(source), None
    try:
        connected = dbapi.connect(spell_login(source, database, login), autocommit=True)
        with connected as connection, connection.cursor() as cursor:
            session = PostgreSQL(cursor, source.name)
            session.begin()
            yield session
            with suppress(Error):
                cursor.execute("ROLLBACK")
    except (Error, OSError, pa.ArrowException) as error:
        if isinstance(error, OSError) and error.errno in DISK:
            raise
        raise describe(session.name if session else source.name, database, error) from None


def require_database(source: Source) -> Database:
    """Where the source's table lies."""
    if source.location.database is None:
        raise PullError(f"source {source.name}: its contract names no database")
    return source.location.database


def spell_login(source: Source, database: Database, login: Login) -> str:
    """The connection as libpq reads it; the contract says where, the login who.

    Raises:
        PullError: the login is another server's.
    """
    said = {"host": login.host, "port": login.port, "database": login.database}
    for name, value in said.items():
        if value and value != getattr(database, name):
            cure = f"correct one of them; the contract's is {getattr(database, name)}"
            raise PullError(f"source {source.name}: {name} is another in its connection than in its contract; {cure}")
    fields = {
        "host": database.host, "port": database.port, "dbname": database.database, "user": login.user,
        "password": login.password, "application_name": "customer-360", "client_encoding": "UTF8",
        "connect_timeout": 20, "keepalives_idle": 30, "keepalives_interval": 10, "tcp_user_timeout": 120_000,
        **{name: value for name, value in login.options.items() if name in EXTRA},
    }  # fmt: skip
    escaped = {k: str(v).replace("\\", "\\\\").replace("'", "\\'") for k, v in fields.items() if v}
    return " ".join(f"{name}='{value}'" for name, value in escaped.items())


def describe(name: str, database: Database, error: BaseException) -> PullError:
    """An error without its text: only its SQLSTATE is taken from it."""
    code, where = getattr(error, "sqlstate", None) or "", f"source {name} ({database.host}/{database.database})"
    if not code:
        code = next((known for word, known in REFUSALS.items() if word in str(error)), "")
    for length in (5, 2):
        if code[:length] in FAULTS:
            return PullError(f"{where}: {FAULTS[code[:length]]} ({code})")
    said = f"SQLSTATE {code}" if code else type(error).__name__
    return PullFault(
        f"{where}: it cannot be reached, or broke off ({said}); nothing of it was kept. "
        "Try again, and if that does not help see whether the server is up and may be reached from here"
    )


class PostgreSQL:
    """A session: every source that is fetched in it is seen at the same moment."""

    def __init__(self, cursor: Any, name: str) -> None:
        self.cursor = cursor
        self.name = name
        """The source that is being read."""
        self.moment: datetime
        self.snapshot: Mapping[str, Any] = {}

    def begin(self) -> None:
        """Begin the transaction, and note where it stands."""
        for setting in STARTED:
            self.cursor.execute(setting)
        self.cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        moment, oldest, newest, cluster = self.ask(
            "SELECT transaction_timestamp(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint,"
            " pg_snapshot_xmax(pg_current_snapshot())::text::bigint,"
            " (SELECT system_identifier::text FROM pg_control_system())"
        )
        self.moment, self.snapshot = moment, {"oldest": oldest, "newest": newest, "cluster": cluster}

    def ask(self, query: str) -> tuple[Any, ...]:
        """The one row of a query."""
        self.cursor.execute(query)
        return tuple(self.cursor.fetchall()[0])

    def list_new(self, source: Source, state: State) -> Sequence[Item]:
        """One delivery: the whole table or query, or its rows since the state."""
        database, self.name = require_database(source), source.name
        relation = f"(\n{database.query.strip().rstrip(';')}\n)" if database.query else spell_table(database)
        schema = self.cursor.adbc_execute_schema(f"SELECT * FROM {relation} AS q")
        columns, reach = choose_columns(source, schema), self.read_reach(source, database, relation, schema)
        since = self.find_since(source, database, state, reach) if state else ""
        wanted = ", ".join(column.sql for column in columns)
        detail = {"query": f"SELECT {wanted} FROM {relation} AS q{since}", "columns": columns, "reach": reach}
        is_again = bool(state) and not since and database.cursor is not None
        return [Item(".parquet", {**detail, "is_part": bool(since), "notes": (AGAIN,) if is_again else ()})]

    def read_reach(self, source: Source, database: Database, relation: str, schema: Any) -> dict[str, Any]:
        """Up to where this session sees the source: the state of a cursor; nothing where none is declared."""
        if database.cursor is None:
            return {}
        if database.cursor == XMIN:
            (table,) = self.ask(f"SELECT to_regclass({literal(relation)})::oid::bigint")
            return {**self.snapshot, "table": table}
        column, kind = quote(database.cursor), find_kind(schema, database.cursor)
        if kind not in NOW and kind not in WHOLE:
            cure = "take a column that is a whole number, a date or a time, or xmin"
            raise PullError(f"source {source.name}: c360.cursor {database.cursor} is {kind or 'not there'}; {cure}")
        known = f" WHERE {column} <= {NOW[kind].format(zone=literal(source.timezone))}" if kind in NOW else ""
        if kind in NOW:
            known += f" AND {column} > '-infinity'"
        (newest,) = self.ask(f"SELECT max({column}) FROM {relation} AS q{known}")
        return {"cursor": newest.isoformat() if isinstance(newest, date) else newest, "kind": kind}

    def find_since(self, source: Source, database: Database, state: State, reach: Mapping[str, Any]) -> str:
        """The condition on rows that may be new since the state; "" where all of them may be.

        A row that another transaction wrote may lie behind a cursor that has gone on: hence the overlap. A row without
        a cursor is always among them.
        """
        if database.cursor is None:
            return ""
        if database.cursor == XMIN:
            spent = reach["newest"] - state.get("oldest", 0)
            is_same = all(state.get(name) == reach[name] for name in ("cluster", "table"))
            if not is_same or not 0 <= spent < XIDS:
                return ""
            low = state["oldest"] % XIDS
            return f" WHERE (xmin::text::bigint - {low} + {XIDS}) % {XIDS} <= {spent}"
        if state.get("cursor") is None:
            return ""
        column, kind, last = quote(database.cursor), reach["kind"], state["cursor"]
        if kind != state.get("kind"):
            return ""
        overlap = f"interval '{database.overlap} seconds'" if kind in NOW else str(database.overlap)
        return f" WHERE {column} >= {literal(str(last))}::{kind} - {overlap} OR {column} IS NULL"

    def fetch(self, source: Source, item: Item, state: State, path: Path) -> Fetched:
        """Write the rows to a Parquet file, batch by batch."""
        columns, count, self.name = item.detail["columns"], 0, source.name
        self.cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)})
        self.cursor.execute(item.detail["query"])
        reader = self.cursor.fetch_record_batch()
        first = to_exact(source, pa.RecordBatch.from_pylist([], reader.schema), columns)
        with pq.ParquetWriter(path, first.schema, **PARQUET) as writer:
            for batch in reader:
                writer.write_batch(to_exact(source, batch, columns))
                count += batch.num_rows
        reach = item.detail["reach"]
        newest = reach.get("cursor")
        watermark = to_utc(newest, source.timezone) if isinstance(newest, str) else self.moment
        return Fetched(reach, count, watermark, count > 0 or not item.detail["is_part"], item.detail["notes"])


def find_kind(schema: Any, name: str) -> str:
    """PostgreSQL's name of a column's type; "" where there is no such column."""
    place = schema.get_field_index(name)
    return read_kind(schema.field(place)) if place >= 0 else ""


def to_utc(text: str, timezone: str) -> datetime:
    """A moment of a cursor; one without its offset, and a date, is of the source's zone."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)


def spell_table(database: Database) -> str:
    """The table in SQL."""
    return ".".join(quote(part) for part in (database.schema, database.table) if part)
