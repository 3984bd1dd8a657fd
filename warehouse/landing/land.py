"""Landing: a source's new deliveries, record by record, into a DuckDB file of their own.

Nothing is decided here but what a delivery is and what it holds: a delivery is recognised by the hash of its content,
so the same bytes load nothing, whatever their name; every physical record goes to `landed` or, unreadable, to
`quarantine`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from warehouse.connectors.names import is_marked, is_to_come
from warehouse.contracts.model import Source
from warehouse.contracts.settings import Settings
from warehouse.duck import fetch_row, has_table, literal, open_database, quote
from warehouse.landing.files import (
    DeliveryError,
    Snapshot,
    find_deliveries,
    fingerprint,
    list_unsettled,
    name_delivery,
    take_snapshot,
)
from warehouse.landing.format_history import (
    DELIMITER,
    ENCODING,
    FormatHistory,
    read_format_history,
    write_values,
    write_way,
)
from warehouse.landing.format_history import TABLE as FORMAT_TABLE
from warehouse.landing.formats import read_delivery
from warehouse.landing.formats.batch import USUAL, Bounds, Reading
from warehouse.landing.replay import land_replayed
from warehouse.landing.replay_choice import Choice
from warehouse.landing.rows import RowWriter, describe_formats, landed_table, say_doubts
from warehouse.landing.time_doubts import warn_of_times
from warehouse.run import Run
from warehouse.types.inferred_formats import Finding

TABLES = """
CREATE TABLE delivery (delivery_id VARCHAR, name VARCHAR, physical_count BIGINT, sequence INTEGER,
    is_redelivery BOOLEAN, notes VARCHAR[]);
CREATE TABLE quarantine (delivery_id VARCHAR, record BIGINT, rule VARCHAR, rules VARCHAR[], row VARCHAR);
CREATE TABLE duplicate (delivery_id VARCHAR, record BIGINT);
CREATE TABLE waiting (name VARCHAR);
CREATE TABLE missing_column (delivery_id VARCHAR, column_name VARCHAR);
CREATE TABLE new_column (delivery_id VARCHAR, column_name VARCHAR, was_left_out BOOLEAN);
CREATE TABLE landing_problem (rule VARCHAR, message VARCHAR);
CREATE TABLE landing_warning (rule VARCHAR, message VARCHAR, failed_count BIGINT, checked_count BIGINT);
CREATE TABLE loaded_until (occurred_at TIMESTAMP);
"""


LEFT_OUT = "left out: "
"""How a note on a delivery begins that names an undeclared column."""


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


def land_source(run: Run, name: str, waiting: Sequence[str] = ()) -> Landed:
    """Land a source's new deliveries; the same call again starts over.

    `waiting` are names of what lies on its server and was not pulled yet.

    What is wrong with a delivery as a whole is noted in `landing_problem`, for the gate to close; only a fault of the
    machine (a disk that is full, a folder that may not be read) raises, and may be tried again.
    """
    source, file = run.source(name), run.source_file(name)
    file.unlink(missing_ok=True)
    parent = run.find_parent()
    known = read_load_history(parent.workings if parent else None, source)
    landed = Landed(name)
    with open_database(file, memory_limit=run.settings.memory_limit) as con:
        writer = begin_file(con, source, known, run.settings.phone_region, read_bounds(run.settings))
        if run.options.replay is not None:
            landed.new = land_replayed(con, parent.workings if parent else None, Choice(**run.options.replay), source)
            return landed
        has_more = bool(known.latest or waiting)
        called = {p: name_delivery(source, p) for p in list_paths(con, source, landed, has_history=has_more)}
        ready = {p: n for p, n in called.items() if not is_to_come(n, run.as_of) and is_whole(source, p)}
        found = {path: fingerprint(path) for path in ready}
        new = {path: i for path, i in found.items() if not known.holds(source, ready[path], i)}
        unsettled = list_unsettled(new, source.location.settle)
        chosen = drop_repeated({path: i for path, i in new.items() if path not in unsettled}, source)
        for waits in (*waiting, *(n for p, n in called.items() if p not in ready or p in unsettled)):
            con.execute("INSERT INTO waiting VALUES (?)", [waits])
        landed.known = [ready[path] for path in found if path not in chosen and path not in unsettled]
        land_files(writer, chosen, known, landed, run.folder / "snapshots" / name)
    return landed


def begin_file(
    con: duckdb.DuckDBPyConnection, source: Source, known: LoadHistory, region: str = "", bounds: Bounds = USUAL
) -> RowWriter:
    """Make the tables of a source's own file; gives what writes its rows. `region` and `bounds`: as in Reading."""
    con.execute(TABLES + FORMAT_TABLE)
    con.execute(landed_table(source))
    if known.until is not None:
        con.execute("INSERT INTO loaded_until VALUES (?)", [known.until])
    return RowWriter(con, source, region, bounds)


