"""The handful of operations that engines do differently, behind one name each.

Transforms are written once against Narwhals; what its common ground lacks stands here and nowhere else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import reduce
from typing import Any

import narwhals as nw
import polars as pl

Frame = nw.LazyFrame[Any]


def as_frame(native: object) -> Frame:
    """A lazy frame of Polars or a relation of DuckDB as the frame that transforms take."""
    frame: Frame = nw.from_native(native)
    return frame


def place_in_order(frame: Frame, by: list[str], order: list[str], name: str = "place") -> Frame:
    """Number rows within `by`, the greatest by `order` first (1).

    `order` must hold no null and tell all rows of a group apart, or the numbers depend on the engine.
    """
    return frame.with_columns(nw.col(order[-1]).cum_count(reverse=True).over(*by, order_by=order).alias(name))


def pick_greatest(frame: Frame, by: list[str], order: list[str]) -> Frame:
    """The one row of each `by` that is greatest by `order`."""
    return place_in_order(frame, by, order, "_place").filter(nw.col("_place") == 1).drop("_place")


def with_md5(frame: Frame, name: str, text: str) -> Frame:
    """Add the MD5 of a text column as 32 hexadecimal digits: a stable name, not a secret."""
    native = frame.to_native()
    if isinstance(native, pl.LazyFrame):
        digest = pl.col(text).map_elements(_md5, return_dtype=pl.String).alias(name)
        return as_frame(native.with_columns(digest))
    return as_frame(native.project(f'*, md5("{text}") AS "{name}"'))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def with_local_time(frame: Frame, name: str, timezone: str) -> Frame:
    """Turn a column of UTC times into what clocks showed then in `timezone` (IANA name)."""
    native = frame.to_native()
    if isinstance(native, pl.LazyFrame):
        local = pl.col(name).dt.replace_time_zone("UTC").dt.convert_time_zone(timezone).dt.replace_time_zone(None)
        return as_frame(native.with_columns(local))
    zone = timezone.replace("'", "''")
    return as_frame(native.project(f"* REPLACE (timezone('{zone}', timezone('UTC', \"{name}\")) AS \"{name}\")"))


def join_left(frame: Frame, others: Sequence[Frame], on: str) -> Frame:
    """Join frames to the right of the first, each with at most one row for a value of `on`.

    One statement for DuckDB, which would bind all that went before again at each join.
    """
    native = frame.to_native()
    if isinstance(native, pl.LazyFrame):
        return reduce(lambda joined, other: joined.join(other, on=on, how="left"), others, frame)
    joins = " ".join(f'LEFT JOIN ({other.to_native().sql_query()}) USING ("{on}")' for other in others)
    return as_frame(native.query("first", f"FROM first {joins}"))


def join_texts(frame: Frame, by: list[str], text: str, order: str, name: str) -> Frame:
    """Join the texts of each `by`, the greatest by `order` first and then by the alphabet, with ", "."""
    native = frame.to_native()
    if isinstance(native, pl.LazyFrame):
        ranked = native.sort([order, text], descending=[True, False]).group_by(by, maintain_order=True)
        return as_frame(ranked.agg(pl.col(text).str.join(", ").alias(name)))
    groups = ", ".join(f'"{c}"' for c in by)
    joined = f'string_agg("{text}", \', \' ORDER BY "{order}" DESC, "{text}") AS "{name}"'
    return as_frame(native.aggregate(f"{groups}, {joined}", groups))
