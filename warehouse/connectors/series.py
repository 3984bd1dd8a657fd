"""Which of two deliveries is the later one, by what their names say.

Files of one series (`tickets-2026-03-01.jsonl`, `tickets-2026-03-02.jsonl`) differ in their numbers alone; the lower is
the older, whenever it arrives. Between other names, what arrived later is the later.
"""

from __future__ import annotations

import re
from datetime import date

NUMBER = re.compile(r"\d+")
DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_./]?(0[1-9]|1[0-2])[-_./]?(0[1-9]|[12]\d|3[01])(?:\d{4}|\d{6})?(?!\d)")
"""A date in a name, year first, perhaps with a time, or in its folders (2026/03/01/)."""
YEAR_LAST = re.compile(
    r"(?<!\d)(?:\d{1,2}([-_. ])\d{1,2}\1(?:\d\d|(?:19|20)\d\d)|(?!(?:19|20)\d\d)\d{4}(?:19|20)\d\d)(?!\d)"
)
"""A date whose numbers do not tell its order: day or month first."""
WIDTH = 24


def sort_key(name: str) -> str:
    """A text by which names sort as people count: `part-2` before `part-10`."""
    return NUMBER.sub(lambda found: found.group().zfill(WIDTH), name)


def read_series(name: str) -> tuple[str, str] | None:
    """The series that a name belongs to, and its place in it, as texts; None where its numbers have no order."""
    if YEAR_LAST.search(name) or not NUMBER.search(name):
        return None
    return NUMBER.sub("#", name), " ".join(found.zfill(WIDTH) for found in NUMBER.findall(name))


def read_date(name: str) -> date | None:
    """The date in a file's name, year first; None where there is none, or more than one."""
    found = {match.groups() for match in DATE.finditer(name)}
    if len(found) != 1:
        return None
    year, month, day = map(int, found.pop())
    try:
        return date(year, month, day)
    except ValueError:
        return None
