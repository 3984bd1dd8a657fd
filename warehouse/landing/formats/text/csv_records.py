"""Physical records of a text delivery: counted and told apart over the bytes, before any parser makes values of them.

A record is a line that is not blank, or, in CSV, several lines that a quoted field with line breaks holds together. A
quote that never closes costs one line: lines are joined only if that gives a record which is well formed to the end,
and if they are not records by themselves.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from warehouse.landing.formats.encoding import is_utf8
from warehouse.landing.formats.text.csv_dialect import LINE_ENDS, QUOTE, Dialect
from warehouse.landing.formats.text.stray_quotes import Verdict, judge_lines

RECORD_LIMIT = 16 << 20
"""Bytes: a longer record is not read."""
BLOCK_BYTES = 16 << 20
NEWLINE, RETURN = 10, 13

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Kind(IntEnum):
    """How a record is read: the first three give a row, the others a fault of that name."""

    plain = 0
    """Quoted as RFC 4180 says: for the fast parser."""
    loose = 1
    """Quotes inside unquoted fields, or escaped in another way: for our own parser."""
    repaired = 2
    """A stray quote in a line that has all its fields if the quote is taken as a character."""
    field_count = 3
    unclosed_quote = 4
    unfinished_line = 5
    nul_byte = 6
    encoding = 7
    too_long = 8
    stray_quote = 9
    """It ends what a quote in an earlier record seemed to begin; both are damaged, nobody can say how."""
    line_end = 10
    """Other characters that end lines stand in it: it may be several records."""
    comment_line = 11
    """It begins as remarks do."""


@dataclass(frozen=True)
class Split:
    """The records of one buffer, in order."""

    starts: Places
    ends: Places
    """Behind the last byte of each record, its line end not counted."""
    nexts: Places
    """Where the next record's line starts."""
    kinds: NDArray[np.int8]
    consumed: int
    """Bytes dealt with; the rest is undecided and goes in front of the next buffer."""


def whole_lines(texts: Iterator[bytes], size: int = BLOCK_BYTES) -> Iterator[tuple[bytes, bool]]:
    """The text in blocks of whole lines; True with the last one if its last line had no line end (it gets one).

    A line over the limit is cut just behind it, so that it never fills the memory and still shows its length.
    """
    held = bytearray()
    is_skipping = False
    for text in texts:
        cut = text.find(b"\n") if is_skipping else 0
        if cut < 0:
            continue
        is_skipping = False
        held += text[cut:]
        if len(held) >= size:
            cut = held.rfind(b"\n") + 1
            is_skipping = len(held) - cut > RECORD_LIMIT
            if is_skipping:
                del held[cut + RECORD_LIMIT + 1 :]
            if cut:
                yield bytes(held[:cut]), False
                del held[:cut]
    if held:
        is_unfinished = not held.endswith(b"\n")
        yield bytes(held) + b"\n" * is_unfinished, is_unfinished


