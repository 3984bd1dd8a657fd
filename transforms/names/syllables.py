"""Chinese syllables in Latin letters: Hong Kong spellings folded to what they sound like, and made from Jyutping.

Hong Kong's spelling is a habit, not a system (Kataoka and Lee 2008, "A System without a System"): it writes
aspirated and plain stops alike, long and short a alike, and one sound in several ways (Lee, Li; Woo, Wu; Kar, Ka).
`sounds` makes these equal, no more: Chan and Chun stay two sounds.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Spellings by habit that no rule of initial and final gives; two sounds where a spelling stands for two.
WHOLE = {
    "sze": "si", "sz": "si", "szu": "si", "tsz": "ci", "tze": "ci", "tzu": "ci", "tzi": "ci", "tsi": "ci",
    "tse": "ce ci", "che": "ce ci", "eng": "ng",
}  # fmt: skip
INITIALS = (
    ("tsh", "c"), ("ts", "c"), ("tz", "c"), ("ch", "c"), ("zh", "c"), ("cz", "c"), ("sh", "s"), ("gw", "kw"),
    ("kw", "kw"), ("qu", "kw"), ("ng", ""), ("b", "p"), ("p", "p"), ("d", "t"), ("t", "t"), ("g", "k"), ("k", "k"),
    ("j", "c"), ("z", "c"), ("c", "c"), ("s", "s"), ("x", "s"), ("f", "f"), ("h", "h"), ("l", "l"), ("m", "m"),
    ("n", "n"), ("w", "w"), ("y", "y"),
)  # fmt: skip
FINALS = {
    "aa": "a", "ah": "a", "ar": "a", "aai": "ai", "aau": "au", "ow": "au", "aam": "am", "arm": "am", "um": "am",
    "aan": "an", "arn": "an", "aang": "ang", "arng": "ang", "aap": "ap", "arp": "ap", "up": "ap", "aat": "at",
    "art": "at", "aak": "ak", "ark": "ak", "uck": "uk", "ook": "uk", "eh": "e", "ea": "e", "eah": "e", "ei": "i",
    "ee": "i", "ie": "i", "ey": "i", "y": "i", "ick": "ik", "ek": "ik", "eong": "eung", "oeng": "eung", "oek": "euk",
    "iew": "iu", "ew": "iu", "oh": "o", "or": "o", "aw": "o", "ou": "o", "oe": "o", "oy": "oi", "oo": "u",
    "ue": "u", "ooi": "ui", "oon": "un", "oot": "ut", "ay": "ai i",
}  # fmt: skip
PLAIN_FINALS = {
    "a", "ai", "au", "am", "an", "ang", "ap", "at", "ak", "e", "eu", "em", "en", "eng", "ep", "et", "euk", "eung",
    "i", "iu", "im", "in", "ing", "ip", "it", "ik", "o", "oi", "on", "ong", "op", "ot", "ok", "u", "ui", "un",
    "ung", "ut", "uk", "uen", "uet",
}  # fmt: skip

# How the Hong Kong government writes what Jyutping writes. https://en.wikipedia.org/wiki/Hong_Kong_Government_Cantonese_Romanisation
JYUTPING = re.compile(r"(ng|gw|kw|[bpmfdtnlgkhwzcsj]?)([a-z]*)")
JYUTPING_INITIALS = {"b": "p", "d": "t", "g": "k", "gw": "kw", "z": "ch", "c": "ch", "j": "y"}
JYUTPING_FINALS = {
    "aa": "a", "aai": "ai", "aau": "au", "aam": "am", "aan": "an", "aang": "ang", "aap": "ap", "aat": "at",
    "aak": "ak", "ou": "o", "un": "oon", "ut": "oot", "eoi": "ui", "eon": "un", "eot": "ut", "oeng": "eung",
    "oek": "euk", "yu": "ue", "yun": "uen", "yut": "uet", "ik": "ik",
}  # fmt: skip

SHORT_FINALS = {"an": ["an", "un"], "at": ["at", "ut"]}
"""The short a is written a or u (振 is Chun); the tables have it only now and then."""

# Wade-Giles, as Taiwan spells names: https://en.wikipedia.org/wiki/Wade-Giles, without apostrophes and umlauts.
WADE_INITIALS = (
    ("zh", "ch"), ("x", "hs"), ("q", "ch"), ("j", "ch"), ("z", "ts"), ("c", "ts"), ("r", "j"), ("b", "p"),
    ("d", "t"), ("g", "k"),
)  # fmt: skip
WADE_WHOLE = {"zi": "tzu", "ci": "tzu", "si": "szu", "zhi": "chih", "chi": "chih", "shi": "shih", "ri": "jih"}
WADE_FINALS = (("ong", "ung"), ("ian", "ien"), ("ie", "ieh"), ("ue", "ueh"), ("you", "yu"), ("yan", "yen"))
KEPT_BY_WADE = ("ch", "sh")


@lru_cache(maxsize=65536)
def sounds(spelling: str) -> frozenset[str]:
    """What a Hong Kong spelling may sound like; empty if it is no syllable. `au-yeung` is a compound of two."""
    if "-" in spelling:
        first, _, rest = spelling.partition("-")
        return frozenset(f"{a}-{b}" for a in sounds(first) for b in sounds(rest))
    if spelling in WHOLE:
        return frozenset(WHOLE[spelling].split())
    if spelling == "ng":
        return frozenset({"ng"})
    for written, initial in INITIALS:
        if spelling.startswith(written) and (finals := fold_final(spelling[len(written) :])):
            return frozenset(initial + final for final in finals)
    return frozenset(("y" + f if f.startswith("i") else f) for f in fold_final(spelling))


def fold_final(final: str) -> list[str]:
    """The finals that a spelling of one stands for; empty if it is none."""
    if final in FINALS:
        return FINALS[final].split()
    return [final] if final in PLAIN_FINALS else []


def spell_jyutping(syllable: str) -> list[str]:
    """A Jyutping syllable without its tone as the government may write it: zoeng is cheung, zan chan or chun."""
    found = JYUTPING.fullmatch(syllable)
    if not found:
        return []
    initial, final = found.groups()
    finals = SHORT_FINALS.get(final) or [JYUTPING_FINALS.get(final, final)]
    return [JYUTPING_INITIALS.get(initial, initial) + f for f in finals]


def spell_wade(pinyin: str) -> str:
    """A Pinyin syllable as Wade-Giles writes it: zhang is chang, xu is hsu."""
    if pinyin in WADE_WHOLE:
        return WADE_WHOLE[pinyin]
    spelling = pinyin
    if not spelling.startswith(KEPT_BY_WADE):
        for written, initial in WADE_INITIALS:
            if spelling.startswith(written):
                spelling = initial + spelling[len(written) :]
                break
    for written, final in WADE_FINALS:
        if spelling.endswith(written):
            return spelling[: -len(written)] + final
    return spelling
