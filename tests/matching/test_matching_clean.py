"""Strangers stay strangers: tables in which nobody stands twice, and what forbids that two records are one person."""

import random
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from transforms.matching.comparison.compare import Comparer
from transforms.matching.comparison.term_frequencies import TermFrequencies
from transforms.matching.comparison.vectors import BIRTH, FAMILY, GIVEN, RULES, SPELLING, WORDS, Vectors
from transforms.matching.match import match_people
from transforms.matching.model.choose import is_dirty
from transforms.matching.model.fellegi_sunter import count_once
from transforms.matching.records.field import Layout, build_field
from transforms.matching.records.fields import list_fields
from transforms.matching.records.name_fields import WAYS
from transforms.matching.settings import MatchSettings

ALL = ("birth_date", "phone", "email", "address")


def make_strangers(count: int, has: tuple[str, ...], names: int = 20, seed: int = 0) -> pl.DataFrame:
    """People of whom no two are one; few names and streets, so that many have one in common."""
    rng = random.Random(seed)

    def word() -> str:
        return "".join(
            rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(rng.randint(2, 3))
        ).capitalize()

    given, surnames, streets = ([word() for _ in range(n)] for n in (names, names, 200))
    people = [
        {
            "source": "crm",
            "record": str(number),
            "given_name": rng.choice(given),
            "surname": rng.choice(surnames),
            "phone": str(rng.randrange(60_000_000, 70_000_000)),
            "email": f"u{rng.randrange(10**9)}@example.net",
            "birth_date": (date(1940, 1, 1) + timedelta(days=rng.randrange(25_000))).isoformat(),
            "address": f"{rng.randrange(1, 900)} {rng.choice(streets)} Road",
        }
        for number in range(count)
    ]
    return pl.DataFrame(people).select("source", "record", "given_name", "surname", *has)


@pytest.mark.parametrize(
    ("has", "names", "seed"),
    [(ALL, 20, 0), (ALL, 20, 1), (("phone", "address"), 20, 2), (("address",), 30, 3), (ALL[1:], 30, 1)],
)
def test_table_in_which_nobody_stands_twice_has_as_many_customers_as_records(has, names, seed) -> None:
    match = match_people(make_strangers(300, has, names, seed))
    assert match.clusters["cluster"].n_unique() == 300
    assert any("told from chance" in said for said in match.warnings)


def test_thousand_strangers_are_a_thousand_customers_in_full_names_as_well() -> None:
    people = make_strangers(1_000, ALL, names=60)
    assert match_people(people).clusters["cluster"].n_unique() == 1_000
    whole = people.select(
        pl.exclude("given_name", "surname"), full_name=pl.concat_str("given_name", pl.lit(" "), "surname")
    )
    assert match_people(whole).clusters["cluster"].n_unique() == 1_000


def test_few_true_copies_among_strangers_are_found_and_nobody_else() -> None:
    people = make_strangers(600, ALL, names=60)
    slip = pl.concat_str(pl.col("surname").str.slice(0, 2), pl.col("surname").str.slice(3))
    copies = people.head(20).with_columns(surname=slip, phone=None, record=pl.concat_str(pl.lit("copy "), "record"))
    match = match_people(pl.concat([people, copies]))
    clusters = dict(match.clusters.select("record", "cluster").iter_rows())
    assert [n for n in range(20) if clusters[str(n)] != clusters[f"copy {n}"]] == []
    assert match.clusters["cluster"].n_unique() == 600


def flag(names: str, *records: dict[str, object]) -> int:
    """What contradicts itself in two records, their names compared as `Layout.names` says."""
    people = pl.DataFrame([{"source": "a"} | r for r in records]).with_row_index("node")
    values = list_fields(people, Layout(names=names, orders={"a": "ymd"}))
    fields = [
        build_field(n, v, 2) for n, v in values.items() if n != WAYS and not (names == "people" and n == "full_name")
    ]
    comparer = Comparer(np.arange(2), fields, [TermFrequencies() for _ in fields], MatchSettings(), values.get(WAYS))
    ends = np.array([0]), np.array([1])
    return int(comparer.flag(comparer.compare(*ends), *ends).flags[0])


def is_forbidden(flags: int) -> bool:
    return any(flags & rule == rule for rule in RULES if not rule & SPELLING)


