"""What a match leaves for the next: nodes by a hash of their content, pairs that are near, groups as they were settled.

All of it follows from the records and the model, so it may be thrown away at any time. Hashes stand in it, no values.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from transforms.matching.blocking.blocking_plan import KEYED
from transforms.matching.clusters.edges import PAIR
from transforms.matching.model.guards import IDENTIFIER
from transforms.matching.records.field import Bools, Floats, Ints, Uints
from transforms.matching.records.table import Table
from transforms.matching.settings import MatchSettings

NODE = pl.Schema(
    {"key": pl.UInt64, "content": pl.UInt64}
    | dict(KEYED)
    | {
        "is_oversized": pl.Boolean,
        "copy_probability": pl.Float64,
        "copy_rule": pl.String,
        "component": pl.UInt64,
        "cluster": pl.UInt64,
    }
)
"""One row per node: its key and content, what it is looked up by, whether one of its blocks has outgrown the plan (then
it is looked up again the next time), how probably its copies are one person (null: none ever), the component that
it was settled in (0: none), the key of its cluster's first node."""
MADE_BY = pl.Schema({"made_by": pl.String, "outgrown": pl.Int64})


@dataclass(frozen=True)
class MatchState:
    """What an earlier match found; empty: nothing."""

    made_by: str
    """Model and settings: by others it is worth nothing."""
    node: pl.DataFrame = field(default_factory=NODE.to_frame)
    identifier: pl.DataFrame = field(default_factory=IDENTIFIER.to_frame)
    pair: pl.DataFrame = field(default_factory=PAIR.to_frame)
    outgrown: int = 0
    """Blocks that have outgrown the plan."""

    def to_frames(self) -> dict[str, pl.DataFrame]:
        """As tables, to be kept."""
        made = pl.DataFrame({"made_by": [self.made_by], "outgrown": [self.outgrown]}, schema=MADE_BY)
        return {"made_by": made, "node": self.node, "identifier": self.identifier, "pair": self.pair}


def describe_maker(said: dict[str, Any], settings: MatchSettings, is_link: bool) -> str:
    """Model and settings, as a hash."""
    model = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    chosen = (settings.threshold, settings.max_names_per_identifier, settings.largest_cluster, settings.most_copies)
    chosen_for_names = [getattr(f, "__qualname__", "") for f in (settings.read_names, settings.name_keys)]
    return hashlib.sha256(json.dumps([model, chosen, chosen_for_names, is_link]).encode()).hexdigest()


def read_state(frames: dict[str, pl.DataFrame] | None, made_by: str) -> MatchState:
    """The match state in tables; empty if there are none, or they were made by another model or other settings."""
    if not frames or frames["made_by"].is_empty():
        return MatchState(made_by)
    if frames["made_by"]["made_by"][0] != made_by or frames["node"].columns != NODE.names():
        return MatchState(made_by)
    node = frames["node"].cast(NODE)
    return MatchState(
        made_by, node if node["key"].is_sorted() else node.sort("key"), frames["identifier"], frames["pair"]
    )


def sign_components(groups: list[Ints], key: Uints, edges: tuple[Ints, Ints, Bools]) -> Uints:
    """Per group a hash of its members and of what people decided about two of them (left, right, is it the same)."""
    if not groups:
        return np.zeros(0, np.uint64)
    number = np.zeros(len(key), np.int64)
    number[np.concatenate(groups)] = np.repeat(np.arange(1, len(groups) + 1), [len(group) for group in groups])
    found = np.zeros(len(groups) + 1, np.uint64)
    np.add.at(found, number, scramble(key))
    left, right, is_same = edges
    within = (number[left] == number[right]) & (number[left] > 0)
    low, high = np.minimum(key[left], key[right]), np.maximum(key[left], key[right])
    said = scramble(scramble(low) ^ scramble(high + np.uint64(1)) ^ is_same.astype(np.uint64))
    np.add.at(found, number[left][within], said[within])
    return found[1:]


def scramble(numbers: Uints) -> Uints:
    """Each number as a random-looking one."""
    mixed = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: Uints = mixed ^ (mixed >> np.uint64(31))
    return found


def find_known_nodes(table: Table, memory: MatchState) -> tuple[Ints, Bools]:
    """Per node of the table the place of its row in memory.node, and whether it has none, for it is new."""
    known = memory.node["key"].to_numpy()
    if not len(known):
        return np.zeros(table.count, np.int64), np.ones(table.count, bool)
    place = np.minimum(np.searchsorted(known, table.key), len(known) - 1).astype(np.int64)
    return place, known[place] != table.key


def recall(table: Table, memory: MatchState, columns: list[str]) -> pl.DataFrame:
    """Some columns of NODE, per node of the table; null where it is new."""
    place, is_new = find_known_nodes(table, memory)
    none = pl.DataFrame(schema={c: NODE[c] for c in columns}).clear(1)
    rows: pl.DataFrame = pl.concat([none, memory.node.select(columns)])[np.where(is_new, 0, place + 1)]
    return rows


def write_nodes(
    table: Table, keyed: pl.DataFrame, copies: tuple[Floats, pl.Series], settled: tuple[Uints, Ints]
) -> pl.DataFrame:
    """Nodes as NODE.

    Args:
        table: the nodes.
        keyed: per node KEYED and is_oversized.
        copies: probability (nan: unknown) and rule of copies.
        settled: component and cluster.
    """
    node = pl.DataFrame({"key": table.key, "content": table.rows["content"].to_numpy()[table.place]})
    node = node.with_columns(
        *keyed.select(*KEYED.names(), "is_oversized").get_columns(),
        pl.Series("copy_probability", copies[0]).fill_nan(None),
        copies[1].alias("copy_rule"),
        pl.Series("component", settled[0]),
        pl.Series("cluster", table.key[settled[1]]),
    )
    return node.select(pl.col(c).cast(t) for c, t in NODE.items())
