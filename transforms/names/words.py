"""How near two words of names are, from 0 to 1, within and across scripts.

A word is a folded Chinese character (a compound surname: two) or a Latin word in small letters. Two figures are given
for each pair: read as Hong Kong does, and read as Mandarin, since one name is spelt by one system throughout.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from transforms.names.characters import read_characters
from transforms.names.surnames import surnames_abroad
from transforms.names.syllables import sounds
from transforms.names.western import is_nickname
from transforms.names.words_read import is_syllable

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

SAME_SOUND = 0.95
"""Another spelling of one sound: Lee and Li, or one that the government's table lacks."""
MISTYPED = 0.8
"""One letter away from a spelling, and no syllable itself: Chna."""
NEAR = 0.4
"""One letter away, and a syllable itself: Kin and Kit are two names more often than one."""
SELDOM = 0.7
"""A reading that the character has in other words."""
LAZY = 0.85
"""n for l, as many speak: Nam and Lam."""
HOMOPHONE = 0.3
"""Two characters of one sound: heard on the telephone, or another person."""
INITIAL = 0.85
NICKNAME = 0.95
ABROAD = 0.7
MIXED = 0.7
"""One word spelt by the other system than the rest of the name."""
UNLIKE, LIFTED_FROM, LIFT = 0.68, 0.3, 0.6
"""Jaro-Winkler similarity that any two western names have; where likeness begins, and its exponent."""


SKELETON_LENGTH = 4


def compare_words(vocabulary: list[str], left: Ints, right: Ints) -> tuple[Floats, Floats]:
    """Nearness of pairs of words, given by their places in the vocabulary: by Hong Kong's reading, by Mandarin's."""
    is_letters = np.array([len(w) > 1 and not is_han(w) for w in vocabulary], dtype=bool)
    is_plain = is_letters & np.array([not is_syllable(w) for w in vocabulary], dtype=bool)
    western = is_letters[left] & is_letters[right] & (is_plain[left] | is_plain[right])
    hong_kong = np.zeros(len(left), dtype=np.float32)
    hong_kong[western] = compare_western(
        [vocabulary[i] for i in left[western]], [vocabulary[i] for i in right[western]]
    )
    mistyped = western & (is_plain[left] != is_plain[right])
    for i, one, other in list_pairs(vocabulary, left, right, mistyped):
        if OSA.distance(one, other, score_cutoff=1) == 1:
            hong_kong[i] = max(hong_kong[i], MISTYPED)
    mandarin = hong_kong.copy()
    for i, one, other in list_pairs(vocabulary, left, right, ~western):
        hong_kong[i], mandarin[i] = compare_syllables(one, other)
    return hong_kong, mandarin


def list_pairs(vocabulary: list[str], left: Ints, right: Ints, chosen: Bools) -> Iterator[tuple[int, str, str]]:
    """The chosen pairs of words, each with its place."""
    for i, one, other in zip(
        np.flatnonzero(chosen).tolist(), left[chosen].tolist(), right[chosen].tolist(), strict=True
    ):
        yield i, vocabulary[one], vocabulary[other]


def compare_western(left: list[str], right: list[str]) -> Floats:
    """Jaro-Winkler similarity of words, stretched so that unlike words are at 0; nicknames are near."""
    if not left:
        return np.zeros(0, dtype=np.float32)
    raw = process.cpdist(left, right, scorer=JaroWinkler.similarity, dtype=np.float32)
    scaled = np.clip((raw - UNLIKE) / (1 - UNLIKE), 0, 1)
    # The upper part is lifted: a slip in a long name leaves it nearly certain.
    lifted = np.where(scaled > LIFTED_FROM, scaled**LIFT, scaled)
    known = np.fromiter((is_nickname(a, b) for a, b in zip(left, right, strict=True)), dtype=bool, count=len(left))
    near = np.where(raw == 1, 1.0, np.where(known, np.maximum(NICKNAME, lifted), lifted))
    return near.astype(np.float32)


@lru_cache(maxsize=65536)
def is_han(word: str) -> bool:
    """True if a word is of Chinese characters."""
    return word[:1] >= "\u2e80" and bool(read_characters(word).mandarin or read_characters(word).government)


def compare_syllables(one: str, other: str) -> tuple[float, float]:
    """Nearness of two words of which none is a plain western one."""
    if one == other:
        return 1.0, 1.0
    first, second = is_han(one), is_han(other)
    if first and second:
        shared = read_characters(one).sounds & read_characters(other).sounds
        return (HOMOPHONE, HOMOPHONE) if shared else (0.0, 0.0)
    if first or second:
        return compare_spelling(other, one) if first else compare_spelling(one, other)
    near = compare_spellings(one, other)
    return near, near


def compare_spelling(spelling: str, characters: str) -> tuple[float, float]:
    """Nearness of Latin letters and Chinese characters."""
    readings = read_characters(characters)
    if len(spelling) == 1:
        starts = INITIAL if any(r.startswith(spelling) for r in readings.government | readings.mandarin) else 0.0
        return starts, starts
    mandarin = nearest(spelling, readings.mandarin)
    if spelling in readings.government:
        return 1.0, max(MIXED, mandarin)
    if sounds(spelling) & readings.sounds:
        return SAME_SOUND, max(MIXED, mandarin)
    if spelling in readings.seldom or spelling in readings.jyutping:
        return SELDOM, max(MIXED * SELDOM, mandarin)
    if lazy_sounds(spelling) & readings.sounds:
        return LAZY, max(MIXED * LAZY, mandarin)
    abroad = ABROAD if characters in surnames_abroad().get(spelling, ()) else 0.0
    return max(nearest(spelling, readings.government), MIXED * mandarin, abroad), max(mandarin, abroad)


def nearest(spelling: str, readings: frozenset[str]) -> float:
    """Nearness of a spelling to the nearest of several readings."""
    if spelling in readings:
        return 1.0
    if any(OSA.distance(spelling, r, score_cutoff=1) == 1 for r in readings if len(r) > 1):
        return NEAR if is_syllable(spelling) else MISTYPED
    return 0.0


@lru_cache(maxsize=65536)
def lazy_sounds(spelling: str) -> frozenset[str]:
    """The sounds of a spelling with n and l at its beginning exchanged; none for another beginning."""
    other = {"n": "l", "l": "n"}
    return frozenset(other[s[0]] + s[1:] for s in sounds(spelling) if s[0] in other and s != "ng")


def compare_spellings(one: str, other: str) -> float:
    """Nearness of two syllables or initials in Latin letters."""
    if len(one) == 1 or len(other) == 1:
        return INITIAL if one[0] == other[0] else 0.0
    if sounds(one) & sounds(other):
        return SAME_SOUND
    return NEAR if is_nickname(one, other) or OSA.distance(one, other, score_cutoff=1) == 1 else 0.0


@lru_cache(maxsize=65536)
def sound_word(word: str) -> frozenset[str]:
    """What a surname sounds like, in Cantonese and Mandarin; of a western one first letter and consonants."""
    if is_han(word):
        readings = read_characters(word)
        spoken = frozenset(s for m in readings.mandarin for s in sounds(m)) | readings.sounds
        return spoken | readings.mandarin
    return (sounds(word) | {word}) if is_syllable(word) else frozenset({skeleton(word)})


def skeleton(word: str) -> str:
    """First letter and the next consonants, doubled ones once: smith and smyth are `smt`."""
    rest = re.sub("[aeiouhwy]", "", word[1:])
    return re.sub(r"(.)\1+", r"\1", word[0] + rest)[:SKELETON_LENGTH]
