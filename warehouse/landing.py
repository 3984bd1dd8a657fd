"""Landing: a source's new deliveries, record by record, into a DuckDB file of their own.

Nothing is decided here but what a delivery is and what it holds: a delivery is recognised by the hash of its content,
so the same bytes load nothing, whatever their name; every physical record goes to `landed` or, unreadable, to
`quarantine`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from warehouse.casting import build_cast, find_date_order, is_mistyped, sql_type
from warehouse.contracts import Column, Source
from warehouse.database import columns_of, fetch_row, has_table, literal, open_database, quote
from warehouse.deliveries import DeliveryError, Snapshot, find_deliveries, fingerprint, take_snapshot
from warehouse.reading import Batch, Reading, read_delivery
from warehouse.run import Run

TABLES = """
CREATE TABLE delivery (delivery_id VARCHAR, name VARCHAR, physical_count BIGINT, sequence INTEGER,
    is_redelivery BOOLEAN, notes VARCHAR[]);
CREATE TABLE quarantine (delivery_id VARCHAR, record BIGINT, rule VARCHAR, rules VARCHAR[], row VARCHAR);
CREATE TABLE duplicate (delivery_id VARCHAR, record BIGINT);
CREATE TABLE missing_column (delivery_id VARCHAR, column_name VARCHAR);
CREATE TABLE landing_problem (rule VARCHAR, message VARCHAR);
CREATE TABLE loaded_until (occurred_at TIMESTAMP);
"""


@dataclass
class Landed:
    """What landing a source came to."""

    source: str
    new: list[str] = field(default_factory=list)
    """Names of new deliveries."""
    known: list[str] = field(default_factory=list)
    """Names of files whose content was loaded before."""
    problems: list[str] = field(default_factory=list)
    """What could not be read at all; each closes the gate."""


def land_source(run: Run, name: str) -> Landed:
    """Land a source's new deliveries; the same call again begins anew.

    What is wrong with a delivery as a whole is noted in `landing_problem`, for the gate to close; only a fault of the
    machine (a disk that is full, a folder that may not be read) raises, and may be tried again.
    """
    source, file = run.source(name), run.source_file(name)
    file.unlink(missing_ok=True)
    known = read_known(run, name)
    landed = Landed(name)
    with open_database(file, memory_limit=run.settings.memory_limit) as con:
        con.execute(TABLES)
        con.execute(landed_table(source))
        for path in list_paths(con, source, landed, has_history=bool(known.names)):
            if (delivery_id := fingerprint(path)) in known.ids:
                landed.known.append(path.name)
                continue
            known.ids.add(delivery_id)
            try:
                snapshot = take_snapshot(path, run.folder / "snapshots" / name)
                known.ids.add(snapshot.delivery_id)
                land_delivery(con, source, snapshot, len(landed.new), is_redelivery=path.name in known.names)
                snapshot.path.unlink()
                landed.new.append(path.name)
            except DeliveryError as error:
                note_problem(con, landed, "unreadable_delivery", str(error))
        if known.until is not None:
            con.execute("INSERT INTO loaded_until VALUES (?)", [known.until])
    return landed


def list_paths(con: duckdb.DuckDBPyConnection, source: Source, landed: Landed, *, has_history: bool) -> list[Path]:
    """The files there are; none at all, where none was ever delivered, is a problem."""
    try:
        paths = find_deliveries(source)
    except DeliveryError as error:
        note_problem(con, landed, "unreadable_delivery", str(error))
        return []
    if not paths and not has_history:
        cure = f"deliver one, or mend `servers` in {source.path.name}"
        message = f"{source.name}: no file matches {source.location.path}; {cure}"
        note_problem(con, landed, "missing_delivery", message)
    return paths


def note_problem(con: duckdb.DuckDBPyConnection, landed: Landed, rule: str, message: str) -> None:
    """Keep a problem for the gate."""
    landed.problems.append(message)
    con.execute("INSERT INTO landing_problem VALUES (?, ?)", [rule, message])


@dataclass
class Known:
    """What earlier nights have loaded of a source."""

    ids: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    until: object | None = None
    """The latest occurred_at loaded."""


def read_known(run: Run, name: str) -> Known:
    """Deliveries of the parent generation, and up to when its rows reach."""
    parent = run.find_parent()
    if parent is None:
        return Known()
    with open_database(parent.database, read_only=True) as con:
        rows = con.execute("SELECT delivery_id, name FROM governance.delivery WHERE source = ?", [name]).fetchall()
        column, until = run.source(name).name_of("occurred_at"), None
        if column and has_table(con, "raw", name):
            until = fetch_row(con, f"SELECT max({quote(column)}) FROM raw.{quote(name)}")[0]
    return Known({r[0] for r in rows}, {r[1] for r in rows}, until)


def landed_table(source: Source) -> str:
    """The statement that makes `landed`."""
    columns = ", ".join(f"{quote(c.name)} {sql_type(c)}" for c in source.columns)
    return f"CREATE TABLE landed (_delivery_id VARCHAR, _record BIGINT, {columns}, _mistyped VARCHAR[], _row VARCHAR)"


def land_delivery(
    con: duckdb.DuckDBPyConnection, source: Source, snapshot: Snapshot, sequence: int, *, is_redelivery: bool
) -> None:
    """Read one delivery whole into `landed` and `quarantine`, or leave no trace of it.

    Raises:
        DeliveryError: it cannot be read, or its records do not add up.
    """
    reading, orders = Reading(), dict[str, str | None]()
    con.execute("BEGIN")
    try:
        for batch in read_delivery(snapshot.path, snapshot.name, source, reading):
            write_batch(con, source, snapshot.delivery_id, batch, orders)
        notes = [*reading.notes, *(f"left out: {name} ({n} records)" for name, n in sorted(reading.undeclared.items()))]
        if is_redelivery:
            notes.insert(0, "re-delivery: a file of this name was loaded before with other content")
        con.execute(
            "INSERT INTO delivery VALUES (?, ?, ?, ?, ?, ?)",
            [snapshot.delivery_id, snapshot.name, reading.physical_count, sequence, is_redelivery, notes],
        )
        for column in reading.missing:
            con.execute("INSERT INTO missing_column VALUES (?, ?)", [snapshot.delivery_id, column])
    except BaseException:
        con.execute("ROLLBACK")
        raise
    con.execute("COMMIT")


def write_batch(
    con: duckdb.DuckDBPyConnection, source: Source, delivery_id: str, batch: Batch, orders: dict[str, str | None]
) -> None:
    """Write the records of a batch, each value in its declared type, and its unreadable records.

    `orders` keeps the order of day and month found in the delivery's first batch, where the contract declares none.
    """
    if batch.rows.height:
        con.register("batch", batch.rows)
        con.execute(f"INSERT INTO landed {typed_select(con, source, delivery_id, orders)}")
        con.unregister("batch")
    if batch.faults.height:
        con.register("fault", batch.faults)
        con.execute(f"INSERT INTO quarantine SELECT {literal(delivery_id)}, _record, rule, [rule], raw FROM fault")
        con.unregister("fault")


def typed_select(
    con: duckdb.DuckDBPyConnection, source: Source, delivery_id: str, orders: dict[str, str | None]
) -> str:
    """The query that turns a registered batch into rows of `landed`."""
    casts, faults = [], []
    delivered_types = columns_of(con, "batch")
    for column in source.columns:
        delivered = delivered_types[column.name]
        order = day_order(con, column, delivered, orders)
        casts.append(f"{build_cast(column, delivered, source.timezone, order)} AS {quote(column.name)}")
        if column.type != "string":
            wrong = is_mistyped(column, delivered, source.timezone, order)
            faults.append(f"CASE WHEN {wrong} THEN {literal(column.name)} END")
    mistyped = f"list_filter([{', '.join(faults)}], lambda x: x IS NOT NULL)" if faults else "CAST([] AS VARCHAR[])"
    names = ", ".join(f"{quote(c.name)} := {quote(c.name)}" for c in source.columns)
    return (
        f"SELECT {literal(delivery_id)}, _record, {', '.join(casts)}, {mistyped} AS _mistyped, "
        f"CASE WHEN len(_mistyped) > 0 THEN CAST(to_json(struct_pack({names})) AS VARCHAR) END AS _row FROM batch"
    )


def day_order(
    con: duckdb.DuckDBPyConnection, column: Column, delivered: str, orders: dict[str, str | None]
) -> str | None:
    """Whether day or month comes first in text dates without a declared format; None if it needs no answer."""
    if column.format or delivered != "VARCHAR" or column.type not in {"date", "timestamp"}:
        return None
    if column.name not in orders:
        orders[column.name] = find_date_order(con, "batch", column)
    return orders[column.name]
