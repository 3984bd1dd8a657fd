"""The wall clock set a year back and a year ahead between two nights: the same rows for the same business date."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.reliability.nights import compare_rows, digest_rows, list_leftovers, publish_first, require_well, run
from benchmarks.reliability.outcome import Outcome
from tests.worlds.world import World
from warehouse.home.layout import remove_folder
from warehouse.monitoring.report import read_last_report

SOURCE = Path(__file__).with_name("clock.c")
YEARS = (-1, 1)


def set_clocks(folder: Path, years: Sequence[int] = YEARS) -> list[Outcome]:
    """A night by the true clock, then one by a clock that is years off, then one by the true clock again."""
    outcome = Outcome(
        f"wall clock of a night and all it starts moved by {', '.join(f'{y:+d}' for y in years)} years (`LD_PRELOAD`)",
        "the same rows for the same business date; generations in order; the last report is of the last run",
    )
    library = folder / "clock.so"
    try:
        command = ["cc", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        outcome.skipped = "wants a C compiler and glibc"
        return [outcome]
    base = publish_first(folder / "base")
    whole = base.copy(folder / "whole")
    require_well(run(whole))
    wanted = digest_rows(whole.home.require_current().workings)
    for year in years:
        world = base.copy(folder / "moved")
        outcome.add(f"{year:+d} years", judge_moved(world, library, year, wanted))
        remove_folder(world.root)
    return [outcome]


def judge_moved(world: World, library: Path, year: int, wanted: dict[str, str]) -> list[str]:
    """What is wrong with a night by a moved clock, and with the next by the true one."""
    moved = {"LD_PRELOAD": str(library), "C360_CLOCK_SECONDS": str(year * 365 * 86400)}
    begun = datetime.now().astimezone()
    if faults := run(world, environment=moved).list_faults():
        return faults
    faults = compare_rows(world, wanted) + list_leftovers(world)
    said = datetime.fromisoformat(world.home.require_current().read_manifest()["published_at"])
    if abs(said - begun - timedelta(days=365 * year)) > timedelta(days=1):
        faults.append("the clock was not moved")
    faults += judge_report(world, 2)
    faults += run(world).list_faults()  # nothing is new
    return faults + judge_report(world, 2, "unchanged")


def judge_report(world: World, generation: int, status: str = "published") -> list[str]:
    """What is wrong with the last report and the number of the generation."""
    report = read_last_report(world.home) or {}
    told = (report.get("status"), report.get("generation"), world.generation)
    return [] if told == (status, generation, generation) else [f"the last report and the generation say {told}"]
