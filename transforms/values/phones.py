"""Phone numbers: how they are shown, and their E.164 keys, by Google's numbering plans (`phonenumbers`).

A number outside today's plan counts if it has the length of a mobile or fixed line: plans lag behind, and the same
wrong number in two places is still evidence. What was typed only to fill the field is not.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache, partial

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

from transforms.values.per_distinct import list_distinct, map_distinct
from transforms.values.texts import fold_width

LONGEST = 200
"""Characters of a field; a longer one is no phone field, and cutting it could cut a number into another."""
EXTENSION = re.compile(r"(?:\b(?:ext|extn|extension|x)\b|(?<=\d)x|分機|分机|內線|内线|#)[\s.:]*\d{1,6}(?!\d)", re.I)
EXCEL = re.compile(r"(?<![\d.])(\d\.\d+)E\+?(\d{1,2})(?!\d)|(?<![\d.])(\d{7,15})\.0+(?!\d)", re.I)
# Letters and all else that is no part of a number stand between two; so does a plus, which stays with the second.
BETWEEN = re.compile(r"[^0-9+().\s\-‐-―−]+|(?=\+)")
GAP = re.compile(r"[\s.\-‐-―−]+")
SEQUENCE = "01234567890" * 2
TYPED = {"13800138000", "11223344", "11112222", "2147483647"}
"""Numbers of no rule that stand for none: the first is the operator's own, in China, the last the greatest integer."""
CHINESE_MOBILE = re.compile(r"1[3-9]\d{9}")
NORTH_AMERICAN = set(phonenumbers.region_codes_for_country_code(1))


def phone_shown(s: pl.Series, region: str) -> pl.Series:
    """Numbers of a field as dialled from abroad, joined with ` / `; the trimmed field if none is evidence. Null: empty.

    Args:
        s: phone fields.
        region: ISO 3166 code of the place whose numbers are written without a country code.

    Raises:
        ValueError: no numbering plan is known for the region.
    """
    require_region(region)
    return map_distinct(s, partial(show_numbers, region=region))


def phone_keys(s: pl.Series, region: str) -> pl.Series:
    """E.164 of all numbers in a field, each once, in their order: List[String], empty where none is evidence.

    Raises:
        ValueError: no numbering plan is known for the region.
    """
    require_region(region)
    return list_distinct(s, partial(write_numbers, region=region, form=PhoneNumberFormat.E164))


def phone_forms(s: pl.Series, region: str) -> tuple[pl.Series, pl.Series]:
    """E.164 of all numbers in a field, as `phone_keys`, and how each is shown: two List[String] of equal lengths.

    Raises:
        ValueError: no numbering plan is known for the region.
    """
    require_region(region)
    both = list_distinct(s, partial(form_numbers, region=region))
    return both.list.gather_every(2), both.list.gather_every(2, 1)


def require_region(region: str) -> None:
    """Raise ValueError if no numbering plan is known for the region."""
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"no numbering plan for region {region!r}; give an ISO 3166 code such as HK")


def show_numbers(text: str, region: str) -> str:
    """The numbers of one field as dialled from abroad; its text where there is none."""
    return " / ".join(write_numbers(text, region, PhoneNumberFormat.INTERNATIONAL)) or fold_width(text)


def form_numbers(text: str, region: str) -> list[str]:
    """E.164 and the international format of each number of one field, each once, one after the other."""
    numbers = {phonenumbers.format_number(n, PhoneNumberFormat.E164): n for n in find_numbers(text, region)}
    shown = PhoneNumberFormat.INTERNATIONAL
    return [form for key, n in numbers.items() for form in (key, phonenumbers.format_number(n, shown))]


def write_numbers(text: str, region: str, form: int) -> list[str]:
    """The numbers of one field in a format of `phonenumbers`."""
    return list(dict.fromkeys(phonenumbers.format_number(n, form) for n in find_numbers(text, region)))


def find_numbers(text: str, region: str) -> list[PhoneNumber]:
    """The numbers in one field, without placeholders."""
    return [n for n in read_numbers(text, region) if not is_placeholder(phonenumbers.national_significant_number(n))]


