"""What each word of a name is: surname, syllables of the given name, western given names.

A name often allows two ways to read it (Tai Man Chan, Paul Simon, 陳李美玲): all are given, the likeliest first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from transforms.names.characters import fold_character, fold_han
from transforms.names.cleaning import HAN, HAN_SHORT_TITLE, HAN_TITLE, show_name
from transforms.names.surnames import RARE, UNKNOWN, is_surname_spelling, surname_share, surname_shares
from transforms.names.words_read import Word, find_vietnamese_words, is_syllable, read_words, split_syllables

MOST_WAYS = 4
MOST_GIVEN = 3
LONGEST_SYLLABLE = 7
FULL_GIVEN = 2
"""Syllables of a given name that needs no more."""
MISTYPED = 0.98
"""Likeliness that Tim, or a short word that is none, is a syllable where the given name still lacks one."""
TURNED = 0.98
"""Likeliness that a Vietnamese middle name is behind the given name, where the surname is last."""
FIRST_BITS = 2.0
"""A Chinese surname stands first four times as often as last, beside how common it is."""
BIT_COST, MOST_COST = 0.02, 0.1
HAN_RUN = re.compile(rf"[{HAN}]+")


@dataclass(frozen=True)
class Parse:
    """One way to read a name. Chinese characters are folded ones, Latin words in small letters without accents."""

    surname: str = ""
    """A compound Latin one has a hyphen (au-yeung); empty: none is known."""
    given: tuple[str, ...] = ()
    """Syllables or characters of the Chinese given name in order, or initials of them."""
    western: tuple[str, ...] = ()
    """Western given names, or initials."""
    married: str = ""
    """The husband's surname before her own: 陳 in 陳李美玲."""
    likeliness: float = 1.0
    """1 for the likeliest way, at least 0.8."""
    is_vietnamese: bool = False
    """The given name is a Vietnamese middle and given name, in this order."""


@lru_cache(maxsize=65536)
def parse_name(text: str) -> tuple[Parse, ...]:
    """The ways to read a name, likeliest first, at most four; none if no letter is in it."""
    name = show_name(text)
    text = HAN_RUN.sub(" ", name)
    latin = read_words(text)
    ways = list(parse_vietnamese(latin, text)) or list(parse_latin(latin))
    if han := HAN_RUN.findall(name):
        # 陳大文 Peter: the western names are the rest of it; CHAN Tai Man 陳大文: either alone says who it is.
        western = tuple(w.text for w in latin if w.kind in {"western", "word"})[:MOST_GIVEN]
        own = [replace(p, western=western) for p in parse_han(han)]
        ways = own + [p for p in ways if p.given or not western]
    best = sorted(dict.fromkeys(ways), key=lambda p: -p.likeliness)
    return tuple(best[:MOST_WAYS])


def parse_han(runs: list[str]) -> Iterator[Parse]:
    """The ways to read Chinese characters, given as they stand between blanks."""
    text = "".join(runs)
    titled = HAN_TITLE.sub("", text)
    shown = fold_han(titled)
    if text.startswith("阿") and len(text) == 2:
        yield Parse(given=(fold_character(text[1]),))
    elif HAN_SHORT_TITLE.match(text) or (titled != text and len(titled) == 1):
        yield Parse(surname=shown[0])
    elif len(runs) == 2 and len(runs[0]) == 2 and is_surname(fold_han(runs[1])) and not is_surname(shown[0]):
        yield Parse(surname=fold_han(runs[1]), given=tuple(shown[:2]))
    else:
        yield from parse_characters(shown)


def parse_characters(han: str) -> Iterator[Parse]:
    """The ways to read folded Chinese characters without blanks."""
    if len(han) > 2 and is_surname(han[:2]):
        yield Parse(han[:2], tuple(han[2:][:MOST_GIVEN]))
        return
    if len(han) >= 4 and is_surname(han[0]):
        own = han[1:3] if len(han) > 4 and is_surname(han[1:3]) else han[1]
        given = tuple(han[1 + len(own) :][:MOST_GIVEN])
        if is_surname(own):
            yield Parse(own, given, married=han[0])
            yield Parse(han[0], given, married=own, likeliness=0.97)
            return
    yield Parse(han[0], tuple(han[1:][:MOST_GIVEN]))
    if len(han) == 3 and is_surname(han[2]) and not is_surname(han[0]):
        yield Parse(han[2], tuple(han[:2]), likeliness=0.95)


def is_surname(han: str) -> bool:
    """True if folded characters are a known Chinese surname."""
    return han in surname_shares()


def parse_vietnamese(words: list[Word], text: str) -> Iterator[Parse]:
    """The ways to read the words of a Vietnamese name; none of any other name.

    Turned round, the middle name is before the given name (Van An Nguyen) or behind it (An Van Nguyen).
    """
    own, places = find_vietnamese_words(words, text)
    western = tuple(w.text for w in words if w not in own)[:MOST_GIVEN]
    told = [(place, 1.0) for place, _ in places if (place,) == find_told(own)]
    for place, likeliness in told or places:
        given = tuple(w.text for number, w in enumerate(own) if number != place)[-MOST_GIVEN:]
        yield Parse(own[place].text, given, western, "", likeliness, is_vietnamese=True)
        if place > 0 and len(given) > 1:
            yield Parse(own[place].text, given[::-1], western, "", TURNED * likeliness, is_vietnamese=True)


