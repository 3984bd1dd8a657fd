"""Drift of features: what is planted is found, chance is not, and the gate and the report say which."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from warehouse.contracts.features import Feature
from warehouse.contracts.settings import Settings, SettingsError, require_valid
from warehouse.duck import store_rows
from warehouse.features.drift import (
    Bins,
    check_features,
    expect_noise,
    is_drifted,
    list_drift,
    measure_psi,
    watch_features,
)
from warehouse.monitoring.page import list_features

NIGHT = date(2026, 3, 1)


def feature(name: str, aggregate: str, column: str | None = None) -> Feature:
    return Feature(name, "transactions", (), aggregate, column, None, None, (), name)


FEATURES = (feature("spent", "sum", "net_amount"), feature("rare", "count"), feature("way", "last", "channel"),
            feature("seen", "max", "occurred_at"), feature("empty", "sum", "quantity"))  # fmt: skip


def draw_night(seed: int, **planted: Any) -> pl.DataFrame:
    """3,000 customers: amounts, a count that is 0 of 95 in 100, a way, a time that a tenth lacks, and nothing."""
    draw, size = np.random.default_rng(seed), 3000
    frame = pl.DataFrame(
        {
            "spent": draw.lognormal(3, 1, size).round(2),
            "rare": np.where(draw.random(size) < 0.95, 0, draw.integers(1, 30, size)),
            "way": draw.choice(["app", "shop", "web"], size, p=[0.2, 0.5, 0.3]),
            "seen": draw.integers(0, 10**15, size),
            "lacks": draw.random(size) < 0.1,
            "empty": pl.Series([None] * size, dtype=pl.Float64),
        }
    )
    seen = pl.when(~pl.col("lacks")).then(pl.col("seen").cast(pl.Datetime("us")))
    return frame.with_columns(seen=seen).drop("lacks").with_columns(**planted)


def watch(con: duckdb.DuckDBPyConnection, night: date, rows: pl.DataFrame, day: date | None = None) -> None:
    store_rows(con, "main.customer_feature", rows)
    watch_features(con, FEATURES, night, day)


@pytest.fixture
def con() -> Any:
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA profile")
        watch(con, NIGHT, draw_night(1))
        yield con


@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("spent", pl.col("spent") * 10),
        ("spent", pl.col("spent") + 30),
        ("spent", pl.lit(None, pl.Float64)),
        ("spent", pl.when(pl.col("spent") > 15).then("spent")),
        ("rare", pl.col("rare") * 10),
        ("rare", pl.col("rare") + 1),
        ("way", pl.col("way").replace("shop", "store")),
        ("seen", pl.col("seen") + timedelta(days=3000)),
        ("empty", pl.col("spent")),
    ],
)
def test_what_is_planted_is_found_and_nothing_else(con: Any, name: str, planted: pl.Expr) -> None:
    watch(con, NIGHT + timedelta(days=1), draw_night(2, **{name: planted}))
    found = list_drift(con, Settings())
    assert [f["feature"] for f in found if f["is_drifted"]] == [name]
    said = check_features(con, Settings())
    assert (said.severity, said.is_passed, said.is_closing) == ("warning", False, False)
    assert f"1 features are spread otherwise than on {NIGHT}: {name} (PSI " in said.message
    assert check_features(con, Settings(feature_drift="close")).is_closing
    page = "".join(list_features({"features": found}))
    assert f"against {NIGHT}; 1 of 5 have drifted" in page
    for value in ("shop", "store", "web"):  # no value leaves
        assert value not in page + said.message + str(found)


def test_slow_drift_is_seen_from_the_declared_day_only(con: Any) -> None:
    """A twelfth more each night: none is far from the night before, all together are far from where a model learned."""
    for number in range(1, 12):
        rows = draw_night(number + 5, spent=pl.col("spent") * 1.12**number)
        watch(con, NIGHT + timedelta(days=number), rows)
        assert check_features(con, Settings()).is_passed
    watch(con, NIGHT + timedelta(days=11), rows, NIGHT)
    assert [f["feature"] for f in list_drift(con, Settings()) if f["is_drifted"]] == ["spent"]
    settings = Settings(feature_reference="2026-02-01", feature_drift="close")
    watch(con, NIGHT + timedelta(days=11), rows, date(2026, 2, 1))
    said = check_features(con, settings)
    assert said.is_closing
    assert "no night up to 2026-02-01" in said.message


def test_other_definitions_and_few_customers_are_not_judged(con: Any) -> None:
    small = draw_night(3, spent=pl.col("spent") * 10).head(99)
    watch(con, NIGHT + timedelta(days=1), small)
    assert check_features(con, Settings()).is_passed
    other = tuple(feature(f.name, f.aggregate, f.column or "quantity") for f in FEATURES[1:2])
    store_rows(con, "main.customer_feature", draw_night(4))
    watch_features(con, other, NIGHT + timedelta(days=2), None)
    assert [f["psi"] for f in list_drift(con, Settings())] == [None]


def test_a_reference_that_is_no_date_is_refused() -> None:
    assert require_valid({"feature_reference": date(2026, 6, 30)}).feature_reference == "2026-06-30"
    with pytest.raises(SettingsError, match="feature_reference must be a date, as 2026-06-30"):
        require_valid({"feature_reference": "June"})


SHAPES = {
    "smooth": lambda draw, size: draw.lognormal(3, 2, size),
    "zeros": lambda draw, size: np.where(draw.random(size) < 0.97, 0.0, draw.random(size)),
    "counts": lambda draw, size: draw.poisson(1.5, size).astype(float),
    "nulls": lambda draw, size: np.where(draw.random(size) < 0.6, np.nan, draw.normal(size=size)),
}


@pytest.mark.parametrize("size", [100, 1000, 10_000])
@pytest.mark.parametrize("shape", SHAPES)
def test_200_nights_without_a_change_give_no_alarm(shape: str, size: int) -> None:
    """Other customers each night, drawn alike, judged by chance alone; the rate promised is one in a million."""
    draw = np.random.default_rng(size)
    first = SHAPES[shape](draw, size)
    bins = bins_of(first)
    before = spread(bins, first)
    alarms = 0
    for _ in range(200):
        now = spread(bins, SHAPES[shape](draw, size))
        alarms += is_drifted(measure_psi(before, now), expect_noise(before, now), 0.0)
    assert alarms == 0


def bins_of(values: Any) -> Bins:
    """As warehouse.features.drift.find_bins, of an array with nan for null."""
    there = values[~np.isnan(values)]
    found, counts = np.unique(there, return_counts=True)
    usual = float(found[counts.argmax()]) if counts.max() * 10 >= len(there) else None
    others = there if usual is None else there[there != usual]
    return Bins(usual, tuple(np.unique(np.quantile(others, np.arange(1, 10) / 10, method="inverted_cdf"))))


def spread(bins: Bins, values: Any) -> list[int]:
    there = values[~np.isnan(values)]
    others = there if bins.usual is None else there[there != bins.usual]
    places = np.bincount(np.searchsorted(bins.edges, others), minlength=len(bins.edges) + 1)
    usual = [] if bins.usual is None else [len(there) - len(others)]
    return [len(values) - len(there), *usual, *map(int, places)]
