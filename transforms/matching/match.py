"""Who is who in any table of people or organisations, without labels and without keys.

people → nodes and fields → keys → candidate pairs → comparison vectors → model → probabilities → clusters
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from transforms.matching.clusters import FORBIDDEN, list_components, merge_groups, pair_within
from transforms.matching.compare import Comparer, Vectors, expect_equal, join_vectors
from transforms.matching.evidence import list_clusters, list_copies, list_edges
from transforms.matching.fields import Floats, Ints
from transforms.matching.guards import (
    EXACT,
    LIKENESS,
    find_unique_sources,
    list_contradictions,
    list_exact,
    name_rules,
)
from transforms.matching.model import SEVERAL, Model, classify, read_model, start_model, train
from transforms.matching.naming import WAYS
from transforms.matching.pairs import Pairs, count_pairs, list_candidates, pick_random
from transforms.matching.settings import MatchSettings
from transforms.matching.splits import judge_groups
from transforms.matching.table import Table, read_table

COPY = "copy"
NEAR = 0.2
"""Probability from which a pair is worth another look: it may hold together what others confirm."""


@dataclass(frozen=True)
class Match:
    """What a table's records say about who is who."""

    edges: pl.DataFrame
    """One row per pair that may be one person: left_source, left_record, right_source, right_record, probability,
    rule (the equal identifier, or likeness), is_joined (both in one cluster), comparison (JSON: field → level, the
    highest level, weight in bits)."""
    clusters: pl.DataFrame
    """One row per record: source, record, cluster (a number, in order of its first record)."""
    model: dict[str, Any]
    warnings: list[str] = field(default_factory=list)


def match_people(
    people: pl.DataFrame,
    *,
    settings: MatchSettings | None = None,
    model: dict[str, Any] | None = None,
    link_only: bool = False,
) -> Match:
    """Find the records of one person in a table.

    Args:
        people: columns source and record (unique within its source), and any of the roles of `fields.KINDS`, each a
            text or a list of texts that are true at the same time (two phones).
        settings: the defaults serve any table.
        model: one that an earlier match returned; None: train on this table.
        link_only: each source holds a person at most once, so only records of different sources can be one.

    Raises:
        MatchError: no source or record, a record twice, no role that can be compared.
        ModelError: the model is for other fields.
    """
    settings = settings or MatchSettings()
    table = read_table(people, settings, link_only)
    comparer = Comparer(table.fields, settings.workers, settings.name_similarity, table.values.get(WAYS))
    pairs = list_candidates(table.values, table.side, settings, table.count)
    vectors = comparer.learn_names(pairs, comparer.compare(*pairs))
    fitted = read_model(model, table.names) if model else fit_model(table, comparer, pairs, vectors, settings)
    probability = judge_pairs(fitted, vectors)
    cluster = cluster_nodes(Scored(table, comparer, fitted, pairs, probability), settings)
    near = np.flatnonzero((probability >= NEAR) | (cluster[pairs[0]] == cluster[pairs[1]]))
    ends = pairs[0][near], pairs[1][near]
    edges = list_edges(table, fitted, ends, (vectors.take(near), probability[near]), cluster)
    chance, rule = judge_copies(table, comparer, fitted, settings)
    is_one = chance >= settings.threshold
    edges = pl.concat([edges, list_copies(table, chance, is_one, rule)])
    return Match(edges, list_clusters(table, cluster, is_one), fitted.to_json(), table.warnings)


