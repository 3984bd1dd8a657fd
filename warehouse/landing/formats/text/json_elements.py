"""Elements of a JSON document, told apart over the bytes: strings and brackets are followed, values are not looked at.

The elements are those of one outer array, or else objects that stand one behind the other (mostly one alone).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from warehouse.landing.formats.text.csv_records import RECORD_LIMIT, Places

QUOTE, BACKSLASH = 34, 92
OPEN, CLOSE, COMMA = 1, 2, 3
MEANING = np.zeros(256, np.int8)
MEANING[list(b"[{")] = OPEN
MEANING[list(b"]}")] = CLOSE
MEANING[list(b",")] = COMMA
STEP = np.array([0, 1, -1, 0], np.int64)
"""What each meaning does to the depth."""


class Elements:
    """Follows a document block by block; what is in `held` at the end is no element, and `is_whole` is False then."""

    def __init__(self, is_array: bool, limit: int = RECORD_LIMIT) -> None:
        self.is_array, self.limit = is_array, limit
        self.depth = 1 if is_array else 0
        """Open brackets; the outer array's own is taken off before."""
        self.is_in_string = False
        self.is_closed = False
        """The outer array has ended, or more was closed than was opened."""
        self.held = bytearray()
        """The element that is not complete yet, cut just behind the limit."""

    @property
    def is_whole(self) -> bool:
        """True if nothing is missing at the end, and nothing too much."""
        # A semicolon ends the statement where the document is assigned to a name.
        return self.is_closed == self.is_array and bytes(self.held.strip()) in (b"", b";")

    def read(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The elements, without the blanks around them."""
        for number, block in enumerate(whole_escapes(blocks)):
            text = block.lstrip().removeprefix(b"[") if self.is_array and number == 0 else block
            if self.is_closed:
                self.held += text
            else:
                yield from self.read_block(text)
            del self.held[self.limit + 1 :]
        if self.is_array and self.depth == 1 and not self.is_closed and self.held.strip():
            # Only the closing bracket is missing: what is held may be the last element, complete.
            yield bytes(self.held.strip())
            self.held.clear()

    def read_block(self, block: bytes) -> Iterator[bytes]:
        """The elements that end in this block."""
        start = 0
        for place in self.find_ends(block):
            # The comma or bracket behind an array's element is no part of it; the brace that ends an object is.
            self.held += block[start : place + (not self.is_array)]
            start = place + 1
            element = bytes(self.held.strip())
            self.held.clear()
            if element:
                yield element
        self.held += block[start:]

    def find_ends(self, block: bytes) -> list[int]:
        """Where elements end; follows depth and strings on the way."""
        data = np.frombuffer(block, np.uint8)
        quotes = real_quotes(data)
        places: Places = np.flatnonzero(MEANING[data])
        places = places[(np.searchsorted(quotes, places) + self.is_in_string) % 2 == 0]
        self.is_in_string ^= bool(len(quotes) % 2)
        kinds = MEANING[data[places]]
        depths = self.depth + np.cumsum(STEP[kinds])
        self.depth = int(depths[-1]) if len(depths) else self.depth
        is_end = (kinds == CLOSE) & (depths == 0) | self.is_array & (kinds == COMMA) & (depths == 1)
        over = np.flatnonzero(depths < self.is_array)
        if len(over):
            self.is_closed = True
            is_end[over[0] + self.is_array :] = False
        return list(places[is_end].tolist())


def real_quotes(data: np.ndarray) -> Places:
    """Where quotes begin or end strings: those not behind an odd number of backslashes."""
    quotes: Places = np.flatnonzero(data == QUOTE)
    slashes = np.flatnonzero(data == BACKSLASH)
    if not len(slashes):
        return quotes
    is_last = np.append(np.diff(slashes) != 1, True)
    lengths = np.diff(np.append(-1, np.flatnonzero(is_last)))
    escaped = slashes[is_last][lengths % 2 == 1] + 1
    return np.setdiff1d(quotes, escaped, assume_unique=True)


def whole_escapes(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The blocks cut so that none ends with a backslash."""
    held = b""
    for block in blocks:
        text = held + block
        kept = text.rstrip(b"\\")
        held = text[len(kept) :]
        if kept:
            yield kept
    if held:
        yield held
