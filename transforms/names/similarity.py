"""How near two names are, from 0 (two people) to 1 (one name), within and across scripts, for millions of pairs.

What is compared is weighed in bits: a rare surname tells more than Chan, a syllable more than an initial. The score is
the weighed nearness of what both names have, less where one of them leaves out much. About: 0.9 and above, one name but
for its spelling; 0.6 to 0.85, nothing against it, but little to go by (Peter Chan, T M Chan); below 0.5, two names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from transforms.names.evidence import Doubles, WordPairs, combine, pair_slots, weigh_slots
from transforms.names.prepared import Prepared, prepare_names
from transforms.names.words import Ints

CHUNK = 100_000
ACROSS, MANDARIN, JOINED = 0.985, 0.98, 0.98
"""What is left of a score across scripts, by Mandarin's readings, and of names equal but for their blanks."""


def similarity(a: str, b: str) -> float:
    """How near two names are, see the module. For many pairs use `similarity_columns`."""
    return float(similarity_columns(pl.Series([a]), pl.Series([b]))[0])


def similarity_columns(a: pl.Series, b: pl.Series, frequencies: Mapping[str, float] | None = None) -> pl.Series:
    """How near the names of two columns are, row by row; null where one is null.

    Args:
        a: names as written, in either script.
        b: as many names.
        frequencies: share of people by surname as `parse_name` gives it, from the caller's own data; else Hong Kong's.
    """
    column = pl.concat([a.cast(pl.String), b.cast(pl.String)])
    names = column.drop_nulls().unique().sort()
    places = pl.DataFrame([names.alias("name"), pl.int_range(len(names), eager=True).alias("place")])
    found = column.to_frame("name").join(places, on="name", how="left", maintain_order="left")["place"]
    one, other = found[: len(a)], found[len(a) :]
    is_known = (one.is_not_null() & other.is_not_null()).to_numpy()
    left, right = (side.fill_null(0).to_numpy()[is_known] for side in (one, other))
    scores = np.full(len(a), np.nan)
    scores[is_known] = NameComparer(names.to_list(), frequencies).compare(left, right)
    return pl.Series(a.name, scores, dtype=pl.Float64, nan_to_null=True)


class NameComparer:
    """Names that are read once, to be compared pair by pair as often as asked.

    Args:
        names: as written, in either script, each once.
        frequencies: as in `similarity_columns`.
    """

    def __init__(self, names: Sequence[str], frequencies: Mapping[str, float] | None = None) -> None:
        self.prepared = prepare_names(names, frequencies)

    def compare(self, left: Ints, right: Ints) -> Doubles:
        """How near pairs of names are, given by their places."""
        return score_distinct(self.prepared, left, right)


def score_distinct(names: Prepared, left: Ints, right: Ints) -> Doubles:
    """The score of pairs of names, each distinct pair computed once and in one order, so that order cannot matter."""
    size = max(1, len(names.count))
    codes, back = np.unique(np.minimum(left, right) * size + np.maximum(left, right), return_inverse=True)
    words = WordPairs(names.vocabulary)
    scores = [score(names, words, *np.divmod(codes[i : i + CHUNK], size)) for i in range(0, len(codes), CHUNK)]
    return np.concatenate([np.zeros(0), *scores])[back]


def score(names: Prepared, words: WordPairs, left: Ints, right: Ints) -> Doubles:
    """The score of pairs of names, given by their places: the best of all ways to read both."""
    pair, one, other = names.cross(left, right)
    best: Doubles = np.zeros(len(left))
    np.maximum.at(best, pair, score_ways(names, words, one, other))
    best = np.where(names.letters[left] == names.letters[right], np.maximum(best, JOINED), best)
    best = np.where(names.shown[left] == names.shown[right], 1.0, best)
    return np.clip(best, 0.0, 1.0).round(6)


def score_ways(names: Prepared, words: WordPairs, one: Ints, other: Ints) -> Doubles:
    """The score of pairs of ways to read a name."""
    hong_kong, mandarin = words.compare(*pair_slots(names.slots[one], names.slots[other]))
    evidence = weigh_slots(names, one, other)
    best = np.maximum(combine(evidence, hong_kong), MANDARIN * combine(evidence, mandarin))
    across = np.where(names.is_han[one] != names.is_han[other], ACROSS, 1.0)
    scores: Doubles = best * across * names.likeliness[one] * names.likeliness[other]
    return scores
