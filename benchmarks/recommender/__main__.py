"""What recommenders make of the export: popularity, ItemKNN, `implicit`, RecBole and Feast: `make bench-recommender`.

A shop is split by time, as the export splits it; MovieLens 100k by chance, as it is published for SAR, once from its
own file and once from our export. Results go to stdout as Markdown. Exit status 1: nothing could be run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix, load_npz  # type: ignore[import-untyped]

from benchmarks.identity.report import write_into
from benchmarks.recommender.models import (
    best_of,
    group_lift,
    item_knn,
    measure_lists,
    popularity,
    rerank,
)
from benchmarks.recommender.worlds import AbsentError, Exported, export_movies, export_shop, fetch_movies
from benchmarks.worlds import ROOT

PEERS = ROOT / ".venv-recommenders" / "bin" / "python"
RECBOLE = ROOT / ".venv-recbole" / "bin" / "python"
FEAST = ROOT / ".venv-feast" / "bin" / "python"
NEURAL = ("BPR", "SASRec", "DeepFM")
MODELS = {"als": "`implicit` ALS", "bpr": "`implicit` BPR"}
FEATURES = ("district", "gender", "language", "top_category", "top_channel")
WEIGHTS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
MOST_PAIRS = 100_000
"""Of customers and items in training, with which RecBole is still trained in minutes on two cores."""
TRAIN_SHARE, HALF_LIFE_DAYS, SEEDS = 0.75, 30.0, range(1, 6)
Row = tuple[str, str, Mapping[str, float] | None]
ABOUT = """# What a recommender learns from the export

