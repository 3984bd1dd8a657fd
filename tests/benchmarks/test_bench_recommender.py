"""The recommenders of the benchmark and how their lists are measured, by hand, on four people and four items."""

import math

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_matrix

from benchmarks.recommender.models import best_of, group_lift, item_knn, measure_lists, popularity, rerank

TRAIN = csr_matrix([[1, 2, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]])


def test_similarity_is_jaccards():
    # Items 0 and 1: two of three customers have both; 0 and 2: one of three; 1 and 2: nobody has both.
    assert item_knn(TRAIN)[2].tolist() == pytest.approx([1 + 1 / 3, 2 / 3 + 0, 1 / 3 + 1, 0])


def test_lists_begin_with_the_most_popular_and_leave_out_what_one_has():
    assert best_of(popularity(TRAIN), TRAIN)[3].tolist() == [0, 1, 2, 3]
    assert best_of(popularity(TRAIN), TRAIN)[2].tolist()[:2] == [1, 3]


def test_recall_and_ndcg_count_what_is_new_to_known_customers():
    wanted = csr_matrix([[5, 0, 1, 1], [0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 1, 1]])
    best = np.array([[2, 0, 3], [2, 3, 0], [1, 3, 0], [0, 1, 2]])
    found = measure_lists(np.pad(best, ((0, 0), (0, 7))), TRAIN, wanted)
    # Customer 0 alone took something new; 2 took only what it had, and 3 is cold. The list is filled with what it has.
    ndcg = (1 + 1 / math.log2(4)) / (1 + 1 / math.log2(3))
    assert found == {"customers": 1, "recall": 1.0, "ndcg": pytest.approx(ndcg)}


def test_a_group_lifts_what_it_takes_and_nothing_where_all_are_alike():
    lift = group_lift(TRAIN, pl.DataFrame({"place": ["a", "a", "b", "b"]}))
    assert lift[0, 1] > 0 > lift[0, 2]
    assert (lift[3] == lift[2]).all()
    alike = group_lift(TRAIN, pl.DataFrame({"place": ["a"] * 4}))
    assert alike == pytest.approx(np.zeros((4, 4)), abs=1e-6)
    scores = popularity(TRAIN)
    assert (best_of(rerank(scores, lift, 0), TRAIN) == best_of(scores, TRAIN)).all()
