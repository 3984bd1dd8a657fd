"""Cleaning of whole rows: accounts, attributes, events, consents. Single values have tests of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.worlds.frames import ENGINES, World, table
from transforms.clean.accounts import clean_account, with_account
from transforms.clean.attributes import clean_attribute, merge_observations, observe_values
from transforms.clean.consents import CONSENT, clean_consent, pick_consent
from transforms.clean.events import clean_event
from warehouse.contracts.model import Column, Location, Source

RATES = table(
    {"currency": pl.String, "valid_from": pl.Date, "rate": pl.Float64},
    ("USD", date(2026, 1, 1), 7.0),
    ("USD", date(2026, 6, 1), 8.0),
)


def source(kind: str = "transactions", account_source: str = "", **roles: str) -> Source:
    """A source whose columns are called c1, c2, … so that nothing can depend on their names; roles as column=role."""
    columns = tuple(Column(name, (name,), "string", role=role) for name, role in roles.items())
    place = Location("local", "x", "csv")
    return Source(
        "shop", kind, "append", columns, place, Path("x"), "1", "", "", account_source=account_source or "shop"
    )  # type: ignore[arg-type]


def rows(of: Source, *values: tuple[Any, ...], at: datetime = datetime(2026, 6, 1)) -> pl.DataFrame:
    """Rows as raw gives them: delivery, record, columns, key and when they were seen."""
    names = [c.name for c in of.columns]
    frame = pl.DataFrame([dict(zip(names, v, strict=True)) for v in values], infer_schema_length=None)
    return frame.with_columns(
        _delivery_id=pl.lit("d"),
        _record=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        _key=pl.concat_str(pl.lit("key"), pl.int_range(1, pl.len() + 1)),
        seen_at=pl.lit(at),
    )


def test_a_row_without_account_belongs_to_a_guest_keyed_by_its_identifiers() -> None:
    shop = source(c1="account_id", c2="email", c3="phone", c4="full_name")
    frame = rows(
        shop,
        ("A1", "a@x.hk", None, None),
        (" ", "Bo@X.hk ", "9123 4567", "Bo Li"),
        (None, "bo@x.hk", "+852 91234567", "LI Bo"),
        (None, None, None, "Nobody"),
        (None, None, "99999999", "Placeholder"),
        (None, "bo@x.hk", "91234567", "Cy Ho"),
    )
    ids = with_account(frame, shop, "HK")["account_id"].to_list()
    assert ids[0] == "A1"
    assert ids[1] == ids[2]
    assert ids[1].startswith("guest-")
    assert ids[3] is ids[4] is None
    assert ids[5] != ids[1]


def test_an_account_of_another_source_is_named_as_such_but_guests_stay_at_home() -> None:
    desk = source("support", "users", c1="account_id", c2="email")
    frame = with_account(rows(desk, ("U1", None), (None, "a@x.hk")), desk, "HK")
    assert frame["account_source"].to_list() == ["users", "shop"]
    assert frame["is_guest"].to_list() == [False, True]


def test_a_source_without_account_column_has_guests_only() -> None:
    shop = source(c1="email")
    assert with_account(rows(shop, ("a@x.hk",)), shop, "HK")["is_guest"].to_list() == [True]


def test_accounts_are_seen_first_and_last() -> None:
    shop = source(c1="account_id")
    early, late = rows(shop, ("A",), at=datetime(2026, 1, 1)), rows(shop, ("A",), ("B",), at=datetime(2026, 2, 1))
    seen = clean_account(with_account(pl.concat([late, early]), shop, "HK"))
    assert seen.select("account_id", "first_seen_at", "last_seen_at").rows() == [
        ("A", datetime(2026, 1, 1), datetime(2026, 2, 1)),
        ("B", datetime(2026, 2, 1), datetime(2026, 2, 1)),
    ]


def sight(of: Source, *values: tuple[Any, ...]) -> pl.DataFrame:
    return observe_values(with_account(rows(of, *values), of, "HK"), of)


def attributes(of: Source, *values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    frame = clean_attribute(sight(of, *values), of, "HK", date(2026, 6, 30))
    return frame.select("account_id", "attribute", "value", "key", "seen_count").rows()


def test_one_row_an_account_attribute_and_value_however_often_it_is_written() -> None:
    shop = source(c1="account_id", c2="email")
    assert attributes(shop, ("A", "a@x.hk"), ("A", "A@X.HK "), ("B", "a@x.hk"), ("B", None)) == [
        ("A", "email", "a@x.hk", "a@x.hk", 2),
        ("B", "email", "a@x.hk", "a@x.hk", 1),
    ]


def test_several_phones_in_a_field_are_several_values() -> None:
    shop = source(c1="account_id", c2="phone")
    assert attributes(shop, ("A", "6437 1234 / ９１２３４５６７")) == [
        ("A", "phone", "+852 6437 1234", "+85264371234", 1),
        ("A", "phone", "+852 9123 4567", "+85291234567", 1),
    ]


def test_a_placeholder_is_shown_but_is_no_key() -> None:
    shop = source(c1="account_id", c2="phone")
    assert attributes(shop, ("A", " 99999999 ")) == [("A", "phone", "99999999", None, 1)]


def test_a_name_in_parts_is_also_a_full_name() -> None:
    crm = source("customers", c1="account_id", c2="surname", c3="given_name")
    found = {(a, kind): value for a, kind, value, *_ in attributes(crm, ("A", "Chan", "Tai Man"), ("B", "陳", "大文"))}
    assert found["A", "full_name"] == "Tai Man Chan"
    assert found["B", "full_name"] == "陳大文"


def test_folding_sightings_twice_is_folding_them_once() -> None:
    shop = source(c1="account_id", c2="email")
    frame = clean_attribute(sight(shop, ("A", "a@x.hk"), ("A", "b@x.hk")), shop, "HK", date(2026, 6, 30))
    assert merge_observations(frame).equals(frame)
    twice = merge_observations(pl.concat([frame, frame]))
    assert twice["seen_count"].to_list() == [2, 2]


def events(of: Source, *values: tuple[Any, ...], currency: str = "HKD") -> pl.DataFrame:
    return clean_event(with_account(rows(of, *values), of, "HK"), of, RATES, currency, "Asia/Hong_Kong")


SALE = {"c1": "account_id", "c2": "amount", "c3": "quantity", "c4": "status", "c5": "event_type"}


@pytest.mark.parametrize(
    ("amount", "quantity", "status", "event_type", "expected"),
    [
        (10.0, 1, None, None, ("sale", 10, 10)),
        (0.0, 1, None, None, ("sale", 0, 0)),
        (-10.0, -1, None, None, ("refund", -10, -10)),
        (10.0, -1, None, None, ("refund", -10, -10)),
        (-10.0, None, None, None, ("refund", -10, -10)),
        (10.0, None, None, "Refund", ("refund", -10, -10)),
        (10.0, 1, "退款", None, ("refund", -10, -10)),
        (10.0, 1, "Cancelled", None, ("cancelled", 10, 0)),
        (10.0, 1, "paid", "purchase", ("sale", 10, 10)),
    ],
)
def test_what_a_line_of_a_sale_counts(
    amount: float, quantity: int | None, status: str | None, event_type: str | None, expected: tuple[str, int, int]
) -> None:
    shop = replace(source(**SALE), currency="HKD")
    frame = events(shop, ("A", amount, quantity, status, event_type), ("A", 1.0, 1, "x", "x"))
    assert frame.select("event_type", "amount", "net_amount").rows()[0] == expected


def test_amounts_are_exact_and_converted_by_the_rate_of_the_business_day() -> None:
    shop = source(c1="account_id", c2="amount", c3="currency", c4="occurred_at")
    frame = events(
        shop,
        ("A", 0.1, "usd", datetime(2026, 5, 31, 15, 59)),
        ("A", 0.1, " USD", datetime(2026, 5, 31, 16)),
        ("A", 0.1, "HKD", datetime(2026, 6, 1)),
        ("A", 0.1, "EUR", datetime(2026, 6, 1)),
    )
    assert frame["net_amount"].to_list() == [Decimal("0.7"), Decimal("0.8"), Decimal("0.1"), None]
    assert frame["occurred_on"].to_list() == [date(2026, 5, 31), *[date(2026, 6, 1)] * 3]


def test_quantity_times_price_where_no_amount_is_given() -> None:
    shop = source(c1="account_id", c2="unit_price", c3="quantity", c4="currency")
    assert events(shop, ("A", 2.55, 6, "HKD"))["amount"].to_list() == [Decimal("15.3")]


def test_an_event_without_an_id_takes_its_key() -> None:
    assert events(source(c1="account_id"), ("A",))["event_id"].to_list() == ["key1"]
    assert events(source(c1="account_id", c2="event_id"), ("A", "e"), ("A", " "))["event_id"].to_list() == ["e", "key2"]


@pytest.mark.parametrize(("kind", "expected"), [("social", "post"), ("support", "ticket")])
def test_posts_and_tickets_are_named_so_unless_the_source_says_more(kind: str, expected: str) -> None:
    desk = source(kind, c1="account_id", c2="event_type")
    assert events(desk, ("A", None), ("A", "Reply"))["event_type"].to_list() == [expected, "reply"]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_consent_given_last_counts_and_the_no_at_the_same_minute(engine: str) -> None:
    crm = source("consent", c1="account_id", c2="category", c3="status", c4="occurred_at")
    noon = datetime(2026, 6, 1, 12)
    answers = [
        ("A", "Marketing", "withdrawn", noon),
        ("A", "marketing", "granted", datetime(2026, 6, 2)),
        ("A", "marketing", "withdrawn", datetime(2026, 7, 2)),
        ("B", "marketing", "granted", noon),
        ("B", "marketing", "withdrawn", noon),
        ("C", "marketing", "maybe", noon),
        (None, "marketing", "granted", noon),
    ]
    consent = clean_consent(with_account(rows(crm, *answers), crm, "HK"), crm)
    assert dict(consent.schema) == CONSENT
    identity = table(
        {"source": pl.String, "account_id": pl.String, "customer_id": pl.String}, *(("shop", a, a) for a in "ABC")
    )
    world = World(engine, consent=consent, identity=identity)
    found = pick_consent(world["consent"], world["identity"], datetime(2026, 6, 30, 16))
    assert world.rows(found, "customer_id", "purpose", "is_granted") == [
        ("A", "marketing", True),
        ("B", "marketing", False),
        ("C", "marketing", False),
    ]
