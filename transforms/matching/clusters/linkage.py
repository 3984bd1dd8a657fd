"""From probabilities to clusters: who is one person, when pairs contradict each other.

Connected components find who may belong together; inside each, *all* pairs are compared, and the records are merged
from the surest pair on, as long as the evidence between two groups speaks for them on average (hierarchical
clustering by average log-odds). So a weak bridge between two firm groups breaks, and a record with one good and nine
bad neighbours stays out. What must not be is a weight no evidence outweighs.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from transforms.matching.clusters.cluster_splits import Judge, place_pairs, rejoin_clusters, split_clusters
from transforms.matching.model.fellegi_sunter import FORBIDDEN
from transforms.matching.records.field import Floats, Ints

SURELY = 20.0
"""Log-odds beyond which more makes no difference to who is torn."""
BOUND = 5.0
"""Log-odds that one pair can add at most, for or against: a model is sure too easily."""
BEYOND = 0.02
"""What of the log-odds beyond BOUND still counts, so that the surer of two sure pairs is merged first."""
TOP = BOUND + BEYOND * (SURELY - BOUND)
"""The surest weight, at distance 0."""
MARGIN = 1.0
"""Log-odds by which a record must belong to its own group rather than to another that it could belong to."""
DOUBT = 0.7
"""Log-odds below the threshold at which another group is still one that a record could belong to."""
BETWEEN = 1.0
"""Log-odds for two groups being one above which nobody stands between them: they are one person's, in two parts."""


def pair_within(groups: list[Ints]) -> tuple[Ints, Ints]:
    """Every two records of every group, in the order that `merge_groups` takes their weights."""
    left, right = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for group in groups:
        i, j = np.triu_indices(len(group), 1) if len(group) > 2 else (np.array([0]), np.array([1]))
        left.append(group[i])
        right.append(group[j])
    return np.concatenate(left), np.concatenate(right)


def merge_groups(groups: list[Ints], weight: Floats, one: Ints, limits: tuple[float, int], judge: Judge) -> Ints:
    """Per node the first node of its cluster.

    Args:
        groups: components, each in order.
        weight: log-odds of the pairs of `pair_within`, or FORBIDDEN.
        one: per node the first of those that must be one with it, whatever the weights.
        limits: log-odds that two groups need on average to become one; nodes in a cluster at most.
        judge: has the last word on whether two halves of a cluster are one.
    """
    cluster = np.arange(len(one))
    place = 0
    for group in groups:
        size = len(group) * (len(group) - 1) // 2
        own = weight[place : place + size]
        if len(group) == 2:
            is_one = own[0] >= limits[0] or one[group[0]] == one[group[1]]
            cluster[group] = group[0] if is_one else group
        elif len(np.unique(one[group])) == len(group):
            cluster[group] = group[merge_items(own, limits, shift(judge, place))]
        else:
            item, own, rows = contract(one[group], own)
            label = merge_items(own, limits, pool(judge, rows, place)) if len(own) else np.zeros(1, np.int64)
            _, first, back = np.unique(label[item], return_index=True, return_inverse=True)
            cluster[group] = group[first[back]]
        place += size
    return cluster


def shift(judge: Judge, start: int) -> Judge:
    """The judge of a group whose pairs begin at `start`."""
    return lambda rows: judge(rows + start)


def pool(judge: Judge, rows: list[Ints], start: int) -> Judge:
    """The judge of groups of items, each pair of which stands for several pairs of records."""
    return lambda own: judge(np.concatenate([rows[i] for i in own.tolist()]) + start)


def contract(one: Ints, weight: Floats) -> tuple[Ints, Floats, list[Ints]]:
    """Members that must be one as one item each: item per member, weights of the pairs of items, the pairs in each."""
    item = np.unique(one, return_inverse=True)[1]
    members = [np.flatnonzero(item == i) for i in range(item.max() + 1)]
    pairs = [(a, b) for i, a in enumerate(members) for b in members[i + 1 :]]
    rows = [place_pairs(a, b, len(one)) for a, b in pairs]
    means = [FORBIDDEN if weight[own].min() <= FORBIDDEN else float(weight[own].mean()) for own in rows]
    return item, np.array(means), rows


def merge_items(weight: Floats, limits: tuple[float, int], judge: Judge) -> Ints:
    """Per member of one group the first member of its cluster, by the weights of all pairs."""
    count = (1 + math.isqrt(1 + 8 * len(weight))) // 2
    within = np.clip(weight, -BOUND, BOUND)
    bounded = np.where(weight <= FORBIDDEN, FORBIDDEN, within + BEYOND * (np.clip(weight, -SURELY, SURELY) - within))
    if count <= limits[1] and bounded.min() >= limits[0]:
        return np.zeros(count, np.int64)
    if count == 2:
        return np.arange(2)
    tree = linkage(TOP - bounded, "average")
    label = split_clusters(tree, cut_tree(tree, limits), judge)
    label = rejoin_clusters(label, bounded, judge, limits[1])
    return part_torn(weight, label, limits[0])


def part_torn(weight: Floats, label: Ints, least: float) -> Ints:
    """Per member of one group the first member of its cluster, where who may as well belong to another stays alone.

    Two people of one name, and an account with nothing but that name: whose it is, nobody can say.
    """
    label = np.unique(label, return_inverse=True)[1]
    size = np.bincount(label)
    table = squareform(np.clip(weight, -SURELY, SURELY))
    own = np.eye(len(size))[label]
    mean = (table @ own) / np.maximum(size - own, 1)
    at_home = mean[np.arange(len(label)), label]
    rows = np.arange(len(label))
    # Between the rest of its own group and each other group: two people unless that speaks for one.
    between = (own.T @ table @ own)[label] - table @ own
    between /= np.maximum(size[label] - 1, 1)[:, None] * size
    mean[rows, label] = -np.inf
    away = np.where(between <= least + BETWEEN, mean, -np.inf).max(axis=1)
    is_torn = (size[label] > 1) & (away >= least - DOUBT) & (at_home - away < MARGIN)
    parted = np.where(is_torn, len(size) + np.arange(len(label)), label)
    _, start, back = np.unique(parted, return_index=True, return_inverse=True)
    found: Ints = start[back]
    return found


def cut_tree(tree: Floats, limits: tuple[float, int]) -> Ints:
    """Per member of one group its cluster, from the tree of merges.

    Where a cluster is over the limit, only merges surer than before count, until none is.
    """
    heights = np.unique(tree[:, 2])
    height = TOP - limits[0]
    while True:
        label: Ints = fcluster(tree, height, "distance")
        if np.bincount(label).max() <= limits[1]:
            return label
        height = np.nextafter(heights[heights <= height][-1], -np.inf)
