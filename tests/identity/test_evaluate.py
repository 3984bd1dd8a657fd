"""Scores of clusters: equal to what enumerating every pair gives, and to sums done by hand."""

import random
import time
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.identity.evaluate import MIXED, Evaluation, evaluate, join_truth, score_groups
from transforms.identity.name_groups import NO_SURNAME, list_groups

FEW = st.integers(0, 3)
KEY = ["source", "record"]
PEOPLE = st.lists(st.tuples(FEW, FEW | st.none(), st.sampled_from("xyz")), min_size=1, max_size=12)
"""Per record: person, cluster (None: the clusters lack it), group."""


def frame(column: str, groups: list[int | None]) -> pl.DataFrame:
    rows = [("crm", f"A{n}", f"G{g}") for n, g in enumerate(groups) if g is not None]
    return pl.DataFrame(rows, schema=dict.fromkeys([*KEY, column], pl.String), orient="row")


def score(persons: list[int | None], clusters: list[int | None]) -> Evaluation:
    return evaluate(frame("person", persons), frame("cluster", clusters), KEY)


def enumerate_pairs(people: list[tuple[int, int | None, str]], wanted=lambda a, b: True) -> tuple[int, int, int]:
    """Pairs found, true and both, one by one."""
    pairs = [(a, b) for a, b in combinations(people, 2) if wanted(a[2], b[2])]
    found = [a[1] == b[1] is not None for a, b in pairs]
    true = [a[0] == b[0] for a, b in pairs]
    return sum(found), sum(true), sum(f and t for f, t in zip(found, true, strict=True))


@given(PEOPLE)
def test_pairs_are_counted_as_one_by_one(people):
    persons, clusters, _ = (list(column) for column in zip(*people, strict=True))
    result = score(persons, clusters)
    assert (result.pairs.found, result.pairs.true, result.pairs.both) == enumerate_pairs(people)
    assert result.missing == clusters.count(None)


@given(PEOPLE)
def test_b_cubed_is_the_mean_over_records(people):
    precisions, recalls = [], []
    for person, cluster, _ in people:
        same = sum(p == person and c == cluster for p, c, _ in people) if cluster is not None else 0
        recalls.append(same / sum(p == person for p, _, _ in people))
        if cluster is not None:
            precisions.append(same / sum(c == cluster for _, c, _ in people))
    result = score([p for p, _, _ in people], [c for _, c, _ in people])
    assert result.b_recall == pytest.approx(sum(recalls) / len(recalls))
    assert result.b_precision == pytest.approx(sum(precisions) / len(precisions) if precisions else 1.0)


@given(PEOPLE)
def test_exact_clusters_are_equal_sets(people):
    def sets(column: int) -> set[frozenset[int]]:
        labels = {row[column] for row in people} - {None}
        return {frozenset(n for n, row in enumerate(people) if row[column] == label) for label in labels}

    result = score([p for p, _, _ in people], [c for _, c, _ in people])
    assert (result.people, result.exact) == (len(sets(0)), len(sets(0) & sets(1)))


@given(PEOPLE)
def test_every_pair_is_in_one_group(people):
    persons, clusters, groups = (list(column) for column in zip(*people, strict=True))
    joined = join_truth(frame("person", persons), frame("cluster", clusters), KEY).sort(
        pl.col("record").str.slice(1).cast(int)
    )
    scores = score_groups(joined.with_columns(group=pl.Series(groups)), "group")
    for name, found in scores.items():
        wanted = (lambda a, b: a != b) if name == MIXED else (lambda a, b, name=name: a == b == name)
        assert (found.found, found.true, found.both) == enumerate_pairs(people, wanted)
    totals = enumerate_pairs(people)
    assert tuple(sum(getattr(s, n) for s in scores.values()) for n in ("found", "true", "both")) == totals


@given(PEOPLE)
def test_pairs_of_two_groups_are_those_between_them(people):
    persons, clusters, groups = (list(column) for column in zip(*people, strict=True))
    number = pl.col("record").str.slice(1).cast(int)
    joined = join_truth(frame("person", persons), frame("cluster", clusters), KEY).sort(number)
    scores = score_groups(joined.with_columns(group=pl.Series(groups)), "group", is_crossed=True)
    for name, found in scores.items():
        ends = sorted(name.split(" – ") * (1 if "–" in name else 2))
        assert (found.found, found.true, found.both) == enumerate_pairs(
            people, lambda a, b, ends=ends: sorted([a, b]) == ends
        )
    assert sum(s.true for s in scores.values()) == enumerate_pairs(people)[1]


def test_by_hand():
    # Persons {a b c} {d e}; clusters {a b} {c d e}.
    result = score([1, 1, 1, 2, 2], [1, 1, 2, 2, 2])
    assert (result.pairs.precision, result.pairs.recall, result.pairs.f1) == (2 / 4, 2 / 4, 0.5)
    assert result.b_precision == pytest.approx((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3) / 5)
    assert result.b_recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert (result.exact, result.people, result.largest, result.largest_true) == (0, 2, 3, 3)


def test_records_the_truth_does_not_know_count_for_nothing_but_size():
    result = score([1, 1], [1, 1, 1])
    assert (result.pairs.found, result.pairs.precision, result.pairs.recall, result.pairs.f1) == (1, 1.0, 1.0, 1.0)
    assert (result.unknown, result.exact, result.largest) == (1, 1, 3)


def test_a_hundred_thousand_records_take_seconds():
    pick = random.Random(7)
    persons = [pick.randrange(40_000) if n % 3 else 0 for n in range(100_000)]
    start = time.perf_counter()
    result = score(persons, [p // 2 for p in persons])
    assert time.perf_counter() - start < 10
    assert result.pairs.recall == 1.0


def test_names_put_records_into_groups():
    names = {
        "1": ["陳大文"],
        "2": ["Chan Tai Man"],
        "3": ["陳大文 Peter"],
        "4": ["李四", "Lee Sze"],
        "5": [],
        "6": ["Иван"],
    }
    rows = [("s", record, name) for record, of in names.items() for name in of]
    known = pl.DataFrame(rows, schema=[*KEY, "name"], orient="row")
    records = pl.DataFrame({"source": "s", "record": list(names)})
    grouped = list_groups(records, known, KEY).sort("record")
    assert grouped["script"].to_list() == ["Han", "Latin", "Han and Latin", "Han and Latin", "no name", "other script"]
    assert grouped["surname"][4] == NO_SURNAME


def test_the_most_frequent_surname_is_common_and_a_single_one_rare():
    names = ["Chan Tai Man"] * 5 + ["Wong Mei Ling"] * 3 + ["Lee Ka Fai"] * 2 + ["Kwok Siu Ming", "Yip Man Fai"]
    records = pl.DataFrame({"record": [str(n) for n in range(len(names))]})
    grouped = list_groups(records, records.with_columns(name=pl.Series(names)), ["record"])
    by_name = dict(zip(names, grouped.sort(pl.col("record").cast(int))["surname"], strict=True))
    assert (by_name["Chan Tai Man"], by_name["Yip Man Fai"]) == ("common", "rare")
    assert grouped.height == len(names)
