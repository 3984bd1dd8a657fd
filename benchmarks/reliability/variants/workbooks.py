"""Workbooks as programs write them: anywhere in a sheet, with other sheets beside, in several types of cells.

What is declared must be read as people see it; what cannot be must be refused by name.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.reliability.outcome import Outcome
from benchmarks.reliability.variants.shapes import EPOCH, LOUD, Row, Variant, judge_all, make_rows, make_source, pack
from tests.worlds.workbook_world import Error, Formula, Shown, write_workbook

HEAD = ["id", "at", "amt"]
ABOVE: tuple[list[Any], ...] = ([], ["Report of orders"], ["Shop", 7], ["exported at", EPOCH])


def list_workbooks(seeds: int) -> Iterator[Variant]:
    """Workbooks that are read, and the same with one thing that cannot be."""
    for seed in range(seeds):
        chance = random.Random(4000 + seed)
        rows = [
            (f"{chance.randint(0, 999):05d}{number}", at, amount)
            for number, (_, at, amount) in enumerate(make_rows(chance))
        ]
        way, prefix = chance.choice(["shared", "inline", "str"]), chance.choice(["", "", "x"])
        shift, is_1904 = chance.choice([0, 0, 2]), chance.random() < 0.3
        cells = [HEAD, *(write_row(chance, row) for row in rows)]
        above, below = chance.sample(ABOVE, chance.randint(0, 3)), chance.choice([[], [["Total", None, 9]]])
        table = [*above, *([None] * shift + line for line in [*cells, *[[]] * chance.randint(0, 2), *below])]
        sheets = {"Notes": [["nothing of ours"]], "Orders": table} if chance.random() < 0.4 else {"Orders": table}

        def write(
            sheets=sheets, way=way, prefix=prefix, is_1904=is_1904, chance=chance, **ways: Any
        ) -> dict[str, bytes]:
            body = write_workbook(sheets, way=way, prefix=prefix, is_1904=is_1904, **ways)
            return {"day.xlsx": pack(chance, body)}

        location = {"footer": "Total" if below else None, "sheet": "orders" if len(sheets) > 1 else None}
        source = make_source("xlsx", **location)
        yield Variant(f"workbook {seed}", write(), source, rows)
        if len(sheets) > 1:
            yield Variant(f"sheet undeclared {seed}", write(), make_source("xlsx", footer=location["footer"]), LOUD)
        head = len(above) + 1
        merged = f"{'ABCDE'[shift]}{head}:{'ABCDE'[shift + 1]}{head}"
        yield Variant(f"header merged {seed}", write(merged=[merged]), source, LOUD)
        for name, cell in (("error", Error("#N/A")), ("formula", Formula("A1*2")), ("turned day", None)):
            spoilt = [list(line) for line in table]
            if cell is None:
                spoilt[head][shift + 1] = chance.choice(["25/03/2026 10:00:00", "4.3.26"])
            else:
                spoilt[head][shift + 2] = cell
            if cell is None and len(rows) == 1:
                continue  # the only day there is has no other to be unlike
            is_read = name == "error"
            files = write(sheets=sheets | {"Orders": spoilt})
            yield Variant(f"{name} {seed}", files, source, rows if is_read else LOUD, may_lose=is_read)


def write_row(chance: random.Random, row: Row) -> list[Any]:
    """The cells of a row; its moment is one of the workbook's own, its amount a number or shown with a format."""
    number, at, amount = row
    return [number, at, amount if chance.random() < 0.8 else Shown(amount, "#,##0.00")]


def read_workbooks(folder: Path, seeds: int = 40) -> list[Outcome]:
    """Take in every workbook, and count those that are wrong in silence, or loud though they are declared."""
    outcome = Outcome(
        "workbooks: tables anywhere in a sheet, sheets beside, cells of every type, errors, formulas, merged cells",
        "what is declared is read as people see it, the rest is refused by name; none wrong in silence",
    )
    return [judge_all(outcome, list_workbooks(seeds), folder)]
