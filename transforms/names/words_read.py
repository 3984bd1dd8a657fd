"""The words of a name in Latin letters, and what kind each is: syllable, initial, western name, or simply a word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from transforms.names.characters import cantonese_syllables, mandarin_syllables
from transforms.names.cleaning import APOSTROPHES, IS_HAN, LATIN_TITLES, TOKEN, fold_accents
from transforms.names.surnames import compound_spellings, is_surname_spelling
from transforms.names.syllables import sounds
from transforms.names.vietnamese import (
    find_vietnamese,
    has_vietnamese_letters,
    is_vietnamese_syllable,
    share_vietnamese,
)
from transforms.names.western import western_names

PARTICLES = {
    "de", "la", "las", "los", "del", "della", "di", "da", "dos", "das", "do", "du", "van", "von", "der", "den", "ter",
    "ten", "bin", "binti", "bint", "ibn", "al", "el", "le", "mc", "mac", "st", "san", "abu",
}  # fmt: skip
VOWELS = set("aeiouy")
SHORTEST_JOINED = 4
CHUNK = re.compile(r"[^\s.]+")


@dataclass(frozen=True)
class Word:
    """One word of a name, in small letters without accents."""

    text: str
    kind: str
    """syllable, initial, western (a given name by the table) or word (anything else)."""
    is_capital: bool
    """Written in capitals, of two letters or more."""
    part: int
    """Number of commas before it."""
    bond: int
    """Words with the same number above 0 were joined by a hyphen."""


def read_words(latin: str) -> list[Word]:
    """The words of a name without its Chinese characters and titles; compound surnames and particles are one word."""
    words = [
        word
        for part, text in enumerate(re.split("[,;]", APOSTROPHES.sub("", latin)))
        for number, chunk in enumerate(CHUNK.findall(text))
        for word in read_chunk(chunk, part, 1000 * part + number + 1)
    ]
    words = join_compounds([w for w in words if w.text not in LATIN_TITLES] or words)
    if any(is_surname_spelling(w.text) for w in words if w.kind == "syllable" and w.text not in PARTICLES):
        return words
    if find_vietnamese_words(words, latin)[1]:
        return words
    return join_particles(words)


def find_vietnamese_words(words: list[Word], latin: str) -> tuple[list[Word], list[tuple[int, float]]]:
    """The words of a name but for Western given names, and which of them may be a Vietnamese surname, how likely.

    None may be where the name is not Vietnamese.
    """
    own = [w for w in words if w.kind != "western" or is_vietnamese_syllable(w.text)]
    # Pam Hoang Vinh may be Pham: a Western given name has a surname at the end.
    may_slip = own[:1] if len(own) > 2 and not share_vietnamese(own[-1].text) else []
    odd = frozenset(w.text for w in own if w.kind == "word") | {w.text for w in may_slip if w.kind == "western"}
    found = find_vietnamese([w.text for w in own], odd, is_marked=has_vietnamese_letters(latin))
    return own, found


def read_chunk(chunk: str, part: int, bond: int) -> list[Word]:
    """The words between two blanks: syllables of a hyphen apart (Tai-man), other hyphens closed (Smith-Jones)."""
    pieces = [p for p in TOKEN.findall(chunk) if not IS_HAN.match(p)]
    folded = [fold_accents(p.casefold()) for p in pieces]
    if len(pieces) > 1 and not is_bound(folded):
        pieces, folded = ["".join(pieces)], ["".join(folded)]
    if len(pieces) == 1 and is_initials(pieces[0]):
        return [Word(letter, "initial", False, part, 0) for letter in folded[0]]
    bond = bond if len(pieces) > 1 else 0
    kinds = ["syllable" if bond and len(f) > 1 else kind_of(f) for f in folded]
    return [
        Word(f, kind, len(p) > 1 and p.isupper(), part, bond)
        for p, f, kind in zip(pieces, folded, kinds, strict=True)
        if f
    ]


def is_bound(pieces: list[str]) -> bool:
    """True if words joined by hyphens are syllables (one may be mistyped: Wai-Tag) or initials."""
    known = [is_syllable(p) or len(p) == 1 for p in pieces]
    return all(k or len(p) < SHORTEST_JOINED for k, p in zip(known, pieces, strict=True)) and any(known)


def is_initials(piece: str) -> bool:
    """True for capitals that no word is made of: TM, K, SK; not NG."""
    is_short = piece.isascii() and piece.isupper() and 1 < len(piece) < 4
    return is_short and piece != "NG" and VOWELS.isdisjoint(piece.casefold())


@lru_cache(maxsize=65536)
def kind_of(word: str) -> str:
    """The kind of one folded word, see `Word.kind`."""
    if len(word) == 1:
        return "initial"
    if word in western_names():
        return "western"
    return "syllable" if is_syllable(word) else "word"


@lru_cache(maxsize=65536)
def is_syllable(word: str) -> bool:
    """True if a folded word is a Chinese syllable as Hong Kong or the mainland spells it, or a compound surname."""
    return bool(sounds(word)) or word in mandarin_syllables() or word in cantonese_syllables()


def join_compounds(words: list[Word]) -> list[Word]:
    """Au Yeung, Au-yeung and Auyeung as one word, au-yeung, where it can be a surname: at an end of the name."""
    joined = compound_spellings()
    words = [join_words([w], joined[w.text]) if w.text in joined else w for w in words]
    for i in (0, len(words) - 2):
        if len(words) > 2 and i < len(words) - 1 and (compound := joined.get(words[i].text + words[i + 1].text)):
            words = [*words[:i], join_words(words[i : i + 2], compound), *words[i + 2 :]]
    return words


def join_particles(words: list[Word]) -> list[Word]:
    """`de la Cruz` as delacruz; a particle at the end stays alone."""
    kept: list[Word] = []
    is_open = False
    for word in words:
        if is_open and kept[-1].part == word.part:
            kept[-1] = join_words([kept[-1], word], kept[-1].text + word.text, "word")
        else:
            kept.append(word)
        is_open = word.text in PARTICLES
    return kept


def join_words(words: list[Word], text: str, kind: str = "syllable") -> Word:
    """Several words as one."""
    return Word(text, kind, all(w.is_capital for w in words), words[0].part, 0)


@lru_cache(maxsize=65536)
def split_syllables(word: str) -> list[tuple[str, ...]]:
    """The ways (two at most) to read a word as syllables written together: taiman is tai man, dawen da wen."""
    if len(word) < SHORTEST_JOINED:
        return []
    for known in (cantonese_syllables(), mandarin_syllables()):
        cuts = range(len(word) - 2, 1, -1)
        ways: list[tuple[str, ...]] = [(word[:i], word[i:]) for i in cuts if word[:i] in known and word[i:] in known]
        if ways:
            return ways[:2]
    return []
