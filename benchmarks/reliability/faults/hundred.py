"""A hundred nights in a row: the disk holds what is to be kept, and nothing is left over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from benchmarks.reliability.nights import list_leftovers, publish_within, sell
from benchmarks.reliability.outcome import Outcome
from tests.worlds.world import AS_OF, World
from warehouse.contracts.settings import read_settings

NIGHT_BYTES = 16_384
"""What a night may add to the database at most, by the average of the nights: its sale, its delivery, and the results
of some two hundred checks, which are kept. The file itself grows by a quarter of a megabyte at a time."""
SETTLED = 20
"""Nights until as many generations are there as are kept."""


def run_nights(folder: Path, nights: int = 100, settled: int = SETTLED) -> list[Outcome]:
    """One sale to somebody new each night."""
    outcome = Outcome(
        f"{nights} nights in a row, one sale each, `keep_generations: 3`",
        "at most what is kept is there; nothing in `work/` and no temporary file; verify finds nothing",
    )
    grown = Outcome("size of the database over those nights", f"grows by at most {NIGHT_BYTES:,} bytes a night")
    sizes = []
    with publish_within(folder / "world", ["sales", "fx_rates"]) as world:
        world.write_yaml("settings.yaml", {"keep_generations": 3, "keep_months": 1})
        for night in range(1, nights + 1):
            sell(world, 1000 + night)
            world.night(AS_OF + timedelta(days=night))
            outcome.add(f"night {night}", list_strays(world) + (list_leftovers(world) if night % 10 == 0 else []))
            sizes.append(world.home.require_current().workings.stat().st_size)
    grown.add("all", judge_growth(sizes[settled - 1 :]))
    grown.notes.append(f"{sizes[settled - 1]:,} bytes after night {settled}, {sizes[-1]:,} after night {nights}")
    return [outcome, grown]


def list_strays(world: World) -> list[str]:
    """What is in the home and should not be."""
    known = {
        "generations",
        "current",
        "served.json",
        "work",
        "reports",
        "lock",
        "data_docs",
        "decisions.jsonl",
        "ledgers",
    }
    faults = [f"left {path.name}" for path in world.home.root.iterdir() if path.name not in known]
    faults += [f"left work/{path.name}" for path in world.home.work.iterdir()]
    faults += [f"left {p.name}" for p in world.home.root.rglob("*") if p.suffix in {".new", ".tmp", ".wal", ".spill"}]
    settings, count = read_settings(world.contracts), len(world.home.list_numbers())
    most = settings.keep_generations + settings.keep_months + 1
    return [*faults, *([f"{count} generations"] if count > most else [])]


def judge_growth(sizes: list[int]) -> list[str]:
    """Does the file grow by more than what is new?"""
    mean = (sizes[-1] - sizes[0]) / max(len(sizes) - 1, 1)
    return [f"it grows by {mean:,.0f} bytes a night"] if mean > NIGHT_BYTES else []
