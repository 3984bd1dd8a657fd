"""How the deliveries of earlier nights were written: what a source's next delivery is compared with.

A delivery is compared with those of its series (files whose names differ in their numbers alone), or, as the first of
one, with all of the source. What the same night brings is never looked at, so that no file is read by its company.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

from warehouse.connectors.series import NUMBER
from warehouse.contracts.model import Source
from warehouse.duck import has_table
from warehouse.types.format_memory import Tally, remember, tally
from warehouse.types.inferred_formats import Evidence, Finding

VALUES, ENCODING, DELIMITER = "values", "encoding", "delimiter"
TABLE = """
CREATE TABLE inferred_format (delivery_id VARCHAR, aspect VARCHAR, column_name VARCHAR, tally MAP(VARCHAR, BIGINT),
    written VARCHAR, was VARCHAR);
"""
"""By delivery and column: how many values told what, how it was read, and what the past says if that contradicts it.
Encoding and delimiter have no column."""


@dataclass(frozen=True)
class Written:
    """How one delivery wrote one thing."""

    name: str
    """The file's name."""
    aspect: str
    column: str
    """"" for the encoding and the delimiter."""
    told: Mapping[str, int]
    way: str | None


@dataclass(frozen=True)
class FormatHistory:
    """How a source's deliveries were written, the oldest first."""

    deliveries: tuple[Written, ...] = field(default=())

    def recall_values(self, name: str) -> dict[str, Tally]:
        """By column, what was told of how it is written before a file of this name."""
        by_column: dict[str, list[tuple[Mapping[str, int], str | None]]] = {}
        for found in self.list_like(name, VALUES):
            by_column.setdefault(found.column, []).append((found.told, found.way))
        return {column: remember(told) for column, told in by_column.items()}

    def recall_last(self, name: str, aspect: str) -> str | None:
        """How the last file before one of this name was written."""
        return next((found.way for found in reversed(self.list_like(name, aspect)) if found.way), None)

    def list_like(self, name: str, aspect: str) -> list[Written]:
        """What is known of the series of a name, or else of the source."""
        known = [found for found in self.deliveries if found.aspect == aspect]
        series = NUMBER.sub("#", name)
        return [found for found in known if NUMBER.sub("#", found.name) == series] or known


def read_format_history(con: duckdb.DuckDBPyConnection, source: Source) -> FormatHistory:
    """What the served generation knows of a source; nothing in a home that was made before it was kept."""
    if not has_table(con, "governance", "inferred_format"):
        return FormatHistory()
    rows = con.execute(
        "SELECT name, aspect, column_name, tally, written FROM governance.inferred_format WHERE source = ?"
        " ORDER BY generation, sequence, delivery_id, aspect, column_name",
        [source.name],
    ).fetchall()
    return FormatHistory(tuple(Written(n, a, c or "", told or {}, way) for n, a, c, told, way in rows))


def write_values(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    delivery_id: str,
    evidence: Mapping[str, Evidence],
    findings: Mapping[str, Finding],
) -> None:
    """Keep what a delivery's values told, for the nights to come."""
    columns = {column.name: column for column in source.columns}
    for name, found in findings.items():
        told = tally(columns[name], evidence[name])
        if told:
            write_way(con, delivery_id, (VALUES, name), told, found)


def write_way(
    con: duckdb.DuckDBPyConnection,
    delivery_id: str,
    what: tuple[str, str | None],
    told: Mapping[str, int],
    found: Finding,
) -> None:
    """Keep how one thing of a delivery (its aspect, its column) is written."""
    values = [delivery_id, *what, list(told), list(told.values()), found.habit, found.was or None]
    con.execute("INSERT INTO inferred_format VALUES (?, ?, ?, map(?::VARCHAR[], ?::BIGINT[]), ?, ?)", values)
