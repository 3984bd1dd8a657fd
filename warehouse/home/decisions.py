"""The file of people's decisions, `decisions.jsonl` in the home: one a line, only ever added to.

It belongs to the home, not to a generation: decisions outlive rollback, retraining, and accounts that come and go. Each
run takes a copy as it begins, gives it to the matcher, and keeps it in its generation as identity.decision.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pwd
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import polars as pl

from transforms.identity.decisions import KINDS, LEARN, SPLIT, Decision, find_learned, list_in_force
from warehouse.duck import columns_of, has_table, store_rows
from warehouse.errors import C360Error
from warehouse.files import sync

DECISIONS, TORN = "decisions.jsonl", "decisions.torn"
TABLE = pl.Schema(
    {f.name: pl.String for f in fields(Decision)}
    | {"decided_at": pl.Datetime("us"), "threshold": pl.Float64, "is_in_force": pl.Boolean}
)
"""Columns of identity.decision: every decision ever made, in order; decided_at in UTC, parts and weights as JSON."""
OPTIONAL = ("parts", "threshold", "weights")
"""Fields that only some kinds of decisions have, and the lines of others leave out."""


class DecisionError(C360Error):
    """The file of decisions is damaged; the message says in which line."""


@dataclass(frozen=True)
class Ledger:
    """What a file of decisions holds."""

    history: list[Decision]
    torn: bytes = b""
    """The beginning of a last line whose writing was cut off: no decision."""

    @cached_property
    def in_force(self) -> list[Decision]:
        """The decisions that hold, each about two accounts; those of a split bear its id."""
        return list_in_force(self.history)

    @property
    def learned(self) -> Decision | None:
        """What was learned from decisions and accepted, and holds."""
        return find_learned(self.history)

    @property
    def ids_in_force(self) -> set[str]:
        """Ids of the decisions of which anything holds."""
        learned = self.learned
        return {d.decision_id for d in self.in_force} | ({learned.decision_id} if learned else set())

    @property
    def digest(self) -> str:
        """sha256 of all decisions, as hex."""
        return hashlib.sha256("\n".join(write_line(d) for d in self.history).encode()).hexdigest()


def read_ledger(folder: Path) -> Ledger:
    """The decisions kept in a folder; none where there is no file.

    Raises:
        DecisionError: a line is no decision.
    """
    path = folder / DECISIONS
    if not path.exists():
        return Ledger([])
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        return parse(path, file.read())


def parse(path: Path, data: bytes) -> Ledger:
    """The decisions of a file's bytes; a last line without its end counts if it is whole."""
    *lines, last = data.split(b"\n")
    history = [parse_line(path, number, line) for number, line in enumerate(lines, 1)]
    if not last:
        return Ledger(history)
    try:
        return Ledger([*history, parse_line(path, len(history) + 1, last)])
    except DecisionError:
        return Ledger(history, last)


def parse_line(path: Path, number: int, line: bytes) -> Decision:
    """One decision; raises DecisionError for anything else."""
    try:
        said = json.loads(line)
        decision = read_decision(said)
        is_text = all(isinstance(v, str) for n, v in said.items() if n not in {"withdraws", *OPTIONAL})
        is_right = is_text and is_whole(decision) and bool(datetime.fromisoformat(decision.decided_at))
    except (ValueError, TypeError, AttributeError):
        is_right = False
    if not is_right:
        raise DecisionError(
            f"{path}, line {number}: is not a decision; restore the line from a backup, or from identity.decision of a"
            " generation (c360 sql), before anything else is decided or run"
        )
    return decision


def read_decision(said: dict[str, Any]) -> Decision:
    """A decision from plain values, its lists as tuples."""
    parts, weights = said.get("parts"), said.get("weights")
    return Decision(
        **said
        | {
            "parts": parts and tuple(tuple((source, account) for source, account in part) for part in parts),
            "weights": None if weights is None else tuple((field, float(weight)) for field, weight in weights),
        }
    )


