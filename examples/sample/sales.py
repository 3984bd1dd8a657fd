"""Orders and their lines: who bought what, and when, what came back, what was cancelled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from examples.sample.buyers import WRITINGS
from examples.sample.pools import goods

REFUND_SHARE, CANCELLED_SHARE, GUEST_SHARE, LATE_SHARE = 0.02, 0.015, 0.08, 0.01
FOREIGN_SHARE = 0.1
CURRENCIES = ("HKD", "CNY", "MOP", "USD")
CHANNELS = ("store", "app", "web", "phone")
Ints = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True)
class Orders:
    """Orders as columns: each array has one element an order."""

    size: Ints
    buyer: Ints
    """Row of the buyers' frame."""
    night: Ints
    second: Ints
    """Of the day, local time; waking hours only."""
    channel: Ints
    is_cancelled: Ints


def draw_orders(rng: np.random.Generator, lines: int, accounts: int, guests: int, nights: int) -> Orders:
    """Orders whose sizes add up to `lines`; every account buys at least once if there are orders enough."""
    sizes = 1 + np.minimum(rng.poisson(1.4, lines), 8)
    count = int(np.searchsorted(np.cumsum(sizes), lines)) + 1
    size = sizes[:count].astype(np.int64)
    size[-1] -= int(size.sum()) - lines
    keenness = rng.gamma(0.8, 1.0, accounts) + 0.05
    account = rng.choice(accounts, count, p=keenness / keenness.sum())
    account[: min(accounts, count)] = np.arange(min(accounts, count))
    writing = np.where(rng.random(count) < 0.85, 0, rng.integers(1, WRITINGS, count))
    buyer = account * WRITINGS + writing
    is_guest = (rng.random(count) < GUEST_SHARE) & (np.arange(count) >= accounts)
    some, nobody = accounts * WRITINGS + rng.integers(0, guests, count), accounts * WRITINGS + guests
    buyer = np.where(is_guest, np.where(rng.random(count) < 0.5, some, nobody), buyer)
    weekend = 1 + 0.4 * (np.arange(nights) % 7 >= 5)
    return Orders(
        size=size,
        buyer=buyer.astype(np.int64),
        night=rng.choice(nights, count, p=weekend / weekend.sum()).astype(np.int64),
        second=rng.integers(8 * 3600, 24 * 3600, count),
        channel=rng.choice(len(CHANNELS), count, p=[0.5, 0.25, 0.2, 0.05]).astype(np.int64),
        is_cancelled=((rng.random(count) < CANCELLED_SHARE) & ~is_guest & (np.arange(count) >= accounts)).astype(
            np.int64
        ),
    )


def build_lines(rng: np.random.Generator, orders: Orders, buyers: pl.DataFrame) -> pl.DataFrame:
    """One row per line of an order, as sold; `item`, `channel` and `currency` are numbers of their lists."""
    count = int(orders.size.sum())
    order = np.repeat(np.arange(len(orders.size)), orders.size)
    line = np.arange(count) - np.repeat(np.cumsum(orders.size) - orders.size, orders.size) + 1
    popularity = 1 / (np.arange(len(goods.SKUS)) + 3.0)
    item = rng.permutation(len(goods.SKUS))[rng.choice(len(goods.SKUS), count, p=popularity / popularity.sum())]
    home = np.array([CURRENCIES.index(c) for c in buyers["home_currency"].to_list()])[orders.buyer]
    abroad = rng.choice(4, len(orders.size), p=[0.2, 0.4, 0.3, 0.1])
    currency = np.where(rng.random(len(orders.size)) < FOREIGN_SHARE, abroad, home)[order]
    cents = np.array([[round(100 * goods.price_in(c, n)) for n in range(len(goods.SKUS))] for c in CURRENCIES])
    quantity = 1 + np.minimum(rng.poisson(0.5, count), 11)
    return pl.DataFrame(
        {"order": order, "line": line, "buyer": orders.buyer[order], "night": orders.night[order],
         "second": orders.second[order], "channel": orders.channel[order], "item": item, "quantity": quantity,
         "is_cancelled": orders.is_cancelled[order] == 1, "cents": cents[currency, item] * quantity,
         "currency": currency}
    )  # fmt: skip


def add_refunds(rng: np.random.Generator, lines: pl.DataFrame, count: int, nights: int) -> pl.DataFrame:
    """Bring back one line of `count` orders that had several, 1–14 days later; three in ten on a receipt of their own.

    So no order is wholly returned, and whether one counts never depends on how returns are read.
    """
    fit = (
        (pl.len().over("order") > 1) & ~pl.col("is_cancelled") & (pl.col("night") < nights - 1) & (pl.col("line") == 2)
    )
    sold = lines.filter(fit)
    if sold.height < count:
        raise ValueError(
            f"only {sold.height} lines can be returned, {count} are asked for: give more --sales or --nights"
        )
    picked = sold[np.sort(rng.choice(sold.height, count, replace=False))]
    night = np.minimum(picked["night"].to_numpy() + rng.integers(1, 15, count), nights - 1)
    back = picked.with_columns(
        pl.Series("night", night), -pl.col("quantity"), -pl.col("cents"), pl.lit(99).alias("line").cast(pl.Int64),
        pl.Series("is_own_receipt", rng.random(count) < 0.3),
    )  # fmt: skip
    return pl.concat([lines.with_columns(pl.lit(False).alias("is_own_receipt")), back])
