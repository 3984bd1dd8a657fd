"""What is written where there is nothing to write: no account, no contact, no thread; and what only looks like it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any

import polars as pl
import pytest

from serving.cli.report import show_report
from serving.standalone.read_people import key_values
from tests.cleaning.test_clean import rows, source
from tests.nights.test_incremental import require_same_as_full
from tests.worlds.world import AS_OF, CONSENT_HEAD, CRM_HEAD, SALES_HEAD, TICKETS, WONG, column, key
from transforms.clean.accounts import list_placeholders, with_account
from transforms.clean.consents import clean_consent
from transforms.clean.events import clean_event
from transforms.values.codes import handle_key, national_id_key
from transforms.values.emails import email_keys
from transforms.values.phones import phone_keys
from transforms.values.placeholders import KINDS, drop_placeholders, find_placeholder, placeholder_kinds
from warehouse.duck import open_database
from warehouse.monitoring.page import draw_page

pytestmark = pytest.mark.slow

PLACEHOLDERS = {
    "null": [
        "NULL", "null", "Null", "(null)", "[NULL]", "<null>", "nil", "nan", "NaN", "NaT", "<NA>", "None", "none",
        "undefined",
        r"\N", r"\\N", "N/A", "n/a", "N.A.", "n. a.", "na", "#N/A", "#REF!", "#DIV/0!", "Ｎ／Ａ", "not set", "no id",
        "NoID",
        "not provided", "Not Available", "unassigned", "TBC", "k.A.", "keine Angabe", "keine", "entfällt", "aucun",
        "néant",
        "non renseigné", "ninguno", "nulo", "無", "无", "沒有", "未填写", "不詳", "不适用", "なし", "없음", "нет",
        "xxx", "XXXX", "NULL NULL", "- N/A -",
        "@null", "@None",
        "N/D", "s/n", "${customer_id}", "{{ customer.email }}", "%email%", "<%= id %>", "暫無", "erased",
    ],
    "sign": ["-", "--", "---", "–", "?", "???", "？？", ".", "...", "_", "*", "/", "''", '""', "\ufffd\ufffd", "－"],
    "number": [
        "0", "00", "000000", "0.0", "0,00", "+0", "０", "0x0", "-1", "- 1", "−1", "-1.0", "-99", "-999", "0000-0000",
        "00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}", "2147483647",
    ],
    "nobody": [
        "guest", "Guest", "GUEST", "ＧＵＥＳＴ", '"guest"', " guest ", "guest user", "Guest Checkout", "anonymous",
        "anonymous_user",
        "unknown", "Unknown Customer", "POS", "walk-in", "Walk In", "WALK-IN CUSTOMER", "walkin", "test", "Test Test",
        "cash customer", "Cash Sale", "default customer", "one-time customer", "not logged in", "deleted", "gast",
        "Gastkunde",
        "Gastbestellung", "unbekannt", "Laufkundschaft", "Barverkauf", "invité", "INVITÉ", "inconnu", "anonyme",
        "Client comptoir",
        "client de passage", "invitado", "anónimo", "desconocido", "público general", "Consumidor Final", "ospite",
        "匿名",
        "匿名用戶", "訪客", "访客", "散客", "散客客戶", "未知", "未登录用户", "非會員", "測試", "ゲスト", "게스트",
        "гость", "customer",
        "Kasse", "Theke", "Stammkunde", "in-store", "system", "系統", "预设", "无名",
    ],
}  # fmt: skip
REAL = [
    "1", "01", "A0", "10", "0001", "9", "999", "-12", "guest_1234", "guest1", "test1", "unknown7", "NULL1", "user_7",
    "n/a-12",
    "x", "a", "in", "Sin", "no", "nana", "nonna", "Gasthaus", "Testino", "walker", "guestbook", "Christopher Guest",
    "Null Island",
    "無印良品", "陳大文", "🦄", "deadbeef", "00000000-0000-0000-0000-000000000001", "C001", "SHOP1", "peter@x.hk",
    "Till", "{AB}", "nd", "sn",
]  # fmt: skip
SPELLINGS = [word for words in PLACEHOLDERS.values() for word in words]


def test_a_placeholder_is_known_by_its_kind_in_any_writing() -> None:
    assert len(SPELLINGS) > 100
    assert tuple(PLACEHOLDERS) == KINDS
    found = {word: find_placeholder(word) for word in SPELLINGS}
    assert found == {word: kind for kind, words in PLACEHOLDERS.items() for word in words}
    assert placeholder_kinds(pl.Series(SPELLINGS)).to_list() == list(found.values())


def test_what_is_more_than_a_placeholder_is_a_value() -> None:
    values = pl.Series([*REAL, None])
    assert placeholder_kinds(values).to_list() == [None] * len(values)
    assert drop_placeholders(values).to_list() == values.to_list()


@pytest.mark.parametrize("word", SPELLINGS)
def test_a_placeholder_is_no_account_no_contact_and_no_handle(word: str) -> None:
    shop = source(c1="account_id", c2="email")
    frame = with_account(rows(shop, (word, "ada@x.hk"), (word, None), ("A1", None)), shop, "HK")
    guest, nobody, own = frame["account_id"]
    assert (guest.startswith("guest-"), nobody, own) == (True, None, "A1")
    assert list_placeholders(frame).rows() == [
        ("d", 1, find_placeholder(word), True),
        ("d", 2, find_placeholder(word), False),
    ]
    field = pl.Series([word])
    keys = [email_keys(field)[0].to_list(), phone_keys(field, "HK")[0].to_list(), handle_key(field)[0]]
    assert [*keys, national_id_key(field)[0]] == [[], [], None, None]


def test_real_accounts_stay_their_own() -> None:
    shop = source(c1="account_id", c2="email")
    frame = with_account(rows(shop, *((word, "ada@x.hk") for word in REAL)), shop, "HK")
    assert frame["account_id"].to_list() == REAL
    assert list_placeholders(frame).is_empty()


def test_an_address_of_nobody_is_no_account() -> None:
    shop = source(c1="account_id")
    given = ["none@none.com", "noreply@shop.hk", "ada@x.hk", "@ada"]
    assert with_account(rows(shop, *((g,) for g in given)), shop, "HK")["account_id"].to_list() == [
        None, None, "ada@x.hk", "@ada"]  # fmt: skip


def test_a_word_for_nobody_may_be_somebodys_handle_where_it_is_written_as_one() -> None:
    given = ["@unknown", "https://x.com/test", "unknown", "@null", "null", "-"]
    posts = source("social", c1="account_id")
    found = with_account(rows(posts, *((g,) for g in given)), posts, "HK")["account_id"].to_list()
    assert found == ["@unknown", "https://x.com/test", None, None, None, None]
    shop = source(c1="account_id")
    assert with_account(rows(shop, ("@unknown",)), shop, "HK")["account_id"].to_list() == [None]


def test_whoever_answers_a_consent_notice_as_account_0_answers_for_nobody() -> None:
    crm = source("consent", "crm", c1="account_id", c2="category", c3="status", c4="occurred_at")
    answers = [(word, "marketing", "yes", None) for word in ("0", "NULL", "guest", "匿名", "C1")]
    assert clean_consent(with_account(rows(crm, *answers), crm, "HK"), crm)["account_id"].to_list() == ["C1"]


def test_placeholders_are_no_thread_and_no_agent() -> None:
    desk = source("support", c1="account_id", c2="parent_id", c3="agent")
    given = [("U1", "0", "Unassigned"), ("U2", "null", "-"), ("U3", "T1", "guest")]
    rates = pl.DataFrame(schema={"currency": pl.String, "valid_from": pl.Date, "rate": pl.Float64})
    event = clean_event(with_account(rows(desk, *given), desk, "HK"), desk, rates, "HKD", "UTC")
    assert event.select("parent_id", "agent").rows() == [(None, None), (None, None), ("T1", "guest")]


@pytest.mark.parametrize(
    ("keys", "fields"),
    [
        (
            email_keys,
            "none@none.com test@test.com noemail@example.com na@na.na undefined@undefined.com guest@guest.com"
            " user@example.com name@domain.com your@email.com foo@bar.com 123@123.com 0@0.com test123@test.com"
            " testtest@x.hk keine@keine.de unbekannt@x.de sincorreo@x.es ninguno@x.es pasdemail@x.fr aucun@aucun.fr"
            " 無@x.hk noone@nowhere.com",
        ),
        (
            lambda field: phone_keys(field, "HK"),
            "0 00 999 12345 00000000 99999999 12345678 87654321 11112222 11223344 12341234 12312312 90000000"
            " +85200000000 13800000000 13800138000 13000000000 0000-0000",
        ),
        (
            handle_key,
            r"- @- @null @None @nan N/A 0 00 -1 \N guest unknown 匿名 訪客 散客 gast invité xxx pos walk-in @_ nobody",
        ),
        (
            national_id_key,
            "N/A 000000 00000 10000 A0000000 A000000(0) 123456 12345678 TEST123 NONE12 NA12345 NULL0001 XXX123456"
            " 111-11-1111 999-99-9999 UNKNOWN1 12121212",
        ),
    ],
)
def test_no_key_is_made_of_what_only_fills_a_field(keys: Any, fields: str) -> None:
    given = fields.split()
    found = keys(pl.Series(given))
    none = found.list.len() == 0 if isinstance(found.dtype, pl.List) else found.is_null()
    assert [word for word, is_none in zip(given, none, strict=True) if not is_none] == []


FIRST = ["Alice", "Bernard", "Carmen", "Diego", "Elena", "Felix", "Greta", "Hugo", "Irene", "Jonas"]
LAST = ["Abbott", "Baker", "Castillo", "Durand", "Eriksen", "Fischer", "Garnier", "Hoffmann"]
SHOP = [
    key("id", "event_id"), column("cust", "account_id"), column("name", "full_name"), column("email", "email"),
    column("at", "occurred_at", "timestamp", required=True), column("amt", "amount", "number", required=True),
]  # fmt: skip
BLANKS = ["0", "", "NULL", "null", "guest", "N/A", "-1", "-"]


def sell(world: Any, accounts: list[str]) -> None:
    """A delivery of eighty people's sales, each under one of these accounts."""
    email = "{}.{}@example.com".format
    lines = [
        f"{n},{accounts[n % len(accounts)]},{first} {last},{email(first, last).lower()},2026-03-01,10.00\n"
        for n, (last, first) in enumerate(product(LAST, FIRST))
    ]
    world.deliver("sales.csv", ["id,cust,name,email,at,amt\n", *lines])