class Lines:
    """Lines of a buffer that ends with a line end, and what each holds."""

    def __init__(self, buffer: bytes) -> None:
        self.buffer = buffer
        self.data = np.frombuffer(buffer, np.uint8)
        self.breaks: Places = np.flatnonzero(self.data == NEWLINE)
        self.nexts: Places = self.breaks + 1
        self.starts: Places = np.concatenate([np.zeros(1, np.int64), self.nexts[:-1]])[: len(self.breaks)]
        has_return = (self.breaks > self.starts) & (self.data[self.breaks - 1] == RETURN)
        self.ends: Places = self.breaks - has_return
        self.is_blank = self.ends == self.starts

    def places_of(self, byte: int) -> Places:
        """Where a byte stands."""
        return np.flatnonzero(self.data == byte)

    def count(self, places: Places) -> Places:
        """How many of the places (ascending) lie in each line."""
        return np.diff(np.searchsorted(places, np.append(self.starts, len(self.data))))

    def with_nul(self) -> Flags:
        """Lines that hold a NUL."""
        if b"\0" not in self.buffer:
            return np.zeros(len(self.starts), np.bool_)
        found: Flags = self.count(self.places_of(0)) > 0
        return found

    def undecodable(self) -> Flags:
        """Lines that are no UTF-8."""
        found = np.zeros(len(self.starts), np.bool_)
        step = 1 << 20
        edges = np.unique(np.searchsorted(self.starts, np.arange(0, len(self.data) + step, step)))
        for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            piece = self.buffer[self.starts[low] : self.nexts[high - 1]]
            if not piece.isascii() and not is_utf8(piece):
                found[low:high] = [not is_utf8(line) for line in piece.split(b"\n")[:-1]]
        return found

    def strict(self, dialect: Dialect) -> Flags:
        """Lines that are well formed by themselves and have the dialect's number of fields."""
        delimiters = self.places_of(dialect.delimiter[0])
        quotes = self.places_of(QUOTE) if dialect.is_quoted else np.zeros(0, np.int64)
        has_quote = self.count(quotes)
        is_closed = has_quote == 0
        if len(quotes) and not dialect.is_padded:
            delimiters = delimiters[~self.is_inside(delimiters, quotes, has_quote)]
            is_closed = self.is_closed(quotes, has_quote, dialect)
        found: Flags = is_closed & (self.count(delimiters) == dialect.width - 1)
        return found

    def is_inside(self, places: Places, quotes: Places, has_quote: Places) -> Flags:
        """Places behind an odd number of quotes of their line."""
        before = np.repeat(np.cumsum(has_quote) - has_quote, self.count(places))
        inside: Flags = (np.searchsorted(quotes, places) - before) % 2 == 1
        return inside

    def is_closed(self, quotes: Places, has_quote: Places, dialect: Dialect) -> Flags:
        """Lines whose every quote opens a field, closes one, or is doubled."""
        first = np.cumsum(has_quote) - has_quote
        rank = np.arange(len(quotes)) - np.repeat(first, has_quote)
        delimiter = dialect.delimiter[0]
        before, after = self.data[quotes - 1], self.data[quotes + 1]
        opens = (quotes == np.repeat(self.starts, has_quote)) | (before == delimiter) | ((before == QUOTE) & (rank > 0))
        closes = (quotes + 1 == np.repeat(self.ends, has_quote)) | (after == delimiter) | (after == QUOTE)
        wrong = quotes[~np.where(rank % 2 == 0, opens, closes)]
        found: Flags = (has_quote % 2 == 0) & (self.count(wrong) == 0)
        return found


def split_records(buffer: bytes, dialect: Dialect, is_end: bool, is_unfinished: bool = False) -> Split:
    """The records of a buffer that ends with a line end.

    Args:
        buffer: whole lines of UTF-8 text.
        dialect: how fields are told apart, and how many there must be.
        is_end: no more text follows; else a record that may go on behind the buffer is left for the next one.
        is_unfinished: the last line had no line end as it was delivered.
    """
    lines = Lines(buffer)
    walk = Walk(lines, dialect, is_end)
    for line in np.flatnonzero(~walk.is_strict & ~lines.is_blank).tolist():
        # Lines that an earlier record took in are not looked at again.
        if line >= walk.resume and not walk.judge(line):
            break
    kinds = walk.kinds
    if is_unfinished and is_end and len(kinds) and kinds[-1] in (Kind.field_count, Kind.unclosed_quote):
        kinds[-1] = Kind.unfinished_line
    picked = np.flatnonzero(walk.is_start[: walk.stop])
    consumed = int(lines.starts[walk.stop]) if walk.stop < len(lines.starts) else len(buffer)
    return Split(lines.starts[picked], walk.ends[picked], walk.nexts[picked], kinds[picked], consumed)


