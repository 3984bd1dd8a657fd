"""The words behind `transforms.values.sentiment`: what each weighs, and which turn others (`transforms/words/*.txt`).

Chinese is held in simplified characters, folded one by one, so that every list serves both ways of writing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
ATOM = re.compile(rf"[a-z0-9]+(?:'[a-z]+|-[a-z0-9]+)*|[^\s\w]|[{HAN}]|\w")
"""What words are made of: a Latin word or number, one Chinese character, one sign."""
SENTENCE_ENDS, CLAUSE_ENDS = "。.!?！？;；…\n~～", "，,、:：()（）「」"
ENDS = SENTENCE_ENDS + CLAUSE_ENDS
LATIN = re.compile(r"[a-z0-9]+(?:'[a-z]+|-[a-z0-9]+)*")
LISTS = Path(__file__).with_name("words")
WEIGHTS = ("vader", "chinese", "cantonese", "english", "emoji")
"""Lists of weights; a later one has the last word."""


@dataclass(frozen=True)
class Words:
    """What is known of words."""

    weights: Mapping[str, float]
    turns: Mapping[str, str]
    """not, more, less, but or none (which only looks like one of them)."""
    pattern: re.Pattern[str]
    """Finds where an entry may begin, and signs that end a clause."""
    lengths: Mapping[str, tuple[int, ...]]
    """Lengths of the entries by their head (see `head_of`), longest first."""

    def find(self, text: str) -> Iterator[tuple[str, int]]:
        """The entries and signs in a folded text, and where each begins; at one place the longest."""
        done = 0
        for found in self.pattern.finditer(text):
            start = found.start()
            if start >= done and (word := self.entry_at(text, start, found[0])):
                done = start + len(word)
                yield word, start

    def entry_at(self, text: str, start: int, first: str) -> str | None:
        """The longest entry that begins at `start`, where `first` stands, or the sign there."""
        head = first if LATIN.match(first) else text[start : start + 2]
        for length in self.lengths.get(head, ()):
            word = text[start : start + length]
            if word in self and is_whole(text, start + length):
                return word
        return first if first in ENDS or (first in self and is_whole(text, start + len(first))) else None

    def __contains__(self, word: str) -> bool:
        return word in self.weights or word in self.turns


def is_whole(text: str, end: int) -> bool:
    """No Latin word goes on at `end`."""
    return not (LATIN.match(text, end) and LATIN.match(text, end - 1))


@lru_cache(maxsize=1)
def read_words() -> Words:
    """All lists, read once."""
    weights: dict[str, float] = {}
    for name in WEIGHTS:
        weights |= read_vader() if name == "vader" else {w: float(v) for v, w in read_list(name)}
    turns = {w: v for v, w in read_list("turns")}
    heads: dict[str, set[int]] = defaultdict(set)
    for word in (*weights, *turns):
        heads[head_of(word)].add(len(word))
    first = "".join(sorted({re.escape(h[0]) for h in heads if not LATIN.match(h)}))
    pattern = re.compile(rf"{LATIN.pattern}|[{first}{re.escape(ENDS)}]")
    return Words(weights, turns, pattern, {h: tuple(sorted(n, reverse=True)) for h, n in heads.items()})


def head_of(word: str) -> str:
    """By what a word is looked up: its first Latin word, or its first two characters."""
    latin = LATIN.match(word)
    return latin[0] if latin else word[:2]


def read_list(name: str) -> Iterator[tuple[str, str]]:
    """(value, word) of each word in a list, folded."""
    for line in (LISTS / f"{name}.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("# "):
            value, words = line.split(maxsplit=1)
            yield from ((value, fold(word.strip())) for word in words.split(", "))


def read_vader() -> dict[str, float]:
    """VADER's lexicon (Hutto & Gilbert 2014): English words and faces, rated from -4 to 4 by ten people each."""
    text = (files("vaderSentiment") / "vader_lexicon.txt").read_text("utf-8")
    return {
        word.lower(): float(weight) for word, weight, *_ in (line.split("\t") for line in text.splitlines() if line)
    }


def fold(text: str) -> str:
    """Lower case and simplified characters, one for one: places in the text stay the same."""
    return text.translate(folds())


@lru_cache(maxsize=1)
def folds() -> dict[int, str]:
    """Character → what it is folded to."""
    from opencc import OpenCC

    han = "".join(map(chr, (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0xF900, 0xFB00))))
    simple = OpenCC("t2s").convert("\n".join(han)).split("\n")
    table = {ord(a): b for a, b in zip(han, simple, strict=True) if a != b and len(b) == 1}
    latin = {ord(c): c.lower() for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    wide = {0xFF01 + n: chr(0x21 + n).lower() for n in range(94)}
    return {**table, **latin, **wide, ord("’"): "'", ord("‘"): "'", ord("\u3000"): " "}
