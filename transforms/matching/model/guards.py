"""What must not count, and what must not be: guards around the model."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from transforms.matching.comparison.vectors import (
    BIRTH,
    DOUBTED,
    ELSEWHERE,
    FAMILY,
    FLAGS,
    GIVEN,
    HEIGHTS,
    MIDDLE,
    SHORT,
    SPELLING,
    WORDS,
    Vectors,
)
from transforms.matching.model.fellegi_sunter import Model
from transforms.matching.records.field import KINDS, PERSONAL, Bools, Floats, Ints, Uints
from warehouse.types.roles import IDENTIFIERS

NAMES = ("full_name", "given_name", "surname")
IDENTIFIER = pl.Schema({"content": pl.UInt64, "role": pl.UInt8, "value": pl.UInt64, "who": pl.UInt64})
"""One row per identifier of a content, as hashes; `who` is the content's name, or else the content itself."""


def list_identifiers(values: dict[str, pl.DataFrame], content: Uints) -> pl.DataFrame:
    """The identifiers of contents, as IDENTIFIER; `values` number the contents in order."""
    known = pl.DataFrame({"content": content}).with_row_index("node")
    names = [values[r].group_by("node").agg(pl.col("value").min().alias(r)) for r in NAMES if r in values]
    for own in names:
        known = known.join(own, on="node", how="left", maintain_order="left")
    name = pl.coalesce(*[pl.col(r) for r in NAMES if r in known.columns], pl.lit(None, pl.String))
    said = pl.when(name.is_null()).then(pl.col("content")).otherwise(name.hash(seed=5))
    who = known.select("node", "content", who=said)
    rows = [
        values[role].join(who, on="node").select("content", role=pl.lit(i, pl.UInt8), value=hash_value(role), who="who")
        for i, role in enumerate(IDENTIFIERS)
        if role in values
    ]
    return pl.concat([IDENTIFIER.to_frame(), *rows])


def hash_value(role: str) -> pl.Expr:
    """64 bits of an identifier's value."""
    return pl.concat_str(pl.lit(role + ":"), "value").hash(seed=6)


def list_oversized(identifiers: pl.DataFrame, max_names_per_identifier: int) -> pl.DataFrame:
    """Role and value of identifiers on contents of more than `max_names_per_identifier` names.

    A shop's counter, an office's mailbox, a placeholder: many names share it. Where a record has no name, it counts as
    one of its own.
    """
    sizes = identifiers.group_by("value").agg(pl.len(), pl.col("role").first())
    many = identifiers.join(sizes.filter(pl.col("len") > max_names_per_identifier), on="value", how="semi")
    crowd = (
        many.group_by("role", "value")
        .agg(names=pl.col("who").n_unique())
        .filter(pl.col("names") > max_names_per_identifier)
    )
    return crowd.select("role", "value").sort("role", "value")


