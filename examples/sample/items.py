"""The catalogue: CSV, each file whole; prices are those of the till, stock goes down and is filled up again."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

from examples.sample.dirt import Row
from examples.sample.files import write_csv
from examples.sample.pools import goods
from examples.sample.world import World


def write_items(folder: Path, world: World, days: list[date]) -> None:
    """Write `items/items_<day>.csv` for each of the days."""
    for day in days:
        rng = Random(f"{world.seed}-items-{day}")
        write_csv(folder / "items" / f"items_{day}.csv", [build_item(n, rng) for n in range(len(goods.SKUS))])


def build_item(number: int, rng: Random) -> Row:
    """One item."""
    name, category = goods.NAMES[number], goods.CATEGORIES[number]
    values = {"sku": goods.SKUS[number], "name": name, "category": category, "price": goods.PRICES_HKD[number],
              "stock": rng.randint(0, 400), "text": f"{name}, from our {category.lower()} department"}  # fmt: skip
    return Row(values, [], "")
