"""Emails and phones: what is the same mailbox or line, what is nobody's, and what always holds."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.values.emails import email_key, email_keys, email_shown
from transforms.values.phones import phone_keys, phone_shown
from warehouse import ROOT

HK_WORLD = ROOT.parent / "shared" / "data" / "hk_world"
needs_hk_world = pytest.mark.skipif(not HK_WORLD.exists(), reason="the hk_world data are not here")

PIECES = ["+", "852", "00", "6437", "1234", "138", " ", "-", "/", "x12", ".0", "E7", "(", ")", "peter", "@", "x.hk",
          ".", ",", "gmail.com", "<", ">", ":", "?", "'", "或", "手提", "＠", "８", "ß", "A", "none",
          "\x00", "\u0301"]  # fmt: skip
ANYTHING = st.text(max_size=20) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
FIELDS = st.lists(st.none() | ANYTHING, max_size=4).map(lambda values: pl.Series("field", values, dtype=pl.String))


def texts(*values: str | None) -> pl.Series:
    return pl.Series("field", values, dtype=pl.String)


@pytest.mark.parametrize(
    ("field", "keys"),
    [
        ("SIMONHO21@EXAMPLE.COM ", ["simonho21@example.com"]),
        ("ｐｅｔｅｒ＠ｘ．ｈｋ", ["peter@x.hk"]),
        ("Peter Chan <peter@x.hk>", ["peter@x.hk"]),
        ("mailto:peter@x.hk?subject=hello", ["peter@x.hk"]),
        ("電郵：peter@x.hk", ["peter@x.hk"]),
        ("電郵peter@x.hk", ["peter@x.hk"]),
        ("'peter@x.hk'.", ["peter@x.hk"]),
        ("peter @ x.hk", ["peter@x.hk"]),
        ("peter@x.hk / mary@x.hk；PETER@x.hk", ["peter@x.hk", "mary@x.hk"]),
        ("peter@x.hk或mary@x.hk", ["peter@x.hk", "mary@x.hk"]),
        ("hans@BÜCHER.de", ["hans@xn--bcher-kva.de"]),
        ("用戶@例子.hk", ["用戶@xn--fsqu00a.hk"]),
        ("O'Brien@x.ie", ["o'brien@x.ie"]),
        ("Tai.Man@googlemail.com", ["taiman@gmail.com"]),
        ("tai.man+shop@gmail.com", ["taiman+shop@gmail.com"]),
        ("tai.man+shop@x.hk", ["tai.man+shop@x.hk"]),
        ("na@gmail.com", ["na@gmail.com"]),
        ("a@example.com", ["a@example.com"]),
    ],
)
def test_email_keys_fold_only_what_cannot_tell_mailboxes_apart(field: str, keys: list[str]) -> None:
    assert email_keys(texts(field)).to_list() == [keys]


@pytest.mark.parametrize(
    "field",
    ["", "n/a", "peter", "peter@", "@x.hk", "peter@x", "peter@@x.hk", "peter@x..hk", "peter@-x.hk", "p@x.hk@y.hk",
     "no-email@x.hk", "None@none.com", "noreply@x.hk", "no.reply@x.hk", "test@test.com", "xxx@x.hk", "a@a.com",
     "na@na.com", "...@gmail.com", "x" * 65 + "@x.hk"],
)  # fmt: skip
def test_email_key_is_null_where_the_field_is_no_evidence(field: str) -> None:
    assert email_keys(texts(field)).to_list() == [[]]
    assert email_key(texts(field)).to_list() == [None]


def test_email_shown_keeps_the_writing_but_does_not_shout() -> None:
    fields = texts("Peter.Chan@X.hk", "PETER@X.HK ", "Peter <P.C@x.hk>; q@x.hk", " n/a ", "  ", None)
    assert email_shown(fields).to_list() == ["Peter.Chan@X.hk", "peter@x.hk", "P.C@x.hk; q@x.hk", "n/a", None, None]


@pytest.mark.parametrize(
    ("field", "keys"),
    [
        ("64371234", ["+85264371234"]),
        ("(852) 6437-1234", ["+85264371234"]),
        ("+852 6437 1234", ["+85264371234"]),
        ("0085264371234", ["+85264371234"]),
        ("852-64371234", ["+85264371234"]),
        ("６４３７１２３４", ["+85264371234"]),
        ("手提64371234", ["+85264371234"]),
        ("Tel: 6437-1234 ext. 12", ["+85264371234"]),
        ("6437 1234x12", ["+85264371234"]),
        ("6.4371234E7", ["+85264371234"]),
        ("64371234.0", ["+85264371234"]),
        ("8.5264371234E+10", ["+85264371234"]),
        ("13812345678", ["+8613812345678"]),
        ("008613812345678", ["+8613812345678"]),
        ("001 86 138 1234 5678", ["+8613812345678"]),
        ("65 6123 4567", ["+6561234567"]),
        ("+44 20 7946 0958", ["+442079460958"]),
        ("6437 1234 / 9123 4567", ["+85264371234", "+85291234567"]),
        ("6437 1234 9123 4567", ["+85264371234", "+85291234567"]),
        ("64371234或91234567", ["+85264371234", "+85291234567"]),
        ("+852 6437 1234\n+852 9123 4567", ["+85264371234", "+85291234567"]),
        ("(O) 2123 4567 (M) 9123 4567", ["+85221234567", "+85291234567"]),
        ("64371234 or 6437 1234 & 13812345678", ["+85264371234", "+8613812345678"]),
        ("99999999 / 6437 1234", ["+85264371234"]),
        ("12345678 6437 1234", ["+85264371234"]),
        ("81234599", ["+85281234599"]),  # in no plan, but as long as a number: still the same number elsewhere
    ],
)
def test_phone_keys_in_hong_kong(field: str, keys: list[str]) -> None:
    assert phone_keys(texts(field), "HK").to_list() == [keys]


@pytest.mark.parametrize(
    "field",
    ["", "N/A", "99999999", "00000000", "90000000", "+852 1111 1111", "12345678", "87654321", "12121212", "1234567",
     "8.52644E+11", "999", "6437 123", "64371234" * 30],
)  # fmt: skip
def test_phone_keys_are_empty_where_the_field_is_no_evidence(field: str) -> None:
    assert phone_keys(texts(field), "HK").to_list() == [[]]


def test_the_region_decides_what_a_number_without_country_code_means() -> None:
    assert phone_keys(texts("(650) 253-0000", "13812345678"), "US").to_list() == [["+16502530000"], ["+13812345678"]]
    assert phone_keys(texts("020 7946 0958"), "GB").to_list() == [["+442079460958"]]
    with pytest.raises(ValueError, match="ISO 3166"):
        phone_keys(texts("64371234"), "Hong Kong")


def test_phone_shown_reads_well_and_keeps_what_it_cannot_read() -> None:
    fields = texts("64371234/13812345678", " call the shop ", "99999999", "", None)
    shown = ["+852 6437 1234 / +86 138 1234 5678", "call the shop", "99999999", None, None]
    assert phone_shown(fields, "HK").to_list() == shown


@settings(deadline=None)
@given(FIELDS)
def test_cleaning_twice_is_cleaning_once(fields: pl.Series) -> None:
    for clean in (email_shown, email_key, lambda s: phone_shown(s, "HK")):
        once = clean(fields)
        assert len(once) == len(fields)
        assert once.name == "field"
        assert clean(once).to_list() == once.to_list()
    for keys in (email_keys(fields), phone_keys(fields, "HK")):
        assert keys.is_null().to_list() == fields.is_null().to_list()


@settings(deadline=None)
@given(FIELDS)
def test_a_key_is_its_own_key_and_the_shown_value_has_the_same(fields: pl.Series) -> None:
    emails, phones = email_keys(fields).explode().drop_nulls(), phone_keys(fields, "HK").explode().drop_nulls()
    assert email_keys(emails).to_list() == [[key] for key in emails]
    assert phone_keys(phones, "HK").to_list() == [[key] for key in phones]
    assert email_keys(email_shown(fields)).drop_nulls().explode().drop_nulls().to_list() == emails.to_list()
    assert phone_keys(phone_shown(fields, "HK"), "HK").drop_nulls().explode().drop_nulls().to_list() == phones.to_list()


def test_a_field_of_three_megabytes_takes_no_time() -> None:
    for piece in ("a", " ", "@", "1", "(", "+", "<p", "a@", "a ", "."):
        huge = texts(piece * (3_000_000 // len(piece)))
        assert phone_keys(huge, "HK").to_list() == [[]]
        assert email_keys(huge).to_list() == [[]]


@needs_hk_world
def test_phones_and_emails_of_hk_world_are_read() -> None:
    crm = pl.read_csv(HK_WORLD / "crm.csv", infer_schema=False, encoding="utf8-lossy")
    phones, emails = crm["phone"].drop_nulls(), crm["email"].drop_nulls()
    has_phone = phone_keys(phones, "HK").list.len() > 0
    assert has_phone.sum() > 0.98 * len(phones)
    assert set(phones.filter(~has_phone)) <= {"00000000", "12345678", "99999999", "N/A"}
    assert email_key(emails).null_count() == 0