def read_numbers(text: str, region: str) -> list[PhoneNumber]:
    """The numbers in one field, placeholders among them."""
    if len(text) > LONGEST:
        return []
    plain = EXTENSION.sub("|", EXCEL.sub(undo_excel, fold_width(text)))
    found: list[PhoneNumber] = []
    for piece in BETWEEN.split(plain):
        found += split_numbers(piece.strip(), region)
    return found


def undo_excel(match: re.Match[str]) -> str:
    """Digits of `6.4371234E7` or `64371234.0`; a separator where the spreadsheet has rounded digits away."""
    mantissa, exponent, whole = match.groups()
    if whole:
        return str(whole)
    is_rounded = len(mantissa) - 2 < int(exponent)
    return "|" if is_rounded else str(int(Decimal(mantissa).scaleb(int(exponent))))


def split_numbers(piece: str, region: str) -> list[PhoneNumber]:
    """A piece as one number, or as those that follow each other in it with only gaps between.

    There a number with gaps must be valid, one without only possible; parts that fit nowhere spoil what follows
    them, for the end of a longer number may look like somebody else's.
    """
    if number := read_number(piece, region):
        return [number]
    found: list[PhoneNumber] = []
    parts: list[str] = []
    for part in GAP.split(piece):
        parts.append(part)
        number = read_number(" ".join(parts), region)
        if number and (len(parts) == 1 or phonenumbers.is_valid_number(number)):
            found.append(number)
            parts = []
    return found


def read_number(text: str, region: str) -> PhoneNumber | None:
    """One number, or None; see `read_digits`."""
    digits = re.sub(r"[^0-9]", "", text)
    if not 7 <= len(digits) <= 19:
        return None
    return read_digits(("+" if "+" in text else "") + digits, region)


@lru_cache(maxsize=1 << 16)
def read_digits(digits: str, region: str) -> PhoneNumber | None:
    """The number these digits mean in a region: abroad after 00, or the region's, or abroad without any prefix."""
    if digits.startswith("00"):  # typed also where the local prefix is another, as 001 in Hong Kong
        abroad = parse("+" + digits[2:], region)
        if abroad and phonenumbers.is_valid_number(abroad):
            return abroad
    local = parse(digits, region)
    if local and is_possible(local):
        return local
    for reading in list_foreign(digits, region):
        if reading and phonenumbers.is_valid_number(reading):
            return reading
    return None


def list_foreign(digits: str, region: str) -> list[PhoneNumber | None]:
    """What digits that are no number of the region may mean: a country code without its plus, or a mainland mobile."""
    if digits.startswith("+") or len(digits) < 10:
        return []
    is_chinese = CHINESE_MOBILE.fullmatch(digits) and region not in NORTH_AMERICAN
    return [parse("+" + digits, region), parse(digits, "CN") if is_chinese else None]


def parse(digits: str, region: str) -> PhoneNumber | None:
    """Digits as `phonenumbers` reads them, or None."""
    try:
        return phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None


def is_possible(number: PhoneNumber) -> bool:
    """True for the full length of a mobile or fixed line (short codes and local halves are not), or if valid."""
    reason = phonenumbers.is_possible_number_for_type_with_reason(number, PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return bool(reason == ValidationResult.IS_POSSIBLE or phonenumbers.is_valid_number(number))


def fills_field(text: str, region: str) -> bool:
    """Of a field in which no number counts: does it hold placeholders, or digits alone that are one (999, 12345)?"""
    plain = fold_width(text)
    digits = re.sub(r"[^0-9]", "", plain)
    is_bare = bool(digits) and not any(c.isalpha() for c in plain)
    return bool(read_numbers(text, region)) or (is_bare and is_placeholder(digits))


def is_placeholder(national: str) -> bool:
    """True for 99999999, 90000000, 12345678, 87654321, 12121212, 12341234: what is typed to get past a form.

    9123 4567 is somebody's; how many share a number is for the sharing guard to judge.
    """
    is_run = max(national.count(d) for d in set(national)) >= len(national) - 1
    is_sequence = national in SEQUENCE or national[::-1] in SEQUENCE
    is_pattern = national == (national[:2] * len(national))[: len(national)]
    is_counted = any(national == (SEQUENCE[1 : 1 + n] * 5)[: len(national)] for n in (3, 4, 5))
    is_empty = national.endswith("0" * 7) or national in TYPED
    return is_run or is_sequence or is_pattern or is_counted or is_empty
