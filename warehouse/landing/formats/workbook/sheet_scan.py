"""What of a worksheet its values do not tell: rows that there are, cells that are merged, in error, or shown otherwise.

It is counted over the sheet's XML, apart from the library that reads the values.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from xml.parsers import expat

from warehouse.landing.files import BLOCK_BYTES, DeliveryError

MOST_CELLS = 20_000_000
"""Cells, empty ones among others included, that are held at once."""
PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})")

Place = tuple[int, int]
"""Row and column of a cell, both from 0."""
Area = tuple[int, int, int, int]
"""First row and column of merged cells, and the last ones."""


@dataclass
class SheetScan:
    """What the XML of a sheet says besides values."""

    rows: set[int] = field(default_factory=set)
    """Rows in which a cell holds something."""
    width: int = 0
    """Columns up to the last that holds something."""
    errors: set[Place] = field(default_factory=set)
    """Cells with an error such as #N/A."""
    uncounted: set[Place] = field(default_factory=set)
    """Cells with a formula that nobody has worked out."""
    formats: dict[Place, str] = field(default_factory=dict)
    """Number formats of cells that hold something, of those formats that were asked for."""
    merged: list[Area] = field(default_factory=list)
    hidden_count: int = 0
    """Rows that programs do not show, as those that a filter leaves out."""


class Scanner:
    """Takes the elements of a sheet in their order."""

    def __init__(self, formats: Sequence[str], asked: re.Pattern[str]) -> None:
        self.scan = SheetScan()
        self.styles = {str(number): code for number, code in enumerate(formats) if asked.search(code)}
        self.place: Place = (-1, -1)
        self.cell: dict[str, str] = {}
        self.has_value = self.has_formula = self.is_hidden = False

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """An element starts."""
        tag = name.rpartition(" ")[2]
        if tag == "c":
            self.cell, self.has_value, self.has_formula = attributes, False, False
            place = attributes.get("r")
            self.place = read_place(place) if place else (self.place[0], self.place[1] + 1)
        elif tag in {"v", "is"}:
            self.has_value = True
        elif tag == "f":
            self.has_formula = True
        elif tag == "row":
            number = attributes.get("r")
            self.place = (int(number) - 1 if number else self.place[0] + 1, -1)
            self.is_hidden = attributes.get("hidden") in {"1", "true"}
        elif tag == "mergeCell":
            first, _, last = attributes.get("ref", "").partition(":")
            self.scan.merged.append((*read_place(first), *read_place(last or first)))

    def end(self, name: str) -> None:
        """An element ends."""
        if name.rpartition(" ")[2] != "c" or not (self.has_value or self.has_formula):
            return
        row, column = self.place
        if self.is_hidden and row not in self.scan.rows:
            self.scan.hidden_count += 1
        self.scan.rows.add(row)
        self.scan.width = max(self.scan.width, column + 1)
        if self.cell.get("t") == "e":
            self.scan.errors.add(self.place)
        elif not self.has_value:
            self.scan.uncounted.add(self.place)
        if self.cell.get("s") in self.styles:
            self.scan.formats[self.place] = self.styles[self.cell["s"]]


@lru_cache(maxsize=1 << 16)
def read_place(text: str) -> Place:
    """Row and column of a cell by its name, as B12."""
    found = PLACE.fullmatch(text.replace("$", ""))
    if found is None:
        raise DeliveryError("a cell of the workbook is called by no name of cells; have it saved again")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1


def scan_sheet(
    archive: zipfile.ZipFile, part: str, formats: Sequence[str], asked: re.Pattern[str], *, is_brief: bool = False
) -> SheetScan:
    """Look through a sheet, or only up to the first block of bytes with a cell that holds something.

    Raises:
        DeliveryError: the sheet is damaged, or so wide and long that it cannot be held.
    """
    scanner = Scanner(formats, asked)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = scanner.begin
    parser.EndElementHandler = scanner.end
    try:
        with archive.open(part) as file:
            while block := file.read(BLOCK_BYTES):
                parser.Parse(block, False)
                if is_brief and scanner.scan.rows:
                    return scanner.scan
            parser.Parse(b"", True)
    except (expat.ExpatError, ValueError) as error:
        raise DeliveryError("a sheet of the workbook is damaged; have it saved again") from error
    scan = scanner.scan
    if (max(scan.rows, default=0) + 1) * scan.width > MOST_CELLS:
        raise DeliveryError(f"its sheet spans more than {MOST_CELLS:,} cells; have it saved as CSV")
    return scan