def parts(given: str, surname: str, born: str | None = "1984-11-02") -> dict[str, object]:
    return {"given_name": given, "surname": surname, "birth_date": born}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (parts("Karin", "Gruber"), parts("Daria", "Schmid")),
        (parts("Marie", "Kosha", "1976-10-27"), parts("Mark", "Kosha", "1997-09-28")),
        (parts("Olena", "Melnyk", "1970-02-11"), parts("Yurii", "Melnyk", "1970-06-15")),
        (parts("Anna", "Smith", "1970-02-11"), parts("Anna", "Jones", "1981-06-15")),
        (parts("Carla Andrea", "Davies", "1980-04-10"), parts("Carla Jeanne", "Davies", "1968-10-17")),
        (parts("Tai Man", "Chan", None), parts("Siu Ling", "Wong", None)),
        (parts("Van An", "Nguyen", "1990-03-07"), parts("Thi Binh", "Nguyen", "1984-12-21")),
        (parts("María José", "García López"), parts("Fernando", "Romero Gil")),
        (parts("大文", "陳"), parts("美玲", "黃")),
        (parts("Carla Andrea", "Davies"), parts("Carla Jeanne", "Davies")),
        (parts("Anna", "Smith") | {"postcode": "SW1A"}, parts("Anna Lucia", "Jones") | {"postcode": "9021"}),
    ],
)
def test_clear_contradictions_forbid_that_two_records_are_one(one, other) -> None:
    assert is_forbidden(flag("parts", one, other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (parts("Gordon", "Smith"), parts("Gordn", "Smiht")),
        (parts("William", "Hart", "1960-01-02"), parts("Bill", "Hart", "1985-11-23")),
        (parts("Peter", "Chan"), parts("Chan", "Peter")),
        (parts("Jia", "Wang", "1993-09-14"), parts("Wang", "Jia", "1985-02-03")),
        (parts("J", "Enwright", "1960-01-02"), parts("Emily J", "Enwright", "1985-11-23")),
        (parts("T", "Chan", "1960-01-02"), parts("Siu Ling", "Chan", "1985-11-23")),
        (parts("Anna", "Smith"), parts("Anna", "Jones")),
        (parts("大文", "陳"), parts("Tai Man", "Chan")),
        (parts("国荣", "张"), parts("國榮", "張")),
        (parts("Wing", "Cheung"), parts("Wing", "Zhang", "1961-05-30")),
        (parts("太郎", "山田"), parts("Taro", "Yamada")),
        (parts("Наталья", "Соколова", None), parts("Natalia", "Sokolova", None)),
        (parts("Ana", "García López"), parts("Ana", "García", "1961-05-30")),
        (parts("Karin", "Gruber"), {"given_name": None, "surname": "Schmid", "birth_date": "1984-11-02"}),
        (parts("Karin", "Gruber", "1984-11-02"), parts("Daria", "Gruber", "1984-02-11")),  # day and month turned
        (parts("Karin", "Gruber", "1984-11-02"), parts("Daria", "Gruber", "1984-11-03")),
        (parts("Karin", "Gruber", "1984-11-02"), parts("Daria", "Gruber", "1961-34-50")),  # no date
        (parts("Karin", "Gruber", "1984-11-02"), parts("Daria", "Gruber", "1900-01-01")),  # stands for none
    ],
)
def test_slips_scripts_nicknames_initials_and_swaps_forbid_nothing(one, other) -> None:
    assert not is_forbidden(flag("parts", one, other))


@pytest.mark.parametrize(
    ("names", "one", "other", "expected"),
    [
        ("people", "Peter Chan", "Mary Wong", GIVEN | FAMILY),
        ("people", "Peter Chan", "Chan Tai Man", 0),
        ("people", "陳大文", "Chan Tai Man Peter", 0),
        ("people", "陳大文", "王美玲", GIVEN | FAMILY),
        ("people", "Chan Tai Man", "Chan Siu Ling", GIVEN),
        ("people", "Chan Tai Man", "T M Chan", 0),
        ("people", "Nguyễn Văn An", "NGUYEN, Van An", 0),
        ("people", "Nguyen Van An", "Van An Nguyen", 0),
        ("people", "Nguyen Van An", "An Nguyen", 0),
        ("people", "Nguyen Van Hung", "Nguyen Van Hugn", 0),
        ("people", "Nguyen Van An", "Nguyen Van Binh", GIVEN),
        ("people", "Nguyen Minh Anh", "Nguyen Ngoc Anh", GIVEN),
        ("people", "Tran Thi Vinh", "Tran Thi Linh", GIVEN),
        ("people", "Bui Thi Vy", "Vu Thi Vy", GIVEN | FAMILY),
        ("whole", "Zide Male", "Dakaba Vumipa", GIVEN | FAMILY),
        ("whole", "Zide Male", "Zide Vumipa", GIVEN),
        ("whole", "Zide Male", "Male, Zyde", 0),
        ("whole", "Ana García López", "Ana García", 0),
        ("whole", "Nguyễn Văn An", "Trần Thị Bình", GIVEN | FAMILY),
        ("whole", "김민수", "Kim Min-su", 0),
    ],
)
def test_full_names_contradict_each_other_by_their_parts(names, one, other, expected) -> None:
    born = {"birth_date": "1984-11-02"}
    assert flag(names, {"full_name": one} | born, {"full_name": other} | born) & (GIVEN | FAMILY) == expected
    later = flag(names, {"full_name": one} | born, {"full_name": other, "birth_date": "1961-05-30"})
    assert later & BIRTH
    assert is_forbidden(later) is bool(expected)


def test_names_of_organisations_have_no_parts_that_contradict_each_other() -> None:
    assert flag("whole", {"full_name": "Acme Trading Ltd"}, {"full_name": "Wing Fat Property"}) == WORDS | SPELLING


