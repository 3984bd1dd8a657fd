"""From two values to a level of agreement: 0 is none, the highest is equal. One function per kind of field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from transforms.matching.comparison.phonetic import cut, level_given, level_surnames, level_western
from transforms.matching.comparison.term_frequencies import TermFrequencies, hash_texts, look_up
from transforms.matching.comparison.trigrams import Grams
from transforms.matching.comparison.vectors import NEAR_NAMES, RARE, UNKNOWN
from transforms.matching.records.field import Field, Floats, Ints
from transforms.matching.settings import MatchSettings
from transforms.names.western import list_names, nickname_groups

Levels = Callable[[Ints, Ints], Ints]
NAME_CUTS = (0.7, 0.82, 0.88, 0.93)
NICKNAME = 3
"""Level of two names of which one is short for the other."""
GRAM_CUTS = (0.12, 0.25, 0.4, 0.55, 0.7, 0.85)
NAMED_CUTS, SPELT_CUTS = (0.3, 0.5, 0.65, 0.8, 0.92), (0.5, 0.7, 0.88)
NEAR_HOSTS = 0.8


def pick(words: Sequence[str], codes: Ints) -> list[str]:
    """The values with these numbers."""
    return [words[i] for i in codes.tolist()]


def likeness(words: Sequence[str], left: Ints, right: Ints, scorer: Any, workers: int) -> Floats:
    """A scorer of rapidfuzz, pair by pair."""
    found = cpdist(pick(words, left), pick(words, right), scorer=scorer, workers=workers)
    return np.asarray(found, dtype=np.float64)


def level_names(field: Field, workers: int) -> Levels:
    """Given names, surnames: by Jaro–Winkler, or one slip of the fingers; what somebody is called (Bill)."""
    words = field.vocabulary
    groups = list_nickname_groups(words)

    longest = np.array([len(w) for w in words])

    def level(left: Ints, right: Ints) -> Ints:
        found = cut(likeness(words, left, right, JaroWinkler.similarity, workers), NAME_CUTS)
        is_slip = likeness(words, left, right, OSA.distance, workers) <= 1
        is_long = np.minimum(longest[left], longest[right]) >= 4
        found = np.where((groups[left] & groups[right]).any(axis=1), np.maximum(found, NICKNAME), found)
        return np.where(is_slip & is_long, np.maximum(found, 4), found)

    return level


def list_nickname_groups(words: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Per word the names that it may be short for, a bit each."""
    groups = nickname_groups()
    is_in = np.zeros((len(groups) + 1, len(list_names())), bool)
    row = {word: i for i, word in enumerate(groups, start=1)}
    for word, numbers in groups.items():
        is_in[row[word], list(numbers)] = True
    return np.packbits(is_in, axis=1)[[row.get(word, 0) for word in words]]


def level_middle(field: Field, workers: int) -> Levels:
    """Middle names: the same initial counts where one of the two is no more than that."""
    words = field.vocabulary
    initial = np.array([ord(w[0]) for w in words] or [0])
    length = np.array([len(w) for w in words] or [0])

    def level(left: Ints, right: Ints) -> Ints:
        close = likeness(words, left, right, JaroWinkler.similarity, workers) >= 0.88
        is_initial = (initial[left] == initial[right]) & (np.minimum(length[left], length[right]) == 1)
        return np.where(close, 2, np.where(is_initial, 1, 0))

    return level


class FullNames:
    """Full names, of people or organisations: as alike as names are, and within that as their spelling is.

    The likeness of names counts syllables and knows scripts, that of spelling (words in any order, rare ones weighing
    more) knows organisations. Each combination of both is a level, for the model to find out what it is worth. Names in
    two scripts that nobody can compare say nothing.
    """

    def __init__(self, field: Field, seen: TermFrequencies, settings: MatchSettings) -> None:
        self.vocabulary, self.workers = field.vocabulary, settings.workers
        self.words = [" ".join(sorted(w.split())) for w in field.vocabulary]
        self.grams = Grams(field.vocabulary, seen)
        shown = pl.Series(field.shown, dtype=pl.String)
        self.is_han = shown.str.contains(r"\p{Han}").to_numpy()
        self.names = settings.read_names(field.shown) if settings.read_names else None
        self.count_alike(seen)

    def count_alike(self, seen: TermFrequencies) -> None:
        """Take over how many records have a name like each."""
        self.alike = look_up(seen.alike, hash_texts(pl.Series(self.vocabulary, dtype=pl.String)), np.inf)

    def __call__(self, left: Ints, right: Ints) -> Ints:
        """The levels of pairs of names."""
        ordered = likeness(self.words, left, right, fuzz.ratio, self.workers) / 100
        spelt = np.maximum(ordered, self.grams.compare(left, right))
        crosses = self.is_han[left] != self.is_han[right]
        named = np.where(crosses, np.nan, spelt)
        if self.names is not None:
            said = self.names.compare(left, right)
            named = np.where(np.isnan(said), named, said)
        found = cut(named, NAMED_CUTS) * (len(SPELT_CUTS) + 1) + cut(spelt, SPELT_CUTS)
        # As with equal values, a name that few share is worth more, also where it is written otherwise.
        steps = (np.maximum(self.alike[left], self.alike[right])[:, None] <= np.array(RARE)).sum(axis=1)
        found = np.where((found >= NEAR_NAMES) & (steps > 0), NEAR_NAMES + 3 + steps, found)
        return np.where(np.isnan(named), UNKNOWN, found)


