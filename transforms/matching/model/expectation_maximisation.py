"""Training of the model without labels: expectation maximisation, from what is expected of any table."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from transforms.matching.comparison.vectors import HEIGHTS, HOUSEHOLD_NAMES, Vectors
from transforms.matching.model.fellegi_sunter import SEVERAL, Model, judge, weigh, weigh_field
from transforms.matching.records.field import KINDS, UNSHARED, Bools, Floats

PRIOR_WEIGHT = 12.0
"""Imagined matches that the priors count for: they decide where the data is silent."""
STRANGER_WEIGHT = 2.0
SETTLED = 1e-4
"""Relative change of the share of matches at which training ends."""
SELDOM_APART = {"birth_date": 0.05, "gender": 0.03, "national_id": 0.02}
"""Expected share of matches that differ in what a person has one of; more only if pairs sure by all else show it."""
LEAST_APART = {"surname_sound": 0.01, "given_sound": 0.01, "western_name": 0.02}
"""Least share of matches whose names differ: people marry, call themselves otherwise, and are read wrongly."""
SURE, ENOUGH = 0.95, 30.0
"""Probability by the other fields, and number of such pairs, from which it is learned how often contacts differ."""
MOST_APART = 0.5
"""Greatest share of matches that agree nowhere in a field: a field that differs more often is none."""
LOOSE = 2
"""Levels, the lowest, at which two values are two people's rather than one's."""
MOST_LOOSE = {"birth_date": 0.55, "given_name": 0.25, "given_sound": 0.2, "national_id": 0.15}
"""Greatest share of matches at those levels: where more are, training has found some looser kind of likeness that the
table is full of, and no matches."""
TWINS = 0.01
"""Share of any two of one household who are twins: given, since a table of few twins would not show it."""
HOPELESS = 1e-6
"""Probability below which a pair is a stranger's for good."""
EQUAL = {
    "email": 0.75,
    "phone": 0.75,
    "national_id": 0.93,
    "handle": 0.8,
    "gender": 0.97,
    "middle_name": 0.7,
    "surname_sound": 0.75,
    "given_sound": 0.6,
    "western_name": 0.8,
    "house": 0.7,
}
"""Share of matches with equal values that is expected before any data; 0.7 for other fields."""
APART = {
    "email": 0.2, "phone": 0.2, "national_id": 0.02, "handle": 0.15, "gender": 0.03, "middle_name": 0.12, "house": 0.15,
    "given_name": 0.05, "given_sound": 0.05, "birth_date": 0.05,
}  # fmt: skip
"""Share of matches that agree in nothing; 0.08 for other fields."""


def prior(name: str, rarity: Floats) -> Floats:
    """Shares of the levels among matches that are expected before any data, the lowest level first.

    `rarity` says how equal values spread over the levels that equal values may have.
    """
    height = HEIGHTS[KINDS[name]]
    equal, apart = EQUAL.get(name, 0.7), APART.get(name, 0.08)
    if height == 2:
        return np.concatenate([[1 - equal], equal * rarity])
    between = np.arange(1, height - 1, dtype=np.float64)
    return np.concatenate([[apart], (1 - equal - apart) * between / between.sum(), equal * rarity])


def expect_strangers(height: int) -> Floats:
    """Shares of the levels among strangers that are expected before any data: they agree in nothing, as a rule."""
    return np.concatenate([[0.9], np.full(height - 1, 0.1 / (height - 1))])


def start_model(names: list[str], rarity: list[Floats], random: Vectors, share_match: float) -> Model:
    """The model before training: priors for matches, random pairs for strangers."""
    match = [prior(name, spread) for name, spread in zip(names, rarity, strict=True)]
    stranger = []
    for i, expected in enumerate(match):
        level = random.level[:, i]
        count = np.bincount(level[level >= 0], minlength=len(expected)).astype(np.float64)
        stranger.append(smooth(count, expect_strangers(len(expected)), STRANGER_WEIGHT))
    model = Model(names, match, [s.copy() for s in stranger], stranger, share_match, share_match / 4)
    model.expected = [m.copy() for m in match]
    for i in range(len(names)):
        model.related[i] = relate(model, i, np.zeros(len(match[i])))
    return model


