"""Rules for `purposes.yaml`, and for the purposes that columns name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from warehouse.contracts.lint.draft import Draft, custom_path, read_custom
from warehouse.contracts.problem import Problem, nearest, suggest
from warehouse.contracts.yaml_reader import Unreadable, read_yaml

PURPOSES = "purposes.yaml"
PURPOSE_KEYS: Mapping[str, tuple[type, str]] = {
    "description": (str, "text"),
    "consent": (str, "text"),
    "pseudonymised": (bool, "true or false"),
}


def check_purposes(drafts: list[Draft], path: Path) -> Iterator[Problem]:
    """What is wrong with purposes.yaml, and with the purposes that columns name."""
    is_named = False
    purposes, problems = read_purposes(path)
    yield from problems
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
    if is_named and not path.exists():
        cure = "add it beside the contracts: `purposes:`, and below it a name and a description for each"
        yield Problem(PURPOSES, "", "there is no such file, and columns name purposes", cure)


def read_purposes(path: Path) -> tuple[set[str] | None, list[Problem]]:
    """Names in purposes.yaml (None: there is no such file, or it cannot be read), and what is wrong with it."""
    if not path.exists():
        return None, []
    try:
        document, problems = read_yaml(path)
    except Unreadable as error:
        return None, [error.problem]
    for key in document:
        if key != "purposes":
            problems.append(Problem(PURPOSES, key, f"unknown key {key!r}", suggest(key, ["purposes"])))
    entries = document.get("purposes")
    if not isinstance(entries, dict):
        return None, [
            *problems,
            Problem(PURPOSES, "purposes", "is not a mapping", "write `purposes:` and names below it"),
        ]
    for name, entry in entries.items():
        problems += check_purpose(name, entry)
    return set(entries), problems


def check_purpose(name: str, entry: Any) -> Iterator[Problem]:
    """One entry of purposes.yaml."""
    place = f"purposes.{name}"
    if not isinstance(entry, dict):
        yield Problem(PURPOSES, place, "is not a mapping", "write description, and consent and pseudonymised if due")
        return
    if not str(entry.get("description") or "").strip():
        yield Problem(PURPOSES, f"{place}.description", "is missing", "say in a line what the purpose is")
    for key, value in entry.items():
        if key not in PURPOSE_KEYS:
            # `{description: count, without names}`: the comma ends the text, and its rest looks like a key.
            if value is not None or " " not in key or nearest(key, PURPOSE_KEYS):
                yield Problem(PURPOSES, f"{place}.{key}", f"unknown key {key!r}", suggest(key, PURPOSE_KEYS))
        elif not isinstance(value, PURPOSE_KEYS[key][0]):
            due = PURPOSE_KEYS[key][1]
            yield Problem(PURPOSES, f"{place}.{key}", f"is {type(value).__name__}, must be {due}", f"write {due}")
