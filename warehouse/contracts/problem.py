"""What is wrong with a contract: one problem, its place, its cure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a folder of contracts."""

    file: str
    """Name of the file, or the folder when the folder itself is wrong."""
    path: str
    """Place in the file, as in `schema[0].properties[3].name`; empty when the whole file is meant."""
    message: str
    cure: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.path}" if self.path else self.file
        return f"{place}: {self.message} — {self.cure}"


def nearest(word: object, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be; None if none is near."""
    by_key = {squeeze(name): name for name in known}
    near = difflib.get_close_matches(squeeze(str(word)), by_key, n=1, cutoff=0.6)
    return by_key[near[0]] if near else None


def suggest(word: object, known: Iterable[str]) -> str:
    """A cure for an unknown word: the nearest known one, else all of them."""
    names = list(known)
    near = nearest(word, names)
    return f"did you mean {near!r}?" if near else "write one of: " + ", ".join(sorted(names))


def squeeze(word: str) -> str:
    """A word without case and separators, so that `e-mail`, `E_Mail` and `email` are near."""
    return re.sub(r"[\W_]+", "", word).casefold()


def order_key(problem: Problem) -> tuple[str, list[tuple[int, int, str]], str]:
    """Sorts problems by file and place, numbers as numbers, so that the order never changes."""
    parts = re.findall(r"\d+|[^\d\[\].]+", problem.path)
    return problem.file, [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in parts], problem.message
