"""How alike two texts are whatever the order of their words and wherever their blanks: weighted letter triples."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from transforms.matching.comparison.term_frequencies import TermFrequencies, hash_texts, look_up
from transforms.matching.records.field import Floats, Ints

ROWS = 200_000
"""Pairs compared at one time."""


def list_grams(vocabulary: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Letter triples of texts: row, column and len (how often the text has it); and gram by column, in order."""
    texts = pl.DataFrame({"text": vocabulary}, schema={"text": pl.String}).with_row_index("row")
    words = texts.with_columns(pl.col("text").str.split(" ")).explode("text")
    # With its blanks a word knows where it begins and ends; a Chinese character among blanks is a triple as well.
    padded = pl.concat_str(pl.lit(" "), "text", pl.lit(" "))
    each = words.select(pl.col("text").unique()).with_row_index("word").with_columns(letter=padded.str.split(""))
    letters = each.select("word", "letter").explode("letter")
    nexts = [pl.col("letter").shift(-i).over("word") for i in (1, 2)]
    found = letters.select("word", gram=pl.concat_str("letter", *nexts)).drop_nulls("gram")
    known = found.select(pl.col("gram").unique().sort()).with_row_index("column")
    own = found.join(known, on="gram").group_by("word").agg("column")
    numbered = words.join(each.select("text", "word"), on="text").join(own, on="word")
    return numbered.select("row", "column").explode("column").group_by("row", "column").len(), known


class Grams:
    """Texts as vectors of letter triples, rare ones weighing more (tf-idf), so that a dot product is a cosine."""

    def __init__(self, vocabulary: list[str], seen: TermFrequencies) -> None:
        counted, known = list_grams(vocabulary)
        texts = look_up(seen.grams, hash_texts(known["gram"]), 1.0)
        placed = counted.join(known.select("column", texts=pl.Series(texts)), on="column").sort("row", "column")
        weight = placed["len"].to_numpy() ** 0.5 * np.log(1 + seen.texts / placed["texts"].to_numpy())
        place = (placed["row"].to_numpy().astype(np.int32), placed["column"].to_numpy().astype(np.int32))
        matrix = csr_matrix((weight, place), shape=(len(vocabulary), max(1, known.height)))
        length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        scale = csr_matrix((1 / np.maximum(length, 1e-9), (range(len(vocabulary)),) * 2), shape=(len(vocabulary),) * 2)
        self.matrix = scale @ matrix

    def compare(self, left: Ints, right: Ints) -> Floats:
        """Cosine of the texts numbered `left` and `right`, row by row."""
        parts = [
            np.asarray(self.matrix[left[i : i + ROWS]].multiply(self.matrix[right[i : i + ROWS]]).sum(axis=1)).ravel()
            for i in range(0, len(left), ROWS)
        ]
        return np.concatenate(parts) if parts else np.zeros(0)
