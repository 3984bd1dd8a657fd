"""The pairs of a table that are compared: candidates that share something, and random ones, to see what chance does."""

from __future__ import annotations

import numpy as np
import polars as pl

from transforms.matching.blocking.blocking_plan import COMMON, BlockLimits, arrange_keys, list_sizes, split_keys
from transforms.matching.blocking.collisions import LOW, SHIFT, learn_pairs
from transforms.matching.records.field import Ints, Uints
from transforms.matching.settings import MatchSettings

Pairs = tuple[Ints, Ints]
LEAST_BLOCK = 6
LEAST_BUDGET = 60_000
"""Pairs that even the smallest table may compare."""


def learn_plan(keys: pl.DataFrame, count: int, settings: MatchSettings) -> tuple[BlockLimits, pl.DataFrame, Uints]:
    """The plan by which records are looked up, each one's keys (`nodes.KEYED`), and the pairs that it finds here."""
    scale = (50_000 / max(1, count)) ** (1 / 3)
    cut = int(np.clip(settings.block_size * scale, LEAST_BLOCK, 2 * settings.block_size))
    budget = max(int(settings.pairs_per_record * min(1.0, scale) * count), LEAST_BUDGET)
    sizes = list_sizes(keys)
    plan = BlockLimits(cut, max(cut, int(COMMON * count)), cut, sizes.filter(pl.col("size") > cut).sort("key"))
    keyed = split_keys(keys, plan, count)
    return plan, keyed, learn_pairs(arrange_keys(keyed), plan, budget)


def part_pairs(pairs: Uints, side: Ints | None) -> Pairs:
    """Left and right of packed pairs; with sides, only of those of two sides."""
    left, right = (pairs >> SHIFT).astype(np.int64), (pairs & LOW).astype(np.int64)
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
