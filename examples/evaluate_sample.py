"""How well the published identities fit a known truth, pair by pair.

python -m examples.evaluate_sample --home var --truth var/sample/truth/truth.csv
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from warehouse.database import open_published
from warehouse.home import Home, HomeError

ACCOUNT = ["source", "account_id"]


@dataclass(frozen=True)
class Score:
    """Pairs of accounts that are one person: found, true, and both."""

    accounts: int
    """Accounts of the truth."""
    missing: int
    """Accounts of the truth that the generation does not have; their pairs count as not found."""
    found: int
    true: int
    both: int

    @property
    def precision(self) -> float:
        """Share of the found pairs that are true."""
        return self.both / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that were found."""
        return self.both / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def score(truth: pl.DataFrame, identity: pl.DataFrame) -> Score:
    """Compare source, account_id, person_id with source, account_id, customer_id, over the accounts of the truth.

    Pairs are counted by the sizes of groups, never one by one.
    """
    joined = truth.select(*ACCOUNT, "person_id").join(identity, on=ACCOUNT, how="left")
    known = joined.drop_nulls("customer_id")
    return Score(
        accounts=truth.height,
        missing=truth.height - known.height,
        found=count_pairs(known, "customer_id"),
        true=count_pairs(joined, "person_id"),
        both=count_pairs(known, "person_id", "customer_id"),
    )


def count_pairs(rows: pl.DataFrame, *by: str) -> int:
    """Pairs of rows that agree in the columns `by`."""
    size = pl.col("len").cast(pl.Int64)
    return int(rows.group_by(by).len().select((size * (size - 1) // 2).sum()).item())


def score_home(home: Path, truth: Path) -> Score:
    """Score the generation that is served; accounts the truth does not know are left out.

    Raises:
        HomeError: nothing is published.
    """
    accounts = pl.read_csv(truth, infer_schema=False)
    with open_published(Home(home).require_current().database) as con:
        identity = con.sql("SELECT source, account_id, customer_id FROM customer_identity").pl()
    return score(accounts, identity)


def show_score(result: Score) -> str:
    """The score as one line."""
    return (
        f"identity against the truth, by pairs: precision {result.precision:.4f}, recall {result.recall:.4f},"
        f" F1 {result.f1:.4f} ({result.true:,} true pairs among {result.accounts:,} accounts)"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m examples.evaluate_sample", description=__doc__.split("\n\n")[0])
    parser.add_argument("--home", type=Path, default=Path("var"))
    parser.add_argument("--truth", type=Path, default=Path("var/sample/truth/truth.csv"))
    given = parser.parse_args(arguments)
    try:
        print(show_score(score_home(given.home, given.truth)))
    except (HomeError, FileNotFoundError) as error:
        print(f"evaluate_sample: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
