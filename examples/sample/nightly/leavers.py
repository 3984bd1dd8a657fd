"""Customers who leave: who buys no more, who closes the account in the register, whom the help desk erases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import polars as pl

from examples.sample.dirt import Row
from examples.sample.people import Account
from examples.sample.world import AS_OF, World

LEAVING_SHARE = 0.05
ERASED = ("name", "email", "phone", "identity_document")
"""What the help desk takes out of a user whom it erases; the id stays, as its tickets need it."""


@dataclass(frozen=True)
class Leaver:
    """One person, the last day on which he bought, and the night from which on he is gone from a silo."""

    person_id: str
    last_on: date
    closed_on: date | None
    """The first night whose register has no row of his accounts."""
    erased_on: date | None
    """The first night on which the help desk has no more of him than his ids."""


def choose_leavers(accounts: dict[str, list[Account]], world: World, first: date) -> list[Leaver]:
    """Some of those who buy; every second one closes his accounts, every second one is erased, in one of the nights."""
    rng = Random(f"{world.seed}-leavers")
    buyers = sorted({account.person.person_id for account in accounts["transactions"]})
    chosen = sorted(rng.sample(buyers, max(4, round(LEAVING_SHARE * len(buyers)))))
    nights = (AS_OF - first).days
    return [
        Leaver(
            person_id,
            world.start + timedelta(days=rng.randint(world.nights // 4, world.nights - nights - 2)),
            first + timedelta(days=rng.randint(0, nights)) if place % 2 == 0 else None,
            first + timedelta(days=rng.randint(0, nights)) if place % 4 < 2 else None,
        )
        for place, person_id in enumerate(chosen)
    ]


def stop_buying(lines: pl.DataFrame, leavers: list[Leaver], start: date) -> pl.DataFrame:
    """Lines without those that leavers would have bought, or brought back, after their last day."""
    last = {leaver.person_id: (leaver.last_on - start).days for leaver in leavers}
    limit = pl.col("person_id").replace_strict(last, default=None, return_dtype=pl.Int64)
    return lines.filter((pl.col("night") <= limit).fill_null(True))


def close_accounts(rows: list[Row], accounts: list[Account], leavers: list[Leaver], day: date) -> list[Row]:
    """The register as it is on a day."""
    gone = {leaver.person_id for leaver in leavers if leaver.closed_on and leaver.closed_on <= day}
    closed = {account.account_id for account in accounts if account.person.person_id in gone}
    return [row for row in rows if row.values["customer_no"] not in closed]


def erase_users(rows: list[Row], accounts: list[Account], leavers: list[Leaver], day: date) -> list[Row]:
    """The users of the help desk as they are on a day."""
    gone = {leaver.person_id for leaver in leavers if leaver.erased_on and leaver.erased_on <= day}
    erased = {account.account_id for account in accounts if account.person.person_id in gone}
    return [erase(row) if row.values["id"] in erased else row for row in rows]


def erase(row: Row) -> Row:
    """A user of whom nothing is left but the id; that a row stands twice stays true."""
    kinds = [kind for kind in row.kinds if kind == "duplicate"]
    return Row(row.values | dict.fromkeys(ERASED), kinds, row.day)
