"""SQL on the current generation, for reading only."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from pathlib import Path
from typing import Any, TextIO

import duckdb

from warehouse.database import open_published
from warehouse.home import Home

FORMATS = ("table", "csv", "json")


class QueryError(Exception):
    """The query or the format asked for cannot be used."""


def open_home(home: Path) -> duckdb.DuckDBPyConnection:
    """A locked, read-only connection to the current generation of a home."""
    return open_published(Home(home).require_current().database)


def print_query(home: Path, query: str, form: str, out: TextIO = sys.stdout) -> None:
    """Run one query and print its result as a table, as CSV, or as one JSON object a line.

    Raises:
        QueryError: DuckDB does not accept the query, or it is no single statement that gives rows.
    """
    if form not in FORMATS:
        raise QueryError(f"--format {form} is not known; there are: {', '.join(FORMATS)}")
    with open_home(home) as con:
        try:
            relation = con.sql(query)
            if relation is None:
                raise QueryError("the statement gives no rows; this is for reading: select …")
            print_relation(relation, form, out)
        except duckdb.Error as error:
            raise QueryError(f"the query cannot be run: {error}") from None


def print_relation(relation: duckdb.DuckDBPyRelation, form: str, out: TextIO) -> None:
    """Print a relation in one of FORMATS; csv and json hold every row, a table on a terminal the first thousand."""
    if form == "table":
        width = shutil.get_terminal_size((160, 24)).columns
        relation.show(max_width=max(width, 80), max_rows=1000, max_col_width=60)
        return
    names, rows = list(relation.columns), relation.fetchall()
    if form == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
        return
    for row in rows:
        out.write(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=to_json) + "\n")


def to_json(value: Any) -> Any:
    """Times as ISO 8601, decimals as numbers, anything else as its text."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if type(value).__name__ == "Decimal":
        return float(value)
    return str(value)