@pytest.fixture
def shop(empty_world: Any) -> Any:
    """A shop alone, which has nothing but sales."""
    for contract in empty_world.contracts.glob("*.odcs.yaml"):
        contract.unlink()
    empty_world.declare("sales", columns=SHOP)
    return empty_world


@pytest.mark.parametrize("accounts", [BLANKS, SPELLINGS[:60:2], SPELLINGS[60:140:2]])
def test_eighty_people_without_an_account_are_eighty_customers(shop: Any, accounts: list[str]) -> None:
    plain = [word for word in accounts if not {",", '"'} & set(word)]
    sell(shop, plain)
    report = shop.night(AS_OF)
    assert report["customers"] == report["accounts"] == 80
    named = sum(1 for n in range(80) if plain[n % len(plain)].strip())
    counts = report["placeholder_accounts"]
    assert sum(count["records"] for count in counts) == sum(count["guests"] for count in counts) == named
    assert {count["source"] for count in counts} == {"sales"}
    assert f"sales: {named} records name no account but a placeholder (" in show_report(report)
    assert f"{named} are guests', by their e-mail, phone or other identifiers, 0 nobody's" in show_report(report)


def test_an_account_of_many_people_is_reported_and_ties_nobody_together(shop: Any) -> None:
    sell(shop, ["999", "A1"])
    with (shop.data / "sales.csv").open("a") as file:
        file.write("900,A2,Zoe Zweig,zoe@example.com,2026-03-01,1\n")
        file.write("901,A3,Alice Abbott,alice.abbott@example.com,2026-03-01,1\n")
    report = shop.night(AS_OF)
    (found,) = [r for r in report["checks"]["published"] if r["rule"] == "identity.shared_account"]
    assert (found["is_passed"], found["severity"]) == (False, "warning")
    assert (found["failed_count"], found["checked_count"]) == (2, 4)
    assert "2 accounts stand for more than 8 names and more than 8 e-mails and phones each" in found["message"]
    assert "sales: 2" in found["message"]
    assert "example.com" not in found["message"]
    query = "SELECT account_id, full_name, email FROM customer_identity JOIN customer_profile USING (customer_id)"
    assert sorted(shop.ask(query)) == [
        ("999", None, None), ("A1", None, None), ("A2", "Zoe Zweig", "zoe@example.com"),
        ("A3", "Alice Abbott", "alice.abbott@example.com"),
    ]  # fmt: skip
    rules = shop.ask(
        "SELECT rule, min(place), count(*) FROM customer_profile_provenance WHERE account_id = '999' GROUP BY ALL"
    )
    assert [(rule, least > 1) for rule, least, _ in rules] == [("account of many people", True)]


