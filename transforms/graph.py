"""Graphs of records: what edges connect."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]


def connect(left: npt.ArrayLike, right: npt.ArrayLike, count: int) -> Ints:
    """Per node the number of its connected component, in order of the component's first node.

    Args:
        left: one end of every edge, a number below `count`.
        right: the other.
        count: number of nodes.
    """
    ends = np.asarray(left), np.asarray(right)
    graph = coo_matrix((np.ones(len(ends[0]), np.int8), ends), shape=(count, count))
    label = connected_components(graph, directed=False)[1]
    _, first, place = np.unique(label, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    found: Ints = order[place].astype(np.int64)
    return found
