"""Rules for the purposes that columns name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from warehouse.contracts.lint.draft import Draft, custom_path, read_custom
from warehouse.contracts.problem import Problem, suggest
from warehouse.contracts.purposes import PURPOSES, read_purposes


def check_purposes(drafts: list[Draft], folder: Path) -> Iterator[Problem]:
    """What is wrong with purposes.yaml, and with the purposes that columns name."""
    is_named, is_there = False, (folder / PURPOSES).exists()
    declared, problems = read_purposes(folder)
    yield from problems
    purposes = {purpose.name for purpose in declared} if is_there and declared is not None else None
    for draft in drafts:
        for leaf in draft.leaves:
            named = read_custom(leaf.body).get("purposes", [])
            is_named = is_named or bool(named)
            place = custom_path(leaf.body, leaf.path, "purposes")
            if not isinstance(named, list):
                yield draft.problem(place, "c360.purposes is not a list", "write [service], or [] for nobody")
            elif purposes is not None:
                for word in named:
                    if not isinstance(word, str) or word not in purposes:
                        yield draft.problem(place, f"purpose {word!r} is not in {PURPOSES}", suggest(word, purposes))
    if is_named and not is_there:
        cure = "add it beside the contracts: `purposes:`, and below it a name and a description for each"
        yield Problem(PURPOSES, "", "there is no such file, and columns name purposes", cure)
