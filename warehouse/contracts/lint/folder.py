"""What is wrong with a folder of contracts: the standard's rules, and ours.

A folder → its files as YAML (`yaml_text`) → the standard's JSON Schema (`schema`) → custom properties
(`custom`), roles (`roles`), values and quality (`quality`), neighbours (`links`), purposes (`purposes`), rules of
service (`service`), and here what concerns a contract as a whole. Every rule is a function from a `Draft` to problems;
none of them raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from warehouse.contracts.lint.custom_properties import check_custom
from warehouse.contracts.lint.deletions import check_deletions
from warehouse.contracts.lint.draft import Draft, custom_path, find_elements
from warehouse.contracts.lint.purposes import check_purposes
from warehouse.contracts.lint.quality import check_quality
from warehouse.contracts.lint.questions import check_questions
from warehouse.contracts.lint.records import check_records
from warehouse.contracts.lint.relationships import check_neighbours
from warehouse.contracts.lint.roles import check_roles
from warehouse.contracts.lint.servers import check_server
from warehouse.contracts.lint.standard import check_standard
from warehouse.contracts.problem import Problem, order_key
from warehouse.contracts.service_rules import SERVICE_RULES, ServiceRules
from warehouse.contracts.shape import read_shape
from warehouse.contracts.yaml_reader import Unreadable, read_yaml

__all__ = ["Problem", "list_problems"]

RESERVED = frozenset({"_delivery_id", "_record", "_mistyped", "_row"})
"""Columns that landing adds to every source."""


def list_problems(folder: Path) -> list[Problem]:
    """Everything that is wrong with a folder of contracts, in order of file and place; empty if it is right."""
    if not folder.is_dir():
        return [Problem(str(folder), "", "there is no such folder", "name the folder that holds *.odcs.yaml files")]
    paths = sorted(folder.glob("*.odcs.yaml"))
    if not paths:
        return [Problem(str(folder), "", "the folder has no contract", "add a file named <source>.odcs.yaml")]
    problems = [Problem(p.name, "", "is not read", f"name it {p.stem}.yaml") for p in folder.glob("*.odcs.yml")]
    drafts: list[Draft] = []
    for path in paths:
        try:
            document, doubled = read_yaml(path)
        except Unreadable as error:
            problems.append(error.problem)
            continue
        drafts.append(Draft(path.name, document))
        problems += doubled
    problems += [problem for path in (*paths, folder / "settings.yaml") for problem in check_questions(path)]
    standard = [problem for draft in drafts for problem in check_standard(draft.document, draft.file)]
    ours = [problem for draft in drafts for problem in check_contract(draft)]
    ours += check_neighbours(drafts, {p.name for p in paths})
    ours += check_purposes(drafts, folder)
    ours += check_service_rules(folder / SERVICE_RULES)
    return sorted(dict.fromkeys([*problems, *standard, *drop_echoes(ours, standard)]), key=order_key)


def check_service_rules(path: Path) -> list[Problem]:
    """What is wrong with a rule file; nothing where there is none, for then the built-in one holds."""
    return read_shape(path, ServiceRules)[1] if path.exists() else []


def check_contract(draft: Draft) -> Iterator[Problem]:
    """Our problems of one contract by itself."""
    for rule in (check_whole, check_server, check_custom, check_records):
        yield from rule(draft)
    for rule in (check_columns, check_key, check_roles, check_deletions, check_quality) if draft.leaves else ():
        yield from rule(draft)


def drop_echoes(ours: list[Problem], standard: list[Problem]) -> list[Problem]:
    """Our problems without those at a place where the standard has found one already."""
    places: dict[str, list[str]] = {}
    for problem in standard:
        places.setdefault(problem.file, []).append(problem.path)
    return [p for p in ours if not any(is_within(p.path, place) for place in places.get(p.file, []))]


def is_within(path: str, place: str) -> bool:
    """Whether a path is a place or below it."""
    return path == place or path.startswith((place + ".", place + "["))


def check_whole(draft: Draft) -> Iterator[Problem]:
    """Its name, and its one table."""
    name = draft.document.get("name")
    if not isinstance(name, str) or not re.fullmatch("[a-z][a-z0-9_]*", name):
        cure = "begin with a small letter; then small letters, digits and _"
        yield draft.problem("name", f"name {name!r} cannot name a table", cure)
    elif name != draft.stem:
        yield draft.problem("name", f"name {name!r} is not the file's", f"write {draft.stem}, or rename the file")
    tables = draft.document.get("schema")
    count = len(tables) if isinstance(tables, list) else 0
    if count != 1:
        yield draft.problem("schema", f"there are {count} tables", "a contract has one; write a file for each")
    elif not draft.leaves:
        yield draft.problem("schema[0].properties", "the table has no columns", "declare those that may be stored")


def check_columns(draft: Draft) -> Iterator[Problem]:
    """Names of columns: each once (whatever its case, as SQL sees it), none of those that landing adds."""
    siblings = [
        (path, f"{path.rsplit('[', 1)[0]}:{body.get('name')}")
        for path, body in find_elements(draft.table, "schema[0]")
        if path.endswith("]")
    ]
    columns = [(leaf.path, name) for leaf in draft.leaves for name in (leaf.delivered, *leaf.also_called)]
    told: set[str] = set()
    for named in (siblings, columns):
        seen: dict[str, str] = {}
        for path, name in named:
            first = seen.setdefault(name.casefold(), path)
            if first != path and path not in told:
                told.add(path)
                cure = "rename or remove one; case makes no difference"
                yield draft.problem(
                    f"{path}.name", f"name {name.split(':')[-1]!r} is there twice, first at {first}", cure
                )
    for path, name in columns:
        if name.casefold() in RESERVED:
            yield draft.problem(f"{path}.name", f"name {name!r} is taken by landing", "give it another physicalName")


def check_key(draft: Draft) -> Iterator[Problem]:
    """What makes a row one row."""
    keys = [leaf for leaf in draft.leaves if leaf.is_key]
    is_content = draft.custom.get("key") == "content"
    columns = "schema[0].properties"
    if keys and is_content:
        place = custom_path(draft.document, "", "key")
        yield draft.problem(place, "the key is the content and columns, too", "keep primaryKey, or c360.key: content")
    if not keys and not is_content:
        cure = "set primaryKey on the columns that name a row, or c360.key: content if none do"
        yield draft.problem(columns, "no column is a primaryKey", cure)
    if draft.custom.get("loadMode") == "merge" and not keys:
        place = custom_path(draft.document, "", "loadMode")
        yield draft.problem(place, "loadMode merge without a primaryKey", "set primaryKey, or load with append")
    yield from check_positions(draft, len(keys))


def check_positions(draft: Draft, count: int) -> Iterator[Problem]:
    """primaryKeyPosition: there for a key of several columns, each once, and only on columns."""
    taken: dict[int, str] = {}
    columns = {leaf.path for leaf in draft.leaves}
    for path, body in find_elements(draft.table, "schema[0]"):
        position, is_key = body.get("primaryKeyPosition", -1), body.get("primaryKey") is True
        place = f"{path}.primaryKeyPosition"
        if is_key and path not in columns:
            yield draft.problem(
                f"{path}.primaryKey", "primaryKey is set on an object, not on a column", "set it on a property below"
            )
        elif not is_key:
            if position != -1:
                yield draft.problem(place, "a position without primaryKey", "add primaryKey: true")
        elif not isinstance(position, int):
            continue  # the standard has said so
        elif position in taken:
            yield draft.problem(place, f"position {position} is taken by {taken[position]}", "number them 1, 2, 3")
        elif position != -1 or count > 1:
            taken[position] = path
            if position < 1:
                yield draft.problem(place, "a key of several columns needs positions", "number them 1, 2, 3")