def relate(model: Model, i: int, count: Floats) -> Floats:
    """Shares of the levels of one field among members of one household, of whom `count` were seen.

    They share a surname, so their full names may be somewhat alike, but equal only as strangers' are.
    """
    name, stranger = model.names[i], model.stranger[i]
    if name == "full_name":
        high = np.arange(len(stranger)) > HOUSEHOLD_NAMES
        low = smooth(np.where(high, 0, count), np.where(high, 0, stranger), PRIOR_WEIGHT)
        return np.where(high, stranger, low * (1 - stranger[high].sum()) / low.sum())
    if name == "birth_date":
        return (1 - TWINS) * stranger + TWINS * model.expected[i]
    if name in UNSHARED:
        return stranger
    return smooth(count, (model.expected[i] + stranger) / 2, PRIOR_WEIGHT)


def keep_apart(name: str, share: Floats, learned: float | None) -> Floats:
    """Shares of the levels among matches, with a share of no agreement within reason: what was learned of it apart.

    Where people of one given name are many more than matches, training would take them for a looser kind of match.
    """
    least = LEAST_APART.get(name, SEVERAL.get(name, 0.0))
    apart = min(max(share[0], least) if learned is None else learned, MOST_APART)
    found = np.concatenate([[apart], share[1:] * (1 - apart) / max(1 - share[0], 1e-12)])
    loose = found[:LOOSE].sum()
    most = MOST_LOOSE.get(name, 1.0)
    if loose > most:
        found = np.concatenate([found[:LOOSE] * most / loose, found[LOOSE:] * (1 - most) / max(1 - loose, 1e-12)])
    return found


def learn_apart(model: Model, pairs: Vectors, count: Floats, weighed: tuple[Floats, Floats]) -> dict[int, float]:
    """Share of matches whose contacts differ, by field: seen among pairs that the other fields alone make a match.

    With the field itself counted, matches that it speaks against would be missed, and it would seem never to differ.
    `count`: how many pairs each of these stands for; `weighed`: what `weigh` gives for them.
    """
    found = {}
    for i, name in enumerate(model.names):
        if name in SEVERAL or name in SELDOM_APART:
            match, related = (total - own for total, own in zip(weighed, weigh_field(model, pairs, i), strict=True))
            level = pairs.level[:, i]
            sure = (level >= 0) & (judge(model, match, related)[0] >= SURE)
            apart, known = count[sure & (level == 0)].sum(), count[sure].sum()
            expected = SEVERAL.get(name) or SELDOM_APART[name]
            if known >= ENOUGH or name in SELDOM_APART:
                found[i] = float((apart + PRIOR_WEIGHT * expected) / (known + PRIOR_WEIGHT))
    return found


def smooth(count: Floats, share: Floats, weight: float) -> Floats:
    """Counts as shares, with `weight` imagined ones spread as `share`."""
    total: Floats = (count + weight * share) / (count.sum() + weight)
    return total


@dataclass(frozen=True)
class Sample:
    """The pairs that a model is trained on."""

    pairs: Vectors
    """Candidates."""
    barred: Bools
    """True for candidates that are no matches, for they contradict themselves."""
    random: Vectors
    """Pairs that are none."""
    weights: tuple[float, float]
    """How many pairs of the table each of the two stands for."""

    @property
    def total(self) -> float:
        """Pairs of the table."""
        return self.weights[0] * len(self.pairs.level) + self.weights[1] * len(self.random.level)


