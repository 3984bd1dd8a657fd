"""Small tables of people whom somebody may take for one another: who is one customer, and who is not."""

import polars as pl
import pytest

from benchmarks.identity.nobody_twice import HAS, STYLES, Kind, list_kinds, make_table
from transforms.matching.match import match_people

Rows = list[tuple[str | None, ...]]
HOME = "7 Alder Close"


def group(columns: str, rows: Rows) -> list[list[int]]:
    """The customers of several records each, as numbers of rows."""
    people = pl.DataFrame(rows, schema=dict.fromkeys(columns.split(), pl.String), orient="row")
    labels = {"source": pl.lit("crm"), "record": pl.int_range(pl.len()).cast(pl.String)}
    found = match_people(people.select(**labels, **{c: pl.col(c) for c in people.columns})).clusters
    groups = found.with_columns(pl.col("record").cast(pl.Int64)).sort("record").group_by("cluster").agg("record")
    return sorted(g for g in groups["record"].to_list() if len(g) > 1)


@pytest.mark.parametrize(
    ("rows", "groups"),
    [
        # twins and siblings of one address, whose names begin alike
        ([("Tim", "Novak", "2001-05-09", HOME), ("Tilda", "Novak", "2001-05-09", HOME)], []),
        ([("Karl", "Novak", "2001-05-09", HOME), ("Karsten", "Novak", "2001-05-09", HOME)], []),
        # parents and children
        ([("Emil", "Novak", "1961-03-02", HOME), ("Irma", "Novak", "1964-11-17", HOME)], []),
        ([("Emil", "Novak", "1961-03-02", HOME), ("Emil", "Novak", "1990-08-30", None)], []),
        # one person, with a slip, a nickname, a year of two digits, the name of a month
        ([("Emil", "Novak", "1961-03-02", HOME), ("Emil", "Nowak", "1961-03-02", HOME)], [[0, 1]]),
        ([("Emil", "Novak", "3/2/61", HOME), ("Emil", "Novak", "1961-03-02", None)], [[0, 1]]),
        ([("Emil", "Novak", "2 March 1961", HOME), ("Emil", "Novak", "1961-03-02", None)], [[0, 1]]),
        ([("Emil", "Novak", "02-Mar-61", HOME), ("Emil", "Novak", "1961-03-02", None)], [[0, 1]]),
        ([("Emil", "Novak", "3/2/61", HOME), ("Emil", "Novak", "1994-03-02", None)], []),
        # twins who share the first of two given names, and one of them whose second one has a slip
        ([("Ana Rosa", "Novak", "2001-05-09", HOME), ("Ana Pilar", "Novak", "2001-05-09", HOME)], []),
        ([("Ana Rosa", "Novak", "2001-05-09", HOME), ("Ana Rsoa", "Novak", "2001-05-09", HOME)], [[0, 1]]),
        # one birth date and one given name of two, another surname: at home married, elsewhere a stranger
        ([("Emil", "Novak", "1961-03-02", HOME), ("Emil Otto", "Keller", "1961-03-02", "5 Far End")], []),
    ],
)
def test_households(rows: Rows, groups) -> None:
    others: Rows = [
        ("Bruno", "Keller", "12/24/1950", "3 Mill Lane"),
        ("Greta", "Lindt", "1/31/1972", "9 Long Row"),
        ("Ines", "Costa", "7/19/1988", "21 Bay View"),
    ]
    assert group("given_name surname birth_date address", [*rows, *others]) == groups


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("方偉民", "方惠文", False),  # both are Fong Wai Man
        ("方偉民", "方偉明", False),
        ("方志強", "方志明", False),
        ("方志銘", "方志明", True),  # heard, or the wrong one of a list
        ("方国荣", "方國榮", True),
        ("陳方安生", "方安生", True),
        ("方偉民", "林偉民", False),
    ],
)
def test_names_in_characters_that_differ_are_two_peoples_however_they_sound(one, other, is_one) -> None:
    rows = [(one, "61230011"), (other, "61230011"), ("何美儀", "61230013"), ("CHEUNG Ka Yan", "61230014")]
    assert group("full_name phone", rows) == ([[0, 1]] if is_one else [])


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        (("蔡遠", None), ("CHOI Yuen Chun", None), False),  # brothers, as far as anybody knows
        (("蔡遠", "yc77@example.com"), ("CHOI Yuen Chun", "yc77@example.com"), True),
        (("蔡遠", None), ("CHOI Yuen", None), True),
    ],
)
def test_given_names_of_one_and_of_two_syllables_at_one_address(one, other, is_one) -> None:
    rows = [(*one, HOME), (*other, HOME), ("何美儀", None, "3 Mill Lane"), ("CHEUNG Ka Yan", None, "9 Long Row")]
    assert group("full_name email address", rows) == ([[0, 1]] if is_one else [])


def test_name_that_two_people_have_is_nobodys_and_its_copies_are_not_one_person() -> None:
    rows: Rows = [
        ("FONG Wai Man", "61230011", "fwm7@example.com"),
        ("方偉民", "61230011", "fwm7@example.com"),
        ("Fong, Wai-man", "61230012", "waiman.f@example.com"),
        ("方惠文", "61230012", "waiman.f@example.com"),
    ]
    bare: Rows = [("Waiman Fong", None, None)] * 2
    assert group("full_name phone email", [*rows, *bare]) == [[0, 1], [2, 3]]


