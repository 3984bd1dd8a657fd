"""RecBole's BPR, SASRec and DeepFM on an export, by the yaml that it ships: `python -m … EXPORT OUT`.

Writes one `.npy` file a model: per customer the numbers of the ten best items that are new to the customer; only for
those who are known from training and in the test. What RecBole itself measures goes to stdout.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from recbole.config import Config
from recbole.data import create_dataset, data_preparation
from recbole.data.interaction import Interaction
from recbole.utils import get_model, get_trainer, init_seed
from scipy.sparse import load_npz

MODELS = {"BPR": ("general", 30), "SASRec": ("sequential", 3), "DeepFM": ("context", 2)}
"""The yaml of each, and how many times it sees all of training; RecBole's own 300 take a night on two cores."""
TOP = 10
Scorer = Callable[[int], torch.Tensor]


def main(export: str, out: str) -> None:
    target, folder = Path(out).resolve(), Path(export).resolve()
    train, test = (load_npz(folder / "implicit" / f"{part}.npz").tocsr() for part in ("train", "test"))
    chosen = np.flatnonzero((np.diff(train.indptr) > 0) & (np.diff(test.indptr) > 0))
    os.chdir(folder / "recbole")
    os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] = "1"
    for name, (family, epochs) in MODELS.items():
        dataset, model, found = fit(name, family, epochs)
        print(name, *(f"{key} {value}" for key, value in found.items()), flush=True)
        score = {"general": general, "sequential": sequential, "context": context}[family](dataset, model)
        best = np.zeros((train.shape[0], TOP), dtype=np.int64)
        index = np.array([int(t) if t.isdigit() else -1 for t in dataset.field2id_token["item_id"]])
        with torch.no_grad():
            for customer in chosen:
                scores = np.full(train.shape[1], -np.inf)
                scores[index[index >= 0]] = score(int(customer)).numpy()[index >= 0]
                scores[train[customer].indices] = -np.inf
                best[customer] = np.argsort(-scores, kind="stable")[:TOP]
        np.save(target / f"{name}.npy", best)


def fit(name: str, family: str, epochs: int) -> tuple:
    """Train a model by the shipped yaml; gives its data, itself, and what RecBole measures on the test."""
    config = Config(name, None, [f"{family}.yaml"], {"epochs": epochs, "show_progress": False, "state": "ERROR"})
    init_seed(config["seed"], config["reproducibility"])
    dataset = create_dataset(config)
    train, valid, test = data_preparation(config, dataset)
    model = get_model(name)(config, train._dataset).to(config["device"])
    trainer = get_trainer(config["MODEL_TYPE"], name)(config, model)
    trainer.fit(train, valid, verbose=False, show_progress=False)
    found = trainer.evaluate(test, show_progress=False)
    model.eval()
    return train._dataset, model, found


def general(dataset, model) -> Scorer:
    """Scores of a customer's items by the customer alone."""

    def score(customer: int) -> torch.Tensor:
        user = torch.tensor([dataset.token2id("user_id", str(customer))])
        return model.full_sort_predict(Interaction({"user_id": user})).view(-1)

    return score


def sequential(dataset, model) -> Scorer:
    """Scores by the last items of training."""
    longest, history = dataset.config["MAX_ITEM_LIST_LENGTH"], {}
    for line in Path("c360/c360.train.inter").read_text("utf-8").splitlines()[1:]:
        user, item = line.split("\t")[:2]
        history.setdefault(int(user), []).append(item)
    known = dataset.field2token_id["item_id"]

    def score(customer: int) -> torch.Tensor:
        items = [known[item] for item in history[customer] if item in known][-longest:] or [0]
        filled = torch.tensor([items + [0] * (longest - len(items))])
        return model.full_sort_predict(
            Interaction({"item_id_list": filled, "item_length": torch.tensor([len(items)])})
        )[0]

    return score


def context(dataset, model) -> Scorer:
    """Scores by the features of the customer and of each item."""
    items = torch.arange(dataset.item_num)

    def score(customer: int) -> torch.Tensor:
        user = dataset.token2id("user_id", str(customer))
        return model.predict(dataset.join(Interaction({"user_id": torch.full_like(items, user), "item_id": items})))

    return score


if __name__ == "__main__":
    main(*sys.argv[1:])
