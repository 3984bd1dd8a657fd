"""The contracts of examples/shapes read what shops, desks and payment services deliver, to the cent."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Executor
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from transforms.profile.aggregates.facts_support import CLOSED
from warehouse import ROOT
from warehouse.cleaning.clean import clean_rows
from warehouse.contracts.load import read_contracts
from warehouse.contracts.model import Source
from warehouse.contracts.published import published
from warehouse.contracts.settings import read_settings
from warehouse.home.layout import Home
from warehouse.landing.land import Landed, LoadHistory, begin_file, land_files
from warehouse.night import run_night
from warehouse.types.vocabularies import find_meaning

pytestmark = pytest.mark.slow

SHAPES = ROOT / "examples" / "shapes"
CASES = ROOT.parent / "shared" / "cases"
RATES = pl.DataFrame({"currency": ["CNY", "USD", "JPY"], "valid_from": [None] * 3, "rate": [1.1, 7.8, 0.05]},
                     schema={"currency": pl.String, "valid_from": pl.Date, "rate": pl.Float64})  # fmt: skip


def events_of(folder: Path, shape: str, name: str, *files: Path) -> tuple[pl.DataFrame, Source]:
    """The events that a shape's contract makes of files; every record is read, and nothing of it is unreadable."""
    contracts = read_contracts(SHAPES / shape / "contracts")
    source, settings = contracts.source(name), read_settings(SHAPES / shape / "contracts")
    with duckdb.connect() as con:
        writer = begin_file(con, source, LoadHistory())
        land_files(writer, files, LoadHistory(), Landed(name), folder / "snapshots")
        assert con.execute("FROM landing_problem UNION ALL SELECT rule, row FROM quarantine").fetchall() == []
        assert con.execute("SELECT count(*) FROM landed WHERE len(_mistyped) > 0").fetchall() == [(0,)]
        rows = con.sql("SELECT * EXCLUDE (_mistyped, _row) FROM landed ORDER BY _record").pl()
    rows = rows.with_columns(_key=pl.format("k{}", "_record"), seen_at=pl.lit(None, pl.Datetime("us")))
    rates = RATES.with_columns(valid_from=pl.date(2020, 1, 1))
    return clean_rows(rows, source, settings, rates, ["event"])["event"], source


def net_by_currency(events: pl.DataFrame) -> dict[str, float]:
    counting = events.filter(~pl.col("event_type").is_in(["cancelled", "pending"]))
    return {
        code: round(float(net), 2) for code, net in counting.group_by("currency").agg(pl.col("amount").sum()).rows()
    }


@pytest.mark.parametrize(
    ("shape", "name", "types", "net"),
    [
        ("german_shop", "orders", {"sale": 3, "refund": 1, "cancelled": 2, "pending": 1}, {"EUR": 1283.5}),
        ("hong_kong_shop", "orders", {"sale": 4, "refund": 1, "cancelled": 1}, {"HKD": 1280, "CNY": 300}),
        ("shopify", "orders", {"sale": 5, "refund": 2, "cancelled": 1}, {"EUR": 95}),
        ("woocommerce", "orders", {"sale": 3, "refund": 1, "cancelled": 2, "pending": 3}, {"HKD": 41.5}),
        ("stripe", "charges", {"sale": 4, "refund": 2, "cancelled": 1, "pending": 1},
         {"USD": 10.5, "JPY": 1000, "HKD": 25}),
        ("order_lines", "orders", {"sale": 2, "cancelled": 1}, {"HKD": 216}),
        ("bank_statement", "bookings", {"refund": 2, "sale": 1}, {"HKD": 1493.5}),
    ],
)  # fmt: skip
def test_orders_come_to_what_they_are(
    tmp_path: Path, shape: str, name: str, types: dict[str, int], net: dict[str, float]
) -> None:
    (file,) = [f for f in (SHAPES / shape / "data").iterdir() if f.name[:4] in {"best", "orde", "char", "stat"}]
    events, source = events_of(tmp_path, shape, name, file)
    assert Counter(events["event_type"]) == types
    assert net_by_currency(events) == net
    names = [name for name in published("customer_event").key if name in events.columns]
    assert {"delivery_id", "record", "event_type"} <= set(names)
    assert events.select(names).is_duplicated().sum() == 0  # or the gate would close on every refund
    words = {word for word in events["status"] if word is not None}
    assert {find_meaning(word, source.kind, "status") for word in words}.isdisjoint({None})


@pytest.mark.parametrize("shape", sorted(path.name for path in SHAPES.iterdir() if path.is_dir()))
def test_a_night_publishes_them(tmp_path: Path, checker: Executor, shape: str) -> None:
    report: dict[str, Any] = run_night(Home(tmp_path), SHAPES / shape / "contracts", date(2026, 11, 28))
    assert report["status"] == "published"
    assert {name: n["quarantined"] for name, n in report["sources"].items() if n["quarantined"]} == {}
    failed = {r["rule"] for found in report["checks"].values() for r in found if not r["is_passed"]}
    assert failed <= {"unexpected_column:Total"}


def test_a_later_line_belongs_to_the_customer_of_its_order(tmp_path: Path) -> None:
    events, _ = events_of(tmp_path, "shopify", "orders", *(SHAPES / "shopify" / "data").iterdir())
    by_order = events.group_by("parent_id").agg(pl.col("account_id").n_unique(), pl.col("currency").n_unique())
    assert by_order.drop("parent_id").unique().rows() == [(1, 1)]


def test_lines_of_a_list_have_the_fields_of_their_order(tmp_path: Path) -> None:
    events, _ = events_of(tmp_path, "order_lines", "orders", *(SHAPES / "order_lines" / "data").iterdir())
    found = events.select("event_id", "parent_id", "account_id", "item_id").sort("event_id").rows()
    assert found == [
        ("90001", "5001", "71", "TEA-1"),
        ("90002", "5001", "71", "CUP-4"),
        ("90003", "5002", "72", "TEA-1"),
    ]


@pytest.mark.parametrize(("shape", "name", "closed"), [("german_shop", "tickets", 1), ("freshdesk", "tickets", 2)])
def test_tickets_are_open_or_done(tmp_path: Path, shape: str, name: str, closed: int) -> None:
    files = [f for f in (SHAPES / shape / "data").iterdir() if f.name[:4] in {"anfr", "tick"}]
    events, _ = events_of(tmp_path, shape, name, *files)
    assert events["status"].str.to_lowercase().is_in(CLOSED).sum() == closed


@pytest.mark.parametrize(
    ("shape", "name", "case", "net"),
    [
        ("shopify", "orders", "shapes/shopify_csv/data/orders_export.csv", {"EUR": 2380}),
        ("woocommerce", "orders", "values/woo_json/data/orders.json", {"HKD": 580}),
        ("stripe", "charges", "values/stripe_jsonl/data/charges.jsonl", {"JPY": 22920, "HKD": 229.2, "USD": 152.7}),
    ],
)
def test_the_cases_come_to_their_truth(tmp_path: Path, shape: str, name: str, case: str, net: dict[str, float]) -> None:
    if not (CASES / case).is_file():
        pytest.skip(f"{CASES / case} is absent")
    assert net_by_currency(events_of(tmp_path, shape, name, CASES / case)[0]) == net


def test_the_case_of_numbered_statuses_comes_to_its_truth(tmp_path: Path) -> None:
    file = CASES / "values/freshdesk/data/tickets.csv"
    if not file.is_file():
        pytest.skip(f"{file} is absent")
    events, _ = events_of(tmp_path, "freshdesk", "tickets", file)
    assert (events.height, events["status"].is_in(CLOSED).sum()) == (40, 20)