def fit_model(table: Table, comparer: Comparer, pairs: Pairs, vectors: Vectors, settings: MatchSettings) -> Model:
    """A model trained on this table."""
    total = max(1.0, count_pairs(table.side, table.count))
    strangers = pick_random(pairs, table.side, settings, table.count)
    random = comparer.compare(*strangers)
    model = start_model(
        table.names, [expect_equal(f) for f in table.fields], random, max(1e-9, min(0.05, 0.1 * table.count / total))
    )
    step = max(1, -(-len(pairs[0]) // settings.training_pairs))
    sample = vectors.take(np.arange(0, len(pairs[0]), step)) if step > 1 else vectors
    copied = list_copied(table)[::step]
    sample = join_vectors([sample, comparer.compare(copied, copied)])
    weight = (total - len(pairs[0])) / max(1, len(strangers[0]))
    train(model, sample, random, (float(step), max(0.0, weight)), settings.rounds)
    return model


def list_copied(table: Table) -> Ints:
    """Nodes that stand for several records."""
    if table.is_link:
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.bincount(table.records["node"].to_numpy(), minlength=table.count) > 1)


def judge_copies(table: Table, comparer: Comparer, model: Model, settings: MatchSettings) -> tuple[Floats, list[str]]:
    """Per node, how probable it is that records with its very content are one person's, and the rule that says so."""
    copied = list_copied(table)
    vectors = comparer.compare(copied, copied)
    chance, rule = np.zeros(table.count), np.full(table.count, COPY, dtype=object)
    chance[copied] = judge_pairs(model, vectors)
    rule[copied] = [COPY if name == LIKENESS else name for name in name_rules(table.names, vectors)]
    size = np.bincount(table.records["node"].to_numpy(), minlength=table.count)[copied]
    is_crowd = size > settings.most_copies
    if is_crowd.any():
        table.warnings.append(
            f"{is_crowd.sum()} contents stand on more than {settings.most_copies} equal records each; so common a"
            " content tells nobody from anybody, and these records stay alone"
        )
    chance[copied[is_crowd]] = 0.0
    return chance, list(rule)


def judge_pairs(model: Model, vectors: Vectors) -> Floats:
    """Probability of each pair to be one person; at least EXACT by an equal identifier with nothing against it."""
    probability, _ = classify(model, vectors)
    return np.where(list_exact(model.names, vectors), np.maximum(probability, EXACT), probability)


def weigh_chance(model: Model, vectors: Vectors) -> Floats:
    """Log-odds of pairs; where the fields that both records have could not have shown a match, what they say alone.

    That most pairs are strangers speaks against pairs that had their chance to agree; two records with no field in
    common say nothing about the group that others bring them into.
    """
    chance, _ = classify(model, vectors)
    odds: Floats = np.log(np.maximum(chance, 1e-30)) - np.log(np.maximum(1 - chance, 1e-30))
    prior = float(np.log(model.share_match / (1 - model.share_match)))
    best = [float(np.log(m / s).max()) for m, s in zip(model.match, model.stranger, strict=True)]
    # People have several contacts: that two of them differ is no chance missed.
    is_several = np.array([name in SEVERAL for name in model.names], dtype=bool)
    had_chance = (vectors.level > 0) | ((vectors.level == 0) & ~is_several)
    is_silent = prior + had_chance @ np.array(best) < 0
    return np.where(is_silent, np.minimum(0, odds - prior), odds)


@dataclass(frozen=True)
class Scored:
    """A table whose candidate pairs have their probability."""

    table: Table
    comparer: Comparer
    model: Model
    pairs: Pairs
    probability: Floats


def cluster_nodes(scored: Scored, settings: MatchSettings) -> Ints:
    """Per node the first node of its cluster."""
    table = scored.table
    near = scored.probability >= NEAR
    left, right = scored.pairs[0][near], scored.pairs[1][near]
    groups = list_components(left, right, scored.probability[near], table.count, 20 * settings.largest_cluster)
    ends = pair_within(groups)
    vectors = scored.comparer.compare(*ends)
    weight = weigh_chance(scored.model, vectors)
    exact = list_exact(table.names, vectors)
    weight[exact] = np.maximum(weight[exact], np.log(EXACT / (1 - EXACT)))
    weight[list_contradictions(scored.model, vectors)] = FORBIDDEN
    is_unique = find_unique_sources(table.source, table.is_link, scored.pairs, scored.probability)
    weight[(table.source[ends[0]] == table.source[ends[1]]) & is_unique[table.source[ends[0]]]] = FORBIDDEN
    least = float(np.log(settings.threshold / (1 - settings.threshold)))
    judge = judge_groups(scored.model, vectors, exact)
    return merge_groups(groups, weight, table.count, (least, settings.largest_cluster), judge)
