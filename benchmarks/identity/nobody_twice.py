"""Made-up tables of people of whom nobody stands there twice, or a known share does: what must and must not be merged.

Strangers, or families who share an address, a surname and a phone, twins and sons called as their fathers among them.
No two people of a table have one name and one birth date, or one name and one phone, email or address, as far as it has
these: what nothing tells apart, no matcher can. All else they may have in common, and in small vocabularies they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import polars as pl

from examples.sample.pools.names import draw_name, draw_surname
from transforms.names.western import western_names

Person = dict[str, str | None]
Draw = Callable[[str | None], tuple[str, Person]]
"""A surname of its own or the one given, and the columns of a name with it."""

VIETNAMESE = {
    "surname": "Nguyen Nguyen Nguyen Nguyen Tran Tran Le Le Pham Hoang Phan Vu Vo Dang Bui Do Ho Ngo Duong Ly",
    "middle": "Van Van Van Thi Thi Thi Minh Quoc Thanh Ngoc Duc Huu Kim Hoang Xuan",
    "given": "Anh Binh Chau Dung Giang Hai Hanh Hoa Hung Huong Khanh Lan Linh Long Mai Nam Nga Phuong Quan Son Tam Thao"
    " Thu Trang Trung Tuan Tung Uyen Vinh Yen",
}
SPANISH = {
    "surname": "Garcia Rodriguez Gonzalez Fernandez Lopez Martinez Sanchez Perez Gomez Martin Jimenez Ruiz Hernandez"
    " Diaz Moreno Alvarez Romero Alonso Gutierrez Navarro Torres Dominguez Vazquez Ramos Gil Ramirez Serrano",
    "given": "Antonio Jose Manuel Francisco David Juan Javier Daniel Carlos Jesus Alejandro Miguel Rafael Pedro Pablo"
    " Maria Carmen Ana Isabel Laura Cristina Marta Dolores Lucia Pilar Elena Sara Paula Raquel Rosa",
}
STREETS, CITIES = 400, 40
TWINS, JUNIORS = 0.06, 0.06
"""Share of second children born on the first one's day; of families whose first son is called as his father."""


@dataclass(frozen=True)
class Kind:
    """One kind of table."""

    style: str
    """A key of STYLES."""
    has: tuple[str, ...]
    """Roles besides names."""
    names: int
    """Western names and surnames to draw from; the other styles have lists of their own."""
    has_families: bool = False


def draw_word(rng: Random) -> str:
    """A word that can be spoken."""
    syllables = (rng.choice("bdfghklmnprstvw") + rng.choice("aeiou") for _ in range(rng.randint(2, 3)))
    return "".join(syllables).capitalize()


def name_western(rng: Random, names: int) -> Draw:
    """Given name and surname, common ones more often."""
    known = sorted(word for word in western_names() if len(word) > 2)
    given = [word.capitalize() for word in rng.sample(known, min(names, len(known)))]
    surnames = [draw_word(rng) for _ in range(4 * names)]
    weights = [[1 / (place + 10) for place in range(len(words))] for words in (given, surnames)]

    def draw(surname: str | None) -> tuple[str, Person]:
        own = surname or rng.choices(surnames, weights[1])[0]
        return own, {"given_name": rng.choices(given, weights[0])[0], "surname": own}

    return draw


def name_hong_kong(rng: Random, names: int) -> Draw:
    """Full names, in Chinese or in Latin letters; a surname is the number of its row."""

    def draw(surname: str | None) -> tuple[str, Person]:
        own = surname or str(draw_surname(rng))
        name = draw_name(rng, rng.choice("mf"), "HK", int(own))
        written = name.chinese if rng.random() < 0.3 else f"{name.surname.upper()} {name.given}"
        return own, {"full_name": written}

    return draw


def name_vietnamese(rng: Random, names: int) -> Draw:
    """Surname, middle and given name in one column."""
    words = {part: own.split() for part, own in VIETNAMESE.items()}

    def draw(surname: str | None) -> tuple[str, Person]:
        own = surname or rng.choice(words["surname"])
        return own, {"full_name": f"{own} {rng.choice(words['middle'])} {rng.choice(words['given'])}"}

    return draw


def name_spanish(rng: Random, names: int) -> Draw:
    """One or two given names, and two surnames."""
    words = {part: own.split() for part, own in SPANISH.items()}

    def draw(surname: str | None) -> tuple[str, Person]:
        own = surname or " ".join(rng.sample(words["surname"], 2))
        return own, {"given_name": " ".join(rng.sample(words["given"], rng.randint(1, 2))), "surname": own}

    return draw


STYLES: Mapping[str, Callable[[Random, int], Draw]] = {
    "western": name_western, "hong_kong": name_hong_kong, "vietnamese": name_vietnamese, "spanish": name_spanish,
}  # fmt: skip


