"""What digits mean as a phone number in a region, by Google's numbering plans (`phonenumbers`).

A number outside today's plan counts if it has the length of a mobile or fixed line, where the plan has few lengths:
plans lag behind, and the same wrong number in two places is still evidence. Digits that may as well be another's number
(a local number without its area, a country code that is an area code too) count for none.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat, PhoneNumberType

LEAST, MOST = 7, 19
"""Digits of a number: those of a small town with its prefix, and 15 behind `00` and a prefix that was left in."""
FEW_LENGTHS = 3
"""In a plan of more lengths (Germany: 5 to 15 digits) the length says nothing."""
LOCAL = 8
"""Digits that a number without its area may have, where areas and lines are of many lengths."""
WITH_COUNTRY = 11
"""Digits from which the region's own country code is meant and no area that begins with the same."""
CHINESE_MOBILE = re.compile(r"1[3-9]\d{9}")
NORTH_AMERICAN = set(phonenumbers.region_codes_for_country_code(1))


@lru_cache(maxsize=1 << 16)
def read_digits(digits: str, region: str, head: int = 0) -> PhoneNumber | None:
    """The number these digits mean in a region: abroad after + or 00, or the region's, or abroad without any prefix.

    `head` is how many digits stand before the first gap, 0 where there is none: `49 30 …` begins with a country code.
    """
    if digits.startswith("00"):  # typed also where the local prefix is another, as 001 in Hong Kong
        abroad = parse("+" + digits[2:], region)
        if is_valid(abroad):
            return abroad
    local = parse(digits, region)
    if digits.startswith("+") or local is None or not lacks_prefix(digits, local, region):
        return choose(digits, local, region, head) or read_foreign(digits, region, head)
    return read_bare(digits, local, region, head)


def read_bare(digits: str, local: PhoneNumber, region: str, head: int) -> PhoneNumber | None:
    """The number of digits that lack the prefix (0) of a number of the region: lost, or a country code without plus."""
    code = str(phonenumbers.country_code_for_region(region))
    own = parse("+" + digits, region) if digits.startswith(code) else None
    lost = PhoneNumber(country_code=int(code), national_number=int(digits))
    if own and is_possible(own):
        has_code = head == len(code) or len(digits) >= WITH_COUNTRY or not is_valid(lost)
        return own if has_code else None
    if not is_valid(local) or is_maybe_local(local):
        return read_foreign(digits, region, head) if not is_valid(local) else None
    is_mobile = phonenumbers.number_type(local) == PhoneNumberType.MOBILE
    has_many = not has_few_lengths(region)
    return None if has_many and not is_mobile and read_foreign(digits, region, head) else local


def read_foreign(digits: str, region: str, head: int) -> PhoneNumber | None:
    """What digits that are no number of the region may mean: a country code without its plus, a mainland mobile."""
    if digits.startswith("+") or len(digits) < 10:
        return None
    abroad = parse("+" + digits, region)
    if abroad and is_valid(abroad) and is_set_apart(str(abroad.country_code), head):
        return abroad
    is_chinese = CHINESE_MOBILE.fullmatch(digits) and region not in NORTH_AMERICAN
    mainland = parse(digits, "CN") if is_chinese else None
    return mainland if is_valid(mainland) else None


def choose(digits: str, local: PhoneNumber | None, region: str, head: int) -> PhoneNumber | None:
    """A valid number of the region, or one that is valid with the zero that it has lost, or a possible one."""
    if is_valid(local):
        return local
    restored = None if head else restore_zero(digits, region)
    return restored or (local if local and is_possible(local) else None)


def restore_zero(digits: str, region: str) -> PhoneNumber | None:
    """Where a zero is part of the number (Italy), the valid number that a spreadsheet has taken it from; else None."""
    plan = PhoneMetadata.metadata_for_region(region)
    if digits[0] in "+0" or plan is None or plan.national_prefix:
        return None
    restored = parse("0" + digits, region)
    return restored if is_valid(restored) else None


def is_set_apart(code: str, head: int) -> bool:
    """May the digits before the first gap begin with a country code: they are it, or hold three more, or all?"""
    return head in {0, len(code)} or head >= len(code) + 3


def lacks_prefix(digits: str, local: PhoneNumber, region: str) -> bool:
    """Are such numbers of the region written with a prefix (0) that these digits do not begin with?"""
    plan = PhoneMetadata.metadata_for_region(region)
    if plan is None or not plan.national_prefix or digits.startswith(plan.national_prefix):
        return False
    if local.country_code != plan.country_code:
        return False
    usual = re.sub(r"\D", "", phonenumbers.format_number(local, PhoneNumberFormat.NATIONAL))
    own = phonenumbers.national_significant_number(local)
    return usual == plan.national_prefix + own and digits.endswith(own)


def is_maybe_local(number: PhoneNumber) -> bool:
    """May it be a local number that lacks its area, where areas and lines are of many lengths?"""
    is_short = len(phonenumbers.national_significant_number(number)) <= LOCAL
    return is_short and len(list_lengths(number.country_code)) > 1


def parse(digits: str, region: str) -> PhoneNumber | None:
    """Digits as `phonenumbers` reads them, or None."""
    try:
        return phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None


def is_valid(number: PhoneNumber | None) -> bool:
    """Is it a number of today's plan?"""
    return number is not None and bool(phonenumbers.is_valid_number(number))


def is_possible(number: PhoneNumber) -> bool:
    """Valid, or as long as the longest line of a plan of few lengths: a shorter one may be cut short."""
    if is_valid(number):
        return True
    region = phonenumbers.region_code_for_country_code(number.country_code or 0)
    digits, plan = phonenumbers.national_significant_number(number), PhoneMetadata.metadata_for_region(region)
    has_stray_prefix = bool(plan and plan.national_prefix and digits.startswith(plan.national_prefix))
    is_long = len(digits) == max(list_lengths(number.country_code), default=0)
    return is_long and has_few_lengths(region) and not has_stray_prefix


def has_few_lengths(region: str) -> bool:
    """Does a region's plan have so few lengths that a length says something?"""
    return len(list_lengths(phonenumbers.country_code_for_region(region))) <= FEW_LENGTHS


def count_least(region: str) -> int:
    """Digits of a number of the region at least: fewer than elsewhere in the plans of islands (Ascension: 5)."""
    lengths = list_lengths(phonenumbers.country_code_for_region(region))
    return min(LEAST, *lengths) if lengths and has_few_lengths(region) else LEAST


@lru_cache(maxsize=1 << 10)
def list_lengths(code: int) -> frozenset[int]:
    """How many digits fixed lines and mobiles of a country code have."""
    plan = PhoneMetadata.metadata_for_region(phonenumbers.region_code_for_country_code(code))
    parts = (plan.fixed_line, plan.mobile) if plan else ()
    return frozenset(length for part in parts if part for length in part.possible_length)
