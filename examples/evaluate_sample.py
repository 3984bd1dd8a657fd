"""How well the published identities fit a known truth, pair by pair.

python -m examples.evaluate_sample --home var --truth var/sample/truth/truth.csv
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from transforms.identity.evaluate import Evaluation, evaluate
from warehouse.duck import open_published
from warehouse.home.layout import Home, HomeError

ACCOUNT = ["source", "account_id"]


def score_home(home: Path, truth: Path) -> Evaluation:
    """Score the generation that is served; accounts the truth does not know are left out.

    Raises:
        HomeError: nothing is published.
    """
    accounts = pl.read_csv(truth, infer_schema=False)
    with open_published(Home(home).require_current().workings) as con:
        identity = con.sql("SELECT source, account_id, customer_id FROM customer_identity").pl()
    return evaluate(accounts.rename({"person_id": "person"}), identity.rename({"customer_id": "cluster"}), ACCOUNT)


def show_score(result: Evaluation) -> str:
    """The score as one line."""
    pairs = result.pairs
    return (
        f"identity against the truth, by pairs: precision {pairs.precision:.4f}, recall {pairs.recall:.4f},"
        f" F1 {pairs.f1:.4f} ({pairs.true:,} true pairs among {result.records:,} accounts)"
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
