"""Chinese characters: which are one character written differently, and how each is read.

Readings come from `cantonese-romanisation` (Government and Jyutping, 13,185 characters) and `pypinyin`; simplified,
traditional and variant forms are folded by OpenCC, character by character (a name is no phrase).
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from transforms.names.syllables import sounds, spell_jyutping, spell_wade

IS_READING = re.compile("[a-z]+")
# Forms that Hong Kong's identity cards and keyboards use and OpenCC leaves alone.
VARIANTS = {
    "髙": "高", "𠮷": "吉", "吕": "呂", "堦": "階", "娴": "嫻", "濶": "闊", "凃": "涂", "鍳": "鑒", "鑑": "鑒",
    "靑": "青", "淸": "清", "敎": "教", "卽": "即", "鄕": "鄉", "郷": "鄉", "旣": "既", "栢": "柏", "汎": "泛",
    "珎": "珍", "伩": "信", "冨": "富", "煕": "熙", "凞": "熙", "晧": "皓", "澔": "浩", "姸": "妍", "硏": "研",
    "荗": "茂", "麽": "麼", "嶋": "島", "塲": "場", "啟": "啓", "徳": "德", "恵": "惠", "曽": "曾", "閲": "閱",
    "亷": "廉", "烱": "炯", "琹": "琴", "凉": "涼", "劒": "劍", "鷄": "雞", "牀": "床",
}  # fmt: skip
# Readings of surnames, as the people spell them, that the tables lack.
SURNAME_READINGS = {
    "陳": "chan", "許": "hui hsu", "趙": "chiu chao", "羅": "lo law", "胡": "wu woo", "潘": "poon pun",
    "傅": "fu foo", "朱": "chu", "余": "yu yue", "葉": "ip yip", "歐": "au", "區": "au", "岑": "sum shum sham",
    "沈": "shum sum sham", "覃": "tam chum", "仇": "sau kau", "任": "yam", "邵": "shiu siu", "謝": "tse",
    "石": "shek", "夏": "ha", "賴": "lai", "古": "koo ku", "甄": "yan", "簡": "kan", "麥": "mak", "孫": "suen sun",
    "盧": "lo", "吳": "ng", "伍": "ng", "蔣": "tseung cheung chiang", "曾": "tsang", "徐": "tsui chui",
    "崔": "tsui chui", "周": "chow chau", "鄒": "chow chau", "曹": "tso cho", "左": "tso cho", "董": "tung",
    "貝": "pui", "巫": "mo", "司": "sze see se",
}  # fmt: skip
MOST_READINGS = 16
"""Of a compound surname: the product of its characters' readings is cut here."""


COMPOUND_SURNAMES = {
    "歐陽", "欧阳", "司徒", "上官", "司馬", "司马", "諸葛", "诸葛", "皇甫", "尉遲", "公孫", "公孙", "東方",
    "东方", "令狐", "端木", "鍾離", "慕容", "夏侯", "宇文",
}  # fmt: skip


@dataclass(frozen=True)
class Readings:
    """How one character, or a compound surname, is spelt; its syllables are joined by a hyphen then."""

    government: frozenset[str]
    """As the Hong Kong government spells it."""
    sounds: frozenset[str]
    """What these and the Jyutping readings sound like, see `syllables.sounds`."""
    jyutping: frozenset[str]
    """Without tones."""
    mandarin: frozenset[str]
    """Pinyin without tones, and Wade-Giles."""
    seldom: frozenset[str] = frozenset()
    """Readings that a dictionary has beside the first, and the government never spells: 維 as yung."""


@lru_cache(maxsize=65536)
def read_characters(characters: str) -> Readings:
    """The readings of one character, or of several as one compound; empty sets where no table knows it."""
    each = [read_character(c) for c in characters]
    return Readings(
        join_readings(r.government for r in each),
        join_readings(r.sounds for r in each),
        join_readings(r.jyutping for r in each),
        join_readings(r.mandarin for r in each),
        each[0].seldom if len(each) == 1 else frozenset(),
    )


def join_readings(each: Iterable[frozenset[str]]) -> frozenset[str]:
    """Every way to read several characters one after another."""
    ways = itertools.product(*(sorted(readings) for readings in each))
    return frozenset("-".join(way) for way in itertools.islice(ways, MOST_READINGS))


