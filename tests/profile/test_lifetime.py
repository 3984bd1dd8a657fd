"""BG/NBD and gamma-gamma against what was published, an independent formula, a simulation, and data they cannot fit."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.special import hyp2f1

from transforms.profile.bgnbd import BgNbd, expect_if_alive, fit_bgnbd, p_alive
from transforms.profile.gamma_gamma import GammaGamma, expect_value, fit_gamma_gamma
from warehouse import ROOT

CDNOW = ROOT.parent / "shared" / "data" / "cdnow"
needs_cdnow = pytest.mark.skipif(not CDNOW.is_dir(), reason=f"no CDNOW data in {CDNOW}")
PUBLISHED = BgNbd(0.243, 4.414, 0.793, 2.426, -9582.4)


def floats(*values):
    return np.array(values, dtype=np.float64)


def read_cdnow():
    """Frequency, recency and age in weeks, counted over distinct customers."""
    told = pl.read_csv(CDNOW / "cdnow_customers_summary.csv").group_by("frequency", "recency", "T").len()
    return [told[c].cast(pl.Float64).to_numpy() for c in told.columns]


def simulate(model, customers, age, seed):
    """Purchases after the first at time 0, as the model has them: (frequency, recency, later purchases in age)."""
    random = np.random.default_rng(seed)
    rate, chance = random.gamma(model.r, 1 / model.alpha, customers), random.beta(model.a, model.b, customers)
    frequency, recency, later, now = (np.zeros(customers) for _ in range(4))
    stays = np.ones(customers, bool)
    while stays.any():
        now = np.where(stays, now + random.exponential(1 / np.maximum(rate, 1e-12)), np.inf)
        seen = now <= age
        frequency, recency = frequency + seen, np.where(seen, now, recency)
        later += (now > age) & (now <= 2 * age)
        stays &= (now <= 2 * age) & (random.random(customers) >= chance)
    return frequency, recency, later


@needs_cdnow
def test_the_fit_of_cdnow_is_the_published_one():
    model, reason = fit_bgnbd(*read_cdnow())
    assert reason == ""
    assert model[:4] == pytest.approx(PUBLISHED[:4], abs=0.002)
    assert model.log_likelihood == pytest.approx(-9582.4, abs=0.1)


@needs_cdnow
def test_the_fit_does_not_depend_on_the_unit_of_time():
    frequency, recency, age, count = read_cdnow()
    weeks, days = fit_bgnbd(frequency, recency, age, count)[0], fit_bgnbd(frequency, recency * 7, age * 7, count)[0]
    assert (days.r, days.alpha, days.a, days.b) == pytest.approx((weeks.r, weeks.alpha * 7, weeks.a, weeks.b), rel=1e-3)


@needs_cdnow
def test_the_worth_of_purchases_at_cdnow_is_the_published_one():
    """Repeat purchases of the first 39 weeks, as in the paper: p 6.25, q 3.74, v 15.44 over 946 customers."""
    lines = (CDNOW / "CDNOW_sample.txt").read_text().split("\n")
    fields = [line.split() for line in lines if line]
    bought = pl.DataFrame([(f[1], f[2], float(f[4])) for f in fields], schema=["id", "day", "paid"], orient="row")
    days = bought.filter(pl.col("day") < "19971001").group_by("id", "day").agg(pl.col("paid").sum())
    again = days.filter(pl.col("day") > pl.col("day").min().over("id")).group_by("id")
    told = again.agg(times=pl.len().cast(pl.Float64), mean=pl.col("paid").mean()).filter(pl.col("mean") > 0)
    assert len(told) == 946
    model, _ = fit_gamma_gamma(told["times"].to_numpy(), told["mean"].to_numpy(), np.ones(946))
    assert model[:3] == pytest.approx((6.25, 3.74, 15.44), abs=0.01)


def test_expectations_are_those_published_for_cdnow():
    """The paper's spreadsheet: 1.226 in 39 weeks; the BTYD package: 1.444 in 52 weeks of somebody new."""
    frequency, recency, age = floats(2), floats(30.43), floats(38.86)
    alive = p_alive(PUBLISHED, frequency, recency, age)
    assert (alive * expect_if_alive(PUBLISHED, frequency, age, 39))[0] == pytest.approx(1.226, abs=0.001)
    assert expect_if_alive(PUBLISHED, floats(0), floats(0), 52)[0] == pytest.approx(1.444, abs=0.003)


@needs_cdnow
def test_who_is_alive_at_cdnow_is_as_the_btyd_package_has_it():
    told = pl.read_csv(CDNOW / "cdnow_customers_summary.csv").cast(pl.Float64)
    alive = p_alive(PUBLISHED, *(told[c].to_numpy() for c in ("frequency", "recency", "T")))
    assert (np.quantile(alive, 0.25), alive.mean()) == pytest.approx((0.6604, 0.8134), abs=0.0005)


def test_expectations_agree_with_the_formula_of_the_paper():
    x, age = floats(0, 1, 2, 5, 20, 60), floats(10, 38, 38, 30, 30, 35)
    for a in (0.2, 0.793, 1.5, 4.0):
        r, alpha, _, b, _ = model = PUBLISHED._replace(a=a)
        z = 39 / (alpha + age + 39)
        series = hyp2f1(r + x, b + x, a + b + x - 1, z)
        expected = (a + b + x - 1) / (a - 1) * (1 - (1 - z) ** (r + x) * series)
        assert expect_if_alive(model, x, age, 39) == pytest.approx(expected, rel=1e-9)


