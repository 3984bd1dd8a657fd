"""What a source's earlier deliveries told of how it writes dates and numbers, and what that means for a new one.

Only nights that were published are remembered, never a file of the same night: a delivery is read alike in any company.
The past settles what a delivery leaves open; what contradicts it is an outlier, or, told by a clear majority of the
delivery itself, a change, which people have to hear of before anything is read in another way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from warehouse.types.inferred_formats import (
    CLEAR,
    COMMA,
    DMY,
    FEW,
    LEAST,
    MDY,
    NO_THREE,
    OTHER,
    POINT,
    SHORT_DAYS,
    SIGNS,
    TELLING,
    TIGHTER,
    TWO_PLACES,
    WORDS,
    Evidence,
    Finding,
    contradicted,
    doubtful,
    fits,
    judge,
    list_days,
    span,
)

if TYPE_CHECKING:
    from warehouse.contracts.model import Column

ENOUGH = 10
"""Fewer values that told do not make a past."""
OPEN = "open"
"""Dates that fit both ways."""
SAID = {**WORDS, **{word: f"a decimal {sign}" for word, sign in SIGNS.items()}}
"""How a column is written, in words."""

Tally = Counter[str]
"""How many values told what: of dates `dmy`, `mdy` and OPEN, of numbers each shape."""


def tally(column: Column, evidence: Evidence) -> Tally:
    """What a delivery's values told, as it is remembered: no part of a value is in it."""
    if column.type not in {"date", "timestamp"}:
        return Counter({key[0]: count for key, count in evidence.items()})
    counts: Tally = Counter()
    for (first, second, year), count in evidence.items():
        day = (int(first), int(second), int(year), count)
        ways = [order for order in (DMY, MDY) if fits(day, order)]
        if ways and first != second:
            counts[OPEN if len(ways) == 2 else ways[0]] += count
    return counts


def remember(deliveries: Iterable[tuple[Mapping[str, int], str | None]]) -> Tally:
    """What deliveries told, the oldest first, each with how it was read: since the last change of that."""
    counts: Tally = Counter()
    last = None
    for told, written in deliveries:
        way = SIGNS.get(written or "", written)
        if way and last and way != last:
            counts.clear()
        last = way or last
        counts.update(told)
    return counts


def list_ways(column: Column) -> tuple[str, str]:
    """The two ways in which a column may be written."""
    return (DMY, MDY) if column.type in {"date", "timestamp"} else (COMMA, POINT)


def count_way(counts: Mapping[str, int], way: str) -> int:
    """Values that tell a way."""
    return sum(counts.get(key, 0) for key in TELLING.get(way, (way,)))


def find_known(column: Column, past: Mapping[str, int]) -> str | None:
    """The way that enough values of the past told, by a clear majority; None if they did not."""
    known = max(list_ways(column), key=lambda way: count_way(past, way))
    least = max(ENOUGH, CLEAR * count_way(past, OTHER[known]))
    return known if count_way(past, known) >= least else None


def recall(column: Column, evidence: Evidence, past: Mapping[str, int], *, is_strict: bool = False) -> Finding:
    """How a column of a delivery is written, from what its values tell and the past told; `is_strict` as in `judge`."""
    own, told, known = judge(column, evidence, is_strict=is_strict), tally(column, evidence), find_known(column, past)
    if known is None or not told:
        return own
    agreeing, against = count_way(told, known), count_way(told, OTHER[known])
    open_count = sum(count for key, count in told.items() if key.startswith(OPEN))
    if against >= max(LEAST, CLEAR * agreeing) and SIGNS.get(own.habit or "", own.habit) == OTHER[known]:
        return replace(own, was=known)
    is_opposed = against > FEW * (agreeing + against + open_count) and agreeing < CLEAR * against
    if open_count and (is_opposed or own.habit == OTHER[known] or is_turned(known, evidence)):
        said = f"values fit both ways, and the delivery speaks against the past ({SAID[known]}): they were not read"
        return doubtful(open_count, said, against, NO_THREE if known in SIGNS else None)
    found = contradicted(known, against)
    if known in SIGNS:
        found = judge(column, evidence + settle(known, past, open_count), is_strict=is_strict)
    commas = told.get("open_comma", 0)
    if is_strict and commas and found.habit == COMMA != own.habit:  # by itself it would be read with thousands
        said = "numbers have three digits behind a comma, which in the past was decimal: they were not read"
        found = doubtful(commas, said, against, TWO_PLACES[COMMA])
    return replace(found, is_recalled=own.habit != found.habit)


def is_turned(known: str, evidence: Evidence) -> bool:
    """Do dates that fit both ways lie close together in the order that the past does not know, and in the other not?"""
    if known in SIGNS:
        return False
    days = [(int(first), int(second), int(year), count) for (first, second, year), count in evidence.items()]
    spans = {order: span(list_days(days, order)) for order in (known, OTHER[known])}
    return spans[OTHER[known]] * TIGHTER < spans[known] and spans[known] > SHORT_DAYS


def settle(known: str, past: Mapping[str, int], open_count: int) -> Evidence:
    """What the past told of the sign that is known, and so much of it that what is open now follows."""
    told: Evidence = Counter({(shape,): past.get(shape, 0) for shape in TELLING[known]})
    told[max(told, key=told.__getitem__)] += open_count + LEAST
    return told
