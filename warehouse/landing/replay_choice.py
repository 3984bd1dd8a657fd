"""Which rows in quarantine a run is to replay, and with what values: as they stand there, or as they were mended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from warehouse.connectors.series import sort_key
from warehouse.contracts.model import Contracts, Source
from warehouse.duck import fetch_row, has_table, quote
from warehouse.errors import C360Error
from warehouse.home.upgrade import name_today, rule_today

UNREADABLE = frozenset(
    {"encoding", "no_known_field", "nul_byte", "too_deep", "too_long", "unfinished_document", "unfinished_line"}
)
"""Rules of records that gave no row, even where their text is an object."""
SHORT = 12
"""So many digits of a delivery's id are shown, and suffice."""
FIELDS = {"source": str, "delivery": str, "record": int}


class ReplayError(C360Error):
    """What is to be replayed is not there, or cannot be; the message says which line or source, never a value."""

    exit_code = 2


class Number(str):
    """A number of a JSON text as it is written there, so that no digit of an amount is lost."""

    __slots__ = ()


@dataclass(frozen=True)
class Choice:
    """Which rows: all of a source, all of a rule, or those of a list."""

    source: str | None = None
    rule: str | None = None
    rows: Sequence[Mapping[str, Any]] | None = None
    """One of each row: source, delivery, record, row (JSON text), line (in the list)."""


@dataclass(frozen=True)
class Chosen:
    """One row to replay."""

    delivery_id: str
    record: int
    generation: int
    """The night that put it aside."""
    rule: str
    name: str
    """Its delivery's file."""
    notes: Sequence[str]
    place: tuple[int, str]
    """When its delivery came, among those of the source."""
    row: Mapping[str, Any] | None
    """Its values by column; None: it stays where it is."""
    is_mended: bool = False


def choose_rows(con: duckdb.DuckDBPyConnection, source: Source, choice: Choice) -> list[Chosen]:
    """The rows of a source that are chosen, in the order in which they were delivered.

    What was superseded is no fault, and never chosen. Of pictures, only the rows of the one that counts can be landed.

    Raises:
        ReplayError: a row of the list is not in quarantine, is there twice, or has a column that nobody declares.
    """
    if choice.source not in {None, source.name}:
        return []
    rows = read_quarantine(con, source, choice.rule)
    if choice.rows is not None:
        rows = mend_rows(rows, source, [row for row in choice.rows if row["source"] == source.name])
    else:
        rows = [row if is_row(row, source) else replace(row, row=None) for row in rows]
    if source.load_mode == "snapshot":
        held = find_picture(con, source)
        rows = [row if row.delivery_id == held else replace(row, row=None) for row in rows]
    return sorted(rows, key=lambda row: (row.place, row.delivery_id, row.record))


def read_quarantine(con: duckdb.DuckDBPyConnection, source: Source, rule: str | None) -> list[Chosen]:
    """A source's rows in quarantine, each record once, as the latest night put it aside."""
    today = rule_today("q.rule")
    found = con.execute(
        f"SELECT q.delivery_id, q.record, q.generation, {today}, d.name, d.notes, d.generation, q.row"
        " FROM quarantine.record AS q ASOF JOIN governance.delivery AS d"
        " ON q.source = d.source AND q.delivery_id = d.delivery_id AND q.generation >= d.generation"
        f" WHERE q.source = ? AND q.rule <> 'superseded' AND coalesce({today} = ?, true)"
        " QUALIFY row_number() OVER (PARTITION BY q.delivery_id, q.record ORDER BY q.generation DESC) = 1",
        [source.name, rule and name_today(rule)],
    ).fetchall()
    return [
        Chosen(i, record, number, fault, name, notes or (), (delivered, sort_key(name)), parse_row(row))
        for i, record, number, fault, name, notes, delivered, row in found
    ]


