"""Full names of people taken apart: surname, Chinese given name and western given name, each a field of its own.

`CHAN Tai Man`, `Peter Chan` and 陳大文 agree in a surname, and two of them in a given name; nothing says that Peter is
not Tai Man. Taken as a whole, they would look like three names.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

import polars as pl

from transforms.names.cleaning import key_name, show_name
from transforms.names.parsing import Parse, parse_name
from transforms.names.surnames import surname_share
from transforms.names.western import western_names
from transforms.names.words import is_han
from transforms.names.words_read import is_syllable
from transforms.values.per_distinct import list_distinct

VIETNAMESE = "-"
"""Between the words of a Vietnamese given name, which are compared otherwise than Chinese syllables."""
PARTS = ("surname_sound", "given_sound", "western_name")
WAYS = "person_name"
BIT_COST, MARRIED_BITS = 0.04, 1.0
"""Likeliness that a bit against a way to read a name takes; bits against a husband's surname."""
ROTATED = 0.86
LIKELY = 0.985
"""Only in ways to read a name that are as likely as this is a word a western name."""
COMMON_SURNAME = 0.004
"""Share from which a word that is all of a name says too little: a surname, or a syllable of anybody's name."""
KNOWN = 0.0006
"""Share of people above which a surname is one of the tables."""
MOST_WORDS, PEOPLE, LOOKED_AT = 5, 0.6, 5_000
"""Words of a person's name at most; share of a table's names that must be people's; names that are looked at."""
NO_NAME = re.compile(r"[\d@_/]")
INITIAL_LAST = re.compile(r"(.+?)[ .]+([A-Za-z])(\.?)")
MOST_GIVEN = 2


def is_people(shown: pl.Series) -> bool:
    """True if most of the names are people's that can be taken apart, not organisations' or of parts unknown.

    Each counts as often as it stands there: people share their names, while each of those that somebody made up may be
    there once; of many people these are most of the different ones.
    """
    names = shown.drop_nulls().sort()
    step = max(1, len(names) // LOOKED_AT)
    looked = [is_person(name) for name in names.gather_every(step).to_list()]
    return bool(looked) and sum(looked) >= PEOPLE * len(looked)


def is_person(name: str) -> bool:
    """True if a name holds a surname or a western given name that is known, and no more than a name does."""
    if NO_NAME.search(name) or len(show_name(name).split()) > MOST_WORDS:
        return False
    return any(
        way.is_vietnamese or surname_share(way.surname) >= KNOWN or not western_names().isdisjoint(way.western)
        for way in parse_name(name)
    )


def split_full_names(names: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Columns node, source and value: of WAYS the ways to read each name, and of each of PARTS what stands in them.

    `names` has node, source and shown. Syllables have blanks between.
    """
    rows = names.select("node", "source", "shown")
    ways = rows.with_columns(value=list_distinct(rows["shown"], write_ways)).explode("value").drop_nulls("value")
    found = {WAYS: ways.unique(maintain_order=True)}
    for place, part in enumerate(PARTS):
        words = pl.col("value").str.split("|").list.get(place).str.split(",")
        each = ways.with_columns(value=words).explode("value").filter(pl.col("value") != "")
        found[part] = each.unique(maintain_order=True)
    return found


@lru_cache(maxsize=65536)
def write_ways(name: str) -> list[str]:
    """The ways to read a name, each as `surname|given name|western names|bits against it`."""
    if NO_NAME.search(name):
        return []
    found: dict[str, float] = {}
    for way in list_ways(name):
        given = write_given(way)
        western = [w for w in (*way.western, *list_unread(way)) if len(w) > 1] if way.likeliness >= LIKELY else []
        bits = (1 - way.likeliness) / BIT_COST
        for surname, more in ((way.surname, 0.0), *([(way.married, MARRIED_BITS)] if way.married else [])):
            text = "|".join([surname, given, ",".join(western)])
            found[text] = min(found.get(text, 99.0), bits + more)
    return [f"{text}|{bits:.1f}" for text, bits in sorted(found.items()) if text != "||"]


def list_ways(name: str) -> list[Parse]:
    """The ways to read a name, with what people put where only others see it: Alex T., 大文, Mr Chan."""
    if key_name(name) is None:
        return [Parse(surname=way.surname) for way in parse_name(name) if surname_share(way.surname) >= KNOWN]
    shown = show_name(name)
    if own := read_initial(shown):
        return own
    ways = list(parse_name(name))
    if any(way.is_vietnamese for way in ways):
        return ways
    if is_han(shown):
        return read_given(ways) if len(shown) == 2 else ways
    words = shown.casefold().split()
    return read_alone(ways) if len(words) == 1 else ways + read_rotated(words)


def read_rotated(words: list[str]) -> list[Parse]:
    """Man Chan Tai for Chan Tai Man: the surname came into the middle when parts of the name changed places."""
    if len(words) != 3 or not all(is_syllable(w) for w in words) or surname_share(words[1]) < COMMON_SURNAME:
        return []
    return [Parse(words[1], (words[2], words[0]), likeliness=ROTATED)]


def read_initial(name: str) -> list[Parse]:
    """The ways to read a name whose last word is the surname's initial; none for any other."""
    found = INITIAL_LAST.fullmatch(name)
    words = found[1].casefold().replace("-", " ").split() if found else []
    if not found or len(words) > MOST_GIVEN:
        return []
    own = Parse(surname=found[2].casefold())
    if len(words) == 1 and words[0] in western_names():
        return [replace(own, western=tuple(words))]
    if not all(len(w) > 1 and is_syllable(w) for w in words) or (len(words) == 1 and not found[3]):
        return []
    return [replace(own, given=tuple(words)), *([] if found[3] else parse_name(name))]


def read_given(ways: list[Parse]) -> list[Parse]:
    """The ways to read two Chinese characters: a given name alone, where the first is no common surname."""
    either = [Parse(given=(*way.surname, *way.given)) for way in ways if surname_share(way.surname) < COMMON_SURNAME]
    return either + [way for way in ways if surname_share(way.surname) >= KNOWN]


def read_alone(ways: list[Parse]) -> list[Parse]:
    """The ways to read one word: as a given name rather than a surname; a common surname's spelling says nothing."""
    rest = [way for way in ways if not way.surname]
    return [way for way in rest or ways if not any(surname_share(s) >= COMMON_SURNAME for s in way.given)]


def write_given(way: Parse) -> str:
    """A given name that tells somebody apart, with blanks between its syllables; in a Vietnamese one hyphens."""
    if way.is_vietnamese:
        return VIETNAMESE.join(way.given)
    return " ".join(way.given) if is_telling(way.given) else ""


def list_unread(way: Parse) -> tuple[str, ...]:
    """Of given names one word that is no syllable: a western name that no table has."""
    given = way.given
    is_read = way.is_vietnamese or is_telling(given) or len(given) != 1 or is_han(given[0])
    return () if is_read else given


def is_telling(given: tuple[str, ...]) -> bool:
    """False for nothing, for one initial, which may be a western name's, and for one word that is no syllable."""
    if len(given) != 1:
        return bool(given)
    return is_han(given[0]) or (len(given[0]) > 1 and is_syllable(given[0]) and given[0] not in western_names())
