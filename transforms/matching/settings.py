"""The settings of the matcher: one set of defaults for every table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.matching.records.field import Ints
from transforms.names.blocking import name_blocking_keys
from transforms.names.similarity import NameComparer


class Similarity(Protocol):
    """Names that were read, to be compared."""

    def compare(self, left: Ints, right: Ints) -> npt.NDArray[np.floating[Any]]:
        """How alike pairs of names are, given by their places, 0 to 1; nan where it cannot tell."""


ReadNames = Callable[[Sequence[str]], Similarity]
"""What reads names as written; it is asked once for all names of a table."""
Keys = Callable[[pl.Series], pl.Series]
"""Names as written, each with the keys under which it is looked up, as List[String]."""


@dataclass(frozen=True)
class MatchSettings:
    """What may be chosen; the defaults are meant for any table of people or organisations."""

    threshold: float = 0.5
    """Least probability at which two records alone are taken for one person."""
    block_size: int = 20
    """Records that may share a blocking key and still be compared, each with each, in a table of 50,000 (twice that in
    a small one, a third in one of millions); a bigger block is cut up by a second and a third key."""
    pairs_per_record: int = 12
    """Pairs compared at most, per record (a third of it in a table of millions); those that share the most and the
    smallest blocks come first."""
    max_names_per_identifier: int = 8
    """An identifier (email, phone, national id, handle) on records of more names than this is no evidence."""
    largest_cluster: int = 50
    """Records of different content in one cluster at most; beyond it only the surest merges hold."""
    most_copies: int = 1_000
    """Equal records without a name that may be one person's; more say nothing."""
    sample_pairs: int = 200_000
    """Random pairs that show how often strangers agree."""
    training_pairs: int = 1_000_000
    """Candidate pairs that the model is trained on at most."""
    rounds: int = 60
    """Rounds of expectation maximisation at most."""
    seed: int = 20_260_101
    read_names: ReadNames | None = NameComparer
    """How full names are compared, across scripts as well; None: by spelling alone."""
    name_keys: Keys | None = name_blocking_keys
    """Blocking keys of full names, alike across scripts; None: words alone."""
    workers: int = -1
    """Threads that compare strings; -1: one for each processor."""
