"""Lifetime value and segments of a whole night."""

from __future__ import annotations

from datetime import timedelta

from serving.customer import show_customer
from tests.worlds.world import AS_OF, SALES_HEAD


def test_a_night_fits_who_bought_again_and_shows_it(sales):
    few = sales.ask("SELECT r, customers > 0, reason FROM profile.lifetime_model")
    assert few == [(None, True, "fewer than 30 customers bought again")]
    assert sales.ask("SELECT count(p_alive), count(expected_90_amount), count(segment) > 0 FROM customer_profile") == [
        (0, 0, True)
    ]
    days = [(n, d, AS_OF - timedelta(days=9 - d)) for n in range(60) for d in range(0, (2, 3, 9, 9)[n % 4], 1 + n % 3)]
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
    buyers = "FROM customer_profile WHERE order_count > 0"
    told = sales.ask(f"SELECT count(*), count(p_alive), count(expected_365_count), count(expected_90_amount) {buyers}")
    assert len(set(told[0])) == 1
    assert sales.ask(f"SELECT count(*) {buyers} AND NOT (p_alive BETWEEN 0 AND 1 AND expected_365_count >= 0)") == [
        (0,)
    ]
    said = show_customer(sales.home.root, "B1")
    for shown in ("segment", "next year", "days with orders expected"):
        assert shown in said