def parse_row(text: str | None, number: type[Number] | None = Number) -> dict[str, Any] | None:
    """A row's values by column, numbers as they are written; None for what is no JSON object."""
    try:
        row = json.loads(text or "", parse_float=number, parse_int=number)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def is_row(chosen: Chosen, source: Source) -> bool:
    """Was the record a row when it was quarantined? One that could not be read has to be mended first."""
    known = {column.name for column in source.columns}
    return chosen.rule not in UNREADABLE and bool(known & (chosen.row or {}).keys())


def find_picture(con: duckdb.DuckDBPyConnection, source: Source) -> str | None:
    """The delivery of a snapshot source whose rows count; where all of them are in quarantine, the latest."""
    if has_table(con, "raw", source.name):
        held = fetch_row(con, f"SELECT any_value(_delivery_id) FROM raw.{quote(source.name)}")[0]
        if held is not None:
            return str(held)
    rows = con.execute(
        "SELECT generation, name, delivery_id FROM governance.delivery WHERE source = ?", [source.name]
    ).fetchall()
    return str(max((number, sort_key(name), i) for number, name, i in rows)[2]) if rows else None


def mend_rows(rows: Iterable[Chosen], source: Source, listed: Iterable[Mapping[str, Any]]) -> list[Chosen]:
    """The rows that are listed, with the values that the list gives them."""
    known = {(row.delivery_id[:SHORT], row.record): row for row in rows}
    mended = []
    for entry in listed:
        row = known.pop((entry["delivery"][:SHORT], entry["record"]), None)
        if row is None or not row.delivery_id.startswith(entry["delivery"]):
            raise ReplayError(
                f"line {entry['line']}: {source.name} has no such record in quarantine, or it was listed before, or is"
                " superseded; list what is there by: c360 quarantine --rows --format json"
            )
        mended.append(mend_row(row, source, entry))
    return mended


def mend_row(chosen: Chosen, source: Source, entry: Mapping[str, Any]) -> Chosen:
    """A row with the values listed; a record that could not be read, and was left so, stays where it is."""
    values = parse_row(entry["row"])
    is_mended = values != chosen.row
    if not is_mended and not is_row(chosen, source):
        return replace(chosen, row=None)
    known = {column.name for column in source.columns}
    if values is None or (strange := sorted(values.keys() - known - (chosen.row or {}).keys())):
        fault = f"has no column {strange[0]!r}" if values else "wants the row as an object of its columns"
        raise ReplayError(f"line {entry['line']}: {source.name} {fault}; there are: {', '.join(sorted(known))}")
    return replace(chosen, row=values, is_mended=is_mended)


def read_list(path: Path) -> list[dict[str, Any]]:
    """The rows of a file as `c360 quarantine --rows --format json` prints them, some of them mended.

    Raises:
        ReplayError: a line is not such a row.
    """
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        entry = parse_row(line, None) or {}
        if (
            not all(isinstance(entry.get(name), kind) for name, kind in FIELDS.items())
            or len(entry["delivery"]) < SHORT
        ):
            raise ReplayError(
                f"{path.name}: line {number} is not a row of the quarantine: it needs source, delivery, record and row;"
                " write the file with: c360 quarantine --rows --format json"
            )
        row = entry.get("row")
        text = row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)
        rows.append({**{name: entry[name] for name in FIELDS}, "row": text, "line": number})
    return rows


def require_rows(con: duckdb.DuckDBPyConnection, contracts: Contracts, choice: Choice) -> None:
    """Raise ReplayError unless there is something to replay."""
    names = {source.name for source in contracts.sources}
    asked = {choice.source} - {None} | {row["source"] for row in choice.rows or ()}
    if asked - names:
        raise ReplayError(f"no contract declares that source; there are: {', '.join(sorted(names))}")
    chosen = [row for source in contracts.sources for row in choose_rows(con, source.own, choice)]
    if not any(row.row is not None for row in chosen):
        raise ReplayError(
            f"nothing to replay: {len(chosen)} records are chosen, and none can be replayed as is (unreadable, or from"
            " a superseded snapshot); fix the rows (c360 quarantine --rows), then pass --rows FILE"
        )
