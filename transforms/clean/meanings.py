"""What the words of a column mean: by its contract, and by the lists that everybody shares."""

from __future__ import annotations

from functools import partial

import polars as pl

from transforms.values.per_distinct import map_distinct
from warehouse.contracts.model import Source
from warehouse.types.vocabularies import find_meaning, fold_word, read_means


def translate_words(rows: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Rows in which the words that a contract declares (`c360.means`) are replaced by what they mean.

    Words that it does not declare stay as they are; a column of another type that has such words becomes text.
    """
    declared = {column.name: read_means(column) for column in source.columns if column.means}
    return rows.with_columns(
        map_distinct(rows[name], partial(translate, means=means)).alias(name) for name, means in declared.items()
    )


def translate(text: str, means: dict[str, str]) -> str:
    """What a word means, itself where that is not declared."""
    return means.get(fold_word(text), text)


def word_meanings(values: pl.Series, kind: str, role: str) -> pl.Series:
    """The meaning of every word by the lists of its kind of source and role; null where no list knows it."""
    return map_distinct(values, partial(name_meaning, kind=kind, role=role))


def name_meaning(text: str, kind: str, role: str) -> str | None:
    """The meaning of one word."""
    return find_meaning(text, kind, role)
