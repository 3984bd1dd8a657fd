"""What an order comes to: statuses, refunded parts, minor units, two columns, and columns that are carried down."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from transforms.clean.accounts import with_account
from transforms.clean.consents import clean_consent
from transforms.clean.events import clean_event
from transforms.clean.meanings import translate_words
from warehouse.contracts.model import Column, Location, Source
from warehouse.landing.carry_down import CarryDown

RATES = pl.DataFrame(
    {"currency": ["USD", "JPY", "KWD"], "valid_from": [date(2026, 1, 1)] * 3, "rate": [8.0, 0.05, 25.0]}
)


def shop(*columns: Column, kind: str = "transactions", currency: str | None = "HKD") -> Source:
    place = Location("local", "x", "csv")
    own = (Column("who", ("who",), "string", role="account_id"), *columns)
    return Source("shop", kind, "append", own, place, Path("x"), "1", "", "", account_source="shop", currency=currency)


def column(role: str, kind: str = "string", **more: Any) -> Column:
    return Column(f"c {role}", (f"c {role}",), kind, role=role, **more)


MONEY = ("amount", "refunded_amount", "unit_price", "quantity", "debit", "credit")


def events(source: Source, *rows: dict[str, Any]) -> pl.DataFrame:
    """Events of rows, each by its role."""
    schema = {c.name: pl.Float64 if c.role in MONEY else pl.String for c in source.columns}
    full = [{"who": "A", **{f"c {role}": value for role, value in row.items()}} for row in rows]
    frame = pl.DataFrame(full, schema=schema).with_row_index("_record", 1).with_columns(
        pl.col("_record").cast(pl.Int64), _delivery_id=pl.lit("d"), seen_at=pl.lit(datetime(2026, 6, 1)),
        _key=pl.format("k{}", "_record"),
    )  # fmt: skip
    owned = with_account(translate_words(frame, source), source, "HK")
    return clean_event(owned, source, RATES, "HKD", "Asia/Hong_Kong")


def nets(source: Source, *rows: dict[str, Any]) -> list[tuple[Any, ...]]:
    found = events(source, *rows).sort("record", "event_type", descending=[False, True])
    return [
        (kind, float(net) if net is not None else None) for kind, net in found.select("event_type", "net_amount").rows()
    ]


ORDER = shop(column("amount", "number"), column("status"))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("wc-completed", [("sale", 20)]), ("已付款", [("sale", 20)]),
        (None, [("sale", 20)]), ("Rätselhaft", [("sale", 20)]),
        ("storniert", [("cancelled", 0)]), ("交易关闭", [("cancelled", 0)]), ("failed", [("cancelled", 0)]),
        ("on-hold", [("pending", 0)]), ("pending", [("pending", 0)]), ("待付款", [("pending", 0)]),
        ("refunded", [("sale", 20), ("refund", -20)]), ("已退款", [("sale", 20), ("refund", -20)]),
        ("Refund", [("refund", -20)]), ("partially_refunded", [("sale", 20)]),
    ],
)  # fmt: skip
def test_a_status_says_what_an_order_counts(status: str | None, expected: list[tuple[str, float]]) -> None:
    assert nets(ORDER, {"amount": 20.0, "status": status}) == expected


def test_a_refund_row_that_is_negative_is_taken_once() -> None:
    assert nets(ORDER, {"amount": -20.0, "status": "refunded"}) == [("refund", -20)]


def test_declared_words_win_over_the_lists() -> None:
    means = {"Umtausch": "cancelled", "closed": "refunded", "paid": "pending", "3": "paid"}
    source = shop(column("amount", "number"), column("status", means=means))
    words = ["umtausch ", "CLOSED", "Paid", "3", "storniert"]
    found = [kind for kind, _ in nets(source, *({"amount": 1.0, "status": word} for word in words))]
    assert found == ["cancelled", "sale", "refund", "pending", "sale", "cancelled"]


def test_consents_and_genders_have_words_of_their_own() -> None:
    source = shop(
        column("category"), column("status", means={"jo": "granted"}), column("occurred_at"), column("gender"),
        kind="consent",
    )  # fmt: skip
    rows = pl.DataFrame({"who": ["A"] * 4, "c status": ["jo", "Ja", "nö", "opt-out"], "c category": ["mail"] * 4,
                         "c occurred_at": [datetime(2026, 1, 1)] * 4, "_delivery_id": ["d"] * 4, "_record": range(4),
                         "account_id": ["A"] * 4, "account_source": ["shop"] * 4})  # fmt: skip
    assert clean_consent(translate_words(rows, source), source)["is_granted"].to_list() == [True, True, False, False]


REFUNDING = shop(column("amount", "number"), column("refunded_amount", "number"), column("status"))


def test_the_refunded_part_is_a_refund_beside_the_sale() -> None:
    rows = [
        {"amount": 50.0, "refunded_amount": 5.0, "status": "partially_refunded"},
        {"amount": 50.0, "refunded_amount": -50.0, "status": "paid"},
        {"amount": 50.0, "refunded_amount": 0.0, "status": "refunded"},
        {"amount": 50.0, "refunded_amount": 50.0, "status": "voided"},
        {"amount": 50.0, "refunded_amount": 0.0, "status": "paid"},
    ]
    assert nets(REFUNDING, *rows) == [
        ("sale", 50), ("refund", -5), ("sale", 50), ("refund", -50), ("sale", 50), ("refund", -50), ("cancelled", 0),
        ("sale", 50),
    ]  # fmt: skip


def test_an_orders_refund_on_its_first_line_is_that_of_the_order() -> None:
    source = shop(
        column("parent_id"), column("unit_price", "number"), column("quantity", "number"), column("item_id"),
        column("category"), column("refunded_amount", "number"), column("status"),
    )  # fmt: skip
    first = {"parent_id": "O1", "unit_price": 10.0, "quantity": 1.0, "item_id": "P0", "category": "tea",
             "refunded_amount": 50.0, "status": "refunded"}  # fmt: skip
    second = {"parent_id": "O1", "unit_price": 20.0, "quantity": 2.0, "item_id": "P1", "status": "refunded"}
    found = events(source, first, second)
    assert float(found["net_amount"].sum()) == 0
    refund = found.filter(pl.col("event_type") == "refund").row(0, named=True)
    told = [refund[name] for name in ("event_id", "parent_id", "item_id", "category")]
    assert told == ["k1/refund", "O1", None, None]
    assert found["event_id"].n_unique() == 3


@pytest.mark.parametrize(
    ("scale", "currency", "expected"),
    [("minor", "HKD", 12.34), ("minor", "JPY", 1234), ("minor", "KWD", 1.234), ("minor", "usd", 12.34),
     (2, "JPY", 12.34),
     (0, "HKD", 1234), (None, "HKD", 1234), ("minor", None, 12.34), ("minor", "XYZ", None)],
)  # fmt: skip
def test_minor_units_go_by_the_currency(scale: Any, currency: str | None, expected: float | None) -> None:
    source = shop(column("amount", "number", scale=scale), column("currency"))
    amount = events(source, {"amount": 1234.0, "currency": currency})["amount"][0]
    assert amount == (None if expected is None else pytest.approx(Decimal(str(expected))))


@pytest.mark.parametrize(("credit", "sign"), [("plus", 1), ("minus", -1)])
def test_debit_and_credit_make_one_amount(credit: str, sign: int) -> None:
    source = shop(column("debit", "number", credit=credit), column("credit", "number", credit=credit))
    rows = [{"debit": 1000.0}, {"credit": 2500.5}, {"debit": -7.0, "credit": 0.0}]
    assert [net for _, net in nets(source, *rows)] == [sign * -1000, sign * 2500.5, sign * -7]


CARRYING = shop(
    column("parent_id"), column("status", carries_down=True), column("currency", carries_down=True), column("item_id")
)
LINES = pl.DataFrame(
    [("O1", "paid", "EUR", "a"), ("O1", None, " ", "b"), ("O2", None, None, "c"), ("O2", "void", "USD", "d"),
     ("O2", None, None, "e"), (None, None, None, "f"), ("O1", None, None, "g")],
    schema=["c parent_id", "c status", "c currency", "c item_id"], orient="row",
)  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_an_orders_columns_go_down_to_its_later_lines(size: int) -> None:
    carried = CarryDown(CARRYING)
    filled = pl.concat([carried.fill(LINES[start : start + size]) for start in range(0, LINES.height, size)])
    assert filled["c status"].to_list() == ["paid", "paid", None, "void", "void", None, "paid"]
    assert filled["c currency"].to_list() == ["EUR", "EUR", None, "USD", "USD", None, "EUR"]
    assert filled["c item_id"].to_list() == list("abcdefg")


@pytest.mark.parametrize("size", [1, 2, 7])
def test_an_orders_number_may_stand_on_its_first_line_only(size: int) -> None:
    columns = tuple(replace(c, carries_down=True) if c.role == "parent_id" else c for c in CARRYING.columns)
    lines = LINES.with_columns(pl.Series("c parent_id", ["O1", None, "O2", None, " ", None, "O3"]))
    carried = CarryDown(replace(CARRYING, columns=columns))
    filled = pl.concat([carried.fill(lines[start : start + size]) for start in range(0, lines.height, size)])
    assert filled["c parent_id"].to_list() == ["O1", "O1", "O2", "O2", "O2", "O2", "O3"]
    assert filled["c status"].to_list() == ["paid", "paid", None, "void", "void", "void", None]