`make bench-recommender` publishes each world by nights of its own, writes `c360 export recommender`, and trains on the
export alone. Shops are split by time, at the days that the export chooses: trained before validation begins, measured
on test. Lists hold ten items that are new to the customer; recall@10 and nDCG@10 are means over customers who are known
from training and took something new in test. `implicit`, RecBole and Feast run in environments of their own (`make
peers`, `make peers-recbole`), on the export as it is. RecBole goes by the yaml that the export ships, with 30 (BPR), 3
(SASRec) and 2 epochs (DeepFM) where there are at most 100,000 pairs: far from done, enough to see that it learns. Its
PyTorch is the build without a graphics card, which on Linux lies in PyTorch's own index for pip."""
MOVIELENS = """MovieLens 100k is split by chance, three quarters of each user's ratings for training, as in the figures
published for SAR by Microsoft's recommenders (nDCG@10 .382, recall@10 .176): Jaccard similarity of items, and for SAR
the ratings halved every 30 days; means over five splits. The same program reads the set's own file and our export."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and print it; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recommender", description=__doc__.split("\n\n")[0])
    parser.add_argument("--set", action="append", choices=list(PARTS), help="a part; all, if none is given")
    parser.add_argument("--write", type=Path, help="a document in which this part is replaced")
    given = parser.parse_args(arguments)
    rows: list[Row] = []
    notes = []
    with tempfile.TemporaryDirectory(prefix="c360-recommender-") as folder:
        for part in given.set or PARTS:
            try:
                found, told = PARTS[part](Path(folder) / part)
                rows, notes = rows + found, notes + told
            except AbsentError as error:
                notes.append(f"{part}: not run: {error}")
    if not rows:
        return 1
    text = tell(rows, notes)
    print(text)
    if given.write:
        write_into(given.write, text, "bench-recommender")
    return 0


def tell(rows: Sequence[Row], notes: Sequence[str]) -> str:
    """The part of the documentation."""
    cells = [
        f"| {world} | {model} | "
        + ("not run |  |  |" if f is None else f"{f['recall']:.4f} | {f['ndcg']:.4f} | {f['customers']:,.0f} |")
        for world, model, f in rows
    ]
    head = ["| world | model | recall@10 | nDCG@10 | customers |", "|---|---|---:|---:|---:|"]
    return "\n\n".join([ABOUT, "\n".join([*head, *cells]), "\n".join(f"- {note}" for note in notes), MOVIELENS])


def run_shop(name: str, folder: Path) -> tuple[list[Row], list[str]]:
    """Every model on a shop, and the re-ranker by features of the profile."""
    shop = export_shop(folder, name)
    train, validation, test = (load_npz(shop.folder / "implicit" / f"{p}.npz") for p in ("train", "validation", "test"))
    knn = item_knn(train)
    lists = {"popularity": best_of(popularity(train), train), "ItemKNN": best_of(knn, train)}
    rows: list[Row] = [(shop.title, model, measure_lists(best, train, test)) for model, best in lists.items()]
    rows += run_peers(shop, folder, train, test)
    more, notes = run_recbole(shop, folder, train, test)
    rows, notes = rows + more, [*notes, ask_feast(shop)]
    features = read_features(shop)
    lift = group_lift(train, features)
    judged = {w: measure_lists(best_of(rerank(knn, lift, w), train), train, validation)["ndcg"] for w in WEIGHTS}
    weight = max(WEIGHTS, key=lambda w: judged[w])
    found = measure_lists(best_of(rerank(knn, lift, weight), train), train, test)
    rows.append((shop.title, f"ItemKNN, re-ranked by the profile ({weight:g})", found))
    judged_note = judge_features(
        shop.title, features.columns, weight, found["ndcg"], dict(rows_by_model(rows))["ItemKNN"]
    )
    return rows, [judged_note, *notes]


def rows_by_model(rows: Sequence[Row]) -> list[tuple[str, float]]:
    """Model and its nDCG."""
    return [(model, found["ndcg"]) for _, model, found in rows if found]


def judge_features(title: str, names: Sequence[str], weight: float, ndcg: float, before: float) -> str:
    """Whether the features of the profile add something, in a sentence."""
    of = f"{title}: re-ranking by {', '.join(names)} of the profile, as of the day before validation,"
    if not weight:
        return f"{of} adds nothing: validation gives it the weight 0."
    return f"{of} with the weight {weight:g} that validation chose, changes nDCG@10 on test by {ndcg - before:+.4f}."


def read_features(shop: Exported) -> pl.DataFrame:
    """Features of the customers as they were known before validation, in the order of the matrices."""
    known = pl.read_parquet(shop.folder / "parquet" / "customers_train.parquet").sort("customer_index")
    return known.select(n for n in FEATURES if n in known.columns and known[n].n_unique() > 1)


def run_peers(shop: Exported, folder: Path, train: csr_matrix, test: csr_matrix) -> list[Row]:
    """The models of `implicit`, where its environment is there."""
    if not PEERS.exists():
        return [(shop.title, title, None) for title in MODELS.values()]
    command = [str(PEERS), "-m", "benchmarks.peers.implicit_models"]
    one = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # `implicit` has threads of its own
    subprocess.run([*command, str(shop.folder / "implicit" / "train.npz"), str(folder)], cwd=ROOT, env=one, check=True)
    return [
        (shop.title, title, measure_lists(np.load(folder / f"{name}.npy").astype(np.int64), train, test))
        for name, title in MODELS.items()
    ]


def run_recbole(shop: Exported, folder: Path, train: csr_matrix, test: csr_matrix) -> tuple[list[Row], list[str]]:
    """RecBole's models by the yaml of the export, where its environment is there; and what RecBole measures itself."""
    titles = [f"RecBole {name}" for name in NEURAL]
    if not RECBOLE.exists() or train.nnz > MOST_PAIRS:
        return [(shop.title, title, None) for title in titles], []
    command = [str(RECBOLE), "-W", "ignore", "-m", "benchmarks.peers.recbole_models", str(shop.folder), str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told = [line for line in done.stdout.splitlines() if line.startswith(NEURAL)]
    rows: list[Row] = [
        (shop.title, title, measure_lists(np.load(folder / f"{name}.npy"), train, test))
        for name, title in zip(NEURAL, titles, strict=True)
    ]
    own = f"{shop.title}: RecBole itself, which counts what is bought again too, measures on test: {'; '.join(told)}."
    return rows, [own]


def ask_feast(shop: Exported) -> str:
    """For how many moments of training Feast knows features, in a sentence."""
    if not FEAST.exists():
        return f"{shop.title}: Feast is not installed: make peers"
    command = [str(FEAST), "-W", "ignore", "-m", "benchmarks.peers.feast_features", str(shop.folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    asked, found = done.stdout.split()[-2:]
    return (
        f"{shop.title}: Feast `get_historical_features` at the {int(asked):,} moments of training gives features for"
        f" {int(found):,}; the others lie before the first day of the history."
    )


def run_movies(folder: Path) -> tuple[list[Row], list[str]]:
    """MovieLens 100k from its own file and from our export of it."""
    folder.mkdir()
    raw = fetch_movies(folder)
    shop = export_movies(folder / "world", raw)
    parts = [pl.read_parquet(path) for path in sorted((shop.folder / "parquet").glob("interactions_*.parquet"))]
    ours = pl.concat(parts).select(customer="customer_id", item="item_id", value="value", at="occurred_at")
    theirs = raw.select(customer="user", item="movie", value="stars", at="rated_at")
    rows: list[Row] = []
    for title, ratings in (("MovieLens 100k, its own file", theirs), ("MovieLens 100k, our export", ours)):
        splits = [measure_ratings(ratings, seed) for seed in SEEDS]
        rows += [(title, model, mean_of([found[model] for found in splits])) for model in splits[0]]
    half = len(rows) // 2
    is_same = all(a[2] == b[2] for a, b in zip(rows[:half], rows[half:], strict=True))
    same = "the same to nine digits" if is_same else "**not** the same"
    return rows, [f"MovieLens 100k: {raw.height:,} ratings in the file, {ours.height:,} in the export; figures {same}."]


def mean_of(found: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    """The mean of each figure; customers come in another order from another file, so the last digits may differ."""
    return {name: round(float(np.mean([f[name] for f in found])), 9) for name in found[0]}


def measure_ratings(ratings: pl.DataFrame, seed: int) -> Mapping[str, Mapping[str, float]]:
    """Popularity, ItemKNN and SAR on a split by chance within each customer, which no customer's id moves."""
    place = pl.struct("item", pl.col("at").dt.epoch("us")).hash(seed=seed).rank("ordinal").over("customer")
    numbered = ratings.with_columns(
        c=pl.col("customer").rank("dense") - 1,
        i=pl.col("item").rank("dense") - 1,
        is_train=place <= TRAIN_SHARE * pl.len().over("customer"),
        age=(pl.col("at").max() - pl.col("at")).dt.total_seconds() / 86400,
    )
    shape = numbered["customer"].n_unique(), numbered["item"].n_unique()

    def matrix(rows: pl.DataFrame, values: pl.Series) -> csr_matrix:
        return csr_matrix((values.to_numpy(), (rows["c"], rows["i"])), shape=shape)

    known, held_out = numbered.filter("is_train"), numbered.filter(~pl.col("is_train"))
    train, test = (matrix(r, pl.repeat(1.0, r.height, eager=True)) for r in (known, held_out))
    taste = matrix(known, known.select(pl.col("value") * 0.5 ** (pl.col("age") / HALF_LIFE_DAYS)).to_series())
    scores = {"popularity": popularity(train), "ItemKNN": item_knn(train), "SAR": item_knn(train, taste)}
    return {model: measure_lists(best_of(s, train), train, test) for model, s in scores.items()}


PARTS: Mapping[str, Callable[[Path], tuple[list[Row], list[str]]]] = {
    "retail": lambda folder: run_shop("retail", folder),
    "sample": lambda folder: run_shop("sample", folder),
    "movielens": run_movies,
}

if __name__ == "__main__":
    sys.exit(main())
