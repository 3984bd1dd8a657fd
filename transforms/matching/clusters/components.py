"""Who may belong together: records that edges connect, and what is known of the groups that they make."""

from __future__ import annotations

import numpy as np

from transforms.graph import connect
from transforms.matching.records.field import Bools, Floats, Ints

MUST = 2.0
"""Probability of an edge that people decided: it is never cut."""


def list_components(left: Ints, right: Ints, probability: Floats, count: int, largest: int) -> list[Ints]:
    """Groups of two records or more that edges connect, each in order; where too big, only by their surest edges.

    Args:
        left: one end of every edge.
        right: the other.
        probability: how sure it is.
        count: number of records.
        largest: records in a group at most, but for edges that are MUST.
    """
    done: list[Ints] = []
    edges = np.arange(len(left))
    while len(edges):
        label = connect(left[edges], right[edges], count)
        order = np.argsort(label, kind="stable")
        size = np.bincount(label)
        own = label[left[edges]]
        # What is too big is cut at the lower half of its edges, and looked at again.
        kept = cut_half(own, probability[edges])
        is_left = np.zeros(len(size), bool)
        is_left[own[~kept]] = True
        is_open = (size > largest) & is_left
        is_done = (size > 1) & ~is_open
        members = order[is_done[label[order]]]
        done += np.split(members, np.cumsum(size[is_done])[:-1]) if len(members) else []
        edges = edges[kept & is_open[own]]
    return done


def cut_half(group: Ints, probability: Floats) -> Bools:
    """True for the edges of each group that are surer than its middle one, and for those that people decided."""
    order = np.lexsort((probability, group))
    size = np.bincount(group)
    middle = np.cumsum(size) - size + size // 2
    median = np.zeros(len(size))
    median[size > 0] = probability[order][middle[size > 0]]
    found: Bools = (probability > median[group]) | (probability >= MUST)
    return found
