"""SQL on the current generation, for reading only."""

from __future__ import annotations

import csv
import json
import math
import shutil
import sys
from pathlib import Path
from typing import Any, TextIO

import duckdb

from warehouse.database import open_published
from warehouse.home import Home
from warehouse.verifying import DamageError

FORMATS = ("table", "csv", "json")
READING = frozenset({"SELECT", "EXPLAIN", "MULTI"})
"""Types of statements that read; DuckDB calls a PIVOT, which it turns into several, MULTI."""
QUOTING_NOTHING = (
    duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException, duckdb.PermissionException,
    duckdb.OutOfMemoryException,
)  # fmt: skip
"""Errors whose text speaks of the query, the tables and the machine."""


class QueryError(Exception):
    """The query or the format asked for cannot be used."""


def open_home(home: Path) -> duckdb.DuckDBPyConnection:
    """A locked, read-only connection to the current generation of a home."""
    database = Home(home).require_current().database
    try:
        return open_published(database)
    except duckdb.Error as error:
        raise DamageError(f"{database}: cannot be opened ({type(error).__name__}); ask: c360 verify") from None


def print_query(home: Path, query: str, form: str, out: TextIO | None = None) -> None:
    """Run one query and print its result as a table, as CSV, or as one JSON object a line.

    Raises:
        QueryError: DuckDB does not accept the query, or it is no single statement that gives rows.
    """
    require_format(form)
    with open_home(home) as con:
        try:
            require_reading(query)
            print_relation(con.sql(query), form, out or sys.stdout)
        except duckdb.Error as error:
            raise QueryError(f"the query cannot be run: {describe_query_error(error)}") from None


def require_format(form: str) -> None:
    """Raise QueryError unless rows can be printed so."""
    if form not in FORMATS:
        raise QueryError(f"--format {form} is not known; there are: {', '.join(FORMATS)}")


def require_reading(query: str) -> None:
    """Raise QueryError unless the text is one statement that reads; the connection itself lets nothing be changed."""
    kinds = [statement.type.name for statement in duckdb.extract_statements(query)]
    if len(kinds) != 1:
        raise QueryError(f"give one statement, as: select count(*) from customer_profile; there are {len(kinds)}")
    if kinds[0] not in READING:
        raise QueryError(f"{kinds[0].replace('_', ' ').lower()} is no statement that reads; give a select")


def describe_query_error(error: duckdb.Error) -> str:
    """What DuckDB says of a query; where its words may quote a row, only what kind of error it is."""
    if isinstance(error, QUOTING_NOTHING):
        return str(error)
    return f"{type(error).__name__}, whose text may quote a row; where a value does not fit, try_cast gives null"


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
        values = {name: finite(value) for name, value in zip(names, row, strict=True)}
        out.write(json.dumps(values, ensure_ascii=False, default=to_json) + "\n")


def finite(value: Any) -> Any:
    """The value; null for NaN and the infinities, which JSON has no word for."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def to_json(value: Any) -> Any:
    """Times as ISO 8601, decimals as numbers, anything else as its text."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if type(value).__name__ == "Decimal":
        return float(value)
    return str(value)
