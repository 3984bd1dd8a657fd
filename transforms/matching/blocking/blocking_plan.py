"""The blocking keys of records as arrays: those few share, and of those many share the rarest, to be combined."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.matching.records.field import Bools, Ints

Hashes = npt.NDArray[np.uint32]
COMMON = 0.02
"""Share of the records from which a key is too common to cut another key's block up."""
RAREST = 14
"""Keys of one record that are combined with each other, the rarest first."""
KEY = pl.Schema({"key": pl.UInt32, "size": pl.UInt32})
BLOCK = pl.Schema({"depth": pl.UInt8, "block": pl.UInt32, "is_wide": pl.Boolean})
KEYED = pl.Schema({"small": pl.List(pl.UInt32), "big": pl.List(pl.UInt32), "origin": pl.List(pl.UInt16)})
"""Per node: keys that few share; keys that many share, with the piece of data that each comes from."""


@dataclass
class BlockLimits:
    """Which blocks are too big, as the table showed that the model was trained on."""

    cut: int = 20
    """Records that share a key from which it is combined with others instead."""
    most: int = 1_000
    """Records that share a key from which it is of no use at all."""
    limit: int = 20
    """Records in a block at most that are compared, each with each."""
    keys: pl.DataFrame = field(default_factory=KEY.to_frame)
    """Keys that more records share than the cut, and how many."""
    blocks: pl.DataFrame = field(default_factory=BLOCK.to_frame)
    """Keys and combinations of two or three (depth) that more records than the limit share; the wide ones are
    combined with a third key."""


@dataclass(frozen=True)
class NodeKeys:
    """The keys of some records."""

    node: Ints
    """Numbers of the records, in order."""
    small: Hashes
    """Keys that few share."""
    small_node: Ints
    """The record of each."""
    big: Hashes
    """Keys that many share: column i holds those of record node[i], in order; 0 where it has fewer."""
    origin: npt.NDArray[np.uint16]
    held: Ints
    """How many of them each has."""

    def take(self, is_kept: Bools) -> NodeKeys:
        """The keys of some of the records; `is_kept` has one value per number that a record may have."""
        own = is_kept[self.node]
        rows = is_kept[self.small_node]
        return NodeKeys(
            self.node[own],
            self.small[rows],
            self.small_node[rows],
            self.big[:, own],
            self.origin[:, own],
            self.held[own],
        )


def list_sizes(keys: pl.DataFrame) -> pl.DataFrame:
    """How many records share each key."""
    return keys.group_by("key").agg(size=pl.len().cast(pl.UInt32))


def split_keys(keys: pl.DataFrame, plan: BlockLimits, count: int) -> pl.DataFrame:
    """Per record 0 … count - 1 its keys as KEYED, from node, origin and key."""
    sized = keys.join(plan.keys, on="key", how="left")
    small = sized.filter(pl.col("size").is_null()).sort("node", "key").group_by("node", maintain_order=True)
    rare = sized.filter(pl.col("size").is_between(plan.cut + 1, plan.most)).sort("node", "size", "key")
    rarest = rare.filter(pl.int_range(pl.len()).over("node") < RAREST).sort("node", "key")
    rows = pl.DataFrame({"node": np.arange(count, dtype=np.uint32)})
    rows = rows.join(small.agg(small="key"), on="node", how="left", maintain_order="left")
    big = rarest.group_by("node", maintain_order=True).agg("origin", big="key")
    rows = rows.join(big, on="node", how="left", maintain_order="left")
    return rows.select(pl.col(c).fill_null([]).cast(t) for c, t in KEYED.items())


def arrange_keys(keyed: pl.DataFrame) -> NodeKeys:
    """The keys of records 0, 1, …, from one row of KEYED each."""
    node = np.arange(keyed.height)
    counts = {c: keyed[c].list.len().to_numpy().astype(np.int64) for c in KEYED}
    flat = {c: keyed[c].explode(empty_as_null=False).to_numpy() for c in KEYED}
    held = counts["big"]
    column = np.repeat(node, held)
    place = np.arange(len(column)) - np.repeat(np.cumsum(held) - held, held)
    big, origin = np.zeros((RAREST, len(node)), np.uint32), np.zeros((RAREST, len(node)), np.uint16)
    big[place, column], origin[place, column] = flat["big"], flat["origin"]
    return NodeKeys(node, flat["small"], np.repeat(node, counts["small"]), big, origin, held)
