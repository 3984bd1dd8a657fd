"""New nodes looked up among all: what they are found by, and the near pairs that they make."""

from __future__ import annotations

import numpy as np
import polars as pl

from transforms.matching.keys import list_keys
from transforms.matching.learned import Learned
from transforms.matching.memory import Memory, recall_nodes
from transforms.matching.nodes import KEYED, split_keys
from transforms.matching.pairs import list_candidates, part_pairs
from transforms.matching.reading import Reader
from transforms.matching.scoring import Scored, score_pairs
from transforms.matching.settings import MatchSettings


def look_up_new(
    reader: Reader, learned: Learned, memory: Memory, settings: MatchSettings
) -> tuple[pl.DataFrame, Scored, int]:
    """Keys of all nodes (KEYED), near pairs with a new node, and how many blocks have outgrown the plan."""
    table = reader.table
    place, is_new = recall_nodes(table, memory)
    new = np.flatnonzero(is_new)
    keys = list_keys(reader.read(new), settings.name_keys)
    fresh = split_keys(keys, learned.plan, len(new))
    place[new] = memory.node.height + np.arange(len(new))
    keyed = pl.concat([memory.node.select(KEYED.names()), fresh])[place]
    packed, outgrown = list_candidates(keyed, learned.plan, None if is_new.all() else is_new)
    pairs = part_pairs(packed, table.side)
    nodes = np.unique(np.concatenate([new, *pairs]))
    comparer = reader.open(nodes, learned.model.names, learned.seen, settings)
    return keyed, score_pairs(comparer, learned.model, pairs), outgrown
