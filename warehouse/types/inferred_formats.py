"""How a delivery writes dates such as 3/4/2026 and numbers such as 1,234: told by those of its values that fit one way.

A clear majority of telling values decides for all values of a column; what contradicts it is not read, so that no value
is ever read in two ways. One odd value decides nothing: telling values that are few beside those that fit both ways
have to agree with what these look like. Only the delivery itself is looked at here; what the source's earlier nights
told, `format_memory` adds.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from warehouse.duck import quote
from warehouse.types.numbers import plain
from warehouse.types.sql_text import tidy

if TYPE_CHECKING:
    import duckdb

    from warehouse.contracts.model import Column

COMMA, POINT = "comma", "point"
TWO_PLACES = {COMMA: "comma_two", POINT: "point_two"}
"""By decimal sign: it is that, but a number with three digits behind it is not read."""
NO_THREE = "no_three"
"""A point is decimal, but no number with three digits behind a sign is read."""
SIGNS = {COMMA: COMMA, POINT: POINT, TWO_PLACES[COMMA]: COMMA, TWO_PLACES[POINT]: POINT, NO_THREE: POINT}
"""Every word for how numbers are written, and its decimal sign."""
DMY, MDY = "dmy", "mdy"
OTHER = {DMY: MDY, MDY: DMY, COMMA: POINT, POINT: COMMA}
WORDS = {DMY: "day before month", MDY: "month before day"}
CLEAR = 3
"""So many times as many values tell one way as the other: a clear majority."""
LONG_SCALE = 3
LEAST = 4
"""Fewer values that tell may all be slips."""
FEW, MANY = 0.1, 0.25
"""Shares of telling values among those that matter: below the first they are no more than slips may be."""
SHORT_DAYS = 62
"""Days that a delivery may cover without a day above the twelfth being common in it."""
NEAR_DAYS = 7
"""Few telling dates lie that near to others, or they are slips."""
TIGHTER = 4
"""So many times shorter is the span of dates in one order: it is the right one, or chance."""
NUMBER_SHAPES = (
    (COMMA, r"\d{1,3}(\.\d{3})+,"),
    (POINT, r"\d{1,3}(,\d{3})+\."),
    ("open_comma", r"[1-9]\d{0,2},\d{3}"),
    ("open_point", r"[1-9]\d{0,2}\.\d{3}"),
    ("long_comma", r"\d*,\d{3}"),
    (COMMA, r"\d*,\d{2}|\d{1,3}(\.\d{3})+,\d{2}|\d{1,3}(\.\d{3}){2,}"),
    (POINT, r"\d*\.\d{2}|\d{1,3}(,\d{3})+\.\d{2}|\d{1,3}(,\d{3}){2,}"),
    ("vary_comma", r"\d*,\d+|\d{1,3}(\.\d{3})+,\d+"),
    ("vary_point", r"\d*\.\d+|\d{1,3}(,\d{3})+\.\d+"),
)
"""What a number's digits and signs look like, the first that fits: 1,200 and 1.200 fit both ways, `vary` are those
whose decimals are not two."""
TELLING = {COMMA: (COMMA, "long_comma", "vary_comma"), POINT: (POINT, "vary_point")}
"""Shapes that tell the decimal sign."""
DATE_SHAPE = r"^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})\b"

Key = tuple[str, ...]
Day = tuple[int, int, int, int]
"""First and second part of a date, its year, and how many values have them."""
Evidence = Counter[Key]
"""Of numbers, how often each shape; of dates, how often each pair of first and second part, with its year."""


@dataclass(frozen=True)
class Finding:
    """How a column is written."""

    habit: str | None
    """`dmy`, `mdy`, or one of SIGNS; None: no value tells, or they contradict each other."""
    doubt: str = ""
    """What people should know of it, with counts and without a value; "" if all is clear."""
    count: int = 0
    """Values that the doubt is about."""
    is_recalled: bool = False
    """Earlier deliveries told it."""
    was: str = ""
    """How earlier deliveries were written, if this one contradicts them; "" if it does not."""


def is_asked(column: Column) -> bool:
    """Does the contract leave it to the values how the column is written?"""
    if column.type in {"date", "timestamp"}:
        return column.format is None
    return column.type in {"number", "integer"} and column.declared_decimal is None


def cure_format(column: Column) -> str:
    """What a contract declares of a column to have nothing guessed of it."""
    is_date = column.type in {"date", "timestamp"}
    return "logicalTypeOptions.format (dd/MM/yyyy, MM/dd/yyyy)" if is_date else "c360.decimal: comma or point"


def read_evidence(connection: duckdb.DuckDBPyConnection, table: str, column: Column) -> Evidence:
    """What the values of a text column tell."""
    count = count_dates if column.type in {"date", "timestamp"} else count_shapes
    rows = connection.execute(count(quote(table), quote(column.name))).fetchall()
    return Counter({tuple(map(str, row[:-1])): int(row[-1]) for row in rows if row[0] is not None})


def count_dates(table: str, name: str) -> str:
    """The query for dates by their first and second part and year."""
    parts = ", ".join(f"regexp_extract(day, '{DATE_SHAPE}', {group}) AS _{group}" for group in (1, 2, 3))
    # What begins as ISO 8601 does needs no second look, and is what most columns hold.
    days = rf"SELECT {tidy(name)} AS day FROM {table} WHERE NOT regexp_matches({name}, '^\d{{4}}-')"
    return f"SELECT *, count(*) FROM (SELECT {parts} FROM ({days})) WHERE _1 <> '' GROUP BY _1, _2, _3"


def count_shapes(table: str, name: str) -> str:
    """The query for numbers by their shape."""
    cases = " ".join(f"WHEN regexp_full_match(digits, '{shape}') THEN '{word}'" for word, shape in NUMBER_SHAPES)
    has_sign = " OR ".join(f"contains({name}, '{sign}')" for sign in ",.，．")
    numbers = f"SELECT {keep_digits(name)} AS digits FROM {table} WHERE {has_sign}"
    return f"SELECT kind, count(*) FROM (SELECT CASE {cases} END AS kind FROM ({numbers})) GROUP BY kind"


def keep_digits(text: str) -> str:
    """SQL: a text's digits, commas and points."""
    bare = f"regexp_replace({plain(text)}, '[^0-9.,]', '', 'g')"
    return f"CASE WHEN regexp_full_match({text}, '[0-9.,]*') THEN {text} ELSE {bare} END"


