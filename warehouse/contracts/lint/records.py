"""Rules for where records lie in JSON documents, and for columns of what lies around them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from warehouse.contracts.lint.draft import Draft, custom_path, read_custom, read_list
from warehouse.contracts.problem import Problem
from warehouse.contracts.read import API, name_files, suffix_format
from warehouse.types.record_path import is_path, read_path, read_place

JSON = frozenset({"json", "jsonl", "ndjson"})
WRITE = "write names and [*], as in orders[*].line_items[*]"


def check_records(draft: Draft) -> Iterator[Problem]:
    """`c360.records` is a path, and of JSON; columns are placed from the top of a document only beside it."""
    _, server = next(iter(read_list(draft.document, "servers")), (0, {}))
    custom = read_custom(server)
    records = custom.get("records")
    if records is None:
        return
    place = custom_path(server, "servers[0]", "records")
    form = str(custom.get("format") or server.get("format") or suffix_format(name_files(server)))
    if form.lower() not in JSON and server.get("type") != API:
        yield draft.problem(place, f"c360.records of format {form!r}", "leave it out: it is for JSON")
    for leaf in draft.leaves:
        physical = str(leaf.body.get("physicalName") or "")
        if is_path(physical):
            try:
                read_place(physical)
            except ValueError as error:
                yield draft.problem(f"{leaf.path}.physicalName", f"physicalName: {error}", WRITE)


def judge_records(value: Any) -> tuple[str, str] | None:
    """What is wrong with a value of `c360.records`, and the cure; None if nothing."""
    try:
        levels = read_path(value) if isinstance(value, str) and value.strip() else ()
    except ValueError as error:
        return f"records: {error}", WRITE
    if len(levels) > 1 or (levels and levels[0].depth):
        return None
    return f"records is {value!r}, no place within a document", WRITE
