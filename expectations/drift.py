"""Schema drift: deliveries whose columns are not those of the contract, and what the contract wants done about it.

A column is new (undeclared; it is left out), missing, rewritten (its dates or numbers in another way than until now),
or retyped: there, and nearly throughout not readable as its type, or ambiguous, as its values fit two ways. A missing
one may be renamed, if a new one is called much the same: that is said, and nothing is taken for another. freeze closes
the gate, ignore warns. Single unreadable values are no drift; row rules judge them.

What a delivery holds besides is not known before it is there, so this is no suite of rules made from the contract.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import duckdb

from expectations.model import CheckResult
from expectations.quarantine import count_of, run_sql
from warehouse.contracts.model import Column, Source
from warehouse.contracts.problem import nearest
from warehouse.duck import literal, quote
from warehouse.types.deletion_marks import looks_like_mark
from warehouse.types.format_memory import SAID
from warehouse.types.inferred_formats import cure_format
from warehouse.types.roles import Drift

State = Literal["new", "missing", "renamed", "retyped", "ambiguous", "rewritten"]
FROZEN_ROLES = frozenset(
    {"account_id", "event_id", "parent_id", "amount", "unit_price", "currency", "quantity", "occurred_at",
     "resolved_at"}
)  # fmt: skip
"""Roles of keys, money and time: what they lack is wrong in every sum. So is a consent without one of its columns."""
FORMATS_WITHOUT_HEADER = frozenset({"json", "jsonl", "ndjson"})
RULES: Mapping[State, str] = {
    "new": "unexpected_column:", "missing": "missing_column:", "renamed": "missing_column:",
    "retyped": "column_retyped:", "ambiguous": "ambiguous:", "rewritten": "format_changed:",
}  # fmt: skip
"""By state, how its check is called, before the column's name."""
RETYPED_SHARE, RETYPED_LEAST = 0.9, 10
"""Retyped is a column of which this share of a delivery's values, and so many at least, cannot be read."""


@dataclass(frozen=True)
class Drifted:
    """One column of one delivery that is not as declared."""

    state: State
    column: str
    delivery: str
    """The delivery's name."""
    policy: Drift
    detail: str = ""
    """Of a renamed column the new name, of a retyped one how many values cannot be read, of an ambiguous one all there
    is to say, of a rewritten one how it is written and was."""


def judge_drift(con: duckdb.DuckDBPyConnection, source: Source) -> list[CheckResult]:
    """One result for each column that drifted, naming its first delivery: critical if that freezes, else a warning."""
    grouped: dict[tuple[str, str, Drift], list[Drifted]] = {}
    for drifted in list_drifted(con, source):
        rule = name_rule(drifted)
        grouped.setdefault((rule, drifted.state, drifted.policy), []).append(drifted)
    count = count_of(con, "SELECT count(*) FROM delivery", "counting deliveries")
    return [
        CheckResult(
            rule, "delivery", "critical" if policy == "freeze" else "warning", False, len(found), count,
            describe(found, source),
        )
        for (rule, _, policy), found in grouped.items()
    ]  # fmt: skip


def name_rule(drifted: Drifted) -> str:
    """What the check of a column that drifted is called."""
    return RULES[drifted.state] + drifted.column


def describe(found: list[Drifted], source: Source) -> str:
    """What drifted, in which deliveries, and the cure."""
    first, more = found[0], len(found) - 1
    name, file = first.column, source.path.name
    where = first.delivery + (f" and {more} more deliveries" if more > 1 else " and one more" if more else "")
    if first.state == "renamed":
        said = f"column {name} is missing, and {first.detail} is new: if it is that, say c360.alsoCalled:"
        return f"{where}: {said} [{first.detail}] at {name} in {file}; if not, have it delivered again"
    if first.state == "new":
        what = f"{name} is" if is_label(name) else f"column {name} is"
        said, cure = f"{what} new, and left out", f"declare it in {file} to have it stored"
        if looks_like_mark(name):
            said = f"{what} new, and left out; it may say which rows were deleted, and they are loaded as any others"
            cure = f"declare it in {file} with c360.deleted: true (and c360.loadMode: merge)"
        accept = "set c360.drift: ignore for the contract"
    elif first.state == "ambiguous":
        return first.detail
    elif first.state == "rewritten":
        said, cure = f"column {name} {first.detail}", "have it delivered as before"
        accept = f"declare {cure_format(next(column for column in source.columns if column.name == name))} on it"
    elif first.state == "missing":
        said, cure, accept = f"column {name} is missing", "have it delivered again", "set c360.drift: ignore on it"
    else:
        kind = next(column.type for column in source.columns if column.name == name)
        said, cure = f"column {name} is no {kind} any more ({first.detail})", "have it delivered as it was"
        accept = "declare what it is now"
    return f"{where}: {said}; {cure}" + (f", or {accept} in {file}" if first.policy == "freeze" else "")


def list_drifted(con: duckdb.DuckDBPyConnection, source: Source) -> list[Drifted]:
    """Every column of every new delivery that is not as declared, in order of the deliveries.

    A new column that was left out of an earlier night's delivery, too, is only told of again if it freezes.
    """
    missing, new = read_missing(con), read_new(con)
    columns = {column.name: column for column in source.columns}
    found: list[Drifted] = []
    for delivery_id, name in read_deliveries(con):
        gone = missing.get(delivery_id, [])
        fresh, known = new.get(delivery_id, ([], []))
        renamed = match_names(gone, fresh)
        for column in gone:
            policy = policy_of(source, columns[column], is_missing=column not in renamed)
            state: State = "renamed" if column in renamed else "missing"
            found.append(Drifted(state, column, name, policy, renamed.get(column, "")))
        told = [*fresh, *(known if source.drift == "freeze" else ())]
        found += [Drifted("new", column, name, source.drift) for column in told if column not in renamed.values()]
    return [*found, *list_rewritten(con, source), *list_retyped(con, source)]


