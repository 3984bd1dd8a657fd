"""Names in alphabets that say how they sound, in Latin letters, so that both ways to write a name can be compared.

Chinese characters stay: how they are read, `transforms.names` knows. Scripts that leave out vowels or are read in
several ways (Arabic, Hebrew, Thai) stay as well, and say nothing beside a name in Latin letters.
"""

from __future__ import annotations

import re

import polars as pl
from anyascii import anyascii

from transforms.values.per_distinct import map_distinct

HANGUL, KANA = "\uac00-\ud7a3", "\u3041-\u3096\u309d\u309e\u30a1-\u30fa\u30fc-\u30fe"
SPELT = re.compile(rf"[\u0370-\u03ff\u0400-\u052f\u0531-\u0587\u10a0-\u10ff\u1c90-\u1cbf\u1f00-\u1fff{KANA}]+")
"""Greek, Cyrillic, Armenian, Georgian and kana: a letter is a sound."""
KOREAN = re.compile(rf"(?<![{HANGUL}])([{HANGUL}])\s*([{HANGUL}]{{1,3}})(?![{HANGUL}])")
"""A Korean name: a surname of one syllable, and a given name."""
IS_READ = re.compile(rf"{SPELT.pattern}|[{HANGUL}]")
SURNAMES = {
    "김": "Kim", "이": "Lee", "박": "Park", "최": "Choi", "정": "Jung", "강": "Kang", "조": "Cho", "윤": "Yoon",
    "장": "Jang", "임": "Lim", "한": "Han", "오": "Oh", "서": "Seo", "신": "Shin", "권": "Kwon", "황": "Hwang",
    "안": "Ahn", "송": "Song", "류": "Ryu", "유": "Yoo", "홍": "Hong", "전": "Jeon", "고": "Ko", "문": "Moon",
    "양": "Yang", "손": "Son", "배": "Bae", "백": "Baek", "허": "Heo", "남": "Nam", "심": "Shim", "노": "Noh",
}  # fmt: skip
"""Korean surnames as their bearers spell them, which is not as the rules do."""


def romanise(names: pl.Series) -> pl.Series:
    """Names in Latin letters where their script says how they sound; all others as they are."""
    return map_distinct(names, romanise_name)


def romanise_name(name: str) -> str:
    """One name; parts in other scripts stay."""
    if not IS_READ.search(name):
        return name
    spelt = SPELT.sub(lambda found: anyascii(found[0]), KOREAN.sub(spell_korean, name))
    return re.sub(rf"[{HANGUL}]+", lambda found: anyascii(found[0]), spelt)


def spell_korean(found: re.Match[str]) -> str:
    """A Korean name as its bearer would spell it: Kim Minsu."""
    surname = SURNAMES.get(found[1]) or anyascii(found[1])
    return f"{surname} {anyascii(found[2]).capitalize()}"
