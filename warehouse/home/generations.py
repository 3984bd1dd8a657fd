"""The generations of a home: which there are, which stay, and going back to an earlier one."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date

from warehouse.contracts.settings import Settings
from warehouse.home.layout import Generation, Home, HomeError, point_to, remove_folder
from warehouse.home.lock import hold_lock
from warehouse.home.verify import DamageError, verify

COPY_FACTOR = 1.3
"""Room that a night needs, in sizes of the current generation: its copy, and what a usual night adds."""


def list_generations(home: Home) -> list[Generation]:
    """Every generation whose manifest can be read, the newest first."""
    numbers = sorted(home.list_numbers(), reverse=True)
    found = [Generation(number, home.generations / str(number)) for number in numbers]
    return [generation for generation in found if is_described(generation)]


def is_described(generation: Generation) -> bool:
    """Can its manifest be read, and is it of this generation?"""
    try:
        generation.require_manifest()
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def read_date(generation: Generation) -> date | None:
    """The business date; None where the manifest is missing or damaged."""
    try:
        return date.fromisoformat(generation.read_manifest()["as_of"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def find_generation(home: Home, number: int) -> Generation:
    """The generation of that number.

    Raises:
        HomeError: there is none.
    """
    found = list_generations(home)
    for generation in found:
        if generation.number == number:
            return generation
    raise HomeError(f"there is no generation {number}; there are: {', '.join(str(g.number) for g in found) or 'none'}")


def roll_back(home: Home, number: int | None = None) -> Generation:
    """Serve an earlier generation: that of a number, or else the one that the current one was built from.

    The next night starts from it, so what was delivered since is loaded again: take away what should not be.

    Raises:
        HomeError: there is no such generation, or it is served already.
        DamageError: it is not what was published.
    """
    with hold_lock(home, "of c360 rollback"):
        generation = find_generation(home, choose_earlier(home) if number is None else number)
        if number is not None and is_served(home, number):
            raise HomeError(f"generation {number} is served already")
        if faults := verify(generation):
            raise DamageError(f"generation {generation.number} is damaged, what is served stays: " + "; ".join(faults))
        point_to(home, generation.number)
    return generation


def choose_earlier(home: Home) -> int:
    """The number of the generation that the current one was built from."""
    current = home.require_current()
    parent = current.read_manifest()["parent"]
    if parent is None:
        raise HomeError(f"generation {current.number} is the first; there is none before it")
    return int(parent)


def is_served(home: Home, number: int) -> bool:
    """Is it the current one? None is where the pointer is damaged, which going to any one of them mends."""
    try:
        return home.require_current().number == number
    except HomeError:
        return False


def choose_kept(generations: Sequence[Generation], newest: int, months: int) -> set[int]:
    """Numbers of the generations to keep: the newest, and the last of each of the latest months that have one."""
    kept = {generation.number for generation in generations[:newest]}
    last: dict[str, int] = {}
    for generation in generations:
        last.setdefault(f"{read_date(generation):%Y-%m}", generation.number)
    return kept | {last[month] for month in sorted(last, reverse=True)[:months]}


def remove_old(home: Home, settings: Settings) -> list[int]:
    """Remove the generations that need not be kept beside the one that is being built; gives their numbers.

    Call it with the lock held. Whoever is reading one of them reads on.
    """
    current, found = home.find_current(), list_generations(home)
    kept = choose_kept(found, settings.keep_generations - 1, settings.keep_months)
    gone = [g for g in found if g.number not in kept and (current is None or g.number != current.number)]
    home.work.mkdir(exist_ok=True)
    for generation in gone:
        aside = home.work / f"removed-{generation.number}"
        generation.folder.chmod(0o700)
        generation.folder.rename(aside)  # at once, so that nobody finds half of it
        remove_folder(aside)
    return [generation.number for generation in gone]


def require_room(home: Home, current: Generation | None) -> None:
    """Raise HomeError where the disk cannot hold a copy of the current generation."""
    if current is None:
        return
    needed = int(count_bytes(current) * COPY_FACTOR)
    free = shutil.disk_usage(home.root).free
    if free < needed:
        raise HomeError(
            f"a night needs about {needed / 1e6:,.0f} MB in {home.root} (a copy of generation {current.number}), and"
            f" {free / 1e6:,.0f} MB are free; make room, or keep fewer generations (settings: keep_generations)"
        )


def count_bytes(generation: Generation) -> int:
    """What all of its files take."""
    return sum(path.stat().st_size for path in generation.folder.rglob("*") if path.is_file())


def describe_generations(home: Home) -> list[dict[str, object]]:
    """number, is_current, as_of, published_at, customers, bytes and parent of every generation, the newest first."""
    rows: list[dict[str, object]] = []
    for generation in list_generations(home):
        manifest = generation.read_manifest()
        rows.append(
            {
                "number": generation.number,
                "is_current": is_served(home, generation.number),
                "as_of": manifest["as_of"],
                "published_at": manifest["published_at"],
                "customers": manifest["tables"].get("main.customer_profile"),
                "bytes": count_bytes(generation),
                "parent": manifest["parent"],
            }
        )
    return rows
