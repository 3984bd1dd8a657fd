"""Fitting each night how customers buy, and telling of each what is still expected; in bounded memory.

lives ─ counted ─→ fit_bgnbd, fit_gamma_gamma ─→ profile.lifetime_model ─→ expectations by (repeats, age) ─→ part

The models of every night and what they expect stay, so that the forecasts of a past night can be had again
(`list_forecasts`), to the last digit.
"""

from __future__ import annotations

from datetime import date
from math import e

import duckdb
import numpy as np
import polars as pl

from transforms.engine import Frame
from transforms.profile.aggregates.lifetime_value import (
    HORIZONS,
    MOST_AMOUNT,
    WORTH_STEP,
    count_lives,
    count_spending,
    expect_lifetime,
)
from transforms.profile.bgnbd import Array, BgNbd, expect_if_alive, fit_bgnbd
from transforms.profile.gamma_gamma import GammaGamma, fit_gamma_gamma
from warehouse.duck import append_rows, fetch_row, has_table, store_rows
from warehouse.tables import frame_of, keep

MOST_ROWS = 300_000
"""Of more different lives, times are fitted in weeks."""
MODELS, AHEAD = "profile.lifetime_model", "profile.lifetime_ahead"
TABLES = f"""
    CREATE TABLE IF NOT EXISTS {AHEAD} (
        as_of DATE, repeats BIGINT, age BIGINT, {", ".join(f"if_alive_{days} DOUBLE" for days in HORIZONS)}
    );
    CREATE TABLE IF NOT EXISTS {MODELS} (
        as_of DATE, r DOUBLE, alpha DOUBLE, a DOUBLE, b DOUBLE, p DOUBLE, q DOUBLE, v DOUBLE,
        customers BIGINT, log_likelihood DOUBLE, step_days BIGINT, reason VARCHAR, spending_reason VARCHAR
    )
"""


def build_lifetimes(con: duckdb.DuckDBPyConnection, lives: Frame, as_of: date) -> Frame:
    """The lifetime part of the profile, by models fitted tonight; these are kept, a row a business date.

    `lives`: worked out once, as a table. alpha is in days, v in the reporting currency; without a model its parameters
    are null and a reason says why.
    """
    step = 1
    counted = keep(con, "lives_counted", count_lives(lives, step))
    if fetch_row(con, "SELECT count(*) FROM lives_counted")[0] > MOST_ROWS:
        step = 7
        counted = keep(con, "lives_counted", count_lives(lives, step))
    repeats, recency, age, count = read_columns(counted)
    often, reason = fit_bgnbd(repeats, recency, age, count)
    purchases, steps, buyers = read_columns(count_spending(lives))
    worth, why = fit_gamma_gamma(purchases, (1 + WORTH_STEP) ** steps, buyers)
    con.execute(TABLES)
    for table in (MODELS, AHEAD):
        con.execute(f"DELETE FROM {table} WHERE as_of >= ?", [as_of])
    rhythm, spending = often or BgNbd(*[None] * 5), worth or GammaGamma(*[None] * 4)  # type: ignore[arg-type]
    row = [as_of, *rhythm[:4], *spending[:3], int(count.sum()), rhythm.log_likelihood, step, reason, why]
    con.execute(f"INSERT INTO {MODELS} VALUES ({', '.join('?' * len(row))})", row)
    return expect_lifetime(lives, look_ahead(con, lives, often, as_of), often, worth)


def read_columns(frame: Frame) -> list[Array]:
    """All columns as arrays, rows in a fixed order: the last digits of a sum depend on it."""
    rows = frame.to_native().pl()
    return [column.cast(pl.Float64).to_numpy() for column in rows.sort(rows.columns)]


def look_ahead(con: duckdb.DuckDBPyConnection, lives: Frame, model: BgNbd | None, as_of: date) -> Frame:
    """What a customer who still buys is expected to buy, a row for each number of repeats and age that there is.

    Without a model it is 0, and not kept.
    """
    rows = lives.select("repeats", "age").unique().to_native().pl().sort("repeats", "age")
    repeats, age = (rows[name].cast(pl.Float64).to_numpy() for name in ("repeats", "age"))
    expected = {
        f"if_alive_{days}": expect_if_alive(model, repeats, age, days) if model else np.zeros(len(rows))
        for days in HORIZONS
    }
    rows = rows.with_columns(**{name: pl.Series(values) for name, values in expected.items()})
    store_rows(con, "lives_ahead", rows, is_temporary=True)
    if model:
        append_rows(con, AHEAD, rows.with_columns(as_of=pl.lit(as_of)))
    return frame_of(con, "lives_ahead")


def forget_lifetimes(con: duckdb.DuckDBPyConnection, before: date) -> None:
    """Forget what was expected on nights before a date; their models stay, a row each."""
    con.execute(f"DELETE FROM {AHEAD} WHERE as_of < ?", [before])


def read_reasons(con: duckdb.DuckDBPyConnection, as_of: date) -> dict[str, str]:
    """Why there is no forecast of a night: of `purchases`, or of `amounts` alone; empty where there are both."""
    if not has_table(con, *MODELS.split(".")):
        return {}
    rows = con.execute(f"SELECT reason, spending_reason FROM {MODELS} WHERE as_of = ?", [as_of]).fetchall()
    return {what: reason for row in rows for what, reason in zip(("purchases", "amounts"), row, strict=True) if reason}


def list_forecasts(times: str, recency: str, age: str, worth: str) -> dict[str, str]:
    """transforms.profile.aggregates.lifetime_value.expect_lifetime as SQL, by column, in the same order of operations.

    Of a life (its repeats, recency, age and mean worth, as SQL), a row m of MODELS and one a of AHEAD; null where
    either is missing. least and greatest pass over nulls, so that nothing is left to them.
    """
    left, right = log_sql("m.a"), log_sql(f"greatest(m.b, m.b + {times} - 1)")
    beyond = f"{log_sql(f'({age} + m.alpha)')} - {log_sql(f'({recency} + m.alpha)')}"
    odds = f"{left} - {right} + (m.r + {times}) * ({beyond})"
    alive = (
        f"CASE WHEN m.r IS NOT NULL AND {times} > 0 THEN 1 / (1 + exp(least({odds}, 700.0::DOUBLE)))"
        f" WHEN m.r IS NOT NULL AND {times} = 0 THEN 1.0::DOUBLE END"
    )
    mean = f"greatest({worth}, 0.0::DOUBLE)"
    value = f"(m.p * (m.v + ({times} + 1) * {mean}) / (m.p * ({times} + 1) + (m.q - 1)))"
    forecasts = {"p_alive": alive}
    for days in HORIZONS:
        count, most = f"(({alive}) * a.if_alive_{days})", f"{MOST_AMOUNT}::DOUBLE"
        amount = f"{count} * {value}"
        forecasts[f"expected_{days}_count"] = count
        forecasts[f"expected_{days}_amount"] = (
            f"CASE WHEN {amount} < {most} THEN {amount} WHEN {amount} IS NOT NULL THEN {most} END"
        )
    return forecasts


def log_sql(value: str) -> str:
    """The natural logarithm as Narwhals writes it: DuckDB's own `ln` may differ in the last digit."""
    return f"(log({value}) / log({e}::DOUBLE))"
