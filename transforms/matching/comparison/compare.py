"""Comparison vectors of pairs of records: a level of agreement per field, and how common the shared value is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.matching.comparison.contradictions import Contradictions
from transforms.matching.comparison.levels import KIND_LEVELS, FullNames, Levels, level_emails, level_grams, level_names
from transforms.matching.comparison.name_readings import NameReadings, cross
from transforms.matching.comparison.phonetic import ALIKE, mark_vietnamese
from transforms.matching.comparison.scripts import skip_unread
from transforms.matching.comparison.term_frequencies import Rare, TermFrequencies, rank_values
from transforms.matching.comparison.vectors import GRAMS, HEIGHTS, UNKNOWN, Vectors, join_vectors
from transforms.matching.records.field import KINDS, Field, Floats, Ints
from transforms.matching.settings import MatchSettings

ROWS = 200_000
"""Pairs compared at one time, by each of the threads."""
MOST_THREADS = 2


class Comparer:
    """Compares records; what depends on values alone is computed once.

    Args:
        nodes: numbers of the records, in order; the fields hold their values, in this order.
        fields: the values.
        seen: per field, how often values were seen where the model was trained.
        settings: threads, and the likeness of full names.
        ways: the ways to read people's names (`naming.WAYS`).
    """

    def __init__(
        self,
        nodes: Ints,
        fields: list[Field],
        seen: list[TermFrequencies],
        settings: MatchSettings,
        ways: pl.DataFrame | None,
    ) -> None:
        self.nodes, self.fields = nodes, fields
        self.ways = NameReadings(ways, fields, len(nodes)) if ways is not None else None
        self.names = [f.name for f in fields]
        self.levels = [build_levels(f, s, settings) for f, s in zip(fields, seen, strict=True)]
        self.across = [skip_unread(f, levels) for f, levels in zip(fields, self.levels, strict=True)]
        workers = settings.workers
        self.initials = InitialNames(fields) if {"given_name", "middle_name"} <= set(self.names) else None
        self.misheard = MisheardNames(fields) if "given_sound" in self.names else None
        self.crossed = CrossedNames(fields, workers) if {"given_name", "surname"} <= set(self.names) else None
        self.workers = workers
        self.contradictions: Contradictions | None = None
        self.rarity: list[Rare] = [rank_values(f, s) for f, s in zip(fields, seen, strict=True)]

    def covers(self, nodes: Ints) -> bool:
        """True if it has the values of all these records."""
        return bool(np.isin(nodes, self.nodes, assume_unique=True).all())

    def compare(self, left: Ints, right: Ints) -> Vectors:
        """The comparison vectors of records left[i] and right[i]."""
        starts = range(0, len(left), ROWS)
        with ThreadPoolExecutor(MOST_THREADS) as threads:
            parts = threads.map(lambda i: self.compare_part(left[i : i + ROWS], right[i : i + ROWS]), starts)
        shape = (0, len(self.fields))
        none = Vectors(np.zeros(shape, np.int8), np.zeros(shape, np.float32), np.zeros(0, np.int16))
        return join_vectors([none, *parts])

    def compare_part(self, left: Ints, right: Ints) -> Vectors:
        """Vectors of pairs that fit into memory at one time."""
        left, right = np.searchsorted(self.nodes, left), np.searchsorted(self.nodes, right)
        level = np.full((len(left), len(self.fields)), UNKNOWN, np.int8)
        rarity = np.zeros((len(left), len(self.fields)), np.float32)
        for i, (field, levels, rare) in enumerate(zip(self.fields, self.across, self.rarity, strict=True)):
            if self.ways is None or i not in self.ways.places:
                level[:, i], rarity[:, i] = compare_field(field, levels, rare, left, right)
        for place, found, rare_found in self.ways.compare(left, right, self.compare_part_values) if self.ways else ():
            level[:, place], rarity[:, place] = found, rare_found
        if self.misheard:
            self.misheard.repair(level, left, right)
        if self.crossed:
            self.crossed.repair(level, left, right)
        if self.initials:
            self.initials.repair(level, left, right)
        return Vectors(level, rarity, np.zeros(len(left), np.int16))

    def flag(self, vectors: Vectors, left: Ints, right: Ints) -> Vectors:
        """The vectors of records left[i] and right[i], with their flags."""
        if self.contradictions is None:
            self.contradictions = Contradictions(self.fields, self.workers)
        ends = np.searchsorted(self.nodes, left), np.searchsorted(self.nodes, right)
        return replace(vectors, flags=self.contradictions.find(vectors.level, *ends))

    def compare_part_values(self, place: int, a: Ints, b: Ints) -> tuple[Ints, Floats]:
        """Level and rarity of pairs of values of the field at a place."""
        return compare_values(self.fields[place], self.across[place], self.rarity[place], a, b)


def build_levels(field: Field, seen: TermFrequencies, settings: MatchSettings) -> Levels:
    """What gives pairs of a field's values their level."""
    if field.kind == "full":
        return FullNames(field, seen, settings)
    if field.kind == "email":
        return level_emails(field, settings.workers, seen)
    if field.kind == GRAMS:
        return level_grams(field, settings.workers, seen)
    return KIND_LEVELS[field.kind](field, settings.workers)


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
    rarest[pair] = -np.inf
    np.maximum.at(rarest, pair[best], rarity[best])
    return level, rarest


