"""The phone numbers in one field: where one ends and the next begins, and what beside them is no number.

text ─ letters ─→ pieces ─ slash, comma … ─→ parts ─ blank, hyphen … ─→ groups of digits ─→ numbers
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

import phonenumbers
from phonenumbers import PhoneNumber

from transforms.values.numbering_plans import (
    MOST,
    count_least,
    has_few_lengths,
    is_valid,
    lacks_prefix,
    list_lengths,
    read_digits,
)
from transforms.values.texts import fold_width

LONGEST = 200
"""Characters of a field; a longer one is no phone field, and cutting it could cut a number into another."""
EXTENSION = re.compile(r"(?:\b(?:ext|extn|extension|x)\b|(?<=\d)x|分機|分机|內線|内线|#)[\s.:=]*\d{1,6}(?!\d)", re.I)
EXCEL = re.compile(r"(?<![\d.])(\d\.\d+)E\+?(\d{1,2})(?!\d)|(?<![\d.])(\d{4,15})\.0+(?!\.?\d)", re.I)
LABEL = re.compile(r"(?<![\d(+])[1-9]\s?[:)](?=\s*[\d(+])")
"""Which of several phones it is: `Tel 2: …`, `1) …`."""
DAY, MONTH, YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "(?:19|20)[0-9]{2}"
DATE = rf"(?:{YEAR}([-/.]){MONTH}\1{DAY}|{DAY}([-/.]){MONTH}\2{YEAR}|{MONTH}([-/.]){DAY}\3{YEAR})(?:[T ][\dZ:.+-]*)?"
OTHER = re.compile(rf"{DATE}|\d+[.,](?!0+$)\d{{1,2}}|[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}", re.I)
"""What is no phone, however its digits could be read: a day, an amount, a UUID."""
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
BETWEEN = re.compile(r"[^\W\d_]+|(?=\+)")
"""Letters stand between two numbers, or beside one; so does a plus, which stays with the second."""
LIST = re.compile(r"[^\w+().\s\-‐-―−/\\|,*]+")
"""Signs that stand between two numbers and never within one."""
PART = re.compile(r"[/\\|,*]+")
LONG_MARK = re.compile("(?<=[0-9])ー(?=[0-9])")
"""A Japanese long vowel, typed for a hyphen."""
BRACKETS = str.maketrans("[]{}", "()()")
GAP = re.compile(r"[\s_.\-‐-―−]+")
FILLER = re.compile(r"\W*([0-9])\1{2,}\W*")
"""What stands for no number beside another one: `999 / 9123 4567`."""
DASHES = "-‐‑‒–—―−"
END, LINE, WHOLE = 3, 5, 9
"""Digits at most of an extension behind a slash; at least of the group before it, and of a whole number."""
MOST_GROUPS = 12
"""Groups of digits in one number."""


def read_numbers(text: str, region: str) -> list[PhoneNumber]:
    """The numbers in one field, placeholders among them."""
    plain = LONG_MARK.sub("-", fold_width(text)).translate(BRACKETS) if len(text) <= LONGEST else ""
    if OTHER.fullmatch(plain):
        return []
    for pattern, known in ((EMAIL, " x "), (EXCEL, undo_excel), (EXTENSION, " x "), (LABEL, drop_label)):
        plain = pattern.sub(known, plain)
    found: list[PhoneNumber] = []
    for piece in filter(count_digits, BETWEEN.split(plain)):
        found += read_list(piece, region)
    return found


def read_list(piece: str, region: str) -> list[PhoneNumber]:
    """The numbers of a piece without letters; what cannot be read spoils what follows, where any length is a number."""
    found: list[PhoneNumber] = []
    for listed in LIST.split(piece):
        parts = [part.strip() for part in PART.split(listed) if count_digits(part)]
        numbers = read_parts(parts, region)
        if parts and not numbers and not has_few_lengths(region):
            break
        found += numbers
    return found


def undo_excel(match: re.Match[str]) -> str:
    """Digits of `6.4371234E7` or `64371234.0`; a letter where the spreadsheet has rounded digits away."""
    mantissa, exponent, whole = match.groups()
    if whole:
        return str(whole)
    is_rounded = len(mantissa) - 2 < int(exponent)
    return "x" if is_rounded else str(int(Decimal(mantissa).scaleb(int(exponent))))


def drop_label(match: re.Match[str]) -> str:
    """A letter for what says which of several phones it is; `1)` of `(06 1) 234 5678` belongs to the number."""
    before = match.string[: match.start()]
    return match[0] if before.count("(") > before.count(")") else " x "


def count_digits(text: str) -> int:
    """How many digits a text has."""
    return len(re.findall("[0-9]", text))


def read_parts(parts: Sequence[str], region: str) -> list[PhoneNumber]:
    """The numbers of parts with a slash, a comma or another sign between: one in each, or over several of them.

    `030/23400001` is one, `91234567 / 98765432` are two, `23400001/90` is one with an extension.
    """
    if len(parts) > 1:
        each = [read_complete([part], region) for part in parts]
        if all(each):
            return [number for number in each if number]
        if is_extended(parts, region):
            return read_parts(parts[:-1], region)
    groups = [group for part in parts for group in GAP.split(part) if count_digits(group)]
    if found := split_numbers(groups, region):
        return found
    meant = [part for part in parts if not FILLER.fullmatch(part)]
    return read_parts(meant, region) if 0 < len(meant) < len(parts) else []


def is_extended(parts: Sequence[str], region: str) -> bool:
    """Is the last part an extension, `/90` or `/-90`: short, and behind what is a whole number without it?"""
    *line, end = parts
    number = read_run(line, region)
    if number is None or count_digits(end) > END:
        return False
    least = min(WHOLE, max(list_lengths(number.country_code), default=WHOLE))
    is_whole = len(phonenumbers.national_significant_number(number)) >= least and count_digits(line[-1]) >= LINE
    return is_whole or end[0] in DASHES


def split_numbers(groups: Sequence[str], region: str) -> list[PhoneNumber]:
    """The fewest numbers that take up all groups of digits, in their order; where none do, those that come first.

    Groups that fit nowhere spoil what follows them, for the end of a longer number may look like somebody else's. In a
    plan of many lengths they spoil what is before them too, unless they are as short as an extension.
    """
    whole = read_run(groups, region)
    if whole or not groups:
        return [whole] if whole else []
    best: list[list[PhoneNumber] | None] = [[], *([None] * len(groups))]
    for end in range(1, len(groups) + 1):
        for start in range(max(0, end - MOST_GROUPS), end):
            before, number = best[start], read_one_of_several(groups[start:end], region)
            if number and before is not None and len(before) + 1 < len(best[end] or [None] * (len(groups) + 1)):
                best[end] = [*before, number]
    reach = max(end for end, found in enumerate(best) if found is not None)
    left = sum(map(count_digits, groups[reach:]))
    return (best[reach] or []) if left <= LINE or has_few_lengths(region) else []


def read_one_of_several(groups: Sequence[str], region: str) -> PhoneNumber | None:
    """One number of several that follow each other with only gaps between: there it must be valid if it has gaps."""
    number = read_run(groups, region)
    if len(groups) == 1 or number is None:
        return number
    return number if is_valid(number) and not lacks_prefix(join_digits(groups), number, region) else None


def read_complete(groups: Sequence[str], region: str) -> PhoneNumber | None:
    """One number that lacks no prefix of its region; else None."""
    number = read_run(groups, region)
    return None if number is None or lacks_prefix(join_digits(groups), number, region) else number


def read_run(groups: Sequence[str], region: str) -> PhoneNumber | None:
    """One number of all these groups of digits, or None."""
    digits = join_digits(groups)
    if not count_least(region) <= count_digits(digits) <= MOST:
        return None
    first = re.search("[0-9]+", groups[0])
    head = len(first[0]) if first else 0
    return read_digits(digits, region, 0 if head == len(digits) else head)


def join_digits(groups: Sequence[str]) -> str:
    """The digits of groups, with the plus before them."""
    text = "".join(groups)
    return ("+" if "+" in text else "") + re.sub("[^0-9]", "", text)
