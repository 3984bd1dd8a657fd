"""The Chinese and the English name in one field: `CHAN Tai Man 陳大文` holds both."""

from __future__ import annotations

import re

import polars as pl

from transforms.names.cleaning import HAN, TOKEN, is_empty, show_name
from transforms.values.per_distinct import map_distinct

HAN_NAME = re.compile(rf"[{HAN}]+(?:[\s·・‧]*[{HAN}]+)*")
BRACKETS = re.compile(r"[()\[\]{}/|]+")
LETTER = re.compile(rf"[^\W\d_{HAN}]")


def chinese_name(s: pl.Series) -> pl.Series:
    """The part of a shown name in Chinese characters. Null: none, or characters that name nobody."""
    return map_distinct(s, find_chinese)


def english_name(s: pl.Series) -> pl.Series:
    """The part of a shown name in other letters, in their order. Null: none.

    One word beside Chinese characters (陳大文 Peter) is a given name, not a whole one, and so null.
    """
    return map_distinct(s, find_english)


def find_chinese(name: str) -> str | None:
    """The longest run of Chinese characters of one name, if it has more than a surname's one."""
    runs = ["".join(TOKEN.findall(run)) for run in HAN_NAME.findall(name)]
    longest = show_name(max(runs, key=len, default=""))
    return longest if len(longest) > 1 and not is_empty([longest]) else None


def find_english(name: str) -> str | None:
    """What is left of one name without Chinese characters, if it is a name."""
    rest = BRACKETS.sub(" ", HAN_NAME.sub(" ", name))
    words = TOKEN.findall(rest)
    is_part = len(words) < 2 and HAN_NAME.search(name)
    if is_part or not LETTER.search(rest) or is_empty([word.casefold() for word in words]):
        return None
    return show_name(" ".join(rest.split()))
