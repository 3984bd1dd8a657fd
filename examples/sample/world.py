"""The frame of a sample world: how big, how long, which seed. The world ends on AS_OF; no clock is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

AS_OF = date(2026, 6, 30)
LIMITS = {"people": (100, 500_000), "sales": (1000, 50_000_000), "nights": (30, 3650)}
"""Smaller worlds have no place for every kind of dirt; larger ones run out of ids."""


@dataclass(frozen=True)
class World:
    """What a sample world is made from."""

    people: int = 5000
    sales: int = 100_000
    """Good lines of sale, refunds among them."""
    nights: int = 120
    """Days of business up to AS_OF, each with a delivery of sales."""
    seed: int = 360

    @property
    def start(self) -> date:
        """The first day."""
        return AS_OF - timedelta(days=self.nights - 1)


def require_size(world: World) -> None:
    """Raise ValueError if the world is too small or too large."""
    for name, (least, most) in LIMITS.items():
        if not least <= getattr(world, name) <= most:
            raise ValueError(f"--{name} is {getattr(world, name)}; it must be from {least} to {most}")


def require_nights(world: World, by_night: int) -> None:
    """Raise ValueError unless a part of the world's nights, or none, is to have files of its own."""
    if not 0 <= by_night <= world.nights // 2:
        raise ValueError(f"--by-night is {by_night}; it must be from 0 to {world.nights // 2}, half of --nights")
