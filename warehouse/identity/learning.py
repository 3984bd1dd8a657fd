"""Learning from people's decisions: what they say of pairs, and who would merge and part if it were accepted.

Nothing changes by itself: what was accepted is a decision like any other (`learn`), which a night obeys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import numpy as np
import polars as pl

from transforms.engine import as_frame
from transforms.identity import customer_ids
from transforms.identity.decisions import LINK, Account, Decision, apply_decisions
from transforms.identity.learning import Floats, Learned, Lessons
from transforms.identity.people import build_people
from transforms.matching.compare_two import ENDS, compare_pairs
from transforms.matching.comparison.vectors import Vectors
from transforms.matching.match import match_people
from transforms.matching.model.fellegi_sunter import FORBIDDEN, Model
from transforms.matching.model.guards import list_exact
from transforms.matching.model.reweigh import reweigh, reweigh_stored
from transforms.matching.model.score import weigh_group
from transforms.matching.settings import MatchSettings
from warehouse.home.decisions import Ledger
from warehouse.identity.model import read_state

PAIRS_OF_A_SPLIT = 20
"""Pairs of a split that are looked at: they tell much the same, and count as one decision together."""


@dataclass(frozen=True)
class Taught:
    """What can be learned from, and how many decisions cannot be."""

    lessons: Lessons | None
    """None where no decision can be learned from."""
    gone: int
    """Decisions about accounts that are not there."""
    silent: int
    """Decisions about accounts that nothing compares, or that contradict each other whatever else agrees."""

    @property
    def count(self) -> int:
        """Decisions that can be learned from."""
        return self.lessons.count if self.lessons else 0


@dataclass(frozen=True)
class Effect:
    """What the next night would make of the accounts that are there, beside what it would make of them now."""

    merged: list[list[str]]
    """Customers that would become one."""
    parted: list[tuple[str, int]]
    """Customers that would be parted, and into how many."""


def read_learned_decision(decision: Decision | None) -> Learned:
    """What a decision to learn says; what is in use without any, where there is none."""
    if decision is None or decision.threshold is None:
        return Learned()
    return Learned(decision.threshold, dict(decision.weights or ()))


def choose_settings(max_accounts: int, learned: Learned) -> MatchSettings:
    """The settings of a night's match."""
    return replace(MatchSettings(), max_names_per_identifier=max_accounts, threshold=learned.threshold)


def apply_weights(model: Mapping[str, Any], learned: Learned) -> dict[str, Any]:
    """A trained model, with the evidence of fields as it was learned."""
    return reweigh_stored(model, learned.weights) if learned.weights else dict(model)


def read_people(con: duckdb.DuckDBPyConnection, named: list[Account] | None = None) -> pl.DataFrame:
    """The accounts of a generation as its night compared them; all, or those that are named."""
    own, params = "", None
    if named is not None:
        own = (
            " SEMI JOIN (SELECT unnest($sources) AS source, unnest($accounts) AS account_id) USING (source, account_id)"
        )
        params = {"sources": [source for source, _ in named], "accounts": [account for _, account in named]}
    account = con.sql(f"SELECT DISTINCT source, account_id FROM clean.account{own}", params=params).pl()
    attribute = con.sql(
        "SELECT source, account_id, attribute, value, key FROM clean.attribute"
        f" ANTI JOIN identity.shared_account USING (source, account_id){own}",
        params=params,
    ).pl()
    return build_people(account, attribute)


def read_lessons(con: duckdb.DuckDBPyConnection, ledger: Ledger, model: dict[str, Any], max_accounts: int) -> Taught:
    """What decisions teach about the matcher, by a model that was trained (and not reweighed).

    Raises:
        ModelError: the model was made by another version.
    """
    decided = pick_pairs(ledger)
    people = read_people(con, sorted({account for d in decided for account in d.pair}))
    there = set(people.select("source", "record").iter_rows())
    rows = [d for d in decided if d.pair <= there]
    every = {d.decision_id for d in decided}
    found = {d.decision_id for d in rows}
    if not rows:
        return Taught(None, len(every), 0)
    pairs = pl.DataFrame([(*d.left, *d.right) for d in rows], schema=ENDS, orient="row")
    identifier = con.sql("FROM identity.match_identifier").pl()
    _, own, _, vectors = compare_pairs(people, pairs, model, identifier, max_accounts)
    odds = weigh_pairs(own, vectors, {})
    is_telling = (vectors.level >= 0).any(axis=1) & (odds > FORBIDDEN)
    kept = np.flatnonzero(is_telling)
    rows = [rows[i] for i in kept]
    telling = {d.decision_id for d in rows}
    gone, silent = len(every - found), len(found - telling)
    if not rows:
        return Taught(None, gone, silent)
    number = {name: i for i, name in enumerate(dict.fromkeys(d.decision_id for d in rows))}
    decision = np.array([number[d.decision_id] for d in rows], dtype=np.int64)
    weight: Floats = 1.0 / np.bincount(decision)[decision]
    vectors = vectors.take(kept)
    is_same = np.array([d.kind == LINK for d in rows])
    lessons = Lessons(is_same, weight, decision, lambda by: weigh_pairs(own, vectors, by), own.names)
    return Taught(lessons, gone, silent)


