"""What some programs write into CSV and RFC 4180 does not know: single quotes around fields, and lines of remarks.

What is declared is read; what only looks so is refused or rejected by name, since it may as well be somebody's value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from warehouse.contracts.model import Location
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats.text.csv_records import Flags, Kind, Split

SWAPPED = bytes.maketrans(b"'\"", b"\"'")
"""Single quotes for double ones, and back."""
NO_COMMENT = "none"
REMARK = re.compile(rb"#(?=[ \t\r\n])")
"""How a line begins that may be a remark, where the contract says nothing of it."""


def swap_quotes(blocks: Iterator[tuple[bytes, bool]]) -> Iterator[tuple[bytes, bool]]:
    """The blocks with single quotes for double ones, so that there is one way to read what is enclosed."""
    for text, is_unfinished in blocks:
        yield text.translate(SWAPPED), is_unfinished


def swap_back(rows: pl.DataFrame) -> pl.DataFrame:
    """Values of swapped text as they were delivered."""
    return rows.with_columns(pl.col(pl.String).str.replace_many(["'", '"'], ['"', "'"]))


def require_double(lines: list[bytes], delimiter: bytes) -> None:
    """Raise DeliveryError if most lines have a field that single quotes enclose: they would be part of its value."""
    mark = re.escape(delimiter)
    field = re.compile(rb"(?:\A|%b)'[^'\n]*'(?=%b|\Z)" % (mark, mark))
    below = lines[1:] or lines
    if 2 * sum(field.search(line) is not None for line in below) > len(below):
        raise DeliveryError(
            "its fields seem to be enclosed in single quotes; declare c360.quote: single in the contract, or double if"
            " the quotes are part of the values"
        )


def skip_remarks(text: bytes, location: Location) -> bytes:
    """The text without declared remarks above its header."""
    if location.comment in (None, NO_COMMENT):
        return text
    while text.startswith(str(location.comment).encode()):
        text = text[text.find(b"\n") + 1 :].lstrip(b"\r\n")
    return text


def set_remarks_apart(text: bytes, split: Split, location: Location) -> tuple[Split, Split | None]:
    """The records without declared remarks, and those, if any; what only looks like one becomes a fault."""
    if location.comment == NO_COMMENT or (location.comment is None and b"#" not in text):
        return split, None
    if location.comment is None:
        is_remark = np.array([REMARK.match(text, start) is not None for start in split.starts.tolist()], np.bool_)
        return replace(split, kinds=np.where(is_remark, Kind.comment_line, split.kinds).astype(np.int8)), None
    begins = location.comment.encode()
    is_remark = np.array([text.startswith(begins, start) for start in split.starts.tolist()], np.bool_)
    # A stray quote in a remark may have taken in lines behind it: then nobody can say what they are.
    spans = zip(split.starts.tolist(), split.ends.tolist(), strict=True)
    is_long = np.array([text.find(b"\n", start, end) >= 0 for start, end in spans], np.bool_)
    kinds = np.where(is_remark & is_long, Kind.unclosed_quote, split.kinds).astype(np.int8)
    split = replace(split, kinds=kinds)
    return pick(split, ~is_remark | is_long), pick(split, is_remark & ~is_long)


def pick(split: Split, picked: Flags) -> Split:
    """Some of the records."""
    return Split(split.starts[picked], split.ends[picked], split.nexts[picked], split.kinds[picked], split.consumed)


def require_remarks(full: int, record_count: int) -> None:
    """Raise DeliveryError if so many remarks have all the fields of a record that they rather are records."""
    if full > record_count:
        raise DeliveryError(
            "most of its records begin as c360.comment says that remarks do; leave that out, or write more of how those"
            " begin"
        )
