"""How near two names are: same people in both scripts, other people with half a name in common. All are invented."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.names.blocking import list_blocking_keys, name_blocking_keys
from transforms.names.similarity import similarity, similarity_columns

ONE_PERSON = [
    ("陳大文", "CHAN Tai Man"),
    ("陳大文", "Chan, Tai-man Peter"),
    ("陳大文", "Taiman Chan"),
    ("陳大文", "Tai Man Chan"),
    ("陳大文", "陈大文"),
    ("陈大文", "Chen Dawen"),
    ("陳大文", "Chen Ta-wen"),
    ("歐陽小明", "Siu Ming Au-Yeung"),
    ("司徒美玲", "SZETO Mei Ling, Alice"),
    ("陳李美玲", "CHAN LEE Mei Ling"),
    ("陳李美玲", "Lee Mei Ling"),
    ("陳李美玲", "Chan Mei Ling"),
    ("李振國", "Li Chun Kwok"),
    ("葉詠詩", "Yip Wing Sze"),
    ("葉詠詩", "Ip Wing See"),
    ("黎國添", "Lai Kwok Tim"),  # Tim is a syllable here
    ("Peter Chan", "Pete Chan"),
    ("William Brook", "Bill Brook"),
    ("John Smith", "Smith, John"),
    ("Jonathan Smith", "Jonathon Smith"),
    ("José Álvarez", "Jose Alvarez"),
    ("Simon Paul", "Paul Simon"),
    ("Chan Tai Mna", "Chan Tai Man"),
]
PART_OF_A_NAME = [
    ("T M Chan", "Chan Tai Man"),
    ("T M Chan", "陳大文"),
    ("Peter Chan", "Chan Tai Man Peter"),
    ("J Smith", "John Smith"),
    ("Chan Tai Man Peter", "Chan Tai Man Mary"),
    ("陳大文", "陳大民"),  # of one sound: misheard, or his brother
]
TWO_PEOPLE = [
    ("Chan Tai Man", "Chan Siu Ming"),
    ("Chan Tai Man", "Chan Man Tai"),
    ("陳大文", "陳小明"),
    ("陳大文", "Chan Siu Ming"),
    ("陳大文", "Peter Chan"),
    ("陳大文", "John Smith"),
    ("陳生", "陳大文"),
    ("Taylor Quist", "John Smith"),
]


@pytest.mark.parametrize(("a", "b"), ONE_PERSON)
def test_one_name_in_two_spellings_is_near_and_found(a: str, b: str) -> None:
    assert similarity(a, b) >= 0.9


@pytest.mark.parametrize(("a", "b"), PART_OF_A_NAME)
def test_part_of_a_name_is_between(a: str, b: str) -> None:
    assert 0.55 <= similarity(a, b) <= 0.88


@pytest.mark.parametrize(("a", "b"), TWO_PEOPLE)
def test_two_people_are_far(a: str, b: str) -> None:
    assert similarity(a, b) <= 0.5


def test_a_common_surname_tells_less_than_a_rare_one() -> None:
    assert similarity("陳大文", "陳小明") < similarity("卓大文", "卓小明")
    assert similarity("Peter Chan", "Chan Tai Man Peter") < similarity("Peter Cheuk", "Cheuk Tai Man Peter")


def test_own_frequencies_are_taken() -> None:
    a, b = pl.Series(["Chan Tai Man"]), pl.Series(["Chan Siu Ming"])
    assert similarity_columns(a, b, {"chan": 0.0001})[0] > similarity_columns(a, b)[0]


def test_order_of_syllables_is_part_of_a_name() -> None:
    assert similarity("陳大文", "Chan Man Tai") < 0.5 < similarity("陳大文", "Chan Tai Man")


def test_the_right_system_is_used_for_the_whole_name() -> None:
    assert similarity("張學文", "Zhang Xuewen") > similarity("張學文", "Zhang Hok Man") > 0.5


def test_a_column_keeps_its_rows_name_and_nulls() -> None:
    scores = similarity_columns(
        pl.Series("left", ["陳大文", None, "x", "陳大文"]), pl.Series("right", ["Chan Tai Man", "x", None, "陳大文"])
    )
    assert scores.name == "left"
    assert scores.to_list() == [similarity("陳大文", "Chan Tai Man"), None, None, 1.0]
    assert similarity_columns(pl.Series([], dtype=pl.String), pl.Series([], dtype=pl.String)).to_list() == []
    assert similarity_columns(pl.Series([None]), pl.Series([None])).to_list() == [None]


WORDS = st.sampled_from(
    ["Chan", "chan", "LEE", "Tai", "man", "Siu-Ming", "Peter", "Smith", "Au", "Yeung", "taiman", "de", "T.", "陳",
     "大文", "陈大文", "歐陽", "先生", "Mr", ",", "-", "123", "ß", "い"]
)  # fmt: skip
NAMES = st.one_of(
    st.text(max_size=30), st.lists(WORDS, max_size=6).map(" ".join), st.lists(WORDS, max_size=6).map("".join)
)


@given(NAMES, NAMES)
@settings(max_examples=300, deadline=None)
def test_similarity_is_symmetric_and_in_range(a: str, b: str) -> None:
    score = similarity(a, b)
    assert 0.0 <= score <= 1.0
    assert score == similarity(b, a)


@given(NAMES)
@settings(deadline=None)
def test_a_name_is_itself(name: str) -> None:
    assert similarity(name, name) == 1.0
    assert similarity(name, name.lower()) == similarity(name.lower(), name)
    assert list_blocking_keys(name) == sorted(set(list_blocking_keys(name)))


@given(st.lists(st.tuples(NAMES, NAMES), max_size=8))
@settings(max_examples=50, deadline=None)
def test_a_column_is_its_pairs_one_by_one(pairs: list[tuple[str, str]]) -> None:
    left, right = (pl.Series(side, dtype=pl.String) for side in ([a for a, _ in pairs], [b for _, b in pairs]))
    assert similarity_columns(left, right).to_list() == [similarity(a, b) for a, b in pairs]


@pytest.mark.parametrize("surname", ["Chan", "Wong", "Szeto"])
@pytest.mark.parametrize("given_name", ["Tai Man", "Siu Ming", "Ka Yan"])
def test_the_surname_may_stand_last(surname: str, given_name: str) -> None:
    assert similarity(f"{surname} {given_name}", f"{given_name} {surname}") >= 0.9


@pytest.mark.parametrize(
    ("a", "b"), [p for p in ONE_PERSON if "Mna" not in p[0]] + PART_OF_A_NAME[:3] + [("陳大文", "Chan Ting Yi")]
)
def test_names_of_one_person_share_a_key(a: str, b: str) -> None:
    assert set(list_blocking_keys(a)) & set(list_blocking_keys(b))


def test_other_surnames_share_no_key() -> None:
    assert not set(list_blocking_keys("陳大文")) & set(list_blocking_keys("Wong Tai Man"))


def test_a_name_without_two_parts_has_no_key() -> None:
    keys = name_blocking_keys(pl.Series("name", ["陳生", "Peter", "", None, "陳大文"]))
    assert keys.dtype == pl.List(pl.String)
    assert keys.list.len().to_list()[:4] == [0, 0, 0, None]
    assert "can t" in keys[4]
