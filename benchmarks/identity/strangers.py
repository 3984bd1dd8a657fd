"""Tables of strangers and of families: who merges people that are two, and who finds the few copies among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.identity.nobody_twice import list_kinds, make_table
from benchmarks.identity.runs import Matcher, Task, run_matcher

PARTS: Mapping[str, bool] = {"nobody twice": False, "households": True}
"""Part → whether its tables hold families."""
SHARES = (0.0, 0.05)
"""Of the records of each table so many are second ones of somebody."""


@dataclass(frozen=True)
class Tally:
    """What a matcher made of tables, summed up."""

    part: str
    share: float
    """Of the records, those that are copies."""
    matcher: Matcher
    tables: int = 0
    failed: int = 0
    """Tables for which it gave no answer."""
    wrong: int = 0
    """Tables in which somebody was merged with somebody else."""
    merged: int = 0
    """People merged with others, in all tables."""
    people: int = 0
    found: int = 0
    """Copies put to their people."""
    copies: int = 0

    def add(self, table: pl.DataFrame, clusters: pl.Series | None) -> Tally:
        """With one more table; None: the matcher gave no answer."""
        if clusters is None:
            return self.join(Tally(self.part, self.share, self.matcher, tables=1, failed=1))
        rows = table.select("truth", cluster=clusters)
        sizes = rows.group_by("cluster").agg(pl.col("truth").n_unique())["truth"]
        merged = int(sizes.filter(sizes > 1).sum())
        people = rows.group_by("truth").agg(pl.len(), pl.col("cluster").n_unique())
        twice = people.filter(pl.col("len") > 1)
        found = int((twice["cluster"] == 1).sum())
        counts = {"wrong": int(merged > 0), "merged": merged, "people": people.height, "found": found}
        return self.join(Tally(self.part, self.share, self.matcher, tables=1, copies=twice.height, **counts))

    def join(self, other: Tally) -> Tally:
        """The sum of both."""
        names = ("tables", "failed", "wrong", "merged", "people", "found", "copies")
        sums = {name: getattr(self, name) + getattr(other, name) for name in names}
        return Tally(self.part, self.share, self.matcher, **sums)


def tally(part: str, matchers: Iterable[Matcher], folder: Path, limit: float) -> list[Tally]:
    """Every matcher on all tables of a part, by share of copies.

    Args:
        part: a key of PARTS.
        matchers: each a program of its own, as for any other set.
        folder: where they find their tables.
        limit: seconds that one may take for a table.
    """
    found = [Tally(part, share, matcher) for share in SHARES for matcher in matchers]
    for number, (count, kind) in enumerate(list_kinds(has_families=PARTS[part])):
        for share in SHARES:
            table = make_table(count, share, kind, seed=number)
            task = Task(part, table, table, limit=limit)
            for place, sum_ in enumerate(found):
                if sum_.share == share:
                    run = run_matcher(task, sum_.matcher, folder / f"{number} {share} {place}")
                    found[place] = sum_.add(table, run.clusters)
    return found
