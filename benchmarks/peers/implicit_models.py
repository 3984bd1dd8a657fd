"""ALS and BPR of `implicit` on the training matrix of an export: `python -m benchmarks.peers.implicit_models NPZ OUT`.

Writes one `.npy` file a model: per customer the numbers of the ten best items that are new to the customer.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from scipy.sparse import load_npz

MODELS = {
    "als": AlternatingLeastSquares(factors=64, regularization=0.05, alpha=2.0, iterations=20, random_state=1),
    "bpr": BayesianPersonalizedRanking(factors=64, learning_rate=0.05, iterations=200, random_state=1),
}


def main(matrix: str, out: str) -> None:
    train = load_npz(matrix).tocsr()
    for name, model in MODELS.items():
        model.fit(train, show_progress=False)
        best, _ = model.recommend(np.arange(train.shape[0]), train, N=10, filter_already_liked_items=True)
        np.save(Path(out) / f"{name}.npy", best)


if __name__ == "__main__":
    main(*sys.argv[1:])