def test_homophone_is_a_slip_only_where_something_else_agrees() -> None:
    others: Rows = [("何美儀", "61230013"), ("CHEUNG Ka Yan", "61230014")]
    assert group("full_name phone", [("方志銘", "61230011"), ("方志明", "61230012"), *others]) == []
    assert group("full_name phone", [("方志銘", "61230011"), ("方志明", "61230011"), *others]) == [[0, 1]]


def test_bare_name_of_two_people_stays_alone() -> None:
    rows = [
        ("FONG Wai Man", "61230011", "fwm7@example.com"),
        ("方偉民", "61230011", None),
        ("Fong, Wai-man", "61230012", "waiman.f@example.com"),
        ("方惠文", "61230012", "waiman.f@example.com"),
        ("Waiman Fong", None, None),
    ]
    assert group("full_name phone email", rows) == [[0, 1], [2, 3]]


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("Наталья Соколова", "Natalia Sokolova", True),
        ("Наталья Соколова", "Ivan Petrov", False),
        ("김민수", "Kim Min-su", True),
        ("이지은", "Lee Ji Eun", True),
        ("김민수", "Lee Ji Eun", False),
        ("やまだ たろう", "Taro Yamada", True),
        ("ヤマダ タロウ", "やまだ たろう", True),
        ("やまだ たろう", "Hanako Suzuki", False),
        ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoulos", True),
        ("გიორგი ბერიძე", "Giorgi Beridze", True),
        # nobody can say whether these sound alike: one phone is enough
        ("山田太郎", "Yamada Taro", True),
        ("محمد علي", "Mohammed Ali", True),
        ("สมชาย ใจดี", "Somchai Jaidee", True),
        ("陳大文", "Peter Smith", False),
    ],
)
def test_names_in_other_scripts_are_read_or_say_nothing(one, other, is_one) -> None:
    others: Rows = [("Anna Bell", "61230013"), ("Hugo Fischer", "61230014"), ("Wong Ka Yan", "61230015")]
    assert group("full_name phone", [(one, "61230011"), (other, "61230011"), *others]) == ([[0, 1]] if is_one else [])


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("Harbour Trading Ltd", "HARBOUR TRADING LIMITED", True),
        ("Harbour Trading Co. Ltd.", "Harbour Trading Company Limited", True),
        ("Harbour Trading Ltd", "Harbour Holdings Ltd", False),
        ("Harbour Catering GmbH", "Harbour Logistik GmbH", False),
        ("永發貿易有限公司", "永發地產有限公司", False),
    ],
)
def test_registered_names_of_companies_differ_by_a_word_and_not_by_their_legal_form(one, other, is_one) -> None:
    rows = [
        (one, "4 Pier Road"),
        (other, "4 Pier Road"),
        ("Blue Kite Ltd", "88 Hill Street"),
        ("Oak & Co", "1 Elm Way"),
    ]
    assert group("full_name address", rows) == ([[0, 1]] if is_one else [])


@pytest.mark.parametrize(
    ("one", "other"),
    [("Felix Gallo", "Felix Castillo"), ("Nora Berger", "Nora Hamburger"), ("Otto Winter", "Otto Sommer")],
)
def test_one_given_name_and_two_surnames_are_two_people_in_a_small_table(one, other) -> None:
    rows = [(n, f"{n.lower().replace(' ', '.')}@example.com") for n in (one, other, "Anna Bell", "Hugo Fischer")]
    assert group("full_name email", rows) == []


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("share", [0, 0.05])
def test_only_copies_are_merged_in_tables_of_any_names(style: str, share: float) -> None:
    for place, has in enumerate(HAS):
        for count in (20, 40, 80, 400):
            table = make_table(count, share, Kind(style, has, 600), seed=place)
            found = table.join(match_people(table.drop("truth")).clusters, on=["source", "record"])
            customers = found.group_by("cluster").agg(pl.col("truth").n_unique())
            assert customers.filter(pl.col("truth") > 1).is_empty()
            copies = found.group_by("truth").agg(pl.len(), pl.col("cluster").n_unique()).filter(pl.col("len") > 1)
            assert (copies["cluster"] == 1).sum() >= 0.95 * copies.height


@pytest.mark.parametrize(
    ("place", "share"),
    [
        (11, 0.05),  # one- and two-syllable given names at one address
        (26, 0.05),  # namesakes of one city, ten years apart
        (30, 0.0),  # twins who share the first of two given names
        (33, 0.05),  # one given name and birth date, other surnames and postcodes
    ],
)
def test_families_stay_as_many_people_and_who_may_be_one_is_offered_for_review(place: int, share: float) -> None:
    count, kind = list_kinds(has_families=True)[place]
    table = make_table(count, share, kind, seed=1_000 + place)
    match = match_people(table.drop("truth"))
    found = table.join(match.clusters, on=["source", "record"])
    assert found.filter(pl.col("truth").n_unique().over("cluster") > 1).is_empty()
    assert found["cluster"].n_unique() <= found["truth"].n_unique() + 0.05 * share * count
    assert match.edges.filter(~pl.col("is_joined") & pl.col("probability").is_between(0.2, 0.5)).height > 0
