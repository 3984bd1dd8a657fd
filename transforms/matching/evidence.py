"""What a match says of itself: pairs with their evidence, records with their clusters."""

from __future__ import annotations

import json

import numpy as np
import polars as pl

from transforms.matching.compare import Vectors
from transforms.matching.fields import KINDS, Bools, Floats, Ints
from transforms.matching.guards import name_rules
from transforms.matching.levels import HEIGHTS, RARE
from transforms.matching.model import Model, weigh_fields
from transforms.matching.table import Table

ENDS = ("left_source", "left_record", "right_source", "right_record")
EDGE = pl.Schema(
    dict.fromkeys(ENDS, pl.String)
    | {"probability": pl.Float64, "rule": pl.String, "is_joined": pl.Boolean, "comparison": pl.String}
)


def list_edges(
    table: Table, model: Model, ends: tuple[Ints, Ints], found: tuple[Vectors, Floats], cluster: Ints
) -> pl.DataFrame:
    """Pairs of nodes with their evidence, as pairs of first records, in order.

    Args:
        table: whose nodes they are.
        model: what the weights come from.
        ends: the pairs.
        found: their vectors and probabilities.
        cluster: per node, its cluster.
    """
    vectors, probability = found
    name = table.records.unique("node", keep="first", maintain_order=True).sort("node")
    left, right = name[ends[0]], name[ends[1]]
    bits = weigh_fields(model, vectors) / np.log(2)
    texts = [describe(table.names, v, b) for v, b in zip(vectors.level.tolist(), bits.tolist(), strict=True)]
    columns = [left["source"], left["record"], right["source"], right["record"], probability]
    columns += [name_rules(table.names, vectors), cluster[ends[0]] == cluster[ends[1]], texts]
    return pl.DataFrame(dict(zip(EDGE, columns, strict=True)), schema=EDGE).sort(ENDS)


def describe(names: list[str], levels: list[int], bits: list[float]) -> str:
    """One comparison as JSON: of the fields that both records have, level, highest level and weight in bits."""
    known = zip(names, levels, bits, strict=True)
    return json.dumps(
        {n: {"level": v, "of": HEIGHTS[KINDS[n]] - 1 + len(RARE), "bits": round(b, 2)} for n, v, b in known if v >= 0}
    )


def list_copies(table: Table, chance: Floats, is_one: Bools, rule: list[str]) -> pl.DataFrame:
    """Edges from the first record of each node to its copies.

    Per node: how probable it is that its copies are one person, whether they are taken for one, and the rule.
    """
    first = table.records.unique("node", keep="first", maintain_order=True)
    star = table.records.join(first, on="node", suffix="_first")
    star = star.filter((pl.col("record") != pl.col("record_first")) | (pl.col("source") != pl.col("source_first")))
    node = star["node"].to_numpy()
    columns = [
        pl.Series("is_joined", is_one[node], dtype=pl.Boolean),
        pl.Series("probability", chance[node], dtype=pl.Float64),
        pl.Series("rule", [rule[n] for n in node.tolist()], dtype=pl.String),
    ]
    return star.with_columns(columns).select(
        left_source="source_first",
        left_record="record_first",
        right_source="source",
        right_record="record",
        probability="probability",
        rule="rule",
        is_joined="is_joined",
        comparison=pl.lit("{}"),
    )


def list_clusters(table: Table, cluster: Ints, is_one: Bools) -> pl.DataFrame:
    """Every record with the number of its cluster, in order of the clusters' first records.

    The copies of a node that says too little to be one person stay alone.
    """
    node = table.records["node"].to_numpy()
    row = np.arange(len(node))
    first = np.full(table.count, len(node))
    np.minimum.at(first, node, row)
    own = np.where(is_one[node] | (first[node] == row), first[cluster[node]], row)
    number = pl.Series("cluster", own).rank("dense").cast(pl.Int64) - 1
    return table.records.select("source", "record").with_columns(number)
