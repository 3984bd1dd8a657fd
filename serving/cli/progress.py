"""A line that says what is being done, and for how long, on a terminal; nothing on a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from typing import TextIO, cast


@contextmanager
def show_progress() -> Iterator[Callable[[str], None]]:
    """Give a function that shows a step and the seconds so far on stderr."""
    # Asked here, for FORCE_COLOR talks rich into writing to a pipe.
    if not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from serving.terminal import Visible, raw

    columns = SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description} …", markup=False)
    with Progress(*columns, console=Console(file=raw(sys.stderr)), transient=True, redirect_stdout=False) as progress:
        task = progress.add_task("starting")
        # What else is written to stderr meanwhile stands above the line, and rich would let its control characters by.
        with redirect_stderr(cast("TextIO", Visible(sys.stderr))):
            yield lambda step: progress.update(task, description=step)
