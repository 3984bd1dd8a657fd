"""Where the records of a JSON document stand, and where a column of what lies around them is: JSONPath, RFC 9535.

Of it only what names one place is understood: `$`, names (`.orders` or `['my orders']`), and all members of a list or
an object (`[*]`, also written `[]`). A list on the way is gone through element by element, `[*]` or not. At the end
`~` means the key under which an object stands, as JSONPath-Plus has it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ROOT, KEY = "$", "~"
TOKEN = re.compile(
    r"\.?\[\s*(?:\*?|'(?P<single>[^']+)'|\"(?P<double>[^\"]+)\")\s*\]|\.?\*|\.?(?P<name>[^.\[\]~*'\"?@]+)"
)


@dataclass(frozen=True)
class Level:
    """One step down: into a field, and from there into all members of so many lists or objects within each other."""

    name: str | None
    """None: the document itself."""
    depth: int = 0


def is_path(text: str) -> bool:
    """Is a physicalName a path from the top of the document?"""
    return text == ROOT or text.startswith((ROOT + ".", ROOT + "["))


def read_path(text: str) -> tuple[Level, ...]:
    """The levels of a path, the document's first.

    Raises:
        ValueError: it is no path that is understood here; the message says what is wrong.
    """
    levels = [Level(None)]
    rest = text.strip().removeprefix(ROOT)
    place = 0
    while place < len(rest):
        found = TOKEN.match(rest, place)
        if found is None:
            raise ValueError(f"{rest[place:]!r} cannot be read")
        name = found["single"] or found["double"] or found["name"]
        if name is not None:
            levels.append(Level(name.strip()))
        else:
            levels[-1] = Level(levels[-1].name, levels[-1].depth + 1)
        place = found.end()
    return tuple(levels)


def read_place(text: str) -> tuple[str, ...]:
    """A column's path from the top of the document, as names behind `$`, with `~` at the end for a key.

    Raises:
        ValueError: see `read_path`.
    """
    is_key = text.endswith(KEY)
    names = [level.name for level in read_path(text.removesuffix(KEY)) if level.name is not None]
    return (ROOT, *names, *([KEY] if is_key else []))


def split_place(place: tuple[str, ...], levels: tuple[Level, ...]) -> tuple[int, tuple[str, ...]]:
    """The level that a column of the document belongs to, and its path from there."""
    names = [level.name for level in levels[1:]]
    count = 0
    while count < min(len(names), len(place) - 1) and place[count + 1] == names[count]:
        count += 1
    return count, place[count + 1 :]
