"""How likely a customer still buys, and how often: the BG/NBD model, fitted by maximum likelihood.

Fader, Hardie & Lee, "Counting Your Customers" the Easy Way, Marketing Science 24 (2005). The fit takes distinct rows
with the number of customers that each stands for: the cost follows what differs. Arrays in, numbers out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import log
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import digamma, expit, gammaln

Array = NDArray[np.float64]
MIN_REPEAT_BUYERS = 30
"""Of fewer customers who bought again, nothing is concluded."""
EDGE = 9.0
"""Parameters stay within e^±9 of the data's own scale, so that all that follows from them is finite."""
EDGE_WIDTH = 1e-3
"""So near to the edge a parameter has run to it."""
NODES = 32
"""Points at which the integral over the chance of leaving is taken."""


class BgNbd(NamedTuple):
    """How often customers buy (gamma: r, alpha) and leave after a purchase (beta: a, b); alpha in the unit of time."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float


def fit_bgnbd(frequency: Array, recency: Array, age: Array, count: Array) -> tuple[BgNbd | None, str]:
    """The model of `count` customers a row, or None and why.

    frequency: purchases after the first; recency: time from the first to the last; age: time from the first until now.
    """
    if (reason := find_obstacle([frequency, recency, age], count, frequency > 0)) or not age.any():
        return None, reason or "no time has passed since the first purchase"
    unit = float(np.average(age, weights=count))
    times, place = np.unique(frequency, return_inverse=True)
    lives = Lives(times, place, recency / unit, age / unit, count / count.sum())
    found = climb(lambda values: _score_bgnbd(values, lives), 4)
    if found is None:
        return None, "the fit did not settle"
    (r, alpha, a, b), height = found
    if reason := find_edge({"differ in how often they buy": (r, alpha), "stop buying": (a, b)}):
        return None, reason
    shift = float((frequency * count).sum()) * log(unit)  # a likelihood per unit of time, in the caller's unit
    return BgNbd(float(r), float(alpha) * unit, float(a), float(b), height * float(count.sum()) - shift), ""


def find_obstacle(columns: list[Array], count: Array, again: NDArray[np.bool_]) -> str:
    """Why nothing can be fitted to these rows, or an empty text."""
    if count[again].sum() < MIN_REPEAT_BUYERS:
        return f"fewer than {MIN_REPEAT_BUYERS} customers bought again"
    if all(np.ptp(column) == 0 for column in columns):
        return "all customers are alike"
    return ""


def find_edge(parameters: Mapping[str, Sequence[float]]) -> str:
    """Why a fit tells nothing, whose parameters (by what they are of) have run to the edge; or an empty text."""
    for told, values in parameters.items():
        if (np.abs(np.log(values)) > EDGE - EDGE_WIDTH).any():
            return f"nothing shows that customers {told}: the fit ran to the edge of what it may be"
    return ""


def climb(score: Callable[[Array], tuple[float, Array]], size: int) -> tuple[Array, float] | None:
    """Positive parameters of the greatest score, and that score. `score` gives its slope by each, too."""

    def descend(logs: Array) -> tuple[float, Array]:
        values = np.exp(logs)
        height, slope = score(values)
        return -height, -slope * values

    options = {"maxiter": 2000, "maxfun": 4000, "ftol": 1e-15, "gtol": 1e-9}
    bounds = [(-EDGE, EDGE)] * size
    best: Any = minimize(descend, np.zeros(size), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    if not (np.isfinite(best.fun) and np.isfinite(best.x).all()):
        return None
    return np.exp(best.x), -float(best.fun)


class Lives(NamedTuple):
    """Rows of customers: each one's frequency is times[place]; times in units, share of all customers."""

    times: Array
    place: NDArray[np.intp]
    recency: Array
    age: Array
    share: Array