def test_the_page_of_a_report_counts_placeholders(shop: Any) -> None:
    sell(shop, ["guest", "A1"])
    page = draw_page(shop.night(AS_OF))
    assert "Records with a placeholder for an account, by source and kind" in page
    assert "sales: nobody" in page


def test_a_table_of_people_has_no_placeholder_for_an_id_or_a_handle() -> None:
    given = pl.Series(["N/A", "Z1234567", "000000", None])
    assert key_values("national_id", given, "HK").list.drop_nulls().to_list() == [[], ["Z1234567"], [], []]
    assert key_values("handle", given, "HK").list.drop_nulls().to_list() == [[], ["Z1234567"], [], []]


def test_an_account_of_one_person_with_many_addresses_is_no_shared_account(shop: Any) -> None:
    lines = [f"{n},A1,Zoe Zweig,zoe{n}@example.com,2026-03-01,10.00\n" for n in range(20)]
    shop.deliver("sales.csv", ["id,cust,name,email,at,amt\n", *lines])
    report = shop.night(AS_OF)
    (found,) = [r for r in report["checks"]["published"] if r["rule"] == "identity.shared_account"]
    assert found["is_passed"]


def test_placeholders_point_to_no_account_of_another_source(world: Any) -> None:
    """A ticket and an answer of account 0, and one of a register that has such a row."""
    world.deliver_all()
    world.deliver("crm.csv", CRM_HEAD + WONG + "0,Shop Till,,,,\n")
    world.deliver("consent.csv", CONSENT_HEAD + "0,direct_marketing,granted,2026-01-05 10:00\n")
    ticket = {**TICKETS[0], "user": {"id": "null", "email": "mei@example.com"}}
    world.deliver("tickets.jsonl", [ticket, {**ticket, "id": "T2", "user": {"id": "0", "email": None}}])
    report = world.night(AS_OF)
    assert world.ask("FROM customer_consent") == []
    assert world.ask("SELECT count(*) FROM customer_identity WHERE account_id IN ('0', 'null')") == [(0,)]
    assert report["placeholder_accounts"] == [
        {"source": "consent", "kind": "number", "records": 1, "guests": 0},
        {"source": "crm", "kind": "number", "records": 1, "guests": 0},
        {"source": "tickets", "kind": "null", "records": 1, "guests": 1},
        {"source": "tickets", "kind": "number", "records": 1, "guests": 0},
    ]
    (mei,) = world.ask("SELECT customer_id FROM customer_identity WHERE source = 'crm'")
    assert world.ask("SELECT customer_id FROM customer_identity WHERE source = 'tickets'") == [mei]


