"""How well names are compared across scripts, on real pairs, with the ceiling that homophones set.

Run as `python -m benchmarks.identity.names`; it needs `../shared/data/hk_name_pairs` and says so where that is absent.
The pairs are told in two halves by a hash of the Chinese name. Rules come from how names are spelt, never from this
file.
"""

from __future__ import annotations

import hashlib
import random
import sys
import time
from collections import defaultdict
from dataclasses import dataclass

import polars as pl

from transforms.names.characters import read_characters
from transforms.names.parsing import parse_name
from transforms.names.similarity import similarity_columns
from warehouse import ROOT

PAIRS = ROOT.parent / "shared/data/hk_name_pairs/dev_pairs_1999_2015.csv"
NEGATIVES_PER_PAIR = 5
SEED = 3
BATCH = 100
"""English names compared with the whole pool at a time."""


@dataclass(frozen=True)
class NameScore:
    """How one half of the pairs, or all, did; shares from 0 to 1."""

    half: str
    pairs: int
    top: float
    """Of the English names, those whose right Chinese name was first in the pool; among equals, by chance."""
    ceiling: float
    """What could be had at most, homophones being told apart by chance."""
    decidable: float
    """Top 1 of the pairs that no homophone disturbs."""
    areas: tuple[float, float]
    """Under the ROC curve: of all pairs, and of those whose English name is a spelling of the Chinese one."""


def main() -> int:
    """Print top 1, ceiling and AUC for each half and for all."""
    if not PAIRS.exists():
        print(f"skipped: no {PAIRS.name} in {PAIRS.parent.name}", file=sys.stderr)
        return 0
    start = time.perf_counter()
    found = score_names()
    print(f"{found[-1].pairs} pairs in {time.perf_counter() - start:.1f} s")
    print(f"{'half':6} {'pairs':>6} {'top 1':>7} {'ceiling':>8} {'decidable':>10} {'AUC':>7} {'AUC of names':>13}")
    for s in found:
        print(
            f"{s.half:6} {s.pairs:6} {s.top:7.4f} {s.ceiling:8.4f} {s.decidable:10.4f} {s.areas[0]:7.4f}"
            f" {s.areas[1]:13.4f}"
        )
    return 0


def score_names() -> list[NameScore]:
    """Each half of the pairs, and all."""
    pairs = pl.read_csv(PAIRS).unique(maintain_order=True)
    ranked = rank_pool(pairs, pairs["name_zh"].unique(maintain_order=True))
    return [
        NameScore(
            name,
            len(half),
            share(half, "top_share"),
            share(half, "ceiling"),
            share(half.filter(pl.col("ceiling") == 1), "top_share"),
            (area(half, pairs), area(half.filter("is_spelt"), pairs)),
        )
        for name, half in halves(ranked)
    ]


def share(half: pl.DataFrame, column: str) -> float:
    """The mean of a column."""
    return float(half.select(pl.col(column).mean()).item())


def halves(ranked: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """Both halves by a hash of the Chinese name, and all."""
    odd = ranked["name_zh"].map_elements(lambda n: hashlib.sha256(n.encode()).digest()[0] % 2 == 1, pl.Boolean)
    return [("dev", ranked.filter(~odd)), ("held", ranked.filter(odd)), ("all", ranked)]


def rank_pool(pairs: pl.DataFrame, pool: pl.Series) -> pl.DataFrame:
    """One row per pair: is the right Chinese name the first (1 / number of equals), and could it be known?"""
    ranked = [rank_some(some, pool) for some in pairs.iter_slices(BATCH)]
    return pl.concat(ranked)


def rank_some(pairs: pl.DataFrame, pool: pl.Series) -> pl.DataFrame:
    """`rank_pool` for as many pairs as fit into memory with the whole pool."""
    grid = pairs.join(pool.to_frame("candidate"), how="cross")
    grid = grid.with_columns(similarity_columns(grid["name_en"], grid["candidate"]).alias("score"))
    first = grid.filter(pl.col("score") == pl.col("score").max().over("name_en", "name_zh"))
    rows = []
    for (zh, en), group in first.group_by("name_zh", "name_en", maintain_order=True):
        found = set(group["candidate"])
        equal = {c for c in pool if is_exact(c, str(en))}
        rows.append(
            {
                "name_zh": zh,
                "name_en": en,
                "first": sorted(found),
                "top_share": 1 / len(found) if zh in found else 0.0,
                "ceiling": 1 / len(equal | {zh}),
                "is_spelt": zh in equal,
            }
        )
    return pl.DataFrame(rows)


def is_exact(zh: str, en: str) -> bool:
    """True if a Chinese name has the government's readings of an English one, surname and syllables."""
    return any(
        a.surname
        and b.surname in read_characters(a.surname).government
        and len(a.given) == len(b.given)
        and all(s in read_characters(c).government for c, s in zip(a.given, b.given, strict=True))
        for a in parse_name(zh)
        for b in parse_name(en)
    )


def area(half: pl.DataFrame, pairs: pl.DataFrame) -> float:
    """Area under the ROC curve: true pairs against random false ones whose Chinese surname sounds the same."""
    generator = random.Random(SEED)
    same: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for zh, en in pairs.iter_rows():
        same[surname_spelling(en)].append((zh, en))
    false = [
        (other, en)
        for zh, en in half.select("name_zh", "name_en").iter_rows()
        for other, _ in generator.choices(same[surname_spelling(en)], k=NEGATIVES_PER_PAIR)
        if other != zh
    ]
    true = similarity_columns(half["name_zh"], half["name_en"])
    rest = similarity_columns(pl.Series([z for z, _ in false]), pl.Series([e for _, e in false]))
    ranks = pl.concat([true, rest]).rank("average")
    positive = len(true)
    return (float(ranks[:positive].sum()) - positive * (positive + 1) / 2) / (positive * len(rest))


def surname_spelling(en: str) -> str:
    """The surname of an English name."""
    return parse_name(en)[0].surname


if __name__ == "__main__":
    sys.exit(main())
