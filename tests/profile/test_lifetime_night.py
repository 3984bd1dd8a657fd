"""Lifetime value and segments of a whole night."""

from __future__ import annotations

from datetime import timedelta

import duckdb
import numpy as np
import polars as pl
import pytest

from serving.cli.report import show_report
from serving.customer import show_customer
from tests.worlds.world import AS_OF, SALES_HEAD
from transforms.profile.aggregates.lifetime_value import COLUMNS, expect_lifetime
from transforms.profile.bgnbd import BgNbd
from transforms.profile.gamma_gamma import GammaGamma
from warehouse.duck import open_published, store_rows
from warehouse.monitoring.page import draw_page
from warehouse.monitoring.report import read_last_report
from warehouse.profile.lifetime import TABLES, list_forecasts, look_ahead
from warehouse.tables import frame_of

pytestmark = pytest.mark.slow


def test_a_night_fits_who_bought_again_and_shows_it(sales):
    """And as of each night a profile is what was served then, forecasts included, to the last digit."""
    few = sales.ask("SELECT r, customers > 0, reason FROM profile.lifetime_model")
    assert few == [(None, True, "fewer than 30 customers bought again")]
    assert sales.ask("SELECT count(p_alive), count(expected_90_amount), count(segment) > 0 FROM customer_profile") == [
        (0, 0, True)
    ]
    [(who,)] = sales.ask("SELECT min(customer_id) FROM customer_profile WHERE order_count > 0")
    assert "next year    no forecast: fewer than 30 customers bought again" in show_customer(sales.home.root, who)
    report = read_last_report(sales.home)
    why = "no forecast of purchases: fewer than 30 customers bought again; p_alive, "
    assert why in show_report(report)
    assert why.capitalize() in draw_page(report)
    days = [
        (n, d, AS_OF - timedelta(days=27 - 3 * d)) for n in range(60) for d in range(0, (2, 3, 9, 9)[n % 4], 1 + n % 3)
    ]
    lines = [
        f"B{n}-{day},,B{n},b{n}@example.com,1,{20 + n + 7 * d % 30}.00,HKD,{day} 1{n % 10}:00\n" for n, d, day in days
    ]
    sales.deliver("sales-2.csv", [SALES_HEAD, *lines])
    night = AS_OF + timedelta(days=1)
    sales.night(night)
    models = sales.ask(
        "SELECT as_of, r > 0, q > 1, log_likelihood < 0, reason FROM profile.lifetime_model ORDER BY as_of"
    )
    assert [model[0] for model in models] == [AS_OF, night]
    assert models[1][1:] == (True, True, True, "")
    assert "no forecast" not in show_report(read_last_report(sales.home))
    buyers = "FROM customer_profile WHERE order_count > 0"
    told = sales.ask(f"SELECT count(*), count(p_alive), count(expected_365_count), count(expected_90_amount) {buyers}")
    assert len(set(told[0])) == 1
    assert sales.ask(f"SELECT count(*) {buyers} AND NOT (p_alive BETWEEN 0 AND 1 AND expected_365_count >= 0)") == [
        (0,)
    ]
    said = show_customer(sales.home.root, "B1")
    for shown in ("segment", "next year", "days with orders expected"):
        assert shown in said
    require_past(sales, night)


def require_past(sales, fitted):
    """One customer buys, time passes for all others; all three nights are had again from the last."""
    last = fitted + timedelta(days=1)
    sales.deliver("sales-3.csv", [SALES_HEAD, f"N1,,B2,b2@example.com,1,99.00,HKD,{last} 12:00\n"])
    sales.night(last)
    for number, day in enumerate((AS_OF, fitted, last), 1):
        with open_published(sales.home.generations / str(number) / "customer_360.duckdb") as con:
            served = con.execute("FROM customer_profile ORDER BY customer_id").fetchall()
        with open_published(sales.home.require_current().database) as con:
            assert con.execute("FROM customer_profile_as_of(?) ORDER BY customer_id", [day]).fetchall() == served
    query = "SELECT count(*) FROM customer_profile_history WHERE valid_from < ? AND valid_to IS NULL AND p_alive < 1"
    assert sales.ask(query, last)[0][0] > 30  # these were worked out again


@pytest.mark.parametrize("model", [BgNbd(0.243, 4.414, 0.793, 2.426, 0), BgNbd(1e-3, 900.0, 8e3, 1e-2, 0), None])
@pytest.mark.parametrize("worth", [GammaGamma(6.25, 3.74, 15.44, 0), GammaGamma(1e-3, 1.0001, 1e12, 0), None])
def test_forecasts_in_sql_are_those_of_the_profile(model, worth):
    draw = np.random.default_rng(7)
    repeats, age = draw.integers(0, 9, 400), draw.integers(0, 3000, 400)
    recency = np.where(repeats > 0, (age * draw.random(400)).astype(int), 0)
    lives = pl.DataFrame({"customer_id": map(str, range(400)), "repeats": repeats, "recency": recency, "age": age,
                          "mean_worth": draw.normal(50, 90, 400)})  # fmt: skip
    columns = list_forecasts("l.repeats", "l.recency", "l.age", "l.mean_worth")
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA profile")
        con.execute(TABLES)
        store_rows(con, "lives", lives)
        ahead = look_ahead(con, frame_of(con, "lives"), model, AS_OF)
        parameters = [*(model[:4] if model else [None] * 4), *(worth[:3] if worth else [None] * 3)]
        named = ", ".join(f"?::DOUBLE AS {name}" for name in ("r", "alpha", "a", "b", "p", "q", "v"))
        con.execute(f"INSERT INTO profile.lifetime_model BY NAME SELECT {named}", parameters)
        made = expect_lifetime(frame_of(con, "lives"), ahead, model, worth).to_native().order("customer_id").fetchall()
        again = con.execute(
            f"SELECT customer_id, {', '.join(map(columns.get, COLUMNS))} FROM lives AS l"
            " CROSS JOIN profile.lifetime_model AS m LEFT JOIN profile.lifetime_ahead AS a USING (repeats, age)"
            " ORDER BY customer_id"
        ).fetchall()
    assert again == made
