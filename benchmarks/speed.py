"""Speed of `c360 run` beside hand-written DuckDB scripts that compute the same profile: `make bench`.

Runs are interleaved (c360, script, c360, script …), each from nothing but the deliveries; medians are shown. Results
go to stdout as Markdown, progress to stderr. Exit status 1: the two sides do not agree, or a command failed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

from warehouse import ROOT

sys.path.insert(0, str(ROOT))  # so that it can be run as a file, from any folder

import psutil  # type: ignore[import-untyped]

from benchmarks.agreement import DisagreementError
from benchmarks.measure import CommandError, Measure, measure
from benchmarks.worlds import C360, World, lay_out

STEPS = ("land", "check", "load", "clean", "identify", "profile", "check_published")
REST = "start, contracts, waiting for the checks, publishing"
WHOLE = "whole command"
PACKAGES = ("duckdb", "polars", "great-expectations")
GIB = 2**30
COLUMNS = "| | wall s | processor s | peak memory GiB | times the script |\n|---|---:|---:|---:|---:|"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="benchmarks/speed.py", description=__doc__.split("\n\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="runs of each side (default: %(default)s)")
    runs = parser.parse_args(arguments).runs
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as folder:
        try:
            print(report(Path(folder), runs))
        except (DisagreementError, CommandError) as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
    return 0


def report(folder: Path, runs: int) -> str:
    """Everything that is printed: the table, the steps, what agrees."""
    worlds, notes = lay_out(folder)
    rows, steps, load = [], {}, os.getloadavg()[0]
    for world in worlds:
        ours, theirs, seconds = race(world, runs)
        rows += [show(f"`c360 run`, {world.title}", ours, theirs), show("the same by a script", theirs)]
        steps[world] = seconds
        notes += [f"{world.title.partition(':')[0]}: {line}" for line in world.compare(world.published, world.scripted)]
    say("cold starts")
    ask = [str(C360), "sql", "select 1", "--home", str(worlds[0].home)]
    rows.append(show("`c360 sql 'select 1'`, cold start", [measure(ask, folder) for _ in range(5)]))
    gx = [sys.executable, "-c", "import great_expectations"]
    rows.append(show("`import great_expectations` alone", [measure(gx, folder) for _ in range(3)]))
    parts = [describe_machine(load), "\n".join([COLUMNS, *rows]), show_steps(steps), "\n".join(f"- {n}" for n in notes)]
    return "\n\n".join(parts)


def race(world: World, runs: int) -> tuple[list[Measure], list[Measure], dict[str, float]]:
    """Both sides in turn; what each run took, and c360's seconds by step in its median run."""
    ours, theirs, steps = [], [], []
    for number in range(1, runs + 1):
        world.clear()
        say(f"{world.name}: c360, run {number} of {runs}")
        ours.append(measure(world.c360_command(), world.folder))
        steps.append(read_steps(world))
        say(f"{world.name}: script, run {number} of {runs}")
        theirs.append(measure(world.script_command(), world.folder))
    order = sorted(range(runs), key=lambda n: ours[n].wall_seconds)
    middle = order[(runs - 1) // 2]
    return ours, theirs, {**steps[middle], WHOLE: ours[middle].wall_seconds}


def read_steps(world: World) -> dict[str, float]:
    """Seconds by step, from the run's own report."""
    (path,) = (world.home / "reports").glob("*.json")
    seconds: dict[str, float] = json.loads(path.read_text("utf-8"))["seconds"]
    return seconds


def show(title: str, found: list[Measure], peer: list[Measure] | None = None) -> str:
    """One row of the table: medians, and how many times the peer's wall time that is."""
    wall, cpu = (median(getattr(m, name) for m in found) for name in ("wall_seconds", "cpu_seconds"))
    peak = median(m.peak_bytes for m in found) / GIB
    times = f"{wall / median(m.wall_seconds for m in peer):.1f}" if peer else ""
    return f"| {title} | {wall:.2f} | {cpu:.2f} | {peak:.2f} | {times} |"


def show_steps(steps: dict[World, dict[str, float]]) -> str:
    """The second table: where c360's time goes. Checks run in a process of their own, beside landing."""
    head = " | ".join(world.title.partition(":")[0] for world in steps)
    lines = [f"| seconds of c360's median run | {head} |", "|---|" + "---:|" * len(steps)]
    for seconds in steps.values():
        inside = sum(s for step, s in seconds.items() if step not in {"check", WHOLE})
        seconds[REST] = seconds[WHOLE] - inside
    for step in (*STEPS, REST, WHOLE):
        lines.append(f"| {step} | " + " | ".join(f"{seconds.get(step, 0):.2f}" for seconds in steps.values()) + " |")
    return "\n".join(lines)


def describe_machine(load: float) -> str:
    """What it ran on."""
    memory = psutil.virtual_memory().total / GIB
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB; Python {platform.python_version()}, {versions};"
        f" load {load:.1f} at the start. Peak memory: sum over all processes, sampled ten times a second."
    )


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
