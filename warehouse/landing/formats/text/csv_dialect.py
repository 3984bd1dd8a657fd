"""How the fields of a CSV delivery are told apart: delimiter, quotes and number of fields."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

QUOTE = 34
DELIMITERS = (b",", b";", b"\t", b"|")
NAMED = {"tab": b"\t", "\\t": b"\t", "comma": b",", "semicolon": b";", "pipe": b"|"}
NAMES = {b",": "comma", b";": "semicolon", b"\t": "tab", b"|": "bar"}
"""What people call them."""
QUOTED = rb'"[^"]*+(?:""[^"]*+)*+"'
ESCAPED = rb'"[^"\\]*+(?:(?:\\.|"")[^"\\]*+)*+"'
"""As MySQL writes a quote inside quotes; tried where the doubled quotes of RFC 4180 do not fit."""
LINE_ENDS = re.compile(rb"[\r\x0b\x0c\x1c-\x1e]|\xc2\x85|\xe2\x80[\xa8\xa9]")
"""What ends a line somewhere, in UTF-8, besides the line feed: it may part records that we take for one."""


@dataclass(frozen=True)
class Field:
    """One field of a record, as far as its quotes tell."""

    value: bytes
    is_stray: bool = False
    """It starts with a quote that does not enclose it."""
    is_unclosed: bool = False
    """It starts with a quote and no quote ends it."""


@dataclass(frozen=True)
class Dialect:
    """One delivery's way to write CSV."""

    delimiter: bytes
    is_quoted: bool
    width: int
    """Number of fields of the header; 0: any."""
    is_padded: bool = False
    """Quotes may stand behind a delimiter and blanks."""

    @property
    def times(self) -> bytes:
        """How often a delimiter and a field follow the first field, as a regular expression says it."""
        return b"{%d}" % (self.width - 1) if self.width else b"*"

    @cached_property
    def strict_record(self) -> re.Pattern[bytes]:
        """A record of the right width, quoted as RFC 4180 says and in no other way, with its line end."""
        mark = re.escape(self.delimiter)
        if not self.is_quoted:
            return self.record
        field = rb'(?>%b|[^"%b\r\n]*+)' % (QUOTED, mark)
        return re.compile(rb"%b(?:%b%b)%b\r?\n" % (field, mark, field, self.times))

    @cached_property
    def record(self) -> re.Pattern[bytes]:
        """A well-formed record of the right width, with its line end."""
        mark = re.escape(self.delimiter)
        if not self.is_quoted:
            return re.compile(rb"[^%b\n]*+(?:%b[^%b\n]*+)%b\n" % (mark, mark, mark, self.times))
        pad = rb" *" if self.is_padded else rb""
        bare = rb'[^"%b\n][^%b\n]*+|' % (mark, mark)
        end = rb"(?=%b|\r?\n)" % mark
        field = rb"(?>%b%b%b|%b%b%b|%b)" % (pad, QUOTED, end, pad, ESCAPED, end, bare)
        return re.compile(rb"%b(?:%b%b)%b\r?\n" % (field, mark, field, self.times), re.DOTALL)

    @cached_property
    def field(self) -> re.Pattern[bytes]:
        """One field of a single record and the delimiter before it: quoted, escaped or anything else."""
        mark = re.escape(self.delimiter)
        if not self.is_quoted:
            return re.compile(rb"(?:\A|%b)(?>(?!)()|(?!)()|([^%b]*+))" % (mark, mark), re.DOTALL)
        pad = rb" *" if self.is_padded else rb""
        end = rb"(?=%b|\Z)" % mark
        kinds = (mark, pad, QUOTED, end, pad, ESCAPED, end, mark)
        return re.compile(rb"(?:\A|%b)(?>%b(%b)%b|%b(%b)%b|([^%b]*+))" % kinds, re.DOTALL)

    def split_loosely(self, record: bytes) -> list[Field]:
        """The fields of a record (without its line end), a stray quote taken as a character of its field."""
        return [read_field(q, e, b, self.is_quoted) for q, e, b in self.field.findall(record)]


def read_field(quoted: bytes, escaped: bytes, bare: bytes, is_quoted: bool) -> Field:
    """One field from what `Dialect.field` found; a stray quote in front that nothing answers is left out."""
    if quoted:
        return Field(quoted[1:-1].replace(b'""', b'"'))
    if escaped:
        return Field(re.sub(rb'\\(["\\])|""', lambda found: found[1] or b'"', escaped[1:-1]))
    if is_quoted and bare.startswith(b'"'):
        return Field(bare[1:] if bare.count(b'"') == 1 else bare, True, bare.count(b'"') % 2 == 1)
    return Field(bare)


def find_delimiter(lines: list[bytes], names: Iterable[str]) -> bytes:
    """The delimiter that finds most of the declared names in the first line; among equals, the most frequent one."""
    wanted = {name.strip().casefold() for name in names}

    def score(delimiter: bytes) -> tuple[int, int]:
        cells = [cell.strip(b' "').decode("utf-8", "replace").casefold() for cell in lines[0].split(delimiter)]
        return len(wanted.intersection(cells)), min(line.count(delimiter) for line in lines[:20])

    return max(DELIMITERS, key=score)


def is_padded(lines: list[bytes], delimiter: bytes) -> bool:
    """True if most lines with quotes have blanks between a delimiter and a quote."""
    quoted = [line for line in lines if b'"' in line]
    padded = [line for line in quoted if re.search(rb'%b +"' % re.escape(delimiter), line)]
    return 2 * len(padded) > len(quoted)
