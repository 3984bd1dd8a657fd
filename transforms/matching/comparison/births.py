"""Birth dates that are two people's: no slip, and no day and month turned, makes one the other."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from transforms.matching.records.field import Bools, Field, Ints

SAME_YEAR, TWO_PARTS = 1, 2
"""Level of two dates that have the year alone in common; two parts of three."""
PLACEHOLDERS = {"19000101", "19010101", "19700101", "19800101", "20000101"}
"""Dates that are written where none is known."""
GENERATION_YEARS = 15
"""Years that a child is younger than its parents, at least."""


class BirthDates:
    """The birth dates of a table's records."""

    def __init__(self, field: Field) -> None:
        self.is_dated, self.year = list_dated(field), list_years(field)

    def differ(self, level: npt.NDArray[np.int8], left: Ints, right: Ints) -> Bools:
        """True for pairs, of which the level is known, that were born on two days, whatever was mistyped."""
        is_other_year = (level == TWO_PARTS) & (self.year[left] != self.year[right])
        is_other = ((level >= 0) & (level <= SAME_YEAR)) | is_other_year
        found: Bools = is_other & self.is_dated[left] & self.is_dated[right]
        return found

    def are_far(self, left: Ints, right: Ints) -> Bools:
        """True for pairs whose years of birth are known and a generation apart."""
        one, other = self.year[left], self.year[right]
        found: Bools = (one > 0) & (other > 0) & (np.abs(one - other) >= GENERATION_YEARS)
        return found


def list_dated(field: Field) -> Bools:
    """Per record, true if all of its birth dates are dates that somebody may be born on."""
    is_none = np.array([not is_birth_date(value) for value in field.vocabulary], bool)
    record = np.repeat(np.arange(len(field.start) - 1), np.diff(field.start))
    found: Bools = np.bincount(record, is_none[field.codes], len(field.start) - 1) == 0
    return found


def list_years(field: Field) -> Ints:
    """Per record the year of its only birth date; 0 where it has none, or several."""
    years = np.array([int(value[:4]) if value[:4].isdecimal() else 0 for value in field.vocabulary] or [0])
    is_single = np.diff(field.start) == 1
    found = np.zeros(len(is_single), np.int64)
    found[is_single] = years[field.codes[field.start[:-1][is_single]]]
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
