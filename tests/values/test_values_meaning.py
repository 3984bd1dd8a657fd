"""Places, genders, languages, ids, handles and birth dates: what they mean, and what is no evidence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.values.codes import birth_date_key, gender_key, handle_key, language_key, national_id_key
from transforms.values.places import DISTRICTS, address_shown, district_key, place_shown
from warehouse import ROOT

SHARED = ROOT.parent / "shared" / "data"
needs_data = pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
AS_OF = date(2025, 12, 31)
Clean = Callable[[pl.Series], pl.Series]

PIECES = ["Sha Tin", "沙田", "區", "香港", "九龍", "HK", ", ", " ", "zh", "-", "_", "HK", "Hant", "en", "A123456",
          "(3)", "(", "@", "peter", "https://x.com/", "/", "?id=", ".php", "[", "％", "%2F", "\x00", "\u0345", "İ",
          "ß", "６"]  # fmt: skip
ANYTHING = st.text(max_size=20) | st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
FIELDS = st.lists(st.none() | ANYTHING, max_size=4).map(lambda values: pl.Series("field", values, dtype=pl.String))


def key(clean: Clean, value: str | None) -> str | None:
    cleaned: str | None = clean(pl.Series("field", [value], dtype=pl.String))[0]
    return cleaned


@pytest.mark.parametrize(
    ("written", "district"),
    [
        ("Shatin", "Sha Tin"),
        ("Sha Tin District", "Sha Tin"),
        ("沙田區", "Sha Tin"),
        ("Sha Tin, Hong Kong", "Sha Tin"),
        ("新界沙田區", "Sha Tin"),
        ("North, Hong Kong", "North"),
        ("北区", "North"),
        ("Central & Western", "Central and Western"),
        ("九龍城", "Kowloon City"),
        ("香港仔", "Southern"),
        ("香港灣仔", "Wan Chai"),
        ("Mong Kok, Yau Tsim Mong, Kowloon", "Yau Tsim Mong"),
        ("TSEUNG KWAN O", "Sai Kung"),
        ("Causeway Bay HK", "Wan Chai"),
        ("Eastern, Kenya", None),
        ("Aberdeen, Scotland", None),
        ("Sha Tin, Tai Po", None),
        ("Hong Kong", None),
        ("九龍", None),
        ("北", None),
        ("London", None),
    ],
)
def test_district_key(written: str, district: str | None) -> None:
    assert key(district_key, written) == district


def test_every_name_of_a_district_means_it_alone() -> None:
    names = {name: district for district, names in DISTRICTS.items() for name in [district, *names.split(", ")]}
    assert len(DISTRICTS) == 18
    assert len(names) == sum(len(names.split(", ")) + 1 for names in DISTRICTS.values())
    assert district_key(pl.Series(list(names))).to_list() == list(names.values())


def test_addresses_keep_their_punctuation() -> None:
    assert key(address_shown, " Ｆlat　Ｃ，１２樓\n海防道（尖沙咀） ") == "Flat C，12樓 海防道（尖沙咀）"
    assert key(place_shown, "London　UK ") == "London UK"


@pytest.mark.parametrize(
    ("clean", "meanings"),
    [
        (gender_key, {"F": "female", "Female": "female", "女": "female", "女士": "female", "2": "female", "M": "male",
                      " male ": "male", "男性": "male", "先生": "male", "Mr.": "male", "X": "other",
                      "Non-binary": "other", "U": None, "unknown": None, "0": None, "不詳": None, "": None}),
        (language_key, {"ZH_HK": "zh-HK", "zh-Hant-HK": "zh-HK", "zh-Hans-HK": "zh-Hans", "zh-cn": "zh-CN",
                        "zh": "zh", "Chinese (Traditional)": "zh-Hant", "繁體中文": "zh-Hant", "简体中文": "zh-Hans",
                        "廣東話": "yue", "zh-yue": "yue", "普通話": "cmn", "English": "en", "en_US.UTF-8": "en",
                        "en-AU": "en", "ENG": "en", "日本語": "ja", "pt-BR": "pt", "n/a": None, "unknown": None,
                        "??": None, "Klingon": None}),
        (national_id_key, {"A123456(3)": "A1234563", "a 123456（3）": "A1234563", "AB987654(3)": "AB9876543",
                           "A123456(4)": None, "N1234568": "N1234568", "11010519491231002X": "11010519491231002X",
                           "110105194912310000": None, "1.10105E+17": None, "A123***(*)": None, "XXXX1234": None,
                           "A000000(0)": None, "12345678": None, "N/A": None, "1234": None, "unknown": None}),
        (handle_key, {"@Peter_Chan": "peter_chan", "peter.chan": "peter.chan", "https://x.com/Peter?lang=en": "peter",
                      "https://www.linkedin.com/in/peter-chan/": "peter-chan", "instagram.com/peter": "peter",
                      "https://twitter.com/peter/status/123": "peter", "https://t.me/@peter": "peter",
                      "https://www.facebook.com/profile.php?id=100012": "100012", "陳大文hk": "陳大文hk",
                      "Peter Chan": None, "@": None, "n/a": None, "Unknown": None, "p@x.hk": None,
                      "https://x.com/": None}),
    ],
)  # fmt: skip
def test_keys_of_short_values(clean: Clean, meanings: dict[str, str | None]) -> None:
    assert clean(pl.Series(list(meanings), dtype=pl.String)).to_list() == list(meanings.values())


def test_birth_dates_outside_a_life_or_of_a_system_are_null() -> None:
    kept = [date(1905, 12, 31), date(1980, 2, 29), date(2025, 12, 31)]
    dropped = [date(1905, 12, 30), date(2026, 1, 1), date(1970, 1, 1), date(1900, 1, 1), date(9999, 12, 31), None]
    assert birth_date_key(pl.Series("born", kept + dropped), AS_OF).to_list() == kept + [None] * len(dropped)
    assert birth_date_key(pl.Series([date(1904, 3, 1)]), date(2024, 2, 29)).to_list() == [date(1904, 3, 1)]
    assert birth_date_key(pl.Series("born", [], dtype=pl.Date), AS_OF).name == "born"


@settings(deadline=None)
@given(FIELDS)
def test_cleaning_twice_is_cleaning_once(fields: pl.Series) -> None:
    for clean in (district_key, place_shown, address_shown, gender_key, language_key, national_id_key, handle_key):
        once = clean(fields)
        assert len(once) == len(fields)
        assert once.name == "field"
        assert clean(once).to_list() == once.to_list()


@needs_data
def test_districts_of_hong_kong_are_known_in_both_languages() -> None:
    places = pl.read_csv(SHARED / "hk_places" / "hkdistrict_summary.csv")
    for column in ("District_EN", "District_ZH"):
        assert district_key(places[column]).to_list() == places["District_EN"].to_list()
    crm = pl.read_csv(SHARED / "hk_world" / "crm.csv", infer_schema=False, encoding="utf8-lossy")
    for clean, column in ((district_key, "district"), (gender_key, "gender"), (language_key, "language")):
        assert clean(crm[column]).is_null().to_list() == crm[column].is_null().to_list()
