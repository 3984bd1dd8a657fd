"""One bit flipped in a file of a generation, or in the pointer: `verify` finds it, and no query answers otherwise."""

from __future__ import annotations

import random
from pathlib import Path

import duckdb

from benchmarks.reliability.nights import digest_rows, publish_first, require_well, run, sell
from benchmarks.reliability.outcome import Outcome
from tests.worlds.world import World
from warehouse.home.layout import WORKINGS, HomeError, point_to
from warehouse.home.verify import verify

SMALL = ("manifest.json", "report.json", "report.html", "identity_model.json")
GENERATIONS = 3


def flip_bits(folder: Path, times: int = 250) -> list[Outcome]:
    """Half the flips in the database, the others in the small files, and every bit of the pointer."""
    world = publish_first(folder / "world")
    for night in range(2, GENERATIONS + 1):
        require_well(run(world))
        sell(world, 10 + night)
    return [flip_files(world, times), flip_pointer(world)]


def flip_files(world: World, times: int) -> Outcome:
    """Flip one bit after the other, and put each back."""
    outcome = Outcome(
        "one bit flipped in a file of a generation (every other one in the database)",
        "`c360 verify` finds it; a full read gives the true rows or an error",
    )
    generation, chance, refused = world.home.require_current(), random.Random(4), 0
    folder = generation.folder
    true = digest_rows(folder / WORKINGS)
    small = [name for name in SMALL if (folder / name).is_file()]
    for number in range(times):
        path = folder / (WORKINGS if number % 2 == 0 else chance.choice(small))
        path.chmod(0o644)
        place, bit = chance.randrange(path.stat().st_size), chance.randrange(8)
        flip(path, place, bit)
        faults = [] if verify(generation) else ["verify found nothing"]
        if path.name == WORKINGS:
            is_refused, is_true = read_all(path, true)
            refused += is_refused
            faults += [] if is_refused or is_true else ["a query gave other rows"]
        flip(path, place, bit)
        outcome.add(f"{path.name}, byte {place}, bit {bit}", faults)
    if faults := verify(world.home.require_current()):
        raise RuntimeError(f"the flips were not put back: {faults}")
    outcome.notes.append(f"the engine refused {refused} of {(times + 1) // 2} in the database; others lay in no row")
    return outcome


def flip(path: Path, place: int, bit: int) -> None:
    """Flip one bit of a file."""
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1 << bit]))


def read_all(database: Path, true: dict[str, str]) -> tuple[bool, bool]:
    """Does the engine refuse to read it; and if not, are the rows the true ones?"""
    try:
        return False, digest_rows(database) == true
    except duckdb.Error:
        return True, False


def flip_pointer(world: World) -> Outcome:
    """Flip every bit of the pointer's text in turn."""
    outcome = Outcome(
        f"every bit of the pointer flipped in turn, with {GENERATIONS} generations kept",
        "it names no generation and readers are told so; none is served that was not pointed to",
    )
    pointer, number = world.home.pointer, world.home.require_current().number
    text = str(pointer.readlink()).encode()
    for place, bit in ((place, bit) for place in range(len(text)) for bit in range(8)):
        changed = bytes(byte ^ (1 << bit if at == place else 0) for at, byte in enumerate(text))
        if b"\0" in changed:
            continue  # no link can hold it
        pointer.unlink()
        pointer.symlink_to(changed.decode("utf-8", "surrogateescape"))
        outcome.add(f"byte {place}, bit {bit}", judge_pointer(world, number))
    point_to(world.home, number)
    return outcome


def judge_pointer(world: World, number: int) -> list[str]:
    """What is wrong with what a reader is served through a changed pointer."""
    try:
        served = world.home.require_current()
    except HomeError:
        return []
    if served.number == number:
        return []
    return verify(served) or [f"generation {served.number} is served in place of {number}, and verifies"]
