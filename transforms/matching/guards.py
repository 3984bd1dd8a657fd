"""What must not count, and what must not be: guards around the model."""

from __future__ import annotations

import numpy as np
import polars as pl

from transforms.matching.compare import Vectors
from transforms.matching.fields import KINDS, PERSONAL, Bools, Floats, Ints
from transforms.matching.levels import HEIGHTS
from transforms.matching.model import Model

IDENTIFIERS = ("national_id", "email", "phone", "handle")
"""Fields whose values are one person's, as a rule; the strongest first."""


def drop_shared(values: dict[str, pl.DataFrame], shared_by: int) -> tuple[dict[str, pl.DataFrame], list[str]]:
    """Values without identifiers that stand on records of more than `shared_by` names, and what was dropped.

    A shop's counter, an office's mailbox, a placeholder: many names share it. Where a record has no name, it counts as
    one of its own.
    """
    kept, said = dict(values), []
    name = next((values[r] for r in ("full_name", "given_name", "surname") if r in values), None)
    for role in IDENTIFIERS:
        if role not in values:
            continue
        table = values[role]
        who = pl.col("node").cast(pl.String)
        if name is not None:
            first = name.group_by("node").agg(pl.col("value").min().alias("who"))
            table = table.join(first, on="node", how="left")
            who = pl.coalesce("who", who)
        crowd = table.group_by("value").agg(names=who.n_unique()).filter(pl.col("names") > shared_by)
        if crowd.height:
            kept[role] = values[role].join(crowd, on="value", how="anti")
            said.append(
                f"{crowd.height} values of {role} stand on more than {shared_by} names each and are no evidence"
            )
    return {role: table for role, table in kept.items() if table.height}, said


MANY, FEW = 0.2, 0.002
"""A source whose records have this many matches elsewhere and, of those, so few at home has no duplicates."""
TOO_DIRTY = 0.003
"""Share of matches that contradict themselves, from which a contradiction proves nothing: the table is too dirty."""


def list_contradictions(model: Model, vectors: Vectors) -> Bools:
    """True for pairs that cannot be one person: another birth date *and* another given name, nothing alike in either.

    Where the model has learned that true matches often look so, by whole names and dates that were typed wrongly, the
    weights decide alone.
    """
    found = np.zeros(len(vectors.level), dtype=bool)
    if "birth_date" not in model.names:
        return found
    date = model.names.index("birth_date")
    for name in ("given_name", "given_sound", "full_name"):
        if name in model.names:
            place = model.names.index(name)
            is_proof = model.match[date][0] * model.match[place][0] < TOO_DIRTY
            found |= is_proof & (vectors.level[:, date] == 0) & (vectors.level[:, place] == 0)
    return found


EXACT = 0.9
"""Least probability of a pair with an equal identifier and nothing against it, whatever the table could teach."""


def list_exact(names: list[str], vectors: Vectors) -> Bools:
    """True for pairs with an equal identifier, in which nothing personal that both have is unlike.

    A table of a few records cannot show what an equal email is worth.
    """
    found = np.array([rule != LIKENESS for rule in name_rules(names, vectors)], dtype=bool)
    for i, name in enumerate(names):
        if name in PERSONAL | {"surname", "surname_sound"} and name not in IDENTIFIERS:
            found &= (vectors.level[:, i] < 0) | (vectors.level[:, i] >= HEIGHTS[KINDS[name]] // 2)
    return found


LIKENESS = "likeness"


def name_rules(names: list[str], vectors: Vectors) -> list[str]:
    """Per pair the strongest identifier that is equal, or `likeness`."""
    rule = np.full(len(vectors.level), LIKENESS, dtype=object)
    for identifier in reversed(IDENTIFIERS):
        if identifier in names:
            column = names.index(identifier)
            rule[vectors.level[:, column] >= HEIGHTS["email" if identifier == "email" else "code"] - 1] = identifier
    return list(rule)


def find_unique_sources(source: Ints, is_link: bool, pairs: tuple[Ints, Ints], probability: Floats) -> Bools:
    """Per number of a source, true if it holds a person once at most: told so, or seen so.

    Seen so: many of its records have a match in other sources, and next to none have one in their own.
    """
    count = np.bincount(source).astype(np.float64)
    if is_link:
        return np.ones(len(count), dtype=bool)
    left, right = source[pairs[0]], source[pairs[1]]
    sure = probability >= 0.5
    own = np.bincount(left[sure & (left == right)], minlength=len(count))
    across = sure & (left != right)
    other = np.bincount(left[across], minlength=len(count)) + np.bincount(right[across], minlength=len(count))
    found: Bools = (other >= MANY * count) & (other >= 50) & (own <= FEW * other)
    return found