def test_a_simulated_crowd_is_found_again():
    truth = BgNbd(0.8, 10, 0.9, 2.5, 0)
    frequency, recency, later = simulate(truth, 40_000, 50.0, seed=5)
    age = np.full(40_000, 50.0)
    assert fit_bgnbd(frequency, recency, age, np.ones(40_000))[0][:4] == pytest.approx(truth[:4], rel=0.15)
    expected = p_alive(truth, frequency, recency, age) * expect_if_alive(truth, frequency, age, 50)
    for among in (frequency == 0, frequency == 2, frequency > 5, recency > 40):
        error = later[among].std() / np.sqrt(among.sum())
        assert expected[among].mean() == pytest.approx(later[among].mean(), abs=4 * error)


def test_rows_of_many_customers_count_as_many():
    frequency, recency, _ = simulate(PUBLISHED, 3000, 40.0, seed=6)
    recency, age = np.floor(recency), np.full(3000, 40.0)
    rows, count = np.unique(np.stack([frequency, recency, age]), axis=1, return_counts=True)
    whole, _ = fit_bgnbd(frequency, recency, age, np.ones(3000))
    assert fit_bgnbd(*rows, count.astype(float))[0] == pytest.approx(whole, rel=1e-4)


@pytest.mark.parametrize("a", [1e-4, 1.0, 1e4])
@pytest.mark.parametrize("alpha", [1e-4, 1e4])
def test_whatever_the_parameters_expectations_are_finite_and_possible(a, alpha):
    model = BgNbd(0.5, alpha, a, 1.0, 0)
    x, age = floats(0, 0, 1, 3000), floats(0, 9999, 1, 9999)
    alive, expected = p_alive(model, x, age * 0.9, age), expect_if_alive(model, x, age, 365)
    assert np.isfinite(expected).all()
    assert (expected >= 0).all()
    assert ((alive >= 0) & (alive <= 1)).all()
    assert alive[:2].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "fewer than 30"),
        ([(0, 0, 9, 500)], "fewer than 30"),
        ([(3, 8, 9, 29), (0, 0, 4, 99)], "fewer than 30"),
        ([(3, 8, 9, 500)], "alike"),
        ([(1, 0, 0, 50), (0, 0, 0, 50)], "no time"),
    ],
)
def test_what_cannot_be_fitted_is_said(rows, reason):
    columns = np.array(rows, dtype=np.float64).reshape(-1, 4).T
    model, why = fit_bgnbd(*columns)
    assert model is None
    assert reason in why


@pytest.mark.parametrize(
    "rows",
    [
        [(1, 5, 9, 40), (1, 6, 9, 40)],
        [(1, 9, 9, 40), (2, 9, 9, 1)],
        [(400, 900, 900, 40), (0, 0, 1, 9)],
        [(1, 0, 0, 40), (0, 0, 1000, 1)],
        [(5, 0, 800, 100), (0, 0, 800, 10**9)],
    ],
)
def test_odd_data_runs_to_the_edge_and_is_said(rows):
    model, why = fit_bgnbd(*np.array(rows, dtype=np.float64).T)
    assert model is None
    assert "the fit ran to the edge of what it may be" in why


def test_nobody_is_said_to_be_alive_where_nobody_seems_to_leave():
    """With chances of leaving near none everybody would be alive with 100 %, which is no knowledge of anybody."""
    age, count = np.full(3000, 40.0), np.ones(3000)
    frequency, recency, _ = simulate(PUBLISHED._replace(a=1e-9, b=1e3), 3000, 40.0, seed=8)
    model, why = fit_bgnbd(frequency, recency, age, count)
    assert model is None
    assert why.startswith("nothing shows that customers stop buying")
    frequency, recency, _ = simulate(PUBLISHED._replace(a=0.1, b=5.0), 3000, 40.0, seed=8)
    model, why = fit_bgnbd(frequency, recency, age, count)
    assert why == ""
    assert 0.005 < model.a / (model.a + model.b) < 0.06


def test_a_simulated_worth_is_found_again():
    random, truth = np.random.default_rng(7), GammaGamma(5.0, 4.0, 90.0, 0)
    times = random.integers(2, 9, 30_000).astype(float)
    mean = random.gamma(truth.p * times) / (random.gamma(truth.q, size=30_000) / truth.v * times)
    model, _ = fit_gamma_gamma(times, mean, np.ones(30_000))
    assert model[:3] == pytest.approx(truth[:3], rel=0.15)
    assert expect_value(model, times, mean).mean() == pytest.approx(mean.mean(), rel=0.01)


def test_the_worth_of_one_purchase_says_less_than_that_of_many():
    model = GammaGamma(6.25, 3.74, 15.44, 0)
    everybody = model.p * model.v / (model.q - 1)
    once, often, returned = expect_value(model, floats(1, 50, 1), floats(100, 100, -20))
    assert everybody < once < often < 100
    assert 0 < returned < everybody


@pytest.mark.parametrize(("times", "mean"), [([], []), ([2] * 50, [10] * 50), ([2, 3], [10, 20])])
def test_worth_that_cannot_be_fitted_is_said(times, mean):
    model, why = fit_gamma_gamma(floats(*times), floats(*mean), np.ones(len(times)))
    assert model is None
    assert why
