"""What stands around the table in a CSV delivery: lines before its header, and a footer behind its last record.

Banks, payment services and spreadsheets write a title, remarks, or `sep=;` above the header, and a total below. The
header is the line with the declared names, if the first has none of them; a footer begins as the contract says, so that
no record is ever taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from warehouse.landing.files import DeliveryError
from warehouse.landing.formats.header import key_of
from warehouse.landing.formats.text.csv_dialect import DELIMITERS

SEPARATOR = re.compile(rb"(?i)\"?sep=(.)\"?[;,\t|]*\r?\n")
"""How a spreadsheet is told the delimiter, in the first line."""
MOST_LINES = 60
"""Lines in which the header is looked for, and lines that a footer may have."""
MOST_BYTES = 1 << 16
"""Bytes that a footer may have."""

Names = frozenset[str]


def skip_preamble(
    text: bytes, names: Iterable[str], needed: Iterable[str], notes: list[str]
) -> tuple[bytes, bytes | None]:
    """The text from its header on, and the delimiter that its first line says; None if it says none.

    `names` are those that the contract knows, `needed` those without which a line is no header.
    """
    said = SEPARATOR.match(text)
    if said:
        notes.append("its first line says the delimiter")
        return text[said.end() :], said[1]
    wanted, must = frozenset(map(key_of, names)), frozenset(map(key_of, needed))
    start = 0
    for number in range(MOST_LINES):
        end = text.find(b"\n", start)
        if end < 0:
            break
        if is_header(text[start:end], wanted, must, is_first=number == 0):
            if number:
                notes.append(f"{number} lines before the header are left out")
            return text[start:], None
        start = end + 1
    return text, None


def is_header(line: bytes, wanted: Names, must: Names, *, is_first: bool) -> bool:
    """Is a line a header, whatever its delimiter?"""
    return any(
        names_columns(
            [cell.strip(b' "\r').decode("utf-8", "replace") for cell in line.split(delimiter)],
            wanted,
            must,
            is_first=is_first,
        )
        for delimiter in DELIMITERS
    )


def names_columns(cells: list[str], wanted: Names, must: Names, *, is_first: bool) -> bool:
    """Are they a header? The first line is one with any declared name; a later one has all that are needed, and two."""
    found = wanted.intersection(map(key_of, cells))
    return bool(is_first and found) or (len(found) > 1 and must <= found and len(set(cells)) == len(cells))


def cut_footer(
    blocks: Iterator[tuple[bytes, bool]], begins: str | None, notes: list[str]
) -> Iterator[tuple[bytes, bool]]:
    """The blocks of lines up to the last line that begins as the footer does, each with True if it had no line end.

    Raises:
        DeliveryError: no footer is at the end.
    """
    if begins is None:
        yield from blocks
        return
    begin = re.compile(rb"^\"?" + re.escape(begins.encode()), re.MULTILINE)
    held = b""
    for block, _ in blocks:
        starts = [found.start() for found in begin.finditer(block)]
        text, held = (held + block[: starts[-1]], block[starts[-1] :]) if starts else (b"", held + block)
        if held and not (starts or len(held) > len(block)):  # no footer has begun
            text, held = held, b""
        if len(held) > MOST_BYTES:
            text, held = text + held, b""
        if text:
            yield text, False
    lines = [line for line in held.split(b"\n") if line.strip()]
    if not lines or len(lines) > MOST_LINES:
        raise DeliveryError(
            "its footer (c360.footer) is not at its end: it may be cut off; have it delivered again, or mend that"
        )
    notes.append(f"{len(lines)} lines from the footer on are left out")