def is_whole(decision: Decision) -> bool:
    """Is it of a known kind, with what that kind needs and no other has?"""
    parts, threshold = decision.parts, decision.threshold
    if decision.kind == SPLIT:
        accounts = [account for part in parts or () for account in part]
        is_text = all(isinstance(text, str) for account in accounts for text in account)
        return len(parts or ()) > 1 and all(parts or ()) and is_text and len(set(accounts)) == len(accounts)
    if decision.kind == LEARN:
        return threshold is not None and 0 < threshold < 1 and decision.weights is not None
    return decision.kind in KINDS and (parts, threshold, decision.weights) == (None, None, None)


def write_line(decision: Decision) -> str:
    """One decision as a line of JSON."""
    said = {n: v for n, v in asdict(decision).items() if v is not None or n not in OPTIONAL}
    return json.dumps(said, ensure_ascii=False, sort_keys=True)


def add_decision(folder: Path, decide: Callable[[Ledger, str], Decision]) -> tuple[Decision, bytes]:
    """Add a decision for good: it is on the disk when this returns. Gives also what was torn and is healed now.

    Args:
        folder: the home.
        decide: makes the decision from those there are and its own id, or raises; no other can come between.
    """
    path = folder / DECISIONS
    is_new = not path.exists()
    with path.open("a+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        data = file.read()
        ledger = parse(path, data)
        decision = decide(ledger, f"D{len(ledger.history) + 1}")
        heal(folder, file, data, ledger.torn)
        line = f"{write_line(decision)}\n".encode()
        if os.write(file.fileno(), line) != len(line):
            raise OSError(28, "no space left to write a decision", str(path))
        os.fsync(file.fileno())
    if is_new:
        sync(folder)
    return decision, ledger.torn


def heal(folder: Path, file: BinaryIO, data: bytes, torn: bytes) -> None:
    """End the last line, or put a torn one aside into `decisions.torn`, so that the next begins on its own."""
    if torn:
        with (folder / TORN).open("ab") as aside:
            aside.write(torn + b"\n")
            aside.flush()
            os.fsync(aside.fileno())
        os.ftruncate(file.fileno(), len(data) - len(torn))
    elif data and not data.endswith(b"\n"):
        os.write(file.fileno(), b"\n")


def stamp() -> tuple[str, str]:
    """When and by whom a decision is made: UTC, user of the operating system."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a user without a name, as in a container
        user = f"user {os.getuid()}"
    return datetime.now(UTC).isoformat(timespec="seconds"), user


def copy_decisions(home: Path, folder: Path) -> None:
    """Copy the decisions of a home, those that are whole, into a run's folder."""
    ledger = read_ledger(home)
    (folder / DECISIONS).write_text("".join(f"{write_line(d)}\n" for d in ledger.history), "utf-8")


def store_decisions(con: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    """Write identity.decision."""
    held = ledger.ids_in_force
    rows = [asdict(d) | {"is_in_force": d.decision_id in held} for d in ledger.history]
    for row in rows:
        row |= {n: None if row[n] is None else json.dumps(row[n], ensure_ascii=False) for n in ("parts", "weights")}
        row["decided_at"] = datetime.fromisoformat(str(row["decided_at"])).astimezone(UTC).replace(tzinfo=None)
    con.execute("CREATE SCHEMA IF NOT EXISTS identity")
    store_rows(con, "identity.decision", pl.DataFrame(rows, schema=TABLE, orient="row"))


def load_decisions(con: duckdb.DuckDBPyConnection) -> Ledger:
    """The decisions of a generation, from its identity.decision; none where that is older than the table."""
    if not has_table(con, "identity", "decision"):
        return Ledger([])
    names = [f.name for f in fields(Decision)]
    there = [n for n in names if n in columns_of(con, "identity.decision")]
    rows = con.execute(f"SELECT {', '.join(there)} FROM identity.decision").fetchall()
    history = []
    for row in rows:
        said = dict(zip(there, row, strict=True))
        said["decided_at"] = said["decided_at"].replace(tzinfo=UTC).isoformat(timespec="seconds")
        said |= {n: json.loads(said[n]) for n in ("parts", "weights") if said.get(n)}
        history.append(read_decision(said))
    return Ledger(history)
