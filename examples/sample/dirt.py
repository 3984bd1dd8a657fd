"""Dirt of known kind and place, for a pipeline to find: every change is logged with what is expected of it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from examples.sample.people import Person
from examples.sample.pools.names import write_name

EXPECTED: Mapping[str, str] = {
    "typo": "keep", "swapped_name": "keep", "missing_field": "keep", "two_phones": "keep", "full_width": "keep",
    "placeholder": "keep, no evidence", "counter_phone": "keep, no evidence", "shouted_email": "keep",
    "mojibake": "keep, repair", "html": "keep, clean", "bad_birth_date": "keep, no birth date",
    "guest": "keep", "late": "keep", "refund": "keep", "cancelled": "keep, counts nothing",
    "contradictory": "keep, withdrawn wins",
    "duplicate": "drop", "repeated_row": "drop",
    "wrong_type": "quarantine", "future_date": "quarantine", "missing_required": "quarantine",
    "out_of_range": "quarantine", "duplicate_key": "quarantine", "truncated": "quarantine",
    "error_object": "quarantine", "stray_quote": "quarantine",
}  # fmt: skip
"""What a pipeline owes to each kind of dirt: keep, drop (a second copy) or quarantine the record."""

COUNTER_PHONE = "85223450188"
"""The shop's own line, which its clerks type when a buyer gives no number."""
PLACEHOLDERS = ("99999999", "00000000", "12345678", "N/A", "-")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
FUTURE_YEAR = 2062


@dataclass
class Row:
    """A record of a delivery before it is written, and what is wrong with it."""

    values: dict[str, Any]
    kinds: list[str] = field(default_factory=list)
    day: str = ""
    """The day it is delivered for, as 2026-05-31."""
    is_truncated: bool = False
    """Its line ends half way."""
    has_stray_quote: bool = False
    """Its last quoted field does not close."""


@dataclass(frozen=True)
class Dirt:
    """One kind of dirt in one record; `record` counts from 1, a header not counted."""

    file: str
    record: int
    kind: str

    @property
    def expected(self) -> str:
        """What a pipeline owes to it."""
        return EXPECTED[self.kind]


def write_phone(phone: str, rng: Random) -> str:
    """An E.164 number as people write it."""
    if not phone.startswith("852"):
        return f"+{phone}" if rng.random() < 0.5 else f"+{phone[:-8]} {phone[-8:-4]} {phone[-4:]}"
    head, tail = phone[3:7], phone[7:]
    shapes = (
        f"{head}{tail}",
        f"{head} {tail}",
        f"{head}-{tail}",
        f"+852 {head} {tail}",
        f"+852{head}{tail}",
        f"(852) {head} {tail}",
    )
    return rng.choices(shapes, [4, 3, 1, 3, 2, 1])[0]


def pick_identity(person: Person, rng: Random, chinese_share: float) -> dict[str, str | None]:
    """Name, phone and email as a person gives them in one silo: mostly his first ones."""
    phone = person.phones[-1 if rng.random() < 0.2 else 0]
    email = person.emails[-1 if rng.random() < 0.3 else 0]
    return {"name": write_name(person.name, rng, chinese_share), "phone": write_phone(phone, rng), "email": email}


def soil(identity: dict[str, str | None], person: Person, rng: Random) -> list[str]:
    """Soil name, phone and email in place, each in one way at most; returns the kinds of what was done."""
    kinds: dict[str, str] = {}
    for kind, share, name, change in CHANGES:
        value = identity.get(name)
        if value and name not in kinds and rng.random() < share:
            changed = change(value, person, rng)
            if changed != value:
                identity[name] = changed
                kinds[name] = kind
    return list(dict.fromkeys(kinds.values()))


def swap_letters(value: str, person: Person, rng: Random) -> str:
    """A slip of the finger: a letter dropped, doubled or swapped with the next; only in Latin words."""
    end = len(value.split("@", maxsplit=1)[0]) - 1
    places = [n for n in range(1, end) if value[n].isascii() and value[n].isalpha()]
    if not places:
        return value
    n = rng.choice(places)
    return rng.choice(
        [
            value[:n] + value[n + 1 :],
            value[:n] + value[n] + value[n:],
            value[: n - 1] + value[n] + value[n - 1] + value[n + 1 :],
        ]
    )


