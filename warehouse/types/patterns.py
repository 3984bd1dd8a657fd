"""Patterns of the JDK's DateTimeFormatter, in which the standard has dates declared, for DuckDB's strptime.

Letters: https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/time/format/DateTimeFormatter.html
Two-digit years are read as POSIX does: 69 to 99 are of the last century. Names of months and days are English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, takewhile

ZONE = r"(?:Z|[+-]\d{2}(?::?\d{2})?)"
"""An offset from UTC, as ISO 8601 and the JDK's X write it."""

FIELDS: tuple[tuple[str, str, str, int | None], ...] = (
    # letters, strptime, what it matches, its digits when written in full (None: it varies)
    ("yyyy|uuuu|y|u", "%Y", r"\d{4}", 4),
    ("yy|uu", "%y", r"\d{2}", 2),
    ("MMMM|LLLL", "%B", r"\p{L}+", None),
    ("MMM|LLL", "%b", r"\p{L}+", None),
    ("MM|LL", "%m", r"\d{1,2}", 2),
    ("M|L", "%m", r"\d{1,2}", None),
    ("dd", "%d", r"\d{1,2}", 2),
    ("d", "%d", r"\d{1,2}", None),
    ("DDD", "%j", r"\d{3}", 3),
    ("EEEE", "%A", r"\p{L}+", None),
    ("E{1,3}", "%a", r"\p{L}+", None),
    ("HH", "%H", r"\d{1,2}", 2),
    ("H", "%H", r"\d{1,2}", None),
    ("hh", "%I", r"\d{1,2}", 2),
    ("h", "%I", r"\d{1,2}", None),
    ("mm", "%M", r"\d{1,2}", 2),
    ("m", "%M", r"\d{1,2}", None),
    ("ss", "%S", r"\d{1,2}", 2),
    ("s", "%S", r"\d{1,2}", None),
    ("S{1,6}", "%f", r"\d{1,6}", None),
    ("S{7,9}", "%n", r"\d{1,9}", None),
    ("a", "%p", "[AaPp][Mm]", None),
    ("X{1,3}|x{1,3}|Z{1,3}|Z{5}", "%z", ZONE, None),
    ("z{1,4}|VV", "%Z", r"[A-Za-z_/+\-0-9]+", None),
)


@dataclass(frozen=True)
class Part:
    """One run of equal letters, or one literal, of a pattern."""

    strptime: str
    regex: str
    width: int | None

    @property
    def is_number(self) -> bool:
        """Whether it is read as digits, so that a neighbour of digits needs its full width."""
        return self.strptime.startswith("%") and self.regex.startswith(r"\d")


@dataclass(frozen=True)
class DatePattern:
    """A pattern that was understood."""

    parts: tuple[Part, ...]

    @property
    def strptime(self) -> str:
        """The pattern as DuckDB's strptime takes it."""
        return "".join(part.strptime for part in self.parts)

    @property
    def regex(self) -> str:
        """What a value looks like; days and hours may lack their leading zero unless digits touch digits."""
        touching = set()
        for number, (left, right) in enumerate(pairwise(self.parts)):
            if left.is_number and right.is_number:
                touching |= {number, number + 1}
        return "".join(
            rf"\d{{{part.width}}}" if number in touching and part.width else part.regex
            for number, part in enumerate(self.parts)
        )

    def has(self, *codes: str) -> bool:
        """Whether any of some strptime codes is in it."""
        return any(part.strptime in codes for part in self.parts)

    @property
    def is_utc(self) -> bool:
        """Whether it ends in a literal that says UTC, as in `yyyy-MM-dd HH:mm:ss 'UTC'`."""
        literals = takewhile(lambda part: not part.startswith("%"), (part.strptime for part in reversed(self.parts)))
        return "".join(reversed(list(literals))).strip().upper() in {"UTC", "GMT", "Z"}

    @property
    def is_day_first(self) -> bool:
        """Whether the day comes after the year and before the month: then ISO 8601 is no safe second guess."""
        codes = [part.strptime for part in self.parts]
        return (
            "%Y" in codes
            and "%m" in codes
            and "%d" in codes
            and codes.index("%Y") < codes.index("%d") < codes.index("%m")
        )


def read_pattern(pattern: str) -> DatePattern:
    """A DateTimeFormatter pattern, understood.

    Raises:
        ValueError: a letter or sign of the pattern has no equivalent here; the message names it.
    """
    return DatePattern(tuple(read_parts(pattern)))


def to_strptime(pattern: str) -> str:
    """A DateTimeFormatter pattern as DuckDB's strptime takes it; raises ValueError naming what it cannot take."""
    return read_pattern(pattern).strptime


def read_parts(pattern: str) -> Iterator[Part]:
    """The parts of a pattern, in order."""
    if not pattern.strip():
        raise ValueError("it is empty")
    for token in split_pattern(pattern):
        if token == "'":
            raise ValueError("a quote ' is not closed")
        if token[0] == "'":
            yield literal("'" if token == "''" else token[1:-1].replace("''", "'"))
        elif token[0] in "[]{}#":
            raise ValueError(f"{token[0]!r} (optional or reserved) is not supported")
        elif token[0].isascii() and token[0].isalpha():
            yield field(token)
        else:
            yield literal(token)


def split_pattern(pattern: str) -> list[str]:
    """A pattern cut into quoted literals, runs of one letter, and single signs."""
    return [match[0] for match in re.finditer(r"''|'(?:[^']|'')*'|([A-Za-z])\1*|.", pattern, re.DOTALL)]


def literal(text: str) -> Part:
    """Text that stands in every value."""
    return Part(text.replace("%", "%%"), re.escape(text), None)


def field(letters: str) -> Part:
    """A run of letters that stands for a part of the time."""
    for spelling, strptime, regex, width in FIELDS:
        if re.fullmatch(spelling, letters):
            return Part(strptime, regex, width)
    raise ValueError(f"letter {letters!r} is not supported")
