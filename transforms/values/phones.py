"""Phone numbers: how they are shown, and their E.164 keys, by Google's numbering plans (`phonenumbers`).

Where a number ends is found by `phone_fields`, what its digits mean by `numbering_plans`. What was typed only to fill
the field counts for none.
"""

from __future__ import annotations

import re
from functools import partial

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumber, PhoneNumberFormat

from transforms.values.per_distinct import list_distinct, map_distinct
from transforms.values.phone_fields import read_numbers
from transforms.values.texts import fold_width

SEQUENCE = "01234567890" * 2
TYPED = {"13800138000", "11223344", "11112222", "2147483647"}
"""Numbers of no rule that stand for none: the first is the operator's own, in China, the last the greatest integer."""


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
