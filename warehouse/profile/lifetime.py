"""Fitting each night how customers buy, and telling of each what is still expected; in bounded memory.

lives ─ counted ─→ fit_bgnbd, fit_gamma_gamma ─→ profile.lifetime_model ─→ expectations by (repeats, age) ─→ part
"""

from __future__ import annotations

from datetime import date

import duckdb
import numpy as np
import polars as pl

from transforms.engine import Frame
from transforms.profile.aggregates.lifetime_value import (
    HORIZONS,
    WORTH_STEP,
    count_lives,
    count_spending,
    expect_lifetime,
)
from transforms.profile.bgnbd import Array, BgNbd, expect_if_alive, fit_bgnbd
from transforms.profile.gamma_gamma import GammaGamma, fit_gamma_gamma
from warehouse.duck import fetch_row, store_rows
from warehouse.tables import frame_of, keep

MOST_ROWS = 300_000
"""Of more different lives, times are fitted in weeks."""
MODEL = """
    CREATE TABLE IF NOT EXISTS profile.lifetime_model (
        as_of DATE, r DOUBLE, alpha DOUBLE, a DOUBLE, b DOUBLE, p DOUBLE, q DOUBLE, v DOUBLE,
        customers BIGINT, log_likelihood DOUBLE, step_days BIGINT, reason VARCHAR, spending_reason VARCHAR
    )
"""


def build_lifetimes(con: duckdb.DuckDBPyConnection, lives: Frame, as_of: date) -> Frame:
    """The lifetime part of the profile, by models fitted tonight; these are kept, a row a business date.

    alpha is in days, v in the reporting currency; without a model its parameters are null and a reason says why.
    """
    lives = keep(con, "lives", lives)
    step = 1
    counted = keep(con, "lives_counted", count_lives(lives, step))
    if fetch_row(con, "SELECT count(*) FROM lives_counted")[0] > MOST_ROWS:
        step = 7
        counted = keep(con, "lives_counted", count_lives(lives, step))
    repeats, recency, age, count = read_columns(counted)
    often, reason = fit_bgnbd(repeats, recency, age, count)
    purchases, steps, buyers = read_columns(count_spending(lives))
    worth, why = fit_gamma_gamma(purchases, (1 + WORTH_STEP) ** steps, buyers)
    con.execute(MODEL)
    con.execute("DELETE FROM profile.lifetime_model WHERE as_of >= ?", [as_of])
    rhythm, spending = often or BgNbd(*[None] * 5), worth or GammaGamma(*[None] * 4)  # type: ignore[arg-type]
    row = [as_of, *rhythm[:4], *spending[:3], int(count.sum()), rhythm.log_likelihood, step, reason, why]
    con.execute(f"INSERT INTO profile.lifetime_model VALUES ({', '.join('?' * len(row))})", row)
    return expect_lifetime(lives, look_ahead(con, often), often, worth)


def read_columns(frame: Frame) -> list[Array]:
    """All columns as arrays, rows in a fixed order: the last digits of a sum depend on it."""
    rows = frame.to_native().pl()
    return [column.cast(pl.Float64).to_numpy() for column in rows.sort(rows.columns)]


def look_ahead(con: duckdb.DuckDBPyConnection, model: BgNbd | None) -> Frame:
    """What a customer who still buys is expected to buy, a row for each number of repeats and age that there is."""
    rows = con.sql("SELECT DISTINCT repeats, age FROM lives ORDER BY ALL").pl()
    repeats, age = (rows[name].cast(pl.Float64).to_numpy() for name in ("repeats", "age"))
    expected = {
        f"if_alive_{days}": expect_if_alive(model, repeats, age, days) if model else np.zeros(len(rows))
        for days in HORIZONS
    }
    store_rows(
        con, "lives_ahead", rows.with_columns(**{k: pl.Series(v) for k, v in expected.items()}), is_temporary=True
    )
    return frame_of(con, "lives_ahead")
