"""Comparison vectors of pairs of records: a level of agreement per field, and how common the shared value is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.matching.fields import Field, Floats, Ints
from transforms.matching.levels import HEIGHTS, KIND_LEVELS, NEAR_NAMES, RARE, UNKNOWN, Levels, level_full, level_names
from transforms.matching.settings import Similarity
from transforms.matching.spoken import ALIKE, share_alike
from transforms.matching.ways import NameWays, cross

Rare = tuple[Ints, Floats, Floats]
"""Per value: its bucket, how much rarer it is than values of its bucket, how much rarer its sound is."""
ROWS = 2_000_000
"""Pairs compared at one time."""


@dataclass(frozen=True)
class Vectors:
    """Comparison vectors, one row per pair, one column per field."""

    level: npt.NDArray[np.int8]
    rarity: npt.NDArray[np.float32]
    """For equal values the logarithm of how much rarer the value is than equal values are on average, else 0."""

    def take(self, rows: Ints) -> Vectors:
        """Some of the rows."""
        return Vectors(self.level[rows], self.rarity[rows])


def join_vectors(parts: list[Vectors]) -> Vectors:
    """Vectors one after the other."""
    return Vectors(np.concatenate([p.level for p in parts]), np.concatenate([p.rarity for p in parts]))


class Comparer:
    """Compares the records of a table; what depends on values alone is computed once."""

    def __init__(
        self, fields: list[Field], workers: int, similarity: Similarity | None = None, ways: pl.DataFrame | None = None
    ) -> None:
        self.fields = fields
        self.ways = NameWays(ways, fields, len(fields[0].start) - 1) if ways is not None else None
        self.names = [f.name for f in fields]
        self.levels: list[Levels] = [
            level_full(f, workers, similarity) if f.kind == "full" else KIND_LEVELS[f.kind](f, workers) for f in fields
        ]
        self.alike: Ints | None = None
        self.crossed = CrossedNames(fields, workers) if {"given_name", "surname"} <= set(self.names) else None
        self.rarity: list[Rare] = [(list_buckets(f), list_rarity(f), list_alike(f)) for f in fields]

    def compare(self, left: Ints, right: Ints) -> Vectors:
        """The comparison vectors of records left[i] and right[i]."""
        parts = [self.compare_part(left[i : i + ROWS], right[i : i + ROWS]) for i in range(0, len(left), ROWS)]
        none = Vectors(np.zeros((0, len(self.fields)), np.int8), np.zeros((0, len(self.fields)), np.float32))
        return join_vectors([none, *parts])

    def compare_part(self, left: Ints, right: Ints) -> Vectors:
        """Vectors of pairs that fit into memory at one time."""
        level = np.full((len(left), len(self.fields)), UNKNOWN, np.int8)
        rarity = np.zeros((len(left), len(self.fields)), np.float32)
        for i, (field, levels, rare) in enumerate(zip(self.fields, self.levels, self.rarity, strict=True)):
            if self.ways is None or i not in self.ways.places:
                level[:, i], rarity[:, i] = compare_field(field, levels, rare, left, right)
        for place, found, rare_found in self.ways.compare(left, right, self.compare_part_values) if self.ways else ():
            level[:, place], rarity[:, place] = found, rare_found
        if self.crossed:
            self.crossed.repair(level, left, right)
        if self.alike is not None:
            self.rank_names(level, left, right)
        return Vectors(level, rarity)

    def compare_part_values(self, place: int, a: Ints, b: Ints) -> tuple[Ints, Floats]:
        """Level and rarity of pairs of values of the field at a place."""
        return compare_values(self.fields[place], self.levels[place], self.rarity[place], a, b)

    def learn_names(self, pairs: tuple[Ints, Ints], vectors: Vectors) -> Vectors:
        """Count how many records have a name like each record's, in any spelling; the vectors with that in mind.

        As with equal values, a name that few share is worth more, also where it is written in another script.
        """
        if "full_name" not in self.names:
            return vectors
        near = vectors.level[:, self.names.index("full_name")] >= NEAR_NAMES
        ends = np.concatenate([pairs[0][near], pairs[1][near]])
        self.alike = np.bincount(ends, minlength=len(self.fields[0].start)) + 1
        self.rank_names(vectors.level, *pairs)
        return vectors

    def rank_names(self, level: npt.NDArray[np.int8], left: Ints, right: Ints) -> None:
        """Raise near names that few records have to the levels kept for them."""
        if self.alike is None:
            return
        column = level[:, self.names.index("full_name")]
        count = np.maximum(self.alike[left], self.alike[right])
        steps = (count[:, None] <= np.array(RARE)).sum(axis=1)
        is_near = (column >= NEAR_NAMES) & (column < NEAR_NAMES + 4) & (steps > 0)
        column[is_near] = NEAR_NAMES + 3 + steps[is_near]


def list_buckets(field: Field) -> Ints:
    """Per value how rare it is: 0 common, 1 on some records, 2 on a few. Parts of names are weighed by their sound."""
    count = np.bincount(field.codes, minlength=len(field.vocabulary))
    if field.kind in ALIKE:
        known = int((np.diff(field.start) > 0).sum())
        count = np.round(share_alike(field) * known).astype(np.int64)
    found: Ints = (count[:, None] <= np.array(RARE)).sum(axis=1)
    return found


def expect_equal(field: Field) -> Floats:
    """Of two equal values of one person, the share that falls into each bucket of rarity."""
    total = np.bincount(list_buckets(field), weights=field.share, minlength=len(RARE) + 1) + 1e-3
    spread: Floats = total / total.sum()
    return spread


def list_rarity(field: Field) -> Floats:
    """Per value: the logarithm of how much rarer it is than equal values of its bucket are on average."""
    bucket = list_buckets(field)
    total = np.bincount(bucket, weights=field.share, minlength=len(RARE) + 1)
    squares = np.bincount(bucket, weights=field.share**2, minlength=len(RARE) + 1)
    return np.log(squares[bucket] / np.maximum(total[bucket] * field.share, 1e-12))


def list_alike(field: Field) -> Floats:
    """Per value of a part of a name: the logarithm of how much rarer its sound is than sounds are on average."""
    if field.kind not in ALIKE:
        return np.zeros(len(field.vocabulary))
    alike = share_alike(field)
    weight = field.share * (list_buckets(field) == 0)
    mean = float((weight * alike).sum() / max(weight.sum(), 1e-12))
    rarer: Floats = np.log(max(mean, 1e-12) / np.maximum(alike, 1e-12))
    return rarer


def compare_field(field: Field, levels: Levels, rare: Rare, left: Ints, right: Ints) -> tuple[Ints, Floats]:
    """Level and rarity of one field; of records with several values, the best two decide."""
    pair, a, b = cross(field, left, right)
    found, rarity = compare_values(field, levels, rare, a, b)
    level, rarest = np.full(len(left), UNKNOWN, np.int64), np.zeros(len(left))
    if field.is_single:
        level[pair], rarest[pair] = found, rarity
        return level, rarest
    np.maximum.at(level, pair, found)
    best = found == level[pair]
    np.maximum.at(rarest, pair[best], rarity[best] + 1e3)
    return level, np.where(rarest > 0, rarest - 1e3, 0)


def compare_values(field: Field, levels: Levels, rare: Rare, a: Ints, b: Ints) -> tuple[Ints, Floats]:
    """Level and rarity of pairs of values; each two values are compared once."""
    top = HEIGHTS[field.kind] - 1
    level, rarity = np.full(len(a), top, np.int64), np.zeros(len(a))
    same = a == b
    level[same] += rare[0][a[same]]
    rarity[same] = rare[1][a[same]]
    low, high = np.minimum(a[~same], b[~same]), np.maximum(a[~same], b[~same])
    distinct, place = np.unique(low * len(field.vocabulary) + high, return_inverse=True)
    if len(distinct):
        first, second = np.divmod(distinct, len(field.vocabulary))
        found = levels(first, second)
        rarer = np.zeros(len(found))
        if field.kind in ALIKE:
            is_alike = found >= ALIKE[field.kind]
            steps = np.minimum(rare[0][first], rare[0][second])
            rarer = np.where(is_alike & (steps == 0), np.minimum(rare[2][first], rare[2][second]), 0.0)
            found = np.where(is_alike & (steps > 0), top + steps, found)
        level[~same], rarity[~same] = found[place], rarer[place]
    return level, rarity


class CrossedNames:
    """Given names that stand in the surname's place, and the other way round; full names where nothing else is."""

    def __init__(self, fields: list[Field], workers: int) -> None:
        self.names = [f.name for f in fields]
        given, surname = fields[self.names.index("given_name")], fields[self.names.index("surname")]
        words = given.vocabulary + surname.vocabulary
        self.given, self.surname, self.shift = given, surname, len(given.vocabulary)
        self.compare = level_names(Field("crossed", "name", words, given.codes, given.start, given.share, []), workers)

    def repair(self, level: npt.NDArray[np.int8], left: Ints, right: Ints) -> None:
        """Give pairs whose names fit crosswise the level of near names; forget full names where the parts are known."""
        g, s = self.names.index("given_name"), self.names.index("surname")
        if "full_name" in self.names:
            level[(level[:, g] >= 0) & (level[:, s] >= 0), self.names.index("full_name")] = UNKNOWN
        if not (self.given.is_single and self.surname.is_single):
            return
        rows = np.flatnonzero((level[:, g] >= 0) & (level[:, s] >= 0) & (level[:, g] + level[:, s] <= 4))
        ends = left[rows], right[rows]
        one = self.cross(ends[0], ends[1])
        other = self.cross(ends[1], ends[0])
        fits = (one >= 3) & (other >= 3)
        top = HEIGHTS["name"] - 2
        level[rows[fits], g] = np.minimum(one[fits], top)
        level[rows[fits], s] = np.minimum(other[fits], top)

    def cross(self, left: Ints, right: Ints) -> Ints:
        """Levels of the given names of `left` against the surnames of `right`."""
        a = self.given.codes[self.given.start[left]]
        b = self.surname.codes[self.surname.start[right]] + self.shift
        width = self.shift + len(self.surname.vocabulary)
        distinct, place = np.unique(a * width + b, return_inverse=True)
        if not len(distinct):
            return np.zeros(0, np.int64)
        return self.compare(*np.divmod(distinct, width))[place]
