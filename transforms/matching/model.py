"""The Fellegi–Sunter model: how often matches, members of one household and strangers agree, learned without labels.

Splink's model (Fellegi and Sunter 1969, Winkler's EM) with a third class between match and stranger: people who share
a surname, an address or a phone, and nothing else. Without it two siblings look like one person with a typing error.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from transforms.matching.compare import Vectors
from transforms.matching.fields import KINDS, PERSONAL, Floats
from transforms.matching.levels import HEIGHTS

PRIOR_WEIGHT = 12.0
"""Imagined matches that the priors count for: they decide where the data is silent."""
STRANGER_WEIGHT = 2.0
SETTLED = 1e-4
"""Relative change of the share of matches at which training ends."""
SEVERAL = {"email": 0.1, "phone": 0.1, "handle": 0.1}
"""Least share of matches whose contacts differ: people have two phones, change address, use an office's mailbox."""
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
ALIKE = 12
"""Level of a full name from which two members of one household reach it by chance only."""
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


@dataclass
class Model:
    """Shares of each level per class and field, and how likely each class is for any two records."""

    names: list[str]
    match: list[Floats]
    related: list[Floats]
    stranger: list[Floats]
    share_match: float
    share_related: float
    expected: list[Floats] = field(default_factory=list)
    """What the training starts from and leans on; empty in a model that was read."""


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
        high = np.arange(len(stranger)) >= ALIKE
        low = smooth(np.where(high, 0, count), np.where(high, 0, stranger), PRIOR_WEIGHT)
        return np.where(high, stranger, low * (1 - stranger[high].sum()) / low.sum())
    if name in PERSONAL:
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


def learn_apart(model: Model, pairs: Vectors, weighed: tuple[Floats, Floats]) -> dict[int, float]:
    """Share of matches whose contacts differ, by field: seen among pairs that the other fields alone make a match.

    With the field itself counted, matches that it speaks against would be missed, and it would seem never to differ.
    `weighed`: what `weigh` gives for the pairs.
    """
    found = {}
    for i, name in enumerate(model.names):
        if name in SEVERAL or name in SELDOM_APART:
            match, related = (total - own for total, own in zip(weighed, weigh_field(model, pairs, i), strict=True))
            level = pairs.level[:, i]
            sure = (level >= 0) & (judge(model, match, related)[0] >= SURE)
            count = np.array([(sure & (level == 0)).sum(), sure.sum()])
            expected = SEVERAL.get(name) or SELDOM_APART[name]
            if count[1] >= ENOUGH or name in SELDOM_APART:
                found[i] = float((count[0] + PRIOR_WEIGHT * expected) / (count[1] + PRIOR_WEIGHT))
    return found


def smooth(count: Floats, share: Floats, weight: float) -> Floats:
    """Counts as shares, with `weight` imagined ones spread as `share`."""
    total: Floats = (count + weight * share) / (count.sum() + weight)
    return total


def weigh_field(model: Model, vectors: Vectors, i: int) -> tuple[Floats, Floats]:
    """Per pair, logarithms of how much likelier field i's level is among matches, and among related.

    Both against strangers; 0 where one of the two records lacks the field.
    """
    level, rarity = vectors.level[:, i], vectors.rarity[:, i]
    match, related = (
        np.append(np.log(by_class[i] / model.stranger[i]), 0.0)[level] for by_class in (model.match, model.related)
    )
    return match + rarity, related if model.names[i] in PERSONAL else related + rarity


def weigh_levels(model: Model, vectors: Vectors) -> tuple[Floats, Floats]:
    """`weigh_field` of every field: pair by field."""
    match, related = np.zeros(vectors.level.shape), np.zeros(vectors.level.shape)
    for i in range(len(model.names)):
        match[:, i], related[:, i] = weigh_field(model, vectors, i)
    return match, related


