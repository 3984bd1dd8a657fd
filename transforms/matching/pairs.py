"""The pairs of a table that are compared: candidates that share something, and random ones, to see what chance does."""

from __future__ import annotations

import numpy as np
import polars as pl

from transforms.matching.blocking import block_pairs
from transforms.matching.fields import Ints
from transforms.matching.keys import list_keys
from transforms.matching.settings import MatchSettings

Pairs = tuple[Ints, Ints]
LEAST_BLOCK = 6
LEAST_BUDGET = 100_000
"""Pairs that even the smallest table may compare."""


def list_candidates(values: dict[str, pl.DataFrame], side: Ints | None, settings: MatchSettings, count: int) -> Pairs:
    """Pairs of records left < right that share a key; with sides, only those of two sides."""
    scale = (50_000 / max(1, count)) ** (1 / 3)
    size = int(np.clip(settings.block_size * scale, LEAST_BLOCK, 2 * settings.block_size))
    budget = max(int(settings.pairs_per_record * min(1.0, scale) * count), LEAST_BUDGET)
    pairs = block_pairs(list_keys(values, settings.name_keys), size, budget)
    left, right = pairs["left"].to_numpy().astype(np.int64), pairs["right"].to_numpy().astype(np.int64)
    if side is not None:
        crosses = side[left] != side[right]
        left, right = left[crosses], right[crosses]
    return left, right


def pick_random(candidates: Pairs, side: Ints | None, settings: MatchSettings, count: int) -> Pairs:
    """Random pairs that are no candidates, left < right; the same for the same table whatever the order of its rows."""
    rng = np.random.default_rng(settings.seed)
    a, b = (rng.integers(0, max(1, count), settings.sample_pairs) for _ in range(2))
    left, right = np.minimum(a, b), np.maximum(a, b)
    is_kept = left != right
    if side is not None:
        is_kept &= side[left] != side[right]
    taken = candidates[0] * count + candidates[1]
    key = left * count + right
    place = np.minimum(np.searchsorted(taken, key), max(0, len(taken) - 1))
    if len(taken):
        is_kept &= taken[place] != key
    return left[is_kept], right[is_kept]


def count_pairs(side: Ints | None, count: int) -> float:
    """How many pairs the table has in all; with sides, of two sides."""
    total = count * (count - 1) / 2
    if side is None:
        return total
    sizes = np.bincount(side).astype(np.float64)
    return float(total - (sizes * (sizes - 1) / 2).sum())