def policy_of(source: Source, column: Column, *, is_missing: bool) -> Drift:
    """What the contract wants of a declared column; where it leaves that open, what matters most is frozen.

    A record of JSON may leave out a field that has no value, so that there a column which is not required may be
    missing from a whole delivery.
    """
    if column.drift is not None:
        return column.drift
    if column.required:
        return "freeze"
    if is_missing and source.location.format in FORMATS_WITHOUT_HEADER:
        return "ignore"
    return "freeze" if source.kind == "consent" or column.role in FROZEN_ROLES else "ignore"


def match_names(missing: list[str], new: Iterable[str]) -> dict[str, str]:
    """By missing column the new one that it may be: of the same words, of the nearest name, or the only one."""
    free, found = sorted(name for name in new if not is_label(name)), {}
    for name in missing:
        same = [other for other in free if split_words(other) == split_words(name)]
        match = same[0] if same else nearest(name, free)
        if match is None and len(missing) == len(free) == 1:
            match = free[0]
        if match is not None:
            found[name] = match
            free.remove(match)
    return found


def is_label(name: str) -> bool:
    """True if it is no name, but what reading says in place of names that it does not show."""
    return name.startswith("(")


def split_words(name: str) -> list[str]:
    """The words of a name, in alphabetical order: soldAt, sold_at and at.sold have the same."""
    return sorted(re.sub(r"[\W_]+|(?<=[a-z0-9])(?=[A-Z])", " ", name).casefold().split())


def list_retyped(con: duckdb.DuckDBPyConnection, source: Source) -> list[Drifted]:
    """Columns of which nearly no value of a delivery can be read as their type."""
    columns, names = {column.name: column for column in source.columns}, dict(read_deliveries(con))
    rows = run_sql(
        con,
        "SELECT _delivery_id, column_name, count(*) FROM (SELECT _delivery_id, unnest(_mistyped) AS column_name"
        f" FROM landed WHERE len(_mistyped) > 0) GROUP BY ALL HAVING count(*) >= {RETYPED_LEAST} ORDER BY ALL",
        "counting unreadable values",
    )
    found = []
    for delivery_id, name, unreadable in ((str(i), str(c), int(str(n))) for i, c, n in rows if c in columns):
        query = f"SELECT count({quote(name)}) FROM landed WHERE _delivery_id = {literal(delivery_id)}"
        total = unreadable + count_of(con, query, "counting readable values")
        if unreadable >= RETYPED_SHARE * total:
            policy = policy_of(source, columns[name], is_missing=False)
            doubt = find_doubt(con, name, names[delivery_id])
            detail = doubt or f"{unreadable} of {total} values cannot be read"
            found.append(Drifted("ambiguous" if doubt else "retyped", name, names[delivery_id], policy, detail))
    return found


def find_doubt(con: duckdb.DuckDBPyConnection, column: str, delivery: str) -> str:
    """What landing said of a column whose values fit two ways, with the cure; "" if it said nothing."""
    query = f"SELECT message FROM landing_warning WHERE rule = {literal('ambiguous:' + column)} ORDER BY ALL"
    said = [str(message) for (message,) in run_sql(con, query, "reading what landing noted")]
    return next((message for message in said if message.startswith(f"{delivery}: ")), "")


def list_rewritten(con: duckdb.DuckDBPyConnection, source: Source) -> list[Drifted]:
    """Columns whose dates or numbers are written in another way than until now."""
    columns, names = {column.name: column for column in source.columns}, dict(read_deliveries(con))
    query = (
        "SELECT delivery_id, column_name, written, was FROM inferred_format"
        " WHERE was IS NOT NULL AND column_name IS NOT NULL ORDER BY ALL"
    )
    found = []
    for delivery_id, name, way, was in run_sql(con, query, "reading how deliveries are written"):
        policy = policy_of(source, columns[str(name)], is_missing=False)
        detail = f"is written with {SAID[str(way)]}, and was with {SAID[str(was)]} until now"
        found.append(Drifted("rewritten", str(name), names[str(delivery_id)], policy, detail))
    return found


def read_deliveries(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Id and name of each new delivery, in order."""
    rows = run_sql(con, "SELECT delivery_id, name FROM delivery ORDER BY sequence", "reading deliveries")
    return [(str(delivery_id), str(name)) for delivery_id, name in rows]


def read_missing(con: duckdb.DuckDBPyConnection) -> Mapping[str, list[str]]:
    """By delivery, its missing columns; a delivery without records says nothing beside one that has some."""
    missing: dict[str, list[str]] = {}
    query = (
        "SELECT delivery_id, column_name FROM missing_column JOIN delivery USING (delivery_id)"
        " WHERE physical_count > 0 OR NOT EXISTS (FROM delivery WHERE physical_count > 0) ORDER BY missing_column.rowid"
    )
    for delivery_id, name in run_sql(con, query, "reading missing columns"):
        missing.setdefault(str(delivery_id), []).append(str(name))
    return missing


def read_new(con: duckdb.DuckDBPyConnection) -> Mapping[str, tuple[list[str], list[str]]]:
    """By delivery, its undeclared columns: those never seen before, and those that were left out before."""
    new: dict[str, tuple[list[str], list[str]]] = {}
    query = "SELECT delivery_id, column_name, was_left_out FROM new_column ORDER BY ALL"
    for delivery_id, name, was_left_out in run_sql(con, query, "reading new columns"):
        new.setdefault(str(delivery_id), ([], []))[bool(was_left_out)].append(str(name))
    return new
