"""A line that says what is being done, on a terminal; nothing on a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def show_progress() -> Iterator[Callable[[str], None]]:
    """Give a function that shows a step and the seconds so far on stderr."""
    start = time.monotonic()
    is_terminal = sys.stderr.isatty()

    def say(step: str) -> None:
        if is_terminal:
            print(f"\r\x1b[K{time.monotonic() - start:5.1f} s  {step} …", end="", file=sys.stderr, flush=True)

    try:
        yield say
    finally:
        if is_terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