def read_bounds(settings: Settings) -> Bounds:
    """What a delivery may come to."""
    return Bounds(settings.max_columns, settings.max_unpack_ratio)


def land_files(writer: RowWriter, paths: Iterable[Path], known: LoadHistory, landed: Landed, snapshots: Path) -> None:
    """Land files one by one, each read from a copy below `snapshots`; an unreadable one is noted as a problem."""
    shutil.rmtree(snapshots, ignore_errors=True)  # of an attempt that was killed
    taken: set[str] = set()
    for path in paths:
        try:
            snapshot = take_snapshot(path, snapshots, name_delivery(writer.source, path))
            if snapshot.delivery_id in taken:  # it changed, and is now what another file is
                continue
            taken.add(snapshot.delivery_id)
            land_delivery(writer, snapshot, len(landed.new), known)
            landed.new.append(snapshot.name)
        except DeliveryError as error:
            note_problem(writer.con, landed, "unreadable_delivery", str(error))
        finally:
            # The bytes as delivered hold what no contract declares: even a run that fails must not keep them.
            shutil.rmtree(snapshots, ignore_errors=True)
    writer.flush()
    warn_of_times(writer.con, writer.source, writer.shifted)


def list_paths(con: duckdb.DuckDBPyConnection, source: Source, landed: Landed, *, has_history: bool) -> list[Path]:
    """The files there are; none at all, where none was ever delivered, is a problem, but of an API with no records."""
    try:
        paths = find_deliveries(source)
    except DeliveryError as error:
        note_problem(con, landed, "unreadable_delivery", str(error))
        return []
    if not paths and not has_history and source.location.api is None:
        cure = f"deliver one, or fix `servers` in {source.path.name}"
        remote = source.location.remote
        message = f"{source.name}: no file matches {remote.url if remote else source.location.path}; {cure}"
        note_problem(con, landed, "missing_delivery", message)
    return paths


def is_whole(source: Source, path: Path) -> bool:
    """Is a file of a drop folder complete, as far as its marker tells? What was pulled is."""
    is_there = lambda name: path.with_name(name).exists()  # noqa: E731
    return bool(source.location.remote) or is_marked(path.name, source.location.marker, is_there)


def note_problem(con: duckdb.DuckDBPyConnection, landed: Landed, rule: str, message: str) -> None:
    """Keep a problem for the gate."""
    landed.problems.append(message)
    con.execute("INSERT INTO landing_problem VALUES (?, ?)", [rule, message])


def drop_repeated(paths: dict[Path, str], source: Source) -> dict[Path, str]:
    """Files with their hashes, each content once: where it is added the first of equal files, else the last."""
    order = list(paths) if source.load_mode != "append" else list(paths)[::-1]
    kept = {paths[path]: path for path in order}
    return {path: delivery_id for path, delivery_id in paths.items() if kept[delivery_id] == path}


def land_delivery(writer: RowWriter, snapshot: Snapshot, sequence: int, known: LoadHistory) -> None:
    """Read one delivery whole, or leave no trace of it.

    Raises:
        DeliveryError: it cannot be read, or its records do not add up.
    """
    con, is_redelivery = writer.con, snapshot.name in known.latest
    writer.past = known.formats.recall_values(snapshot.name)
    reading = read_rows(writer, snapshot, known.formats)
    if writer.is_misread(snapshot.delivery_id):
        writer.settle(snapshot.delivery_id)
        forget_faults(con, snapshot.delivery_id)
        reading = read_rows(writer, snapshot, known.formats)
    notes = [*reading.notes, *note_formats(writer, snapshot, reading)]
    notes += [f"{LEFT_OUT}{name} ({n} records)" for name, n in sorted(reading.undeclared.items())]
    if is_redelivery:
        notes.insert(0, "re-delivery: a file of this name was loaded before with other content")
    con.execute(
        "INSERT INTO delivery VALUES (?, ?, ?, ?, ?, ?)",
        [snapshot.delivery_id, snapshot.name, reading.physical_count, sequence, is_redelivery, notes],
    )
    for column in reading.missing:
        con.execute("INSERT INTO missing_column VALUES (?, ?)", [snapshot.delivery_id, column])
    for column in sorted(reading.undeclared):
        values = [snapshot.delivery_id, column, column in known.left_out]
        con.execute("INSERT INTO new_column VALUES (?, ?, ?)", values)


