"""Whether two words of names may be one: by a slip, a nickname, another spelling or script, or as an initial.

Words that nobody can compare may be one: only what is surely another name counts as such.
"""

from __future__ import annotations

import unicodedata

import numpy as np
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from transforms.matching.records.field import Bools, Field, Ints
from transforms.names.characters import fold_character
from transforms.names.surnames import spelt_surnames
from transforms.names.western import is_nickname, western_names
from transforms.names.words import compare_words
from transforms.names.words_read import is_syllable

LIKE_SPELLING, LIKE_SOUND = 0.82, 0.25
"""Jaro-Winkler similarity, and nearness as it sounds, from which two words may be one name."""
MOST_SLIPS = 0.4
"""Slips, as a share of the longer word's letters, up to which spellings that look alike may be one name."""
SHORT, LEAST_PART = 3, 4
"""Letters of a word that one slip does not make another; of one that may stand within another (Maria, Anamaria)."""
MOST_WORDS = 4
"""Words of one value that are looked at."""
LATIN, HAN, OTHER = 0, 1, 2
LAST_LATIN = "\u024f"


def split_words(value: str) -> list[str]:
    """The words of a name; each Chinese character is one, folded."""
    found: list[str] = []
    for word in value.split():
        found += map(fold_character, word) if find_script(word) == HAN else [word]
    return found[:MOST_WORDS]


def find_script(word: str) -> int:
    """The script of a word by its first letter: LATIN, HAN, or a number of its own for each other one."""
    if word[:1] <= LAST_LATIN:
        return LATIN
    name = unicodedata.name(word[0], "OTHER").split()[0]
    return HAN if name == "CJK" else OTHER + int.from_bytes(name.encode()[:7], "big")


class WordPairs:
    """The words of names, numbered from 1, and which two of them may be one."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.number: dict[str, int] = {}

    def spread(self, field: Field) -> Ints:
        """Per record the numbers of the words of its values in a field, filled up with 0."""
        split = [split_words(value) for value in field.vocabulary]
        own = np.zeros((len(split) + 1, MOST_WORDS), np.int64)
        for i, words in enumerate(split):
            own[i, : len(words)] = [self.number.setdefault(word, len(self.number) + 1) for word in words]
        sizes = np.diff(field.start)
        columns = [np.zeros((len(sizes), 0), np.int64)]
        for place in range(int(sizes.max(initial=0))):
            has = np.flatnonzero(sizes > place)
            code = np.full(len(sizes), len(split))
            code[has] = field.codes[field.start[:-1][has] + place]
            columns.append(own[code])
        table = np.hstack(columns)
        return table[:, table.any(axis=0)]

    def describe(self) -> None:
        """Note what is asked of each word, once all are numbered."""
        self.words = ["", *self.number]
        self.script = np.array([find_script(word) for word in self.words])
        self.is_known = np.array([word in western_names() for word in self.words])
        self.is_syllable = np.array([word.isascii() and is_syllable(word) for word in self.words])
        self.is_initial = np.array([len(word) == 1 for word in self.words]) & (self.script == LATIN)
        self.length = np.array([len(word) for word in self.words])
        self.first = np.array([ord(word[0]) if word else 0 for word in self.words])

    def find_alike(self, left: Ints, right: Ints) -> Bools:
        """Per pair of rows of words, which of the left may be one of the right."""
        found = np.zeros(left.shape, bool)
        for i in range(left.shape[1]):
            for j in range(right.shape[1]):
                rows = np.flatnonzero((left[:, i] > 0) & (right[:, j] > 0) & ~found[:, i])
                found[rows, i] = self.list_alike(left[rows, i], right[rows, j])
        return found

    def is_word(self, rows: Ints) -> Bools:
        """True for words that are more than an initial."""
        found: Bools = (rows > 0) & ~self.is_initial[rows]
        return found

    def list_alike(self, one: Ints, other: Ints) -> Bools:
        """True for words that may be one; each two are compared once."""
        codes = np.minimum(one, other) * len(self.words) + np.maximum(one, other)
        distinct, back = np.unique(codes, return_inverse=True)
        found: Bools = self.compare(*np.divmod(distinct, len(self.words)))[back]
        return found

    def compare(self, one: Ints, other: Ints) -> Bools:
        """True for pairs of words that may be one."""
        found: Bools = (one == other) | self.is_shortened(one, other)
        low, high = np.minimum(self.script[one], self.script[other]), np.maximum(self.script[one], self.script[other])
        is_spoken = (low == LATIN) & (high == HAN) & (self.is_syllable[one] | self.is_syllable[other])
        found |= (low != high) & ~is_spoken
        by_spelling = ~found & (low == high) & (low != HAN)
        found[by_spelling] = self.compare_spelling(one[by_spelling], other[by_spelling])
        by_sound = ~found & (is_spoken | (high == HAN) | (self.is_syllable[one] & self.is_syllable[other]))
        near = compare_words(self.words, one[by_sound], other[by_sound])
        found[by_sound] = np.maximum(*near) >= LIKE_SOUND
        return found

    def is_shortened(self, one: Ints, other: Ints) -> Bools:
        """True where one is the initial of the other."""
        found: Bools = (self.is_initial[one] | self.is_initial[other]) & (self.first[one] == self.first[other])
        return found

    def compare_spelling(self, one: Ints, other: Ints) -> Bools:
        """True for words of one script that a slip or two makes one, that are short for one name, or spell one surname.

        Two western names that are both known are two, however alike (Marie, Mark), unless one slip lies between them.
        """
        left, right = [self.words[i] for i in one.tolist()], [self.words[i] for i in other.tolist()]
        slips = cpdist(left, right, scorer=OSA.distance, workers=self.workers)
        near = cpdist(left, right, scorer=JaroWinkler.similarity, workers=self.workers) >= LIKE_SPELLING
        near &= slips <= MOST_SLIPS * np.maximum(self.length[one], self.length[other])
        found = (near & ~(self.is_known[one] & self.is_known[other])) | (slips <= 1)
        for i in np.flatnonzero(~found).tolist():
            found[i] = is_one_name(left[i], right[i])
        return np.asarray(found, dtype=bool)


def is_one_name(one: str, other: str) -> bool:
    """True for words of the same letters, one within the other, short for one name, or spellings of one surname."""
    short, long = sorted((one, other), key=len)
    if (len(short) >= LEAST_PART and short in long) or (len(one) == len(other) and sorted(one) == sorted(other)):
        return True
    if is_nickname(one, other):
        return True
    surnames = spelt_surnames()
    return not surnames.get(one, frozenset()).isdisjoint(surnames.get(other, frozenset()))
