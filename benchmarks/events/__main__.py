"""Full builds and nights over generated events, beside a script, pandas and PySpark: `python -m benchmarks.events`.

Each size is a world of its own, rebuilt. What was measured of a size is kept in `--results`, so that sizes can be run
one at a time, and what came before a failure is not lost; the tables of all that are there go to stdout as Markdown,
progress to stderr. Exit status 1: a side failed, or its answer was another one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.agreement import DisagreementError
from benchmarks.events.plot import draw
from benchmarks.events.report import MILLION, tell
from benchmarks.events.runs import PEER_COMMANDS, Size, run_size
from benchmarks.identity.report import write_into
from benchmarks.measure import CommandError

PLOT = "night_time.svg"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    given = read_arguments(arguments)
    status = 0
    try:
        for millions in given.sizes:
            measure_size(round(millions * MILLION), given)
    except (DisagreementError, CommandError) as error:
        print(f"benchmarks.events: {error}", file=sys.stderr)
        status = 1
    sizes = sorted(map(Size.read, given.results.glob("*.json")), key=lambda size: size.events)
    text = tell(sizes, PLOT)
    print(text)
    if given.write:
        given.write.with_name(PLOT).write_text(draw(sizes), "utf-8")
        write_into(given.write, text, "bench-events")
    return status


def read_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.events", description=__doc__.split("\n\n")[0])
    parser.add_argument("--sizes", type=float, nargs="+", default=[1, 3, 10, 30], help="millions of events")
    parser.add_argument("--peers", nargs="*", choices=list(PEER_COMMANDS), default=list(PEER_COMMANDS))
    parser.add_argument("--runs", type=int, default=3, help="runs of what takes below a minute (default: %(default)s)")
    parser.add_argument("--limit", type=float, default=30, help="minutes a program may take (default: %(default)s)")
    parser.add_argument(
        "--results", type=Path, default=Path("docs/measured/events"), help="folder of what was measured"
    )
    parser.add_argument("--scratch", type=Path, help="folder for the worlds; 30 million events take 20 GB")
    parser.add_argument("--write", type=Path, help="a document in which this part is replaced, with its plot beside it")
    return parser.parse_args(arguments)


def measure_size(events: int, given: argparse.Namespace) -> None:
    """Measure one size, and keep what was measured."""
    with tempfile.TemporaryDirectory(prefix="c360-bench-", dir=given.scratch) as folder:
        for size in run_size(Path(folder), events, given.peers, given.runs, given.limit * 60):
            size.write(given.results / f"{events}.json")


if __name__ == "__main__":
    sys.exit(main())
