"""Fictional customers and the accounts they hold: the truth of the sample world.

Phone numbers are valid but drawn at random, mail goes to example domains, identity numbers bear a prefix that is not
issued.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from examples.sample.pools.names import Name, draw_name, draw_surname
from examples.sample.pools.places import draw_address, draw_district
from examples.sample.world import AS_OF, World

SILOS = ("crm", "transactions", "social", "users")
_SILO_SHARE = {"crm": 0.78, "transactions": 0.74, "social": 0.45, "users": 0.5}
_DOMAINS = ("example.com", "example.com", "example.hk", "example.net", "mail.example.org")
_SECOND_ACCOUNT_SHARE = 0.04
_FAMILY_SHARE = 0.04
_REGIONS = {"HK": 0.88, "CN": 0.06, "MO": 0.03, "XX": 0.03}
_MOBILE = ("61", "63", "64", "65", "69", "94", "96", "97")
"""Beginnings of Hong Kong mobile numbers that are wholly given out."""
_CURRENCY = {"HK": "HKD", "CN": "CNY", "MO": "MOP", "XX": "USD"}


@dataclass
class Person:
    """One fictional customer; `phones` and `emails` start with the one used most."""

    person_id: str
    gender: str
    region: str
    name: Name
    phones: list[str]
    """E.164 without the plus."""
    emails: list[str]
    handle: str
    birth_on: date
    national_id: str
    district: tuple[str, str]
    address: tuple[str, str]
    language: str
    silos: tuple[str, ...]
    traps: list[str] = field(default_factory=list)

    @property
    def currency(self) -> str:
        """What the person mostly pays in."""
        return _CURRENCY[self.region]


@dataclass(frozen=True)
class Account:
    """A silo's own id for a person."""

    source: str
    account_id: str
    person: Person


def build_people(world: World) -> list[Person]:
    """All people, some of them pairs of one family with one phone and address."""
    rng = Random(f"{world.seed}-people")
    taken: set[str] = set()
    people = [draw_person(rng, number, taken) for number in range(1, world.people + 1)]
    for elder, younger in zip(people[::2], people[1::2], strict=False):
        if rng.random() < _FAMILY_SHARE and elder.region == younger.region == "HK":
            join_family(rng, elder, younger)
    return people


def draw_person(rng: Random, number: int, taken: set[str]) -> Person:
    """One person; `taken` holds the phones, emails and identity numbers that are somebody's already."""
    region = rng.choices(list(_REGIONS), list(_REGIONS.values()))[0]
    gender = rng.choice("mf")
    name = draw_name(rng, gender, region)
    birth_on = AS_OF - timedelta(days=rng.randint(18 * 365, 82 * 365))
    district = draw_district(rng, region)
    emails = [draw_email(rng, name, birth_on, taken) for _ in range(2 if rng.random() < 0.3 else 1)]
    return Person(
        person_id=f"P{number:05d}",
        gender=gender,
        region=region,
        name=name,
        phones=[draw_phone(rng, region, taken) for _ in range(2 if rng.random() < 0.25 else 1)],
        emails=emails,
        handle=draw_handle(rng, name, emails[0]),
        birth_on=birth_on,
        national_id=draw_national_id(rng, taken),
        district=district,
        address=draw_address(rng, district),
        language={"XX": "en", "CN": "zh-CN"}.get(region) or rng.choices(["zh-HK", "en"], [7, 3])[0],
        silos=draw_silos(rng),
    )


def draw_silos(rng: Random) -> tuple[str, ...]:
    """One to four silos."""
    drawn = tuple(silo for silo in SILOS if rng.random() < _SILO_SHARE[silo])
    return drawn or (rng.choice(SILOS),)


def draw_once(taken: set[str], candidates: list[str]) -> str:
    """The first candidate that nobody has; the last one is expected to be free."""
    value = next((c for c in candidates if c not in taken), candidates[-1])
    taken.add(value)
    return value


def draw_phone(rng: Random, region: str, taken: set[str]) -> str:
    """A mobile number of the region, in E.164 without the plus."""

    def one() -> str:
        if region == "CN":
            return f"86138{rng.randint(10**7, 10**8 - 1)}"
        if region == "MO":
            return f"8536{rng.choice('2356')}{rng.randint(10**5, 10**6 - 1)}"
        return f"852{rng.choice(_MOBILE)}{rng.randint(10**5, 10**6 - 1)}"

    return draw_once(taken, [one() for _ in range(6)])


def draw_email(rng: Random, name: Name, birth_on: date, taken: set[str]) -> str:
    """An address made of the name, at a domain kept for examples."""
    last, first = name.surname.lower().replace("-", "").replace("'", ""), name.given.lower().replace(" ", "")
    friendly = (name.western or first).lower()
    local = rng.choice(
        [f"{first}.{last}", f"{friendly}{last}", f"{last}_{first}", f"{first}{birth_on.year}", f"{friendly}.{last}"]
    )
    domain = rng.choice(_DOMAINS)
    tails = [str(rng.randint(2, 99)), str(rng.randint(100, 9999)), str(rng.randint(10**6, 10**8))]
    return draw_once(taken, [f"{local}{tail}@{domain}" for tail in ("", *tails)])


def draw_handle(rng: Random, name: Name, email: str) -> str:
    """Often the local part of the email, else a nickname."""
    if rng.random() < 0.6:
        return email.split("@", maxsplit=1)[0].replace(".", "_")
    nickname = (name.western or name.given.split()[-1]).lower()
    return f"{rng.choice(['hk_', 'iam', 'the', 'little_', ''])}{nickname}{rng.randint(10, 99999)}"


def draw_national_id(rng: Random, taken: set[str]) -> str:
    """Shaped like a Hong Kong identity number, check digit included, with the prefix ZX that is not issued."""
    digits = draw_once(taken, [f"{rng.randint(10**5, 10**6 - 1)}" for _ in range(6)])
    values = [35, 33, *map(int, digits)]
    rest = -sum(weight * value for weight, value in zip(range(9, 1, -1), values, strict=True)) % 11
    return f"ZX{digits}({'A' if rest == 10 else rest})"


def join_family(rng: Random, elder: Person, younger: Person) -> None:
    """Give two people one surname, home and first phone, which must not make them one customer."""
    surname = draw_surname(rng)
    elder.name = draw_name(rng, elder.gender, "HK", surname)
    younger.name = draw_name(rng, younger.gender, "HK", surname)
    younger.phones[0], younger.address, younger.district = elder.phones[0], elder.address, elder.district
    for person in (elder, younger):
        person.traps.append(f"family_phone:{elder.person_id}")


def open_accounts(people: list[Person], seed: int) -> dict[str, list[Account]]:
    """The accounts of each silo; now and then a person opens a second one."""
    rng = Random(f"{seed}-accounts")
    holders = {
        silo: [p for p in people if silo in p.silos for _ in range(2 if rng.random() < _SECOND_ACCOUNT_SHARE else 1)]
        for silo in SILOS
    }
    shapes = {"crm": ("C", 10**6), "transactions": ("L", 10**7), "social": ("", 10**17), "users": ("", 361 * 10**6)}
    return {
        silo: [Account(silo, f"{shapes[silo][0]}{shapes[silo][1] + n}", p)
               for n, p in zip(rng.sample(range(9 * 10**5), len(holders[silo])), holders[silo], strict=True)]
        for silo in SILOS
    }  # fmt: skip
