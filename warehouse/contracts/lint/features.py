"""Rules for `features.yaml`: each entry by itself, known purposes, each name once, ratios of what is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from warehouse.contracts.features import FEATURES, find_features
from warehouse.contracts.lint.declaration import Declaration, FeatureFile, expand
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
    return declared, problems or list(check_ratios(declared))


def check_purposes(declared: Declaration, place: str, known: set[str] | None) -> Iterator[Problem]:
    """Purposes are those of purposes.yaml, where that can be read."""
    for word in declared.purposes or ():
        if known is not None and word not in known:
            cure = suggest(word, known) if known else f"add it to {PURPOSES}, or write []"
            yield Problem(FEATURES, f"{place}.purposes", f"purpose {word!r} is not in {PURPOSES}", cure)


def check_names(declared: Declaration, place: str, seen: dict[str, str]) -> Iterator[Problem]:
    """Each feature has a name of its own."""
    for name in (variant.fill(declared.name) for variant in declared.list_variants()):
        if name in seen:
            yield Problem(FEATURES, f"{place}.name", f"name {name!r} is taken by {seen[name]}", "give it another")
        seen.setdefault(name, place)


def check_ratios(declared: list[Declaration]) -> Iterator[Problem]:
    """The two features of a ratio are declared, are numbers, and are no ratios."""
    known = {f.name: f for f in expand(one for one in declared if not one.is_ratio)}
    ratios = {variant.fill(one.name) for one in declared if one.is_ratio for variant in one.list_variants()}
    for number, one in enumerate(declared):
        names = dict.fromkeys(name for variant in one.list_variants() for name in one.list_parts(variant))
        for name in names:
            place = f"features[{number}].of"
            if name in ratios:
                yield Problem(FEATURES, place, f"{name} is a ratio itself", "name features that are counted of events")
            elif name not in known:
                yield Problem(FEATURES, place, f"feature {name!r} is not declared", suggest(name, known))
            elif known[name].type not in {"BIGINT", "DOUBLE"} or known[name].is_of_day:
                yield Problem(
                    FEATURES, place, f"{name} is not a number of events", "name a count, an amount or a number of days"
                )
