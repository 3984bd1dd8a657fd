"""Two records compared by a model that there is, whether or not the match had a look at them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from transforms.matching.clusters.edges import describe_pairs
from transforms.matching.model.guards import list_identifiers, list_oversized, name_contradictions
from transforms.matching.model.score import judge_pairs, look_closer
from transforms.matching.model.trained_model import read_learned
from transforms.matching.record_reader import Reader
from transforms.matching.records.fields import list_fields
from transforms.matching.records.table import lay_out, read_contents
from transforms.matching.settings import MatchSettings


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
    lacking = [pl.lit(None, pl.List(pl.String)).alias(r) for r in model["roles"] if r not in people.columns]
    contents = read_contents(people.with_columns(lacking), False, people.select("source", "record"))
    learned = read_learned(model, contents.roles)
    values = list_fields(contents.rows.with_row_index("node"), learned.layout)
    own = list_identifiers(values, contents.rows["content"].to_numpy())
    table = lay_out(contents, own, list_oversized(identifier, max_names_per_identifier), False)
    settings = MatchSettings(max_names_per_identifier=max_names_per_identifier)
    comparer = Reader(table, learned.layout, values).open(np.arange(2), learned.model.names, learned.seen, settings)
    ends = np.array([0]), np.array([1])
    vectors = look_closer(comparer, learned.model, comparer.compare(*ends), ends)
    found = describe_pairs(table, learned.model, ends, (vectors, judge_pairs(learned.model, vectors)), False)
    parted_by = pl.Series("parted_by", [name_contradictions(learned.model, vectors)], dtype=pl.List(pl.String))
    return found.select("probability", "rule", "comparison", parted_by)
