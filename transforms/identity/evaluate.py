"""How well clusters of records fit a known truth: pairs, B-cubed, exact clusters, and the same by groups of records.

Pairs are counted by the sizes of groups, never one by one. Every score is over the records of the truth: one that the
clusters lack is in no pair that was found; what the truth lacks is only counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import polars as pl

MIXED = "mixed"
"""The group of a pair whose two records are of different groups."""


@dataclass(frozen=True)
class PairScore:
    """Pairs of records that are one person: found, true, and both."""

    found: int
    true: int
    both: int

    @property
    def precision(self) -> float:
        """Share of the found pairs that are true; 1 where none was found."""
        return self.both / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that were found; 1 where there are none."""
        return self.both / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return mean_harmonic(self.precision, self.recall)


@dataclass(frozen=True)
class Evaluation:
    """How clusters fit a truth."""

    records: int
    """Records of the truth."""
    missing: int
    """Records of the truth that the clusters lack."""
    unknown: int
    """Records of the clusters that the truth lacks."""
    pairs: PairScore
    b_precision: float
    """B-cubed (Bagga and Baldwin, 1998): mean over the records found of the share of their cluster that is theirs."""
    b_recall: float
    """Mean over the records of the truth of the share of their person that is in their cluster; 0 for a missing one."""
    people: int
    """Clusters of the truth."""
    exact: int
    """Those of them that one cluster holds whole and alone."""
    largest: int
    """Records in the largest cluster found, those unknown to the truth among them."""
    largest_true: int

    @property
    def b_f1(self) -> float:
        """Harmonic mean of B-cubed precision and recall."""
        return mean_harmonic(self.b_precision, self.b_recall)

    @property
    def exact_share(self) -> float:
        """Share of the true clusters that were found exactly."""
        return self.exact / self.people if self.people else 1.0


def mean_harmonic(precision: float, recall: float) -> float:
    """F1; 0 if both are."""
    both = precision + recall
    return 2 * precision * recall / both if both else 0.0


def join_truth(truth: pl.DataFrame, clusters: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Records of the truth with `person` and `cluster`; cluster is null where the clusters lack the record.

    Args:
        truth: `key` (unique) and person.
        clusters: `key` (unique) and cluster.
        key: columns that name a record.
    """
    return truth.select(*key, "person").join(clusters.select(*key, "cluster"), on=key, how="left")


def evaluate(truth: pl.DataFrame, clusters: pl.DataFrame, key: list[str]) -> Evaluation:
    """Compare clusters with the truth; see `join_truth`."""
    joined = join_truth(truth, clusters, key)
    known = joined.drop_nulls("cluster")
    sizes = joined.with_columns(
        of_person=pl.len().over("person"),
        of_cluster=pl.len().over("cluster"),
        shared=pl.when(pl.col("cluster").is_not_null()).then(pl.len().over("person", "cluster")).otherwise(0),
    )
    found = sizes.drop_nulls("cluster")
    exact = found.filter((pl.col("shared") == pl.col("of_person")) & (pl.col("shared") == pl.col("of_cluster")))
    return Evaluation(
        records=joined.height,
        missing=joined.height - known.height,
        unknown=clusters.height - known.height,
        pairs=score_pairs(joined),
        b_precision=mean(found.select(pl.col("shared") / pl.col("of_cluster")), 1.0),
        b_recall=mean(sizes.select(pl.col("shared") / pl.col("of_person")), 1.0),
        people=joined["person"].n_unique(),
        exact=exact["person"].n_unique(),
        largest=find_largest(clusters, "cluster"),
        largest_true=find_largest(joined, "person"),
    )


def mean(column: pl.DataFrame, default: float) -> float:
    """The mean of the only column; the default where there is no row."""
    return float(column.to_series().mean()) if column.height else default  # type: ignore[arg-type]


def find_largest(rows: pl.DataFrame, by: str) -> int:
    """Rows in the largest group."""
    return int(rows.group_by(by).len()["len"].max() or 0)  # type: ignore[arg-type]


def score_pairs(joined: pl.DataFrame) -> PairScore:
    """Pairs found, true and both, of records with person and cluster."""
    known = joined.drop_nulls("cluster")
    return PairScore(
        count_pairs(known, "cluster"), count_pairs(joined, "person"), count_pairs(known, "person", "cluster")
    )


def count_pairs(rows: pl.DataFrame, *by: str) -> int:
    """Pairs of rows that agree in the columns `by`."""
    size = pl.col("len").cast(pl.Int64)
    return int(rows.group_by(by).len().select((size * (size - 1) // 2).sum()).item())


def score_groups(joined: pl.DataFrame, group: str, *, is_crossed: bool = False) -> dict[str, PairScore]:
    """The pairs apart by groups of records: a pair belongs to a group if both its records do, else it is `mixed`.

    Every pair is counted once, so the counts add up to those of all pairs. Groups without a pair are left out.

    Args:
        joined: as `join_truth` gives it, with a column that names each record's group.
        group: that column.
        is_crossed: split `mixed` by the two groups of the pair, as `Han – Latin`.
    """
    names = joined[group].unique().sort().to_list()
    scores = {name: score_pairs(joined.filter(pl.col(group) == name)) for name in names}
    if is_crossed:
        for one, other in combinations(names, 2):
            both = score_pairs(joined.filter(pl.col(group).is_in([one, other])))
            scores[f"{one} – {other}"] = subtract(both, [scores[one], scores[other]])
    else:
        scores[MIXED] = subtract(score_pairs(joined), list(scores.values()))
    return {name: score for name, score in scores.items() if score.found or score.true}


def subtract(total: PairScore, parts: list[PairScore]) -> PairScore:
    """The pairs of a whole that are in none of its parts."""
    return PairScore(
        total.found - sum(part.found for part in parts),
        total.true - sum(part.true for part in parts),
        total.both - sum(part.both for part in parts),
    )
