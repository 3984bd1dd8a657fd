"""A generated delivery, and what a night makes of it: right, loud, or wrong in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.reliability.nights import replaced
from tests.worlds.world import World
from warehouse import night
from warehouse.checks import GateClosed

LOUD = "loud"
RIGHT, SILENT = "right", "wrong in silence"
Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Variant:
    """Deliveries to one source, its contract, and the rows that must come of them."""

    name: str
    files: Mapping[str, bytes]
    contract: Mapping[str, Any]
    """As `tests.worlds.world.World.declare` takes it, with `name` of the source."""
    expected: Rows | str
    """What `query` must give, in this order; LOUD: it must be refused, or quarantined."""
    query: str
    stage: str = "load"
    settings: Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def open_checks() -> Iterator[Executor]:
    """One process for the checks of all nights."""
    with night.open_checker() as checker, replaced(night, "open_checker", lambda: nullcontext(checker)):
        yield checker


def found(variant: Variant, folder: Path, checker: Executor) -> World:
    """A company that has the variant's source alone, its deliveries there."""
    world = World.found(folder, checker, ())
    contract = dict(variant.contract)
    world.declare(contract.pop("name"), **contract)
    if variant.settings:
        world.write_yaml("settings.yaml", dict(variant.settings))
    for name, body in variant.files.items():
        world.deliver(name, body)
    return world


def take_in(variant: Variant, folder: Path, checker: Executor) -> tuple[Rows | None, int]:
    """The rows that a night gives, None where it is refused; and how many records are in quarantine."""
    world = found(variant, folder, checker)
    try:
        world.run_to(variant.stage)
    except GateClosed:
        return None, 0
    return world.ask(variant.query), world.ask("SELECT count(*) FROM quarantine.record")[0][0]


def judge(variant: Variant, rows: Rows | None, quarantined: int) -> str:
    """RIGHT, LOUD or SILENT. Of rows that are not all there, each must be right, and the others in quarantine."""
    if rows is None:
        return LOUD
    if variant.expected == LOUD:
        return LOUD if quarantined else SILENT
    wanted = list(variant.expected)
    if sorted(rows, key=str) == sorted(wanted, key=str):
        return RIGHT
    is_part = all(row in wanted for row in rows) and len(rows) + quarantined >= len(wanted)
    return LOUD if quarantined and is_part else SILENT
