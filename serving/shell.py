"""`c360 sql` without a query: one statement after the other, from a terminal; nothing that was asked is kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TextIO

from warehouse.errors import C360Error, UsageError

PROMPTS = ("c360> ", "  ...> ")
HELP = "a query ends with ; – .tables lists what there is, .quit or Ctrl-D ends"
TABLES = (
    "SELECT table_name, count(*) AS columns FROM information_schema.columns WHERE table_schema = 'main'"
    " GROUP BY ALL ORDER BY ALL"
)


def read_query(source: TextIO) -> str:
    """The query that is written to stdin.

    Raises:
        UsageError: there is none.
    """
    query = source.read().strip()
    if not query:
        raise UsageError('no query; write one, as: c360 sql "select count(*) from customer_profile"')
    return query


def run_shell(answer: Callable[[str], None], say: Callable[[str], None]) -> None:
    """Ask for queries until the end; each is answered, and an error is said and ends nothing."""
    with suppress(ImportError):
        import readline  # noqa: F401 (lines can be edited, where there is such a library)
    say(HELP)
    for query in read_statements(input):
        try:
            answer(TABLES if query == ".tables" else query)
        except C360Error as error:
            say(f"c360: {error}")
        except KeyboardInterrupt:
            say("the query was ended")
        sys.stdout.flush()


def read_statements(ask: Callable[[str], str]) -> Iterator[str]:
    """What is typed, statement by statement: up to a line that ends with `;`, or a line that begins with a dot."""
    lines: list[str] = []
    while True:
        try:
            line = ask(PROMPTS[bool(lines)]).strip()
        except EOFError:
            return
        except KeyboardInterrupt:  # forget what was begun
            lines = []
            continue
        if not lines and line in {".quit", ".exit"}:
            return
        if line:
            lines.append(line)
        if line.endswith(";") or (len(lines) == 1 and line.startswith(".")):
            yield "\n".join(lines)
            lines = []
