"""SIGKILL at random moments of a night, and to the one who holds the lock; ten starts at once."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from benchmarks.reliability.nights import (
    Ended,
    compare_rows,
    digest_rows,
    end_group,
    finish,
    has_ended,
    list_leftovers,
    publish_first,
    require_well,
    run,
    start,
    wait_for,
)
from benchmarks.reliability.outcome import Outcome
from benchmarks.reliability.reading import Reader
from tests.worlds.world import SOURCES, World
from warehouse.home.layout import remove_folder
from warehouse.home.verify import verify

PICTURES = {(1, 3, 8), (2, 4, 9)}
"""Generation, customers and events before and after the night."""


def kill_nights(folder: Path, times: int = 40) -> list[Outcome]:
    """Kill a night, with all it started, at a moment anywhere in its run time; then run it again."""
    outcome = Outcome(
        "SIGKILL of `c360 run` and all it started, at a random moment of its run time, while somebody reads",
        "readers see a whole generation; what is served verifies; the rerun gives the rows of an uninterrupted night",
    )
    base = publish_first(folder / "base", list(SOURCES))
    whole = base.copy(folder / "whole")
    begun = time.monotonic()
    require_well(run(whole))
    seconds, wanted = time.monotonic() - begun, digest_rows(whole.home.require_current().workings)
    chance, strays = random.Random(4), 0
    while outcome.runs < times:
        world, moment = base.copy(folder / "killed"), chance.uniform(0, seconds)
        if (faults := kill_at(world, moment)) is not None:
            strays += world.generation == 1 and (world.home.generations / "2").exists()
            ended = run(world)
            faults += ended.list_faults() or [*compare_rows(world, wanted), *list_leftovers(world)]
            outcome.add(f"after {moment:.2f} s", faults)
        remove_folder(world.root)
    outcome.notes.append(f"{strays} left a complete generation that nobody was pointed to")
    return [outcome]


def kill_at(world: World, moment: float) -> list[str] | None:
    """Kill a night after so many seconds; what was wrong then, or None where it had ended before."""
    with Reader(world.home.root) as reader:
        night = start(world)
        time.sleep(moment)
        is_running = not has_ended(night)
        end_group(night)
        finish(night)
    if not is_running:
        return None
    return reader.seen.list_faults(PICTURES) + verify(world.home.require_current())


def start_together(folder: Path, times: int = 10, starts: int = 10) -> list[Outcome]:
    """Start ten nights at once; then kill one that holds the lock."""
    together = Outcome(f"{starts} starts of `c360 run` at once", f"one runs, {starts - 1} say who holds the home")
    killed = Outcome("SIGKILL of the process that holds the lock", "the next start has it at once, and publishes")
    base = publish_first(folder / "base")
    for number in range(times):
        world = base.copy(folder / "together")
        nights = [start(world) for _ in range(starts)]
        together.add(f"time {number + 1}", judge_starts({night.pid: finish(night) for night in nights}))
        remove_folder(world.root)
        world = base.copy(folder / "holder")
        killed.add(f"time {number + 1}", kill_holder(world))
        remove_folder(world.root)
    return [together, killed]


def judge_starts(ended: dict[int, Ended]) -> list[str]:
    """What is wrong with how starts at once ended."""
    winners = [pid for pid, end in ended.items() if end.status == 0]
    if len(winners) != 1:
        return [f"{len(winners)} of them ran"]
    who = f"is being written by run of c360 run (process {winners[0]} on "
    silent = [end for pid, end in ended.items() if pid != winners[0] and (end.status != 2 or who not in end.said)]
    return [fault for end in silent for fault in end.list_faults()]


def kill_holder(world: World) -> list[str]:
    """Kill the process that holds the lock, but none that it started; run again at once."""
    night = start(world)
    lock = world.home.root / "lock"
    while f"(process {night.pid} " not in lock.read_text("utf-8") and not has_ended(night):
        time.sleep(0.01)
    os.kill(night.pid, signal.SIGKILL)
    wait_for(night)
    again = run(world)
    finish(night)
    return again.list_faults() or list_leftovers(world)
