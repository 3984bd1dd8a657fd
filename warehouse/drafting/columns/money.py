"""What amounts are written in: the decimal sign, the currency, whole units or the smallest, a line's or a piece's."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from warehouse.contracts.model import Column
from warehouse.drafting.columns.facts import Facts
from warehouse.drafting.columns.shapes import CURRENCY_MARKS, is_whole, read_currency, split_number, to_float
from warehouse.drafting.questions import Asker, Question, choices
from warehouse.types.currencies import CODES, MINOR_UNITS, name_currency
from warehouse.types.inferred_formats import COMMA, NUMBER_SHAPES, OTHER, POINT, SIGNS, count_telling, judge

TEXTS = frozenset({"csv", "tsv", "json", "jsonl"})
LIKELY = ("HKD", "EUR", "USD", "GBP", "CNY", "TWD", "JPY")
LEAST_MINOR = 100
"""An amount below it in the smallest unit would be less than one: nobody sells for that."""
WHOLE_ONLY = frozenset({code for code, places in MINOR_UNITS.items() if places == 0} | {"TWD", "HUF", "IDR"})
"""Currencies in which amounts are whole in life, whatever their smallest unit is."""
SAME = 0.9
MOST_MARKED = 0.5
EXACT, FEW_ITEMS = 0.001, 5
"""Few items tell only if their prices are exactly the same."""


def decide_decimal(facts: Facts, form: str, asker: Asker, key: str) -> tuple[str | None, str, Question | None]:
    """Comma, point or None (nothing to declare); how that is known; and what stays open."""
    if form not in TEXTS:
        return None, "numbers of the file's own type", None
    shapes: Counter[tuple[str, ...]] = Counter()
    for value, weight in zip(facts.values, facts.weights, strict=True):
        found = split_number(value)
        if found and (shape := shape_of(found[0])):
            shapes[shape,] += weight
    if form in {"json", "jsonl"}:
        shapes.pop(("open_point",), None)
    if not shapes:
        return None, "whole numbers", None
    plain = {key[0]: count for key, count in shapes.items()}
    tell = {sign: count_telling(plain, sign) for sign in (COMMA, POINT)}
    for sign in (COMMA, POINT):
        other = OTHER[sign]
        if tell[sign] and not tell[other] and not plain.get(f"open_{sign}"):
            return sign, f"{tell[sign]} numbers fit a decimal {sign} only", None
    finding = judge(Column("n", ("n",), "number"), shapes, is_strict=True)
    if finding.habit in {COMMA, POINT} and not finding.doubt:
        return finding.habit, f"decimal {finding.habit} by a clear majority", None
    likely = SIGNS.get(finding.habit or "")
    if likely and tell[likely] >= 4 and tell[likely] >= 3 * tell[OTHER[likely]] and not plain.get(f"open_{likely}"):
        return likely, f"decimal {likely} by a clear majority", None
    question = Question(
        f"{key}.decimal", f"{sum(plain.values())} numbers may have thousands or decimals: which sign is decimal?",
        choices(
            (POINT, "1,234 is more than a thousand, and 1.5 one and a half"),
            (COMMA, "1.234 is more than a thousand, and 1,5 one and a half"),
        ),
    )  # fmt: skip
    answer = asker.ask(question)
    return answer, "as answered" if answer else "numbers fit both ways", None if answer else question


def shape_of(digits: str) -> str | None:
    """The shape of a number with a comma or a point in it."""
    bare = re.sub(r"[^0-9.,]", "", digits)
    if not re.search(r"[.,]", bare):
        return None
    return next((word for word, shape in NUMBER_SHAPES if re.fullmatch(shape, bare)), None)


def find_currency(money: Sequence[Facts], names: Iterable[str], usual: str | None = None) -> tuple[str | None, str]:
    """The currency that cells or names of columns say, and how that is known; None: they say none, or several.

    A sign beside few of the amounts may be that of the foreign ones: it tells only with something else.

    Args:
        money: columns of amounts.
        names: of columns of amounts, and of the file.
        usual: the currency of those who speak the language of the names, if that is one.
    """
    named: Counter[str] = Counter()
    for facts in money:
        for value, weight in zip(facts.values, facts.weights, strict=True):
            if code := read_currency(value):
                named[code] += weight
    total = sum(facts.filled for facts in money) or 1
    if len(named) == 1 and len(code := next(iter(named))) == 3 and code.isalpha():
        share = min(1.0, named[code] / total)
        if share >= MOST_MARKED or code == usual:
            return code, f"beside {share:.0%} of the amounts" + (
                ", and usual where names are so" if code == usual else ""
            )
    if not named:
        codes = {found for name in names for word in re.split(r"[\W_\d]+", name) if (found := code_of(word))}
        if len(codes) == 1:
            return codes.pop(), "in the name of a column or of the file"
        marks = {mark for name in names for mark in re.findall(r"HK\$|US\$|NT\$|€|£", name)}
        if len(marks) == 1:
            return name_currency(next(iter(marks))), "in the name of a column"
    return None, ""


def code_of(word: str) -> str | None:
    """The currency that a word of a name is, one of those that people deal in; ALL and TOP are words."""
    known = set(CODES.split("|")) - {"ALL", "TOP", "TRY", "CUP", "ANG", "BAM", "MOP", "PEN", "SOS", "LAK", "PAB"}
    return word.upper() if word.upper() in known else None


def ask_currency(
    asker: Asker, source: str, likely: Sequence[str], money: Sequence[Facts]
) -> tuple[str | None, Question]:
    """The currency of a source of which nothing tells it."""
    some = any(read_currency(value) for facts in money for value in facts.values)
    said = (
        "some amounts name a currency, which is not that of all" if some else "no column and no amount names a currency"
    )
    codes = list(dict.fromkeys([*likely, *LIKELY]))[:6]
    question = Question(
        f"{source}.currency", f"{said}: in which are amounts that name none?",
        choices(*((code, f"they are {code}") for code in codes)), is_free=True,
    )  # fmt: skip
    answer = asker.ask(question)
    return answer.upper() if answer else None, question


def decide_scale(
    money: Sequence[Facts], currencies: Iterable[str], asker: Asker, source: str
) -> tuple[str | None, Question | None]:
    """`minor` where amounts are whole numbers of the smallest unit; asked where they may be that."""
    known = {name_currency(code) or code for code in currencies}
    if not money or (known and known <= WHOLE_ONLY):
        return None, None
    numbers = [abs(n) for facts in money for value in facts.values if (n := to_float(value))]
    is_bare = all(facts.share(is_whole) >= 0.98 for facts in money)
    if not is_bare or not numbers or min(numbers) < LEAST_MINOR:
        return None, None
    question = Question(
        f"{source}.scale", f"all amounts are whole numbers, none below {LEAST_MINOR}: of which unit?",
        choices(("units", "1000 is one thousand"), ("minor", "1000 is 10.00, as payment services count cents")),
    )  # fmt: skip
    answer = asker.ask(question)
    return ("minor" if answer == "minor" else None), None if answer else question


def count_of_piece(
    items: Sequence[str | None], quantities: Sequence[float | None], prices: Sequence[float | None]
) -> tuple[str | None, int]:
    """What prices beside quantities are, and of how many items that was seen.

    `unit` if an item costs the same whatever its quantity, `line` if it grows with it; None: nothing tells.
    """
    seen: dict[str, set[tuple[float, float]]] = defaultdict(set)
    for item, quantity, price in zip(items, quantities, prices, strict=True):
        if item and quantity and price and quantity > 0 and price > 0:
            seen[item].add((quantity, price))
    unit = line = exact = 0
    for pairs in seen.values():
        if len({quantity for quantity, _ in pairs}) < 2:
            continue
        spread = relative_spread(price for _, price in pairs)
        spread_each = relative_spread(price / quantity for quantity, price in pairs)
        unit += spread < spread_each
        line += spread_each < spread
        exact += min(spread, spread_each) < EXACT
    total = unit + line
    if (total >= FEW_ITEMS or exact == total > 0) and max(unit, line) >= SAME * total:
        return ("unit" if unit > line else "line"), total
    return None, total


def relative_spread(numbers: Iterable[float]) -> float:
    """How far apart numbers are, beside their mean."""
    values = list(numbers)
    mean = sum(values) / len(values)
    return (max(values) - min(values)) / mean if mean else 0.0


def is_product(
    quantities: Sequence[float | None], prices: Sequence[float | None], amounts: Sequence[float | None]
) -> bool:
    """Is the amount of nearly each row its quantity times its price?"""
    rows = [(q, p, a) for q, p, a in zip(quantities, prices, amounts, strict=True) if None not in (q, p, a)]
    fitting = sum(abs(abs(q * p) - abs(a)) <= 0.011 + 0.001 * abs(a) for q, p, a in rows)  # type: ignore[operator, arg-type]
    return bool(rows) and fitting >= SAME * len(rows)


def repeats_total(orders: Sequence[str | None], amounts: Sequence[str | None]) -> int:
    """Orders of several rows if nearly all of them have one amount on each row, as a total that is repeated; else 0."""
    seen: dict[str, list[str]] = defaultdict(list)
    for order, amount in zip(orders, amounts, strict=True):
        if order and amount:
            seen[order].append(amount)
    several = [found for found in seen.values() if len(found) > 1]
    same = sum(len(set(found)) == 1 for found in several)
    return len(several) if len(several) >= 2 and same >= SAME * len(several) else 0


__all__ = ["CURRENCY_MARKS", "ask_currency", "count_of_piece", "decide_decimal", "decide_scale", "find_currency",
           "is_product", "repeats_total"]  # fmt: skip
