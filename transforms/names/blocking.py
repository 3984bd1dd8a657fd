"""Keys under which a name is looked up: names of one person, in either script, share one at least.

A key is a surname with the first letter of the given name, or with a western name, as they sound. `Chan Tai Man`,
`T M Chan` and 陳大文 share `can t`; `Peter Chan` and `Chan Tai Man Pete` share `can+peter`.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from transforms.names.characters import read_characters
from transforms.names.parsing import Parse, parse_name
from transforms.names.syllables import sounds
from transforms.names.western import root_names
from transforms.names.words import is_han, sound_word
from transforms.values.per_distinct import list_distinct

MOST_KEYS = 24


def name_blocking_keys(s: pl.Series) -> pl.Series:
    """Blocking keys of names, as List[String]: null where null, empty without a surname or without anything else."""
    return list_distinct(s, list_blocking_keys)


def list_blocking_keys(name: str) -> list[str]:
    """Blocking keys of one name, in order of the alphabet."""
    keys = {key for way in parse_name(name) for key in list_keys(way)}
    return sorted(keys)[:MOST_KEYS]


def list_keys(way: Parse) -> Iterator[str]:
    """The keys of one way to read a name."""
    for surname in filter(None, (way.surname, way.married)):
        for sound in sound_word(surname):
            yield from (f"{sound} {start}" for start in start_word(way.given[0] if way.given else ""))
            yield from (f"{sound}+{root}" for word in way.western for root in key_western(word))


def start_word(word: str) -> set[str]:
    """The first letters that the first syllable of a given name may sound with."""
    if not word:
        return set()
    if is_han(word):
        readings = read_characters(word)
        return {r[0] for r in readings.sounds | {s for m in readings.mandarin for s in sounds(m)}}
    return {s[0] for s in sounds(word)} or {s[0] for s in sounds(word + "a")} or {word[0]}


def key_western(word: str) -> set[str]:
    """A western given name as its full name; an initial as it is."""
    return {root if len(word) > 1 else word for root in root_names(word)}
