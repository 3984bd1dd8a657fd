"""Birth dates in whatever order a source writes them, as eight digits YYYYMMDD.

A source writes its dates in one order; which one, its unambiguous dates tell (a part above 12 is a day). A year of two
digits is the latest one that has come.
"""

from __future__ import annotations

import polars as pl

from transforms.values.per_distinct import map_distinct
from warehouse.types.spelled_times import spell_plainly

ORDERS = ("ymd", "mdy", "dmy", "ydm")
"""Orders that are tried; of two that fit equally often the earlier wins."""
SHOWN_ALONE = ORDERS[:3]
"""Orders that one date may show in spite of its source; behind a year that stands first, 14-10 is a slip."""
PART = r"(?:\d{1,2}|\p{L}{3,9}\.?)"
SHORT_LAST = rf"^({PART}[-/., ]+{PART}[-/., ]+)(\d\d)$"
SHORT_FIRST = rf"^(3[2-9]|[4-9]\d)([-/. ]{PART}[-/. ]{PART})$"
"""Dates whose year has two digits; it stands first only if it can be no day."""


def read_birth(text: pl.Series, source: pl.Series, orders: dict[str, str], latest: int) -> pl.Series:
    """Eight digits per value; digits that are no date in the source's order stay as they are, null where none are.

    Args:
        text: birth dates as written, with or without separators, names of months and times.
        source: whose order of year, month and day counts for the value.
        orders: source → order, as `learn_orders` found them; others are taken to write as most do.
        latest: the latest year that two digits may stand for.
    """
    most = max(ORDERS, key=list(orders.values()).count)
    rows = spell_dates(text, source, latest).with_columns(
        order=pl.col("source").replace_strict(orders, default=most, return_dtype=pl.String)
    )
    chosen = pl.coalesce(pl.when(pl.col("order") == order).then(pl.col(order)) for order in ORDERS)
    kept = pl.when(pl.col("digits").str.len_chars() >= 4).then(pl.col("digits"))
    return rows.select(pl.coalesce(chosen, *SHOWN_ALONE, kept)).to_series().alias(text.name)


def learn_orders(text: pl.Series, source: pl.Series, latest: int) -> dict[str, str]:
    """Source → the order in which most of its dates are dates."""
    rows = spell_dates(text, source, latest)
    votes = rows.group_by("source").agg(pl.col(o).is_not_null().sum() for o in ORDERS).sort("source")
    best = pl.concat_list(*ORDERS).list.arg_max()
    return {name: ORDERS[place] for name, place in votes.select("source", best.alias("best")).iter_rows()}


def spell_dates(text: pl.Series, source: pl.Series, latest: int) -> pl.DataFrame:
    """Per value its digits, and the date it is in each order."""
    rows = pl.DataFrame([text.alias("text").cast(pl.String), source.alias("source").cast(pl.String)])
    rows = rows.with_columns(pl.col("text").str.strip_chars().str.replace(r"[T ]\d\d?:\d\d.*$", ""))
    rows = rows.with_columns(write_year(pl.col("text"), latest).alias("text"))
    rows = rows.with_columns(map_distinct(rows["text"], spell_month, rows["text"].str.contains(r"\p{L}")))
    parts = pl.col("text").str.extract_all(r"\d+")
    rows = rows.with_columns(parts=parts, digits=parts.list.join(""))
    return rows.with_columns(order_date(order).alias(order) for order in ORDERS)


def write_year(text: pl.Expr, latest: int) -> pl.Expr:
    """The dates, their years with four digits: of two digits the latest year that is not after `latest`."""
    last, first = text.str.extract_groups(SHORT_LAST), text.str.extract_groups(SHORT_FIRST)

    def widen(digits: pl.Expr) -> pl.Expr:
        return (latest - (latest - digits.cast(pl.Int32)) % 100).cast(pl.String)

    is_first, is_last = first.struct.field("1").is_not_null(), last.struct.field("1").is_not_null()
    from_first = pl.concat_str(widen(first.struct.field("1")), first.struct.field("2"))
    from_last = pl.concat_str(last.struct.field("1"), widen(last.struct.field("2")))
    return pl.when(is_first).then(from_first).when(is_last).then(from_last).otherwise(text)


def spell_month(text: str) -> str:
    """A date with the name of its month in digits alone; any other text as it is."""
    return spell_plainly(text) or text


def order_date(order: str) -> pl.Expr:
    """The value read as year, month and day in an order, or null where that is no date."""
    joined = pl.col("digits")
    has_parts = pl.col("parts").list.len() >= 3
    start = {"y": order.index("y") * 2}
    for place, letter in enumerate(order):
        start[letter] = sum(4 if earlier == "y" else 2 for earlier in order[:place])
    values = {}
    for place, letter in enumerate(order):
        width = 4 if letter == "y" else 2
        split = pl.col("parts").list.get(place, null_on_oob=True)
        whole = pl.when(joined.str.len_chars() == 8).then(joined.str.slice(start[letter], width))
        part = pl.when(split.str.len_chars() <= width).then(split)
        values[letter] = pl.when(has_parts).then(part).otherwise(whole).cast(pl.Int32, strict=False)
    is_date = values["y"].is_between(1850, 2100) & values["m"].is_between(1, 12) & values["d"].is_between(1, 31)
    return pl.when(is_date).then(values["y"] * 10_000 + values["m"] * 100 + values["d"]).cast(pl.String)
