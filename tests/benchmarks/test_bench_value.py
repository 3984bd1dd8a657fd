"""What the benchmark of features says of its figures."""

import pytest

from benchmarks.value import HORIZON, TEST, TRAIN, judge


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.001, 0.01, "tell more"), (-0.01, -0.001, "tell less"), (-0.001, 0.001, "cannot be told apart")],
)
def test_a_difference_is_one_only_where_its_interval_leaves_zero(low, high, said):
    assert said in judge({"low": low, "high": high})


def test_no_horizon_of_training_reaches_into_the_test():
    assert len(set(TRAIN)) == 4
    assert max(TRAIN).toordinal() + HORIZON <= TEST.toordinal()
