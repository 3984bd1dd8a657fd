"""Splink on a task's folder, plain or with the settings of its own documented example for that set.

Run as `python -m benchmarks.peers.splink_people FOLDER plain|documented` in the peers' environment. It writes
`clusters.parquet` (row, cluster) and, for smaller tables, `pairs.parquet` (left, right, probability).
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from benchmarks.peers.splink_examples import EXAMPLES, Example

LEAST = 0.01
"""Probability from which pairs are kept, so that any threshold above it can be tried afterwards."""
MOST_RECORDS = 2_000_000
"""Records in a table whose pairs are written."""
COMPARISONS: dict[str, Callable[[str], Any]] = {
    "given_name": cl.NameComparison,
    "surname": cl.NameComparison,
    "full_name": lambda c: cl.JaroWinklerAtThresholds(c, [0.95, 0.88, 0.8]),
    "birth_date": lambda c: cl.DamerauLevenshteinAtThresholds(c, [1, 2]),
    "email": cl.EmailComparison,
    "address": lambda c: cl.JaroWinklerAtThresholds(c, [0.95, 0.88, 0.8]),
    "city": lambda c: cl.ExactMatch(c).configure(term_frequency_adjustments=True),
}
"""What the plain script compares a role by; any other by equality."""
RULES = (
    ("given_name", "surname"), ("email",), ("phone",), ("birth_date",), ("surname", "postcode"),
    ("given_name", "postcode"), ("given_name", "city"), ("surname", "city"), ("full_name",), ("address",),
)  # fmt: skip
"""Roles that records are compared on when equal, of those that the table has."""

CERTAIN = (
    ("given_name", "surname", "birth_date"), ("full_name", "birth_date"), ("full_name", "phone"),
    ("full_name", "address"), ("email",),
)  # fmt: skip
"""Roles that hardly any two people share; the share of true pairs is estimated from them."""


def main() -> int:
    """Read the task, write what Splink finds."""
    folder, mode = Path(sys.argv[1]), sys.argv[2]
    task = json.loads((folder / "task.json").read_text("utf-8"))
    example = EXAMPLES[task["set"]] if mode == "documented" else None
    rows = pl.read_parquet(folder / "roles.parquet")
    if example or any(isinstance(t, pl.List) for t in rows.dtypes):
        rows = pl.read_parquet(folder / "columns.parquet")  # one value of each, which is all that Splink compares
    rows = rows.with_row_index("unique_id")
    if example:
        rows = rows.with_columns(pl.concat_str(*parts, separator=" ").alias(n) for n, parts in example.joined.items())
    logging.getLogger("splink").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        find_clusters(rows, example or build_plain(rows), task["is_link"], folder)
    return 0


def build_plain(rows: pl.DataFrame) -> Example:
    """Settings as the documentation's first pages make them, for any table of roles."""
    roles = [c for c in rows.columns if c in COMPARISONS or c in ("phone", "postcode", "district", "gender", "handle")]
    roles = [c for c in roles if rows[c].null_count() < rows.height]
    rules = [block_on(*rule) for rule in RULES if set(rule) <= set(roles)]
    certain = [block_on(*rule) for rule in CERTAIN if set(rule) <= set(roles)]
    compared = [COMPARISONS.get(role, cl.ExactMatch)(role) for role in roles]
    return Example(compared, rules, certain, rules, recall=0.7, threshold=0.95, max_pairs=1e6, sessions=2)


def find_clusters(rows: pl.DataFrame, example: Example, is_link: bool, folder: Path) -> None:
    """Train, score, connect and write."""
    settings = SettingsCreator(
        link_type="link_only" if is_link else "dedupe_only",
        comparisons=example.comparisons,
        blocking_rules_to_generate_predictions=example.blocking,
        probability_two_random_records_match=example.share,
    )
    api = DuckDBAPI()
    frames = rows.partition_by("source") if is_link else [rows]
    tables = [api.register(f.drop("source").to_arrow()) for f in frames]
    linker = Linker(tables, settings, log_level=logging.ERROR)
    if example.certain:
        linker.training.estimate_probability_two_random_records_match(example.certain, recall=example.recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=example.max_pairs, seed=1)
    train(linker, example)
    scored = linker.inference.predict(threshold_match_probability=LEAST)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(scored, example.threshold)
    found = clusters.as_duckdbpyrelation().project("unique_id AS row, cluster_id::VARCHAR AS cluster")
    found.write_parquet(str(folder / "clusters.parquet"))
    if rows.height <= MOST_RECORDS:
        pairs = scored.as_duckdbpyrelation()
        pairs = pairs.project('unique_id_l AS "left", unique_id_r AS "right", match_probability AS probability')
        pairs.write_parquet(str(folder / "pairs.parquet"))


def train(linker: Linker, example: Example) -> None:
    """Sessions of expectation maximisation; one that Splink itself refuses is told and the next rule taken."""
    done = 0
    for rule in example.training:
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(
                rule, estimate_without_term_frequencies=example.is_trained_without_frequencies
            )
        except ValueError as error:
            # Splink ends a session in which a probability falls to nothing: a field without any true disagreement.
            if "below the minimum allowed value" not in str(error):
                raise
            print("a training session was refused: a probability fell to nothing", file=sys.stderr)
            continue
        done += 1
        if done == example.sessions:
            break


if __name__ == "__main__":
    sys.exit(main())
