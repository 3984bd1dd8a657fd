"""Probabilities of pairs, and weights of the pairs of a group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transforms.matching.blocking.candidate_pairs import Pairs
from transforms.matching.comparison.compare import Comparer
from transforms.matching.comparison.contradictions import lower_names
from transforms.matching.comparison.vectors import Vectors, join_vectors
from transforms.matching.model.fellegi_sunter import FORBIDDEN, SEVERAL, Model, classify
from transforms.matching.model.guards import (
    EXACT,
    OWN,
    list_contradictions,
    list_doubted,
    list_exact,
    list_lone,
    list_own,
)
from transforms.matching.records.field import Bools, Floats

NEAR = 0.2
"""Probability from which a pair is worth another look: it may hold together what others confirm."""
ROWS = 1_000_000
"""Pairs compared at one time."""
LONE = 0.45
"""What is left of the probability of two records that have in common what many people share, or are doubted."""
SILENT = -1e-6
"""Log-odds, at most, of two records that could not have shown a match: just short of even, since that is no match."""


@dataclass(frozen=True)
class Scored:
    """Pairs with their comparison vectors and probabilities."""

    pairs: Pairs
    vectors: Vectors
    probability: Floats


def score_pairs(comparer: Comparer, model: Model, pairs: Pairs, vectors: Vectors | None = None) -> Scored:
    """The pairs that are near; their vectors are compared, if not given."""
    kept, parts, chances = [np.zeros(0, np.int64)], [], [np.zeros(0)]
    for start in range(0, len(pairs[0]), ROWS):
        rows = np.arange(start, min(start + ROWS, len(pairs[0])))
        own = comparer.compare(pairs[0][rows], pairs[1][rows]) if vectors is None else vectors.take(rows)
        near = np.flatnonzero(judge_pairs(model, own) >= NEAR)
        flagged = look_closer(comparer, model, own.take(near), (pairs[0][rows[near]], pairs[1][rows[near]]))
        probability = judge_pairs(model, flagged)
        is_open = np.flatnonzero(probability >= NEAR)
        kept.append(rows[near[is_open]])
        parts.append(flagged.take(is_open))
        chances.append(probability[is_open])
    rows = np.concatenate(kept)
    none = comparer.compare(rows[:0], rows[:0])
    return Scored((pairs[0][rows], pairs[1][rows]), join_vectors([none, *parts]), np.concatenate(chances))


def look_closer(comparer: Comparer, model: Model, vectors: Vectors, pairs: Pairs) -> Vectors:
    """The vectors of pairs with what contradicts itself in them; unless it forbids nothing, such names are apart."""
    flagged = comparer.flag(vectors, *pairs)
    return lower_names(model.names, flagged) if model.forbidding else flagged


def judge_pairs(model: Model, vectors: Vectors) -> Floats:
    """Probability of each pair to be one person; at least EXACT by an equal identifier with nothing against it.

    0 where names and birth dates contradict each other, as far as the pairs were flagged; a pair that is no more than
    doubted stays one to be looked at by a human.
    """
    probability, _ = classify(model, vectors)
    is_doubted = list_doubted(model, vectors, probability)
    probability[list_lone(model.names, vectors) | is_doubted] *= LONE
    probability[list_contradictions(model, vectors) & ~is_doubted] = 0
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
    return np.where(is_silent, np.minimum(SILENT, odds - prior), odds)


def weigh_group(model: Model, vectors: Vectors, exact: Bools) -> Floats:
    """Weights of pairs of one group, as `clusters.merge_groups` takes them; FORBIDDEN where they contradict.

    `exact` is true for pairs of `guards.list_exact`.
    """
    weight = weigh_chance(model, vectors)
    for rows, least in ((exact, EXACT), (exact & list_own(model.names, vectors), OWN)):
        weight[rows] = np.maximum(weight[rows], np.log(least / (1 - least)))
    is_lone = list_lone(model.names, vectors)
    weight[is_lone] = np.minimum(weight[is_lone], SILENT)
    chance, _ = classify(model, vectors)
    weight[list_contradictions(model, vectors) | list_doubted(model, vectors, chance)] = FORBIDDEN
    return weight