def train(model: Model, sample: Sample, rounds: int, *, is_prior: bool = False) -> Model:
    """The model fitted to a sample; with `is_prior` only how many matches there are, and what strangers do.

    Every two records of the table count: each candidate as often as the first weight says, each random pair, all of
    them strangers, as often as the second. So the shares need no correction for blocking. Candidates that have become
    strangers for sure are counted with these and looked at no more.
    """
    model = replace(model, match=list(model.match), related=list(model.related), stranger=list(model.stranger))
    pairs, barred, count = condense(sample.pairs, sample.barred)
    weights = sample.weights
    strangers = [weights[1] * c for c in count_levels(model, sample.random)]
    for done in range(1, rounds + 1):
        weighed = weigh(model, pairs)
        weighed[0][barred] = -np.inf
        match, related = judge(model, *weighed)
        before, shares = model.share_match, list(model.match)
        each = weights[0] * count
        fit(
            model,
            (pairs, count),
            weighed,
            (each * match, each * related, each * (1 - match - related)),
            strangers,
            sample.total,
        )
        if is_prior:
            model.match = shares
        if abs(model.share_match - before) < SETTLED * before:
            break
        is_open = match + related > HOPELESS
        if done >= 3 and count[is_open].sum() < 0.8 * count.sum():
            gone = count_levels(model, pairs.take(np.flatnonzero(~is_open)), count[~is_open])
            strangers = [s + weights[0] * g for s, g in zip(strangers, gone, strict=True)]
            pairs, barred, count = pairs.take(np.flatnonzero(is_open)), barred[is_open], count[is_open]
    return model


def condense(pairs: Vectors, barred: Bools) -> tuple[Vectors, Bools, Floats]:
    """Each distinct comparison vector once, barred or not, and how many pairs have it: a fraction of the pairs."""
    count, width = pairs.rarity.shape
    rarity = pairs.rarity.view(np.uint8).reshape(count, width * pairs.rarity.itemsize)
    parts = (pairs.level.view(np.uint8), rarity, barred[:, None].view(np.uint8))
    whole = np.hstack([*parts, np.zeros((count, -sum(part.shape[1] for part in parts) % 8), np.uint8)])
    rows = pl.DataFrame(np.ascontiguousarray(whole).view(np.uint64))
    distinct = rows.with_row_index("row").group_by(rows.columns).agg(pl.col("row").min(), pl.len()).sort("row")
    first = distinct["row"].to_numpy().astype(np.int64)
    return pairs.take(first), barred[first], distinct["len"].to_numpy().astype(np.float64)


def count_levels(model: Model, vectors: Vectors, weight: Floats | None = None) -> list[Floats]:
    """Per field, how many of the pairs (or how much of their weight) has each level."""
    counts = []
    for i, shares in enumerate(model.match):
        # One place more, at the front, for the unknown.
        level = vectors.level[:, i].astype(np.int64) + 1
        counts.append(np.bincount(level, weights=weight, minlength=len(shares) + 1)[1:].astype(np.float64))
    return counts


def fit(
    model: Model,
    condensed: tuple[Vectors, Floats],
    weighed: tuple[Floats, Floats],
    weight: tuple[Floats, Floats, Floats],
    strangers: list[Floats],
    total: float,
) -> None:
    """New shares of the classes, and of the levels in each.

    `condensed`: distinct vectors and how many pairs have each; `weighed`: what `weigh` gave for them.
    """
    pairs, count = condensed
    model.share_match = max((float(weight[0].sum()) + 0.5) / (total + 1), 1e-12)
    model.share_related = max((float(weight[1].sum()) + 0.5) / (total + 1), 1e-12)
    match, related, stranger = (count_levels(model, pairs, w) for w in weight)
    apart = learn_apart(model, pairs, count, weighed)
    for i in range(len(model.names)):
        share = smooth(match[i], model.expected[i], PRIOR_WEIGHT)
        model.match[i] = keep_apart(model.names[i], share, apart.get(i))
        model.stranger[i] = smooth(stranger[i] + strangers[i], expect_strangers(len(match[i])), STRANGER_WEIGHT)
        model.related[i] = relate(model, i, related[i])