def has_three_digits(text: str, habit: str | None) -> str | None:
    """SQL: is a number one that this habit leaves unread? None: the habit reads all."""
    signs = {**{word: "," if sign == COMMA else "[.]" for sign, word in TWO_PLACES.items()}, NO_THREE: "[.,]"}
    if habit not in signs:
        return None
    return rf"regexp_full_match({keep_digits(text)}, '[1-9]\d{{0,2}}{signs[habit]}\d{{3}}')"


def judge(column: Column, evidence: Evidence, *, is_strict: bool = False) -> Finding:
    """How a column is written, from what its values tell.

    `is_strict`: so much hangs on the column that a number is not read rather than taken for a thousandth of itself.
    """
    if column.type in {"date", "timestamp"}:
        return judge_dates(evidence)
    shapes = list_shapes(column, evidence)
    found = judge_numbers(shapes)
    sign = SIGNS.get(found.habit or POINT, POINT)
    beside, against = shapes.get(f"open_{sign}", 0), count_telling(shapes, OTHER[sign])
    open_count = shapes.get("open_comma", 0) + shapes.get("open_point", 0)
    is_doubtful = is_strict and not is_sure(count_telling(shapes, sign), open_count)
    if beside and (is_doubtful or has_two_places(shapes, sign)):
        said = f"numbers have three digits behind a {sign}, and may be thousands or decimals: they were not read"
        return doubtful(beside, said, against, TWO_PLACES[sign])
    return found


def list_shapes(column: Column, evidence: Evidence) -> dict[str, int]:
    """How many numbers have each shape, as far as the contract leaves it open what it means."""
    shapes = {key[0]: count for key, count in evidence.items()}
    if column.thousands is not None:  # a blank, an apostrophe or none: so 1,200 has decimals
        shapes["vary_comma"] = shapes.get("vary_comma", 0) + shapes.pop("open_comma", 0)
        shapes["vary_point"] = shapes.get("vary_point", 0) + shapes.pop("open_point", 0)
    if has_long_scale(column) and not count_telling(shapes, COMMA):
        shapes.pop("open_point", None)
    return shapes


def count_telling(shapes: Mapping[str, int], sign: str) -> int:
    """Numbers that can only be read with this decimal sign."""
    return sum(shapes.get(shape, 0) for shape in TELLING[sign])


def has_two_places(shapes: Mapping[str, int], sign: str) -> bool:
    """Do enough numbers tell that decimals are always two, as one program writes money?"""
    return shapes.get(sign, 0) >= LEAST and count_telling(shapes, sign) == shapes[sign]


def has_long_scale(column: Column) -> bool:
    """Does the contract say that its decimals may be three and more, as in DECIMAL(18,8)? Then 7.812 is no surprise."""
    found = re.search(r"\(\s*\d+\s*,\s*(\d+)\s*\)", column.physical_type or "")
    return found is not None and int(found[1]) >= LONG_SCALE


def judge_numbers(shapes: Mapping[str, int]) -> Finding:
    """Which sign is decimal. Without a clear answer it is the point, and what fits both ways is read so."""
    commas, points = count_telling(shapes, COMMA), count_telling(shapes, POINT)
    if commas >= CLEAR * points and commas:
        return judge_commas(commas, shapes.get("long_comma", 0), points, shapes)
    open_count = shapes.get("open_comma", 0) + shapes.get("open_point", 0)
    if points >= CLEAR * commas and points:
        said = f"numbers fit both ways and were read as the {points} that tell, 1,200 as 1200 and 1.200 as 1.2"
        return contradicted(POINT, commas) if is_sure(points, open_count) else doubtful(open_count, said, commas, POINT)
    if open_count:
        said = "numbers fit both ways, and no clear majority of values tells: 1,200 was read as 1200, 1.200 as 1.2"
        return doubtful(open_count, said, commas)
    return contradicted(None, commas)


