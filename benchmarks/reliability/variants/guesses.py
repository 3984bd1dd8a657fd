"""Dates and amounts in many styles, with odd values, little evidence and changes between nights: right or loud."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from benchmarks.reliability.outcome import Outcome
from benchmarks.reliability.variants.landed import Nights, judge_all
from tests.worlds.reading_world import source_of
from warehouse.contracts.model import Column

SOURCE = replace(
    source_of("id", delimiter=";"),
    kind="transactions",
    columns=(
        Column("id", ("id",), "string"),
        Column("day", ("day",), "date", role="occurred_at"),
        Column("amount", ("amount",), "number", role="amount"),
    ),
)
STYLES = ((",", "."), (".", ","), ("'", "."), (" ", ","), ("", ","), ("", "."))
"""Sign between thousands, and decimal sign."""
ORDERS = {"dmy": "{0.day:02}{1}{0.month:02}{1}{0.year}", "mdy": "{0.month:02}{1}{0.day:02}{1}{0.year}"}
Row = tuple[date, float]


def make_rows(chance: random.Random, count: int, *, is_open: bool) -> list[Row]:
    """Days and amounts; `is_open`: days up to the twelfth and whole thousands, of which none tells its style."""
    begin = date(2026, chance.randint(1, 10), 1)
    days = [begin + timedelta(days=chance.randint(0, 11 if is_open else 27)) for _ in range(count)]
    amounts = [
        float(chance.randint(1000, 99_999) if is_open else round(chance.uniform(1, 5000), 2)) for _ in range(count)
    ]
    return list(zip(days, amounts, strict=True))


def write_row(row: Row, order: str, style: tuple[str, str], places: int) -> str:
    """A row in a style."""
    group, mark = style
    amount = f"{row[1]:,.{places}f}".replace(",", "G").replace(".", mark).replace("G", group)
    return f"{ORDERS[order].format(row[0], '/')};{amount}"


def write_file(lines: dict[str, str]) -> bytes:
    """A delivery."""
    return ("id;day;amount\n" + "".join(f"{name};{line}\n" for name, line in lines.items())).encode()


def list_nights(seeds: int) -> Iterator[Nights]:
    """One to three nights of a source; the last may be open, odd, of another style, or beside a file of another."""
    for seed in range(seeds):
        chance = random.Random(seed)
        order, style = chance.choice(list(ORDERS)), chance.choice(STYLES)
        other_order, other_style = ("mdy" if order == "dmy" else "dmy"), chance.choice(STYLES)
        files: list[dict[str, bytes]] = []
        expected: dict[str, Row] = {}
        for night in range(chance.randint(1, 3)):
            is_open, odd = chance.random() < 0.4, chance.choice([0, 0, 1, 2])
            is_changed = night > 0 and chance.random() < 0.3
            # Of a few days up to the twelfth nobody could tell that their order has changed.
            count = chance.choice([20, 60] if is_changed and is_open else [1, 5, 20, 60])
            rows = make_rows(chance, count, is_open=is_open)
            lines: dict[str, str] = {}
            rows[:odd] = [(day.replace(day=chance.randint(13, 28)), amount) for day, amount in rows[:odd]]
            for number, row in enumerate(rows):
                is_other = is_changed or number < odd
                way = (other_order, other_style) if is_other else (order, style)
                name = f"{night}-{number}"
                lines[name] = write_row(row, *way, 0 if is_open and number >= odd else 2)
                expected[name] = row
            files.append({f"shop_{night}.csv": write_file(lines)})
        yield Nights(f"seed {seed}", files, expected, SOURCE)


def read_guesses(folder: Path, seeds: int = 300) -> list[Outcome]:
    """Every history through the landing of its nights."""
    outcome = Outcome("dates and amounts in many styles over one to three nights", "each right, in quarantine, or said")
    return judge_all(list_nights(seeds), folder, outcome)