def test_a_ticket_that_gets_its_account_later_is_counted_no_more(world: Any) -> None:
    world.deliver_all()
    ticket = {**TICKETS[0], "id": "T9", "user": {"id": "guest", "email": None}}
    world.deliver("tickets-2026-03-09.jsonl", [ticket])
    assert world.night(AS_OF)["placeholder_accounts"] == [
        {"source": "tickets", "kind": "nobody", "records": 1, "guests": 0}
    ]
    world.deliver("tickets-2026-03-10.jsonl", [{**ticket, "user": {"id": "U2", "email": "mei@example.com"}}])
    night = AS_OF + timedelta(days=1)
    assert world.night(night)["placeholder_accounts"] == []
    require_same_as_full(world, night)


SALE = "{line},R{line},{account},{email},1,10.00,HKD,2026-03-0{day} 10:00\n"


def test_a_home_of_an_earlier_program_has_all_cleaned_again(published: Any) -> None:
    """Before, account 0 was an account, and nobody counted."""
    late = SALES_HEAD + SALE.format(line="L9", account="0", email="new@example.com", day=9)
    published.deliver("sales-2.csv", late)
    published.night(AS_OF + timedelta(days=1))
    number = published.generation
    path = published.home.generations / str(number) / "workings.duckdb"
    path.chmod(0o600)
    with open_database(path) as con:
        con.execute("DROP TABLE clean.placeholder")
        con.execute("DROP TABLE profile.unfit_value")
        con.execute("UPDATE clean.event SET account_id = '0' WHERE event_id = 'L9'")
    published.deliver("sales-3.csv", SALES_HEAD + SALE.format(line="L10", account="A2", email="mei@example.com", day=8))
    night = published.night(AS_OF + timedelta(days=2))
    assert night["placeholder_accounts"] == [{"source": "sales", "kind": "number", "records": 1, "guests": 1}]
    assert published.ask("SELECT count(*) FROM clean.event WHERE account_id = '0'") == [(0,)]
    require_same_as_full(published, AS_OF + timedelta(days=2))


def test_no_value_of_a_customer_stands_in_what_is_said_of_placeholders(shop: Any) -> None:
    sell(shop, ["guest"])
    report = str(shop.night(date(2026, 3, 10))["placeholder_accounts"])
    assert "example" not in report
    assert "Abbott" not in report
