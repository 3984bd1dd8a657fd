"""Amounts as shops, banks and spreadsheets write them: read right, or the row goes where somebody looks at it."""

import itertools
from dataclasses import replace

import duckdb
import polars as pl
import pytest

from tests.worlds.reading_world import source_of
from warehouse.contracts.model import Column, Source
from warehouse.landing.rows import RowWriter, landed_table
from warehouse.types.currencies import FITTING, MINOR_UNITS, minor_units, name_currency

UNREAD, FOREIGN = "unread", "foreign"
OWN = {"HKD": ("HK$", "$", "HKD", "港元", "元"), "EUR": ("€", "EUR", "Euro"), "JPY": ("¥", "￥", "円", "JPY"),
       "GBP": ("£", "GBP"), "CHF": ("CHF", "Fr."), "CNY": ("¥", "RMB", "元", "人民币"), "INR": ("₹", "Rs.", "INR"),
       "USD": ("US$", "$", "USD", "＄"), "BRL": ("R$", "BRL"), "PLN": ("zł", "PLN"), "KRW": ("₩", "원")}  # fmt: skip


def shop(currency: str | None = "HKD", own_column: bool = False, **said: object) -> Source:
    columns = [Column("amount", ("amount",), "number", role="amount", required=True, **said)]
    if own_column:
        columns.append(Column("cur", ("cur",), "string", role="currency"))
    return replace(source_of("id", delimiter=","), kind="transactions", currency=currency, columns=tuple(columns))


def land(source: Source, *rows: str | tuple[str, str | None]) -> list[tuple[object, ...]]:
    """What each row's amount (and currency) becomes, with UNREAD or FOREIGN for those that go to quarantine."""
    values = [row if isinstance(row, tuple) else (row,) for row in rows]
    names = [c.name for c in source.columns]
    frame = pl.DataFrame(values, schema=dict.fromkeys(names, pl.String), orient="row").with_row_index("_record", 1)
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute(landed_table(source))
        writer = RowWriter(con, source)
        writer.add("d", frame.with_columns(pl.col("_record").cast(pl.Int64)))
        writer.settle("d")
        writer.add("d", frame.with_columns(pl.col("_record").cast(pl.Int64)))
        writer.flush()
        found = con.execute(f"SELECT {', '.join(names)}, _mistyped FROM landed ORDER BY _record").fetchall()
    faults = {"amount": UNREAD, "currency:amount": FOREIGN}
    return [(faults[wrong[0]], *rest[1:]) if wrong else tuple(rest) for *rest, wrong in found]


def amounts(source: Source, *rows: str) -> list[object]:
    return [row[0] for row in land(source, *rows)]


def test_the_shapes_of_the_cases_are_read() -> None:
    german = ["1.234,56", "12,50", "-1.000,00", "1.234.567,89", "0,5", "12.345", "99", "1.234,56-", "−12,50",
              "1.234,56 €", "€ 5,00", "EUR 7,25", "12,-", "5,–"]  # fmt: skip
    assert amounts(shop("EUR"), *german) == [
        1234.56, 12.5, -1000, 1234567.89, 0.5, 12345, 99, -1234.56, -12.5, 1234.56, 5, 7.25, 12, 5,
    ]  # fmt: skip
    swiss = ["1'234.50", "1’234.50", "12.00", "CHF 7.50", "5.--", "12.-", "CHF 15.-", "Fr. 3.-"]
    assert amounts(shop("CHF"), *swiss) == [1234.5, 1234.5, 12, 7.5, 5, 12, 15, 3]
    french = ["1\u202f234,56", "1\u00a0234,56", "12,00", "-1 000,00", "3,5 €"]
    assert amounts(shop("EUR"), *french) == [1234.56, 1234.56, 12, -1000, 3.5]
    american = ["1,234.56", "(123.45)", "123.45-", "$1,234.00", "-$5.00", "$-5.00", "USD 12.00", "1e3", "12,345",
                "1,23,456.78", "  7 ", "+3.5", "−4", "$ 1 234.50"]  # fmt: skip
    assert amounts(shop("USD"), *american) == [
        1234.56, -123.45, -123.45, 1234, -5, -5, 12, 1000, 12345, 123456.78, 7, 3.5, -4, 1234.5,
    ]  # fmt: skip
    assert amounts(shop("JPY"), "１，２３４", "1234円", "3万", "￥500") == [1234, 1234, UNREAD, 500]
    assert amounts(shop(), "12%", "1k", "1.2M", "50¢", "1€50", "(5)-", "5.00 CR", "5 Cr") == [UNREAD] * 8


def test_guards_of_spreadsheets_are_no_part_of_a_number() -> None:
    guarded = ["'5", "'+5", "'-5", "'=5", '="00123"', "=-5", '="-1,234.50"', "'(5)", "'HK$5"]
    assert amounts(shop(), *guarded) == [5, 5, -5, 5, 123, -5, -1234.5, -5, 5]


