"""Keys that mean two things: equal order numbers of two shops, whose later row is no correction of the earlier one.

A corrected row keeps the moment of its event, or something of whom it is. Two rows with one key that agree in neither
are two records; where rows are merged by their key, the one would overwrite the other in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.duck import quote
from warehouse.types.deletion_marks import UNMARKED
from warehouse.types.roles import IDENTITY_ROLES

if TYPE_CHECKING:
    from warehouse.contracts.model import Column, Source

TELLING = frozenset(IDENTITY_ROLES) - {"gender", "language"}
"""Roles that say of whom a row speaks."""
FEWEST, FEWEST_OF_PEOPLE = 1, 3
"""So many of them must be filled in both rows, and differ. A member may have a new name and e-mail in one night."""


def list_telling(source: Source) -> list[Column]:
    """Columns besides the key that tell two people apart; empty where nothing is asked, or too few are there.

    A source that says which version is the newer (c360.sequence) is a stream of one system.
    """
    if source.load_mode != "merge" or source.kind in UNMARKED or source.sequence_column is not None:
        return []
    telling = [c for c in source.own.columns if c.role in TELLING and c.name not in source.key]
    return telling if len(telling) >= fewest(source) else []


def fewest(source: Source) -> int:
    """How many columns must differ."""
    return FEWEST if source.having("occurred_at") else FEWEST_OF_PEOPLE


def is_another(source: Source, one: str, other: str) -> str:
    """SQL, never NULL: are two rows with one key, of the relations `one` and `other`, two records?

    Equal moments are of one event. Equal dates are not: two shops have orders every day.
    """
    pairs = [pair_values(c, one, other) for c in list_telling(source)]
    if not pairs:
        return "false"
    moments = [pair_values(c, one, other) for c in source.own.having("occurred_at") if c.type == "timestamp"]
    filled = " + ".join(f"({a} IS NOT NULL AND {b} IS NOT NULL)::INTEGER" for a, b in pairs)
    agree = " OR ".join(f"coalesce({a} = {b}, false)" for a, b in [*pairs, *moments])
    return f"({filled} >= {fewest(source)} AND NOT ({agree}))"


def pair_values(column: Column, one: str, other: str) -> tuple[str, str]:
    """SQL: a column of both rows, as it is compared."""
    first, second = (f"{row}.{quote(column.name)}" for row in (one, other))
    if column.type == "timestamp":
        return first, second
    return f"lower(trim(CAST({first} AS VARCHAR)))", f"lower(trim(CAST({second} AS VARCHAR)))"
