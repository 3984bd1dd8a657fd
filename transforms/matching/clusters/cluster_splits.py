"""A second look at each cluster: do its two halves, each taken as one person, agree?

Averages over pairs of records are thinned by records that say little. Where two groups have contacts of their own and
share none, while accounts with nothing but a name hang between them, only the groups as wholes show that.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.cluster.hierarchy import to_tree

from transforms.matching.comparison.vectors import Vectors
from transforms.matching.model.fellegi_sunter import SEVERAL, Model, weigh_levels
from transforms.matching.records.field import PERSONAL, Bools, Floats, Ints

LASTING = PERSONAL - SEVERAL.keys() | {"surname", "surname_sound"}
"""Fields of which a person has one; of all others (contacts, places) he may have several."""
DOUBT = 1.0
"""Log-odds against two halves of a cluster from which they are two people."""
LEAST_MEAN = -1.5
"""Average weight of the pairs between two clusters below which they are not joined again."""
REJOIN = 3.0
"""Log-odds from which two clusters are joined again."""
MOST_CLUSTERS = 30
"""Clusters of one group beyond which none is joined again: so many names lead from one to the next by chance."""
FORBIDDING = 1e3
"""Weight against a pair from which it must not be."""
Judge = Callable[[Ints], float]
"""Log-odds that two groups are one person, from the places of the pairs between them."""


def judge_groups(model: Model, vectors: Vectors, exact: Bools) -> Judge:
    """A judge of groups: of what people have several of the best pair counts, of all else the average.

    `exact` is true for pairs with an equal identifier and nothing against it; where names and birth dates can say
    nothing, one such pair is enough.
    """
    is_lasting = np.array([name in LASTING for name in model.names], dtype=bool)

    def judge(rows: Ints) -> float:
        own = vectors.take(rows)
        known = own.level >= 0
        best = np.argmax(own.level, axis=0)
        weights = []
        for by_class in weigh_levels(model, own):
            mean = by_class.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
            weights.append(np.where(is_lasting, mean, by_class[best, np.arange(len(best))]))
        match = np.log(model.share_match) + weights[0].sum()
        other = np.logaddexp(np.log(model.share_related) + weights[1].sum(), 0.0)
        is_enough = exact[rows].any() and not known[:, is_lasting].any()
        return float(max(match - other, REJOIN)) if is_enough else float(match - other)

    return judge


def split_clusters(tree: Floats, label: Ints, judge: Judge) -> Ints:
    """New labels of a group's members: clusters of which the judge says that their halves are two people are split.

    Args:
        tree: the merges, as SciPy's linkage.
        label: the cluster of each member, each a branch of the tree.
        judge: judges pairs by their place.
    """
    found = label.copy()
    todo = [to_tree(tree)]
    while todo:
        branch = todo.pop()
        if branch.is_leaf():
            continue
        one, other = (np.array(side.pre_order()) for side in (branch.get_left(), branch.get_right()))
        is_cut = label[one[0]] != label[other[0]]
        if is_cut or judge(place_pairs(one, other, len(label))) < -DOUBT:
            if not is_cut:
                found[other] = found.max() + 1
            todo += [branch.get_left(), branch.get_right()]
    return found


def rejoin_clusters(label: Ints, weight: Floats, judge: Judge, largest: int) -> Ints:
    """New labels of a group's members: clusters that the judge finds to be one person are joined, the surest first.

    Args:
        label: the cluster of each member.
        weight: weights of the group's pairs.
        judge: judges pairs by their place.
        largest: members of a cluster at most.
    """
    found = np.unique(label, return_inverse=True)[1]
    members = dict(enumerate(np.split(np.argsort(found, kind="stable"), np.cumsum(np.bincount(found))[:-1])))

    def weigh(a: int, b: int) -> float:
        rows = place_pairs(members[a], members[b], len(label))
        is_open = len(members[a]) + len(members[b]) <= largest and weight[rows].min() > -FORBIDDING
        return judge(rows) if is_open and weight[rows].mean() > LEAST_MEAN else -np.inf

    odds = {(a, b): weigh(a, b) for a in members for b in members if a < b} if len(members) <= MOST_CLUSTERS else {}
    while odds:
        (one, other), best = max(odds.items(), key=lambda pair: pair[1])
        if best < REJOIN:
            break
        members[one] = np.concatenate([members[one], members.pop(other)])
        odds = {pair: o for pair, o in odds.items() if not {one, other} & set(pair)}
        odds |= {(min(one, b), max(one, b)): weigh(min(one, b), max(one, b)) for b in members if b != one}
    for cluster, own in members.items():
        found[own] = cluster
    return found


def place_pairs(one: Ints, other: Ints, count: int) -> Ints:
    """Places of the pairs between two sets of members, among all pairs of `count` members in order."""
    a, b = np.meshgrid(one, other)
    low, high = np.minimum(a, b).ravel(), np.maximum(a, b).ravel()
    found: Ints = low * count - low * (low + 1) // 2 + high - low - 1
    return found
