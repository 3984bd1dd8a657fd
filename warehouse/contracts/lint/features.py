"""Rules for `features.yaml`: known words, columns of the right type for the aggregate, each name once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from warehouse.contracts.aggregates import AGGREGATES
from warehouse.contracts.features import (
    FEATURES,
    event_columns,
    expand,
    fill_name,
    find_features,
    list_windows,
    to_condition,
)
from warehouse.contracts.model import list_event_kinds
from warehouse.contracts.problem import Problem, suggest
from warehouse.contracts.purposes import PURPOSES, read_purposes
from warehouse.contracts.yaml_reader import Unreadable, read_yaml

KEYS = ("name", "from", "where", "aggregate", "column", "window", "default", "purposes", "description")
NUMBERS = frozenset({"BIGINT", "DOUBLE", "DECIMAL(18,4)"})
TIMES = frozenset({"DATE", "TIMESTAMP"})
OWN = frozenset({"customer_id", "as_of"})
"""Columns that customer_feature has beside its features."""


def list_feature_problems(folder: Path) -> list[Problem]:
    """What is wrong with the features of a folder of contracts; nothing, where it has no file of its own."""
    path = find_features(folder)
    if path.parent != folder:
        return []
    try:
        document, problems = read_yaml(path)
    except Unreadable as error:
        return [error.problem]
    problems += [
        Problem(FEATURES, k, f"unknown key {k!r}", suggest(k, ["features"])) for k in document if k != "features"
    ]
    declared = document.get("features")
    if not isinstance(declared, list):
        return [
            *problems,
            Problem(FEATURES, "features", "is not a list", "write `features:`, and below it `- name: …` lines"),
        ]
    purposes = {purpose.name for purpose in read_purposes(folder)[0] or ()}
    seen: dict[str, str] = {name: "customer_feature" for name in OWN}
    for number, body in enumerate(declared):
        place = f"features[{number}]"
        if not isinstance(body, dict):
            problems.append(Problem(FEATURES, place, "is not a mapping", "write name, from, aggregate and description"))
            continue
        found = [*check_words(body, place), *check_purposes(body, place, purposes)]
        found = found or [*check_column(body, place), *check_where(body, place)]
        problems += found or [*check_default(body, place), *check_names(body, place, seen)]
    return problems


def check_words(body: Mapping[str, Any], place: str) -> Iterator[Problem]:
    """Keys, and the words that stand for a kind, an aggregate and a window."""
    for key in body:
        if key not in KEYS:
            yield Problem(FEATURES, f"{place}.{key}", f"unknown key {key!r}", suggest(key, KEYS))
    if not re.fullmatch(r"[a-z]([a-z0-9_]|\{window\})*", str(body.get("name"))):
        cure = "begin with a small letter; then small letters, digits, _ and {window}"
        yield Problem(FEATURES, f"{place}.name", f"name {body.get('name')!r} cannot name a column", cure)
    if not str(body.get("description") or "").strip():
        yield Problem(FEATURES, f"{place}.description", "is missing", "say in a line what it means, and its unit")
    for key, known in (("from", list_event_kinds()), ("aggregate", sorted(AGGREGATES))):
        if body.get(key) not in known:
            yield Problem(
                FEATURES, f"{place}.{key}", f"{key} {body.get(key)!r} is not known", suggest(body.get(key), known)
            )
    if not isinstance(body.get("where") or {}, dict):
        yield Problem(FEATURES, f"{place}.where", "is not a mapping", "write {column: value}")
    for days in list_windows(body):
        if days is not None and (isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 36500):
            yield Problem(FEATURES, f"{place}.window", f"window {days!r} is none", "write days, as 90, or life")


def check_purposes(body: Mapping[str, Any], place: str, known: set[str]) -> Iterator[Problem]:
    """Purposes are those of purposes.yaml."""
    named = body.get("purposes") or []
    if not isinstance(named, list):
        yield Problem(FEATURES, f"{place}.purposes", "is not a list", "write [service], or [] for nobody")
        return
    for word in named:
        if word not in known:
            cure = suggest(word, known) if known else f"add it to {PURPOSES}, or write []"
            yield Problem(FEATURES, f"{place}.purposes", f"purpose {word!r} is not in {PURPOSES}", cure)


def check_column(body: Mapping[str, Any], place: str) -> Iterator[Problem]:
    """A column that is there where the aggregate needs one, of a type that it can take."""
    column, aggregate, types = body.get("column"), body["aggregate"], event_columns()
    where = f"{place}.column"
    takes = AGGREGATES[aggregate].takes
    if column is None:
        if takes not in {"maybe", "nothing"}:
            yield Problem(FEATURES, where, f"{aggregate} needs a column", "name a column of customer_event")
    elif takes == "nothing":
        yield Problem(FEATURES, where, f"{aggregate} takes no column", "leave it out; the time of the event counts")
    elif column not in types:
        yield Problem(FEATURES, where, f"column {column!r} is not in customer_event", suggest(column, types))
    elif takes == "numbers" and types[column] not in NUMBERS:
        yield Problem(
            FEATURES, where, f"{aggregate} of {column}, which is not a number", suggest_column(types, NUMBERS)
        )
    elif takes == "ordered" and types[column] not in NUMBERS | TIMES:
        yield Problem(
            FEATURES, where, f"{aggregate} of {column}, which is text", suggest_column(types, NUMBERS | TIMES)
        )
    elif takes == "no text" and column == "text":
        yield Problem(FEATURES, where, "a customer's own text cannot be a feature", "take another column, or count")


def suggest_column(types: Mapping[str, str], fitting: frozenset[str]) -> str:
    """A cure: the columns of fitting types."""
    return "take one of: " + ", ".join(sorted(c for c, t in types.items() if t in fitting))


def check_where(body: Mapping[str, Any], place: str) -> Iterator[Problem]:
    """Conditions: a column that is there, and values of its type."""
    types = event_columns()
    for column, value in (body.get("where") or {}).items():
        where = f"{place}.where.{column}"
        if column not in types:
            yield Problem(FEATURES, where, f"column {column!r} is not in customer_event", suggest(column, types))
            continue
        condition = to_condition(column, value)
        if not condition.values or not all(is_fitting(v, types[column]) for v in condition.values):
            said = {"VARCHAR": "text"}.get(
                types[column], "dates as 2026-06-30" if types[column] in TIMES else "numbers"
            )
            yield Problem(FEATURES, where, f"does not fit {column}", f"write {said}: a value, a list, or as '>= …'")


def is_fitting(value: object, kind: str) -> bool:
    """Is it a value that a column of this type may be held against? Comparisons are written as text."""
    if kind == "VARCHAR":
        return isinstance(value, str)
    try:
        if kind in TIMES:
            datetime.fromisoformat(str(value))
        else:
            float(str(value))
    except ValueError:
        return False
    return not isinstance(value, bool)


def check_default(body: Mapping[str, Any], place: str) -> Iterator[Problem]:
    """What stands where there is no such event has the type of the feature."""
    default = body.get("default")
    for feature in expand(body) if default is not None else ():
        fits = {
            "BIGINT": isinstance(default, int) and not isinstance(default, bool),
            "DOUBLE": isinstance(default, int | float) and not isinstance(default, bool),
            "VARCHAR": isinstance(default, str),
        }
        if not fits.get(feature.type, False):
            said = f"default {default!r} is no {feature.type}"
            yield Problem(FEATURES, f"{place}.default", said, "write a value of that type, or leave it out for null")
            return


def check_names(body: Mapping[str, Any], place: str, seen: dict[str, str]) -> Iterator[Problem]:
    """Each feature has a name of its own."""
    for days in list_windows(body):
        name = fill_name(body["name"], days)
        first = seen.setdefault(name, place)
        if first != place:
            yield Problem(FEATURES, f"{place}.name", f"name {name!r} is taken by {first}", "give it another")
        elif len(list_windows(body)) > 1 and name == body["name"]:
            yield Problem(FEATURES, f"{place}.name", "several windows under one name", "write {window} into the name")
            return