def level_dates(field: Field, workers: int) -> Levels:
    """Dates: day and month swapped or one slip; two parts of three; the year alone."""
    words = field.vocabulary
    part = np.array([[w[:4], w[4:6], w[6:8]] for w in words] or [["", "", ""]])

    def level(left: Ints, right: Ints) -> Ints:
        same = part[left] == part[right]
        swapped = same[:, 0] & (part[left, 1] == part[right, 2]) & (part[left, 2] == part[right, 1])
        is_slip = likeness(words, left, right, OSA.distance, workers) <= 1
        parts = same.sum(axis=1)
        return np.where(swapped | is_slip, 3, np.where(parts >= 2, 2, np.where(same[:, 0], 1, 0)))

    return level


def level_codes(field: Field, workers: int) -> Levels:
    """Phones, postcodes, ids: one slip; two slips or the same beginning."""
    words = field.vocabulary

    def level(left: Ints, right: Ints) -> Ints:
        distance = likeness(words, left, right, OSA.distance, workers)
        return np.where(distance <= 1, 2, np.where(distance <= 2, 1, 0))

    return level


def level_texts(field: Field, workers: int) -> Levels:
    """Places: by Jaro–Winkler."""
    words = field.vocabulary

    def level(left: Ints, right: Ints) -> Ints:
        return cut(likeness(words, left, right, JaroWinkler.similarity, workers), (0.8, 0.88, 0.94))

    return level


def level_emails(field: Field, workers: int, seen: TermFrequencies) -> Levels:
    """Emails: the same local part at another host; local parts with a slip or two, or that begin alike.

    Emails are made of names: where two local parts are alike but for their digits, as chantaiman1 and chantaiman2, or
    have none, the names have said all there is, and the emails say nothing - unless their hosts are alike and rare.
    """
    locals_ = [w.split("@")[0] for w in field.vocabulary]
    code = number([w if len(w) >= 4 else f"{i}@" for i, w in enumerate(locals_)])
    texts = pl.Series(locals_, dtype=pl.String)
    has_number = (texts.str.count_matches(r"[0-9]") >= 2).to_numpy()
    hosts = [w.split("@")[-1] for w in field.vocabulary]
    is_rare = look_up(seen.sounds, hash_texts(pl.Series(hosts, dtype=pl.String)), 1.0) <= RARE[0]
    digits = number(texts.str.replace_all(r"[^0-9]", "").to_list())

    def level(left: Ints, right: Ints) -> Ints:
        near = likeness(locals_, left, right, JaroWinkler.similarity, workers) >= 0.92
        slips = likeness(locals_, left, right, OSA.distance, workers)
        alike = np.where(slips <= 1, 3, np.where(slips <= 2, 2, near.astype(np.int64)))
        alike = np.where((alike > 0) & (digits[left] != digits[right]), UNKNOWN, alike)
        found = np.where(code[left] == code[right], 4, alike)
        near_hosts = likeness(hosts, left, right, JaroWinkler.similarity, workers) >= NEAR_HOSTS
        is_telling = has_number[left] | (is_rare[left] & is_rare[right] & near_hosts)
        return np.where((found > 0) & ~is_telling, UNKNOWN, found)

    return level


def number(texts: list[str]) -> Ints:
    """Equal texts by equal numbers."""
    known = {text: i for i, text in enumerate(dict.fromkeys(texts))}
    return np.array([known[text] for text in texts] or [0], dtype=np.int64)


def level_flags(field: Field, workers: int) -> Levels:
    """Equal or not."""
    return lambda left, right: np.zeros(len(left), dtype=np.int64)


def level_grams(field: Field, workers: int, seen: TermFrequencies) -> Levels:
    """Addresses: weighted letter triples."""
    grams = Grams(field.vocabulary, seen)
    return lambda left, right: cut(grams.compare(left, right), GRAM_CUTS)


def level_numbers(field: Field, workers: int) -> Levels:
    """Numbers of an address: all of the shorter list in the longer, or some."""
    sets = [frozenset(w.split()) for w in field.vocabulary]

    def level(left: Ints, right: Ints) -> Ints:
        both = [(sets[a], sets[b]) for a, b in zip(left.tolist(), right.tolist(), strict=True)]
        return np.array([2 if a <= b or b <= a else int(not a.isdisjoint(b)) for a, b in both], dtype=np.int64)

    return level


KIND_LEVELS: dict[str, Callable[[Field, int], Levels]] = {
    "name": level_names, "middle": level_middle, "sound": level_surnames,
    "syllables": level_given, "western": level_western, "date": level_dates, "flag": level_flags,
    "code": level_codes, "text": level_texts, "numbers": level_numbers,
}  # fmt: skip