class Walk:
    """Goes through the lines that are not well formed by themselves, in order, and decides what each is."""

    def __init__(self, lines: Lines, dialect: Dialect, is_end: bool) -> None:
        self.lines, self.dialect, self.is_end = lines, dialect, is_end
        self.is_strict = lines.strict(dialect)
        self.is_start = ~lines.is_blank
        self.ends, self.nexts = lines.ends.copy(), lines.nexts.copy()
        self.flaws = np.zeros(len(lines.starts), np.int8)
        self.flaws[lines.undecodable()] = Kind.encoding
        self.flaws[lines.with_nul()] = Kind.nul_byte
        self.flaws[lines.ends - lines.starts > RECORD_LIMIT] = Kind.too_long
        self.kinds = self.flaws.copy()
        self.has_flaws = bool(self.flaws.any())
        # Plain lists: single numbers are looked up in them much faster than in arrays.
        self.next_list: list[int] = lines.nexts.tolist()
        self.pairs: list[tuple[int, int]] = []
        """Lines with stray quotes that seemed to begin and to end a field."""
        self.resume, self.stop = 0, len(lines.starts)

    def judge(self, line: int) -> bool:
        """Decide one line; False if that needs text behind the buffer."""
        start, is_damaged = int(self.lines.starts[line]), False
        for kind, pattern in ((Kind.plain, self.dialect.strict_record), (Kind.loose, self.dialect.record)):
            match = pattern.match(self.lines.buffer, start, start + RECORD_LIMIT)
            if match:
                last = bisect_left(self.next_list, match.end(), line)
                verdict = self.judge_span(line, last)
                if verdict is not Verdict.records:
                    self.join(line, last, kind if verdict is Verdict.field else Kind.unclosed_quote)
                    return True
                is_damaged = True
                self.mark_pair(line, last)
        return self.judge_alone(line, is_damaged=is_damaged)

    def join(self, line: int, last: int, kind: Kind) -> None:
        """Make one record of a line and those behind it up to `last`."""
        worst = int(self.flaws[line : last + 1].max()) if self.has_flaws else 0
        self.kinds[line] = max(worst, kind)
        self.is_start[line + 1 : last + 1] = False
        self.ends[line], self.nexts[line] = self.lines.ends[last], self.lines.nexts[last]
        self.resume = last + 1

    def judge_span(self, line: int, last: int) -> Verdict:
        """Are the lines up to `last` one field's, or records themselves, with two stray quotes around them?"""
        if last == line:
            return Verdict.field
        filled = [number for number in range(line, last + 1) if not self.lines.is_blank[number]]
        buffer, starts, ends = self.lines.buffer, self.lines.starts, self.lines.ends
        return judge_lines([buffer[starts[number] : ends[number]] for number in filled], self.dialect)

    def mark_pair(self, line: int, last: int) -> None:
        """Both lines are damaged; the last one will be looked at in its turn."""
        self.pairs.append((line, last))
        if not self.flaws[last]:
            self.flaws[last] = self.kinds[last] = Kind.stray_quote
            self.has_flaws = True

    def judge_alone(self, line: int, *, is_damaged: bool) -> bool:
        """Decide a line with which no record of more lines starts; `is_damaged`: it is not to be repaired."""
        start, end = int(self.lines.starts[line]), int(self.lines.ends[line])
        text = self.lines.buffer[start : min(end, start + RECORD_LIMIT)]
        fields = self.dialect.split_loosely(text)
        strays = [number for number, field in enumerate(fields) if field.is_stray]
        if strays and not is_damaged and not self.is_end and len(self.lines.buffer) - start < RECORD_LIMIT:
            self.wait(line)
            return False
        if self.flaws[line]:
            return True
        if len(fields) != self.dialect.width:
            mismatch = Kind.line_end if LINE_ENDS.search(text) else Kind.field_count
            self.kinds[line] = Kind.unclosed_quote if strays else mismatch
        elif is_damaged or fields[-1].is_unclosed:
            # The last field may as well have been cut off: nobody can say that it is whole.
            self.kinds[line] = Kind.unclosed_quote
        else:
            self.kinds[line] = Kind.repaired
        return True

    def wait(self, line: int) -> None:
        """Leave a line for the next buffer, and with it the pair of quotes that it lies between."""
        self.stop = line
        for opening, closing in reversed(self.pairs):
            if opening < self.stop <= closing:
                self.stop = opening