def swap_name(value: str, person: Person, rng: Random) -> str:
    """Surname last, in capitals: Tai Man CHAN."""
    return f"{person.name.given} {person.name.surname.upper()}" if value.isascii() else value


def garble(value: str, person: Person, rng: Random) -> str:
    """UTF-8 read as Windows-1252; left alone where that has no such byte."""
    try:
        return value.encode().decode("cp1252")
    except UnicodeDecodeError:
        return value


def add_phone(value: str, person: Person, rng: Random) -> str:
    """A second number in the same field: the person's other one, or a landline."""
    other = person.phones[1] if len(person.phones) > 1 else f"8522{rng.randint(4 * 10**6, 7 * 10**6)}"
    return value + rng.choice([" / ", ", ", "；", " or "]) + write_phone(other, rng)


CHANGES: tuple[tuple[str, float, str, Callable[[str, Person, Random], str | None]], ...] = (
    ("typo", 0.03, "name", swap_letters),
    ("typo", 0.01, "email", swap_letters),
    ("swapped_name", 0.03, "name", swap_name),
    ("mojibake", 0.03, "name", garble),
    ("shouted_email", 0.05, "email", lambda value, _, rng: value.upper() + rng.choice(["", " "])),
    ("two_phones", 0.04, "phone", add_phone),
    ("full_width", 0.02, "phone", lambda value, _, rng: value.translate(FULL_WIDTH)),
    ("placeholder", 0.015, "phone", lambda value, _, rng: rng.choice(PLACEHOLDERS)),
    ("missing_field", 0.06, "phone", lambda value, _, rng: None),
    ("missing_field", 0.06, "email", lambda value, _, rng: None),
    ("missing_field", 0.01, "name", lambda value, _, rng: None),
)
"""Kind, share of the records, field, change."""


def count_planted(rows: int) -> int:
    """How often each kind of bad row is planted: seldom, but at least once."""
    return max(1, rows // 4000)


def plant_rows(
    rows: list[Row], rng: Random, breaks: Mapping[str, Callable[[dict[str, Any]], None]], key: str
) -> list[Row]:
    """Add bad rows, spread evenly: copies of good ones with a key of their own, each broken in one way.

    The good rows stay, so that what must be quarantined changes nothing in the truth.
    """
    kinds = [kind for kind in breaks for _ in range(count_planted(len(rows)))]
    rng.shuffle(kinds)
    places = {(2 * n + 1) * len(rows) // (2 * len(kinds)): (n, kind) for n, kind in enumerate(kinds)}
    planted: list[Row] = []
    for place, row in enumerate(rows):
        planted.append(row)
        if place in places:
            n, kind = places[place]
            bad = Row(copy.deepcopy(row.values), [kind], row.day, has_stray_quote=kind == "stray_quote")
            bad.values[key] = renew_key(str(row.values[key]), n)
            breaks[kind](bad.values)
            planted.append(bad)
    return planted


def renew_key(key: str, number: int) -> str:
    """A key of the same shape that no good row has: sample ids never reach the digits 99 at this place."""
    prefix = key.rstrip("0123456789")
    digits = key[len(prefix) :]
    return f"{prefix}{digits[:-6]}99{number:04d}"


def tear_last(rows: list[Row], key: str) -> list[Row]:
    """Add a last row whose writing broke off half way."""
    last = rows[-1]
    values = copy.deepcopy(last.values) | {key: renew_key(str(last.values[key]), 9999)}
    return [*rows, Row(values, ["truncated"], last.day, is_truncated=True)]


def repeat_rows(rows: list[Row], rng: Random, share: float = 0.004) -> list[Row]:
    """Add exact second copies of a few good rows, somewhere later in the same file; never after a torn last line."""
    good = [n for n, row in enumerate(rows) if not any(EXPECTED[kind] == "quarantine" for kind in row.kinds)]
    repeated = list(rows)
    for n in sorted(rng.sample(good, max(1, round(share * len(good)))), reverse=True):
        place = rng.randint(n + 1, len(rows) - 1) if n + 1 < len(rows) else n + 1
        repeated.insert(place, Row(rows[n].values, ["duplicate"], rows[n].day))
    return repeated
