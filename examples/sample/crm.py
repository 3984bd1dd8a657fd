"""The customer register: one CSV snapshot, with a byte order mark as spreadsheets write it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from examples.sample.dirt import Dirt, Row, pick_identity, plant_rows, repeat_rows, soil
from examples.sample.files import write_csv
from examples.sample.people import Account
from examples.sample.world import AS_OF, World

SWAPPED_SHARE, BAD_SHARE = 0.02, 0.005
BAD_BIRTH_DATES = ("unknown", "31/02/1980", "00/00/0000")


def write_crm(folder: Path, world: World, accounts: list[Account]) -> list[Dirt]:
    """Write `crm/crm.csv`: a row an account."""
    return write_csv(folder / "crm" / "crm.csv", build_register(world, accounts), has_bom=True)


def build_register(world: World, accounts: list[Account]) -> list[Row]:
    """The rows of the register on the last day, in order of their accounts, with bad rows and second copies."""
    rng = Random(f"{world.seed}-crm")
    rows = [build_row(account, rng) for account in sorted(accounts, key=lambda a: a.account_id)]
    return repeat_rows(plant_rows(rows, rng, BREAKS, "customer_no"), rng)


def build_row(account: Account, rng: Random) -> Row:
    """One account as its shop keyed it in."""
    person, name = account.person, account.person.name
    identity = pick_identity(person, rng, 0) | {"name": name.chinese or None}
    kinds = soil(identity, person, rng)
    given = f"{name.given} {name.western}".strip() if rng.random() < 0.7 else name.western or name.given
    surname = name.surname
    if rng.random() < SWAPPED_SHARE:
        surname, given = given, surname
        kinds.append("swapped_name")
    birth_on = person.birth_on.strftime("%d/%m/%Y") if rng.random() < 0.85 else None
    if birth_on and rng.random() < BAD_SHARE:
        birth_on = rng.choice(BAD_BIRTH_DATES)
        kinds.append("bad_birth_date")
    return Row(
        {
            "customer_no": account.account_id,
            "name_zh": identity["name"],
            "surname": surname.upper() if rng.random() < 0.8 else surname,
            "given_name": given,
            "phone": identity["phone"],
            "email": identity["email"],
            "birth_date": birth_on,
            "gender": person.gender.upper() if rng.random() < 0.9 else None,
            "district": person.district[rng.random() < 0.4],
            "address": person.address[0 if person.language == "en" or rng.random() < 0.3 else 1],
            "language": person.language,
            "hkid": person.national_id if person.region == "HK" and rng.random() < 0.4 else None,
            "joined_on": (AS_OF - timedelta(days=rng.randint(30, 3000))).isoformat(),
        },
        kinds,
    )


def break_quote(values: dict[str, Any]) -> None:
    """An address with commas, whose closing quote gets lost when it is written."""
    values["address"] = "Flat A, 1/F, 1 Kam Fung Street, Sha Tin"


BREAKS = {
    "missing_required": lambda values: values.update(customer_no=None),
    "wrong_type": lambda values: values.update(joined_on="#N/A"),
    "stray_quote": break_quote,
}