def weigh(model: Model, vectors: Vectors) -> tuple[Floats, Floats]:
    """`weigh_field` of all fields together, per pair; summed field by field, since there are millions of pairs."""
    match, related = np.zeros(len(vectors.level)), np.zeros(len(vectors.level))
    for i in range(len(model.names)):
        by_match, by_related = weigh_field(model, vectors, i)
        match += by_match
        related += by_related
    return match, related


def classify(model: Model, vectors: Vectors) -> tuple[Floats, Floats]:
    """Probability of each pair to be a match, and to be related."""
    return judge(model, *weigh(model, vectors))


def judge(model: Model, match: Floats, related: Floats) -> tuple[Floats, Floats]:
    """Probability of each pair to be a match, and to be related, from what `weigh` gives."""
    match = np.log(model.share_match) + match
    related = np.log(model.share_related) + related
    stranger = np.log(max(1e-12, 1 - model.share_match - model.share_related))
    top = np.maximum(np.maximum(match, related), stranger)
    by = [np.exp(np.clip(x - top, -700, 0)) for x in (match, related, np.full(len(match), stranger))]
    total = by[0] + by[1] + by[2]
    return by[0] / total, by[1] / total


def train(model: Model, pairs: Vectors, random: Vectors, weights: tuple[float, float], rounds: int) -> int:
    """Fit the model to candidate pairs and to random pairs that are none; returns the rounds it took.

    Every two records of the table count: each candidate as often as the first weight says, each random pair, all of
    them strangers, as often as the second. So the shares need no correction for blocking. Candidates that have become
    strangers for sure are counted with these and looked at no more.
    """
    total = weights[0] * len(pairs.level) + weights[1] * len(random.level)
    strangers = [weights[1] * c for c in count_levels(model, random)]
    done = 0
    for done in range(1, rounds + 1):
        weighed = weigh(model, pairs)
        match, related = judge(model, *weighed)
        before = model.share_match
        fit(
            model,
            pairs,
            weighed,
            (weights[0] * match, weights[0] * related, weights[0] * (1 - match - related)),
            strangers,
            total,
        )
        if abs(model.share_match - before) < SETTLED * before:
            break
        is_open = match + related > HOPELESS
        if done >= 3 and is_open.mean() < 0.8:
            gone = count_levels(model, pairs.take(np.flatnonzero(~is_open)))
            strangers = [s + weights[0] * g for s, g in zip(strangers, gone, strict=True)]
            pairs = pairs.take(np.flatnonzero(is_open))
    return done


def count_levels(model: Model, vectors: Vectors, weight: Floats | None = None) -> list[Floats]:
    """Per field, how many of the pairs (or how much of their weight) has each level."""
    counts = []
    for i, shares in enumerate(model.match):
        # One place more, at the front, for the unknown.
        level = vectors.level[:, i].astype(np.int64) + 1
        counts.append(np.bincount(level, weights=weight, minlength=len(shares) + 1)[1:].astype(np.float64))
    return counts


def fit(  # noqa: PLR0913, PLR0917 – all that a round has counted
    model: Model,
    pairs: Vectors,
    weighed: tuple[Floats, Floats],
    weight: tuple[Floats, Floats, Floats],
    strangers: list[Floats],
    total: float,
) -> None:
    """New shares of the classes, and of the levels in each; `weighed`: what `weigh` gave for the pairs."""
    model.share_match = max((float(weight[0].sum()) + 0.5) / (total + 1), 1e-12)
    model.share_related = max((float(weight[1].sum()) + 0.5) / (total + 1), 1e-12)
    match, related, stranger = (count_levels(model, pairs, w) for w in weight)
    apart = learn_apart(model, pairs, weighed)
    for i in range(len(model.names)):
        share = smooth(match[i], model.expected[i], PRIOR_WEIGHT)
        model.match[i] = keep_apart(model.names[i], share, apart.get(i))
        model.stranger[i] = smooth(stranger[i] + strangers[i], expect_strangers(len(match[i])), STRANGER_WEIGHT)
        model.related[i] = relate(model, i, related[i])