def pick_pairs(ledger: Ledger) -> list[Decision]:
    """The decisions in force, and of each split some of its pairs, evenly."""
    found: list[Decision] = []
    split: dict[str, list[Decision]] = {}
    for decision in ledger.in_force:
        (split.setdefault(decision.decision_id, []) if decision.parts else found).append(decision)
    for pairs in split.values():
        places = np.unique(np.linspace(0, len(pairs) - 1, PAIRS_OF_A_SPLIT).round().astype(np.int64))
        found += [pairs[i] for i in places]
    return found


def weigh_pairs(model: Model, vectors: Vectors, weights: Mapping[str, float]) -> Floats:
    """Log-odds of pairs by which a night decides about each, with factors for the evidence of fields."""
    return weigh_group(reweigh(model, weights), vectors, list_exact(model.names, vectors))


def foresee(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, model: dict[str, Any], max_accounts: int, new: Learned
) -> Effect:
    """Who would merge and part by what was learned, beside the night that comes without; `model` was trained."""
    people = read_people(con)
    decisions = apply_decisions(ledger.in_force, list(people.select("source", "record").iter_rows()))
    before, after = (
        name_customers(
            con,
            match_people(
                people,
                settings=choose_settings(max_accounts, learned),
                model=apply_weights(model, learned),
                memory=read_state(con),
                decisions=decisions,
            ).clusters,
            max_accounts,
        )
        for learned in (read_learned_decision(ledger.learned), new)
    )
    return compare_customers(before, after)


def name_customers(con: duckdb.DuckDBPyConnection, clusters: pl.DataFrame, max_accounts: int) -> pl.DataFrame:
    """Source, account_id and customer_id of every account, as a night that finds these clusters names them."""
    account = con.sql("SELECT source, account_id, bool_and(is_guest) AS is_guest FROM clean.account GROUP BY ALL").pl()
    attribute = con.sql("SELECT source, account_id, attribute, key FROM clean.attribute").pl()
    matched = clusters.select("source", pl.col("cluster").cast(pl.Int64), account_id="record")
    register, identity = (con.sql(f"FROM {t}").pl() for t in ("identity.customer", "main.customer_identity"))
    frames = [as_frame(table.lazy()) for table in (account, matched, attribute, register, identity)]
    keys = customer_ids.list_keys(frames[2], max_accounts)
    cluster = customer_ids.cluster_accounts(customer_ids.number_accounts(frames[0]), frames[1], keys)
    cluster = as_frame(cluster.to_native().collect().lazy())
    name = customer_ids.name_clusters(cluster, customer_ids.claim_names(cluster, frames[3], frames[4]))
    named = cluster.join(name.select("cluster", "customer_id"), on="cluster", how="inner")
    found: pl.DataFrame = named.select("source", "account_id", "customer_id").to_native().collect()
    return found


def compare_customers(before: pl.DataFrame, after: pl.DataFrame) -> Effect:
    """Customers of `before` that become one, and those that are parted; both have source, account_id, customer_id."""
    both = before.join(after, on=["source", "account_id"], suffix="_after")
    whose = both.select("customer_id", "customer_id_after").unique()
    merged = whose.group_by("customer_id_after").agg(pl.col("customer_id").sort()).filter(
        pl.col("customer_id").list.len() > 1
    )  # fmt: skip
    parted = whose.group_by("customer_id").len("count").filter(pl.col("count") > 1).sort("customer_id")
    return Effect(sorted(merged["customer_id"].to_list()), list(parted.iter_rows()))
