"""Whose rows and which columns a recommender may get: the purpose, its consent, and what identifies nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.errors import UsageError
from warehouse.contract_files import read_contracts
from warehouse.contracts import Contracts, Purpose
from warehouse.tables import published

USUAL = ("recommendation", "recommendations", "personalisation", "personalization")
"""Names under which purposes.yaml may declare what recommenders do; the first that is there counts."""
IDENTIFYING = frozenset(
    {
        "full_name",
        "given_name",
        "surname",
        "email",
        "phone",
        "handle",
        "national_id",
        "address",
        "postcode",
        "birth_date",
    }
)
"""Roles that point to a person whatever the purpose."""
CLASSIFIED = frozenset({"confidential", "restricted"})


@dataclass(frozen=True)
class Permission:
    """What may be exported."""

    purpose: Purpose | None
    """None: no purpose of recommending is declared, and the export is the owner's own."""
    columns: tuple[str, ...]
    """Columns of customer_profile that may go out, without customer_id and as_of."""


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
    return Permission(purpose, choose_columns(contracts, purpose))


def find_purpose(contracts: Contracts, name: str | None) -> Purpose | None:
    """The purpose asked for, or the usual one if it is declared."""
    declared = {purpose.name: purpose for purpose in contracts.purposes}
    if name is None:
        return next((declared[usual] for usual in USUAL if usual in declared), None)
    if name not in declared:
        raise UsageError(f"--purpose {name} is not in purposes.yaml; there are: {', '.join(declared) or 'none'}")
    return declared[name]


def choose_columns(contracts: Contracts, purpose: Purpose | None) -> tuple[str, ...]:
    """Columns of customer_profile that identify nobody.

    A classified one, as gender, goes out only where every source that gives it opens it to the purpose.
    """
    chosen: Sequence[str] = [
        column.name
        for column in published("customer_profile").columns
        if column.name not in {"customer_id", "as_of"} | IDENTIFYING
        and (column.classification not in CLASSIFIED or is_open(contracts, column.name, purpose))
    ]
    return tuple(chosen)


def is_open(contracts: Contracts, role: str, purpose: Purpose | None) -> bool:
    """Does every column with the role name the purpose, and is there one?"""
    if purpose is None:
        return False
    columns = [column for source in contracts.sources for column in source.having(role)]
    return bool(columns) and all(purpose.name in column.purposes for column in columns)
