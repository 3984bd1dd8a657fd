"""Candidate pairs: records that share a key, or a combination of keys, that few others share.

Dynamic blocking after McNeill, Kardes and Borthwick (2012): a key that few records share makes pairs; one that many
share is combined with another until few do, three at most. So no block is big, however common a name is. Which keys
and combinations are too common is learned once and kept (`BlockLimits`): then whether two records are compared depends
on these two alone, and new records can be compared with all without comparing the others again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.matching.blocking.blocking_plan import BLOCK, RAREST, BlockLimits, Hashes, NodeKeys
from transforms.matching.records.field import Bools, Ints, Uints

GROWN = 4
"""Times the limit from which a block that was small makes no pairs any more: it has outgrown the plan."""
WIDEST = 15
"""A combined block bigger than this many blocks is not cut up again: others lead to the same pairs."""
LEAST_LIMIT = 3
"""Records in a block that are compared whatever the budget."""
SHIFT, LOW = np.uint64(32), np.uint64(2**32 - 1)
DOUBLE = 2
MASK_SHIFT = np.uint32(8)
Rows = Iterator[tuple[Hashes, Ints]]
"""Block and record, row by row."""


@dataclass(frozen=True)
class Blocks:
    """Blocks of two records or more: `size[i]` records of block `name[i]`, from place `start[i]` of `rows` on."""

    rows: Uints
    """Block (upper half) and record (lower half), in order."""
    start: Ints
    size: Ints
    name: Hashes

    def take(self, is_kept: Bools) -> Blocks:
        """Some of the blocks."""
        return Blocks(self.rows, self.start[is_kept], self.size[is_kept], self.name[is_kept])

    def list_members(self, is_wanted: Bools) -> list[Ints]:
        """The records of some of the blocks."""
        ends = zip(self.start[is_wanted], self.start[is_wanted] + self.size[is_wanted], strict=True)
        return [(self.rows[start:end] & LOW).astype(np.int64) for start, end in ends]

    def list_pairs(self, size: int) -> Uints:
        """Every two records of the blocks of one size: left (upper half) < right."""
        start = self.start[self.size == size]
        members = self.rows[start[:, None] + np.arange(size)] & LOW
        i, j = np.triu_indices(size, 1)
        pairs: Uints = ((members[:, i] << SHIFT) | members[:, j]).ravel()
        return pairs


def mix(*parts: npt.NDArray[np.uint32]) -> Hashes:
    """32 bits of two or three keys, in this order."""
    total = np.zeros(len(parts[0]), np.uint64)
    for part in parts:
        total = (total ^ part) * np.uint64(0x9E3779B97F4A7C15)
        total ^= total >> np.uint64(29)
    return (total * np.uint64(0xBF58476D1CE4E5B9) >> SHIFT).astype(np.uint32)


def list_singles(keys: NodeKeys) -> Rows:
    """Blocks of records that share a key which is not common."""
    yield keys.small, keys.small_node


def list_doubles(keys: NodeKeys) -> Rows:
    """Blocks of records that share two common keys of different origin."""
    for i in range(RAREST - 1):
        for j in range(i + 1, RAREST):
            own = np.flatnonzero((keys.held > j) & (keys.origin[i] != keys.origin[j]))
            yield mix(keys.big[i, own], keys.big[j, own]), keys.node[own]


def list_triples(keys: NodeKeys, wide: Hashes) -> Rows:
    """Blocks of records that share three common keys; `wide` are the twos, in order, that are still too common."""
    mask = mask_names(iter([(wide, np.zeros(0, np.int64))]))
    for i in range(RAREST - 2):
        for j in range(i + 1, RAREST - 1):
            own = np.flatnonzero((keys.held > j + 1) & (keys.origin[i] != keys.origin[j]))
            name = mix(keys.big[i, own], keys.big[j, own])
            maybe = mask[name >> MASK_SHIFT]
            own = own[maybe][is_among(name[maybe], wide)]
            for k in range(j + 1, RAREST):
                apart = (keys.origin[i, own] != keys.origin[k, own]) & (keys.origin[j, own] != keys.origin[k, own])
                last = own[(keys.held[own] > k) & apart]
                yield mix(*(keys.big[place, last] for place in (i, j, k))), keys.node[last]


def is_among(names: Hashes, known: Hashes) -> Bools:
    """True for names that are among the known ones, which are in order."""
    if not len(known):
        return np.zeros(len(names), bool)
    found: Bools = known[np.minimum(np.searchsorted(known, names), len(known) - 1)] == names
    return found


def mask_names(rows: Rows) -> Bools:
    """True where a name may be one of these, by its first 24 bits."""
    mask = np.zeros(2**24, bool)
    for name, _ in rows:
        mask[name >> MASK_SHIFT] = True
    return mask


def group(rows: Callable[[NodeKeys], Rows], keys: NodeKeys, new: NodeKeys | None) -> Blocks:
    """The blocks of all records, or those in which one of the new may be."""
    mask = None if new is None else mask_names(rows(new))
    parts = [np.zeros(0, np.uint64)]
    for name, node in rows(keys):
        wanted = slice(None) if mask is None else np.flatnonzero(mask[name >> MASK_SHIFT])
        parts.append((name[wanted].astype(np.uint64) << SHIFT) | node[wanted].astype(np.uint64))
    packed = np.concatenate(parts)
    parts.clear()
    packed.sort()
    packed = packed[is_shared(packed)]
    block = (packed >> SHIFT).astype(np.uint32)
    start = np.flatnonzero(np.concatenate([[len(block) > 0], block[1:] != block[:-1]]))
    size = np.diff(np.append(start, len(block)))
    return Blocks(packed, start, size, block[start] if len(block) else block)


def is_shared(packed: Uints) -> Bools:
    """True for rows, in order, whose block has another one."""
    block = (packed >> SHIFT).astype(np.uint32)
    found = np.zeros(len(block), bool)
    found[1:] = block[1:] == block[:-1]
    found[:-1] |= found[1:]
    return found


def learn_pairs(keys: NodeKeys, plan: BlockLimits, budget: int) -> Uints:
    """Pairs of records; the plan learns its limit and which blocks are over it, so that pairs keep to the budget."""
    doubles = group(list_doubles, keys, None)
    is_wide = (doubles.size > plan.cut) & (doubles.size <= WIDEST * plan.cut)
    triples = group(partial(list_triples, wide=doubles.name[is_wide]), keys, None)
    every = [group(list_singles, keys, None), doubles, triples]
    pairs = np.zeros(0, np.uint64)
    for size in range(2, plan.cut + 1):
        more = np.concatenate([pairs, *(blocks.list_pairs(size) for blocks in every)])
        if len(more) > budget:
            more = list_different(more)
        if len(more) > budget and size > LEAST_LIMIT:
            break
        pairs, plan.limit = more, size
    over = [
        pl.DataFrame(
            {"block": blocks.name, "is_wide": is_wide if depth == DOUBLE else np.zeros(len(blocks.size), bool)}
        )
        .filter(blocks.size > plan.limit)
        .with_columns(depth=depth)
        for depth, blocks in enumerate(every, 1)
    ]
    plan.blocks = pl.concat(over).select(pl.col(c).cast(t) for c, t in BLOCK.items())
    return list_different(pairs)


def find_pairs(keys: NodeKeys, plan: BlockLimits, is_new: Bools | None) -> tuple[Uints, list[Ints]]:
    """Pairs of records by a plan, and the records of each block that has outgrown it.

    If some records are new, pairs with one of these, and blocks that hold one.
    """
    new = None if is_new is None else keys.take(is_new)
    wide = plan.blocks.filter("is_wide")["block"].to_numpy()
    if new is not None:
        wide = wide[mask_names(list_doubles(new))[wide >> MASK_SHIFT]]
    parts = [np.zeros(0, np.uint64)]
    outgrown: list[Ints] = []
    kinds: tuple[Callable[[NodeKeys], Rows], ...] = (list_singles, list_doubles, partial(list_triples, wide=wide))
    for depth, rows in enumerate(kinds, 1):
        blocks = group(rows, keys, new)
        over = plan.blocks.filter(pl.col("depth") == depth)["block"].to_numpy()
        blocks = blocks.take(~is_among(blocks.name, over))
        outgrown += blocks.list_members(blocks.size > GROWN * plan.limit)
        for size in range(2, GROWN * plan.limit + 1):
            pairs = blocks.list_pairs(size)
            if is_new is not None:
                pairs = pairs[is_new[pairs >> SHIFT] | is_new[pairs & LOW]]
            parts.append(pairs)
    return list_different(np.concatenate(parts)), outgrown


def list_different(values: Uints) -> Uints:
    """Each value once, in order. NumPy's `unique` hashes, which takes 20 times as long for millions of pairs."""
    ordered = np.sort(values)
    is_first = np.ones(len(ordered), bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]
