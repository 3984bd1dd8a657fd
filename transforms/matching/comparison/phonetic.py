"""Levels of agreement of names as they sound, in any script, and how common a sound is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice, product

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from transforms.matching.records.field import Bools, Field, Floats, Ints
from transforms.matching.records.name_fields import VIETNAMESE
from transforms.names.characters import mandarin_syllables, read_characters
from transforms.names.surnames import spelt_surnames
from transforms.names.syllables import sounds
from transforms.names.vietnamese import GIVEN
from transforms.names.western import root_names
from transforms.names.words import compare_words, is_han, sound_word

Levels = Callable[[Ints, Ints], Ints]
MANDARIN = 0.98
"""What is left of a likeness by Mandarin's readings."""
SOUND_CUTS = (0.25, 0.75, 0.93)
WESTERN_CUTS = (0.75, 0.93)
SAME = 0.93
"""Nearness from which two syllables sound the same."""
NEAR, HALF = 0.75, 0.4
MOST_SYLLABLES, MOST_SOUNDS = 3, 12
EQUAL, SLIPPED, MISHEARD = 3, 2, 1
"""Vietnamese words that are the same; one slip apart, or an initial; one slip apart, and both of them names."""
SLIP_FROM = 4
"""Letters of the longer of two words from which one slip may be all that is between them: An and Anh are two names."""
ALIKE = {"sound": 3, "syllables": 4, "western": 2}
"""Kind → the level from which two values are one name in different writing, and how common its sound is counts."""


def level_surnames(field: Field, workers: int) -> Levels:
    """Surnames: homophones; a slip, or another country's spelling (Yip, Ye); the same sound."""
    characters = [spelt_surnames().get(word, frozenset()) for word in field.vocabulary]

    def level(left: Ints, right: Ints) -> Ints:
        found = cut(compare_sounds(field.vocabulary, left, right), SOUND_CUTS)
        low = np.flatnonzero(found < 2)
        ends = zip(left[low].tolist(), right[low].tolist(), strict=True)
        found[low[np.array([not characters[a].isdisjoint(characters[b]) for a, b in ends], bool)]] = 2
        return found

    return level


def level_western(field: Field, workers: int) -> Levels:
    """Western given names: alike; what the other is called (Pete for Peter)."""
    return lambda left, right: cut(compare_sounds(field.vocabulary, left, right), WESTERN_CUTS)


def level_given(field: Field, workers: int) -> Levels:
    """Chinese given names, by syllable: half of it; initials or the first syllable; a slip; the same sound."""
    words = [value.replace(VIETNAMESE, " ").split()[:MOST_SYLLABLES] for value in field.vocabulary]
    vocabulary = sorted({word for value in words for word in value})
    place = {word: i + 1 for i, word in enumerate(vocabulary)}
    slots = np.array([[place[w] for w in v] + [0] * (MOST_SYLLABLES - len(v)) for v in words], np.int64)
    slots = slots.reshape(-1, MOST_SYLLABLES)
    size = np.array([len(value) for value in words], np.int64)
    is_initial = np.array([False] + [len(w) == 1 and w.isascii() for w in vocabulary])
    is_latin = np.array([value.isascii() for value in field.vocabulary], bool)
    is_vietnamese = np.array([VIETNAMESE in value for value in field.vocabulary], bool) & is_latin
    alike = AlikeWords(vocabulary)

    def level(left: Ints, right: Ints) -> Ints:
        found = level_syllables(left, right)
        own = np.flatnonzero((is_vietnamese[left] & is_latin[right]) | (is_latin[left] & is_vietnamese[right]))
        found[own] = level_vietnamese(alike, slots[left[own]], slots[right[own]])
        return found

    def level_syllables(left: Ints, right: Ints) -> Ints:
        near = np.stack([compare_filled(vocabulary, slots[left], np.roll(slots[right], -s, 1)) for s in range(3)])
        both = ~np.isnan(near[0])
        is_short = (size[left] == 1) | (size[right] == 1)
        # One syllable may be any of the other's: who is called Wah may be Hon Wah.
        least = np.where(is_short, np.nanmax(near, axis=(0, 2)), np.nanmin(near[0], axis=1))
        mean = np.where(is_short, least, np.nanmean(near[0], axis=1))
        has_initial = (both & (is_initial[slots[left]] | is_initial[slots[right]])).any(axis=1)
        partial = np.where(least >= NEAR, 2, np.where(mean >= HALF, 1, 0))
        whole = np.where(least >= SAME, 4, np.where((least >= HALF) & (mean >= NEAR), 3, np.where(mean >= HALF, 1, 0)))
        return np.where((size[left] != size[right]) | has_initial, partial, whole)

    return level


