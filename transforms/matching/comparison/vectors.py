"""Comparison vectors of pairs of records, and what their levels and flags mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transforms.matching.records.field import Ints

Flags = npt.NDArray[np.int16]
GIVEN, FAMILY, BIRTH, MIDDLE, CHARACTERS, GENERATION, WORDS, SPELLING, SHORT, ELSEWHERE = (1 << i for i in range(10))
"""Flags of a pair: another given name, another surname, another birth date, another second given name, another name in
Chinese characters or Vietnamese words; one home and birth dates a generation apart; full names of which each has a
word that the other lacks; names that are not written the same; one home and a given name of one syllable beside one of
two; homes that have nothing in common."""
FLAGS = {
    "given": GIVEN, "family": FAMILY, "birth": BIRTH, "middle": MIDDLE, "characters": CHARACTERS,
    "generation": GENERATION, "short": SHORT, "elsewhere": ELSEWHERE,
}  # fmt: skip
"""Flags that may make two people, by name."""
DOUBTED = (MIDDLE, SHORT, FAMILY | ELSEWHERE)
"""Flags that together are twins', brothers' or strangers' more often than one person's, unless `guards.EXCUSED_BY`
tells what speaks for one all the same: likeness does not join such a pair, a human may."""
RULES = (
    GIVEN | FAMILY, GIVEN | BIRTH, FAMILY | BIRTH, MIDDLE | BIRTH, SPELLING | BIRTH, CHARACTERS, GENERATION, *DOUBTED
)  # fmt: skip
"""Flags that together make two people, with the same excuses."""
STRICT_RULES = (BIRTH, GIVEN, FAMILY)
"""Flags that do so alone, with the same excuses, where nothing could be learned of how often one person has them."""


UNKNOWN = -1
"""Level of a field that one of the two records lacks: neither for nor against."""
HEIGHTS = {
    "name": 6,
    "middle": 4,
    "full": 27,
    "sound": 5,
    "syllables": 6,
    "western": 4,
    "date": 5,
    "flag": 2,
    "email": 6,
    "code": 4,
    "text": 5,
    "grams": 8,
    "numbers": 4,
}
"""Kind → number of levels, equal values being one."""
NEAR_NAMES, HOUSEHOLD_NAMES = 20, 11
"""Level of full names from which they may be one, differently written; up to which those of one household reach."""
GRAMS = "grams"
"""Kind of texts that are compared by letter triples."""


RARE = (10, 3)
"""An equal value on as few records as this is a level of its own: how often strangers share it, the data must say."""


@dataclass(frozen=True)
class Vectors:
    """Comparison vectors, one row per pair, one column per field."""

    level: npt.NDArray[np.int8]
    rarity: npt.NDArray[np.float32]
    """For equal values the logarithm of how much rarer the value is than equal values are on average, else 0."""
    flags: Flags
    """Per pair what of its names and birth dates contradicts itself, as `contradictions` names it; 0 where nobody asked
    (`Comparer.flag`), since that costs as much as all the rest."""

    def take(self, rows: Ints) -> Vectors:
        """Some of the rows."""
        return Vectors(self.level[rows], self.rarity[rows], self.flags[rows])


def join_vectors(parts: list[Vectors]) -> Vectors:
    """Vectors one after the other."""
    level, rarity = np.concatenate([p.level for p in parts]), np.concatenate([p.rarity for p in parts])
    return Vectors(level, rarity, np.concatenate([p.flags for p in parts]))
