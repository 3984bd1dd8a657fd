"""How a column writes its dates and times, and what its contract has to declare of that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from warehouse.contracts.model import Column
from warehouse.drafting.columns.facts import Facts
from warehouse.drafting.columns.shapes import COMPACT, SHORT, TimeShape, is_minguo, is_whole, time_shape, to_float
from warehouse.drafting.questions import Asker, Question, choices
from warehouse.types.inferred_formats import DMY, MDY, WORDS, judge

MOST, NEARLY_ALL = 0.6, 0.95
UNITS = {"seconds": (9.0e8, 2.3e9), "milliseconds": (9.0e11, 2.3e12), "microseconds": (9.0e14, 2.3e15)}
"""Unix times of the years from 1998 to 2042, by unit."""
DAYS = (20_000.0, 60_000.0)
"""Days of a spreadsheet, from 1954 to 2064."""
ORDERED = 0.02, 0.2
"""Files are in order of time: so few steps go back in the right order of day and month, so many in the other."""
TIMELY = frozenset({"time", "birth", "created", "later", "resolved", "joined", "valid"})
"""What the names of columns with times speak of."""


@dataclass(frozen=True)
class TimeDraft:
    """What a contract declares of a date or a time."""

    type: str
    """date or timestamp."""
    format: str | None = None
    epoch: str | None = None
    has_zone: bool = False
    """Do all values say their offset from UTC?"""
    evidence: str = ""
    question: Question | None = None
    """What stays open."""


@dataclass
class Days:
    """Short dates as evidence."""

    counts: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """By first part, second part and year."""


def looks_like_time(facts: Facts) -> bool:
    """Are its values dates or times, by themselves or with a name that says so?"""
    if not facts.filled:
        return False
    if facts.time_share >= MOST:
        return True
    return bool(TIMELY & facts.concepts) and not {"count", "id"} & facts.concepts and find_counted(facts) is not None


def find_counted(facts: Facts) -> TimeDraft | None:
    """Of bare digits: days written as 20260228, or counted from a day; None: neither."""
    if facts.share(COMPACT.fullmatch) >= 0.9:
        return TimeDraft("date", format="yyyyMMdd", evidence="eight digits, year first")
    if facts.number_share >= NEARLY_ALL:
        numbers = [number for value in facts.values if (number := to_float(value)) is not None]
        for unit, (least, most) in UNITS.items():
            if all(least < number < most for number in numbers):
                return TimeDraft("timestamp", epoch=unit, has_zone=True, evidence=f"{unit} since 1970")
        if all(any(least < number < most for least, most in UNITS.values()) for number in numbers):
            return TimeDraft("timestamp", epoch="any", has_zone=True, evidence="counted from 1970 in several units")
        if all(DAYS[0] < number < DAYS[1] for number in numbers):
            kind = "date" if facts.whole_share == 1 else "timestamp"
            return TimeDraft(kind, epoch="excel", evidence="days as a spreadsheet counts them")
    if facts.share(lambda value: is_minguo(value) and not is_whole(value)) >= 0.9:
        return TimeDraft("date", epoch="minguo", evidence="years counted from 1911")
    return None


def decide_time(facts: Facts, rows: Iterable[str | None], asker: Asker, key: str) -> TimeDraft:
    """What to declare of a column of dates or times; the order of day and month is asked where nothing tells it.

    Args:
        facts: the column, one that `looks_like_time`.
        rows: all its values, in the order of the file.
        asker: who answers.
        key: by what a question is answered.
    """
    if facts.time_share < MOST and (counted := find_counted(facts)):
        return counted
    shapes: Counter[TimeShape] = Counter()
    for value, weight in zip(facts.values, facts.weights, strict=True):
        if shape := time_shape(value):
            shapes[shape] += weight
    total = shapes.total()
    usual = shapes.most_common(1)[0][0]
    clocked = sum(n for shape, n in shapes.items() if shape.clock)
    kind = "timestamp" if clocked > total / 10 else "date"
    if not usual.kind.startswith("short"):
        has_zone = sum(n for shape, n in shapes.items() if shape.has_zone) >= NEARLY_ALL * total
        said = {"iso": "year first, as ISO 8601", "spelled": "months in words or signs"}.get(usual.kind, "readable")
        return TimeDraft(kind, has_zone=has_zone, evidence=f"{facts.time_share:.0%} {said}")
    return decide_short(usual, kind, [value for value in rows if value], asker, key)


def decide_short(usual: TimeShape, kind: str, rows: list[str], asker: Asker, key: str) -> TimeDraft:
    """Of dates such as 3/4/2026: which part is the day, and the pattern."""
    order, why = find_order(rows, usual.mark)
    question = None
    if order is None:
        question = Question(
            f"{key}.order", f"{why}: which part is the day?",
            choices((DMY, "03/04 is 3 April"), (MDY, "03/04 is 4 March")),
        )  # fmt: skip
        order = asker.ask(question)
        why = "as answered"
    if order is None:
        return TimeDraft(kind, evidence="day and month fit both ways", question=question)
    mark, year = usual.mark, "yyyy" if usual.kind == "short" else "yy"
    days = f"dd{mark}MM{mark}{year}" if order == DMY else f"MM{mark}dd{mark}{year}"
    return TimeDraft(kind, format=days + usual.clock, evidence=f"{WORDS[order]}: {why}")


def find_order(rows: list[str], mark: str) -> tuple[str | None, str]:
    """Which part is the day, and how that is known; None and why not, where it is not."""
    counts: Counter[tuple[str, ...]] = Counter()
    for value in rows:
        if found := SHORT.fullmatch(" ".join(value.split())):
            year = found["year"] if len(found["year"]) == 4 else f"20{found['year']}"
            counts[found["first"], found["second_part"], year] += 1
    finding = judge(Column("day", ("day",), "date"), counts)
    told = sum(n for (first, second, _), n in counts.items() if max(int(first), int(second)) > 12)
    if finding.habit is not None:
        return finding.habit, f"{told} of {counts.total()} dates fit only so"
    if mark == ".":
        return DMY, "points between the parts"
    by_run = find_run(rows)
    if by_run is not None:
        return by_run, "so the file is in order of time"
    return None, f"{counts.total() - told} of {counts.total()} dates fit both ways"


def find_run(rows: list[str]) -> str | None:
    """The order of day and month in which the file runs forward, or backward, in time; None if both or neither."""
    steps = {DMY: back_share(rows, DMY), MDY: back_share(rows, MDY)}
    if list(steps.values()).count(None) == 1:  # a date that fits one order alone tells, too
        steps = {order: None if share is None else back_share(rows, order, 4) for order, share in steps.items()}
    few, many = ORDERED
    runs = [order for order, share in steps.items() if share is not None and share <= few]
    others = [order for order, share in steps.items() if share is None or share >= many]
    return runs[0] if len(runs) == 1 and len(others) == 1 else None


def back_share(rows: list[str], order: str, least: int = 8) -> float | None:
    """Share of steps against the direction of the file, all where fewer differ than `least`; None: a date cannot be."""
    days: list[date] = []
    for value in rows:
        if found := SHORT.fullmatch(" ".join(value.split())):
            first, second = int(found["first"]), int(found["second_part"])
            day, month = (first, second) if order == DMY else (second, first)
            year = int(found["year"]) if len(found["year"]) == 4 else 2000 + int(found["year"])
            try:
                days.append(date(year, month, day))
            except ValueError:
                return None
    steps = [after - before for before, after in pairwise(days) if after != before]
    if len(steps) < least:
        return 1.0
    back = sum(step.days < 0 for step in steps) / len(steps)
    return min(back, 1 - back)
