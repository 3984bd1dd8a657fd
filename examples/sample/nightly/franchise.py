"""A franchise's till: CSV by night, in which each kind of dirty cell stands on a few lines, with the truth beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

import polars as pl

from examples.sample.dirt import FULL_WIDTH, Row
from examples.sample.files import write_csv
from examples.sample.people import Person
from examples.sample.pools import goods
from examples.sample.pools.names import write_name
from examples.sample.world import AS_OF, World

LINES_A_DAY, DAYS_BEFORE, MEMBERS = 14, 20, 40
HOUSEHOLDS = 3
PER_KIND = 2
"""Lines on which a kind stands."""
Line = dict[str, str]


@dataclass(frozen=True)
class Cell:
    """What must become of a dirty cell: `value` of `column`, or the quarantine by `rule`; a warning's rule stays."""

    line: str
    kind: str
    expected: str
    rule: str
    column: str
    value: str


Change = Callable[[Line, int], tuple[str, str, str, str]]
"""Dirties a line, for the n-th time; gives expected, rule, column and value."""


def write_franchise(out: Path, people: list[Person], world: World, first: date) -> None:
    """Write `deliveries/franchise/franchise_<day>.csv` and `truth/franchise.csv`."""
    rng = Random(f"{world.seed}-franchise")
    members = draw_members(people, rng)
    start = first - timedelta(days=DAYS_BEFORE)
    days = [start + timedelta(days=n) for n in range((AS_OF - start).days + 1)]
    lines = [build_line(members[n % len(members)], day, rng) for day in days for n in draw_places(rng)]
    for number, line in enumerate(lines):
        line.update(line=f"F{number + 1:06}", receipt=f"FR{number + 1:06}")
    cells = soil_lines(lines) + mark_households(lines)
    for day in [first - timedelta(days=1), *(day for day in days if day >= first)]:
        rows = [Row(strip_day(line)) for line in lines if max(line["day"], str(first - timedelta(days=1))) == str(day)]
        write_csv(out / "deliveries" / "franchise" / f"franchise_{day}.csv", rows, delimiter=";")
    truth = pl.DataFrame([astuple(cell) for cell in cells], schema=list(Cell.__annotations__), orient="row")
    truth.sort("line", "kind").write_csv(out / "truth" / "franchise.csv")


def draw_places(rng: Random) -> list[int]:
    """Which members buy on a day; a few do on most days."""
    return [rng.randrange(MEMBERS) for _ in range(LINES_A_DAY)]


def strip_day(line: Line) -> dict[str, str]:
    """A line as it is written."""
    return {name: value for name, value in line.items() if name != "day"}


def draw_members(people: list[Person], rng: Random) -> list[Line]:
    """Members with what the franchise knows of them; the first are households of two that share a mailbox."""
    chosen = rng.sample([p for p in people if not p.traps and p.region == "HK"], MEMBERS)
    members = []
    for number, person in enumerate(chosen):
        head = chosen[number - number % 2] if number < 2 * HOUSEHOLDS else None
        name = write_name(person.name, rng, 0)
        mailbox = f"the.{head.name.surname.lower()}s.{head.person_id.lower()}@example.com" if head else person.emails[0]
        members.append(
            {"member": f"M{1_000_001 + number}", "name": name, "phone": person.phones[0][3:], "email": mailbox}
        )
    return members


def build_line(member: Line, day: date, rng: Random) -> Line:
    """One clean line."""
    item, quantity = rng.randrange(len(goods.SKUS)), rng.choice([1, 1, 1, 2, 3])
    return {
        "line": "",
        "receipt": "",
        **member,
        "sku": goods.SKUS[item],
        "item": goods.NAMES[item],
        "category": goods.CATEGORIES[item],
        "quantity": str(quantity),
        "amount": f"{goods.PRICES_HKD[item] * quantity:.2f}",
        "currency": "HKD",
        "sold_at": f"{day:%d/%m/%Y} {rng.randint(9, 21):02}:{rng.randint(0, 59):02}",
        "status": "paid",
        "day": str(day),
    }


def soil_lines(lines: list[Line]) -> list[Cell]:
    """Dirty a few lines, spread over all days, each in one way; lines of households stay clean."""
    clean = [line for line in lines if not is_of_household(line)]
    wanted = [(kind, n) for n in range(PER_KIND) for kind in CHANGES]
    step = len(clean) / len(wanted)
    cells = []
    for place, (kind, n) in enumerate(wanted):
        line = clean[int((place + 0.5) * step)]
        cells.append(Cell(line["line"], kind, *CHANGES[kind](line, n)))
    return cells


