"""A folder of contracts checked, then read: what every command and night begins with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from warehouse.contracts.features import Feature, FeatureError, find_features
from warehouse.contracts.lint.declaration import expand
from warehouse.contracts.lint.features import read_declarations
from warehouse.contracts.lint.folder import list_problems
from warehouse.contracts.model import ContractError, Contracts
from warehouse.contracts.purposes import require_purposes
from warehouse.contracts.read import load_contracts


def read_contracts(folder: Path) -> Contracts:
    """Read every `*.odcs.yaml` of a folder and its `purposes.yaml`.

    Raises:
        ContractError: the folder is missing or empty, or a contract breaks the standard or a rule of ours.
    """
    problems = list_problems(folder)
    if problems:
        raise ContractError("\n".join(str(p) for p in problems))
    return load_contracts(folder)


def read_features(folder: Path) -> tuple[Feature, ...]:
    """The features that hold for a folder of contracts, in declared order; of ours, the folder's purposes stay.

    Raises:
        FeatureError: the folder's own file is not right.
    """
    declared, problems = read_declarations(folder)
    if problems:
        raise FeatureError("\n".join(str(p) for p in problems))
    features = expand(declared)
    if find_features(folder).parent == folder:
        return features
    known = {purpose.name for purpose in require_purposes(folder)}
    return tuple(replace(f, purposes=tuple(p for p in f.purposes if p in known)) for f in features)
