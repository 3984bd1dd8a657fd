"""Row-wise Python on a column, paid once per distinct value."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pyarrow as pa


def map_distinct(s: pl.Series, clean: Callable[[str], str | None], chosen: pl.Series | None = None) -> pl.Series:
    """`clean` of every value, in the order of `s`; null stays null.

    Args:
        s: strings; another type is read as its text.
        clean: a pure function of one value; None means null.
        chosen: true for the rows to clean; the others stay as they are.
    """
    text = s.cast(pl.String)
    values = (text if chosen is None else text.filter(chosen)).drop_nulls().unique()
    cleaned = join_distinct(text, values, pa.array([clean(v) for v in values.to_list()], pa.string()))
    return cleaned if chosen is None else cleaned.zip_with(chosen.fill_null(False), text)


def list_distinct(s: pl.Series, keys: Callable[[str], list[str]]) -> pl.Series:
    """The match keys in every value, as List[String]: null where the field is null, empty where nothing is evidence."""
    text = s.cast(pl.String)
    values = text.drop_nulls().unique()
    # Through Arrow, for Polars itself builds lists row by row, slowly.
    return join_distinct(text, values, pa.array([keys(v) for v in values.to_list()], pa.list_(pa.string())))


def join_distinct(text: pl.Series, values: pl.Series, cleaned: pa.Array) -> pl.Series:
    """For every row of `text` what stands in `cleaned` at its value's place in `values`."""
    table = pl.DataFrame([values.alias("value"), pl.Series("cleaned", cleaned)])
    rows = text.to_frame("value").join(table, on="value", how="left", maintain_order="left")
    return rows["cleaned"].alias(text.name)