def drop_oversized(values: dict[str, pl.DataFrame], oversized: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Values without the identifiers that too many names share."""
    found = dict(values)
    for role in set(IDENTIFIERS) & set(values) if oversized.height else ():
        found[role] = values[role].filter(
            ~values[role].select(hash_value(role)).to_series().is_in(oversized["value"].implode())
        )
    return found


def describe_oversized(oversized: pl.DataFrame, max_names_per_identifier: int) -> list[str]:
    """What was dropped, one line per field."""
    counts = dict(oversized.group_by("role").len().iter_rows())
    return [
        f"{counts[i]} values of {role} stand on more than {max_names_per_identifier} names each and are no evidence"
        for i, role in enumerate(IDENTIFIERS)
        if i in counts
    ]


MANY, FEW = 0.2, 0.002
"""A source whose records have this many matches elsewhere and, of those, so few at home has no duplicates."""


EXCUSED_BY = {
    BIRTH: (*IDENTIFIERS, "address", "postcode"),
    SPELLING | BIRTH: (*IDENTIFIERS, "address", "postcode"),
    FAMILY: (*IDENTIFIERS, "address", "postcode", "birth_date"),
    FAMILY | ELSEWHERE: (*IDENTIFIERS,),
    GIVEN: ("email", "handle"),
    MIDDLE: ("email", "handle"),
    SHORT: ("email", "handle", "birth_date", "western_name"),
}
"""Flags → fields of which one that agrees leaves it to the weights; a national id excuses any."""


def list_contradictions(model: Model, vectors: Vectors) -> Bools:
    """True for pairs that cannot be one person by likeness: names and birth dates contradict each other, see RULES.

    Father and son of one name share an address rather than a mailbox; who has another surname has married, if at all,
    at her birth date or home; twins share all but their given names. Where matches have shown to be typed so badly that
    they contradict themselves, the model forbids nothing, and the weights decide alone.
    """
    return list_forbidden(model, vectors, model.forbidding)


NAMESAKE = 0.9
"""Probability below which two of one name and two birth dates are namesakes."""


def list_doubted(model: Model, vectors: Vectors, probability: Floats) -> Bools:
    """True for pairs that likeness does not join, but a human may: DOUBTED alone parts them, or they are namesakes.

    `probability` is the model's, before any guard.
    """
    sure = [flags for flags in model.forbidding if flags not in DOUBTED]
    found = list_forbidden(model, vectors, set(DOUBTED).intersection(model.forbidding))
    found |= list_namesakes(model, vectors, probability)
    return found & ~list_forbidden(model, vectors, sure)


def list_namesakes(model: Model, vectors: Vectors, probability: Floats) -> Bools:
    """True for pairs of another birth date of which the rest does not make sure that they are one person."""
    if not model.forbidding:
        return np.zeros(len(vectors.level), dtype=bool)
    return is_forbidden(model, vectors, BIRTH) & (probability < NAMESAKE)


def list_forbidden(model: Model, vectors: Vectors, rules: Iterable[int]) -> Bools:
    """True for pairs that one of the rules parts."""
    found = np.zeros(len(vectors.level), dtype=bool)
    for flags in rules:
        found |= is_forbidden(model, vectors, flags)
    return found


def is_forbidden(model: Model, vectors: Vectors, flags: int) -> Bools:
    """True for pairs that one rule parts."""
    is_excused = np.zeros(len(vectors.level), dtype=bool)
    for name in {"national_id", *EXCUSED_BY.get(flags, ())} & set(model.names):
        height = HEIGHTS[KINDS[name]]
        least = height - 1 if name in IDENTIFIERS else height // 2
        is_excused |= vectors.level[:, model.names.index(name)] >= least
    found: Bools = ((vectors.flags & flags) == flags) & ~is_excused
    return found


def name_contradictions(model: Model, vectors: Vectors, probability: Floats) -> list[str]:
    """What parts the first pair, each a key of FLAGS; nothing if no rule does. `probability` as in `list_doubted`."""
    found = BIRTH if list_namesakes(model, vectors, probability)[0] else 0
    for flags in model.forbidding:
        found |= flags if is_forbidden(model, vectors, flags)[0] else 0
    return [name for name, flag in FLAGS.items() if found & flag]


EXACT = 0.9
"""Least probability of a pair with an equal identifier and nothing against it, whatever the table could teach."""


def list_exact(names: list[str], vectors: Vectors) -> Bools:
    """True for pairs with an equal identifier, in which nothing personal that both have is unlike.

    A table of a few records cannot show what an equal email is worth.
    """
    found = np.array([rule != LIKENESS for rule in name_rules(names, vectors)], dtype=bool)
    found &= (vectors.flags & WORDS) == 0
    for i, name in enumerate(names):
        if name in PERSONAL | {"surname", "surname_sound"} and name not in IDENTIFIERS:
            found &= (vectors.level[:, i] < 0) | (vectors.level[:, i] >= HEIGHTS[KINDS[name]] // 2)
    return found


OWN = 0.999
"""As EXACT, by an identifier of one person's own and in a group: names that others have, too, take nobody from it."""


def list_own(names: list[str], vectors: Vectors) -> Bools:
    """True for pairs with an equal identifier that a family does not share, as it shares a phone."""
    found = np.zeros(len(vectors.level), dtype=bool)
    for name in {"email", "handle", "national_id"} & set(names):
        found |= vectors.level[:, names.index(name)] >= HEIGHTS[KINDS[name]] - 1
    return found


ASPECT = {
    "given_name": "given", "middle_name": "given", "given_sound": "given", "western_name": "given",
    "surname": "family", "surname_sound": "family", "birth_date": "birth",
    "postcode": "place", "city": "place", "district": "place", "address": "place", "house": "place",
}  # fmt: skip
"""Fields of which many people have an equal value → what they are an aspect of."""


def list_lone(names: list[str], vectors: Vectors) -> Bools:
    """True for pairs of which both records have one aspect only, and that one which many people share.

    Two accounts with nothing but a birth date, a given name or an address: rare as it is in this table, it is not rare
    among people.
    """
    is_own = np.zeros(len(vectors.level), dtype=bool)
    shared: dict[str, Bools] = {}
    for i, name in enumerate(names):
        is_known = vectors.level[:, i] >= 0
        if (aspect := ASPECT.get(name)) is not None:
            shared[aspect] = shared.get(aspect, False) | is_known
        elif name != "gender":
            is_own |= is_known
    found: Bools = ~is_own & (np.sum(list(shared.values()), axis=0) <= 1)
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

    TermFrequencies so: many of its records have a match in other sources, and next to none have one in their own.
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
