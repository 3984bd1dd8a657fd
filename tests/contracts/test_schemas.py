"""JSON Schemas for editors: they know what we read, and mark what `c360 check` would."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from warehouse.contracts.yaml_reader import read_yaml
from warehouse.drafting.schemas import FOLDER, HEAD, SCHEMAS, find_schema, list_unmarked, write_schemas

ROOT = Path(__file__).parents[2]
FILES = [
    path
    for folder in ("contracts", "examples", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.yaml"))
    if find_schema(path) and path.parent.name != "published"
]
MISTAKES: dict[str, tuple[tuple[Any, ...], Any]] = {
    "contract": (("customProperties", 0, "property"), "c360.knid"),
    "settings": (("max_merged_share",), 5),
    "purposes": (("purposes", "service", "consnet"), "x"),
    "features": (("features", 0, "aggregate"), "cuont"),
    "service_rules": (("rules", 0, "when", "column"), "is_vulnerabel"),
}
"""By schema: a place, and what is wrong there."""


def read(path: Path) -> Any:
    return read_yaml(path)[0]


def put(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The document with a value at a place."""
    changed = copy.deepcopy(document)
    part = changed
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    return changed


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_takes_every_file_and_no_mistake(name):
    judge = jsonschema_rs.validator_for(SCHEMAS[name]())
    own = [path for path in FILES if find_schema(path) == name]
    assert own
    assert [path for path in own if not judge.is_valid(read(path))] == []
    place, value = MISTAKES[name]
    shipped = read(next(path for path in own if path.parent == ROOT / "contracts"))
    assert not judge.is_valid(put(shipped, place, value))


@pytest.mark.parametrize(
    ("place", "value"),
    [(("pagging",), {"by": "link"}), (("paging", "by"), "links"), (("limits", "perMinute"), 0), (("since", "to"), "x")],
)
def test_the_requests_of_an_api_are_known_to_editors(place, value):
    judge = jsonschema_rs.validator_for(SCHEMAS["contract"]())
    contract = read(ROOT / "examples" / "apis" / "zendesk" / "contracts" / "tickets.odcs.yaml")
    assert judge.is_valid(contract)
    at = ("servers", 0, "customProperties", 2, "value", *place)
    assert not judge.is_valid(put(contract, at, value))


def test_what_is_shipped_is_as_the_command_writes_it(tmp_path):
    shipped = ROOT / "contracts" / FOLDER
    written = {path.name: path.read_text("utf-8") for path in write_schemas(tmp_path)}
    assert written == {path.name: path.read_text("utf-8") for path in shipped.iterdir()}
    assert list_unmarked(ROOT / "contracts") == []
    (tmp_path / "settings.yaml").write_text("currency: HKD\n")
    assert list_unmarked(tmp_path) == [f"settings.yaml: {HEAD}schemas/settings.schema.json"]
