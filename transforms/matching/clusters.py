"""From probabilities to clusters: who is one person, when pairs contradict each other.

Connected components find who may belong together; inside each, *all* pairs are compared, and the records are merged
from the surest pair on, as long as the evidence between two groups speaks for them on average (hierarchical
clustering by average log-odds). So a weak bridge between two firm groups breaks, and a record with one good and nine
bad neighbours stays out. What must not be is a weight no evidence outweighs.
"""

from __future__ import annotations

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage  # type: ignore[import-untyped]
from scipy.sparse import coo_matrix  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]
from scipy.spatial.distance import squareform  # type: ignore[import-untyped]

from transforms.matching.fields import Floats, Ints
from transforms.matching.splits import Judge, rejoin_clusters, split_clusters

FORBIDDEN = -1e4
"""Weight of two records that must not be one."""
SURELY = 20.0
"""Log-odds beyond which more makes no difference to who is torn."""
BOUND = 5.0
"""Log-odds that one pair can add at most, for or against: a model is sure too easily."""
BEYOND = 0.02
"""What of the log-odds beyond BOUND still counts, so that the surer of two sure pairs is merged first."""
TOP = BOUND + BEYOND * (SURELY - BOUND)
"""The surest weight, at distance 0."""
MARGIN = 1.5
"""Log-odds by which a record must belong to its own group rather than to another that it could belong to."""
AGAINST = 1.5
"""Log-odds that must speak against two groups being one, before who stands between them is torn."""


def connect(left: Ints, right: Ints, count: int) -> Ints:
    """Per record the number of its connected component, in order of the component's first record."""
    graph = coo_matrix((np.ones(len(left), np.int8), (left, right)), shape=(count, count))
    label = connected_components(graph, directed=False)[1]
    _, first, place = np.unique(label, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    found: Ints = order[place].astype(np.int64)
    return found


def list_components(left: Ints, right: Ints, probability: Floats, count: int, largest: int) -> list[Ints]:
    """Groups of two records or more that edges connect; where too big, only by their surest edges.

    Args:
        left: one end of every edge.
        right: the other.
        probability: how sure it is.
        count: number of records.
        largest: records in a group at most.
    """
    done: list[Ints] = []
    edges, least = np.arange(len(left)), 0.0
    while len(edges):
        label = connect(left[edges], right[edges], count)
        order = np.argsort(label, kind="stable")
        size = np.bincount(label)
        groups = np.split(order, np.cumsum(size)[:-1])
        done += [groups[i] for i in np.flatnonzero((size > 1) & (size <= largest))]
        edges = edges[size[label[left[edges]]] > largest]
        if not len(edges):
            break
        # What is left is cut at its lower half of edges, and looked at again.
        least = float(np.median(probability[edges]))
        kept = edges[probability[edges] > least]
        edges = kept if len(kept) < len(edges) else edges[:0]
    return done


def pair_within(groups: list[Ints]) -> tuple[Ints, Ints]:
    """Every two records of every group, in the order that `merge_groups` takes their weights."""
    left, right = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for group in groups:
        i, j = np.triu_indices(len(group), 1) if len(group) > 2 else (np.array([0]), np.array([1]))
        left.append(group[i])
        right.append(group[j])
    return np.concatenate(left), np.concatenate(right)


def merge_groups(
    groups: list[Ints], weight: Floats, count: int, limits: tuple[float, int], judge: Judge | None = None
) -> Ints:
    """Per node the first node of its cluster.

    Args:
        groups: components, each in order.
        weight: log-odds of the pairs of `pair_within`, or FORBIDDEN.
        count: number of records.
        limits: log-odds that two groups need on average to become one; nodes in a cluster at most.
        judge: has the last word on whether two halves of a cluster are one.
    """
    cluster = np.arange(count)
    within = np.clip(weight, -BOUND, BOUND)
    bounded = np.where(weight <= FORBIDDEN, FORBIDDEN, within + BEYOND * (np.clip(weight, -SURELY, SURELY) - within))
    place = 0
    for group in groups:
        size = len(group) * (len(group) - 1) // 2
        own = bounded[place : place + size]
        place += size
        if len(group) <= limits[1] and own.min() >= limits[0]:
            cluster[group] = group[0]
        elif len(group) > 2:
            tree = linkage(TOP - own, "average")
            label = cut_tree(tree, limits)
            if judge is not None:
                label = split_clusters(tree, label, place - size, judge)
                label = rejoin_clusters(label, own, place - size, judge, limits[1])
            cluster[group] = group[part_torn(weight[place - size : place], label, limits[0])]
    return cluster


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
    # Between the rest of its own group and each other group: two people only where that speaks against it.
    between = (own.T @ table @ own)[label] - table @ own
    between /= np.maximum(size[label] - 1, 1)[:, None] * size
    mean[rows, label] = -np.inf
    away = np.where(between <= least - AGAINST, mean, -np.inf).max(axis=1)
    is_torn = (size[label] > 1) & (away >= least) & (at_home - away < MARGIN)
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
