"""What a customer is still worth: the models of transforms.profile (bgnbd, gamma_gamma), computed for every customer.

    account_order ─ fold_lives ─→ lives ─ count_lives, count_spending ─→ distinct rows with counts, for the fits
    lives + models + purchases expected by (repeats, age) ─ expect_lifetime ─→ the published columns

A purchase is a day on which a customer ordered: orders of one day are one occasion. Time counts in days. A mean worth
takes every purchase, the first too, and all refunds. Written against Narwhals.
"""

from __future__ import annotations

from math import log

import narwhals as nw

from transforms.engine import Frame
from transforms.profile.bgnbd import BgNbd
from transforms.profile.gamma_gamma import GammaGamma
from transforms.profile.windows import Windows

ACCOUNT = ["source", "account_id"]
HORIZONS = (90, 365)
"""Days ahead."""
COLUMNS = ("p_alive", *(f"expected_{d}_{what}" for d in HORIZONS for what in ("count", "amount")))
MOST_AMOUNT = 1e15
"""No more is expected of anybody: the published type holds no more."""
WORTH_STEP = 0.01
"""Mean worths that differ by less, as a share, are fitted as one."""


def fold_lives(order: Frame, identity: Frame, windows: Windows) -> Frame:
    """One row per customer with orders that count.

    repeats: days with such orders after the first; recency and age: days from the first to the last, and to as_of;
    mean_worth: net amount of all orders divided by the days with orders that count.
    """
    mine = order.join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")
    kept_on = nw.when(nw.col("is_kept")).then(nw.col("ordered_on"))
    days = mine.with_columns(kept_on=kept_on).group_by("customer_id", "kept_on").agg(worth=nw.col("net_amount").sum())
    lives = days.group_by("customer_id").agg(
        buying_days=nw.col("kept_on").count().cast(nw.Int64),
        first_on=nw.col("kept_on").min(),
        last_on=nw.col("kept_on").max(),
        worth=nw.col("worth").sum().cast(nw.Float64),
    )
    lives = lives.filter(nw.col("buying_days") > 0).with_columns(as_of=nw.lit(windows.as_of))
    return lives.select(
        "customer_id",
        repeats=nw.col("buying_days") - 1,
        recency=_days("first_on", "last_on"),
        age=_days("first_on", "as_of"),
        mean_worth=nw.col("worth").fill_null(0) / nw.col("buying_days"),
    )


def _days(first: str, last: str) -> nw.Expr:
    """Days from one date to another."""
    span = nw.col(last).cast(nw.Datetime("us")) - nw.col(first).cast(nw.Datetime("us"))
    return (span.dt.total_seconds() // 86400).cast(nw.Int64)


def count_lives(lives: Frame, step: int) -> Frame:
    """One row for each different life, with its count of customers; times are rounded to steps of so many days."""
    half = step // 2
    rounded = [((nw.col(name) + half) // step * step).cast(nw.Int64).alias(name) for name in ("recency", "age")]
    return lives.with_columns(*rounded).group_by("repeats", "recency", "age").agg(customers=nw.len().cast(nw.Int64))


def count_spending(lives: Frame) -> Frame:
    """One row for each different number of purchases and mean worth of repeat buyers, with its count of customers.

    Worth above zero alone, in steps of WORTH_STEP on the scale of logarithms.
    """
    told = lives.filter(nw.col("repeats") > 0, nw.col("mean_worth") > 0)
    step = (nw.col("mean_worth").log() / log(1 + WORTH_STEP)).round(0).cast(nw.Int64)
    told = told.select(purchases=nw.col("repeats") + 1, step=step)
    return told.group_by("purchases", "step").agg(customers=nw.len().cast(nw.Int64))


def expect_lifetime(lives: Frame, ahead: Frame, often: BgNbd | None, worth: GammaGamma | None) -> Frame:
    """One row per customer with orders that count: COLUMNS, null where there is no model.

    `ahead` says by repeats and age what a customer who still buys is expected to buy: if_alive_90 and if_alive_365.
    """
    if often is None:
        return lives.select("customer_id", *(nw.lit(None, dtype=nw.Float64).alias(name) for name in COLUMNS))
    told = lives.join(ahead, on=["repeats", "age"], how="left").with_columns(p_alive=_p_alive(often))
    told = told.with_columns(
        _worth(worth).alias("value"),
        *((nw.col("p_alive") * nw.col(f"if_alive_{d}")).alias(f"expected_{d}_count") for d in HORIZONS),
    )
    for days in HORIZONS:
        amount = nw.col(f"expected_{days}_count") * nw.col("value")
        most = nw.when(amount < MOST_AMOUNT).then(amount).otherwise(nw.lit(MOST_AMOUNT))
        told = told.with_columns(nw.when(~nw.col("value").is_null()).then(most).alias(f"expected_{days}_amount"))
    return told.select("customer_id", *COLUMNS)


def _p_alive(model: BgNbd) -> nw.Expr:
    """transforms.profile.bgnbd.p_alive as an expression; the odds stop at e^700, the greatest that engines can hold."""
    times, lead = nw.col("repeats"), model.r + nw.col("repeats")
    beyond = (nw.col("age") + model.alpha).log() - (nw.col("recency") + model.alpha).log()
    odds = log(model.a) - nw.max_horizontal(nw.lit(model.b), model.b + times - 1).log() + lead * beyond
    return nw.when(times > 0).then(1 / (1 + nw.min_horizontal(odds, nw.lit(700.0)).exp())).otherwise(nw.lit(1.0))


def _worth(model: GammaGamma | None) -> nw.Expr:
    """transforms.profile.gamma_gamma.expect_value as an expression."""
    if model is None:
        return nw.lit(None, dtype=nw.Float64)
    purchases, mean = nw.col("repeats") + 1, nw.max_horizontal(nw.col("mean_worth"), nw.lit(0.0))
    return model.p * (model.v + purchases * mean) / (model.p * purchases + (model.q - 1))
