"""Shapes of single values: numbers as people write them, dates and times, ids and handles."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from warehouse.types.currencies import CODES, FITTING, NARROW_SIGNS, WIDE_SIGNS, name_currency
from warehouse.types.numbers import APOSTROPHES, MINUSES, THIN, UNSEEN
from warehouse.types.spelled_times import spell_minguo, spell_plainly

CURRENCY_MARKS = frozenset({*CODES.split("|"), *FITTING})
PLAIN = str.maketrans(
    MINUSES + APOSTROPHES + THIN + WIDE_SIGNS + "０１２３４５６７８９，．（）",
    "-" * len(MINUSES) + "'" * len(APOSTROPHES) + " " * len(THIN) + NARROW_SIGNS + "0123456789,.()",
    UNSEEN,
)
NUMBER = re.compile(
    r"(?P<before>[^\d+\-(]{0,8}?)\s*(?P<open>\(?)(?P<sign>[-+]?)\s*(?P<mid>[^\d+\-(.,']{0,5}?)\s*"
    r"(?P<digits>[.,]?\d[\d.,' ]*?)(?P<round>[.,]-{1,2})?(?P<close>\)?)(?P<after>\s*[^\d()]{0,8})"
)
WHOLE = re.compile(r"[-+]?\d{1,18}(?:\.0+)?")
GUARDED = re.compile(r"^(?:'|=?\"(.*)\"$)")
TAIL = (
    r"(?:(?P<gap>T|,? )(?P<clock>(?P<hour>\d{1,2}):\d{2}(?P<second>:\d{2}(?P<fraction>[.,]\d{1,9})?)?"
    r"(?P<half> ?[AaPp]\.?[Mm]\.?)?(?: Uhr)?))?"
)
SHORT = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<mark>[/.\-])(?P<second_part>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}|\d{{2}}){TAIL}"
)
YEAR_FIRST = re.compile(
    rf"(?:19|20)\d{{2}}([-/.])\d{{1,2}}\1\d{{1,2}}{TAIL}(?P<zone> ?(?:Z|UTC|GMT|[+-]\d{{2}}:?\d{{2}}))?"
)
COMPACT = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
MONTHLESS = re.compile(r"\d{1,2}([-/ ])[A-Za-z]{3,9}\1\d{4}.*")
HANDLE = re.compile(r"@?[A-Za-z0-9_.]{2,30}")
IDENTIFIER = re.compile(r"[#A-Za-z]{0,8}[-_#/]?[A-Za-z0-9]*\d[\w\-/.]*|[0-9a-f-]{16,}", re.IGNORECASE)


class TimeShape(NamedTuple):
    """How one date or time is written."""

    kind: str
    """iso, short (3/4/2026), short2 (3/4/26), or spelled."""
    mark: str = ""
    """What stands between the parts of a short one."""
    clock: str = ""
    """The pattern of its time, with what stands before; "" for a day alone."""
    has_zone: bool = False


def plain(text: str) -> str:
    """Text with the signs that many programs write in another way made plain, without a spreadsheet's guards."""
    bare = text.translate(PLAIN).strip()
    return GUARDED.sub(lambda found: found[1] or "", bare)


@lru_cache(maxsize=20_000)
def split_number(text: str) -> tuple[str, str] | None:
    """The digits of a number with their signs, and what names a currency beside them; None: it is no number."""
    found = NUMBER.fullmatch(plain(text))
    if not found or (found["open"] == "") != (found["close"] == ""):
        return None
    marks = [mark.strip().rstrip(".").upper() for mark in (found["before"], found["mid"], found["after"])]
    named = [mark for mark in marks if mark]
    if any(mark not in CURRENCY_MARKS and mark not in {"CR", "DR"} for mark in named):
        return None
    digits = found["digits"].strip()
    is_grouped = " " not in digits or re.fullmatch(r"\d{1,3}( \d{3})+([.,]\d+)?", digits)
    return (digits, named[0] if named else "") if is_grouped else None


def is_number(text: str) -> bool:
    """Is it a number, perhaps with a currency beside it?"""
    return split_number(text) is not None


def is_whole(text: str) -> bool:
    """Is it a whole number without any sign but a minus?"""
    return WHOLE.fullmatch(plain(text)) is not None


def read_currency(text: str) -> str:
    """The currency that a cell names beside its number: a code, or a sign that may be several; "" for none."""
    found = split_number(text)
    mark = found[1] if found else ""
    return "" if mark in {"", "CR", "DR"} else name_currency(mark) or ""


def to_float(text: str, decimal: str = "point") -> float | None:
    """The number in a text, None if there is none."""
    found = split_number(text)
    if found is None:
        return None
    digits, sign = found[0].replace(" ", "").replace("'", ""), "." if decimal == "point" else ","
    digits = digits.replace("," if sign == "." else ".", "").replace(sign, ".")
    try:
        value = float(digits)
    except ValueError:
        return None
    return -value if re.search(r"^[^\d]*-|^\(.*\)$", plain(text)) else value


@lru_cache(maxsize=20_000)
def time_shape(text: str) -> TimeShape | None:
    """How a date or time is written; None: it is none, or bare digits."""
    bare = " ".join(text.split())
    if len(bare) > 60 or not any(c.isdigit() for c in bare):
        return None
    if found := YEAR_FIRST.fullmatch(bare):
        return TimeShape("iso", clock="clock" if found["clock"] else "", has_zone=bool(found["zone"]))
    if found := SHORT.fullmatch(bare):
        first, second = int(found["first"]), int(found["second_part"])
        if not (0 < first <= 31 and 0 < second <= 31 and min(first, second) <= 12):
            return None
        return TimeShape("short" if len(found["year"]) == 4 else "short2", found["mark"], write_clock(found))
    if spelled := spell_plainly(bare):
        return TimeShape("spelled", clock="clock" if len(spelled) > 10 else "", has_zone=len(spelled) > 19)
    return TimeShape("loose") if MONTHLESS.fullmatch(bare) else None


def write_clock(found: re.Match[str]) -> str:
    """The pattern of a time behind a day, as the JDK's DateTimeFormatter writes it."""
    if not found["clock"]:
        return ""
    gap = "'T'" if found["gap"] == "T" else found["gap"]
    hour = "h" if found["half"] else "HH" if len(found["hour"]) == 2 else "H"
    seconds = ":ss" if found["second"] else ""
    half = f"{' ' if found['half'].startswith(' ') else ''}a" if found["half"] else ""
    return f"{gap}{hour}:mm{seconds}{half}" + (" 'Uhr'" if found[0].endswith("Uhr") else "")


def is_minguo(text: str) -> bool:
    """May it be a date whose years are counted from 1911, as 115/11/01?"""
    return spell_minguo(text) is not None


def is_code(text: str) -> bool:
    """Does it look like an id: digits, perhaps with letters?"""
    return IDENTIFIER.fullmatch(plain(text)) is not None
