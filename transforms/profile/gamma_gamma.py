"""What a customer's purchases are worth: the gamma-gamma model, fitted by maximum likelihood.

Fader & Hardie, The Gamma-Gamma Model of Monetary Value (2013). As in transforms.profile.bgnbd, a row stands for as many
customers as its count says.
"""

from __future__ import annotations

from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

from transforms.profile.bgnbd import Array, climb, find_edge, find_obstacle


class GammaGamma(NamedTuple):
    """What purchases are worth: shape p, and q and v of the gamma that its rate comes from; v in the unit of money."""

    p: float
    q: float
    v: float
    log_likelihood: float


def fit_gamma_gamma(purchases: Array, mean: Array, count: Array) -> tuple[GammaGamma | None, str]:
    """The model of `count` customers a row who made so many purchases of that mean value, above zero; or None and why.

    Give it repeat buyers alone. q stays above 1, so that means are finite.
    """
    if reason := find_obstacle([mean], count, mean > 0):
        return None, reason
    unit = float(np.average(mean, weights=count))
    times, place = np.unique(purchases, return_inverse=True)
    data = (times, place, mean / unit, count / count.sum())
    found = climb(lambda values: _score_gamma_gamma(values, *data), 3)
    if found is None:
        return None, "the fit did not settle"
    (p, above, v), height = found
    if reason := find_edge({"differ in what they spend": (p, above, v)}):
        return None, reason
    shift = float(count.sum()) * log(unit)
    return GammaGamma(float(p), 1 + float(above), float(v) * unit, height * float(count.sum()) - shift), ""


def _score_gamma_gamma(
    values: Array, times: Array, place: NDArray[np.intp], mean: Array, share: Array
) -> tuple[float, Array]:
    """Mean log-likelihood (equation 1a of the paper) and its slopes by p, q − 1 and v."""
    p, q, v = values[0], 1 + values[1], values[2]
    shape = p * times
    alone = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v) + shape * np.log(times)
    by_shape = digamma(shape + q) - digamma(shape) + np.log(times)
    log_mean, log_sum = np.log(mean), np.log(v + mean * times[place])
    height = alone[place] + (shape[place] - 1) * log_mean - (shape[place] + q) * log_sum
    slopes = (
        times[place] * (by_shape[place] + log_mean - log_sum),
        (digamma(shape + q) - digamma(q) + np.log(v))[place] - log_sum,
        q / v - (shape[place] + q) / (v + mean * times[place]),
    )
    return float((share * height).sum()), np.array([(share * slope).sum() for slope in slopes])


def expect_value(model: GammaGamma, purchases: Array, mean: Array) -> Array:
    """The value expected of a purchase: between the customer's own mean and everybody's, by how many there were."""
    p, q, v, _ = model
    return p * (v + purchases * np.maximum(mean, 0)) / (p * purchases + q - 1)
