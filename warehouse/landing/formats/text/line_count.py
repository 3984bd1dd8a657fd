"""The records of a CSV delivery, counted a second time over its lines, by code that knows nothing of the splitter.

A delivery has as many records as lines that are not blank, less the further lines of records that span several. Whether
a record may span lines is judged here again, by a rule of its own: lines that are all written alike, field by field,
are records, and a splitter that took them for one field does not get its books to balance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

BLANK_LINE = re.compile(rb"^\r?\n", re.MULTILINE)
DIGITS = bytes.maketrans(b"123456789", b"000000000")


@dataclass
class LineCount:
    """Counts the records of one delivery."""

    delimiter: bytes
    width: int
    """Fields of the header."""
    lines: int = 0
    """Lines that are not blank."""
    further: int = 0
    """Those of them that go on with a record."""

    @property
    def records(self) -> int:
        """How many records there are."""
        return self.lines - self.further

    def add(self, text: bytes) -> None:
        """Take in whole lines, as they were delivered."""
        self.lines += text.count(b"\n")
        if text.startswith((b"\n", b"\r\n")) or b"\n\n" in text or b"\n\r\n" in text:
            self.lines -= len(BLANK_LINE.findall(text))

    def join(self, record: bytes) -> None:
        """Take in a record that spans lines, as the splitter found it."""
        lines = [line for line in record.split(b"\n") if line.rstrip(b"\r")]
        if not self.are_records(lines):
            self.further += len(lines) - 1

    def are_records(self, lines: list[bytes]) -> bool:
        """Are all lines written alike: as many fields as the header, most of them numbers or codes of one shape?"""
        first, last, inner = lines[0], lines[-1], b"".join(lines[1:-1])
        if len(lines) < 2 or first.count(b'"') != 1 or last.count(b'"') != 1 or b'"' in inner:
            return False
        rows = [line.rstrip(b"\r").split(self.delimiter) for line in lines]
        if self.width < 3 or any(len(row) != self.width for row in rows):
            return False
        if any(field.startswith(b" ") for row in rows for field in row):
            return False
        shapes = [{field.translate(DIGITS) for field in column} for column in zip(*rows, strict=True)]
        alike = sum(len(shape) == 1 and b"0" in next(iter(shape)) for shape in shapes)
        return 2 * alike > self.width - 1
