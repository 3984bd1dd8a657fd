"""Does a text praise or blame? From -1 to 1, by the words in it: Cantonese, written Chinese, English, mixed text.

    text ─ longest known words ─→ weights ─ negated, strengthened, before or after a "but" ─→ sum ─→ polarity

A sum of words, so that every score can be explained by them; the rules follow VADER (Hutto & Gilbert 2014). The lists
are `transforms/words/*.txt`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from transforms.values.sentiment_lexicon import ATOM, ENDS, SENTENCE_ENDS, Words, fold, read_words

UNSAID = re.compile(r"(?:https?://|www\.)\S+|@\w+|\S+@\S+\.\w+")
"""Addresses and handles: no opinion."""
BLANKS = re.compile(r"\s+")
NEGATED, STRONGER, WEAKER, BEFORE_BUT, AFTER_BUT = -0.6, 1.3, 0.6, 0.6, 1.4
WHY = re.compile(
    r"\b(?:why|how come|how (?:long|many times|much longer)|what(?:'s| is) (?:wrong|the point)|when will|seriously|"
    r"really|still|yet|again)\b|点解|为什么|为何|做乜|搞咩|搞乜|点搞|仲要|仲未|还没|几时先|究竟|到底|有(?:冇|没有)搞错"
)
"""Questions that complain, folded."""
ASKING = re.compile(r"(?:吗|未)\s*$")
"""Ends of questions without their sign, folded."""
TAG = re.compile(r"(?:n't|\bnot) (?:it|you|they|he|she|that|we)\s*$|\bright\s*$|(?:唔系|不是)(?:咩|吗)\s*$")
"""Ends of questions that say what they ask."""
REACH = 3
"""Words or Chinese characters over which a "not" turns another."""
HALF = 4.0
"""A sum of this much gives a polarity of about 0.7."""
NEGATIVE = -0.2
"""From here down a text blames: by one plain word at least."""

Moved = tuple[str, float]
"""A word as written, and what it added."""


def polarity(texts: Sequence[str | None]) -> list[float]:
    """One number per text, from -1 (blame) to 1 (praise); 0.0 where no opinion is told, or no text."""
    words = read_words()
    return [score(weigh(text, words)) if text else 0.0 for text in texts]


def explain_polarity(text: str | None) -> list[Moved]:
    """The words that moved a text's polarity, as written, with what each added; the strongest first."""
    return sorted(weigh(text, read_words()), key=lambda m: -abs(m[1])) if text else []


def score(moved: Sequence[Moved]) -> float:
    """The polarity that words add up to; a long text needs more of them."""
    total = sum(weight for _, weight in moved)
    return total / math.sqrt(total * total + HALF * HALF + len(moved)) if total else 0.0


@dataclass
class Reader:
    """Where in a text reading is: what has been found, and what turns the next word."""

    text: str
    moved: list[Moved] = field(default_factory=list)
    sentence: int = 0
    """Place in `moved` where the sentence began."""
    begin: int = 0
    """Place in the text where it began."""
    is_after_but: bool = False
    negated_at: int | None = None
    """Where the last "not" of this clause ended."""
    factor_at: int | None = None
    factor: float = 1.0

    def turn(self, kind: str, end: int) -> None:
        """A word that turns others."""
        if kind == "not":
            self.negated_at = end
        elif kind == "but":
            self.moved[self.sentence :] = [(w, v * BEFORE_BUT) for w, v in self.moved[self.sentence :]]
            self.is_after_but, self.negated_at = True, None
        elif kind != "none":
            self.factor, self.factor_at = (STRONGER if kind == "more" else WEAKER), end

    def add(self, start: int, end: int, weight: float) -> None:
        """A word of praise or blame."""
        if self.is_near(self.negated_at, start, REACH):
            weight *= NEGATED
        if self.is_near(self.factor_at, start, 1):
            weight *= self.factor
        self.moved.append((self.text[start:end], weight * (AFTER_BUT if self.is_after_but else 1)))

    def is_near(self, end: int | None, start: int, most: int) -> bool:
        """At most so many words (or Chinese characters) lie between."""
        if end is None or start - end > most * 12:
            return False
        return start - end <= 1 or len(ATOM.findall(self.text, end, start)) <= most

    def end(self, sign: str, place: int) -> None:
        """A sign at a place, which ends a clause, or a sentence; who asks has told no opinion yet."""
        self.negated_at = self.factor_at = None
        if sign in SENTENCE_ENDS:
            asked = fold(self.text[self.begin : place])
            is_shouted = self.text[place + 1 : place + 2] in {"!", "！"}
            if (sign in "?？" or ASKING.search(asked)) and is_open(asked) and not is_shouted:
                del self.moved[self.sentence :]
            self.sentence, self.is_after_but, self.begin = len(self.moved), False, place + 1


def is_open(question: str) -> bool:
    """True for a question that only asks: it neither complains nor says what it asks."""
    return not WHY.search(question) and not TAG.search(question)


def weigh(text: str, words: Words) -> list[Moved]:
    """What each word of praise or blame in a text adds."""
    shown = BLANKS.sub(" ", UNSAID.sub(" ", text))
    reader = Reader(shown)
    for word, start in words.find(fold(shown)):
        end = start + len(word)
        if weight := words.weights.get(word):
            reader.add(start, end, weight)
        if kind := words.turns.get(word):
            reader.turn(kind, end)
        elif word in ENDS:
            reader.end(word, start)
    reader.end(".", len(shown))
    return reader.moved