def note_formats(writer: RowWriter, snapshot: Snapshot, reading: Reading) -> list[str]:
    """Keep how a delivery is written, and what is in doubt of it; gives the notes for people."""
    for aspect, way in reading.ways.items():
        was = reading.past.get(aspect, way)
        write_way(writer.con, snapshot.delivery_id, (aspect, None), {}, Finding(way, was="" if was == way else was))
        if was != way:
            rule = "encoding_changed" if aspect == ENCODING else "delimiter_changed"
            cure = f"if that is not right, declare c360.{aspect} in {writer.source.path.name}"
            message = f"{snapshot.name}: its {aspect} is {way}, and was {was} in the source's last delivery; {cure}"
            writer.con.execute("INSERT INTO landing_warning VALUES (?, ?, 1, 1)", [rule, message])
    if writer.latest != snapshot.delivery_id:  # it has no rows
        return []
    findings = writer.find()
    write_values(writer.con, writer.source, snapshot.delivery_id, writer.evidence, findings)
    for rule, message, count in say_doubts(findings, writer.source, snapshot.name):
        values = [rule, message, count, reading.physical_count]
        writer.con.execute("INSERT INTO landing_warning VALUES (?, ?, ?, ?)", values)
    return describe_formats(writer.habits, findings)


def read_rows(writer: RowWriter, snapshot: Snapshot, formats: FormatHistory) -> Reading:
    """Read a delivery's records to `landed` and `quarantine`; what cannot be read whole leaves nothing there."""
    last = {aspect: formats.recall_last(snapshot.name, aspect) for aspect in (ENCODING, DELIMITER)}
    past = {aspect: way for aspect, way in last.items() if way}
    reading = Reading(region=writer.region, bounds=writer.bounds, past=past)
    try:
        for batch in read_delivery(snapshot.path, snapshot.name, writer.source, reading):
            writer.add(snapshot.delivery_id, batch.rows)
            write_faults(writer.con, snapshot.delivery_id, batch.faults)
    except DeliveryError:
        writer.drop(snapshot.delivery_id)
        forget_faults(writer.con, snapshot.delivery_id)
        raise
    return reading


def forget_faults(con: duckdb.DuckDBPyConnection, delivery_id: str) -> None:
    """Take a delivery's unreadable records out of quarantine."""
    con.execute("DELETE FROM quarantine WHERE delivery_id = ?", [delivery_id])


def write_faults(con: duckdb.DuckDBPyConnection, delivery_id: str, faults: pl.DataFrame) -> None:
    """Write unreadable records to quarantine."""
    if faults.height:
        con.register("fault", faults)
        con.execute(f"INSERT INTO quarantine SELECT {literal(delivery_id)}, _record, rule, [rule], raw FROM fault")
        con.unregister("fault")


@dataclass
class LoadHistory:
    """What earlier nights have loaded of a source."""

    ids: set[str] = field(default_factory=set)
    latest: dict[str, str] = field(default_factory=dict)
    """By name of a file, its latest delivery."""
    left_out: frozenset[str] = frozenset()
    """Names of undeclared columns that deliveries had."""
    until: object | None = None
    """The latest occurred_at loaded."""
    formats: FormatHistory = field(default_factory=FormatHistory)
    """How its deliveries were written."""

    def holds(self, source: Source, name: str, delivery_id: str) -> bool:
        """Would this delivery give nothing new?

        Rows that are added count once, under whatever name they come. What replaces rows may say again what it said
        before: a file that is as it was once, or the next of a series with the content of an earlier one.
        """
        return delivery_id in self.ids if source.load_mode == "append" else self.latest.get(name) == delivery_id


def read_load_history(served: Path | None, source: Source) -> LoadHistory:
    """Deliveries of the generation that is served, and up to when its rows reach; nothing where there is none."""
    if served is None:
        return LoadHistory()
    name = source.name
    with open_database(served, read_only=True) as con:
        rows = con.execute(
            "SELECT name, delivery_id, notes FROM governance.delivery WHERE source = ? ORDER BY generation, landed_at",
            [name],
        ).fetchall()
        column, until = source.name_of("occurred_at"), None
        if column and has_table(con, "raw", name):
            until = fetch_row(con, f"SELECT max({quote(column)}) FROM raw.{quote(name)}")[0]
        formats = read_format_history(con, source)
    notes = {note for row in rows for note in row[2] or ()}
    left_out = {note.removeprefix(LEFT_OUT).rpartition(" (")[0] for note in notes if note.startswith(LEFT_OUT)}
    return LoadHistory({r[1] for r in rows}, {r[0]: r[1] for r in rows}, frozenset(left_out), until, formats)
