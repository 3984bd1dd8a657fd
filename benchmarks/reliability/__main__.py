"""Break things on purpose and count what held: `make reliability`.

What each experiment came to is kept in --results. The table of all that are there goes to stdout as Markdown and, with
--write, into a document after each experiment; progress to stderr. Exit status 1: something did not hold.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.reliability.asking import ask_hostile
from benchmarks.reliability.damages import break_homes
from benchmarks.reliability.faults.clocks import set_clocks
from benchmarks.reliability.faults.disk import fill_disks, starve
from benchmarks.reliability.faults.flips import flip_bits
from benchmarks.reliability.faults.hundred import run_nights
from benchmarks.reliability.faults.kills import kill_nights, start_together
from benchmarks.reliability.faults.malformed import spoil_files
from benchmarks.reliability.faults.rules import break_rules
from benchmarks.reliability.faults.surroundings import cut_network, move_clocks
from benchmarks.reliability.histories import shuffle_histories
from benchmarks.reliability.outcome import Outcome, read_outcomes, show_outcomes, write_outcomes, write_table
from benchmarks.reliability.readers import read_through_publishes
from benchmarks.reliability.variants.deletions import delete_members
from benchmarks.reliability.variants.encodings import read_encodings
from benchmarks.reliability.variants.guesses import read_guesses
from benchmarks.reliability.variants.names import hide_names
from benchmarks.reliability.variants.phones import read_phones
from benchmarks.reliability.variants.records import split_files
from benchmarks.reliability.variants.shapes import read_shapes
from benchmarks.reliability.variants.workbooks import read_workbooks

VARIANTS: Mapping[str, Callable[[Path], list[Outcome]]] = {
    "encodings": read_encodings,
    "guesses": read_guesses,
    "records": split_files,
    "shapes": read_shapes,
    "workbooks": read_workbooks,
    "names": hide_names,
    "phones": read_phones,
    "deletions": delete_members,
}
"""Generated files: each right or loud, none wrong in silence."""
EXPERIMENTS: Mapping[str, Callable[[Path], list[Outcome]]] = {
    "kills": kill_nights,
    "flips": flip_bits,
    "readers": read_through_publishes,
    "starts": start_together,
    "disk": fill_disks,
    "memory": starve,
    "malformed": spoil_files,
    **VARIANTS,
    "rules": break_rules,
    "statements": ask_hostile,
    "damages": break_homes,
    "zones": move_clocks,
    "clocks": set_clocks,
    "network": cut_network,
    "histories": shuffle_histories,
    "nights": run_nights,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reliability", description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", nargs="+", choices=EXPERIMENTS, help="these experiments alone")
    parser.add_argument(
        "--results", type=Path, default=Path("docs/measured/reliability"), help="folder of what came of each"
    )
    parser.add_argument("--write", type=Path, help="a document with the markers, to write the table into")
    wanted = parser.parse_args(arguments)
    outcomes: list[Outcome] = []
    for name in wanted.only or EXPERIMENTS:
        begun = time.monotonic()
        with TemporaryDirectory(prefix="c360-reliability-") as folder:
            found = EXPERIMENTS[name](Path(folder))
        outcomes += found
        write_outcomes(name_results(wanted.results, name), found)
        print(f"{name}: {time.monotonic() - begun:.0f} s", *(o.show() for o in found), sep="\n", file=sys.stderr)
        if wanted.write:
            write_table(wanted.write, show_outcomes(read_all(wanted.results)))
    print(show_outcomes(read_all(wanted.results)))
    return 0 if all(outcome.is_held or outcome.skipped for outcome in outcomes) else 1


def name_results(results: Path, name: str) -> Path:
    """The file of what came of an experiment."""
    return results / ("variants" if name in VARIANTS else "") / f"{name}.json"


def read_all(results: Path) -> list[Outcome]:
    """What came of every experiment that was ever run, in the order of EXPERIMENTS."""
    files = [name_results(results, name) for name in EXPERIMENTS]
    return [outcome for file in files if file.exists() for outcome in read_outcomes(file)]


if __name__ == "__main__":
    sys.exit(main())
