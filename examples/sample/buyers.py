"""Who stands on a receipt: what the till or the shop's website knew about the buyer."""

from __future__ import annotations

from random import Random

import polars as pl

from examples.sample.dirt import COUNTER_PHONE, pick_identity, soil, write_phone
from examples.sample.people import Account, Person

COUNTER_SHARE = 0.03
WRITINGS = 3
"""How many ways an account's name, phone and email are written on its receipts."""
SCHEMA = {"account": pl.String, "buyer_name": pl.String, "buyer_phone": pl.String, "buyer_email": pl.String,
          "kinds": pl.String, "person_id": pl.String, "home_currency": pl.String}  # fmt: skip


def build_buyers(accounts: list[Account], people: list[Person], rng: Random) -> tuple[pl.DataFrame, int, int]:
    """Buyers as they stand on receipts; WRITINGS rows for each loyalty account, then guests, then one nobody.

    Returns the frame, the number of accounts and the number of guests. `kinds` joins kinds of dirt with "|".
    """
    rows = [build_buyer(account, rng) for account in accounts for _ in range(WRITINGS)]
    guests = rng.sample(people, max(1, len(people) // 12))
    rows += [build_guest(person, rng) for person in guests]
    rows.append((None, None, None, None, "guest", None, "HKD"))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row"), len(accounts), len(guests)


def build_buyer(account: Account, rng: Random) -> tuple[str | None, ...]:
    """A loyalty account on a receipt; at the counter it may get the shop's own number."""
    person = account.person
    identity = pick_identity(person, rng, 0.3)
    is_counter = rng.random() < COUNTER_SHARE
    if is_counter:
        identity["phone"] = None
    kinds = soil(identity, person, rng)
    if is_counter:
        identity["phone"] = write_phone(COUNTER_PHONE, rng)
        kinds.append("counter_phone")
    return (
        account.account_id,
        identity["name"],
        identity["phone"],
        identity["email"],
        "|".join(kinds),
        person.person_id,
        person.currency,
    )


def build_guest(person: Person, rng: Random) -> tuple[str | None, ...]:
    """A buyer without loyalty account who left a phone or an email."""
    identity = pick_identity(person, rng, 0.3)
    identity["phone" if rng.random() < 0.5 else "email"] = None
    return (None, identity["name"], identity["phone"], identity["email"], "guest", person.person_id, person.currency)
