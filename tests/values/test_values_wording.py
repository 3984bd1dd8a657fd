"""Names and texts: what is repaired, what is left alone, and what always holds."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.names.cleaning import name_key, name_shown
from transforms.values.texts import clean_text, text_shown
from warehouse import ROOT

SHARED = ROOT.parent / "shared" / "data"
needs_data = pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")

PIECES = ["<", ">", "<p>", "</p>", "<br/>", "&lt;", "&amp;", "amp;", "lt;", "p>", "b>", "&#0;", "&#xd800;", "<!--",
          "-->", "<script>", "</script>", "é™³", "Ã©", "Ã", "â€", "™", "\x81", "\x00", "\u200b", "\u0301", "e", " ",
          "\n", "\r", "\x85", "\u3000", "陳", "大文", "先生", "生", "阿", "Mr", "Miss ", "Chan", "'", "(", ".", ",",
          "O", "·", "김", "ガ", "😀", "ﬁ"]  # fmt: skip
ANYTHING = st.text(max_size=20) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
FIELDS = st.lists(st.none() | ANYTHING, max_size=4).map(lambda values: pl.Series("field", values, dtype=pl.String))


def texts(*values: str | None) -> pl.Series:
    return pl.Series("field", values, dtype=pl.String)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("é™³å¤§æ–‡", "陳大文"),
        ("è•\xadé¡¯èˆª", "蕭顯航"),
        ("　ＣＨＡＮ　Tai  Man ", "CHAN Tai Man"),
        ("O&#39;Brien, Sean", "O'Brien, Sean"),
        ("Mr. Peter CHAN Tai Man", "Peter CHAN Tai Man"),
        ("CHAN Siu Ming (Ms)", "CHAN Siu Ming"),
        ("陳大文先生", "陳大文"),
        ("歐陽東", "歐陽東"),
        ("歐陽先生", "歐陽先生"),
        ("陳生", "陳生"),
        ("Mr Chan", "Mr Chan"),
        ("Drew Barry", "Drew Barry"),
        ("  ", None),
        (None, None),
    ],
)
def test_name_shown(written: str | None, shown: str | None) -> None:
    assert name_shown(texts(written)).to_list() == [shown]


@pytest.mark.parametrize(
    "spellings",
    [
        ["CHAN Tai-man, Peter", "Peter Chan Tai Man", "Mr. PETER CHAN TAI MAN", "Chan Tai Man Peter"],
        ["José O'Brien", "OBRIEN, Jose", "jose o’brien"],
        ["陳大文", "陳 大文", "é™³å¤§æ–‡", "陳大文先生", "陳大文小姐"],
        ["김철수", "김철수 "],
    ],
)
def test_spellings_of_one_name_have_one_key(spellings: list[str]) -> None:
    keys = name_key(texts(*spellings))
    assert keys.null_count() == 0
    assert keys.n_unique() == 1


def test_different_names_have_different_keys() -> None:
    names = texts("陳大文", "文大陳", "Chan Tai Man", "Chan Tai Ming", "Chan Taiman", "歐陽東", "ガ", "カ")
    assert name_key(names).drop_nulls().n_unique() == len(names) - 2  # a single kana is an initial
    assert name_key(texts("CHAN Tai-man, Peter")).to_list() == ["chan man peter tai"]


@pytest.mark.parametrize(
    "name",
    ["", "N/A", "-", "???", "123", "T", "T M", "unknown", "Test User", "No Name", "Walk-in Customer", "散客", "陳生",
     "陳太", "陳先生", "歐陽小姐", "Mr Chan", "Wen Mr", "阿文", "\ufffd永權"],
)  # fmt: skip
def test_name_key_is_null_where_the_name_names_nobody(name: str) -> None:
    assert name_key(texts(name)).to_list() == [None]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<p>I&#x27;m going for the day.</p>", "I'm going for the day."),
        ("first<br/>second<BR>third", "first\nsecond\nthird"),
        ('<a href="https://x.hk/?a=1&b=2">here</a> <b>now</b>', "here now"),
        ("&amp;lt;p&amp;gt;twice&amp;lt;/p&amp;gt;", "twice"),
        ("a<script>alert(1 < 2)</script>b<!-- c -->d", "a b d"),
        ("donâ€™t cafÃ© é™³å¤§æ–‡", "don’t café 陳大文"),
        ("a\x00b\u200bc", "abc"),
        ("a  b\t\u00a0c \r\n\r\n  d", "a b c\nd"),
        ("cafe\u0301", "café"),
        ("   ", None),
        (None, None),
    ],
)
def test_text_shown_repairs(written: str | None, shown: str | None) -> None:
    assert text_shown(texts(written)).to_list() == [shown]


@pytest.mark.parametrize(
    "text",
    ["好正呀！「ＯＫ」，啲嘢唔錯……", "👨‍👩‍👧 ❤️ 🇭🇰", "I <3 you", "if a <b and c> d", "x < y > z", "AT&T & Co; R&D;",
     "https://x.hk/?a=1&copy=2", "café, naïve, Ærø, Ünal", "“quoted” – don’t…", "Σ Ж ё ½ ²", "price: £5 or €6"],
)  # fmt: skip
def test_text_shown_leaves_clean_text_alone(text: str) -> None:
    assert text_shown(texts(text)).to_list() == [text]


def test_nesting_without_end_is_cut_short() -> None:
    assert clean_text("<" * 50_000 + "b>" * 50_000).count("<") == 0
    assert clean_text("&" + "amp;" * 50_000 + "lt;").count("&") == 0


@settings(deadline=None)
@given(FIELDS)
def test_cleaning_twice_is_cleaning_once(fields: pl.Series) -> None:
    for clean in (name_shown, name_key, text_shown):
        once = clean(fields)
        assert len(once) == len(fields)
        assert once.name == "field"
        assert clean(once).to_list() == once.to_list()


@settings(deadline=None)
@given(FIELDS)
def test_the_shown_name_has_the_key_of_the_written_one(fields: pl.Series) -> None:
    assert name_key(name_shown(fields)).to_list() == name_key(fields).to_list()


@needs_data
def test_mojibake_names_of_hk_world_are_repaired() -> None:
    truth = pl.read_csv(SHARED / "hk_world" / "truth_dirt.csv")
    lines = truth.filter((pl.col("file") == "users.jsonl") & (pl.col("kind") == "mojibake"))["line"]
    rows = (SHARED / "hk_world" / "users.jsonl").read_text("utf-8").splitlines()
    keys = name_key(pl.Series([json.loads(rows[line - 1])["name"] for line in lines]))
    assert keys.is_null().sum() <= len(keys) // 2  # the rest lost bytes for ever
    assert keys.drop_nulls().str.contains(r"^\p{Han}{2,4}$").all()


@needs_data
def test_reviews_and_tweets_keep_their_words() -> None:
    reviews = pl.read_csv(SHARED / "openrice" / "valid.tsv", separator="\t", quote_char=None, has_header=False)
    written = reviews[reviews.columns[-1]].cast(pl.String).drop_nulls()
    words = written.str.replace_all(r"\s", "") == text_shown(written).str.replace_all(r"\s", "")
    assert words.sum() > 0.97 * len(written)
