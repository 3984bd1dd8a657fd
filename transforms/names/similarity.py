"""How near two names are, from 0 (two people) to 1 (one name), within and across scripts, for millions of pairs.

What is compared is weighed in bits: a rare surname tells more than Chan, a syllable more than an initial. The score is the
weighed nearness of what both names have, less where one of them leaves out much. About: 0.9 and above, one name but
for its spelling; 0.6 to 0.85, nothing against it, but little to go by (Peter Chan, T M Chan); below 0.5, two names.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.names.parsing import MOST_GIVEN
from transforms.names.prepared import MOST_WESTERN, Prepared, prepare_names
from transforms.names.words import Floats, Ints, compare_words

Doubles = npt.NDArray[np.float64]

CHUNK = 100_000
GIVEN_BITS, INITIAL_BITS, WESTERN_BITS, SECOND_BITS = 6.0, 3.0, 6.0, 3.0
"""Bits of a syllable, an initial, a western name alone, and of western names beside syllables."""
MISSING = 0.3
"""Nearness of a syllable to none."""
ENOUGH_BITS = 14.0
"""What is needed to be sure; a name with less is compared with all it has."""
LEAST_COVER = 0.3
ACROSS, MANDARIN, ONE_GIVEN, ONE_WESTERN, ONE_MARRIED, JOINED = 0.985, 0.98, 0.95, 0.99, 0.985, 0.98
OTHER_SURNAME = 0.7
"""What is left of the score where surnames are not at all alike."""
PERMUTATIONS = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))


def similarity(a: str, b: str) -> float:
    """How near two names are, see the module. For many pairs use `similarity_columns`."""
    return float(similarity_columns(pl.Series([a]), pl.Series([b]))[0])


def similarity_columns(a: pl.Series, b: pl.Series, frequencies: Mapping[str, float] | None = None) -> pl.Series:
    """How near the names of two columns are, row by row; null where one is null.

    Args:
        a: names as written, in either script.
        b: as many names.
        frequencies: share of people by surname as `parse_name` gives it, from the caller's own data; else Hong Kong's.
    """
    pairs = pl.DataFrame([a.cast(pl.String).alias("a"), b.cast(pl.String).alias("b")])
    # One row per unordered pair: so the order of the arguments cannot matter.
    low, high = pl.min_horizontal("a", "b"), pl.max_horizontal("a", "b")
    pairs = pairs.select(
        pl.when(pl.col("a").is_not_null() & pl.col("b").is_not_null()).then(low).alias("low"),
        pl.when(pl.col("a").is_not_null() & pl.col("b").is_not_null()).then(high).alias("high"),
    )
    distinct = pairs.drop_nulls().unique()
    names = pl.concat([distinct["low"], distinct["high"]]).unique()
    places = pl.DataFrame([names.alias("name"), pl.int_range(len(names), eager=True).alias("place")])
    left = distinct.join(places, left_on="low", right_on="name", maintain_order="left")["place"].to_numpy()
    right = distinct.join(places, left_on="high", right_on="name", maintain_order="left")["place"].to_numpy()
    prepared = prepare_names(names.to_list(), frequencies)
    scores = [score(prepared, left[i : i + CHUNK], right[i : i + CHUNK]) for i in range(0, len(left), CHUNK)]
    scored = distinct.with_columns(pl.Series("score", np.concatenate([np.zeros(0), *scores]), dtype=pl.Float64))
    return pairs.join(scored, on=["low", "high"], how="left", maintain_order="left")["score"].alias(a.name)


def score(names: Prepared, left: Ints, right: Ints) -> Doubles:
    """The score of pairs of names, given by their places: the best of all ways to read both."""
    pair, one, other = names.cross(left, right)
    best = np.zeros(len(left))
    if len(pair):
        np.maximum.at(best, pair, score_ways(names, one, other))
    best = np.where(names.letters[left] == names.letters[right], np.maximum(best, JOINED), best)
    return np.clip(np.where(names.shown[left] == names.shown[right], 1.0, best), 0.0, 1.0).round(6)


def score_ways(names: Prepared, one: Ints, other: Ints) -> Doubles:
    """The score of pairs of ways to read a name."""
    slots = slot_pairs()
    left, right = names.slots[one][:, slots[:, 0]], names.slots[other][:, slots[:, 1]]
    hong_kong, mandarin = compare_slots(names.vocabulary, left, right)
    across = np.where(names.is_han[one] != names.is_han[other], ACROSS, 1.0)
    weights = Weights(names, one, other)
    best = np.maximum(weights.combine(hong_kong), MANDARIN * weights.combine(mandarin))
    return best * across * names.likeliness[one] * names.likeliness[other]


def slot_pairs() -> Ints:
    """Which slots of two names are compared: surnames, married names, syllables in order, western names each with each."""
    straight = [(i, i) for i in range(2 + MOST_GIVEN)]
    start = 2 + MOST_GIVEN
    crossed = [(start + i, start + j) for i in range(MOST_WESTERN) for j in range(MOST_WESTERN)]
    return np.array(straight + crossed)


def compare_slots(vocabulary: list[str], left: Ints, right: Ints) -> tuple[Floats, Floats]:
    """Nearness in every pair of slots, 0 where one is empty; each distinct pair of words is compared once."""
    filled = (left > 0) & (right > 0)
    low, high = np.minimum(left, right)[filled], np.maximum(left, right)[filled]
    codes, back = np.unique(low * len(vocabulary) + high, return_inverse=True)
    found = compare_words(vocabulary, codes // len(vocabulary), codes % len(vocabulary))
    grids = [np.zeros(left.shape, dtype=np.float32) for _ in found]
    for grid, values in zip(grids, found, strict=True):
        grid[filled] = values[back]
    return grids[0], grids[1]


class Weights:
    """What the slots of pairs of ways weigh; the same for both systems of spelling."""

    def __init__(self, names: Prepared, one: Ints, other: Ints) -> None:
        left, right = names.slots[one], names.slots[other]
        both = (left > 0) & (right > 0)
        either = (left > 0) | (right > 0)
        given, start = slice(2, 2 + MOST_GIVEN), 2 + MOST_GIVEN
        self.surname = np.where(both[:, 0], np.minimum(names.bits[one], names.bits[other]), 0.0)
        self.married_both, self.married_one = both[:, 1], either[:, 1] & ~both[:, 1]
        is_initial = names.is_initial[left[:, given]] | names.is_initial[right[:, given]]
        has_given, self.is_one_given = both[:, 2], left[:, 2].astype(bool) != right[:, 2].astype(bool)
        bits = np.where(is_initial, INITIAL_BITS, GIVEN_BITS)
        self.given = np.where(both[:, given], bits, 0.0)
        self.missing = np.where(has_given[:, None] & either[:, given] & ~both[:, given], bits, 0.0).sum(axis=1)
        counts = (left[:, start:] > 0).sum(axis=1), (right[:, start:] > 0).sum(axis=1)
        self.fewer, self.is_uneven = np.minimum(*counts), counts[0] != counts[1]
        self.western = np.where(
            self.fewer == 0, 0.0, np.where(has_given, SECOND_BITS, self.western_bits(names, left, right))
        )
        self.all = np.maximum(names.total[one], names.total[other])

    def western_bits(self, names: Prepared, left: Ints, right: Ints) -> Doubles:
        """Bits of western names: less where all of one side are initials."""
        start = 2 + MOST_GIVEN
        whole = [((side[:, start:] > 0) & ~names.is_initial[side[:, start:]]).sum(axis=1) for side in (left, right)]
        full = np.minimum(np.minimum(*whole), self.fewer)
        return full * WESTERN_BITS + (self.fewer - full) * INITIAL_BITS

    def combine(self, near: Floats) -> Doubles:
        """The score from the nearness in every slot."""
        given = near[:, 2 : 2 + MOST_GIVEN]
        western = best_match(near[:, 2 + MOST_GIVEN :]) / np.maximum(self.fewer, 1)
        agreed = self.surname * near[:, 0] + (self.given * given).sum(axis=1)
        agreed += self.missing * MISSING + self.western * western
        weighed = self.surname + self.given.sum(axis=1) + self.missing + self.western
        cover = LEAST_COVER + (1 - LEAST_COVER) * np.minimum(1.0, weighed / np.minimum(self.all, ENOUGH_BITS))
        found = np.where(weighed > 0, agreed / np.maximum(weighed, 1e-9), 0.0) * cover
        found *= np.where(self.surname > 0, np.minimum(1.0, OTHER_SURNAME + 2 * (1 - OTHER_SURNAME) * near[:, 0]), 1.0)
        found *= np.where(self.married_both, 0.85 + 0.15 * near[:, 1], np.where(self.married_one, ONE_MARRIED, 1.0))
        found *= np.where(self.is_one_given, ONE_GIVEN, 1.0)
        return np.where(self.is_uneven, ONE_WESTERN, 1.0) * found


def best_match(near: Floats) -> Floats:
    """The best sum of nearness when every western name is matched with one of the other side at most."""
    grid = near.reshape(-1, MOST_WESTERN, MOST_WESTERN)
    sums = [sum(grid[:, i, j] for i, j in enumerate(order)) for order in PERMUTATIONS]
    return np.maximum.reduce([np.asarray(s, dtype=np.float32) for s in sums])
