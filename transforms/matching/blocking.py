"""Candidate pairs: records that share a key, or a combination of keys, that few others share.

Dynamic blocking after McNeill, Kardes and Borthwick (2012): a key that few records share makes pairs; one that many
share is combined with another until few do, three at most. So no block is big, however common a name is.
"""

from __future__ import annotations

import numpy as np
import polars as pl

SHIFT = 2**32
DEPTH = 3
"""Keys that are combined at most."""
COMMON = 0.02
"""Share of the records from which a key is too common to cut another key's block up."""
RAREST = 14
"""Keys of one record that are combined with each other, the rarest first."""
WIDEST = 15
"""A combined block bigger than this many blocks is not cut up again: others lead to the same pairs."""
ROWS = 1_000_000
"""Combined keys held in memory at one time, about."""


def block_pairs(keys: pl.DataFrame, block_size: int, budget: int) -> pl.DataFrame:
    """Candidate pairs left < right, distinct, with `chance`: for each block they share, 1 / the others in it.

    Args:
        keys: node, origin, key; distinct.
        block_size: records that may share a key, or a combination, and be compared.
        budget: pairs at most; those with the best chance are kept.
    """
    sized = keys.with_columns(size=pl.len().over("key").cast(pl.UInt32))
    most = max(block_size, int(COMMON * keys["node"].n_unique()))
    sized = sized.filter(pl.col("size").is_between(2, most))
    found = [pair_up(sized.filter(pl.col("size") <= block_size), "key")]
    del keys
    big = keep_rarest(sized.filter(pl.col("size") > block_size)).drop("size")
    own = OwnKeys(big)
    for part in cut_by_key(big):
        found += combine(part.rename({"key": "key1", "origin": "origin1"}), own, block_size)
        if sum(pairs.height for pairs in found) > 1.5 * budget:
            found = [keep_budget(merge_pairs(found), budget)]
    kept = keep_budget(merge_pairs(found), budget).sort("pair")
    ends = [(pl.col("pair") // SHIFT).alias("left"), (pl.col("pair") % SHIFT).alias("right")]
    return kept.select(*(end.cast(pl.UInt32) for end in ends), "chance")


def keep_rarest(big: pl.DataFrame) -> pl.DataFrame:
    """Each record's rarest keys, as many as are worth combining."""
    node = big["node"].to_numpy()
    order = np.lexsort((big["key"].to_numpy(), big["size"].to_numpy(), node))
    size = np.bincount(node) if len(node) else np.zeros(1, np.int64)
    place = np.arange(len(node)) - (np.cumsum(size) - size)[node[order]]
    return big[np.sort(order[place < RAREST])]


def cut_by_key(big: pl.DataFrame) -> list[pl.DataFrame]:
    """The rows in parts that hold all rows of a key, each of about as many combinations as fit into memory."""
    if big.is_empty():
        return []
    weighed = big.with_columns(weight=pl.len().over("node").cast(pl.Int64)).sort("key")
    placed = weighed.with_columns(part=pl.col("weight").cum_sum() // ROWS)
    # All rows of a key go where its last one would.
    whole = placed.with_columns(pl.col("part").max().over("key")).drop("weight")
    return whole.partition_by("part", include_key=False, maintain_order=True)


class OwnKeys:
    """The keys of each record, to be found by its number."""

    def __init__(self, big: pl.DataFrame) -> None:
        ordered = big.sort("node", "key")
        node = ordered["node"].to_numpy()
        self.key, self.origin = ordered["key"].to_numpy(), ordered["origin"].to_numpy()
        self.size = np.bincount(node, minlength=int(node.max()) + 1) if len(node) else np.zeros(1, np.int64)
        self.start = np.cumsum(self.size) - self.size

    def extend(self, blocks: pl.DataFrame, depth: int) -> pl.DataFrame:
        """Every row once more for each key of its record that comes after its own and has another origin."""
        node = blocks["node"].to_numpy()
        count = self.size[node]
        row = np.repeat(np.arange(len(node), dtype=np.int64), count)
        place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + self.start[node][row]
        is_new = self.key[place] > blocks[f"key{depth - 1}"].to_numpy()[row]
        for d in range(1, depth):
            is_new &= self.origin[place] != blocks[f"origin{d}"].to_numpy()[row]
        row, place = row[is_new], place[is_new]
        more = pl.Series(f"key{depth}", self.key[place]), pl.Series(f"origin{depth}", self.origin[place])
        longer: pl.DataFrame = blocks[row].with_columns(*more)
        return longer


def combine(part: pl.DataFrame, own: OwnKeys, block_size: int) -> list[pl.DataFrame]:
    """Pairs of the blocks that two or three keys make together, the first of them from `part`."""
    found = []
    blocks = part
    for depth in range(2, DEPTH + 1):
        names = [f"key{d}" for d in range(1, depth + 1)]
        joined = own.extend(blocks, depth).with_columns(block=pl.struct(names).hash(seed=3))
        sized = joined.with_columns(size=pl.len().over("block").cast(pl.UInt32)).filter(pl.col("size") > 1)
        found.append(pair_up(sized.filter(pl.col("size") <= block_size), "block"))
        blocks = sized.filter(pl.col("size").is_between(block_size + 1, WIDEST * block_size)).drop("size", "block")
        if blocks.is_empty():
            break
    return found


def pair_up(blocks: pl.DataFrame, name: str) -> pl.DataFrame:
    """Every two records of every block: `pair` (left * SHIFT + right) and the sum of 1 / (size - 1) over its blocks."""
    if blocks.is_empty():
        return merge_pairs([])
    named = blocks.select("node", "size", block=name).sort("size", "block", "node")
    pairs = []
    for (size,), group in named.partition_by("size", as_dict=True, maintain_order=True).items():
        table = group["node"].to_numpy().reshape(-1, int(size))
        i, j = np.triu_indices(int(size), 1)
        pair = (table[:, i].astype(np.uint64) * SHIFT + table[:, j]).ravel()
        pairs.append(pl.DataFrame({"pair": pair}).with_columns(chance=pl.lit(1 / (int(size) - 1), pl.Float32)))
    return merge_pairs(pairs)


def merge_pairs(found: list[pl.DataFrame]) -> pl.DataFrame:
    """Pairs once each, with the sum of their chances."""
    kept = [f for f in found if f.height]
    if not kept:
        return pl.DataFrame(schema={"pair": pl.UInt64, "chance": pl.Float32})
    return pl.concat(kept).group_by("pair").agg(pl.col("chance").sum())


def keep_budget(pairs: pl.DataFrame, budget: int) -> pl.DataFrame:
    """The pairs with the best chance; of pairs with equal chance all or none."""
    if pairs.height > budget:
        least = pairs["chance"].top_k(budget + 1).min()
        pairs = pairs.filter(pl.col("chance") > least)
    return pairs
