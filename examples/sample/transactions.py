"""Sales: Parquet, a file a day, several lines an order.

What a day's file holds was sold that day, or a little earlier.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random

import numpy as np
import polars as pl

from examples.sample.buyers import build_buyers
from examples.sample.dirt import FUTURE_YEAR, Dirt, count_planted
from examples.sample.people import Account, Person
from examples.sample.pools import goods
from examples.sample.sales import CHANNELS, CURRENCIES, LATE_SHARE, REFUND_SHARE, add_refunds, build_lines, draw_orders
from examples.sample.world import World

COLUMNS = ("line_id", "order_no", "account", "buyer_name", "buyer_phone", "buyer_email", "sku", "item", "category",
           "quantity", "amount", "currency", "sold_at", "channel", "status")  # fmt: skip
BREAKS = ("wrong_type", "future_date", "missing_required", "out_of_range", "duplicate_key")


def write_transactions(
    folder: Path,
    world: World,
    accounts: list[Account],
    people: list[Person],
    reshape: Callable[[pl.DataFrame], pl.DataFrame] = lambda lines: lines,
) -> tuple[list[Dirt], pl.DataFrame]:
    """Write `transactions/transactions_<day>.parquet`; returns the dirt, and the good lines with their `person_id`.

    `reshape` may take lines away and add some before they are delivered.
    """
    rng = np.random.default_rng([world.seed, 2])
    buyers, account_count, guest_count = build_buyers(accounts, people, Random(f"{world.seed}-buyers"))
    refunds = round(REFUND_SHARE * world.sales)
    orders = draw_orders(rng, world.sales - refunds, account_count, guest_count, world.nights)
    lines = add_refunds(rng, build_lines(rng, orders, buyers), refunds, world.nights)
    good = deliver_late(rng, reshape(describe_lines(lines, buyers, world.start)), world.nights)
    rows = pl.concat([good, break_lines(rng, good), repeat_lines(rng, good, world.nights)]).sort(
        "night", "place", "copy", maintain_order=True
    )
    return write_days(folder / "transactions", rows, world.start), good


def describe_lines(lines: pl.DataFrame, buyers: pl.DataFrame, start: date) -> pl.DataFrame:
    """Lines with everything a receipt says.

    `kinds` is their dirt, joined with "|"; `place` and `copy` order them within a file.
    """
    order = pl.col("order")
    midnight = pl.lit(start).cast(pl.Datetime("us"))
    sold_at = midnight + pl.duration(days="night", seconds="second")
    kinds = pl.concat_str(
        "kinds", pl.when(pl.col("quantity") < 0).then(pl.lit("|refund")).otherwise(pl.lit("")),
        pl.when("is_cancelled").then(pl.lit("|cancelled")).otherwise(pl.lit("")),
    )  # fmt: skip
    letter = pl.when("is_own_receipt").then(pl.lit("R")).otherwise(pl.lit("S"))
    described = pl.concat([lines, buyers[lines["buyer"]]], how="horizontal").with_columns(
        pl.concat_str(letter, (10_000_000 + order).cast(pl.String)).alias("order_no"),
        *(pick(values, column).alias(name) for name, column, values in (
            ("sku", "item", goods.SKUS), ("category", "item", goods.CATEGORIES), ("item_name", "item", goods.NAMES),
            ("currency", "currency", CURRENCIES), ("channel", "channel", CHANNELS))),
        (pl.col("cents").cast(pl.Decimal(18, 0)) / 100).cast(pl.Decimal(18, 2)).alias("amount"),
        sold_at.dt.strftime("%Y-%m-%d %H:%M:%S").alias("sold_at"),
        pl.when("is_cancelled").then(pl.lit("cancelled")).otherwise(pl.lit("completed")).alias("status"),
        kinds.alias("kinds"),
    )  # fmt: skip
    return (
        described.with_columns(
            pl.format("{}-{}", "order_no", "line").alias("line_id"), pl.col("item_name").alias("item")
        )
        .sort("night", "second", "line_id")
        .with_columns(pl.int_range(pl.len()).alias("place"), pl.lit(0).alias("copy"))
        .select(*COLUMNS, "person_id", "night", "kinds", "place", "copy")
    )


def pick(values: tuple[str, ...] | list[str], column: str) -> pl.Expr:
    """The element of `values` that a column of row numbers points to."""
    return pl.lit(pl.Series(list(values), dtype=pl.String)).gather(pl.col(column))


def deliver_late(rng: np.random.Generator, lines: pl.DataFrame, nights: int) -> pl.DataFrame:
    """Move a few lines into the file of one to three days later."""
    delay = np.where(rng.random(lines.height) < LATE_SHARE, rng.integers(1, 4, lines.height), 0)
    delay = np.where(lines["night"].to_numpy() + delay < nights, delay, 0)
    late = pl.Series("delay", delay)
    return lines.with_columns(late).with_columns(
        pl.col("night") + pl.col("delay"),
        pl.when(pl.col("delay") > 0).then(pl.col("kinds") + "|late").otherwise("kinds").alias("kinds"),
    ).drop("delay")  # fmt: skip


def break_lines(rng: np.random.Generator, good: pl.DataFrame) -> pl.DataFrame:
    """Lines that must be quarantined: copies of good ones, spread over the days, each broken in one way.

    Only sales to unknown buyers are copied, so that the truth about people does not depend on which of two lines with
    one key stays.
    """
    unknown = good.filter(pl.col("person_id").is_null(), pl.col("quantity") > 0)
    kinds = [kind for kind in BREAKS for _ in range(count_planted(good.height))]
    wanted = (np.arange(len(kinds)) + 0.5) * unknown.height / len(kinds)
    rows = unknown[wanted.astype(np.int64)].with_columns(
        pl.Series("kinds", [kinds[n] for n in rng.permutation(len(kinds))])
    )
    is_kind = {kind: pl.col("kinds") == kind for kind in BREAKS}
    new_id = pl.format("{}-{}", "order_no", pl.int_range(pl.len()) + 1000)
    return rows.with_columns(
        pl.when(is_kind["wrong_type"]).then(pl.lit("#REF!")).when(is_kind["future_date"])
        .then(str(FUTURE_YEAR) + pl.col("sold_at").str.slice(4)).otherwise("sold_at").alias("sold_at"),
        pl.when(~is_kind["missing_required"]).then("amount").alias("amount"),
        pl.when(is_kind["out_of_range"]).then(pl.lit(1_000_000)).when(is_kind["duplicate_key"])
        .then(pl.col("quantity") + 5).otherwise("quantity").cast(pl.Int64).alias("quantity"),
        pl.when(is_kind["duplicate_key"]).then("line_id").otherwise(new_id).alias("line_id"),
        pl.lit(1).alias("copy"),
    )  # fmt: skip


def repeat_lines(rng: np.random.Generator, good: pl.DataFrame, nights: int) -> pl.DataFrame:
    """Exact second copies: most in the same file (duplicate), some again in the next day's (repeated_row)."""
    count = max(2, good.height // 300)
    rows = good[np.sort(rng.choice(good.height, count, replace=False))]
    again = (np.arange(count) % 4 == 1) & (rows["night"].to_numpy() < nights - 1)
    return rows.with_columns(
        pl.Series("night", rows["night"].to_numpy() + again),
        pl.Series("kinds", np.where(again, "repeated_row", "duplicate").tolist()),
        pl.Series("place", np.where(again, rows["place"].to_numpy(), rows["place"].to_numpy() + 3)),
        pl.lit(2).alias("copy"),
    )


def write_days(folder: Path, rows: pl.DataFrame, start: date) -> list[Dirt]:
    """Write each night's lines to its file; the dirt is logged by row number."""
    folder.mkdir(parents=True, exist_ok=True)
    dirt: list[Dirt] = []
    for (night,), day in rows.partition_by("night", as_dict=True, maintain_order=True).items():
        path = folder / f"transactions_{start + timedelta(days=int(night))}.parquet"
        day.select(COLUMNS).write_parquet(path, compression="zstd", statistics=False)
        name = f"{folder.name}/{path.name}"
        dirt += [
            Dirt(name, n, kind)
            for n, kinds in enumerate(day["kinds"].to_list(), 1)
            for kind in kinds.split("|")
            if kind
        ]
    return dirt
