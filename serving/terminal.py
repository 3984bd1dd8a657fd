"""What people read: tables, drawn by rich on a terminal and plain on a pipe, and no control character of any value."""

from __future__ import annotations

import io
import re
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from itertools import chain
from typing import Any, TextIO, cast

from warehouse.errors import C360Error
from warehouse.types.shown_text import show_text

BREAKS = re.compile(r"[\t\r\n\u2028\u2029]")
"""What would break the line or the column of a cell."""
WIDTH = 160
"""Columns of a terminal that does not say how many it has."""


def show_cell(value: object) -> str:
    """A value as one line without a tab."""
    text = "NULL" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return BREAKS.sub(escape, show_text(text))


def escape(found: re.Match[str]) -> str:
    """One character as it is written in JSON."""
    return {"\t": "\\t", "\n": "\\n", "\r": "\\r"}.get(found[0], f"\\u{ord(found[0]):04x}")


class ReaderGoneError(C360Error):
    """Whoever read the output, as `head` does, wants no more of it; nothing is wrong."""

    exit_code = 0  # and it is no OSError, which others take for a fault of theirs


class Visible:
    """A stream that people may look at: what is written to it shows control characters instead of sending them."""

    def __init__(self, stream: TextIO, show: Callable[[str], str] = show_text) -> None:
        self.stream = stream
        self.show = show

    def write(self, text: str) -> int:
        """Write to the stream below; raises ReaderGoneError where nobody reads any more."""
        with noticing_reader():
            self.stream.write(self.show(text))
        return len(text)

    def flush(self) -> None:
        """Send what waits; raises ReaderGoneError where nobody reads any more."""
        with noticing_reader():
            self.stream.flush()

    def writelines(self, lines: Iterable[str]) -> None:
        """Write one after the other."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        """Anything else is the stream's own; but its bytes are reached through nothing."""
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self.stream, name)


@contextmanager
def noticing_reader() -> Iterator[None]:
    """Inside, a pipe that nobody reads raises ReaderGoneError."""
    try:
        yield
    except BrokenPipeError:
        raise ReaderGoneError from None


@contextmanager
def visible_streams() -> Iterator[None]:
    """Inside, both standard streams show control characters."""
    out, err = (cast("TextIO", Visible(stream)) for stream in (sys.stdout, sys.stderr))
    with redirect_stdout(out), redirect_stderr(err):
        yield


def verbatim(stream: TextIO) -> TextIO:
    """The stream for what programs read, byte by byte as it is; a terminal stays one that people look at."""
    if not isinstance(stream, Visible) or stream.isatty():
        return stream
    return cast("TextIO", Visible(stream.stream, str))


def raw(stream: TextIO) -> TextIO:
    """The stream below, for what may move a cursor: it is given nothing of any customer."""
    return stream.stream if isinstance(stream, Visible) else stream


def lay_out(head: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = ()) -> list[str]:
    """A table as lines: drawn as wide as the terminal, or in plain columns of which nothing is cut.

    Args:
        head: names of the columns; without any, there is no head.
        rows: as many cells each.
        right: places of the columns that stand at the right, as numbers do.
    """
    cells = [[show_cell(value) for value in row] for row in rows]
    return draw(head, cells, right) if sys.stdout.isatty() else align([*([head] if head else []), *cells], right)


def draw(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> list[str]:
    """The table in a box; a cell that is too long goes on in its next line."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SQUARE, show_header=bool(head))
    for place in range(len(head or (rows or [()])[0])):
        title = Text(head[place]) if head else ""
        table.add_column(title, justify="right" if place in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))  # a Text is taken as it is: [bold] is no markup in it
    shown = Console(file=io.StringIO(), width=terminal_width(), color_system=None, markup=False, highlight=False)
    with shown.capture() as drawn:
        shown.print(table)
    return drawn.get().splitlines()


def terminal_width() -> int:
    """Columns of the terminal, or of the variable COLUMNS."""
    return max(shutil.get_terminal_size((WIDTH, 24)).columns, 20)


def align(rows: Sequence[Sequence[str]], right: Sequence[int] = (), widths: list[int] | None = None) -> list[str]:
    """Rows in columns two blanks apart, each as wide as its widest cell (and as `widths`, which grow with them)."""
    widths = [] if widths is None else widths
    widths.extend([0] * (max(map(len, rows), default=0) - len(widths)))
    for row in rows:
        widths[: len(row)] = map(max, widths, map(places, row))
    return ["  ".join(pad(c, widths[n], is_right=n in right) for n, c in enumerate(row)).rstrip(" ") for row in rows]


def pad(cell: str, width: int, *, is_right: bool = False) -> str:
    """A cell filled up with blanks to a width on a terminal."""
    blanks = " " * (width - places(cell))
    return blanks + cell if is_right else cell + blanks


def places(text: str) -> int:
    """Columns of a terminal that a text takes: a Chinese character two, a combining mark none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def write_plain(names: Sequence[str], batches: Iterable[Sequence[Sequence[Any]]], out: TextIO) -> None:
    """Write any number of rows in plain columns, a batch at a time; a later batch may make a column wider."""
    found = iter(batches)
    first = next(found, [])
    right = [n for n in range(len(names)) if any(is_number(row[n]) for row in first)]
    widths: list[int] = []
    head = [show_cell(name) for name in names]
    for place, rows in enumerate(chain([first], found)):
        cells = [[show_cell(value) for value in row] for row in rows]
        out.writelines(f"{line}\n" for line in align([head, *cells] if place == 0 else cells, right, widths))


def is_number(value: object) -> bool:
    """True for what stands at the right of its column."""
    return not isinstance(value, bool) and (isinstance(value, int | float) or type(value).__name__ == "Decimal")
