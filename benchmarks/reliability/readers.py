"""Eight reading processes through twenty publishes."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from benchmarks.reliability.nights import ROOT, publish_first, run, sell
from benchmarks.reliability.outcome import Outcome
from benchmarks.reliability.reading import Seen
from tests.worlds.world import AS_OF, World


def read_through_publishes(folder: Path, publishes: int = 20, readers: int = 8) -> list[Outcome]:
    """Readers ask without pause while one night after the other is published."""
    outcome = Outcome(
        f"{readers} processes read through {publishes} publishes",
        "no error, no empty answer, one generation in each answer; counted by reader",
    )
    world, stop = publish_first(folder / "world"), folder / "stop"
    reading = [start_reader(world, stop) for _ in range(readers)]
    faults = []
    try:
        for night in range(1, publishes + 1):
            sell(world, 10 + night)
            faults += run(world, AS_OF + timedelta(days=night)).list_faults()
    finally:
        stop.touch()
        said = [json.loads(process.communicate(timeout=60)[0]) for process in reading]
    seen = [Seen(**(one | {"pictures": {tuple(p) for p in one["pictures"]}})) for one in said]
    # Each night brings one sale to one customer more; the first of them two.
    wanted = {(1, 2, 4)} | {(1 + n, 3 + n, 5 + n) for n in range(1, publishes + 1)}
    for number, one in enumerate(seen, 1):
        outcome.add(f"reader {number}", [*faults, *one.list_faults(wanted)])
    generations = len(set().union(*(one.pictures for one in seen)))
    outcome.notes.append(f"{sum(one.answers for one in seen):,} answers, of {generations} generations")
    return [outcome]


def start_reader(world: World, stop: Path) -> subprocess.Popen[str]:
    """A reading process that has had its first answer."""
    command = [sys.executable, "-m", "benchmarks.reliability.reading", str(world.home.root), str(stop)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    process.stdout.readline()
    return process
