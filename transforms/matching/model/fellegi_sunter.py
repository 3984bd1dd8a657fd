"""The Fellegi–Sunter model: how often matches, members of one household and strangers agree, learned without labels.

Splink's model (Fellegi and Sunter 1969, Winkler's EM) with a third class between match and stranger: people who share
a surname, an address or a phone, and nothing else. Without it two siblings look like one person with a typing error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from transforms.matching.comparison.vectors import RULES, Vectors
from transforms.matching.records.field import UNSHARED, Floats

SEVERAL = {"email": 0.1, "phone": 0.1, "handle": 0.1}
"""Least share of matches whose contacts differ: people have two phones, change address, use an office's mailbox."""
DEPENDENT = (("address", "house"), ("postcode", "city", "district"))
"""Fields that are read from one value, or follow from each other: what speaks for a match counts once."""

ONE_STREET = 2
"""Level of addresses from which they may be in one street."""


FORBIDDEN = -1e9
"""Weight of two records that must not be one: so low that no average with others hides it."""


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
    forbidding: list[int] = field(default_factory=lambda: list(RULES))
    """Contradictions (`contradictions.RULES`) by which two records are two people whatever else agrees."""
    is_prior: bool = False
    """True if nothing could be learned of matches, so that they are taken to agree as is usual."""


def weigh_field(model: Model, vectors: Vectors, i: int) -> tuple[Floats, Floats]:
    """Per pair, logarithms of how much likelier field i's level is among matches, and among related.

    Both against strangers; 0 where one of the two records lacks the field.
    """
    level, rarity = vectors.level[:, i], vectors.rarity[:, i]
    match, related = (
        np.append(np.log(by_class[i] / model.stranger[i]), 0.0)[level] for by_class in (model.match, model.related)
    )
    return match + rarity, related if model.names[i] in UNSHARED else related + rarity


def weigh_levels(model: Model, vectors: Vectors) -> tuple[Floats, Floats]:
    """`weigh_field` of every field: pair by field; 0 for what another field of the same piece of data says already."""
    match, related = np.zeros(vectors.level.shape), np.zeros(vectors.level.shape)
    for i in range(len(model.names)):
        match[:, i], related[:, i] = weigh_field(model, vectors, i)
    for own in list_dependent(model.names):
        names = [model.names[i] for i in own]
        level = vectors.level[:, own]
        match[:, own], related[:, own] = (count_once(names, level, each[:, own]) for each in (match, related))
    return match, related


def list_dependent(names: list[str]) -> list[list[int]]:
    """Places of the fields of each group of DEPENDENT, where there are two or more."""
    found = [[names.index(name) for name in group if name in names] for group in DEPENDENT]
    return [group for group in found if len(group) > 1]


def count_once(names: list[str], level: npt.NDArray[np.int8], weights: Floats) -> Floats:
    """Weights of dependent fields, pair by field, of which only the greatest for a match is left.

    What speaks against a match stays: to count that twice parts two records, which does less harm. A house number is
    evidence in one street only.
    """
    found = weights.copy()
    if "house" in names:
        house, address = names.index("house"), names.index("address")
        found[(level[:, address] < ONE_STREET) & (found[:, house] > 0), house] = 0
    rows, best = np.arange(len(found)), found.argmax(axis=1)
    top = found[rows, best]
    found = np.minimum(found, 0)
    found[rows, best] = top
    return found


def sum_once(names: list[str], level: npt.NDArray[np.int8], weights: Sequence[Floats]) -> Floats:
    """The sum of the weights of a field, or of a group of dependent ones."""
    return weights[0] if len(names) == 1 else count_once(names, level, np.stack(weights, axis=1)).sum(axis=1)


def weigh(model: Model, vectors: Vectors) -> tuple[Floats, Floats]:
    """`weigh_levels` of all fields together, per pair; summed field by field, since there are millions of pairs."""
    match, related = np.zeros(len(vectors.level)), np.zeros(len(vectors.level))
    groups = list_dependent(model.names)
    alone = set(range(len(model.names))).difference(*groups)
    for own in [*groups, *([i] for i in sorted(alone))]:
        names = [model.names[i] for i in own]
        weighed = zip(*(weigh_field(model, vectors, i) for i in own), strict=True)
        for total, each in zip((match, related), weighed, strict=True):
            np.add(total, sum_once(names, vectors.level[:, own], each), out=total)
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
