"""Rules for `features.yaml`: each entry by itself, known purposes, each name once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from warehouse.contracts.features import (
    FEATURES,
    Declaration,
    FeatureFile,
    fill_name,
    find_features,
)
from warehouse.contracts.problem import Problem, suggest
from warehouse.contracts.purposes import PURPOSES, read_purposes
from warehouse.contracts.shape import judge, read_shape

OWN = frozenset({"customer_id", "as_of"})
"""Columns that customer_feature has beside its features."""


def list_feature_problems(folder: Path) -> list[Problem]:
    """What is wrong with the features of a folder of contracts; nothing, where it has no file of its own."""
    return read_declarations(folder)[1] if find_features(folder).parent == folder else []


def read_declarations(folder: Path) -> tuple[list[Declaration], list[Problem]]:
    """The declarations that hold for a folder of contracts, those that are right, and what is wrong."""
    path = find_features(folder)
    file, problems = read_shape(path, FeatureFile)
    purposes = read_purposes(folder)[0] if path.parent == folder else None
    known = None if purposes is None else {purpose.name for purpose in purposes}
    seen: dict[str, str] = {name: "customer_feature" for name in OWN}
    declared: list[Declaration] = []
    for number, body in enumerate(file.features if file else ()):
        one, found = judge(body, Declaration, FEATURES, "features", number)
        if one:
            place = f"features[{number}]"
            found = [*check_purposes(one, place, known), *check_names(one, place, seen)]
            declared.append(one)
        problems += found
    return declared, problems


def check_purposes(declared: Declaration, place: str, known: set[str] | None) -> Iterator[Problem]:
    """Purposes are those of purposes.yaml, where that can be read."""
    for word in declared.purposes or ():
        if known is not None and word not in known:
            cure = suggest(word, known) if known else f"add it to {PURPOSES}, or write []"
            yield Problem(FEATURES, f"{place}.purposes", f"purpose {word!r} is not in {PURPOSES}", cure)


def check_names(declared: Declaration, place: str, seen: dict[str, str]) -> Iterator[Problem]:
    """Each feature has a name of its own."""
    for days in declared.windows:
        name = fill_name(declared.name, days)
        if name in seen:
            yield Problem(FEATURES, f"{place}.name", f"name {name!r} is taken by {seen[name]}", "give it another")
        seen.setdefault(name, place)
