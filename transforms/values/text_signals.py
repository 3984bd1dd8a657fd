"""What the texts of a batch say about their writers, worked out once per distinct text."""

from __future__ import annotations

import polars as pl

from transforms.values.asks_human import asks_for_human
from transforms.values.languages import language_of
from transforms.values.sentiment import polarity

WORDING: dict[str, pl.DataType | type[pl.DataType]] = {
    "polarity": pl.Float64, "text_language": pl.String, "asks_human": pl.Boolean
}  # fmt: skip


def with_wording(events: pl.DataFrame) -> pl.DataFrame:
    """Add the columns of WORDING, read from `text`: null where there is none; polarity has four decimals."""
    texts = events["text"].drop_nulls().unique()
    if texts.is_empty():
        return events.with_columns(pl.lit(None, kind).alias(name) for name, kind in WORDING.items())
    said = texts.to_list()
    ways = {
        "polarity": [round(p, 4) for p in polarity(said)],
        "text_language": language_of(said),
        "asks_human": asks_for_human(said),
    }
    read = pl.DataFrame({"text": said, **ways}, schema={"text": pl.String, **WORDING})
    return events.join(read, on="text", how="left", maintain_order="left")
