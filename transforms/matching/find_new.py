"""New nodes looked up among all: what they are found by, and the near pairs that they make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from transforms.matching.blocking.blocking_keys import list_keys
from transforms.matching.blocking.blocking_plan import KEYED, arrange_keys, split_keys
from transforms.matching.blocking.candidate_pairs import part_pairs
from transforms.matching.blocking.collisions import find_pairs
from transforms.matching.model.score import Scored, score_pairs
from transforms.matching.model.trained_model import TrainedModel
from transforms.matching.record_reader import Reader
from transforms.matching.records.field import Bools, Ints
from transforms.matching.settings import MatchSettings
from transforms.matching.state import MatchState, find_known_nodes


@dataclass(frozen=True)
class LookedUp:
    """What a look among all nodes has found."""

    keyed: pl.DataFrame
    """Per node its keys (KEYED)."""
    scored: Scored
    """Near pairs of which one was looked up."""
    is_looked_up: Bools
    """Per node, true if its near pairs were found tonight: new ones, and those whose blocks have outgrown the plan."""
    outgrown: list[Ints]
    """The nodes of each block that has outgrown the plan, and finds nothing any more."""

    def is_oversized(self) -> Bools:
        """Per node, true if it is in a block that has outgrown the plan."""
        found = np.zeros(len(self.is_looked_up), bool)
        found[np.concatenate([np.zeros(0, np.int64), *self.outgrown])] = True
        return found


def look_up_new(reader: Reader, learned: TrainedModel, memory: MatchState, settings: MatchSettings) -> LookedUp:
    """Keys of all nodes and the near pairs of new ones.

    A node in a block that has outgrown the plan is looked up as if it were new, tonight and the next time: what the
    block found holds no more, and holds again when the block has shrunk.
    """
    table = reader.table
    place, is_new = find_known_nodes(table, memory)
    new = np.flatnonzero(is_new)
    fresh = split_keys(list_keys(reader.read(new), settings.name_keys), learned.plan, len(new))
    was_crowded = np.append(memory.node["is_oversized"].to_numpy(), np.zeros(len(new), bool))
    place[new] = memory.node.height + np.arange(len(new))
    keyed = pl.concat([memory.node.select(KEYED.names()), fresh])[place]
    arranged = arrange_keys(keyed)
    sought = is_new | was_crowded[place]
    packed, outgrown = find_pairs(arranged, learned.plan, None if sought.all() else sought)
    grown = sought.copy()
    grown[np.concatenate([new, *outgrown])] = True
    if (grown & ~sought).any():
        packed, outgrown = find_pairs(arranged, learned.plan, grown)
    pairs = part_pairs(packed, table.side)
    nodes = np.unique(np.concatenate([new, *pairs]))
    comparer = reader.open(nodes, learned.model.names, learned.seen, settings)
    return LookedUp(keyed, score_pairs(comparer, learned.model, pairs), grown, outgrown)


@dataclass(frozen=True)
class Prepared:
    """A table whose candidates were looked up."""

    reader: Reader
    identifier: pl.DataFrame
    found: LookedUp
