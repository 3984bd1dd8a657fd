"""How well and how fast records of one person are found, beside peers, in one table: `make bench-identity`.

Run a part as `python -m benchmarks.identity [--set NAME …] [--only MATCHER …]`; it reads `../shared/data` and says so
where that is absent. Results go to stdout as Markdown, progress to stderr. Exit status 1: nothing could be run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from benchmarks.identity import aims as identity_aims
from benchmarks.identity import strangers
from benchmarks.identity import text as identity_text
from benchmarks.identity import world as identity_world
from benchmarks.identity.names import PAIRS, score_names
from benchmarks.identity.report import Findings, Row, show_findings, show_row, write_into
from benchmarks.identity.runs import MATCHERS, Matcher, Run, Task, run_matcher
from benchmarks.identity.scores import list_missed, score, score_best
from benchmarks.identity.sets import DATA, SETS
from benchmarks.identity.speed import EDGES, generate_task, make_edges, measure_ways
from benchmarks.measure import Measure

WORLD, NAMES, SPEED, COMPONENTS = identity_world.NAME, "hk_name_pairs", "speed", "components"
PARTS = [*SETS, WORLD, *strangers.PARTS, NAMES, SPEED, COMPONENTS]
NIGHT = Matcher("customer-360, the night", "", "night")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and print it; returns the exit status."""
    given = read_arguments(arguments)
    found, machine = Findings(), identity_text.describe_machine()
    if not DATA.exists():
        print(f"benchmarks.identity: there is no {DATA.name} of public sets at ../shared/{DATA.name}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="c360-identity-") as folder:
        for number, part in enumerate(given.set or PARTS):
            run_part(part, given, found, Path(folder) / str(number))
    if not (found.rows or found.names or found.connected or found.tallies):
        return 1
    tables = show_findings(found, EDGES)
    text = identity_text.tell(machine, tables, identity_aims.judge(found), found.examples)
    print(text)
    if given.write:
        write_into(given.write, text)
    return 0


def read_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity", description=__doc__.split("\n\n")[0])
    parser.add_argument("--set", action="append", choices=PARTS, help="a part; all, if none is given")
    parser.add_argument("--only", action="append", choices=list(MATCHERS), help="a matcher; all, if none is given")
    parser.add_argument("--records", type=int, default=1_000_000, help="generated records (default: %(default)s)")
    parser.add_argument(
        "--limit", type=float, default=30, help="minutes that a matcher may take (default: %(default)s)"
    )
    parser.add_argument("--examples", type=int, default=3, help="wrong pairs told per set and kind, by record id")
    parser.add_argument("--write", type=Path, help="a document in which the identity part is replaced")
    return parser.parse_args(arguments)


def run_part(part: str, given: argparse.Namespace, found: Findings, folder: Path) -> None:
    """Run one part into the findings."""
    folder.mkdir()
    limit = given.limit * 60
    if part == SPEED:
        matchers = [MATCHERS[m] for m in given.only or MATCHERS if MATCHERS[m].is_for_speed]
        run_task(generate_task(given.records, limit), matchers, found, folder)
    elif part == COMPONENTS:
        make_edges(folder)
        found.connected = measure_ways(folder)
    elif part in strangers.PARTS:
        chosen = [MATCHERS[m] for m in given.only or MATCHERS if MATCHERS[m].sets is None]
        found.tallies += strangers.tally(part, chosen, folder, limit)
    elif not DATA.exists():
        found.skipped.append(f"{part}: ../shared/data is not there")
    elif part == NAMES:
        found.names = score_names() if PAIRS.exists() else ()
    elif part == WORLD:
        run_world(given, found, folder)
    else:
        own = SETS[part]
        task = Task(part, own.read_roles(), own.read(), own.is_link, limit)
        matchers = [MATCHERS[m] for m in given.only or MATCHERS]
        rows = run_task(task, [m for m in matchers if m.sets is None or part in m.sets], found, folder)
        found.examples += tell_examples(task, rows, given.examples)


def run_task(task: Task, matchers: Iterable[Matcher], found: Findings, folder: Path) -> list[Row]:
    """Every matcher on a table; its row is told as soon as it is there."""
    rows = []
    for number, matcher in enumerate(matchers):
        rows.append(judge_run(task, run_matcher(task, matcher, folder / str(number))))
        print(task.name, *show_row(rows[-1]), sep=" | ", file=sys.stderr, flush=True)
    found.rows += rows
    return rows


def judge_run(task: Task, run: Run) -> Row:
    """A matcher's row; records without a truth are not scored."""
    people = task.roles
    if run.clusters is None:
        return Row(task.name, people.height, run)
    truth = people["truth"]
    found = score(truth, run.clusters)
    best = None if run.pairs is None else max(found.f1, score_best(truth, run.pairs))
    if task.name != WORLD:
        return Row(task.name, people.height, run, found, best)
    world = identity_world.score_world(people, run.clusters)
    return Row(task.name, people.height, run, world.pairs, best, world)


def run_world(given: argparse.Namespace, found: Findings, folder: Path) -> None:
    """hk_world: a night makes the accounts, and publishes who it takes them for."""
    home = folder / "home"
    seconds = identity_world.publish_world(home)
    task = identity_world.read_task(home, given.limit * 60)
    chosen = [MATCHERS[m] for m in given.only or MATCHERS if MATCHERS[m].sets is None]
    rows = run_task(task, chosen, found, folder)
    published = Run(NIGHT, Measure(seconds, 0, 0), identity_world.read_customers(home, task.roles))
    found.rows.append(judge_run(task, published))
    found.examples += tell_examples(task, [*rows, found.rows[-1]], given.examples)


def tell_examples(task: Task, rows: Sequence[Row], most: int) -> list[str]:
    """The first pairs of records that ours has wrong, by their ids: of what the night publishes, where there is one."""
    ours = [row.run.clusters for row in rows if row.is_ours and row.run.clusters is not None]
    if not ours:
        return []
    labelled = task.roles.select("source", "record", "truth", cluster=ours[-1]).filter(pl.col("truth").is_not_null())
    if task.name == WORLD:
        labelled = identity_world.number_lines(labelled)
    apart, together = list_missed(labelled, most)
    kinds = [("apart", apart), ("together", together)]
    return [f"{task.name}, {kind}: {'; '.join(pairs)}" for kind, pairs in kinds if pairs]


if __name__ == "__main__":
    sys.exit(main())
