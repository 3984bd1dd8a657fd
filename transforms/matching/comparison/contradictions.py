"""Names and birth dates that contradict each other: which two records are two people's, whatever else agrees.

A contradiction is what no slip, spelling, nickname, script, initial or change of places explains. Where a value is
unknown, or cannot be compared, there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from transforms.matching.comparison.vectors import BIRTH, FAMILY, GIVEN, MIDDLE, Flags
from transforms.matching.comparison.word_pairs import WordPairs
from transforms.matching.records.field import Bools, Field, Ints

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
DOUBT = {"given_name": 4, "surname": 4, "middle_name": 1, "given_sound": 1, "western_name": 1, "surname_sound": 1}
"""Field → level from which two names are taken for one; below it their words decide."""
SAME_YEAR = 1
"""Highest level of two dates that have neither month nor day in common."""
SAME_NAME = 20
"""Level of full names from which they are one, differently written."""
UNLIKE = 7
"""Highest level of full names of which hardly a word is the same."""
PEOPLE = {"birth_date", "gender"}
"""Fields that show that full names are people's; an organisation may have two names that have nothing in common."""
PLACEHOLDERS = {"19000101", "19010101", "19700101", "19800101", "20000101"}
"""Dates that are written where none is known."""


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
        self.drop_readings()
        self.is_dated = list_dated(fields[self.place["birth_date"]]) if "birth_date" in self.place else None

    def find(self, level: Levels, left: Ints, right: Ints) -> Flags:
        """The flags of each pair."""
        found = np.zeros(len(left), np.int8)
        for flag in EXPLAINED:
            rows: Ints = self.list_doubtful(flag, level, left, right)
            found[rows[~self.list_explained(flag, left[rows], right[rows])]] |= flag
        if "whole" in self.words and not PEOPLE.isdisjoint(self.place):
            self.flag_whole(found, level, left, right)
        if self.is_dated is not None:
            born = level[:, self.place["birth_date"]]
            found[(born >= 0) & (born <= SAME_YEAR) & self.is_dated[left] & self.is_dated[right]] |= BIRTH
        return found

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
        """Flag pairs by their full names: a part of it is another where each has a word that the other lacks."""
        own = level[:, self.place["full_name"]]
        rows = np.flatnonzero((own >= 0) & (own < SAME_NAME))
        a, b = self.words["whole"][left[rows]], self.words["whole"][right[rows]]
        shared, back = self.pairs.find_alike(a, b), self.pairs.find_alike(b, a)
        is_other = (self.pairs.is_word(a) & ~shared).any(axis=1) & (self.pairs.is_word(b) & ~back).any(axis=1)
        found[rows[is_other]] |= GIVEN
        found[rows[is_other & ~shared.any(axis=1) & ~back.any(axis=1)]] |= FAMILY


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


def list_dated(field: Field) -> Bools:
    """Per record, true if all of its birth dates are dates that somebody may be born on."""
    is_none = np.array([not is_birth_date(value) for value in field.vocabulary], bool)
    record = np.repeat(np.arange(len(field.start) - 1), np.diff(field.start))
    found: Bools = np.bincount(record, is_none[field.codes], len(field.start) - 1) == 0
    return found


def is_birth_date(value: str) -> bool:
    """True for eight digits that are a day, and none that stands for an unknown one."""
    if len(value) != 8 or value in PLACEHOLDERS:
        return False
    try:
        date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return False
    return True
