"""How well clusters agree with the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from transforms.graph import connect
from transforms.identity.evaluate import count_pairs, mean_harmonic

THRESHOLDS = (0.01, 0.02, 0.05, *(i / 10 for i in range(1, 10)), 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999, 0.99999)
"""Probabilities that are tried for a peer's best, besides those at every twentieth of its pairs."""


@dataclass(frozen=True)
class Score:
    """Shares from 0 to 1."""

    precision: float
    """Of the pairs of records that were put together, those that belong together."""
    recall: float
    """Of the pairs that belong together, those that were put together."""
    exact: float
    """Of the people, those whose records are exactly one cluster."""

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return mean_harmonic(self.precision, self.recall)


def score(truth: pl.Series, clusters: pl.Series) -> Score:
    """Pairwise precision and recall, and exact clusters; nothing found is without error, so its precision is 1.

    Records whose truth is null are left out.
    """
    rows = pl.DataFrame({"truth": truth, "cluster": clusters}).drop_nulls("truth")
    both, found, true = (count_pairs(rows, *by) for by in (("truth", "cluster"), ("cluster",), ("truth",)))
    sizes = rows.with_columns(t=pl.len().over("truth"), c=pl.len().over("cluster"), b=pl.len().over("truth", "cluster"))
    whole = sizes.filter((pl.col("t") == pl.col("b")) & (pl.col("c") == pl.col("b")))["truth"].n_unique()
    return Score(both / found if found else 1.0, both / max(1, true), whole / rows["truth"].n_unique())


def score_best(truth: pl.Series, pairs: pl.DataFrame) -> float:
    """The F1 of connected pairs at the probability that suits it best, which only the truth can tell."""
    found, scored = [0.0], pairs["probability"]
    twentieths = [scored.quantile(n / 20) or 0.0 for n in range(20)] if len(scored) else []
    for least in (*THRESHOLDS, *twentieths):
        kept = pairs.filter(pl.col("probability") >= least)
        left, right = (kept[side].to_numpy().astype(np.int64) for side in ("left", "right"))
        found.append(score(truth, pl.Series(connect(left, right, len(truth)))).f1)
    return max(found)


def list_missed(rows: pl.DataFrame, most: int) -> tuple[Sequence[str], Sequence[str]]:
    """Pairs of record ids that are wrongly apart and wrongly together, the first of each in order.

    Args:
        rows: source, record, truth, cluster.
        most: pairs of each kind at most.
    """
    named = rows.with_columns(name=pl.concat_str("source", "record", separator=":")).sort("source", "record")
    return list_apart(named, "truth", "cluster", most), list_apart(named, "cluster", "truth", most)


def list_apart(named: pl.DataFrame, same: str, other: str, most: int) -> list[str]:
    """The first record of a group by `same` with the first of another part of it by `other`."""
    parts = named.group_by(same, other, maintain_order=True).agg(pl.col("name").first())
    pairs = parts.group_by(same, maintain_order=True).agg(pl.col("name")).filter(pl.col("name").list.len() > 1)
    return [f"{names[0]} and {names[1]}" for names in pairs["name"].head(most).to_list()]
