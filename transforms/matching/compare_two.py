"""Pairs of records compared by a model that there is, whether or not the match had a look at them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from transforms.matching.blocking.candidate_pairs import Pairs
from transforms.matching.clusters.edges import describe_pairs
from transforms.matching.comparison.vectors import Vectors
from transforms.matching.model.fellegi_sunter import Model, classify
from transforms.matching.model.guards import list_identifiers, list_oversized, name_contradictions
from transforms.matching.model.score import judge_pairs, look_closer
from transforms.matching.model.trained_model import read_learned
from transforms.matching.record_reader import Reader
from transforms.matching.records.fields import list_fields
from transforms.matching.records.table import Table, lay_out, read_contents
from transforms.matching.settings import MatchSettings

ENDS = ("left_source", "left_record", "right_source", "right_record")


def compare_two(
    people: pl.DataFrame, model: dict[str, Any], identifier: pl.DataFrame, max_names_per_identifier: int
) -> pl.DataFrame:
    """What a model says of two records, as one row: probability, rule, comparison (as in `Match.edges`), parted_by.

    `parted_by` lists the contradictions (names of FLAGS) that make them two people, whatever else agrees.

    Args:
        people: the two, as `match_people` takes them; roles of the model that they lack are unknown.
        model: one that a match returned.
        identifier: the frame of that name in the match's memory; it tells what too many share.
        max_names_per_identifier: as in `MatchSettings`.

    Raises:
        ModelError: the model was made by another version.
    """
    one, other = people.select("source", "record").sort("source", "record").rows()
    pairs = pl.DataFrame([(*one, *other)], schema=ENDS, orient="row")
    table, own, ends, vectors = compare_pairs(people, pairs, model, identifier, max_names_per_identifier)
    found = describe_pairs(table, own, ends, (vectors, judge_pairs(own, vectors)), False)
    parted_by = pl.Series(
        "parted_by", [name_contradictions(own, vectors, classify(own, vectors)[0])], dtype=pl.List(pl.String)
    )
    return found.select("probability", "rule", "comparison", parted_by)


def compare_pairs(
    people: pl.DataFrame,
    pairs: pl.DataFrame,
    model: dict[str, Any],
    identifier: pl.DataFrame,
    max_names_per_identifier: int,
) -> tuple[Table, Model, Pairs, Vectors]:
    """The people as nodes, the model, the pairs as nodes, and their comparison vectors.

    Args:
        people: one row per record that the pairs name.
        pairs: columns ENDS, one row per pair.
        model: as `compare_two` takes it, and the rest likewise.
        identifier: the frame of that name in the match state.
        max_names_per_identifier: as in `MatchSettings`.

    Raises:
        ModelError: the model was made by another version.
    """
    lacking = [pl.lit(None, pl.List(pl.String)).alias(r) for r in model["roles"] if r not in people.columns]
    contents = read_contents(people.with_columns(lacking), False, people.select("source", "record"))
    learned = read_learned(model, contents.roles)
    values = list_fields(contents.rows.with_row_index("node"), learned.layout)
    own = list_identifiers(values, contents.rows["content"].to_numpy())
    table = lay_out(contents, own, list_oversized(identifier, max_names_per_identifier), False)
    settings = MatchSettings(max_names_per_identifier=max_names_per_identifier)
    every = np.arange(table.count)
    comparer = Reader(table, learned.layout, values).open(every, learned.model.names, learned.seen, settings)
    ends = find_nodes(table, pairs, "left"), find_nodes(table, pairs, "right")
    ends = np.minimum(*ends), np.maximum(*ends)
    return table, learned.model, ends, look_closer(comparer, learned.model, comparer.compare(*ends), ends)


def find_nodes(table: Table, pairs: pl.DataFrame, side: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The node of one end of each pair."""
    named = pairs.select(source=f"{side}_source", record=f"{side}_record")
    found = named.join(table.records, on=["source", "record"], how="left", maintain_order="left")["node"]
    return found.to_numpy().astype(np.int64)
