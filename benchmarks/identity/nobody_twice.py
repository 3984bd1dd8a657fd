"""Made-up tables of people of whom nobody stands there twice, or a known share does: what must and must not be merged.

No two people of a table have one name and one birth date, phone, email or address, as far as it has these: what
nothing tells apart, no matcher can. All else they may have in common, and in small vocabularies they do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import polars as pl

from examples.sample.pools.names import draw_name
from transforms.names.western import western_names

Person = dict[str, str | None]

VIETNAMESE = {
    "surname": [
        "Nguyen",
        "Nguyen",
        "Nguyen",
        "Nguyen",
        "Tran",
        "Tran",
        "Le",
        "Le",
        "Pham",
        "Hoang",
        "Phan",
        "Vu",
        "Vo",
        "Dang",
        "Bui",
        "Do",
        "Ho",
        "Ngo",
        "Duong",
        "Ly",
    ],
    "middle": [
        "Van",
        "Van",
        "Van",
        "Thi",
        "Thi",
        "Thi",
        "Minh",
        "Quoc",
        "Thanh",
        "Ngoc",
        "Duc",
        "Huu",
        "Kim",
        "Hoang",
        "Xuan",
    ],
    "given": [
        "Anh",
        "Binh",
        "Chau",
        "Dung",
        "Giang",
        "Hai",
        "Hanh",
        "Hoa",
        "Hung",
        "Huong",
        "Khanh",
        "Lan",
        "Linh",
        "Long",
        "Mai",
        "Nam",
        "Nga",
        "Phuong",
        "Quan",
        "Son",
        "Tam",
        "Thao",
        "Thu",
        "Trang",
        "Trung",
        "Tuan",
        "Tung",
        "Uyen",
        "Vinh",
        "Yen",
    ],
}
SPANISH = {
    "surname": [
        "Garcia",
        "Rodriguez",
        "Gonzalez",
        "Fernandez",
        "Lopez",
        "Martinez",
        "Sanchez",
        "Perez",
        "Gomez",
        "Martin",
        "Jimenez",
        "Ruiz",
        "Hernandez",
        "Diaz",
        "Moreno",
        "Alvarez",
        "Romero",
        "Alonso",
        "Gutierrez",
        "Navarro",
        "Torres",
        "Dominguez",
        "Vazquez",
        "Ramos",
        "Gil",
        "Ramirez",
        "Serrano",
    ],
    "given": [
        "Antonio",
        "Jose",
        "Manuel",
        "Francisco",
        "David",
        "Juan",
        "Javier",
        "Daniel",
        "Carlos",
        "Jesus",
        "Alejandro",
        "Miguel",
        "Rafael",
        "Pedro",
        "Pablo",
        "Maria",
        "Carmen",
        "Ana",
        "Isabel",
        "Laura",
        "Cristina",
        "Marta",
        "Dolores",
        "Lucia",
        "Pilar",
        "Elena",
        "Sara",
        "Paula",
        "Raquel",
        "Rosa",
    ],
}
STREETS, CITIES = 400, 40


@dataclass(frozen=True)
class Kind:
    """One kind of table."""

    style: str
    """A key of STYLES."""
    has: tuple[str, ...]
    """Roles besides names."""
    names: int
    """Western names and surnames to draw from; the other styles have lists of their own."""


def draw_word(rng: Random) -> str:
    """A word that can be spoken."""
    syllables = (rng.choice("bdfghklmnprstvw") + rng.choice("aeiou") for _ in range(rng.randint(2, 3)))
    return "".join(syllables).capitalize()


def name_western(rng: Random, names: int) -> Callable[[], Person]:
    """Given name and surname, common ones more often."""
    known = sorted(word for word in western_names() if len(word) > 2)
    given = [word.capitalize() for word in rng.sample(known, min(names, len(known)))]
    surnames = [draw_word(rng) for _ in range(4 * names)]
    weights = [[1 / (place + 10) for place in range(len(words))] for words in (given, surnames)]

    def draw() -> Person:
        return {
            "given_name": rng.choices(given, weights[0])[0],
            "surname": rng.choices(surnames, weights[1])[0],
        }

    return draw


def name_hong_kong(rng: Random, names: int) -> Callable[[], Person]:
    """Full names, in Chinese or in Latin letters."""

    def draw() -> Person:
        name = draw_name(rng, rng.choice("mf"), "HK")
        if rng.random() < 0.3:
            return {"full_name": name.chinese}
        return {"full_name": f"{name.surname.upper()} {name.given}"}

    return draw


def name_vietnamese(rng: Random, names: int) -> Callable[[], Person]:
    """Surname, middle and given name in one column."""

    def draw() -> Person:
        return {"full_name": " ".join(rng.choice(VIETNAMESE[part]) for part in ("surname", "middle", "given"))}

    return draw


def name_spanish(rng: Random, names: int) -> Callable[[], Person]:
    """One or two given names, and two surnames."""

    def draw() -> Person:
        given = rng.sample(SPANISH["given"], rng.randint(1, 2))
        return {"given_name": " ".join(given), "surname": " ".join(rng.sample(SPANISH["surname"], 2))}

    return draw


STYLES: Mapping[str, Callable[[Random, int], Callable[[], Person]]] = {
    "western": name_western, "hong_kong": name_hong_kong, "vietnamese": name_vietnamese, "spanish": name_spanish,
}  # fmt: skip


def make_people(count: int, kind: Kind, rng: Random) -> list[Person]:
    """People that can be told apart."""
    streets = [draw_word(rng) for _ in range(STREETS)]
    cities = [draw_word(rng) for _ in range(CITIES)]
    draw = STYLES[kind.style](rng, kind.names)
    seen: set[tuple[str, ...]] = set()
    found: list[Person] = []
    while len(found) < count:
        person = draw()
        born = date(1940, 1, 1) + timedelta(days=rng.randrange(24_000))
        number = len(found)
        more: Person = {
            "birth_date": born.isoformat(),
            "phone": f"6{rng.randrange(10_000_000):07d}",
            "email": f"{draw_word(rng).lower()}{number}@example.net",
            "address": f"{rng.randrange(1, 400)} {rng.choice(streets)} Road",
            "postcode": f"{rng.randrange(100, 999)} {rng.randrange(10)}",
            "city": rng.choice(cities),
        }
        name = " ".join(str(value) for value in person.values())
        keys = {(name, role, str(more[role])) for role in kind.has if role not in {"postcode", "city"}}
        if keys & seen:
            continue
        seen |= keys
        found.append(person | {role: more[role] for role in kind.has})
    return found


def make_copy(person: Person, rng: Random) -> Person:
    """The same person as somebody else wrote it: one slip in a name or an address, one other value missing or new."""
    copy = dict(person)
    texts = [role for role in ("given_name", "surname", "full_name", "address") if str(copy.get(role, "")).isascii()]
    known = [role for role in texts if copy.get(role)]
    if known and rng.random() < 0.7:
        role = rng.choice(known)
        copy[role] = slip(str(copy[role]), rng)
    others = [role for role in copy if role in {"phone", "email", "address", "city", "postcode"}]
    if len(others) > 1 and rng.random() < 0.7:
        copy[rng.choice(others)] = None
    return copy


def slip(text: str, rng: Random) -> str:
    """One letter of a word of four or more doubled, dropped, or turned with the next."""
    words = text.split()
    long = [place for place, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
    if not long:
        return text
    place = rng.choice(long)
    word = words[place]
    at = rng.randrange(1, len(word) - 1)
    changed = (
        word[:at] + word[at:][0] + word[at:],
        word[:at] + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    words[place] = rng.choice(changed)
    return " ".join(words)


def make_table(count: int, share: float, kind: Kind, seed: int) -> pl.DataFrame:
    """source, record, truth and roles of `count` records, of which a share are second records of one of the others."""
    rng = Random(seed)
    copies = round(count * share)
    people = make_people(count - copies, kind, rng)
    rows = [person | {"truth": str(number)} for number, person in enumerate(people)]
    rows += [make_copy(rows[place], rng) for place in rng.sample(range(len(people)), copies)]
    rng.shuffle(rows)
    named = [{"source": "people", "record": str(number)} | row for number, row in enumerate(rows)]
    return pl.DataFrame(named, infer_schema_length=None)


HAS: Sequence[tuple[str, ...]] = (
    ("birth_date", "phone", "email", "address"),
    ("birth_date", "postcode"),
    ("phone", "address", "city"),
    ("birth_date", "city"),
    ("phone", "email"),
)
COUNTS = (20, 60, 150, 300, 600, 1_000, 2_000, 5_000, 10_000, 100_000)
"""Records of the ten tables of each style."""


def list_kinds() -> list[tuple[int, Kind]]:
    """The forty tables: how many records, and of which kind."""
    return [
        (count, Kind(style, HAS[(place + shift) % len(HAS)], 30 if place % 2 else 600))
        for shift, style in enumerate(STYLES)
        for place, count in enumerate(COUNTS)
    ]
