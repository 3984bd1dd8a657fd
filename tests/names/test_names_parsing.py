"""What each word of a name is, and the sounds and characters behind it. All names are invented."""

import pytest

from transforms.names.characters import fold_han, read_character, read_characters
from transforms.names.parsing import parse_name
from transforms.names.surnames import compound_spellings
from transforms.names.syllables import sounds, spell_jyutping, spell_wade
from transforms.names.western import is_nickname, western_names

SURNAME_GIVEN_WESTERN = [
    ("CHAN Tai Man", "chan", "tai man", ""),
    ("Tai Man CHAN", "chan", "tai man", ""),
    ("Tai Man Chan", "chan", "tai man", ""),
    ("Tai-man Chan", "chan", "tai man", ""),
    ("Taiman Chan", "chan", "tai man", ""),
    ("Chan, Tai-man Peter", "chan", "tai man", "peter"),
    ("CHAN Tai-man, Peter", "chan", "tai man", "peter"),
    ("Mr Peter Chan Tai Man", "chan", "tai man", "peter"),
    ("Chan Tai Man Zebulon", "chan", "tai man", "zebulon"),
    ("T M Chan", "chan", "t m", ""),
    ("TM Chan", "chan", "t m", ""),
    ("Au Yeung Siu Ming", "au-yeung", "siu ming", ""),
    ("Siu Ming Au-yeung", "au-yeung", "siu ming", ""),
    ("AUYEUNG Siu Ming", "au-yeung", "siu ming", ""),
    ("Yu Man Wai", "yu", "man wai", ""),  # 余, not the compound 宇文
    ("Ho Sau Lan Quilla", "ho", "sau lan", "quilla"),  # no double surname: Quilla is no syllable
    ("Chen Dawen", "chen", "da wen", ""),
    ("Bruce Lee", "lee", "", "bruce"),
    ("Smith, John", "smith", "", "john"),
    ("John Smith", "smith", "", "john"),
    ("Smith John", "smith", "", "john"),
    ("Maria de la Cruz", "delacruz", "", "maria"),
    ("陳大文", "陈", "大 文", ""),
    ("陈大文", "陈", "大 文", ""),
    ("大文 陳", "陈", "大 文", ""),
    ("歐陽小明", "欧阳", "小 明", ""),
    ("陳大文 Peter", "陈", "大 文", "peter"),
    ("陳大文先生", "陈", "大 文", ""),
    ("陳生", "陈", "", ""),
    ("阿文", "", "文", ""),
]


@pytest.mark.parametrize(("name", "surname", "given", "western"), SURNAME_GIVEN_WESTERN)
def test_likeliest_way_to_read_a_name(name: str, surname: str, given: str, western: str) -> None:
    way = parse_name(name)[0]
    assert (way.surname, " ".join(way.given), " ".join(way.western)) == (surname, given, western)


VIETNAMESE = [
    ("Nguyen Thi Minh Khai", "nguyen", "thi minh khai", ""),
    ("Tran Van Hung", "tran", "van hung", ""),
    ("Nguyễn Văn An", "nguyen", "van an", ""),
    ("NGUYEN, Van An", "nguyen", "van an", ""),
    ("An Nguyen", "nguyen", "an", ""),
    ("Van An Nguyen", "nguyen", "van an", ""),
    ("Anna Nguyen Thi Hoa", "nguyen", "thi hoa", "anna"),
    ("Đặng Thị Thuỷ", "dang", "thi thuy", ""),
    ("Le Xuan Tung", "le", "xuan tung", ""),  # Le is no particle here, as in Le Pen
    ("Do Minh Quan", "do", "minh quan", ""),
    ("Ho Chi Minh", "ho", "chi minh", ""),
    ("Mai Nguyen", "nguyen", "mai", ""),  # a rare surname, and a common one
    ("Nguyne Van Hung", "nguyne", "van hung", ""),
    ("Nguyen Van Hugn", "nguyen", "van hugn", ""),
]


@pytest.mark.parametrize(("name", "surname", "given", "western"), VIETNAMESE)
def test_surname_of_a_vietnamese_name_is_first_unless_the_name_is_turned_round(name, surname, given, western) -> None:
    way = parse_name(name)[0]
    assert (way.surname, " ".join(way.given), " ".join(way.western)) == (surname, given, western)
    assert way.is_vietnamese


@pytest.mark.parametrize(
    "name",
    ["Ho Ka Yan", "Ho Man Tat", "Lam Kim Ho", "Ly Wing Sze", "Le Pen", "Pieter van Dam", "Maria do Carmo", "Tim Ho"],
)
def test_what_others_are_called_as_well_is_not_vietnamese(name) -> None:
    assert not any(way.is_vietnamese for way in parse_name(name))


@pytest.mark.parametrize("name", ["陳李美玲", "CHAN LEE Mei Ling", "Chan Lee Mei Ling", "Chan Lee, Mei Ling"])
def test_a_married_double_surname_is_read_by_her_own_and_by_his(name: str) -> None:
    own, his = parse_name(name)[:2]
    assert own.given == his.given
    assert (own.surname, own.married) == (his.married, his.surname)
    assert own.likeliness > his.likeliness


def test_a_name_that_can_be_turned_round_keeps_both_ways() -> None:
    assert {way.surname for way in parse_name("Paul Simon")} == {"paul", "simon"}
    assert {way.surname for way in parse_name("Lam Wing Chan")} == {"lam", "chan"}


@pytest.mark.parametrize("nothing", ["", " ", "...", ",;-", "–"])
def test_nothing_is_read_in_nothing(nothing: str) -> None:
    assert parse_name(nothing) == ()


@pytest.mark.parametrize(
    "spellings", ["lee li", "woo wu", "ka kar", "chow chau", "ip yip", "tsz tze", "kwok gwok", "au ngau"]
)
def test_habits_of_spelling_sound_alike(spellings: str) -> None:
    one, other = spellings.split()
    assert sounds(one) & sounds(other)
    assert not sounds("chan") & sounds("chun")
    assert not sounds("smith")


def test_jyutping_and_pinyin_as_governments_write_them() -> None:
    assert [spell_jyutping(s)[0] for s in ("zoeng", "can", "jyun", "wong", "kwok")] == [
        "cheung", "chan", "yuen", "wong", "kwok",
    ]  # fmt: skip
    assert "chun" in spell_jyutping("zan")
    assert [spell_wade(s) for s in ("zhang", "xu", "cai", "li")] == ["chang", "hsu", "tsai", "li"]


def test_forms_of_a_character_are_one_and_share_their_readings() -> None:
    assert fold_han("陳衞峯髙溫") == fold_han("陈衛峰高温")
    assert read_character("陈") == read_character("陳")
    assert "au-yeung" in read_characters("歐陽").government
    assert "tsang" in read_character("曾").government


def test_characters_that_no_table_knows_have_no_readings() -> None:
    assert read_character("あ").government == frozenset()
    assert read_characters("").government == {""}


def test_compound_surnames_are_told_from_a_surname_and_a_syllable() -> None:
    assert compound_spellings()["auyeung"] == "au-yeung"
    assert "yuman" not in compound_spellings()


def test_nicknames_are_both_ways_and_no_wider() -> None:
    assert is_nickname("pete", "peter")
    assert is_nickname("liz", "betty")
    assert not is_nickname("peter", "paul")
    assert not is_nickname("unheard", "unheard of")
    assert "kit" not in western_names()  # 傑 more often than Christopher
