"""What decisions teach: little by few, nothing by chance, and what is accepted is matched by until it is withdrawn."""

from collections.abc import Mapping

import numpy as np
import pytest

from transforms.identity.learning import EVEN, Learned, Lessons, fit, propose

FIELDS = ["email", "name"]


def make_lessons(seed: int, count: int, *, threshold: float = EVEN, email: float = 1.0) -> Lessons:
    """Decisions of people who know the truth of pairs near the threshold, and of what e-mails are worth."""
    random = np.random.default_rng(seed)
    evidence = np.stack([random.choice([-3.0, 4.0], count), random.normal(0, 2, count)], axis=1)
    base = -0.5 - 0.5 * np.sign(evidence[:, 0])

    def weigh(weights: Mapping[str, float]):
        return base + evidence @ np.array([weights.get(name, 1.0) for name in FIELDS])

    odds = weigh({"email": email}) - np.log(threshold / (1 - threshold))
    is_same = random.random(count) < 1 / (1 + np.exp(-odds))
    return Lessons(is_same, np.ones(count), np.arange(count), weigh, FIELDS)


def test_decisions_as_the_model_expects_them_move_nothing_as_a_rule():
    found = [propose(make_lessons(seed, count), Learned()) for seed in range(30) for count in (20, 40)]
    assert sum(proposal is not None for proposal in found) <= 3


def test_a_threshold_that_people_contradict_is_found_with_enough_decisions_and_hardly_moved_by_few():
    found = propose(make_lessons(2, 120, threshold=0.9), Learned())
    assert found is not None
    assert 0.7 < found.learned.threshold <= 0.9
    assert found.agreed_after > found.agreed_before
    few = make_lessons(1, 3, threshold=0.85)
    assert abs(fit(few, [], np.ones(3, dtype=bool)).threshold - EVEN) < 0.25


def test_a_field_that_people_do_not_trust_counts_for_less_and_the_other_hardly_changes():
    found = propose(make_lessons(2, 300, email=0.4), Learned())
    assert found is not None
    assert found.learned.weights["email"] < 0.75
    assert abs(found.learned.weights.get("name", 1.0) - 1) < 0.2


def test_what_is_in_use_is_not_proposed_again():
    lessons = make_lessons(2, 120, threshold=0.9)
    found = propose(lessons, Learned())
    assert found is not None
    assert propose(lessons, found.learned) is None


def test_the_pairs_of_one_decision_count_as_one():
    lessons = make_lessons(3, 30, threshold=0.8)
    twice = np.repeat(np.arange(30), 2)
    many = Lessons(
        lessons.is_same[twice], np.full(60, 0.5), lessons.decision[twice], lambda by: lessons.weigh(by)[twice], FIELDS
    )
    every = np.ones(60, dtype=bool)
    assert fit(many, FIELDS, every) == fit(lessons, FIELDS, every[:30])
    assert many.count == 30


def test_nothing_is_proposed_that_joins_strangers_beside_every_second_match():
    evidence = np.linspace(-1.5, -0.1, 400)
    is_same = np.arange(400) % 5 < 3  # below the threshold three in five are one person's all the way
    lessons = Lessons(is_same, np.ones(400), np.arange(400), lambda _: evidence, [])
    assert fit(lessons, [], np.ones(400, dtype=bool)).threshold < 0.4
    assert propose(lessons, Learned()) is None


@pytest.mark.parametrize("answer", [True, False])
def test_answers_of_one_kind_stay_within_bounds(answer):
    lessons = make_lessons(4, 40)
    same = Lessons(np.full(40, answer), lessons.weight, lessons.decision, lessons.weigh, FIELDS)
    found = fit(same, FIELDS, np.ones(40, dtype=bool))
    assert 0.2 <= found.threshold <= 0.9
    assert all(0.5 <= weight <= 1.5 for weight in found.weights.values())
