"""What people's decisions teach about the matcher: the threshold, and fields that count for too much or too little.

Penalised logistic regression: log-odds that the matcher gives a pair, shifted by a threshold and with the evidence of
each field multiplied, are fitted to what was decided. The penalties are normal priors around what is in use without any
learning, so that few decisions move little. What comes of it is held to decisions that it was not fitted to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LEAST_DECISIONS = 20
"""Decisions from which anything is learned."""
THRESHOLDS = (0.2, 0.9)
"""Least and greatest threshold: below it no pair is looked at, and above it an equal identifier would be none."""
WEIGHTS = (0.5, 1.5)
"""Least and greatest factor of a field's evidence."""
SHIFT, STRETCH = 1.0, 0.25
"""Standard deviations of the priors of the threshold's log-odds, around even, and of a factor, around 1."""
LEAST_CHANGE = 0.05
"""A factor nearer to 1 than this is 1."""
FOLDS = 10
ERRORS = 2.0
"""Standard errors by which held-out decisions must be foretold better: of chance one table in 40 shows that much."""
SURELY = 20.0
"""Log-odds at most, for or against."""
EVEN = 0.5
"""The threshold before anything is learned."""
LEAST_GAIN = 2.0
"""Held-out decisions more that must be agreed with: one is chance."""
MOST_STRANGERS = 1 / 8
"""Strangers more that may be joined, for each decision more that is agreed with: one in ten of the pairs newly joined.
A wrong merge is worse than a missed one."""
ROUNDS = 50
Weigh = Callable[[Mapping[str, float]], Floats]
"""The log-odds of every pair by the matcher, with factors for the evidence of fields."""


@dataclass(frozen=True)
class Learned:
    """By what to match: the threshold, and factors of fields, where not 1."""

    threshold: float = EVEN
    weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def shift(self) -> float:
        """Log-odds of the threshold."""
        return float(np.log(self.threshold / (1 - self.threshold)))


@dataclass(frozen=True)
class Lessons:
    """Decided pairs."""

    is_same: npt.NDArray[np.bool_]
    weight: Floats
    """How much each counts: the pairs of one decision together 1."""
    decision: npt.NDArray[np.int64]
    """Number of the decision each belongs to, from 0 on."""
    weigh: Weigh
    fields: list[str]

    @property
    def count(self) -> int:
        """Number of decisions."""
        return len(np.unique(self.decision))

    @cached_property
    def odds(self) -> Floats:
        """Log-odds of each pair before anything is learned."""
        return np.clip(self.weigh({}), -SURELY, SURELY)

    @cached_property
    def slopes(self) -> dict[str, Floats]:
        """By how much these change with the factor of each field, per unit."""
        return {name: slope(self, name) for name in self.fields}


@dataclass(frozen=True)
class Proposal:
    """What decisions speak for, and how it does on those that it was not fitted to."""

    learned: Learned
    count: int
    """Decisions it rests on."""
    agreed_before: float
    """Decisions that what is in use agrees with."""
    agreed_after: float
    """Decisions that were left out of the fit and that it agrees with, by cross-validation."""


def propose(lessons: Lessons, in_use: Learned) -> Proposal | None:
    """What to match by rather than what is in use; None unless it does better on decisions that it was not fitted to.

    Better: of held-out decisions LEAST_GAIN more are agreed with, and their log-loss falls by ERRORS standard errors.
    Of the pairs that it newly joins, nine in ten must be one person's. The threshold alone is proposed unless factors
    of fields are better than it by as much.
    """
    before = measure(lessons, in_use)
    best: tuple[Learned, Floats] | None = None
    for fields in ([], lessons.fields):
        held_out = cross_validate(lessons, fields)
        rival = before[0] if best is None else best[1][0]
        if is_better(rival, held_out[0]) and is_better(before[0], held_out[0]):
            best = fit(lessons, fields, np.ones(len(lessons.weight), dtype=bool)), held_out
    if best is None:
        return None
    more_agreed, more_strangers = (float(best[1][i].sum() - before[i].sum()) for i in (1, 2))
    if more_agreed < LEAST_GAIN or MOST_STRANGERS * more_agreed < more_strangers:
        return None
    return Proposal(best[0], lessons.count, float(before[1].sum()), float(best[1][1].sum()))


