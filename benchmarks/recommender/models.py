"""Small recommenders of our own, a re-ranker by features of the profile, and what a list of ten is worth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

TOP = 10
Scores = NDArray[np.float64]
"""Customers × items; the greater, the rather recommended."""
SMOOTHING = 10.0
"""Purchases of the average customer that every group is given besides its own."""


def popularity(train: csr_matrix) -> Scores:
    """Every customer gets the items that most customers have."""
    counts = np.asarray((train > 0).sum(axis=0), dtype=float)
    return np.repeat(counts, train.shape[0], axis=0)


def item_knn(train: csr_matrix, taste: csr_matrix | None = None) -> Scores:
    """Items that are held by the same customers as the customer's own, by Jaccard similarity.

    With `taste`, how much a customer likes each of the own items, it is SAR (Microsoft's recommenders).
    """
    held = (train > 0).astype(float)
    both = (held.T @ held).tocsr()
    own = both.diagonal()
    rows, columns = both.nonzero()
    both.data = both.data / (own[rows] + own[columns] - both.data)
    return np.asarray(((held if taste is None else taste) @ both).todense())


def group_lift(train: csr_matrix, features: pl.DataFrame) -> Scores:
    """How much rather a customer's groups (one a feature) take an item than everybody does: sum of logarithms."""
    held = (train > 0).astype(float)
    overall = np.asarray(held.sum(axis=0)).ravel() / held.sum()
    sold = overall > 0  # of what nobody has taken yet no group takes more than others
    lift = np.zeros(train.shape)
    for name in features.columns:
        codes = features[name].cast(pl.String).fill_null("").cast(pl.Categorical).to_physical().to_numpy()
        group = csr_matrix((np.ones(len(codes)), (codes, np.arange(len(codes)))))
        taken = np.asarray((group @ held).todense())
        share = (taken + SMOOTHING * overall) / (taken.sum(axis=1, keepdims=True) + SMOOTHING)
        lift[:, sold] += np.log(share[:, sold] / overall[sold])[codes]
    return lift


def rerank(scores: Scores, lift: Scores, weight: float) -> Scores:
    """Scores on a scale of 0 to 1 for each customer, with so much of the groups' lift."""
    top = scores.max(axis=1, keepdims=True)
    return scores / np.where(top > 0, top, 1) + weight * lift


def best_of(scores: Scores, train: csr_matrix) -> NDArray[np.int64]:
    """The numbers of each customer's ten best items that are new to the customer."""
    left = scores.copy()
    left[train.nonzero()] = -np.inf
    return np.argsort(-left, axis=1, kind="stable")[:, :TOP]


def measure_lists(best: NDArray[np.int64], train: csr_matrix, wanted: csr_matrix) -> Mapping[str, float]:
    """recall@10 and nDCG@10, means over the customers of `train` who took something new to them in `wanted`."""
    new = (wanted > 0).astype(float).tolil()
    new[(train > 0).nonzero()] = 0
    new = new.tocsr()
    new.eliminate_zeros()
    known = np.flatnonzero((np.diff(new.indptr) > 0) & (np.diff(train.indptr) > 0))
    counts = np.diff(new.indptr)[known]
    hits = np.asarray(np.take_along_axis(np.asarray(new[known].todense()), best[known], axis=1))
    gains = 1 / np.log2(np.arange(2, TOP + 2))
    ideal = np.cumsum(gains)[np.minimum(counts, TOP) - 1]
    return {
        "customers": float(len(known)),
        "recall": float((hits.sum(axis=1) / counts).mean()),
        "ndcg": float(((hits * gains).sum(axis=1) / ideal).mean()),
    }
