"""Groups of records by their names: a matcher that serves some of them worse is unfair, and scores by group show it."""

from __future__ import annotations

import polars as pl

from transforms.names.cleaning import HAN
from transforms.names.parsing import parse_name
from transforms.values.per_distinct import map_distinct

SCRIPTS = ("Han", "Latin", "Han and Latin", "other script", "no name")
QUARTERS = ("common", "less common", "less rare", "rare")
"""Quarters of the records by how frequent their surname is among them."""
NO_SURNAME = "no surname"


def list_groups(records: pl.DataFrame, names: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The records with the groups that their names put them in: columns `script` and `surname`.

    Args:
        records: `key`, unique.
        names: `key` and name; a record may have several names, or none.
        key: columns that name a record.
    """
    own = names.drop_nulls("name").join(records.select(key), on=key, how="semi").unique([*key, "name"])
    return (
        records.join(list_scripts(own, key), on=key, how="left")
        .join(list_quarters(own, key), on=key, how="left")
        .with_columns(script=pl.col("script").fill_null(SCRIPTS[4]), surname=pl.col("surname").fill_null(NO_SURNAME))
    )


def list_scripts(names: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Per record with a name, what its names are written in: Han, Latin, both in one or several names, another."""
    text = pl.col("name")
    found = names.group_by(key).agg(
        han=text.str.contains(f"[{HAN}]").any(), latin=text.str.contains(r"\p{Latin}").any(),
        letter=text.str.contains(r"\p{L}").any(),
    )  # fmt: skip
    han, latin = pl.col("han"), pl.col("latin")
    script = (
        pl.when(han & latin).then(pl.lit(SCRIPTS[2])).when(han).then(pl.lit(SCRIPTS[0])).when(latin)
        .then(pl.lit(SCRIPTS[1])).when("letter").then(pl.lit(SCRIPTS[3])).otherwise(pl.lit(SCRIPTS[4]))
    )  # fmt: skip
    return found.select(*key, script=script)


def list_quarters(names: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Per record with a surname, the quarter of the records that its surname's frequency puts it in.

    Surnames are counted among these records, the most frequent first; one surname is wholly in one quarter, that in
    which its middle record falls. Of a record with several surnames the most frequent counts.
    """
    known = names.with_columns(word=map_distinct(names["name"], find_surname)).drop_nulls("word").unique([*key, "word"])
    count = known.group_by("word").len("count").sort("count", "word", descending=[True, False])
    middle = (pl.col("count").cum_sum() - pl.col("count") / 2) / pl.col("count").sum()
    quarter = (middle * len(QUARTERS)).floor().clip(0, len(QUARTERS) - 1).cast(pl.Int64)
    ranked = known.join(count.with_columns(quarter=quarter), on="word").group_by(key).agg(pl.col("quarter").min())
    return ranked.select(
        *key, surname=pl.col("quarter").replace_strict(dict(enumerate(QUARTERS)), return_dtype=pl.String)
    )


def find_surname(name: str) -> str | None:
    """The likeliest surname in a name."""
    ways = parse_name(name)
    return ways[0].surname or None if ways else None