def is_better(before: Floats, after: Floats) -> bool:
    """Does the loss per decision fall by more than ERRORS standard errors?"""
    gain = before - after
    return bool(gain.mean() > ERRORS * gain.std(ddof=1) / np.sqrt(len(gain)))


def measure(lessons: Lessons, learned: Learned) -> Floats:
    """Per decision its loss, the share of it that is agreed with, and the share that joins strangers."""
    odds = np.clip(lessons.weigh(learned.weights), -SURELY, SURELY) - learned.shift
    sign = np.where(lessons.is_same, 1.0, -1.0)
    loss, agreed = np.logaddexp(0, -sign * odds), (odds >= 0) == lessons.is_same
    rows = loss, agreed, (odds >= 0) & ~lessons.is_same
    per = [np.bincount(lessons.decision, lessons.weight * row, minlength=lessons.count) for row in rows]
    return np.stack(per)


def cross_validate(lessons: Lessons, fields: list[str]) -> Floats:
    """`measure` of each decision by what the others teach."""
    found = np.zeros((3, lessons.count))
    folds = min(FOLDS, lessons.count)
    for fold in range(folds):
        is_out = lessons.decision % folds == fold
        own = np.unique(lessons.decision[is_out])
        found[:, own] = measure(lessons, fit(lessons, fields, ~is_out))[:, own]
    return found


def fit(lessons: Lessons, fields: list[str], is_in: npt.NDArray[np.bool_]) -> Learned:
    """What some of the pairs teach: the threshold, and the factors of these fields (Newton's method).

    The log-odds are taken to be linear in the factors, with the slope that they have at 1.
    """
    odds = lessons.odds[is_in]
    columns = [-np.ones(len(odds)), *(lessons.slopes[name][is_in] for name in fields)]
    x, y, weight = np.stack(columns, axis=1), lessons.is_same[is_in].astype(np.float64), lessons.weight[is_in]
    precision = np.diag([SHIFT**-2, *[STRETCH**-2] * len(fields)])
    step = np.zeros(len(columns))
    for _ in range(ROUNDS):
        share = 1 / (1 + np.exp(-np.clip(odds + x @ step, -SURELY, SURELY)))
        slopes = x.T @ (weight * (y - share)) - precision @ step
        curve = (x * (weight * np.maximum(share * (1 - share), 1e-3))[:, None]).T @ x + precision
        change = np.linalg.solve(curve, slopes)
        step = step + np.clip(change, -1, 1)
        if np.abs(change).max() < 1e-6:
            break
    return round_off(float(step[0]), dict(zip(fields, step[1:].tolist(), strict=True)))


def slope(lessons: Lessons, name: str) -> Floats:
    """By how much the log-odds of each pair change with the factor of a field, per unit."""
    h = 0.1
    more, less = (np.clip(lessons.weigh({name: 1 + sign * h}), -SURELY, SURELY) for sign in (1, -1))
    found: Floats = (more - less) / (2 * h)
    return found


def round_off(shift: float, change: Mapping[str, float]) -> Learned:
    """Figures that a person can read, within what is allowed; log-odds of the threshold, and changes of factors."""
    threshold = round(float(np.clip(1 / (1 + np.exp(-shift)), *THRESHOLDS)), 2)
    factors = {name: round(float(np.clip(1 + by, *WEIGHTS)), 2) for name, by in change.items()}
    return Learned(threshold, {name: w for name, w in factors.items() if abs(w - 1) >= LEAST_CHANGE})