def _score_bgnbd(values: Array, lives: Lives) -> tuple[float, Array]:
    """Mean log-likelihood (equation 6 of the paper) and its slopes by r, alpha, a and b."""
    r, alpha, a, b = values
    times, place, recency, age, share = lives
    alone = gammaln(r + times) - gammaln(r) + r * np.log(alpha)
    alone += gammaln(a + b) - gammaln(a + b + times) + gammaln(b + times) - gammaln(b)
    shape, again = (r + times)[place], (times > 0)[place]
    log_age, log_recency = np.log(alpha + age), np.log(alpha + recency)
    left = np.where(times > 0, np.log(a) - np.log(np.where(times > 0, b + times - 1, 1.0)), -np.inf)[place]
    lead = np.where(again, left + shape * (log_age - log_recency), -np.inf)  # how far leaving outweighs staying
    gone = expit(lead)
    height = alone[place] - shape * log_age + np.logaddexp(0.0, lead)
    by_shape = digamma(r + times) - digamma(r) + np.log(alpha)
    by_b = digamma(a + b) - digamma(a + b + times) + digamma(b + times) - digamma(b)
    slopes = (
        by_shape[place] - (1 - gone) * log_age - gone * log_recency,
        r / alpha - shape * ((1 - gone) / (alpha + age) + gone / (alpha + recency)),
        (digamma(a + b) - digamma(a + b + times))[place] + gone / a,
        by_b[place] - gone / np.where(times > 0, b + times - 1, 1.0)[place],
    )
    return float((share * height).sum()), np.array([(share * slope).sum() for slope in slopes])


def p_alive(model: BgNbd, frequency: Array, recency: Array, age: Array) -> Array:
    """The chance that each customer still buys; 1 for who bought once, as the model has nobody leave before that."""
    r, alpha, a, b, _ = model
    again = frequency > 0
    odds = np.log(a) - np.log(np.where(again, b + frequency - 1, 1.0))
    odds += (r + frequency) * (np.log(alpha + age) - np.log(alpha + recency))
    return np.where(again, expit(-odds), 1.0)


def expect_if_alive(model: BgNbd, frequency: Array, age: Array, time: float) -> Array:
    """Purchases expected within `time` of each customer who still buys; times p_alive it is everybody's.

    The paper's equation 10 without its hypergeometric function, which is not defined at a = 1: the mean over the chance
    of leaving p ~ Beta(a, b + x) of (1 − (1 + p t / (α + T))^−(r + x)) / p.
    """
    times, place = np.unique(frequency, return_inverse=True)
    chance, weight = place_nodes(model.a, model.b + times)
    expected = np.zeros(len(frequency))
    reach, shape = time / (model.alpha + age), model.r + frequency
    for node in range(NODES):
        p = chance[place, node]
        expected += weight[place, node] * -np.expm1(-shape * np.log1p(p * reach)) / p
    return expected


def place_nodes(a: float, b: Array) -> tuple[Array, Array]:
    """Nodes and weights of Gauss–Jacobi quadrature for each Beta(a, b), a row each (Golub & Welsch 1969)."""
    low, high, step = a - 1, b[:, None] - 1, np.arange(1, NODES)
    both = low + high
    middle = np.hstack([(low - high) / (both + 2), (low**2 - high**2) / ((2 * step + both) * (2 * step + both + 2))])
    top = 4 * step * (step + high) * (step + low)
    with np.errstate(divide="ignore", invalid="ignore"):  # 0 / 0 at the first step where a + b = 1
        ratio = np.where(step == 1, 1.0, (step + both) / (2 * step + both - 1))
    side = np.sqrt(top * ratio / ((2 * step + both) ** 2 * (2 * step + both + 1)))
    matrix = np.zeros((len(b), NODES, NODES))
    place = np.arange(NODES)
    matrix[:, place, place] = middle
    matrix[:, step, step - 1] = side
    where, vector = np.linalg.eigh(matrix)
    return np.clip((1 + where) / 2, 1e-12, 1.0), vector[:, 0, :] ** 2
