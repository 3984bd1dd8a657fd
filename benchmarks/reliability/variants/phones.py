"""Phone numbers as people of fourteen regions write them, out of Google's examples: each is read whole, two as two."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from benchmarks.reliability.outcome import Outcome
from benchmarks.reliability.variants.judge import Variant, open_checks, take_in
from tests.worlds.world import column, key

REGIONS = ("DE", "AT", "IT", "CH", "HK", "CN", "TW", "JP", "US", "GB", "FR", "ES", "SG", "MO")
KINDS = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
CRM = {
    "name": "crm", "kind": "customers", "mode": "append", "path": "crm*.jsonl",
    "columns": [key("no", "account_id"), column("phone", "phone")],
}  # fmt: skip
QUERY = "SELECT account_id, key FROM clean.attribute WHERE attribute = 'phone' AND key IS NOT NULL ORDER BY ALL"
BETWEEN = (" / ", "/", ", ", "; ", " or ", " oder ", "或", "、", " | ", " - ", "  ", " & ")


class Parts:
    """A number in the pieces that people put signs between."""

    def __init__(self, number: PhoneNumber) -> None:
        self.national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        self.abroad = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
        self.key = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        self.code, self.own = str(number.country_code), phonenumbers.national_significant_number(number)
        self.digits = "".join(c for c in self.national if c.isdigit())
        self.prefix = self.digits.removesuffix(self.own)
        size = phonenumbers.length_of_national_destination_code(number) or 0
        self.area, self.line = self.own[:size], self.own[size:]
        self.whole_area = self.prefix + self.area


PLAIN: Mapping[str, Callable[[Parts], str]] = {
    "national": lambda n: n.national,
    "digits": lambda n: n.digits,
    "abroad": lambda n: n.abroad,
    "E.164": lambda n: n.key,
    "00": lambda n: f"00{n.code}{n.own}",
    "00 and blanks": lambda n: f"00 {n.abroad[1:]}",
    "no plus": lambda n: n.abroad[1:],
    "code in brackets": lambda n: f"(+{n.code}) {n.own}",
    "code without plus in brackets": lambda n: f"({n.code}) {n.own}",
    "dots": lambda n: n.abroad.replace(" ", ".").replace("-", "."),
    "dashes": lambda n: n.national.replace(" ", "–"),
    "underscores": lambda n: n.national.replace(" ", "_"),
    "hard blanks": lambda n: n.abroad.replace(" ", "\xa0"),
    "full width": lambda n: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in n.national),
    "quote of a spreadsheet": lambda n: f"'{n.digits}",
    "ext.": lambda n: f"{n.national} ext. 12",
    "x12": lambda n: f"{n.national}x12",
    "內線": lambda n: f"{n.national} 內線12",
    "分機": lambda n: f"{n.national}分機 305",
    "转": lambda n: f"{n.national}转801",
    "#": lambda n: f"{n.national}#12",
    "DW": lambda n: f"{n.national} DW 12",
    "poste": lambda n: f"{n.national}, poste 12",
    "RFC 3966": lambda n: f"tel:{n.key};ext=12",
    "label": lambda n: f"Tel.: {n.national}",
    "numbered label": lambda n: f"電話1：{n.national}",
    "name behind": lambda n: f"{n.national} (Büro)",
}
WITH_AREA: Mapping[str, Callable[[Parts], str]] = {
    "slash": lambda n: f"{n.whole_area}/{n.line}",
    "slash and blanks": lambda n: f"{n.whole_area} / {n.line}",
    "slash, line in groups": lambda n: f"{n.whole_area}/{n.line[:3]} {n.line[3:]}",
    "brackets": lambda n: f"({n.whole_area}){n.line}",
    "square brackets": lambda n: f"[{n.whole_area}] {n.line}",
    "brackets and slash": lambda n: f"({n.whole_area})/{n.line}",
    "hyphen": lambda n: f"{n.whole_area}-{n.line}",
    "pairs": lambda n: " ".join([n.whole_area, *(n.line[at : at + 2] for at in range(0, len(n.line), 2))]),
    "slash abroad": lambda n: f"+{n.code} {n.area}/{n.line}",
    "slashes abroad": lambda n: f"00{n.code}/{n.area}/{n.line}",
    "brackets abroad": lambda n: f"+{n.code} ({n.area}) {n.line}",
    "bar": lambda n: f"{n.whole_area}|{n.line}",
}
WITH_PREFIX: Mapping[str, Callable[[Parts], str]] = {
    "(0)": lambda n: f"+{n.code} ({n.prefix}) {n.own}",
    "(0) glued": lambda n: f"+{n.code}({n.prefix}){n.own}",
    "00 and (0)": lambda n: f"00{n.code} ({n.prefix}) {n.own}",
    "code and 0": lambda n: f"+{n.code}{n.prefix}{n.own}",
    "code and 0, no plus": lambda n: f"{n.code}{n.prefix}{n.own}",
}


def write_all(number: PhoneNumber) -> Iterator[tuple[str, str, list[str]]]:
    """Every way to write a number: what it is called, the field, and the keys."""
    parts = Parts(number)
    ways = dict(PLAIN)
    ways |= WITH_AREA if parts.area else {}
    ways |= WITH_PREFIX if parts.prefix else {}
    for name, write in ways.items():
        yield name, write(parts), [parts.key]


def make_number(region: str, kind: int, chance: random.Random) -> PhoneNumber:
    """A valid number of a region, like Google's example."""
    example = phonenumbers.example_number_for_type(region, kind)
    own = phonenumbers.national_significant_number(example)
    while True:
        end = "".join(chance.choices("0123456789", k=5))
        number = phonenumbers.parse(f"+{example.country_code}{own[:-5]}{end}")
        if phonenumbers.is_valid_number_for_region(number, region) and len(set(end)) > 2:
            return number


def list_fields(region: str) -> list[tuple[str, str, list[str]]]:
    """All fields of a region: each way to write a fixed line and a mobile, and two numbers in one field."""
    chance = random.Random(region)
    found = [way for kind in KINDS for way in write_all(make_number(region, kind, chance))]
    for between in BETWEEN:
        one, other = (Parts(make_number(region, kind, chance)) for kind in KINDS)
        found.append((f"two with {between!r}", f"{one.national}{between}{other.national}", [one.key, other.key]))
    return found


def make_variant(region: str) -> Variant:
    """All fields of a region in one delivery, each an account of its own."""
    fields = list_fields(region)
    lines = [json.dumps({"no": f"A{number}", "phone": field}) + "\n" for number, (_, field, _) in enumerate(fields)]
    expected = [(f"A{number}", key) for number, (_, _, keys) in enumerate(fields) for key in keys]
    return Variant(
        region, {"crm.jsonl": "".join(lines).encode()}, CRM, expected, QUERY, "clean", {"phone_region": region}
    )


def read_phones(folder: Path) -> list[Outcome]:
    """Each field of each region, through a night's cleaning."""
    outcome = Outcome("phone numbers as they are written, of fourteen regions", "each read whole, two as two")
    with open_checks() as checker:
        for region in REGIONS:
            variant = make_variant(region)
            given = set(take_in(variant, folder / region, checker)[0] or ())
            for number, (name, _, keys) in enumerate(list_fields(region)):
                got = {key for account, key in given if account == f"A{number}"}
                outcome.add(f"{region}, {name}", [] if got == set(keys) else ["other numbers" if got else "no number"])
    return [outcome]