def test_another_currency_than_the_rows_goes_to_quarantine() -> None:
    mixed = ["HK$100.00", "US$100.00", "¥100", "£100", "100", "RMB 100", "USD 100", "EUR 100"]
    assert amounts(shop("EUR"), *mixed) == [FOREIGN] * 4 + [100] + [FOREIGN] * 2 + [100]
    assert land(shop("EUR", own_column=True), ("US$1", "USD"), ("US$1", "eur"), ("€1", None), ("$1", "HKD")) == [
        (1, "USD"), (FOREIGN, "eur"), (1, "EUR"), (1, "HKD"),
    ]  # fmt: skip


def test_an_empty_currency_column_is_filled_by_the_cell() -> None:
    rows = [("US$1", None), ("RMB 30", " "), ("30", None), ("¥5", None), ("$5", None)]
    assert land(shop("HKD", own_column=True), *rows) == [
        (1, "USD"),
        (30, "CNY"),
        (30, None),
        (FOREIGN, None),
        (5, None),
    ]


@pytest.mark.parametrize("currency", ["HKD", "EUR", "JPY", "CHF"])
def test_every_sign_fits_its_own_currencies_and_no_other(currency: str) -> None:
    texts = {text: codes for mark, codes in FITTING.items() for text in (f"{mark} 7", f"7 {mark}", f"{mark}7".lower())}
    found = amounts(shop(currency), *texts)
    for (text, codes), got in zip(texts.items(), found, strict=True):
        assert got == (7 if currency in codes else FOREIGN), text


SEPARATORS = [(",", "."), (".", ","), ("'", "."), ("’", ","), (" ", ","), ("\u202f", ","), ("\u00a0", "."), ("", ".")]
AROUND = ["{m}{n}", "{m} {n}", "{n} {m}", "{n}{m}", "-{m}{n}", "{m}-{n}", "{n}-", "({n})", "({m}{n})", "'{n}", "'-{n}",
          '="{n}"', "−{n}", "\u200e{n}\u200f", "{n} {m}-", "{m}{n}.-", "{m} {n},--"]  # fmt: skip


def write_all(group: str, sign: str, marks: tuple[str, ...]) -> dict[str, float]:
    """Amounts in every way around, as one program writes them, and what they are."""
    written = {}
    for way, number, mark in itertools.product(AROUND, (1234567.5, 1234.25, 12.75, 950.5), marks):
        is_round = way.endswith((".-", ",--"))
        digits = f"{number:,.{0 if is_round else 2}f}"
        text = digits.replace(",", "G").replace(".", sign).replace("G", group)
        is_minus = not is_round and ("-" in way or "(" in way or "−" in way)
        written[way.format(m=mark, n=text)] = float(digits.replace(",", "")) * (-1 if is_minus else 1)
    return written


@pytest.mark.parametrize("currency", OWN)
def test_hundreds_of_ways_to_write_an_amount_are_right_or_loud(currency: str) -> None:
    for (group, sign), declared in itertools.product(SEPARATORS, (False, True)):
        source = shop(currency, decimal={",": "comma", ".": "point"}[sign] if declared else None)
        written = write_all(group, sign, OWN[currency])
        found = amounts(source, *written)
        loud = [text for text, got in zip(written, found, strict=True) if got in {UNREAD, FOREIGN}]
        assert [got for got in found if got not in {UNREAD, FOREIGN}] == [
            v for t, v in written.items() if t not in loud
        ]
        assert len(loud) <= len(written) / 50, loud


@pytest.mark.parametrize(
    ("said", "texts", "values"),
    [
        ({"thousands": "point"}, ["1.234", "12,5"], [1234, 12.5]),
        ({"thousands": "comma"}, ["1,234", "12.5"], [1234, 12.5]),
        ({"thousands": "none"}, ["1.234", "1.5"], [1.234, 1.5]),
        ({"thousands": "none", "decimal": "comma"}, ["1,234", "1.234"], [1.234, UNREAD]),
        ({"thousands": "apostrophe"}, ["1'234", "1 234"], [1234, UNREAD]),
        ({"thousands": "blank", "decimal": "comma"}, ["1 234,5", "1.234,5"], [1234.5, UNREAD]),
        ({"credit": "plus"}, ["5.00 CR", "5.00DR", "5 dr.", "HK$7 CR", "-5 CR", "5"], [5, -5, -5, 7, UNREAD, 5]),
        ({"credit": "minus"}, ["5.00 CR", "5.00 DR", "5,00 H"], [-5, 5, UNREAD]),
        ({"credit": "plus", "decimal": "comma"}, ["1.234,56 S", "5,00 H"], [-1234.56, 5]),
    ],
)
def test_declared_signs_are_taken_and_no_other(said: dict[str, str], texts: list[str], values: list[object]) -> None:
    assert amounts(shop(**said), *texts) == values


def test_codes_of_currencies_and_their_minor_units() -> None:
    assert [minor_units(code) for code in ("JPY", "HKD", "KWD", "CLF", "???", None)] == [0, 2, 3, 4, None, None]
    assert set(MINOR_UNITS.values()) == {0, 3, 4}
    said = [name_currency(word, "HKD") for word in ("eur", "€", "Euro", "RMB", "$", "HK$", "￥", "kr.", "gold", " ")]
    assert said == ["EUR", "EUR", "EUR", "CNY", "HKD", "HKD", "¥", "KR", "GOLD", None]
