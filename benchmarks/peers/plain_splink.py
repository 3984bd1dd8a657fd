"""Plain Splink on a table of roles, set up as its documentation does: its own comparisons, blocking on two fields."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import Any

import polars as pl

PROBABILITY = 0.9
"""Threshold of clusters; the documentation's examples take 0.9 to 0.99."""


def run_splink(people: pl.DataFrame, *, is_link: bool) -> pl.DataFrame:
    """Clusters of the records: source, record, cluster."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    roles = [c for c in people.columns if c not in {"source", "record"} and people[c].null_count() < people.height]
    named = people.with_columns(unique_id=pl.concat_str("source", pl.lit("|"), "record"))
    special: dict[str, Callable[[str], Any]] = {
        "given_name": cl.NameComparison,
        "surname": cl.NameComparison,
        "full_name": lambda c: cl.JaroWinklerAtThresholds(c, [0.95, 0.88, 0.8]),
        "birth_date": lambda c: cl.DamerauLevenshteinAtThresholds(c, [1, 2]),
        "email": cl.EmailComparison,
        "address": lambda c: cl.JaroWinklerAtThresholds(c, [0.95, 0.88, 0.8]),
        "city": lambda c: cl.ExactMatch(c).configure(term_frequency_adjustments=True),
    }
    rules = block_rules(roles)
    settings = SettingsCreator(
        link_type="link_only" if is_link else "dedupe_only",
        comparisons=[special.get(r, cl.ExactMatch)(r) for r in roles],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in rules],
    )
    api = DuckDBAPI()
    frames = named.partition_by("source") if is_link else [named.drop("source")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tables = [api.register(f.to_arrow()) for f in frames]
        linker = Linker(tables, settings, log_level=logging.ERROR)
        linker.training.estimate_probability_two_random_records_match([block_on(*r) for r in rules[:2]], recall=0.7)
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
        for rule in rules[:2]:
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
        scored = linker.inference.predict(threshold_match_probability=0.01)
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(scored, PROBABILITY)
    found = pl.from_arrow(clusters.as_duckdbpyrelation().to_arrow_table())
    assert isinstance(found, pl.DataFrame)
    return found.select(
        source=pl.col("unique_id").str.extract(r"^(.*?)\|"),
        record=pl.col("unique_id").str.extract(r"\|(.*)$"),
        cluster="cluster_id",
    )


def block_rules(roles: list[str]) -> list[list[str]]:
    """Pairs of fields that records are compared on when equal, of those that the table has."""
    wanted = [
        ["given_name", "surname"], ["birth_date"], ["surname", "postcode"], ["given_name", "postcode"], ["email"],
        ["phone"], ["given_name", "city"], ["surname", "city"], ["full_name"], ["address"],
    ]  # fmt: skip
    return [rule for rule in wanted if set(rule) <= set(roles)]
