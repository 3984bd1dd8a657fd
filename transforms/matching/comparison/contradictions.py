"""Names and birth dates that contradict each other: which two records are two people's, whatever else agrees.

A contradiction is what no slip, spelling, nickname, script, initial or change of places explains. Where a value is
unknown, or cannot be compared, there is none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from transforms.matching.comparison.births import SAME_YEAR, BirthDates
from transforms.matching.comparison.companies import Companies
from transforms.matching.comparison.homes import HOMES, GivenSizes, have_backing, live_apart, share_home
from transforms.matching.comparison.phonetic import mark_vietnamese
from transforms.matching.comparison.vectors import (
    BIRTH,
    CHARACTERS,
    ELSEWHERE,
    FAMILY,
    GENERATION,
    GIVEN,
    HEIGHTS,
    HOUSEHOLD_NAMES,
    MIDDLE,
    SHORT,
    SPELLING,
    WORDS,
    Flags,
    Vectors,
)
from transforms.matching.comparison.word_pairs import HAN, WordPairs
from transforms.matching.records.field import KINDS, Bools, Field, Ints

Levels = npt.NDArray[np.int8]
PART = {
    "given_name": "given", "middle_name": "middle", "given_sound": "syllables", "western_name": "given",
    "surname": "family", "surname_sound": "family", "full_name": "whole",
}  # fmt: skip
"""Field → the part of a name that its words are."""
EXPLAINED = {
    GIVEN: ("given given", "given middle", "given syllables", "given family", "syllables family", "middle family"),
    FAMILY: ("family family", "given family", "middle family", "syllables family"),
    MIDDLE: ("middle middle", "given middle", "middle family"),
}
"""Flag → the parts of which no word of the one may be a word of the other. Syllables of Chinese given names are left to
their level: many people share one of two."""
PARTS = {GIVEN: ("given", "syllables"), FAMILY: ("family",), MIDDLE: ("middle",)}
"""Flag → the parts whose levels say whether there is one name."""
DOUBT = {"given_name": 4, "surname": 4, "middle_name": 1, "given_sound": 1, "western_name": 1, "surname_sound": 2}
"""Field → level from which two names are taken for one; below it their words decide."""
WRITTEN = {"full_name", "given_name", "surname", "given_sound", "surname_sound"}
"""Fields that show whether a name is written the same."""
SAME_NAME = 20
"""Level of full names from which they are one, differently written."""
UNLIKE = 7
"""Highest level of full names of which hardly a word is the same."""
PEOPLE = {"birth_date", "gender", "given_name", "surname_sound"}
"""Fields that show that full names are people's."""