def is_of_household(line: Line) -> bool:
    """Is its mailbox that of a household?"""
    return line["email"].startswith("the.")


def mark_households(lines: list[Line]) -> list[Cell]:
    """One line of each who shares a mailbox: `value` is the member from whom he must be kept apart."""
    cells: dict[str, Cell] = {}
    for line in filter(is_of_household, lines):
        number = int(line["member"][1:]) - 1_000_001
        other = f"M{1_000_001 + (number ^ 1)}"
        cells.setdefault(line["member"], Cell(line["line"], "shared_mailbox", "keep", "", "apart_from", other))
    return list(cells.values())


def write_placeholder(line: Line, n: int, word: str) -> tuple[str, str, str, str]:
    """A word for no member; the second time without anything else that names a buyer."""
    line["member"] = word
    if n:
        line.update(name="", phone="", email="")
    return "keep", "", "account_id", "" if n else "guest"


def write_amount(line: Line, amount: str, shown: str) -> tuple[str, str, str, str]:
    """An amount as it was typed."""
    line.update(quantity="1", amount=shown)
    return "keep", "", "amount", amount


def write_foreign(line: Line) -> tuple[str, str, str, str]:
    """An amount with the sign of another currency than the line's."""
    line["amount"] = "US$ 88.00"
    return "quarantine", "currency:amount", "", ""


def write_status(line: Line, word: str, rule: str, net: str) -> tuple[str, str, str, str]:
    """Another status than paid."""
    line["status"] = word
    return "keep", rule, "net_amount", net or line["amount"]


def hide_blank(line: Line, n: int) -> tuple[str, str, str, str]:
    """A blank in the member's number that nobody sees: of no width, or one that does not break."""
    member = line["member"]
    line["member"] = (f"{member}\u200b", f"\u00a0{member}\ufeff")[n % 2]
    return "keep", "", "account_id", member


def write_wide(line: Line) -> tuple[str, str, str, str]:
    """A member's phone in full width."""
    key = f"+852{line['phone']}"
    line["phone"] = line["phone"].translate(FULL_WIDTH)
    return "keep", "", "phone", key


def add_extension(line: Line) -> tuple[str, str, str, str]:
    """A phone with an extension behind it."""
    key = f"+852{line['phone']}"
    line["phone"] = f"{line['phone'][:4]} {line['phone'][4:]}/90"
    return "keep", "", "phone", key


def dial_abroad(line: Line, n: int) -> tuple[str, str, str, str]:
    """A number abroad, as one dials it, of a member of whom nothing else is known."""
    shown, key = (("0049 30 23400001", "+493023400001"), ("0049 (0)89 36791234", "+498936791234"))[n]
    line.update(member=f"M19{n:05}", name="", email="", phone=shown)
    return "keep", "", "phone", key


def swap_day(line: Line, n: int) -> tuple[str, str, str, str]:
    """A date with the month before the day, which no day before the month can be."""
    line["sold_at"] = f"{line['sold_at'][3:5]}/{25 + n}/{line['sold_at'][6:]}"
    return "quarantine", "type:sold_at", "", ""


CHANGES: dict[str, Change] = {
    "placeholder_null": lambda line, n: write_placeholder(line, n, "NULL"),
    "placeholder_na": lambda line, n: write_placeholder(line, n, "n/a"),
    "placeholder_zeros": lambda line, n: write_placeholder(line, n, "00000000"),
    "placeholder_guest": lambda line, n: write_placeholder(line, n, "guest"),
    "currency_code": lambda line, n: write_amount(line, f"{88 + n}.00", f"HKD {88 + n}.00"),
    "thousands_sign": lambda line, n: write_amount(line, f"1{n}80.00", f"1,{n}80.00"),
    "code_and_thousands": lambda line, n: write_amount(line, f"2{n}90.50", f"HK$2,{n}90.50"),
    "other_currency": lambda line, _: write_foreign(line),
    "refunded": lambda line, _: write_status(line, "refunded", "", "0.00"),
    "unknown_status": lambda line, _: write_status(line, "parked", "unknown_word:status", ""),
    "full_width_amount": lambda line, n: write_amount(line, f"12{n}.00", f"12{n}.00".translate(FULL_WIDTH)),
    "full_width_phone": lambda line, _: write_wide(line),
    "blank_in_key": hide_blank,
    "phone_extension": lambda line, _: add_extension(line),
    "phone_from_abroad": dial_abroad,
    "swapped_date": swap_day,
}
"""Every kind of dirty cell, and how it comes about."""
