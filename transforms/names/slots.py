"""The slots of two names side by side, and how near the words in them are, each distinct pair of words once."""

from __future__ import annotations

import numpy as np

from transforms.names.prepared import GIVEN, MOST_WESTERN, SLOTS, WESTERN
from transforms.names.words import Floats, Ints, compare_words

PERMUTATIONS = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
CROSSED = [(i, j) for i in range(WESTERN.start, SLOTS) for j in range(WESTERN.start, SLOTS)]
COMPARED = np.array([*((i, i) for i in range(GIVEN.stop)), *CROSSED])


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
