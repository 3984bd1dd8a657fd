"""Random histories: rows shuffled, split over other files, doubled and late come to what they come to in order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.reliability.nights import publish_within
from benchmarks.reliability.outcome import Outcome
from tests.worlds.world import AS_OF, SALES_HEAD, World
from warehouse.home.layout import remove_folder

NIGHTS = 3
WITHOUT = {
    "customer_event": "customer_id, delivery_id, record",
    "customer_profile": "customer_id",
    "customer_profile_provenance": "customer_id, delivery_id, record",
}
"""Which id survives a merge may depend on the night; the file and the place in it are what the history changes."""
CLUSTERS = "SELECT list((source, account_id) ORDER BY ALL) AS c FROM customer_identity GROUP BY customer_id ORDER BY c"


def shuffle_histories(folder: Path, times: int = 100) -> list[Outcome]:
    """Histories of sales and tickets, each told twice: in order, and not."""
    outcome = Outcome(
        f"{times} random histories of sales and tickets over {NIGHTS} nights: shuffled, split, doubled, late",
        "events, profiles, provenance and the sets of accounts are those of the same rows in order",
    )
    with publish_within(folder / "base", ["sales", "tickets", "fx_rates"]) as base:
        for seed in range(times):
            ordered, mixed = base.copy(folder / "ordered"), base.copy(folder / "mixed")
            outcome.add(f"seed {seed}", tell_twice(ordered, mixed, random.Random(seed)))
            remove_folder(ordered.root)
            remove_folder(mixed.root)
    return [outcome]


def tell_twice(ordered: World, mixed: World, chance: random.Random) -> list[str]:
    """One history in order and not; tables whose rows differ."""
    sales, tickets = [make_sale(chance, n) for n in range(12)], [make_tickets(chance) for _ in range(NIGHTS)]
    tell_in_order(ordered, sales, tickets)
    tell_mixed(mixed, sales, tickets, chance)
    mixed.require_balance()
    return compare(ordered, mixed)


def make_sale(chance: random.Random, number: int) -> str:
    """A line of a receipt, on any of the days before the nights."""
    day, person = date(2026, 3, 1) + timedelta(days=chance.randrange(9)), chance.randrange(5)
    money = f"{chance.choice([1, 2, -1])},{chance.randrange(1, 90)}.50,{chance.choice(['HKD', 'CNY'])}"
    return (
        f"M{number},R{chance.randrange(6)},A{person},p{person}@example.com,{money},{day} 1{chance.randrange(10)}:00\n"
    )


def make_tickets(chance: random.Random) -> list[dict[str, Any]]:
    """What one file of a series says of some tickets."""
    return [
        {"id": f"T{n}", "user": {"id": f"U{n % 3}", "email": f"p{n}@example.com"}, "text": chance.choice("ab"),
         "status": chance.choice(["open", "closed"]), "at": f"2026-03-0{n + 1}T02:00:00Z", "solved_at": None}
        for n in chance.sample(range(5), 3)
    ]  # fmt: skip


def tell_in_order(world: World, sales: Sequence[str], tickets: Sequence[Sequence[dict[str, Any]]]) -> None:
    """A file of each source a night."""
    for night in range(NIGHTS):
        world.deliver(f"sales-{night + 1}.csv", [SALES_HEAD, *sales[night * 4 : night * 4 + 4]])
        world.deliver(f"tickets-{night + 1}.jsonl", tickets[night])
        world.night(AS_OF + timedelta(days=night))


def tell_mixed(
    world: World, sales: Sequence[str], tickets: Sequence[Sequence[dict[str, Any]]], chance: random.Random
) -> None:
    """The same rows, some twice, in files of any names on any night; the tickets' files on nights of any order."""
    rows = [*sales, *chance.sample(sales, 4)]
    chance.shuffle(rows)
    files = [rows[part::4] for part in range(4)]
    nights, order = [chance.randrange(NIGHTS) for _ in files], chance.sample(range(NIGHTS), NIGHTS)
    for night in range(NIGHTS):
        for lines in (lines for lines, on in zip(files, nights, strict=True) if on == night):
            world.deliver(f"sales-{chance.randrange(10**6)}.csv", [SALES_HEAD, *lines])
        world.deliver(f"tickets-{order[night] + 1}.jsonl", tickets[order[night]])
        world.night(AS_OF + timedelta(days=night))


def compare(ordered: World, mixed: World) -> list[str]:
    """Tables whose rows differ."""
    queries = {t: f"SELECT * EXCLUDE ({columns}) FROM {t} ORDER BY ALL" for t, columns in WITHOUT.items()}
    queries["customer_identity"] = CLUSTERS
    return [f"rows differ in {name}" for name, query in queries.items() if ordered.ask(query) != mixed.ask(query)]
