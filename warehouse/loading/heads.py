"""Lines whose order is a row of another source: which of them wait for it.

A line is loaded when it comes, and counts from the night on in which its order is there; nobody has to replay it.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from expectations.model import CheckResult
from warehouse.contracts.model import Contracts, Head, Source
from warehouse.duck import fetch_row, quote
from warehouse.types.deletion_marks import is_deleted
from warehouse.types.roles import Severity


def join_head(head: Head) -> str:
    """SQL that joins the head h to the lines r; one that was deleted is not there."""
    is_key = f"h.{quote(head.key)} = r.{quote(head.line_key)}"
    return f"JOIN raw.{quote(head.source)} AS h ON {is_key} AND NOT {head.deleted}"


def list_waiting(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> Iterator[CheckResult]:
    """How many lines of each source wait; more than may be in quarantine close the gate."""
    for source in contracts.sources:
        if source.head is not None:
            yield judge_waiting(con, source, source.head)


def judge_waiting(con: duckdb.DuckDBPyConnection, source: Source, head: Head) -> CheckResult:
    """The lines of one source that wait."""
    lines = f"(FROM raw.{quote(source.name)} WHERE NOT {is_deleted(source)}) AS r"
    total = fetch_row(con, f"SELECT count(*) FROM {lines}")[0]
    count = total - fetch_row(con, f"SELECT count(*) FROM {lines} {join_head(head)}")[0]
    message = (
        f"{source.name}: {count} of {total} lines wait for their order in {head.source}, and count nothing;"
        f" have it delivered, or raise c360.maxQuarantineShare in {source.path.name}"
    )
    is_much = count > source.max_quarantine_share * total
    severity: Severity = "critical" if is_much else "warning"
    rule = "waits_for_order"
    return CheckResult(f"{source.name}.{rule}", "delivery", severity, not count, count, total, message)