@lru_cache(maxsize=65536)
def read_character(character: str) -> Readings:
    """The readings of one character: its own, else those of all characters that are folded to it."""
    government, jyutping = cantonese_tables()
    own = [character] if character in government else same_characters().get(fold_character(character), [character])
    known = {s for c in own for s in (*government.get(c, ()), *SURNAME_READINGS.get(c, "").split())}
    spoken = {s for c in own for s in jyutping.get(c, ())}
    mandarin = {s for c in (character, *own) for s in read_mandarin(c)}
    # The table has 振 as Jan alone: what the rules make of its Jyutping is as good.
    known |= {s for c in own for j in jyutping.get(c, ())[: 1 if c in government else None] for s in spell_jyutping(j)}
    seldom = {s for j in spoken for s in spell_jyutping(j)}
    known |= {s for s in seldom if sounds(s) & {h for spelling in known for h in sounds(spelling)}}
    heard = {s for spelling in known for s in sounds(spelling)}
    mandarin |= set(map(spell_wade, mandarin))
    return Readings(*map(frozenset, (known, heard, spoken, mandarin, seldom - known)))


@lru_cache(maxsize=65536)
def fold_character(character: str) -> str:
    """One character for all forms of it: 陈 for 陳, 峰 for 峯, 卫 for 衛 and 衞."""
    folded = VARIANTS.get(character, character)
    if folded not in cantonese_tables()[0]:
        folded = convert("jp2t", folded)
    return convert("t2s", convert("hk2t", folded))


def fold_han(text: str) -> str:
    """A Chinese name with every character folded."""
    return "".join(map(fold_character, text))


def convert(direction: str, text: str) -> str:
    """Text by one of OpenCC's configurations."""
    return str(open_converter(direction).convert(text))


@lru_cache(maxsize=8)
def open_converter(direction: str) -> Any:
    """OpenCC for one direction; loaded once."""
    from opencc import OpenCC

    return OpenCC(direction)


@lru_cache(maxsize=1)
def cantonese_tables() -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    """Government spellings and Jyutping (no tones) by character."""
    from cantoroman import Cantonese  # type: ignore[import-untyped]

    tables = Cantonese()
    return clean_readings(tables.charToRoman), clean_readings(tables.charToLshk)


def clean_readings(table: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """A table of readings without tones, repeats and the few entries that are no syllable."""
    bare = {c: [r.rstrip("0123456789") for r in readings] for c, readings in table.items()}
    return {c: tuple(dict.fromkeys(r for r in rs if IS_READING.fullmatch(r))) for c, rs in bare.items()}


@lru_cache(maxsize=1)
def same_characters() -> Mapping[str, list[str]]:
    """By folded character: all characters of the Cantonese tables that are folded to it."""
    same: dict[str, list[str]] = defaultdict(list)
    for character in cantonese_tables()[0]:
        same[fold_character(character)].append(character)
    return same


def read_mandarin(character: str) -> list[str]:
    """Pinyin of one character without tones, all readings; ü is written u and yu, as passports do."""
    return spell_pinyin(mandarin_table().get(ord(character), "").split(",") if len(character) == 1 else [])


def spell_pinyin(readings: Iterable[str]) -> list[str]:
    """Readings without tones; ü is written u and yu."""
    bare = [strip_tone(reading) for reading in readings if reading]
    return [s for b in bare for s in ([b.replace("ü", "u"), b.replace("ü", "yu")] if "ü" in b else [b])]


def strip_tone(syllable: str) -> str:
    """Pinyin without its tone mark, ü kept."""
    bare = unicodedata.normalize("NFD", syllable)
    return unicodedata.normalize("NFC", re.sub("[\u0300\u0301\u0304\u030c]", "", bare))


@lru_cache(maxsize=1)
def mandarin_table() -> Mapping[int, str]:
    """Pinyin with tones, by code point, readings apart by commas."""
    from pypinyin.constants import PINYIN_DICT

    return PINYIN_DICT


@lru_cache(maxsize=1)
def mandarin_syllables() -> frozenset[str]:
    """Every syllable of Pinyin and of Wade-Giles."""
    table = mandarin_table()
    told = {reading for code, readings in table.items() if code < 0xA000 for reading in readings.split(",")}
    read = {s for s in spell_pinyin(told) if IS_READING.fullmatch(s)}
    return frozenset(read | set(map(spell_wade, read)))


@lru_cache(maxsize=1)
def cantonese_syllables() -> frozenset[str]:
    """Every spelling of a syllable in the government table."""
    return frozenset(s for readings in cantonese_tables()[0].values() for s in readings)
