"""Lineage: which columns of the contracts a published column is made of, and so which purposes may see it.

A published column says in its contract what it is made of (the standard's transformSourceObjects): `kind.role`,
`*.role` for sources of any kind, `*.*` for all that is declared, `customer_profile.column`, or `relation.household`
for what is made of several people together. Conditions are part of it: a count of what was not cancelled tells of the
status. The keys by which rows are told apart or put together (event_id, parent_id, account_id) are not, where they are
only that: a count is the same whatever the keys are.

A column may go out for a purpose if every contract column that it is made of names the purpose, and there is one, and
if purposes.yaml names under that purpose each relation that it is made of; one that says nothing of its lineage goes
out to nobody but the owner.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from warehouse.contracts.features import THREAD, Feature
from warehouse.contracts.model import Column, Contracts, Source
from warehouse.contracts.published import published
from warehouse.types.roles import KINDS

Found = tuple[Source, Column]
PROFILE = "customer_profile"
RELATION = "relation"
"""The place of what is made of several people together, in a lineage."""
LISTED = frozenset({"item_name", "category"})
"""Roles that an event may have from the catalogue that its source names."""
KEYS = frozenset({"kind", "source", "account_source", THREAD})
"""Columns of customer_event by which rows are told apart or put together, and no more."""


def find_sources(sources: Iterable[Source], made_of: Iterable[str], kind: str | None = None) -> list[Found]:
    """The contract columns that stand behind a lineage; `*` means sources of that kind, or of all kinds.

    Reference data and catalogues are nobody's and do not count; what one tells of an event is made of its item_id.
    """
    found: dict[tuple[str, str], Found] = {}
    wanted = sorted(resolve(made_of))
    for source in sources:
        places = {source.kind} | ({"*"} if kind in {None, source.kind} else set())
        roles = {role for place, role in wanted if place in places and KINDS[source.kind].has_customers}
        if source.catalogue and roles & LISTED:
            roles.add("item_id")
        for column in source.columns:
            if column.role and roles & {column.role, "*"}:
                found[source.name, column.name] = source, column
    return list(found.values())


def resolve(made_of: Iterable[str]) -> set[tuple[str, str]]:
    """Kind and role of everything in a lineage; other published columns are followed to what they are made of."""
    found: set[tuple[str, str]] = set()
    seen, left = set[str](), list(made_of)
    while left:
        part = left.pop()
        place, _, name = part.partition(".")
        if place != PROFILE:
            found.add((place, name))
        elif part not in seen:
            seen.add(part)
            left += next(column.made_of for column in published(PROFILE).columns if column.name == name)
    return found


def made_of(feature: Feature) -> tuple[str, ...]:
    """The lineage of a feature: of the columns of customer_event that it reads, values and conditions alike."""
    of = {column.name: column.made_of for column in published("customer_event").columns}
    return tuple(dict.fromkeys(part for name in sorted(feature.columns - KEYS) for part in of[name]))


def list_closed_of(
    sources: Iterable[Source], made_of: Iterable[str], purpose: str, kind: str | None = None
) -> list[str]:
    """The columns of these sources behind a lineage that a purpose may not see, as source.column."""
    found = find_sources(sources, made_of, kind)
    return [f"{source.name}.{column.name}" for source, column in found if purpose not in column.purposes]


def list_closed_of_feature(sources: Iterable[Source], feature: Feature, purpose: str) -> list[str]:
    """The columns of these sources that feed a feature and that a purpose may not see; of both of a ratio."""
    kept = list(sources)
    closed = (name for part in feature.parts for name in list_closed_of(kept, made_of(part), purpose, part.kind))
    return list(dict.fromkeys(closed))


def is_open(contracts: Contracts, made_of: Collection[str], purpose: str) -> bool:
    """May a purpose see what is made of this? Not where no contract column stands behind it."""
    has_any = bool(find_sources(contracts.sources, made_of))
    named = {relation for p in contracts.purposes if p.name == purpose for relation in p.relations}
    is_named = {name for place, name in resolve(made_of) if place == RELATION} <= named
    return has_any and is_named and not list_closed_of(contracts.sources, made_of, purpose)


def names_purposes(source: Source) -> bool:
    """Does a source say of any column who may see it?"""
    return any(column.purposes for column in source.columns)
