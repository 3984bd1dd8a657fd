"""A place of one value in a JSON body: `meta.after_cursor`, `data[-1].id`, `$['@odata.nextLink']` (RFC 9535)."""

from __future__ import annotations

import re
from typing import Any

TOKEN = re.compile(r"\['(?P<quoted>[^']+)'\]|\[(?P<index>-?\d+)\]|\.?(?P<name>[^.\[\]'*\s]+)")
MISSING = object()
"""What stands at a place that a body does not have; null is another thing."""
Step = str | int


def read_steps(text: str) -> tuple[Step, ...]:
    """The names and numbers on the way down.

    Raises:
        ValueError: it is no place of one value.
    """
    rest, at, steps = text.strip().removeprefix("$"), 0, list[Step]()
    while at < len(rest):
        found = TOKEN.match(rest, at)
        if found is None:
            raise ValueError(f"{rest[at:]!r} cannot be read")
        steps.append(int(found["index"]) if found["index"] else found["quoted"] or found["name"])
        at = found.end()
    if not steps:
        raise ValueError("it names nothing")
    return tuple(steps)


def find_value(body: Any, place: str) -> Any:
    """The value at a place; MISSING where the body has no such place."""
    for step in read_steps(place):
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return body
