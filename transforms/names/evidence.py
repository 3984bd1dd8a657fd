"""What each part of two names weighs, and what their nearness comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from transforms.names.prepared import (
    GIVEN,
    GIVEN_BITS,
    INITIAL_BITS,
    MARRIED,
    MOST_WESTERN,
    SLOTS,
    SURNAME,
    WESTERN,
    WESTERN_BITS,
    Prepared,
)
from transforms.names.words import Floats, Ints, compare_words

Doubles = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]

SECOND_BITS = 3.0
"""Of western names beside syllables."""
MISSING = 0.3
"""Nearness of a syllable to none."""
ENOUGH_BITS = 14.0
"""What is needed to be sure; names with less are compared with all they have."""
LEAST_COVER = 0.3
"""What is left of a score where almost nothing could be compared."""
OTHER_SURNAME, OTHER_MARRIED = 0.7, 0.85
"""What is left of a score where surnames, or husbands' surnames, are not alike."""
ONE_GIVEN, ONE_WESTERN, ONE_MARRIED = 0.95, 0.99, 0.985
"""What is left where one name alone has syllables, more western names, a husband's surname."""


PERMUTATIONS = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
CROSSED = [(i, j) for i in range(WESTERN.start, SLOTS) for j in range(WESTERN.start, SLOTS)]
COMPARED = np.array([*((i, i) for i in range(GIVEN.stop)), *CROSSED])


@dataclass(frozen=True)
class Evidence:
    """Bits and flags of pairs of ways to read a name, one row for each pair."""

    surname: Doubles
    given: Doubles
    """A column for each syllable."""
    missing: Doubles
    """Bits of the syllables that one side lacks, where both have some."""
    western: Doubles
    western_count: Ints
    """Western names of the side that has fewer."""
    total: Doubles
    """Bits of the fuller name."""
    has_married: Bools
    discount: Doubles
    """What is left of the score for what one side alone has."""


def weigh_slots(names: Prepared, one: Ints, other: Ints) -> Evidence:
    """What the slots of pairs of ways weigh."""
    left, right = names.slots[one], names.slots[other]
    both, either = (left > 0) & (right > 0), (left > 0) | (right > 0)
    has_given = both[:, GIVEN.start]
    is_initial = names.is_initial[left] | names.is_initial[right]
    bits = np.where(is_initial[:, GIVEN], INITIAL_BITS, GIVEN_BITS)
    lacking = has_given[:, None] & either[:, GIVEN] & ~both[:, GIVEN]
    counts = [(side[:, WESTERN] > 0).sum(axis=1) for side in (left, right)]
    fewer = np.minimum(*counts)
    return Evidence(
        surname=np.where(both[:, SURNAME], np.minimum(names.bits[one], names.bits[other]), 0.0),
        given=np.where(both[:, GIVEN], bits, 0.0),
        missing=np.where(lacking, bits, 0.0).sum(axis=1),
        western=np.where(has_given, np.where(fewer > 0, SECOND_BITS, 0.0), weigh_western(names, left, right, fewer)),
        western_count=fewer,
        total=np.maximum(names.total[one], names.total[other]),
        has_married=both[:, MARRIED],
        discount=np.where(either[:, GIVEN.start] & ~has_given, ONE_GIVEN, 1.0)
        * np.where(counts[0] != counts[1], ONE_WESTERN, 1.0)
        * np.where(either[:, MARRIED] & ~both[:, MARRIED], ONE_MARRIED, 1.0),
    )


def weigh_western(names: Prepared, left: Ints, right: Ints, fewer: Ints) -> Doubles:
    """Bits of western names that can be compared: less where one of them is an initial."""
    whole = [((s[:, WESTERN] > 0) & ~names.is_initial[s[:, WESTERN]]).sum(axis=1) for s in (left, right)]
    full = np.minimum(np.minimum(*whole), fewer)
    bits: Doubles = full * WESTERN_BITS + (fewer - full) * INITIAL_BITS
    return bits


def combine(evidence: Evidence, near: Floats) -> Doubles:
    """The score from the nearness in every slot, as `slots.pair_slots` orders them."""
    e, surname = evidence, near[:, SURNAME]
    western = best_match(near) / np.maximum(e.western_count, 1)
    agreed = e.surname * surname + (e.given * near[:, GIVEN]).sum(axis=1) + e.missing * MISSING + e.western * western
    weighed = e.surname + e.given.sum(axis=1) + e.missing + e.western
    cover = LEAST_COVER + (1 - LEAST_COVER) * np.minimum(1.0, weighed / np.clip(e.total, 1e-9, ENOUGH_BITS))
    unlike = np.where(e.surname > 0, np.minimum(1.0, OTHER_SURNAME + 2 * (1 - OTHER_SURNAME) * surname), 1.0)
    married = np.where(e.has_married, OTHER_MARRIED + (1 - OTHER_MARRIED) * near[:, MARRIED], 1.0)
    score: Doubles = agreed / np.maximum(weighed, 1e-9) * cover * unlike * married * e.discount
    return score


def pair_slots(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """The words to compare: surnames, married names, syllables in their order, then western names each with each."""
    return left[:, COMPARED[:, 0]], right[:, COMPARED[:, 1]]


def best_match(near: Floats) -> Floats:
    """The best sum of nearness when every western name is matched with one of the other side at most."""
    grid = near[:, GIVEN.stop :].reshape(-1, MOST_WESTERN, MOST_WESTERN)
    sums: list[Floats] = [grid[:, 0, i] + grid[:, 1, j] + grid[:, 2, k] for i, j, k in PERMUTATIONS]
    best: Floats = np.maximum.reduce(sums)
    return best


class WordPairs:
    """Nearness of pairs of words; what is known once is kept for the next chunk."""

    def __init__(self, vocabulary: list[str]) -> None:
        self.vocabulary = vocabulary
        self.codes: Ints = np.zeros(0, dtype=np.int64)
        self.near: Floats = np.zeros((2, 0), dtype=np.float32)
        """By Hong Kong's reading and by Mandarin's, for each of the codes."""

    def compare(self, left: Ints, right: Ints) -> tuple[Floats, Floats]:
        """Nearness in every pair of slots by both readings, 0 where one is empty."""
        filled = (left > 0) & (right > 0)
        low, high = np.minimum(left, right)[filled], np.maximum(left, right)[filled]
        codes, back = np.unique(low * len(self.vocabulary) + high, return_inverse=True)
        self.learn(codes[~np.isin(codes, self.codes, assume_unique=True)])
        near = self.near[:, np.searchsorted(self.codes, codes)][:, back]
        grids = np.zeros((2, *left.shape), dtype=np.float32)
        grids[:, filled] = near
        return grids[0], grids[1]

    def learn(self, codes: Ints) -> None:
        """Compare pairs that are not yet known."""
        ends = np.divmod(codes, len(self.vocabulary))
        words, place = np.unique(np.concatenate(ends), return_inverse=True)
        known = [self.vocabulary[word] for word in words.tolist()]
        near = np.stack(compare_words(known, place[: len(codes)], place[len(codes) :]))
        merged = np.concatenate([self.codes, codes])
        order = np.argsort(merged, kind="stable")
        self.codes, self.near = merged[order], np.concatenate([self.near, near], axis=1)[:, order]
