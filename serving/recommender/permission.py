"""Whose rows and which columns a recommender may get: the purpose, its consent, and what identifies nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.recommender.open_events import list_notes, write_query
from warehouse.contracts.lineage import is_open
from warehouse.contracts.load import read_contracts
from warehouse.contracts.model import Contracts, Purpose
from warehouse.contracts.published import published
from warehouse.errors import UsageError

USUAL = ("recommendation", "recommendations", "personalisation", "personalization")
"""Names under which purposes.yaml may declare what recommenders do; the first that is there counts."""
IDENTIFYING = frozenset(
    {
        "full_name",
        "chinese_name",
        "english_name",
        "given_name",
        "surname",
        "email",
        "phone",
        "handle",
        "national_id",
        "address",
        "postcode",
        "birth_date",
        "household_id",
    }
)
"""Columns that point to a person whatever the purpose."""
CLASSIFIED = frozenset({"confidential", "restricted"})


@dataclass(frozen=True)
class Permission:
    """What may be exported."""

    contracts: Contracts
    purpose: Purpose | None
    """None: no purpose of recommending is declared, and the export is the owner's own."""
    columns: tuple[str, ...]
    """Columns of customer_profile that may go out, without customer_id and as_of."""
    events: str = "FROM main.customer_event"
    """SQL: the events that may go out, in the columns of customer_event."""
    notes: tuple[str, ...] = ()
    """What the owner should know."""

    @property
    def non_merchandise(self) -> Mapping[str, tuple[str, ...]]:
        """By source, the item ids that are no goods; a `*` stands for any characters."""
        columns = {s.name: next(iter(s.having("item_id")), None) for s in self.contracts.sources}
        return {name: c.non_merchandise for name, c in columns.items() if c and c.non_merchandise}

    @property
    def is_pseudonymised(self) -> bool:
        """Do customers go out by pseudonyms?"""
        return self.purpose is not None and self.purpose.pseudonymised


def find_permission(folder: Path, name: str | None, manifest: Mapping[str, Any]) -> Permission:
    """The permission by the contracts of a folder, which must be those of the generation.

    Raises:
        UsageError: the purpose is not declared, or the folder is another company's.
    """
    contracts = read_contracts(folder)
    known = {*contracts.versions, *contracts.retired}
    if missing := sorted(set(manifest["contracts"]) - known):
        raise UsageError(
            f"{folder} has no contract for {', '.join(missing)}, of which the generation was built:"
            " give the folder of its contracts by --contracts, or its purposes would not hold"
        )
    purpose = find_purpose(contracts, name)
    columns, events = choose_columns(contracts, purpose), write_query(contracts, purpose)
    return Permission(contracts, purpose, columns, events, tuple(list_notes(contracts, purpose)))


def find_purpose(contracts: Contracts, name: str | None) -> Purpose | None:
    """The purpose asked for, or the usual one if it is declared."""
    declared = {purpose.name: purpose for purpose in contracts.purposes}
    if name is None:
        return next((declared[usual] for usual in USUAL if usual in declared), None)
    if name not in declared:
        raise UsageError(f"--purpose {name} is not in purposes.yaml; there are: {', '.join(declared) or 'none'}")
    return declared[name]


def choose_columns(contracts: Contracts, purpose: Purpose | None) -> tuple[str, ...]:
    """Columns of customer_profile that identify nobody, and that the purpose may see by all that they are made of.

    Of an owner's own export, those that are not classified.
    """
    chosen = [c for c in published("customer_profile").columns if c.name not in {"customer_id", "as_of"} | IDENTIFYING]
    if purpose is None:
        return tuple(c.name for c in chosen if c.classification not in CLASSIFIED)
    return tuple(c.name for c in chosen if is_open(contracts, c.made_of, purpose.name))
