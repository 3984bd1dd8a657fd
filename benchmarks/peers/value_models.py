"""LightGBM on features of customers at a date: `python -m benchmarks.peers.value_models FOLDER LINES`.

FOLDER holds train.parquet and test.parquet: a row for each customer and day with what came next and the features of
customer-360. LINES is the shop's own file, of which twelve lines of pandas make features, too. Writes scores.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd

SEEDS, RESAMPLES = 10, 2000
ROUNDS = 200
PARAMETERS = {
    "learning_rate": 0.03, "num_leaves": 15, "min_data_in_leaf": 40, "bagging_fraction": 0.8, "bagging_freq": 1,
    "feature_fraction": 0.6, "verbose": -1, "num_threads": 1, "deterministic": True,
}  # fmt: skip
"""Usual for a few thousand rows; the same for all, and chosen before the test was looked at."""
RFM = ["recency", "orders", "spent"]


def make_features(lines: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Twelve lines that anybody would write first: a row a customer, of the lines before a day."""
    seen = lines[lines.InvoiceDate < day]
    sold = seen[seen.Quantity > 0]
    by = sold.groupby("CustomerID")
    found = pd.DataFrame({"recency": (day - by.InvoiceDate.max()).dt.days, "orders": by.InvoiceNo.nunique()})
    found["tenure"] = (day - by.InvoiceDate.min()).dt.days
    found["items"], found["lines"] = by.StockCode.nunique(), by.size()
    found["spent"] = seen.groupby("CustomerID").amount.sum()
    found["order_mean"], found["gap"] = found.spent / found.orders, found.tenure / found.orders
    for days in (30, 90, 180):
        late = seen[seen.InvoiceDate >= day - pd.Timedelta(days=days)].groupby("CustomerID")
        found[f"spent_{days}"], found[f"orders_{days}"] = late.amount.sum(), late.InvoiceNo.nunique()
    return found


def rank_auc(truth: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve; ties count half."""
    ranks, positive = pd.Series(score).rank().to_numpy(), truth.astype(bool)
    n, m = positive.sum(), (~positive).sum()
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * m))


def fit(train: pd.DataFrame, test: pd.DataFrame, names: list[str], outcome: str, objective: str) -> np.ndarray:
    """Mean of the predictions of models that differ by their seed."""
    found = np.zeros(len(test))
    for seed in range(SEEDS):
        data = lgb.Dataset(train[names].astype(float), train[outcome].astype(float))
        model = lgb.train({**PARAMETERS, "objective": objective, "seed": seed}, data, ROUNDS)
        found += model.predict(test[names].astype(float)) / SEEDS
    return found


def main(folder: str, source: str) -> None:
    """Fit and score each set of features."""
    lines = pd.read_parquet(source).dropna(subset=["CustomerID"]).astype({"CustomerID": "int64"})
    lines["amount"] = lines.Quantity * lines.UnitPrice
    train, test = (pd.read_parquet(Path(folder) / f"{name}.parquet") for name in ("train", "test"))
    horizon = next(c for c in train.columns if c.startswith("has_bought_next_"))
    spent = horizon.replace("has_bought", "spent") + "_amount"
    given = {"customer_id", "label_time", "account", "day", horizon, spent, "expected_90_amount"}
    ours = [c for c in train.columns if c not in given and train[c].dtype != object and train[c].nunique() > 1]
    ours = [c for c in ours if pd.api.types.is_numeric_dtype(train[c])]
    days = pd.concat([train.day, test.day]).unique()
    theirs = pd.concat([make_features(lines, pd.Timestamp(day)).assign(day=day) for day in days]).reset_index()
    theirs = theirs.rename(columns={"CustomerID": "account"})
    train, test = (frame.merge(theirs, how="left", on=["account", "day"]) for frame in (train, test))
    names = {"ours": ours, "pandas": [c for c in theirs.columns if c not in {"account", "day"}], "rfm": RFM}
    truth, amount = test[horizon].to_numpy(), test[spent]
    scores = {name: fit(train, test, columns, horizon, "binary") for name, columns in names.items()}
    scores["untrained"] = test.expected_90_amount.fillna(-1).to_numpy()
    amounts = {
        name: fit(train, test, columns, spent, "l1") for name, columns in names.items()
    } | {"untrained": scores["untrained"]}  # fmt: skip
    draw = np.random.default_rng(1)
    picks = [draw.integers(0, len(test), len(test)) for _ in range(RESAMPLES)]
    result = {}
    for name, score in scores.items():
        others = [rank_auc(truth[p], score[p]) - rank_auc(truth[p], scores["pandas"][p]) for p in picks]
        result[name] = {
            "features": len(names.get(name, [])), "auc": rank_auc(truth, score),
            "low": float(np.quantile(others, 0.025)), "high": float(np.quantile(others, 0.975)),
            "spearman": float(pd.Series(amounts[name]).corr(amount, method="spearman")),
        }  # fmt: skip
    told = {"train": len(train), "test": len(test), "bought": int(truth.sum()), "sets": result}
    Path(folder, "scores.json").write_text(json.dumps(told), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