def compare_values(field: Field, levels: Levels, rare: Rare, a: Ints, b: Ints) -> tuple[Ints, Floats]:
    """Level and rarity of pairs of values; each two values are compared once."""
    top = HEIGHTS[field.kind] - 1
    level, rarity = np.full(len(a), top, np.int64), np.zeros(len(a))
    same = field.same[a] == field.same[b]
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


class MisheardNames:
    """Vietnamese given names of which a slip makes another (Huong, Hung): brothers and sisters have such names.

    They share home, phone and surname: only a birth date or an email speaks for one person.
    """

    def __init__(self, fields: list[Field]) -> None:
        self.names = [f.name for f in fields]
        self.is_vietnamese = mark_vietnamese(fields[self.names.index("given_sound")])

    def repair(self, level: npt.NDArray[np.int8], left: Ints, right: Ints) -> None:
        """Give such names the level of others, unless a birth date or an email is equal."""
        own = self.names.index("given_sound")
        rows = np.flatnonzero((level[:, own] == 1) & self.is_vietnamese[left] & self.is_vietnamese[right])
        for name in {"birth_date", "email"} & set(self.names):
            rows = rows[level[rows, self.names.index(name)] < HEIGHTS[KINDS[name]] - 1]
        level[rows, own] = 0


class CrossedNames:
    """Given names that stand in the surname's place, and the other way round; full names where nothing else is."""

    def __init__(self, fields: list[Field], workers: int) -> None:
        self.names = [f.name for f in fields]
        given, surname = fields[self.names.index("given_name")], fields[self.names.index("surname")]
        words = given.vocabulary + surname.vocabulary
        self.given, self.surname, self.shift = given, surname, len(given.vocabulary)
        self.compare = level_names(
            Field("crossed", "name", words, given.codes, given.start, np.arange(len(words)), []), workers
        )

    def repair(self, level: npt.NDArray[np.int8], left: Ints, right: Ints) -> None:
        """Give pairs whose names fit crosswise the level of near names; forget full names where the parts are known."""
        g, s = self.names.index("given_name"), self.names.index("surname")
        if "full_name" in self.names:
            level[(level[:, g] >= 0) & (level[:, s] >= 0), self.names.index("full_name")] = UNKNOWN
        is_single = (np.diff(self.given.start) <= 1) & (np.diff(self.surname.start) <= 1)
        known = (level[:, g] >= 0) & (level[:, s] >= 0) & is_single[left] & is_single[right]
        rows = np.flatnonzero(known & (level[:, g] + level[:, s] <= 4))
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


class InitialNames:
    """Given names that are no more than the initial of the other's middle name: J Enwright, Emily J Enwright."""

    def __init__(self, fields: list[Field]) -> None:
        names = [f.name for f in fields]
        self.given, self.middle = names.index("given_name"), names.index("middle_name")
        self.initial = list_firsts(fields[self.given], is_initial=True)
        self.second = list_firsts(fields[self.middle], is_initial=False)

    def repair(self, level: npt.NDArray[np.int8], left: Ints, right: Ints) -> None:
        """Say nothing of such given names, and that the middle names agree in their initial."""
        found = np.zeros(len(left), bool)
        for one, other in ((left, right), (right, left)):
            found |= (self.initial[one] > 0) & (self.initial[one] == self.second[other])
        rows = np.flatnonzero(found & (level[:, self.given] == 0))
        level[rows, self.given] = UNKNOWN
        level[rows, self.middle] = np.maximum(level[rows, self.middle], 1)


def list_firsts(field: Field, *, is_initial: bool) -> Ints:
    """Per record the first letter of its only value, as a number; 0 where it has none, several, or a whole word."""
    letters = np.array([ord(w[0]) if len(w) == 1 or not is_initial else 0 for w in field.vocabulary] or [0])
    found = np.zeros(len(field.start) - 1, np.int64)
    single = np.flatnonzero(np.diff(field.start) == 1)
    found[single] = letters[field.codes[field.start[single]]]
    return found
