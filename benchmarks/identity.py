"""How well and how fast records of one person are found: ours, exact keys and plain Splink in one table.

Run as `python -m benchmarks.identity [--set NAME …] [--only ours|exact|splink …]`; it reads `../shared/data` and says
so where that is absent. All sets are run with the same settings, the defaults.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence

import polars as pl

from benchmarks.identity_sets import DATA, SETS
from benchmarks.peers.plain_splink import run_splink
from transforms.matching import match_people
from transforms.matching.clusters import connect

RECORD = ["source", "record"]
KEYS = (
    ("email",),
    ("phone",),
    ("given_name", "surname", "birth_date"),
    ("full_name", "address"),
    ("given_name", "surname", "postcode"),
)
"""Columns that, equal together, are taken for one person by exact keys."""


def run_ours(people: pl.DataFrame, *, is_link: bool) -> pl.DataFrame:
    return match_people(people, link_only=is_link).clusters


def run_exact(people: pl.DataFrame, *, is_link: bool) -> pl.DataFrame:
    """Records with an equal key, connected."""
    rows = people.with_row_index("row")
    edges = []
    for key in KEYS:
        if set(key) <= set(people.columns):
            known = rows.drop_nulls(key)
            edges.append(known.select("row", first=pl.col("row").min().over(key)))
    both = pl.concat(edges) if edges else pl.DataFrame({"row": [], "first": []}, schema_overrides={"row": pl.Int64})
    label = connect(both["row"].to_numpy().astype(int), both["first"].to_numpy().astype(int), people.height)
    return people.select(*RECORD, cluster=pl.Series(label))


RUNS: dict[str, Callable[..., pl.DataFrame]] = {"ours": run_ours, "exact": run_exact, "splink": run_splink}


def score(people: pl.DataFrame, clusters: pl.DataFrame) -> list[str]:
    """Pairwise precision, recall and F1, and the share of people that one whole cluster holds."""
    joined = people.select(*RECORD, "truth").join(clusters.select(*RECORD, "cluster"), on=RECORD)
    both, found, true = (count_pairs(joined, *by) for by in (("truth", "cluster"), ("cluster",), ("truth",)))
    precision, recall = both / max(1, found), both / max(1, true)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    sizes = joined.with_columns(
        t=pl.len().over("truth"), c=pl.len().over("cluster"), b=pl.len().over("truth", "cluster")
    )
    exact = sizes.filter((pl.col("t") == pl.col("b")) & (pl.col("c") == pl.col("b")))["truth"].n_unique()
    return [f"{precision:.4f}", f"{recall:.4f}", f"{f1:.4f}", f"{exact / joined['truth'].n_unique():.4f}"]


def count_pairs(rows: pl.DataFrame, *by: str) -> int:
    size = pl.col("len").cast(pl.Int64)
    return int(rows.group_by(by).len().select((size * (size - 1) // 2).sum()).item())


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity", description=__doc__.split("\n\n")[0])
    parser.add_argument("--set", action="append", choices=list(SETS), help="a set; all, if none is given")
    parser.add_argument("--only", action="append", choices=list(RUNS), help="a matcher; all, if none is given")
    given = parser.parse_args(arguments)
    if not DATA.exists():
        print(f"benchmarks.identity: there is no {DATA}; put the public sets there", file=sys.stderr)
        return 1
    columns = ("set", "records", "matcher", "precision", "recall", "F1", "exact clusters", "seconds")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for name in given.set or SETS:
        people = SETS[name].read()
        for run in given.only or RUNS:
            start = time.perf_counter()
            clusters = RUNS[run](people.drop("truth"), is_link=SETS[name].is_link)
            seconds = time.perf_counter() - start
            cells = [name, f"{people.height:,}", run, *score(people, clusters), f"{seconds:.1f}"]
            print(f"| {' | '.join(cells)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
