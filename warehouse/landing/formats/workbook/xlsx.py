"""Deliveries of workbooks (.xlsx): one sheet, whose table stands as it may in a CSV file, with lines around it.

Values are read by calamine, in the types that the workbook gives them; formulas by the value that was last worked out.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from python_calamine import CalamineError, load_workbook

from warehouse.contracts.model import Column, Source
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats.header import key_of, match_header
from warehouse.landing.formats.text.csv import FAULTS
from warehouse.landing.formats.text.csv_frame import MOST_LINES, names_columns
from warehouse.landing.formats.undeclared import is_field_name
from warehouse.landing.formats.workbook.cells import ASKED, Cell, is_blank, to_series, write_cell
from warehouse.landing.formats.workbook.package import DAMAGED, Sheet, list_sheets, open_package, read_formats
from warehouse.landing.formats.workbook.sheet_scan import SheetScan, scan_sheet

if TYPE_CHECKING:
    from warehouse.landing.formats.batch import Batch, Reading


@dataclass(frozen=True)
class SheetTable:
    """The table in a sheet."""

    names: list[str]
    """What its header says, column by column, from the first of the sheet."""
    head: int
    """The header's row, from 0, as all rows are."""
    rows: dict[int, Sequence[Cell]]
    """The rows below that hold something, up to the footer, in order."""
    scan: SheetScan

    @cached_property
    def numbers(self) -> dict[int, int]:
        """By its row in the sheet, a record's number, from 0."""
        return {row: number for number, row in enumerate(self.rows)}


def read_xlsx(path: Path, source: Source, reading: Reading) -> Iterator[Batch]:
    """The rows of a workbook's sheet; it has no faults, for it can be read as a whole or not at all.

    Raises:
        DeliveryError: it is no workbook, several sheets hold something and none is declared, or its table cannot be
            read as people see it.
    """
    from warehouse.landing.formats.batch import Batch

    table = open_sheet(path, source, reading)
    if table is None:
        reading.missing = [column.name for column in source.columns]
        return
    # Columns in which nothing stands are none, and have no name either.
    used = [
        i
        for i, name in enumerate(table.names)
        if name.strip() or any(not is_blank(row[i]) for row in table.rows.values())
    ]
    reading.bounds.require_columns(len(used))
    header = match_header([table.names[i] for i in used], source.columns, reading.notes)
    places = {name: None if place is None else used[place] for name, place in header.places.items()}
    require_unmerged(table, source, places)
    require_counted(table, places)
    reading.missing, reading.physical_count = header.missing, len(table.rows)
    reading.undeclared = header.name_undeclared(len(table.rows), 0)
    note_errors(table, places, reading)
    numbers = pl.int_range(1, len(table.rows) + 1, dtype=pl.Int64, eager=True).alias("_record")
    columns = [pick(table, column, places[column.name]).alias(column.name) for column in source.columns]
    yield Batch(pl.DataFrame([numbers, *columns]), FAULTS.clear())


def pick(table: SheetTable, column: Column, place: int | None) -> pl.Series:
    """The values of a declared column; null for one that is not there."""
    if place is None:
        return pl.repeat(None, len(table.rows), dtype=pl.String, eager=True)
    errors = {table.numbers[row] for row, at in table.scan.errors if at == place and row in table.numbers}
    shown = {table.numbers[row]: code for (row, at), code in table.scan.formats.items()
             if at == place and row in table.numbers}  # fmt: skip
    return to_series(column, [row[place] for row in table.rows.values()], errors, shown)


def open_sheet(path: Path, source: Source, reading: Reading) -> SheetTable | None:
    """The table of the declared sheet, or of the one that holds something; None if there is nothing."""
    if not path.stat().st_size:
        reading.notes.append("empty file")
        return None
    with open_package(path) as archive:
        sheet = choose_sheet(archive, source)
        if sheet is None:
            reading.notes.append("no sheet holds anything")
            return None
        scan = scan_sheet(archive, sheet.part, read_formats(archive), ASKED)
        cells = read_cells(archive, sheet)
    filled = {number: row for number, row in enumerate(cells) if not all(map(is_blank, row))}
    filled |= {row: cells[row] for row, _ in scan.errors if row < len(cells)}
    if not filled.keys() <= scan.rows:
        raise DeliveryError(
            f"{len(filled)} rows were read of {len(scan.rows)} that there are; nothing of it is loaded: please report"
            " this, with the program that wrote it"
        )
    if scan.hidden_count:
        reading.notes.append(f"{scan.hidden_count} rows are hidden in the workbook, and were read")
    return frame_table(dict(sorted(filled.items())), scan, source, reading)