class Contradictions:
    """Finds what contradicts itself in pairs of records, given by their places, of which the levels are known."""

    def __init__(self, fields: Sequence[Field], workers: int) -> None:
        self.place = {field.name: i for i, field in enumerate(fields)}
        self.pairs = WordPairs(workers)
        own = {field.name: self.pairs.spread(field) for field in fields if field.name in PART}
        self.pairs.describe()
        self.is_told: dict[str, Bools] = {n: np.asarray(self.pairs.is_word(w).any(axis=1)) for n, w in own.items()}
        parts = {PART[name] for name in own}
        self.words = {p: np.hstack([words for name, words in own.items() if PART[name] == p]) for p in parts}
        self.characters = self.list_characters(len(fields[0].start) - 1 if fields else 0)
        self.drop_readings()
        by_name = {field.name: field for field in fields}
        self.births = BirthDates(by_name["birth_date"]) if "birth_date" in by_name else None
        self.is_vietnamese = mark_vietnamese(by_name["given_sound"]) if "given_sound" in by_name else None
        self.sizes = GivenSizes(by_name["given_sound"]) if "given_sound" in by_name else None
        self.companies = Companies(by_name["full_name"]) if "full_name" in by_name else None

    def find(self, level: Levels, left: Ints, right: Ints) -> Flags:
        """The flags of each pair."""
        found = np.zeros(len(left), np.int16)
        for flag in EXPLAINED:
            rows: Ints = self.list_doubtful(flag, level, left, right)
            found[rows[~self.list_explained(flag, left[rows], right[rows])]] |= flag
        self.flag_vietnamese(found, level, left, right)
        if self.companies is not None:
            self.flag_whole(found, level, left, right)
            found[self.companies.differ(left, right)] |= GIVEN | FAMILY
        self.flag_characters(found, level, left, right)
        if self.sizes is not None:
            at_home = share_home(self.place, level, HOMES[:1])
            found[self.sizes.differ(left, right) & at_home] |= SHORT
        found[live_apart(self.place, level)] |= ELSEWHERE
        found[self.list_respelt(level)] |= SPELLING
        if self.births is not None:
            differ = self.births.differ(level[:, self.place["birth_date"]], left, right)
            found[differ] |= BIRTH
            found[differ & self.births.are_far(left, right) & share_home(self.place, level)] |= GENERATION
        return found

    def list_respelt(self, level: Levels) -> Bools:
        """True for pairs of which some part of the name that both have is not written the same."""
        found = np.zeros(len(level), bool)
        for name in WRITTEN & self.place.keys():
            own = level[:, self.place[name]]
            found |= (own >= 0) & (own < HEIGHTS[KINDS[name]] - 1)
        return found

    def list_characters(self, count: int) -> Ints:
        """Per record the numbers of the Chinese characters in its names, filled up with 0."""
        words = np.hstack([np.zeros((count, 1), np.int64), *self.words.values()])
        found: Ints = np.where(self.pairs.script[words] == HAN, words, 0)
        return found[:, found.any(axis=0)]

    def drop_readings(self) -> None:
        """Leave what may be a surname out of given names: of Chan Siu Ling, Chan is no given name as well."""
        for part in {"given", "syllables"} & self.words.keys() if "family" in self.words else ():
            own = self.words[part]
            self.words[part] = np.where((own[:, :, None] == self.words["family"][:, None, :]).any(axis=2), 0, own)

    def list_doubtful(self, flag: int, level: Levels, left: Ints, right: Ints) -> Ints:
        """Places of the pairs of which both records have this part of a name, and no level says that it is one."""
        known, near = np.zeros(len(level), bool), np.zeros(len(level), bool)
        for name in [n for n in DOUBT if n in self.place and PART[n] in PARTS[flag]]:
            own: Levels = level[:, self.place[name]]
            known |= (own >= 0) & self.is_told[name][left] & self.is_told[name][right]
            near |= own >= DOUBT[name]
        return np.flatnonzero(known & ~near)

    def list_explained(self, flag: int, left: Ints, right: Ints) -> Bools:
        """True for pairs in which a word of the one's part of the name may be a word of the other's."""
        found = np.zeros(len(left), bool)
        for one, other in (text.split() for text in EXPLAINED[flag]):
            if one not in self.words or other not in self.words:
                continue
            a, b = self.words[one], self.words[other]
            for x, y in [(left, right)] if one == other else [(left, right), (right, left)]:
                rows = np.flatnonzero(~found)
                found[rows] = self.pairs.find_alike(a[x[rows]], b[y[rows]]).any(axis=1)
        return found

    def flag_whole(self, found: Flags, level: Levels, left: Ints, right: Ints) -> None:
        """Flag pairs by their full names: a part of it is another where each has a word that the other lacks.

        But an organisation may have two names that have nothing in common.
        """
        own = level[:, self.place["full_name"]]
        rows = np.flatnonzero((own >= 0) & (own < SAME_NAME))
        a, b = self.words["whole"][left[rows]], self.words["whole"][right[rows]]
        shared, back = self.pairs.find_alike(a, b), self.pairs.find_alike(b, a)
        is_other = (self.pairs.is_word(a) & ~shared).any(axis=1) & (self.pairs.is_word(b) & ~back).any(axis=1)
        found[rows[is_other]] |= WORDS
        if not PEOPLE.isdisjoint(self.place):
            found[rows[is_other]] |= GIVEN
            found[rows[is_other & ~shared.any(axis=1) & ~back.any(axis=1)]] |= FAMILY

    def flag_vietnamese(self, found: Flags, level: Levels, left: Ints, right: Ints) -> None:
        """Flag pairs of Vietnamese names, if each has a word that the other lacks: these tell as characters do.

        Women keep their surname when they marry: who has another one is another, too.
        """
        if self.is_vietnamese is None:
            return
        both = self.is_vietnamese[left] & self.is_vietnamese[right]
        found[both & (level[:, self.place["given_sound"]] == 0)] |= CHARACTERS
        found[both & (found & FAMILY > 0)] |= GIVEN

    def flag_characters(self, found: Flags, level: Levels, left: Ints, right: Ints) -> None:
        """Flag pairs of names in Chinese characters, if each has one that the other lacks.

        But for a single one that sounds the same, where something else agrees: somebody heard it, or picked the wrong
        one of a list.
        """
        if PEOPLE.isdisjoint(self.place):
            return
        a, b = self.characters[left], self.characters[right]
        more, other = list_lacking(a, b), list_lacking(b, a)
        is_other = np.asarray(more.any(axis=1) & other.any(axis=1))
        is_single = (more.sum(axis=1) == 1) & (other.sum(axis=1) == 1)
        single = np.flatnonzero(is_single & have_backing(self.place, level))
        heard = self.pairs.list_alike(a[single][more[single]], b[single][other[single]])
        is_other[single[heard]] = False
        found[is_other] |= CHARACTERS


def lower_names(names: Sequence[str], vectors: Vectors) -> Vectors:
    """The vectors with names that are two people's as far apart as these are, however alike they look.

    Mark and Marsha of one surname, one birth date and one address are twins, and not one person with a slip.
    """
    level, rarity = vectors.level.copy(), vectors.rarity.copy()
    for place, name in enumerate(names):
        if name == "full_name":
            flags, most = GIVEN | FAMILY, HOUSEHOLD_NAMES
        else:
            flags, most = sum(flag for flag, parts in PARTS.items() if PART.get(name) in parts), 0
        is_other = (vectors.flags & flags > 0) & (level[:, place] > most)
        level[is_other, place], rarity[is_other, place] = most, 0
    return Vectors(level, rarity, vectors.flags)


def list_lacking(words: Ints, others: Ints) -> Bools:
    """Which of the words in each row are none of the others'."""
    found: Bools = (words > 0) & ~(words[:, :, None] == others[:, None, :]).any(axis=2)
    return found


def list_unlike(names: list[str], level: Levels) -> Bools:
    """True for pairs that contradict themselves by their levels alone, which most strangers do: a first look."""

    def pick(*fields: str) -> Levels:
        own = [level[:, names.index(name)] for name in fields if name in names]
        found: Levels = np.max(own, axis=0) if own else np.full(len(level), -1, np.int8)
        return found

    given: Bools = np.asarray(pick("given_name", "given_sound", "western_name") == 0)
    family: Bools = np.asarray(pick("surname", "surname_sound") == 0)
    whole, birth = pick("full_name"), pick("birth_date")
    is_other_birth = (birth >= 0) & (birth <= SAME_YEAR)
    is_other_name = (whole == 0) & (not PEOPLE.isdisjoint(names))
    is_other_part = given | family | ((whole >= 0) & (whole <= UNLIKE))
    found: Bools = (given & family) | is_other_name | (is_other_birth & is_other_part)
    return found