HOME = {"phone": "61234567", "email": "family@example.com", "address": "12 Poppy Hill Drive"}


def make_households(count: int, seed: int) -> pl.DataFrame:
    """Vietnamese families of four with one phone and one address; no two of a family have a name in common."""
    rng = random.Random(seed)
    surnames = ["Nguyen", "Nguyen", "Nguyen", "Tran", "Tran", "Le", "Pham", "Trinh", "Dao", "Truong", "Luong"]
    middle, given = (
        ["Van", "Thi", "Dinh", "Quang", "Bao", "My", "Khanh"],
        ["Cuong", "Dat", "Hieu", "Khoi", "Nhi", "Quynh", "Thao", "Thinh", "Tram", "Loc"],
    )
    rows: list[dict[str, str]] = []
    for home in range(count // 4):
        surname, own = rng.choice(surnames), rng.sample(given, 4)
        shared = {
            "phone": str(61_000_000 + 7_919 * home),
            "address": f"{rng.randrange(1, 900)} Hai Ba Trung Road {home}",
        }
        names = [f"{surname} {rng.choice(middle)} {word}" for word in own]
        rows += [{"full_name": name} | shared for name in names]
    return pl.DataFrame(rows).with_columns(source=pl.lit("crm"), record=pl.int_range(pl.len()).cast(pl.String))


def test_vietnamese_households_with_one_phone_and_address_stay_as_many_people_and_their_copies_are_found() -> None:
    people = make_households(400, 1)
    assert match_people(people).clusters["cluster"].n_unique() == 400
    name, word = pl.col("full_name"), pl.col("full_name").str.split(" ")
    turned = pl.concat_str(word.list.slice(1).list.join(" "), pl.lit(" "), word.list.first())
    ways = [name.str.to_uppercase(), turned, name.str.replace(" ", ", "), name.str.replace("([hn])([aeo])", "$2$1")]
    copies = [
        people.gather_every(80, offset).with_columns(
            way.alias("full_name"), pl.format("{} again", "record").alias("record")
        )
        for offset, way in enumerate(ways)
    ]
    match = match_people(pl.concat([people, *copies]))
    cluster = dict(match.clusters.select("record", "cluster").iter_rows())
    pairs = [(record, record.removesuffix(" again")) for record in cluster if record.endswith(" again")]
    assert len(pairs) == 20
    assert sum(cluster[copy] == cluster[own] for copy, own in pairs) == 20
    assert match.clusters["cluster"].n_unique() == 400


def find(people: pl.DataFrame, *records: dict[str, object], decisions: pl.DataFrame | None = None) -> int:
    """How many customers two more records of a table are."""
    more = pl.DataFrame([{"source": "crm", "record": f"x{i}"} | r for i, r in enumerate(records)])
    match = match_people(pl.concat([people, more], how="diagonal_relaxed"), decisions=decisions)
    return match.clusters.filter(pl.col("record").str.starts_with("x"))["cluster"].n_unique()


def test_two_names_are_two_people_whatever_else_agrees_but_for_a_national_id_and_a_decision() -> None:
    people = make_strangers(200, ALL, names=60)
    one, other = parts("Karin", "Gruber") | HOME, parts("Daria", "Schmid") | HOME
    assert find(people, one, one | {"given_name": "Karni"}) == 1
    assert find(people, one, other) == 2
    known = people.with_columns(national_id=pl.concat_str(pl.lit("A"), pl.lit(700_000) + pl.int_range(pl.len()) * 317))
    both = {"national_id": "B123456"}
    assert find(known, one | both, other | both) == 1
    ends = ("crm", "x0", "crm", "x1", True)
    names = ("left_source", "left_record", "right_source", "right_record", "is_same")
    said = pl.DataFrame([ends], schema=list(names), orient="row")
    assert find(people, one, other, decisions=said) == 1


def test_house_number_counts_within_its_street_and_once() -> None:
    names = ["address", "house"]
    level, weights = (
        np.array([[9, 5], [0, 5], [0, 0], [5, 0]], np.int8),
        np.array([[9.0, 8.0], [-6.0, 12.5], [-4.0, -3.0], [5.0, -3.0]]),
    )
    assert count_once(names, level, weights).tolist() == [[9, 0], [-6, 0], [-4, -3], [5, -3]]
    place = ["postcode", "city", "district"]
    assert count_once(place, np.full((1, 3), 4, np.int8), np.array([[5.0, 7.0, -1.0]])).tolist() == [[0, 7, -1]]


@pytest.mark.parametrize(("count", "share", "expected"), [(400, 0.08, True), (400, 0.02, False), (60, 0.2, False)])
def test_contradictions_forbid_until_many_matches_show_that_they_are_typed_badly(count, share, expected) -> None:
    flags = np.zeros(count, np.int8)
    for place, flag_of in enumerate((GIVEN, FAMILY, BIRTH)):
        own = round(share * count)
        flags[place * own : (place + 1) * own] = flag_of
    none = np.zeros((count, 0), np.int8)
    assert is_dirty(Vectors(none, none.astype(np.float32), flags)) is expected
