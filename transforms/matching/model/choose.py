"""Which model a table gets: one learned from its matches or, where chance explains these as well, the prior one.

Training without labels always finds some kind of likeness that a table is full of. Whether that is what one person's
records look like, the prior model tells: it takes matches to agree as they do in most tables, and learns only how often
strangers agree and how many matches there are. Two models that find the same pairs have found people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from transforms.matching.comparison.contradictions import list_unlike
from transforms.matching.comparison.vectors import BIRTH, FAMILY, GIVEN, STRICT_RULES, Vectors
from transforms.matching.model.expectation_maximisation import Sample, train
from transforms.matching.model.fellegi_sunter import Model, classify
from transforms.matching.model.guards import list_contradictions
from transforms.matching.records.field import Bools, Ints

MAYBE, LIKELY = 0.01, 0.5
"""Probability from which a pair is looked at word by word; from which it is a match."""
LEAST_MATCHES = 10
"""Matches, of both models, from which anything can be learned."""
LEAST_SHARED = 0.5
"""Share of the learned model's matches that are the prior model's too; below it they are chance."""
TOO_DIRTY, MOST_MATCHES = 0.005, 100
"""Share of matches expected to contradict themselves from which contradictions forbid nothing; matches to see it by."""
Flag = Callable[[Ints], Vectors]
"""The vectors of some of the pairs, flagged."""


def choose_model(start: Model, sample: Sample, flag: Flag, rounds: int) -> Model:
    """The model for a table.

    Args:
        start: the model before training.
        sample: what to learn from; which pairs are barred is found here.
        flag: what contradicts itself in some of the sample's pairs.
        rounds: of expectation maximisation at most.
    """
    barred, looked_at = list_barred(start, sample, flag)
    sample = replace(sample, barred=barred)
    learned = train(start, sample, rounds)
    if is_dirty(flag(np.flatnonzero(list_matches(learned, sample)))):
        barred = barred.copy()
        barred[looked_at] = False
        start, sample = replace(start, forbidding=[]), replace(sample, barred=barred)
        learned = train(start, sample, rounds)
    prior = train(start, sample, rounds, is_prior=True)
    strict = [*start.forbidding, *STRICT_RULES] if start.forbidding else []
    return replace(prior, is_prior=True, forbidding=strict) if is_chance(learned, prior, sample) else learned


def list_barred(start: Model, sample: Sample, flag: Flag) -> tuple[Bools, Ints]:
    """True for pairs that contradict themselves, and the places of those that were looked at word by word."""
    barred = list_unlike(start.names, sample.pairs.level)
    maybe = np.flatnonzero(barred & (classify(start, sample.pairs)[0] >= MAYBE))
    barred[maybe] = list_contradictions(start, flag(maybe))
    return barred, maybe


def list_matches(model: Model, sample: Sample) -> Bools:
    """True for the pairs that are matches by a model."""
    found: Bools = (classify(model, sample.pairs)[0] >= LIKELY) & ~sample.barred
    return found


def is_dirty(matches: Vectors) -> bool:
    """Do so many matches have another surname, and a given name or birth date, that by chance some have both?

    Twins and namesakes of one home, taken for matches, have another given name or birth date, but no other surname.
    """
    if len(matches.flags) < MOST_MATCHES:
        return False
    given, family, birth = (float(((matches.flags & f) > 0).mean()) for f in (GIVEN, FAMILY, BIRTH))
    return family * (given + birth) >= TOO_DIRTY


def is_chance(learned: Model, prior: Model, sample: Sample) -> bool:
    """Are the pairs that look like matches no more alike than chance makes some of so many?"""
    found, expected = list_matches(learned, sample), list_matches(prior, sample)
    shared = float((found & expected).sum())
    return sample.weights[0] * shared < LEAST_MATCHES or shared < LEAST_SHARED * found.sum()