def is_sure(telling: int, open_count: int) -> bool:
    """Do so many values tell that nobody needs to hear of those that fit both ways?"""
    return open_count == 0 or (telling > open_count and telling >= LEAST)


def judge_commas(commas: int, long: int, points: int, shapes: Mapping[str, int]) -> Finding:
    """Most telling values have a decimal comma: the others, too, unless these are many and do not look like it."""
    open_commas, open_points = shapes.get("open_comma", 0), shapes.get("open_point", 0)
    # Decimals come in ones and twos: 1,200 beside 12,34 speaks for thousands, unless all have three, as 0,500.
    has_three = commas >= CLEAR and 2 * long >= commas >= FEW * open_commas
    if commas <= FEW * open_points or (commas <= open_commas and not has_three):
        said = "numbers fit both ways, and the few that tell do not go with them: 1,200 was read as 1200, 1.200 as 1.2"
        return doubtful(open_commas + open_points, said, commas)
    if not is_sure(commas, open_commas + open_points):
        said = f"numbers fit both ways and were read as the {commas} that tell, 1,200 as 1.2 and 1.200 as 1200"
        return doubtful(open_commas + open_points, said, points, COMMA)
    return contradicted(COMMA, points)


def judge_dates(parts: Evidence) -> Finding:
    """Which part is the day. Without a clear answer no date that fits both ways is read."""
    days = [(int(first), int(second), int(year), n) for (first, second, year), n in parts.items()]
    open_days = [day for day in days if fits(day, DMY) and fits(day, MDY) and day[0] != day[1]]
    told = {order: [day for day in days if fits(day, order) and not fits(day, OTHER[order])] for order in OTHER}
    counts = {order: sum(n for *_, n in found) for order, found in told.items()}
    order = max(counts, key=counts.__getitem__)
    most, least, open_count = counts[order], counts[OTHER[order]], sum(n for *_, n in open_days)
    if most < max(CLEAR * least, 1):
        said = "dates fit both ways, as 3/4/2026 does, and no clear majority of values tells which: they were not read"
        return doubtful(open_count, said, most + least) if open_count or most else Finding(None)
    if is_sure(most, open_count):
        return contradicted(order, least)
    choice = choose_order(order, told[order], open_days, most / (most + open_count))
    if choice is None:
        said = "dates fit both ways, as 3/4/2026 does, and the few that tell do not go with them: they were not read"
        return doubtful(open_count, said, most + least)
    why = f"as the {most} that tell" if choice == order else "since so they lie close together"
    said = f"dates fit both ways, as 3/4/2026 does, and were read {WORDS[choice]}, {why}"
    return doubtful(open_count, said, least if choice == order else most, choice)


def choose_order(order: str, telling: list[Day], open_days: list[Day], share: float) -> str | None:
    """The order of dates of which most fit both; `order` is what the others say. None: it stays open.

    `share` of the dates tell. Days above the twelfth are rare where a delivery covers few days; otherwise what tells is
    a slip, unless there is enough of it.
    """
    own, turned = list_days(open_days, order), list_days(open_days, OTHER[order])
    is_tighter = span(turned) * TIGHTER < span(own) and span(own) > SHORT_DAYS / TIGHTER
    if is_tighter:
        return OTHER[order] if share <= FEW else None
    if share >= MANY:
        return order
    told = list_days(telling, order)
    is_near = all(min(abs((day - other).days) for other in own) <= NEAR_DAYS for day in told)
    return order if is_near and span([*own, *told]) <= SHORT_DAYS else None


def fits(day: Day, order: str) -> bool:
    """Can a date be read in this order?"""
    number, month = day[:2] if order == DMY else (day[1], day[0])
    return 0 < number <= 31 and 0 < month <= 12


def list_days(days: Iterable[Day], order: str) -> list[date]:
    """The dates as read in one order; impossible ones, such as 31 April, left out."""
    found = []
    for first, second, year, _ in days:
        day, month = (first, second) if order == DMY else (second, first)
        if 0 < month <= 12 and 0 < day <= monthrange(max(year, 1), month)[1] and year > 0:
            found.append(date(year, month, day))
    return found


def span(days: Sequence[date]) -> int:
    """Days from the first to the last date."""
    return (max(days) - min(days)).days if days else 0


def contradicted(habit: str | None, count: int) -> Finding:
    """A clear finding, with the values that contradict it."""
    said = f"{count} values are written in another way than the others, and were not read"
    return Finding(habit, said, count) if count else Finding(habit)


def doubtful(count: int, said: str, against: int, habit: str | None = None) -> Finding:
    """A finding that people should hear of: `count` values that fit both ways, and those that are not read besides."""
    more = f"; {against} that fit one way only contradict that" if against else ""
    return Finding(habit, f"{count} {said}{more}", count)
