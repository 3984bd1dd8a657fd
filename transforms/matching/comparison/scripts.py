"""Names in two scripts of which nobody knows whether they sound alike: they say nothing, neither for nor against."""

from __future__ import annotations

import re

import numpy as np

from transforms.matching.comparison.levels import Levels
from transforms.matching.comparison.vectors import UNKNOWN
from transforms.matching.comparison.word_pairs import HAN, find_script
from transforms.matching.records.field import Field, Ints
from transforms.names.words_read import is_syllable

READ_ACROSS = {"full", "sound", "syllables", "western"}
"""Kinds of names that are compared across Latin letters and Chinese characters."""
NAMES = READ_ACROSS | {"name", "middle"}
"""Kinds of names."""
KANA = r"(?:[bghkmnpr]?y?[aeiou]|[dfjwz]y?[aeiou]|(?:s|sh|ch|t|ts)[aeiou]|n(?![aeiou]))"
JAPANESE = re.compile(rf"{KANA}{{2,}}")
"""A word that can be written in kana."""


def skip_unread(field: Field, levels: Levels) -> Levels:
    """The levels of a field, UNKNOWN for names in two scripts unless one is read in the other.

    Chinese characters are, as they sound in Cantonese and Mandarin, but not beside a Japanese name in Latin letters.
    """
    if field.kind not in NAMES or all(value.isascii() for value in field.vocabulary):
        return levels
    script = np.array([find_script(value) for value in field.vocabulary])
    is_chinese = np.array([not is_kana(value) for value in field.vocabulary]) & (script <= HAN)
    is_chinese &= field.kind in READ_ACROSS

    def level(left: Ints, right: Ints) -> Ints:
        is_read = (script[left] == script[right]) | (is_chinese[left] & is_chinese[right])
        return np.where(is_read, levels(left, right), UNKNOWN)

    return level


def is_kana(name: str) -> bool:
    """True for Latin words that could all be Japanese, and are no Chinese syllables."""
    words = name.split()
    return bool(words) and all(JAPANESE.fullmatch(word) and not is_syllable(word) for word in words)
