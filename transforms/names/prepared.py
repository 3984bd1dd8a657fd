"""Distinct names made ready for comparison: their words as numbers, once per name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transforms.names.cleaning import TOKEN, fold_accents, show_name
from transforms.names.parsing import MOST_GIVEN, Parse, parse_name
from transforms.names.surnames import surname_share
from transforms.names.words import Floats, Ints, is_han

MOST_WESTERN = 3
SURNAME, MARRIED, GIVEN, WESTERN = 0, 1, slice(2, 2 + MOST_GIVEN), slice(2 + MOST_GIVEN, 2 + MOST_GIVEN + MOST_WESTERN)
"""Where the words of a name stand in its slots."""
SLOTS = WESTERN.stop
LEAST_BITS, MOST_BITS = 3.0, 9.0
"""Of a surname."""
GIVEN_BITS, WESTERN_BITS, INITIAL_BITS = 6.0, 6.0, 3.0


@dataclass(frozen=True)
class Prepared:
    """Names by place; a row of the arrays `slots` to `total` is one way to read a name."""

    vocabulary: list[str]
    """Words by number; 0 is none."""
    is_initial: npt.NDArray[np.bool_]
    """By number of a word."""
    slots: Ints
    """Numbers of words: surname, married name, three syllables, three western names."""
    likeliness: Floats
    bits: Floats
    """What the surname tells."""
    total: Floats
    """What the whole name tells, western names beside syllables left out."""
    is_han: npt.NDArray[np.bool_]
    start: Ints
    """First way of each name."""
    count: Ints
    """Ways of each name."""
    shown: Ints
    """Equal numbers: names equal but for case, accents, titles and punctuation."""
    letters: Ints
    """Equal numbers: names equal but for blanks as well; a number of its own where there are no letters."""

    def cross(self, left: Ints, right: Ints) -> tuple[Ints, Ints, Ints]:
        """Every way of one name with every way of the other: place of the pair, way of each."""
        ways = self.count[left] * self.count[right]
        pair = np.repeat(np.arange(len(left)), ways)
        within = np.arange(len(pair)) - np.repeat(np.cumsum(ways) - ways, ways)
        width = self.count[right][pair]
        return pair, self.start[left][pair] + within // np.maximum(width, 1), self.start[right][pair] + within % width


def prepare_names(names: Sequence[str], frequencies: Mapping[str, float] | None) -> Prepared:
    """Names parsed and numbered."""
    parses = [parse_name(name) for name in names]
    ways = [way for parse in parses for way in parse]
    vocabulary: dict[str, int] = {"": 0}
    slots = [[vocabulary.setdefault(w, len(vocabulary)) for w in list_slots(way)] for way in ways]
    count = np.array([len(parse) for parse in parses], dtype=np.int64)
    folded = [fold_spaces(name) for name in names]
    bits = [weigh_surname(way.surname, frequencies) for way in ways]
    return Prepared(
        vocabulary=list(vocabulary),
        is_initial=np.array([len(w) == 1 and w.isalpha() and not is_han(w) for w in vocabulary]),
        slots=np.array(slots, dtype=np.int64).reshape(-1, SLOTS),
        likeliness=np.array([way.likeliness for way in ways], dtype=np.float32),
        bits=np.array(bits, dtype=np.float32),
        total=np.array([b + weigh_given(way) for b, way in zip(bits, ways, strict=True)], dtype=np.float32),
        is_han=np.array([is_han(way.surname or "".join(way.given)) for way in ways], dtype=bool),
        start=np.cumsum(count) - count,
        count=count,
        shown=number([" ".join(f) or name for f, name in zip(folded, names, strict=True)]),
        letters=number(["".join(f) or f" {i}" for i, f in enumerate(folded)]),
    )


def list_slots(way: Parse) -> list[str]:
    """The words of one way to read a name, each in its place."""
    given = [*way.given, *[""] * MOST_GIVEN][:MOST_GIVEN]
    western = [*way.western, *[""] * MOST_WESTERN][:MOST_WESTERN]
    return [way.surname, way.married, *given, *western]


def weigh_surname(surname: str, frequencies: Mapping[str, float] | None) -> float:
    """Bits of a surname: 3.4 for Chan, 9 for a rare one, 0 for none."""
    share = (frequencies or {}).get(surname) or surname_share(surname)
    return float(np.clip(-np.log2(share), LEAST_BITS, MOST_BITS)) if surname else 0.0


def weigh_given(way: Parse) -> float:
    """Bits of the syllables of a name, or of its western names where there are none."""
    full = GIVEN_BITS if way.given else WESTERN_BITS
    return sum(INITIAL_BITS if w.isascii() and len(w) == 1 else full for w in way.given or way.western)


def fold_spaces(name: str) -> list[str]:
    """The words of a name as written, without case, accents, titles and punctuation."""
    return TOKEN.findall(fold_accents(show_name(name).casefold()))


def number(texts: Sequence[str]) -> Ints:
    """Equal texts get equal numbers."""
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(text, len(seen)) for text in texts], dtype=np.int64)
