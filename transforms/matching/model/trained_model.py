"""All that is learned once from a table, and kept: a match by it depends on pairs and their groups alone.

So the next night compares only what is new, and the result is the same as if it compared all.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import polars as pl

from transforms.matching.blocking.blocking_plan import BlockLimits
from transforms.matching.comparison.term_frequencies import TermFrequencies
from transforms.matching.model.fellegi_sunter import Model
from transforms.matching.records.field import Layout
from warehouse.errors import C360Error

VERSION = 5
SEEN = ("values", "sounds", "alike", "grams")
"""Tables of `TermFrequencies`."""
MADE_BY = f"{VERSION} polars {pl.__version__}"
"""Hashes of texts last as long as the version of Polars does."""


class ModelError(C360Error, ValueError):
    """A model that does not fit the table; retraining is the cure."""

    exit_code = 2


@dataclass
class TrainedModel:
    """What was learned from a table."""

    roles: list[str]
    """Columns that the table had."""
    layout: Layout
    model: Model
    seen: list[TermFrequencies]
    """Per field of the model."""
    plan: BlockLimits
    unique: list[str] = field(default_factory=list)
    """Sources that hold a person once at most."""

    def to_json(self) -> dict[str, Any]:
        """Plain values; tables as base64 of Parquet."""
        model, plan = self.model, self.plan
        classes = {"match": model.match, "related": model.related, "stranger": model.stranger}
        return {
            "version": MADE_BY,
            "roles": self.roles,
            "layout": asdict(self.layout),
            "unique": self.unique,
            "share_match": model.share_match,
            "share_related": model.share_related,
            "forbidding": model.forbidding,
            "is_prior": model.is_prior,
            "fields": {n: {c: [float(x) for x in v[i]] for c, v in classes.items()} for i, n in enumerate(model.names)},
            "seen": {n: s.to_json() for n, s in zip(model.names, self.seen, strict=True)},
            "plan": {"cut": plan.cut, "most": plan.most, "limit": plan.limit},
            "tables": {name: pack(table) for name, table in self.list_tables().items()},
        }

    def list_tables(self) -> dict[str, pl.DataFrame]:
        """The tables by name."""
        found = {"keys": self.plan.keys, "blocks": self.plan.blocks}
        for name, seen in zip(self.model.names, self.seen, strict=True):
            own = {kind: getattr(seen, kind) for kind in SEEN}
            found |= {f"{name} {kind}": table for kind, table in own.items() if table.height}
        return found


def describe_learning(is_prior: bool, forbidding: Sequence[int]) -> list[str]:
    """What a person should know of how a model came about."""
    said = []
    if is_prior:
        said.append("matches cannot be told from chance here, or are too few to learn from: the prior model decides")
    if not forbidding:
        said.append(
            "names and birth dates of one person contradict each other so often here that such a contradiction parts"
            " nobody by itself"
        )
    return said


def pack(table: pl.DataFrame) -> str:
    """A table as text."""
    file = io.BytesIO()
    table.write_parquet(file, compression="zstd")
    return base64.b64encode(file.getvalue()).decode()


def unpack(text: str) -> pl.DataFrame:
    """A table as `pack` wrote it."""
    return pl.read_parquet(io.BytesIO(base64.b64decode(text)))


def read_learned(said: dict[str, Any], roles: list[str]) -> TrainedModel:
    """What `TrainedModel.to_json` wrote, for a table with these roles.

    Raises:
        ModelError: it was made by another version or for other roles.
    """
    if said.get("version") != MADE_BY or said["roles"] != roles:
        raise ModelError("the model was trained on other fields or by another version; train again by giving no model")
    names = list(said["fields"])
    match, related, stranger = (
        [np.array(said["fields"][n][c]) for n in names] for c in ("match", "related", "stranger")
    )
    model = Model(names, match, related, stranger, said["share_match"], said["share_related"])
    model.forbidding, model.is_prior = said["forbidding"], said["is_prior"]
    tables = {name: unpack(text) for name, text in said["tables"].items()}
    seen = []
    for name in names:
        own: dict[str, Any] = {kind: tables[f"{name} {kind}"] for kind in SEEN if f"{name} {kind}" in tables}
        seen.append(TermFrequencies(**said["seen"][name], **own))
    plan = BlockLimits(**said["plan"], keys=tables["keys"], blocks=tables["blocks"])
    return TrainedModel(roles, Layout(**said["layout"]), model, seen, plan, said["unique"])
