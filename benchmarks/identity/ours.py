"""This project's matcher, and exact keys, on a task's folder: what peers are measured against, and in the same way.

Run as `python -m benchmarks.identity.ours FOLDER ours|exact|before|again`; it writes `clusters.parquet` (row, cluster).
`before` matches all but the last hundredth of the records and keeps what it leaves to build on; `again` then matches
all of them, as a night with 1 % new records does.
"""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

import polars as pl

from transforms.graph import connect
from transforms.matching.match import match_people

KEYS = (
    ("email",),
    ("phone",),
    ("given_name", "surname", "birth_date"),
    ("full_name", "address"),
    ("given_name", "surname", "postcode"),
)
"""Columns that, equal together, are taken for one person by exact keys."""
SHARED_BY = 8
"""Records that may have one email or phone; more, and it is no key."""
KEPT = "kept.pickle"


def run_ours(people: pl.DataFrame, *, is_link: bool) -> pl.Series:
    """Per record the cluster that the product's matcher finds with its default settings."""
    return place(people, match_people(people, link_only=is_link).clusters)


def run_exact(people: pl.DataFrame, *, is_link: bool) -> pl.Series:
    """Per record the cluster of those that equal keys connect, directly or through others."""
    rows = people.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    edges = [link_equal(rows, list(key)) for key in KEYS if set(key) <= set(people.columns)]
    both = pl.concat([pl.DataFrame(schema={"row": pl.Int64, "first": pl.Int64}), *edges])
    return pl.Series("cluster", connect(both["row"].to_numpy(), both["first"].to_numpy(), people.height))


def link_equal(rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Each row with the first one of the same key: row, first; several values of a role stand for themselves."""
    known = rows.select("row", *key)
    for column, type_ in known.schema.items():
        if isinstance(type_, pl.List):
            known = known.explode(column)
    known = known.drop_nulls(key).unique()
    if len(key) == 1:
        known = known.filter(pl.len().over(key) <= SHARED_BY)
    return known.select("row", first=pl.col("row").min().over(key))


def keep_before(people: pl.DataFrame, folder: Path, *, is_link: bool) -> None:
    """Match all records but the last hundredth and keep model and memory."""
    known = people.head(people.height - people.height // 100)
    found = match_people(known, link_only=is_link)
    (folder / KEPT).write_bytes(pickle.dumps((found.model, found.memory)))


def run_again(people: pl.DataFrame, folder: Path, *, is_link: bool) -> pl.Series:
    """Per record its cluster, by what `keep_before` kept."""
    model, memory = pickle.loads((folder / KEPT).read_bytes())
    return place(people, match_people(people, model=model, memory=memory, link_only=is_link).clusters)


def place(people: pl.DataFrame, clusters: pl.DataFrame) -> pl.Series:
    """The clusters in the order of the records."""
    labels = people.select("source", "record")
    return labels.join(clusters, on=["source", "record"], how="left", maintain_order="left")["cluster"]


def main() -> int:
    """Read the task, write what is found."""
    folder, name = Path(sys.argv[1]), sys.argv[2]
    task = json.loads((folder / "task.json").read_text("utf-8"))
    people = pl.read_parquet(folder / "roles.parquet")
    if name == "before":
        keep_before(people, folder, is_link=task["is_link"])
        return 0
    if name == "again":
        found = run_again(people, folder, is_link=task["is_link"])
    else:
        found = (run_ours if name == "ours" else run_exact)(people, is_link=task["is_link"])
    found.to_frame("cluster").with_row_index("row").write_parquet(folder / "clusters.parquet")
    return 0


if __name__ == "__main__":
    sys.exit(main())