def draw_strangers(kind: Kind, rng: Random) -> Iterator[Person]:
    """People who have nothing to do with each other, without end."""
    draw, home = STYLES[kind.style](rng, kind.names), draw_homes(rng)
    while True:
        yield draw(None)[1] | {"birth_date": draw_birth(rng, 1940, 2005)} | draw_contacts(rng) | next(home)


def draw_families(kind: Kind, rng: Random) -> Iterator[Person]:
    """Parents and their children at one address, some of them with one phone; without end."""
    draw, homes = STYLES[kind.style](rng, kind.names), draw_homes(rng)
    while True:
        home, phone = next(homes), draw_contacts(rng)["phone"]
        for member in draw_family(draw, rng):
            own = draw_contacts(rng)
            yield {**member, **own, **home, "phone": phone if rng.random() < 0.4 else own["phone"]}


def draw_family(draw: Draw, rng: Random) -> list[Person]:
    """Names and birth dates of two parents and up to three children; no two are called alike but father and son."""
    surname, father = draw(None)
    names, called = [father], [list_words(father)]
    for own in (rng.choice((surname, None)), *[surname] * rng.randint(0, 3)):
        name = draw_other(draw, own, called)
        names.append(name)
        called.append(list_words(name))
    if len(names) > 2 and rng.random() < JUNIORS:
        names[2] = father
    days = [draw_birth(rng, *((1945, 1980) if place < 2 else (1985, 2010))) for place in range(len(names))]
    if len(names) > 3 and rng.random() < TWINS:
        days[3] = days[2]
    return [name | {"birth_date": day} for name, day in zip(names, days, strict=True)]


def draw_other(draw: Draw, surname: str | None, called: Sequence[frozenset[str]]) -> Person:
    """A name that neither holds a given name of the family nor is held by one."""
    while True:
        name = draw(surname)[1]
        words = list_words(name)
        if not any(words <= other or other <= words for other in called):
            return name


def list_words(name: Person) -> frozenset[str]:
    """The words of a name but for its surname; Chinese characters are words."""
    written = str(name.get("given_name") or name["full_name"])
    words = written.split() if written.isascii() else list(written)
    return frozenset(words if "given_name" in name else words[1:])


def draw_birth(rng: Random, first: int, last: int) -> str:
    """A day in these years."""
    return (date(first, 1, 1) + timedelta(days=rng.randrange(365 * (last - first)))).isoformat()


def draw_contacts(rng: Random) -> Person:
    """A phone and an email of one's own."""
    phone = f"6{rng.randrange(10_000_000):07d}"
    return {"phone": phone, "email": f"{draw_word(rng).lower()}{rng.randrange(10**6)}@example.net"}


def draw_homes(rng: Random) -> Iterator[Person]:
    """Addresses, without end."""
    streets, cities = [draw_word(rng) for _ in range(STREETS)], [draw_word(rng) for _ in range(CITIES)]
    while True:
        yield {
            "address": f"{rng.randrange(1, 400)} {rng.choice(streets)} Road",
            "postcode": f"{rng.randrange(100, 999)} {rng.randrange(10)}",
            "city": rng.choice(cities),
        }


def make_people(count: int, kind: Kind, rng: Random) -> list[Person]:
    """People that can be told apart."""
    seen: set[tuple[str, ...]] = set()
    found: list[Person] = []
    for person in draw_families(kind, rng) if kind.has_families else draw_strangers(kind, rng):
        names = {role: person[role] for role in ("given_name", "surname", "full_name") if role in person}
        own = names | {role: person[role] for role in kind.has}
        telling = [role for role in kind.has if role not in {"postcode", "city"}]
        keys = {(*map(str, names.values()), role, str(own[role])) for role in telling}
        if not keys & seen:
            seen |= keys
            found.append(own)
        if len(found) == count:
            break
    return found


def make_copy(person: Person, rng: Random) -> Person:
    """The same person as somebody else wrote it: one slip in a name or an address, one contact missing."""
    copy = dict(person)
    texts = [role for role in ("given_name", "surname", "full_name", "address") if copy.get(role)]
    written = [role for role in texts if str(copy[role]).isascii()]
    if written and rng.random() < 0.7:
        role = rng.choice(written)
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
    word, at = words[place], rng.randrange(1, len(words[place]) - 1)
    doubled, dropped = word[: at + 1] + word[at:], word[:at] + word[at + 1 :]
    turned = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    words[place] = rng.choice((doubled, dropped, turned))
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


def list_kinds(*, has_families: bool = False) -> list[tuple[int, Kind]]:
    """The forty tables: how many records, and of which kind."""
    return [
        (count, Kind(style, HAS[(place + shift) % len(HAS)], 30 if place % 2 else 600, has_families))
        for shift, style in enumerate(STYLES)
        for place, count in enumerate(COUNTS)
    ]
