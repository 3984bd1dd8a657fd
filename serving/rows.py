"""Rows as they are printed or written: plain columns, one row below the other, CSV, or one JSON object a line."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

import duckdb

from serving.limits import QueryError
from serving.terminal import pad, places, terminal_width, verbatim, write_plain
from serving.terminal import show_cell as show_line
from warehouse.types import shown_text
from warehouse.types.shown_text import show_cell

FORMATS = ("table", "record", "csv", "json")
CONTROL = re.compile(shown_text.CONTROL)
PLAN = ["explain_key", "explain_value"]
"""Columns of what EXPLAIN gives, whose values are drawings of many lines."""


def require_format(form: str) -> None:
    """Raise QueryError unless rows can be printed so."""
    if form not in FORMATS:
        raise QueryError(f"--format {form} is not known; there are: {', '.join(FORMATS)}")


def print_relation(relation: duckdb.DuckDBPyRelation, form: str, out: TextIO) -> None:
    """Print a relation in one of FORMATS; all hold every row, but a table on a terminal the first thousand."""
    if form == "table" and out.isatty():
        draw_relation(relation)
        return
    write_rows(relation.columns, [relation.fetchall()], form, out)


def draw_relation(relation: duckdb.DuckDBPyRelation) -> None:
    """Draw the first thousand rows on a terminal.

    DuckDB's own box and not rich's: of a hundred columns it shows as many as there is room for, with their types, and
    says how many it left out; rich would make each one character wide.
    """
    relation.show(max_width=max(terminal_width(), 80), max_rows=1000, max_col_width=60)


def write_rows(names: Sequence[str], batches: Iterable[Sequence[Sequence[Any]]], form: str, out: TextIO) -> None:
    """Write rows as plain columns or CSV, below a line of names, or as one JSON object a line."""
    if form == "table" and list(names) == PLAN:
        out.writelines(f"{plan}\n" for rows in batches for _, plan in rows)
        return
    if form == "table":
        write_plain(names, batches, out)
        return
    if form == "record":
        write_records(names, batches, out)
        return
    out = verbatim(out)
    writer = csv.writer(out, lineterminator="\n")
    if form == "csv":
        writer.writerow(map(show_cell, names))
    for rows in batches:
        if form == "csv":
            writer.writerows([show_cell(v) if isinstance(v, str) else v for v in row] for row in rows)
        else:
            out.writelines(to_line(names, row) for row in rows)


def write_records(names: Sequence[str], batches: Iterable[Sequence[Sequence[Any]]], out: TextIO) -> None:
    """Write rows one below the other, a line for each column."""
    heads = [show_line(name) for name in names]
    width = max(map(places, heads), default=0)
    pads = [pad(head, width) for head in heads]
    number = 0
    for rows in batches:
        for row in rows:
            number += 1
            out.write(f"-- row {number}\n")
            out.writelines(f"{head}  {show_line(value)}\n" for head, value in zip(pads, row, strict=True))


def to_line(names: Sequence[str], row: Sequence[Any]) -> str:
    """A row as one line of JSON."""
    values = {name: finite(value) for name, value in zip(names, row, strict=True)}
    # What a terminal would obey is written by its number; the value stays.
    return CONTROL.sub(lambda c: f"\\u{ord(c[0]):04x}", json.dumps(values, ensure_ascii=False, default=to_json)) + "\n"


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
