"""What a match says of itself: pairs with their evidence, records with their clusters."""

from __future__ import annotations

import json

import numpy as np
import polars as pl

from transforms.matching.clusters.overrides import ENDS, Decided
from transforms.matching.comparison.vectors import HEIGHTS, RARE, Vectors
from transforms.matching.model.fellegi_sunter import Model, weigh_levels
from transforms.matching.model.guards import name_rules
from transforms.matching.records.field import KINDS, Bools, Floats, Ints
from transforms.matching.records.table import Table

DECISION = "decision"
EDGE = pl.Schema(
    dict.fromkeys(ENDS, pl.String)
    | {"probability": pl.Float64, "rule": pl.String, "is_joined": pl.Boolean, "comparison": pl.String}
)
PAIR = pl.Schema(
    {
        "left": pl.UInt64,
        "right": pl.UInt64,
        "probability": pl.Float64,
        "rule": pl.String,
        "comparison": pl.String,
        "is_near": pl.Boolean,
    }
)
"""One row per pair of nodes worth a look, by their keys. is_near: found while looking up, and near enough to connect;
else only the two's cluster brought them together."""


def describe_pairs(
    table: Table, model: Model, ends: tuple[Ints, Ints], found: tuple[Vectors, Floats], is_near: bool
) -> pl.DataFrame:
    """Pairs of nodes with their evidence, as PAIR.

    Args:
        table: whose nodes they are.
        model: what the weights come from.
        ends: the pairs.
        found: their vectors and probabilities.
        is_near: what PAIR says of them.
    """
    vectors, probability = found
    bits = weigh_levels(model, vectors)[0] / np.log(2)
    texts = [describe(model.names, v, b) for v, b in zip(vectors.level.tolist(), bits.tolist(), strict=True)]
    rule = name_rules(model.names, vectors)
    columns = [table.key[ends[0]], table.key[ends[1]], probability, rule, texts, np.full(len(texts), is_near)]
    return pl.DataFrame(dict(zip(PAIR, columns, strict=True)), schema=PAIR)


def describe(names: list[str], levels: list[int], bits: list[float]) -> str:
    """One comparison as JSON: of the fields that both records have, level, highest level and weight in bits."""
    known = zip(names, levels, bits, strict=True)
    return json.dumps(
        {n: {"level": v, "of": HEIGHTS[KINDS[n]] - 1 + len(RARE), "bits": round(b, 2)} for n, v, b in known if v >= 0}
    )


def list_edges(table: Table, pairs: pl.DataFrame, cluster: Ints, decided: Decided) -> pl.DataFrame:
    """Pairs of nodes (PAIR) as EDGE, between the first records of each, in order; what people decided goes first."""
    ends = [np.searchsorted(table.key, pairs[side].to_numpy()) for side in ("left", "right")]
    said = pl.DataFrame({"left": decided.left, "right": decided.right, "is_same": decided.is_same})
    said = said.group_by("left", "right").agg(pl.col("is_same").all())
    turned = pl.min_horizontal("left", "right"), pl.max_horizontal("left", "right")
    said = said.select(turned[0].alias("left"), turned[1].alias("right"), "is_same")
    rows = pairs.with_columns(left=pl.Series(ends[0], dtype=pl.Int64), right=pl.Series(ends[1], dtype=pl.Int64))
    rows = rows.join(said, on=["left", "right"], how="full", coalesce=True).with_columns(
        probability=pl.coalesce(pl.col("is_same").cast(pl.Float64), "probability"),
        rule=pl.when(pl.col("is_same").is_null()).then("rule").otherwise(pl.lit(DECISION)),
        comparison=pl.col("comparison").fill_null("{}"),
    )
    left, right = rows["left"].to_numpy(), rows["right"].to_numpy()
    rows = rows.with_columns(is_joined=pl.Series(cluster[left] == cluster[right], dtype=pl.Boolean))
    first = table.records.unique("node", keep="first", maintain_order=True).sort("node")
    named = [
        first[name][end].alias(f"{side}_{name}")
        for side, end in (("left", left), ("right", right))
        for name in ("source", "record")
    ]
    return put_in_order(rows.with_columns(named)).select(pl.col(c).cast(t) for c, t in EDGE.items()).sort(ENDS)


def put_in_order(edges: pl.DataFrame) -> pl.DataFrame:
    """Edges with the earlier record at the left."""
    is_turned = (pl.col("left_source") > pl.col("right_source")) | (
        (pl.col("left_source") == pl.col("right_source")) & (pl.col("left_record") > pl.col("right_record"))
    )
    other = dict(zip(ENDS, ENDS[2:] + ENDS[:2], strict=True))
    return edges.with_columns(pl.when(is_turned).then(b).otherwise(a).alias(a) for a, b in other.items())


def list_copies(table: Table, chance: Floats, is_one: Bools, rule: pl.Series) -> pl.DataFrame:
    """Edges from the first record of each node to its copies.

    Per node: how probable it is that its copies are one person, whether they are taken for one, and the rule.
    """
    first = table.records.unique("node", keep="first", maintain_order=True)
    star = table.records.join(first, on="node", suffix="_first", maintain_order="left")
    star = star.filter((pl.col("record") != pl.col("record_first")) | (pl.col("source") != pl.col("source_first")))
    node = star["node"].to_numpy()
    columns = [
        pl.Series("is_joined", is_one[node], dtype=pl.Boolean),
        pl.Series("probability", chance[node], dtype=pl.Float64),
        rule[node].alias("rule"),
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
    first, earliest = np.full(table.count, len(node)), np.full(table.count, len(node))
    np.minimum.at(first, node, row)
    np.minimum.at(earliest, cluster, first)
    own = np.where(is_one[node] | (first[node] == row), earliest[cluster[node]], row)
    number = pl.Series("cluster", own).rank("dense").cast(pl.Int64) - 1
    return table.records.select("source", "record").with_columns(number)
