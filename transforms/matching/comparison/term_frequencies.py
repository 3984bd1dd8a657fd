"""How often values were seen where the model was trained: what makes an equal value, or a letter triple, worth much.

Frozen with the model, for the worth of a pair must not depend on all the other records. Values stand as hashes of 32
bits: enough to count by, too little to tell a value from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import polars as pl

from transforms.matching.comparison.phonetic import ALIKE, list_sounds
from transforms.matching.comparison.vectors import RARE
from transforms.matching.records.field import Field, Floats, Ints

GRAM_TEXTS = 50_000
"""Texts whose letter triples are counted at most."""
COUNTED = pl.Schema({"hash": pl.UInt32, "count": pl.Float64})
Rare = tuple[Ints, Floats, Floats]
"""Per value: its bucket (0 common, 1 on some records, 2 on a few), the logarithm of how much rarer it is than equal
values of its bucket are on average, and of how much rarer its sound is than sounds are."""


@dataclass
class TermFrequencies:
    """What was seen of one field."""

    known: int = 0
    """Records that have the field."""
    values: pl.DataFrame = field(default_factory=COUNTED.to_frame)
    """Records by value, where there are two or more."""
    sounds: pl.DataFrame = field(default_factory=COUNTED.to_frame)
    """Of parts of names: records by sound; of emails: emails by host; where there are two or more."""
    alike: pl.DataFrame = field(default_factory=COUNTED.to_frame)
    """Of full names: records with a name like it in any spelling, where these are a few."""
    texts: int = 0
    """Texts whose letter triples were counted."""
    grams: pl.DataFrame = field(default_factory=COUNTED.to_frame)
    """Texts by letter triple, where there are two or more."""
    spread: list[float] = field(default_factory=lambda: [0.0] * (len(RARE) + 1))
    """Per bucket, the logarithm of the share of equal values among two records of it."""
    mean: float = 0.0
    """Share of the records that a common part of a name shares its sound with, on average."""

    def to_json(self) -> dict[str, Any]:
        """What is no table."""
        return {"known": self.known, "texts": self.texts, "spread": self.spread, "mean": self.mean}


def hash_texts(texts: pl.Series) -> pl.Series:
    """32 bits of each text."""
    return (texts.cast(pl.String).hash(seed=4) // 2**32).cast(pl.UInt32).alias("hash")


def look_up(table: pl.DataFrame, hashes: pl.Series, default: float) -> Floats:
    """The count of each hash."""
    found = hashes.alias("hash").to_frame().join(table, on="hash", how="left", maintain_order="left")
    counts: Floats = found["count"].fill_null(default).to_numpy().astype(np.float64)
    return counts


def count_up(hashes: pl.Series, counts: Floats) -> pl.DataFrame:
    """Sums by hash that are above one."""
    rows = pl.DataFrame([hashes.alias("hash"), pl.Series("count", counts, dtype=pl.Float64)], schema=COUNTED)
    return rows.group_by("hash").agg(pl.col("count").sum()).filter(pl.col("count") > 1).sort("hash")


def see_field(seen_in: Field, grams: pl.DataFrame | None) -> TermFrequencies:
    """What a table shows of a field; `grams` are the letter triples of its texts (row, gram), where it has some."""
    count = np.bincount(seen_in.same[seen_in.codes], minlength=len(seen_in.vocabulary)).astype(np.float64)
    known = int((np.diff(seen_in.start) > 0).sum())
    seen = TermFrequencies(known, count_up(hash_texts(pl.Series(seen_in.vocabulary, dtype=pl.String)), count))
    if seen_in.kind in ALIKE:
        row, sounds = spell_sounds(seen_in)
        seen.sounds = count_up(sounds, count[row])
    if seen_in.kind == "email":
        hosts = [value.split("@")[-1] for value in seen_in.vocabulary]
        seen.sounds = count_up(hash_texts(pl.Series(hosts, dtype=pl.String)), np.ones(len(hosts)))
    if grams is not None:
        seen.texts = len(islice_texts(seen_in.vocabulary))
        hashes = hash_texts(grams["gram"])
        seen.grams = count_up(hashes, np.ones(len(hashes)))
    share = count / max(1, known)
    alike = share_alike(seen_in, seen, share)
    bucket = list_buckets(count if alike is None else np.round(alike * known))
    total, squares = (np.bincount(bucket, weights=w, minlength=len(RARE) + 1) for w in (share, share**2))
    seen.spread = [float(np.log(q / t)) if t else 0.0 for q, t in zip(squares, total, strict=True)]
    if alike is not None:
        weight = share * (bucket == 0)
        seen.mean = float((weight * alike).sum() / max(weight.sum(), 1e-12))
    return seen


def islice_texts(vocabulary: list[str]) -> list[str]:
    """The texts whose letter triples are counted: evenly spread, where there are too many."""
    return list(islice(vocabulary, 0, None, -(-max(1, len(vocabulary)) // GRAM_TEXTS)))


def spell_sounds(of: Field) -> tuple[Ints, pl.Series]:
    """The sounds that values may have: number of the value, hash of the sound."""
    rows = pl.DataFrame(
        {"sound": [sorted(list_sounds(of.kind, v)) for v in of.vocabulary]}, {"sound": pl.List(pl.String)}
    )
    each = rows.with_row_index("row").explode("sound").drop_nulls("sound")
    return each["row"].to_numpy().astype(np.int64), hash_texts(each["sound"])


def share_alike(of: Field, seen: TermFrequencies, share: Floats) -> Floats | None:
    """Per value, the share of the records whose value may be the same name, in any writing; None: no part of a name."""
    if of.kind not in ALIKE:
        return None
    row, sounds = spell_sounds(of)
    found = share.copy()
    np.maximum.at(found, row, look_up(seen.sounds, sounds, 0.0) / max(1, seen.known))
    return np.minimum(1.0, found)


def list_buckets(count: Floats) -> Ints:
    """Per count, how rare it is: 0 common, 1 on some records, 2 on a few."""
    found: Ints = (count[:, None] <= np.array(RARE)).sum(axis=1)
    return found


def list_shares(of: Field, seen: TermFrequencies) -> Floats:
    """Per value, the share of the records that have it; of one never seen, as if it were once."""
    counts = look_up(seen.values, hash_texts(pl.Series(of.vocabulary, dtype=pl.String)), 1.0)
    return counts / max(1, seen.known)


def rank_values(of: Field, seen: TermFrequencies) -> Rare:
    """How rare every value is."""
    share = list_shares(of, seen)
    alike = share_alike(of, seen, share)
    bucket = list_buckets(np.round((share if alike is None else alike) * seen.known))
    rarity = np.array(seen.spread)[bucket] - np.log(np.maximum(share, 1e-12))
    if alike is None:
        return bucket, rarity, np.zeros(len(share))
    return bucket, rarity, np.log(max(seen.mean, 1e-12) / np.maximum(alike, 1e-12))


def expect_equal(of: Field, seen: TermFrequencies, bucket: Ints) -> Floats:
    """Of two equal values of one person, the share that falls into each bucket of rarity."""
    total = np.bincount(bucket, weights=list_shares(of, seen), minlength=len(RARE) + 1) + 1e-3
    spread: Floats = total / total.sum()
    return spread