def parse_latin(words: list[Word]) -> Iterator[Parse]:
    """The ways to read words in Latin letters."""
    for chosen, likeliness in find_surnames(words):
        surnames = [words[i].text for i in chosen]
        rest = [w for i, w in enumerate(words) if i not in chosen]
        is_chinese = all(words[i].kind == "syllable" for i in chosen)
        for given, western, share in share_out(rest, is_chinese=is_chinese):
            likely = share * likeliness
            if len(surnames) == 2:
                yield Parse(surnames[0], given, western, surnames[1], 0.97 * likely)
                yield Parse(surnames[1], given, western, surnames[0], likely)
            else:
                yield Parse(surnames[0] if surnames else "", given, western, "", likely)


def find_surnames(words: list[Word]) -> list[tuple[tuple[int, ...], float]]:
    """Places of the surname (two: husband's and own), each with how likely it is."""
    if not words:
        return []
    if told := find_told(words):
        return [(told, 1.0)]
    core = [i for i, w in enumerate(words) if w.kind not in {"western", "initial"}] or [
        i for i, w in enumerate(words) if w.kind != "initial"
    ]
    if not core:
        return [((), 1.0)]
    if double := find_double(words):
        return [(double, 1.0)]
    if len(words) == 1:
        return [((0,), 1.0), ((), 1.0)]
    ends = [i for i in dict.fromkeys((core[0], core[-1])) if not words[i].bond] or [core[0]]
    bits = {i: weigh_place(words[i], is_first=i == core[0]) for i in ends}
    best = max(bits.values())
    return [((i,), 1.0 - min(MOST_COST, BIT_COST * (best - b))) for i, b in bits.items()]


def find_told(words: list[Word]) -> tuple[int, ...]:
    """The surname if the writing tells it: alone before the first comma, or alone in capitals."""
    first = [i for i, w in enumerate(words) if w.part == words[0].part]
    if len(first) < len(words) and (len(first) == 1 or tuple(first) == find_double(words)):
        return tuple(first) if words[first[0]].kind != "initial" else ()
    capital = [i for i, w in enumerate(words) if w.is_capital]
    others = [w for w in words if not w.is_capital and w.kind != "initial"]
    in_row = capital == list(range(capital[0], capital[0] + len(capital))) if capital else False
    return tuple(capital) if others and in_row and len(capital) <= 2 else ()


def find_double(words: list[Word]) -> tuple[int, ...]:
    """Places of the husband's surname and her own in Chan Lee Mei Ling: two surnames before two syllables."""
    syllables = [i for i, w in enumerate(words) if w.kind == "syllable"]
    pair = tuple(syllables[:2])
    if len(syllables) != 4 or pair[1] != pair[0] + 1 or any(words[i].bond for i in pair):
        return ()
    return pair if all(surname_share(words[i].text) >= RARE for i in pair) else ()


def weigh_place(word: Word, *, is_first: bool) -> float:
    """Bits for a word to be the surname: a Chinese one is common and first, a western one is last."""
    is_chinese = word.kind == "syllable" and is_surname_spelling(word.text)
    bits = math.log2(surname_share(word.text)) if is_chinese else math.log2(UNKNOWN / 2)
    if "-" in word.text:  # a compound is no given name
        return 0.0
    return bits + (FIRST_BITS if is_first == (word.kind == "syllable") else 0.0)


def share_out(rest: list[Word], *, is_chinese: bool) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], float]]:
    """What is left beside the surname, as syllables and western names, with the likeliness of each way to share it."""
    if not is_chinese and sum(w.kind == "syllable" for w in rest) < 2:
        yield (), tuple(w.text for w in rest)[:MOST_GIVEN], 1.0
        return
    seen = set()
    for texts, likeliness in read_syllables(rest):
        initials = [w.text for w in rest if w.kind == "initial"]
        given = [s for w in rest for s in texts.get(w.text, ())]
        western = [w.text for w in rest if w.kind != "initial" and w.text not in texts]
        ways = [(given, western + initials)] if given or not initials else []
        if initials and not given:
            ways = [(initials, western), *([] if western else [([], initials)])]
        for one, other in ways:
            if (way := (tuple(one[:MOST_GIVEN]), tuple(other[:MOST_GIVEN]))) not in seen:
                seen.add(way)
                yield *way, likeliness


def read_syllables(rest: list[Word]) -> Iterator[tuple[dict[str, tuple[str, ...]], float]]:
    """Which words are syllables, and of which: joined ones may be read in two ways, a short word may be mistyped."""
    plain: dict[str, tuple[str, ...]] = {w.text: (w.text,) for w in rest if w.kind == "syllable"}
    joined = {w.text: ways for w in rest if w.kind == "word" and (ways := split_syllables(w.text))}
    for i in range(max(map(len, joined.values()), default=1)):
        yield plain | {text: ways[min(i, len(ways) - 1)] for text, ways in joined.items()}, 1.0
    odd = [w.text for w in rest if w.text not in joined and is_perhaps_syllable(w)]
    if len(plain) + len(odd) <= FULL_GIVEN and odd:
        yield plain | {text: (text,) for text in odd}, MISTYPED


def is_perhaps_syllable(word: Word) -> bool:
    """True for a western name that is spelt like a syllable (Tim, Kim), and for a short word that may be mistyped."""
    if word.kind == "western":
        return is_syllable(word.text)
    return word.kind == "word" and len(word.text) < LONGEST_SYLLABLE
