"""A folder of contracts checked, then read: what every command and night begins with."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from warehouse.contracts.features import Feature, FeatureError, find_features
from warehouse.contracts.lint.declaration import expand
from warehouse.contracts.lint.features import read_declarations
from warehouse.contracts.lint.folder import list_problems
from warehouse.contracts.model import ContractError, Contracts
from warehouse.contracts.purposes import PURPOSES, require_purposes
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
    return read_features_as(folder, tuple(map(read_bytes, (find_features(folder), folder / PURPOSES))))


def read_bytes(path: Path) -> bytes | None:
    """What a file holds; None of one that cannot be read, of which others say why."""
    try:
        return path.read_bytes()
    except OSError:
        return None


@lru_cache(maxsize=16)
def read_features_as(folder: Path, _files: tuple[bytes | None, ...]) -> tuple[Feature, ...]:
    """The features while these are the files: a night asks five times."""
    declared, problems = read_declarations(folder)
    if problems:
        raise FeatureError("\n".join(str(p) for p in problems))
    features = expand(declared)
    if find_features(folder).parent == folder:
        return features
    known = {purpose.name for purpose in require_purposes(folder)}
    return tuple(replace(f, purposes=tuple(p for p in f.purposes if p in known)) for f in features)
