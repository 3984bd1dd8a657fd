"""Names of people compared by their parts: the two ways to read them that fit each other best decide.

`Ka Wai Chan` may be Miss Chan or Mr Ka. Both readings of both names are tried, but a name is read in one way at a time:
the surname of one reading and the given name of the other prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl

from transforms.matching.records.field import Field, Floats, Ints, build_field
from transforms.matching.records.name_fields import PARTS, WAYS

NONE = -1
MOST_WESTERN = 2
FIT = {
    "surname_sound": (-4.0, -2.0, 2.0, 4.0, 5.0),
    "given_sound": (-5.0, -2.0, 3.0, 7.0, 9.0, 10.0),
    "western_name": (-2.0, 2.0, 5.0, 6.0),
}
"""Bits by level by which two ways to read are said to fit; the model weighs what was chosen by what it learned."""
Compare = Callable[[int, Ints, Ints], tuple[Ints, Floats]]


class NameReadings:
    """The ways to read the names of all records, and the fields of their parts."""

    def __init__(self, ways: pl.DataFrame, fields: list[Field], count: int) -> None:
        self.field = build_field(WAYS, ways, count)
        self.places = [[f.name for f in fields].index(p) if p in {f.name for f in fields} else NONE for p in PARTS]
        split = [value.split("|") for value in self.field.vocabulary]
        self.bits = np.array([float(parts[3]) for parts in split])
        self.codes = []
        for place, part in zip(self.places, range(len(PARTS)), strict=True):
            number = {v: i for i, v in enumerate(fields[place].vocabulary)} if place != NONE else {}
            words = [(parts[part].split(",") + [""] * MOST_WESTERN)[:MOST_WESTERN] for parts in split]
            self.codes.append(np.array([[number.get(w, NONE) for w in own] for own in words], np.int64).reshape(-1, 2))

    def compare(self, left: Ints, right: Ints, compare: Compare) -> list[tuple[int, Ints, Floats]]:
        """Place, level and rarity of each part for records left[i] and right[i]; level -1 where one lacks the part.

        `compare` gives levels and rarities of pairs of values of the field at a place.
        """
        pair, one, other = cross(self.field, left, right)
        size = len(self.field.vocabulary)
        distinct, back = np.unique(np.minimum(one, other) * size + np.maximum(one, other), return_inverse=True)
        a, b = np.divmod(distinct, max(1, size))
        fit, found = -self.bits[a] - self.bits[b], []
        for place, codes, part in zip(self.places, self.codes, PARTS, strict=True):
            if place == NONE:
                continue
            level, rarity = compare_part(codes, a, b, partial(compare, place))
            fit = fit + np.append(np.array(FIT[part]), 0.0)[np.minimum(level, len(FIT[part]) - 1)]
            found.append((place, level, rarity))
        rows, best = pick_best(pair, back, fit)
        result = []
        for place, level, rarity in found:
            levels, rarities = np.full(len(left), NONE, np.int64), np.zeros(len(left))
            levels[rows], rarities[rows] = level[best], rarity[best]
            result.append((place, levels, rarities))
        return result


def pick_best(pair: Ints, choice: Ints, fit: Floats) -> tuple[Ints, Ints]:
    """Each pair once, and of its choices the one that fits best; `pair` is in order, and `fit` is by choice.

    What fits equally well is told apart by its number, which follows from its text.
    """
    starts = np.flatnonzero(np.diff(pair, prepend=-1))
    if not len(starts):
        return starts, starts
    own = fit[choice]
    top = np.repeat(np.maximum.reduceat(own, starts), np.diff(starts, append=len(pair)))
    return pair[starts], np.minimum.reduceat(np.where(own == top, choice, len(fit)), starts)


def cross(field: Field, left: Ints, right: Ints) -> tuple[Ints, Ints, Ints]:
    """Every value of one record with every value of the other: place of the pair, number of each value."""
    sizes = np.diff(field.start)
    count = sizes[left] * sizes[right]
    pair = np.repeat(np.arange(len(left)), count)
    place = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
    width = sizes[right[pair]]
    one = field.codes[field.start[left[pair]] + place // width]
    other = field.codes[field.start[right[pair]] + place % width]
    return pair, one, other


def compare_part(
    codes: Ints, a: Ints, b: Ints, compare: Callable[[Ints, Ints], tuple[Ints, Floats]]
) -> tuple[Ints, Floats]:
    """Level and rarity of one part of pairs of ways; of several western names the best two decide."""
    level, rarity = np.full(len(a), NONE, np.int64), np.zeros(len(a))
    for i in range(MOST_WESTERN):
        for j in range(MOST_WESTERN):
            x, y = codes[a, i], codes[b, j]
            known = np.flatnonzero((x != NONE) & (y != NONE))
            if not len(known):
                continue
            found, rare = compare(x[known], y[known])
            better = found > level[known]
            level[known[better]], rarity[known[better]] = found[better], rare[better]
    return level, rarity
