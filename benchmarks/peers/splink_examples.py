"""The settings of Splink's own documented examples, for the sets that have one; `soc_sec_id` is taken out of them.

FEBRL 3 (and 2, which is of the same kind), FEBRL 4 and pseudopeople follow the examples of these names in its
documentation; fake_1000 is the table of its tutorial and of its example on fully labelled data, which does better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import splink.comparison_library as cl
from splink import block_on


@dataclass(frozen=True)
class Example:
    """Settings of one run of Splink."""

    comparisons: Sequence[Any]
    blocking: Sequence[Any]
    certain: Sequence[Any]
    """Rules that hold for few pairs but true ones; `recall` is the share of true pairs that they hold for."""
    training: Sequence[Any]
    """Blocking rules of the sessions of expectation maximisation."""
    recall: float
    threshold: float
    """Probability from which a pair joins a cluster."""
    max_pairs: float
    """Random pairs for the chance of agreement."""
    share: float | None = None
    """Share of pairs that match, where it is given instead of estimated."""
    is_trained_without_frequencies: bool = False
    sessions: int | None = None
    """Training ends after so many; None: all are run."""
    joined: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Columns that are made of others, null where one of these is."""


def exact(column: str) -> Any:
    """Equality, weighed by how common the value is."""
    return cl.ExactMatch(column).configure(term_frequency_adjustments=True)


def name(column: str, **options: Any) -> Any:
    """A name, weighed by how common it is."""
    return cl.NameComparison(column, **options).configure(term_frequency_adjustments=True)


def birth(column: str, format_: str) -> Any:
    """A date of birth that is text."""
    return cl.DateOfBirthComparison(column, input_is_string=True, datetime_format=format_)


SWAPPED = "l.given_name = r.surname and l.surname = r.given_name"
FEBRL_3 = Example(
    comparisons=[
        cl.NameComparison("given_name"),
        cl.NameComparison("surname"),
        birth("date_of_birth", "%Y%m%d"),
        exact("street_number"),
        exact("postcode"),
    ],
    blocking=[block_on(c) for c in ("given_name", "surname", "date_of_birth", "postcode")],
    certain=[block_on("given_name", "surname", "date_of_birth"), f"{SWAPPED} and l.date_of_birth = r.date_of_birth"],
    training=[block_on("date_of_birth"), block_on("postcode")],
    recall=0.9,
    threshold=0.2,
    max_pairs=1e6,
)
FEBRL_4 = Example(
    comparisons=[
        name("given_name"),
        name("surname"),
        birth("date_of_birth", "%Y%m%d"),
        exact("street_number"),
        cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
    ],
    blocking=[
        block_on("given_name", "surname"),
        SWAPPED,
        block_on("date_of_birth"),
        block_on("state", "address_1"),
        block_on("street_number", "address_1"),
        block_on("postcode"),
    ],
    certain=[block_on("given_name", "surname", "date_of_birth")],
    training=[block_on("date_of_birth"), block_on("postcode")],
    recall=0.8,
    threshold=0.99,
    max_pairs=1e6,
    is_trained_without_frequencies=True,
)
FAKE = Example(
    comparisons=[
        cl.ForenameSurnameComparison("first_name", "surname"),
        birth("dob", "%Y-%m-%d"),
        exact("city"),
        cl.EmailComparison("email"),
    ],
    blocking=[block_on(c) for c in ("first_name", "surname", "dob", "email")],
    certain=[
        "l.first_name = r.first_name and levenshtein(r.dob, l.dob) <= 1",
        "l.surname = r.surname and levenshtein(r.dob, l.dob) <= 1",
        "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2",
        "l.email = r.email",
    ],
    training=[block_on("dob"), block_on("email"), block_on("first_name", "surname")],
    recall=0.7,
    threshold=0.5,
    max_pairs=1e6,
    is_trained_without_frequencies=True,
)
SILOS = Example(
    comparisons=[
        name("first_name", jaro_winkler_thresholds=[0.9]),
        exact("middle_name"),
        name("last_name", jaro_winkler_thresholds=[0.9]),
        cl.DamerauLevenshteinAtThresholds("date_of_birth", [1]),
        cl.DamerauLevenshteinAtThresholds("address").configure(term_frequency_adjustments=True),
        cl.ExactMatch("sex"),
    ],
    blocking=[block_on(c) for c in ("first_name", "last_name", "date_of_birth", "street_name", "street_number")],
    certain=[block_on("first_name", "last_name", "date_of_birth")],
    training=[block_on("date_of_birth"), block_on("last_name")],
    recall=0.7,
    threshold=0.99,
    max_pairs=1e6,
    is_trained_without_frequencies=True,
    joined={"address": ("street_number", "street_name", "city", "state", "zipcode")},
)
EXAMPLES: Mapping[str, Example] = {
    "FEBRL 2": FEBRL_3,
    "FEBRL 3": FEBRL_3,
    "FEBRL 4": FEBRL_4,
    "fake_1000": FAKE,
    "pseudopeople": SILOS,
}