def choose_sheet(archive: zipfile.ZipFile, source: Source) -> Sheet | None:
    """The declared sheet, or the only one that holds something."""
    sheets, wanted = list_sheets(archive), source.location.sheet
    if wanted is not None:
        found = [sheet for sheet in sheets if key_of(sheet.name) == key_of(wanted)]
        if not found:
            raise DeliveryError(f"it has no sheet of the name that c360.sheet says; it has {name_sheets(sheets)}")
        return found[0]
    held = [sheet for sheet in sheets if scan_sheet(archive, sheet.part, (), ASKED, is_brief=True).rows]
    if len(held) > 1:
        raise DeliveryError(
            f"{len(held)} sheets hold something ({name_sheets(held)}); declare by c360.sheet which one is the table,"
            " or have it alone"
        )
    return held[0] if held else None


def name_sheets(sheets: Sequence[Sheet]) -> str:
    """The names of sheets, unless one may be a value."""
    names = [sheet.name for sheet in sheets]
    return ", ".join(map(repr, names)) if all(map(is_field_name, names)) else f"{len(names)}, not named here"


def read_cells(archive: zipfile.ZipFile, sheet: Sheet) -> list[Sequence[Cell]]:
    """All cells of a sheet, from its first row and column on."""
    file = archive.fp
    if file is None:
        raise DeliveryError(DAMAGED)
    file.seek(0)
    try:
        with load_workbook(file) as workbook:
            rows: list[Sequence[Cell]] = list(workbook.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False))
    except CalamineError as error:
        raise DeliveryError(DAMAGED) from error
    return rows


def frame_table(
    filled: dict[int, Sequence[Cell]], scan: SheetScan, source: Source, reading: Reading
) -> SheetTable | None:
    """The table without the lines above its header and from its footer on."""
    if not filled:
        reading.notes.append("its sheet holds nothing")
        return None
    wanted = frozenset(key_of(n) for c in source.columns for n in (c.name, *c.also_called))
    must = frozenset(key_of(c.name) for c in source.columns if c.required and not c.also_called)
    texts = [(row, [(write_cell(cell) or "").strip() for cell in filled[row]]) for row in list(filled)[:MOST_LINES]]
    head, names = next(
        (
            (row, cells)
            for number, (row, cells) in enumerate(texts)
            if names_columns([cell for cell in cells if cell], wanted, must, is_first=number == 0)
        ),
        texts[0],
    )
    above = sum(row < head for row in filled)
    if above:
        reading.notes.append(f"{above} lines before the header are left out")
    end = find_footer({row: cells for row, cells in filled.items() if row > head}, source.location.footer, reading)
    rows = {row: cells for row, cells in filled.items() if head < row and (end is None or row < end)}
    return SheetTable(names, head, rows, scan)


def find_footer(rows: dict[int, Sequence[Cell]], begins: str | None, reading: Reading) -> int | None:
    """The last row that begins as the footer does; None where none is declared."""
    if begins is None:
        return None
    first = {
        row: next(cell for cell in map(write_cell, cells) if cell)
        for row, cells in rows.items()
        if any(map(write_cell, cells))
    }
    starts = [row for row, text in first.items() if text.startswith(begins)]
    below = sum(row >= starts[-1] for row in rows) if starts else 0
    if not 0 < below <= MOST_LINES:
        raise DeliveryError(
            "its footer (c360.footer) is not at its end: it may be cut off; have it delivered again, or mend that"
        )
    reading.notes.append(f"{below} lines from the footer on are left out")
    return starts[-1]


def require_unmerged(table: SheetTable, source: Source, places: dict[str, int | None]) -> None:
    """Raise DeliveryError if the header is merged, or cells of declared columns are: only the first has the value."""
    carried = {places[column.name] for column in source.columns if column.carries_down}
    declared = {place for place in places.values() if place is not None}
    last = max(table.rows, default=table.head)
    for top, left, bottom, right in table.scan.merged:
        if top <= table.head <= bottom:
            raise DeliveryError("its header has merged cells; have each column named in a cell of its own")
        columns = set(range(left, right + 1)) & declared
        if table.head < top <= last and columns and not (left == right and columns <= carried):
            raise DeliveryError(
                "cells of its declared columns are merged, and only the first of them has the value; have them"
                " unmerged, or declare c360.carryDown on columns of the order"
            )


def require_counted(table: SheetTable, places: dict[str, int | None]) -> None:
    """Raise DeliveryError if a declared column has formulas without a value."""
    declared = set(places.values())
    count = sum(row in table.rows and column in declared for row, column in table.scan.uncounted)
    if count:
        raise DeliveryError(
            f"{count} cells have a formula without a value, as a program writes that does not work it out;"
            " open it in a spreadsheet and save it, or have the values written"
        )


def note_errors(table: SheetTable, places: dict[str, int | None], reading: Reading) -> None:
    """Say which columns hold errors."""
    for name, place in places.items():
        count = sum(row in table.rows and column == place for row, column in table.scan.errors)
        if count:
            reading.notes.append(f"{count} cells of column {name!r} hold an error such as #N/A, which is no value")


def list_names(path: Path, source: Source) -> list[str]:
    """Names in the header of a workbook's table."""
    from warehouse.landing.formats.batch import Reading

    table = open_sheet(path, source, Reading())
    return [] if table is None else table.names
