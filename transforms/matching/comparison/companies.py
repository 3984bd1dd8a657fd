"""Names of companies as registers have them: with a legal form, and another word for another company."""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz.distance import OSA

from transforms.matching.comparison.word_pairs import SHORT
from transforms.matching.records.field import Bools, Field, Ints
from transforms.matching.records.legal_forms import cut_forms, have_form, is_abbreviation
from transforms.names.words import is_han


class Companies:
    """The registered names of a table's records."""

    def __init__(self, field: Field) -> None:
        is_registered = have_form(pl.Series(field.vocabulary, dtype=pl.String)).to_list()
        self.words = [
            split_all(cut_forms(name)) if has else frozenset[str]()
            for name, has in zip(field.vocabulary, is_registered, strict=True)
        ]
        """Per name its words but for the legal form; none for a name without one."""
        is_single = np.diff(field.start) == 1
        code = field.codes[field.start[:-1][is_single]]
        self.code = np.full(len(is_single), -1)
        self.code[is_single] = np.where(np.array([bool(words) for words in self.words] or [False])[code], code, -1)

    def differ(self, left: Ints, right: Ints) -> Bools:
        """True for pairs of companies of which each has a word that none of the other's stands for."""
        found = np.zeros(len(left), bool)
        for row in np.flatnonzero((self.code[left] >= 0) & (self.code[right] >= 0)).tolist():
            one, other = self.words[self.code[left[row]]], self.words[self.code[right[row]]]
            found[row] = lacks(one, other) and lacks(other, one)
        return found


def split_all(name: str) -> frozenset[str]:
    """The words of a name; Chinese characters by themselves."""
    return frozenset(part for word in name.split() for part in (word if is_han(word) else [word]))


def lacks(one: frozenset[str], other: frozenset[str]) -> bool:
    """True if a word of the one is none of the other's, nor short for one, nor one with a slip."""
    return any(not any(is_same_word(word, each) for each in other) for word in one - other)


def is_same_word(one: str, other: str) -> bool:
    """True for words that one slip, a plural or an abbreviation makes one."""
    short, long = sorted((one, other), key=len)
    is_slip = len(short) > SHORT and OSA.distance(one, other, score_cutoff=1) <= 1
    return is_slip or is_abbreviation(short, long)
