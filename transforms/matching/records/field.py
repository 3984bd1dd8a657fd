"""A field of all records: values numbered once each; which fields there are, and how each is compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
Uints = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
KINDS = {
    "given_name": "name", "middle_name": "middle", "surname": "name", "full_name": "full",
    "surname_sound": "sound", "given_sound": "syllables", "western_name": "western", "birth_date": "date",
    "gender": "flag", "email": "email", "phone": "code", "national_id": "code", "handle": "code", "postcode": "code",
    "city": "text", "district": "text", "address": "grams", "house": "numbers",
}  # fmt: skip
"""Field → how it is compared, in the order of the comparison vector."""
PERSONAL = {
    "given_name", "middle_name", "given_sound", "western_name", "birth_date", "gender", "national_id", "handle",
    "full_name",
}  # fmt: skip
"""Fields of which somebody's is his own."""
UNSHARED = PERSONAL - {"birth_date"}
"""Fields in which two people of one household differ as strangers do; twins have a birth date in common."""


@dataclass(frozen=True)
class Field:
    """One field of all records: record i has `codes[start[i]:start[i + 1]]`, numbers of values in `vocabulary`."""

    name: str
    kind: str
    vocabulary: list[str]
    codes: Ints
    start: Ints
    same: Ints
    """Per value the first that is equal: a full name stands in the vocabulary once for each way to write it."""
    shown: list[str]
    """Of full names: per value how it is written."""

    @property
    def is_single(self) -> bool:
        """True if no record has two values."""
        return bool(np.all(np.diff(self.start) <= 1))


@dataclass
class Layout:
    """How a table is read: learned once, for what one record says must not depend on all the others."""

    orders: dict[str, str] = field(default_factory=dict)
    """Source → the order of year, month and day in its birth dates."""
    latest_year: int = field(default_factory=lambda: datetime.now(UTC).year)
    """The year in which it was learned: the latest that two digits of a birth date may stand for."""
    names: str = ""
    """What is compared of names: `parts` as the sources give them, `people`'s full names taken apart, `whole` ones;
    empty: still to be learned."""


def build_field(name: str, values: pl.DataFrame, count: int) -> Field:
    """A field of `count` records from its values (node, value and perhaps shown; sorted, distinct)."""
    by = [c for c in ("value", "shown") if c in values.columns]
    vocabulary = values.select(by).unique().sort(by)
    numbered = values.join(vocabulary.with_row_index("code"), on=by, how="left").sort("node", "code")
    codes = numbered["code"].to_numpy().astype(np.int64)
    sizes = np.bincount(numbered["node"].to_numpy(), minlength=count)
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    words = vocabulary["value"]
    same = words.rank("min").cast(pl.Int64).to_numpy() - 1 if len(words) else np.zeros(0, np.int64)
    shown = vocabulary["shown"].to_list() if "shown" in by else []
    return Field(name, KINDS.get(name, name), words.to_list(), codes, start, same, shown)
