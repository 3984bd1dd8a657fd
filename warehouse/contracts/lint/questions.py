"""Questions that a draft left open: a comment `# ?` in a contract or in the settings, which nobody has answered yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from warehouse.contracts.problem import Problem

OPEN = re.compile(r"^\s*# \?\s*(?P<said>\S.*)$")
"""How a question begins that has to be answered first."""


def check_questions(path: Path) -> Iterator[Problem]:
    """A problem for each question that is open in a file; one that cannot be read has been said to be so."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for number, line in enumerate(lines, start=1):
        if found := OPEN.match(line):
            cure = "declare the answer, and remove this line and its answers; or draft again with --answer"
            yield Problem(path.name, f"line {number}", f"open question: {found['said']}", cure)