class AlikeWords:
    """How near two words of Vietnamese given names are."""

    def __init__(self, vocabulary: list[str]) -> None:
        self.words = ["", *vocabulary]
        self.is_name = np.array([word in GIVEN for word in self.words], bool)
        self.length = np.array([len(word) for word in self.words])
        self.first = np.array([word[:1] for word in self.words])

    def compare(self, one: Ints, other: Ints) -> Ints:
        """EQUAL, SLIPPED, MISHEARD or 0 for words, given by their places; place 0 is no word."""
        rows = np.flatnonzero((one > 0) & (other > 0))
        a, b = one[rows], other[rows]
        slips = cpdist(*([self.words[i] for i in side.tolist()] for side in (a, b)), scorer=OSA.distance)
        same_first = self.first[a] == self.first[b]
        is_initial = ((self.length[a] == 1) | (self.length[b] == 1)) & same_first
        is_slip = (slips <= 1) & (np.maximum(self.length[a], self.length[b]) >= SLIP_FROM)
        # Linh and Vinh, Trang and Trung are two names each: a letter is sooner dropped or doubled than another one.
        misheard = np.where(same_first & (self.length[a] != self.length[b]), MISHEARD, 0)
        slipped = np.where(self.is_name[a] & self.is_name[b], misheard, SLIPPED)
        found = np.zeros(len(one), np.int64)
        found[rows] = np.where(a == b, EQUAL, np.where(is_initial, SLIPPED, np.where(is_slip, slipped, 0)))
        return found


def level_vietnamese(alike: AlikeWords, left: Ints, right: Ints) -> Ints:
    """Vietnamese given names: all words in any order; with a slip; shortened to the last word; misheard; others.

    Each word tells: Văn An and Văn Bình, or Minh An and Ngọc An, are two people. Each row of `left` and `right` has the
    words of a name, filled up with 0.
    """
    near = np.stack([[alike.compare(a, b) for b in right.T] for a in left.T])  # word of left, word of right, pair
    best = [np.where(left.T > 0, near.max(axis=1), EQUAL), np.where(right.T > 0, near.max(axis=0), EQUAL)]
    least = [own.min(axis=0) for own in best]
    size = [(side > 0).sum(axis=1) for side in (left, right)]
    last = near[np.maximum(size[0] - 1, 0), np.maximum(size[1] - 1, 0), np.arange(len(left))]
    either = np.minimum(*least)
    whole = np.where(either == EQUAL, 4, np.where(either == SLIPPED, 3, np.minimum(either, 1)))
    found = np.where(size[0] == size[1], whole, np.where(last >= SLIPPED, 2, 1))
    levels: Ints = np.where(np.maximum(*least) == 0, 0, found).astype(np.int64)
    return levels


def mark_vietnamese(field: Field) -> Bools:
    """Per record, true if a given name of it is Vietnamese, of two words or more."""
    has = np.array([VIETNAMESE in value for value in field.vocabulary], np.int64)
    known = np.flatnonzero(np.diff(field.start))
    found = np.zeros(len(field.start) - 1, bool)
    if len(known):
        found[known] = np.add.reduceat(has[field.codes], field.start[known]) > 0
    return found


def compare_filled(vocabulary: list[str], left: Ints, right: Ints) -> Floats:
    """Nearness of words numbered from 1, place by place; nan where one of them is 0."""
    both = (left > 0) & (right > 0)
    near = np.full(left.shape, np.nan)
    near[both] = compare_sounds(vocabulary, left[both] - 1, right[both] - 1)
    return near


def cut(values: Floats, cuts: Sequence[float]) -> Ints:
    """How many of the cuts a value reaches."""
    return np.digitize(values, cuts).astype(np.int64)


def compare_sounds(vocabulary: list[str], left: Ints, right: Ints) -> Floats:
    """Nearness of words, each two once."""
    codes, back = np.unique(np.minimum(left, right) * len(vocabulary) + np.maximum(left, right), return_inverse=True)
    if not len(codes):
        return np.zeros(0)
    hong_kong, mandarin = compare_words(vocabulary, *np.divmod(codes, len(vocabulary)))
    found: Floats = np.maximum(hong_kong, MANDARIN * mandarin).astype(np.float64)[back]
    return found


def list_sounds(kind: str, value: str) -> set[str]:
    """What a value may sound like."""
    if kind == "western":
        return set(root_names(value))
    if VIETNAMESE in value and kind == "syllables":
        return {value}
    each = [sorted(sound_word(word)) for word in value.split()]
    return {" ".join(way) for way in islice(product(*each), MOST_SOUNDS)}


def list_way_keys(way: str) -> list[str]:
    """Keys of one way to read a name (`naming.WAYS`) as it sounds whole, and without its surname, in any script."""
    surname, given = way.split("|")[:2]
    if VIETNAMESE in given:
        return [f"v {surname}, {' '.join(sorted(given.split(VIETNAMESE)))}"]
    syllables = given.split()
    if not syllables or any(len(word) == 1 and word.isascii() for word in syllables):
        return []
    keys = set()
    for language, speak in (("c", speak_cantonese), ("m", speak_mandarin)):
        spoken = [" ".join(s) for s in islice(product(*(sorted(speak(w)) for w in syllables)), MOST_SOUNDS)]
        keys |= {f"{language} {last}, {first}" for last in speak(surname) for first in spoken if surname}
        keys |= {f"{language} {first}" for first in spoken if len(syllables) > 1}
    return sorted(keys)


def speak_cantonese(word: str) -> frozenset[str]:
    """What a word may sound like in Cantonese."""
    return read_characters(word).sounds if is_han(word) else sounds(word)


def speak_mandarin(word: str) -> frozenset[str]:
    """How a word may be spelt in Pinyin."""
    return read_characters(word).mandarin if is_han(word) else frozenset({word} & mandarin_syllables())
