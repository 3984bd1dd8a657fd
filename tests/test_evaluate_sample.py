"""The score of identities equals what enumerating every pair gives."""

from itertools import combinations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from examples.evaluate_sample import score

FEW = st.integers(0, 3)
SCHEMA = {"source": pl.String, "account_id": pl.String}


def frame(column: str, groups: list[int | None]) -> pl.DataFrame:
    rows = [("crm", f"A{n}", f"G{g}") for n, g in enumerate(groups) if g is not None]
    return pl.DataFrame(rows, schema=SCHEMA | {column: pl.String}, orient="row")


@given(st.lists(st.tuples(FEW, FEW | st.none()), min_size=1, max_size=9))
def test_pairs_are_counted_as_by_hand(people):
    persons, customers = (list(groups) for groups in zip(*people, strict=True))
    result = score(frame("person_id", persons), frame("customer_id", customers))
    pairs = list(combinations(people, 2))
    assert result.true == sum(a[0] == b[0] for a, b in pairs)
    assert result.found == sum(a[1] == b[1] is not None for a, b in pairs)
    assert result.both == sum(a[0] == b[0] and a[1] == b[1] is not None for a, b in pairs)
    assert result.missing == customers.count(None)


def test_accounts_the_truth_does_not_know_count_for_nothing():
    result = score(frame("person_id", [1, 1]), frame("customer_id", [1, 1, 1]))
    assert (result.found, result.precision, result.recall, result.f1) == (1, 1.0, 1.0, 1.0)
