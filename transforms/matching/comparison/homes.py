"""What two records say of where people live: together, elsewhere; and given names that members of one home have."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from transforms.matching.comparison.vectors import HEIGHTS
from transforms.matching.records.field import KINDS, Bools, Field, Ints
from transforms.matching.records.name_fields import VIETNAMESE

Levels = npt.NDArray[np.int8]
HOMES = ({"address", "postcode"}, {"city", "district"})
"""Fields that those who live together have in common; the second where a table has none of the first."""
BACKING = ("email", "phone", "national_id", "handle", "birth_date")
"""Fields of which one that agrees speaks for a single person rather than for two of one name."""


def share_home(place: Mapping[str, int], level: Levels, homes: tuple[set[str], ...] = HOMES) -> Bools:
    """True for pairs that may live together, by the nearest place that the table has.

    `place` is the column of each field in `level`.
    """
    found = np.zeros(len(level), bool)
    for name in next((home & place.keys() for home in homes if home & place.keys()), set()):
        found |= level[:, place[name]] >= HEIGHTS[KINDS[name]] - 2
    return found


def live_apart(place: Mapping[str, int], level: Levels) -> Bools:
    """True for pairs of which both records have such a place, and none that both have is alike."""
    is_known, is_alike = np.zeros(len(level), bool), np.zeros(len(level), bool)
    for name in next((home & place.keys() for home in HOMES if home & place.keys()), set()):
        own = level[:, place[name]]
        is_known |= own >= 0
        is_alike |= own >= HEIGHTS[KINDS[name]] // 2
    found: Bools = is_known & ~is_alike
    return found


def have_backing(place: Mapping[str, int], level: Levels) -> Bools:
    """True for pairs that share an identifier, a birth date or an address."""
    found = share_home(place, level, HOMES[:1])
    for name in set(BACKING) & place.keys():
        found |= level[:, place[name]] >= HEIGHTS[KINDS[name]] - 1
    return found


class GivenSizes:
    """How many syllables the Chinese given names of records have."""

    def __init__(self, field: Field) -> None:
        each = [value.split() for value in field.vocabulary]
        is_whole = [VIETNAMESE not in value and all(len(w) > 1 or not w.isascii() for w in value.split())
                    for value in field.vocabulary]  # fmt: skip
        sizes = np.array([len(words) if own else 0 for words, own in zip(each, is_whole, strict=True)] or [0])
        count = len(field.start) - 1
        known = np.flatnonzero(np.diff(field.start))
        self.least, self.most = np.zeros(count, np.int64), np.zeros(count, np.int64)
        if len(known):
            starts = field.start[known]
            self.least[known] = np.minimum.reduceat(sizes[field.codes], starts)
            self.most[known] = np.maximum.reduceat(sizes[field.codes], starts)

    def differ(self, left: Ints, right: Ints) -> Bools:
        """True where the one has a single syllable and the other two, however they are read; initials say nothing."""
        is_one = (self.least == 1) & (self.most == 1)
        is_two = self.least >= 2
        found: Bools = (is_one[left] & is_two[right]) | (is_two[left] & is_one[right])
        return found
