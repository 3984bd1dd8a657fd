"""The cells of one column as people see them: texts as texts, whole numbers without a point, moments as ISO 8601.

A column of nothing but numbers, or nothing but moments, stays one, so that nothing about it is to be guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import polars as pl

from warehouse.contracts.model import Column
from warehouse.landing.files import DeliveryError
from warehouse.types.currencies import match_marks
from warehouse.types.roles import MONEY_ROLES

Cell = str | float | bool | date | datetime | time | timedelta
"""What a cell holds; "" for nothing."""
ERROR = "#N/A"
SURE_DIGITS = 1e15
"""Of a number above it, a spreadsheet keeps the first fifteen digits alone."""
PADDED = re.compile(r"0{2,}")
"""A number format that shows zeros before a number."""
MARK = re.compile(r"\[\$([^\]\-]+)[^\]]*\]|\"([^\"]+)\"|([$€£¥])")
"""Where the currency stands in a number format."""
ASKED = re.compile(rf"^{PADDED.pattern}$|{MARK.pattern}")
"""Formats that change what people see of a number."""
WRITTEN_DAY = re.compile(r"\s*\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2,4}\b")
TIMES = frozenset({"date", "timestamp"})
NUMBERS = frozenset({"number", "integer"})


def to_series(column: Column, cells: Sequence[Cell], errors: set[int], formats: Mapping[int, str]) -> pl.Series:
    """The cells of a column, numbered from 0.

    Args:
        column: the declared column.
        cells: its cells.
        errors: numbers of those that hold an error.
        formats: number formats that say more than the number, by the number of the cell.

    Raises:
        DeliveryError: the workbook lost what was written into the column.
    """
    filled = [cell for cell in cells if not is_blank(cell)]
    if column.type in TIMES:
        require_one_way(column, filled)
        if filled and not errors and all(isinstance(cell, date) for cell in filled):
            return pl.Series([to_moment(cell) for cell in cells], dtype=pl.Datetime("us"))
    marks = find_marks(formats) if column.role in MONEY_ROLES else {}
    if column.type in NUMBERS and not marks and not errors and all(map(is_number, filled)):
        is_whole = column.type == "integer" and all(float(cell).is_integer() for cell in filled if is_number(cell))  # type: ignore[arg-type]
        kind = pl.Int64 if is_whole else pl.Float64
        return pl.Series([None if is_blank(cell) else cell for cell in cells], dtype=pl.Float64).cast(kind)
    if column.type not in NUMBERS:
        require_digits(column, filled)
    texts = [write_cell(cell, column) for cell in cells]
    for number, mark in marks.items():
        if texts[number] is not None and is_number(cells[number]):
            texts[number] = f"{mark} {texts[number]}"
    for number, code in formats.items():
        cell = cells[number]
        if column.type == "string" and PADDED.fullmatch(code) and isinstance(cell, float) and cell.is_integer():
            texts[number] = f"{int(cell):0{len(code)}d}"
    for number in errors:
        texts[number] = None if column.type == "string" else ERROR
    return pl.Series(texts, dtype=pl.String)


def is_blank(cell: Cell) -> bool:
    """Does a cell hold nothing?"""
    return isinstance(cell, str) and not cell


def is_number(cell: Cell) -> bool:
    """Does a cell hold a number?"""
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def to_moment(cell: Cell) -> datetime | None:
    """A day or a moment as a moment."""
    if isinstance(cell, datetime):
        return cell
    return datetime(cell.year, cell.month, cell.day) if isinstance(cell, date) else None  # noqa: DTZ001 - local time


def require_one_way(column: Column, filled: Sequence[Cell]) -> None:
    """Raise DeliveryError if days are written in two ways.

    Where a program took 3/4 for a date and left 25/4 a text, what it took may have day and month in the other order.
    """
    has_days = any(isinstance(cell, date) for cell in filled)
    if has_days and any(isinstance(cell, str) and WRITTEN_DAY.match(cell) for cell in filled):
        raise DeliveryError(
            f"column {column.name!r} holds days both as dates and as texts: where a program took some for dates, it may"
            " have taken the day for the month; have all of them as dates, or all as texts"
        )


def require_digits(column: Column, filled: Sequence[Cell]) -> None:
    """Raise DeliveryError if a number in a column of texts had more digits than a spreadsheet keeps."""
    if any(is_number(cell) and abs(float(cell)) >= SURE_DIGITS for cell in filled):  # type: ignore[arg-type]
        raise DeliveryError(
            f"column {column.name!r} holds numbers of more than 15 digits, of which a spreadsheet keeps the first 15;"
            " have the column written as text"
        )


def find_marks(formats: Mapping[int, str]) -> dict[int, str]:
    """The currencies that number formats show, by the number of the cell."""
    marks = {}
    for number, code in formats.items():
        shown = [next(filter(None, found.groups())).strip() for found in MARK.finditer(code)]
        known = [mark for mark in shown if re.fullmatch(match_marks(), mark.upper().rstrip("."))]
        if known:
            marks[number] = known[0]
    return marks


def write_cell(cell: Cell, column: Column | None = None) -> str | None:
    """A cell as text; None for one that holds nothing.

    Of a column of numbers, a text that nobody can take for thousands, with the column's own decimal sign.
    """
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    if isinstance(cell, date | time):
        return cell.isoformat()
    return write_number(cell, column)


def write_number(number: float, column: Column | None) -> str:
    """A number as text: the fifteen digits that spreadsheets show, without an exponent."""
    text = f"{Decimal(f'{number:.15g}'):f}"
    if column is None or column.type not in NUMBERS:
        return text
    if re.search(r"\.\d{3}$", text):
        text += "0"
    return text.replace(".", ",") if column.declared_decimal == "comma" else text
