"""JSON Schemas of every YAML file that people write, made of the models that read them, for editors.

An editor that knows `yaml-language-server` takes the schema that the first line of a file names: it completes keys,
shows what they mean, and marks what is wrong while one types. `c360 check` stays the judge: it knows more.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from warehouse.contracts.aggregates import AGGREGATES
from warehouse.contracts.features import FEATURES, day_columns, event_columns
from warehouse.contracts.lint.custom_properties import KNOWN
from warehouse.contracts.lint.declaration import Declaration, FeatureFile
from warehouse.contracts.lint.draft import PREFIX
from warehouse.contracts.lint.standard import read_schema
from warehouse.contracts.purposes import PURPOSES, PurposeFile
from warehouse.contracts.rest.request import Request
from warehouse.contracts.service_rules import COMPARISONS, SERVICE_RULES, ServiceRules, list_columns
from warehouse.contracts.settings import Settings
from warehouse.files import write_whole
from warehouse.types.roles import list_event_kinds

Schema = dict[str, Any]
FOLDER = "schemas"
HEAD = "# yaml-language-server: $schema="
CONTRACT = "contract"
BOUNDS = {"ge": "minimum", "le": "maximum", "lt": "exclusiveMaximum"}
"""Bounds of numbers as pydantic leaves them behind a rule of ours → as JSON Schema has them."""


class Permissive(GenerateJsonSchema):
    """What a rule of ours reads by itself may be anything to an editor."""

    def handle_invalid_for_json_schema(self, schema: core_schema.CoreSchema, error_info: str) -> JsonSchemaValue:
        """Anything."""
        return {}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Without the default, which is an object of ours where a rule reads the value."""
        return self.generate_inner(schema["schema"])


def describe_model(model: Any) -> Schema:
    """The schema of a file that is read into a model."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | TypeAdapter(model).json_schema(
        schema_generator=Permissive
    )


def describe_settings() -> Schema:
    """The schema of settings.yaml: numbers are numbers there, though the environment has text, and rules a mapping."""
    schema = describe_model(Settings)
    for name, of in schema["properties"].items():
        schema["properties"][name] = {BOUNDS.get(word, word): value for word, value in of.items()}
    schema["properties"]["survivorship"] |= {"type": ["string", "object"]}
    return schema


def describe_contract() -> Schema:
    """The standard's schema, which knows the names of our custom properties, and what `c360.request` is, too."""
    schema = copy.deepcopy(read_schema())
    names = sorted({PREFIX + name for place in KNOWN.values() for name in place})
    custom = schema["$defs"]["CustomProperty"]
    custom["properties"]["property"]["anyOf"] = [{"enum": names}, {"not": {"pattern": "^c360\\."}}]
    request = describe_model(Request)
    del request["$schema"]
    schema["$defs"] |= request.pop("$defs") | {"Request": request}
    custom["if"] = {"properties": {"property": {"const": f"{PREFIX}request"}}, "required": ["property"]}
    custom["then"] = {"properties": {"value": {"$ref": "#/$defs/Request"}}}
    return schema


def describe_features() -> Schema:
    """The schema of features.yaml, with the words that an entry may hold."""
    schema, entry = describe_model(FeatureFile), describe_model(Declaration)
    del entry["$schema"]
    words = {
        "from": list_event_kinds(),
        "aggregate": sorted(AGGREGATES),
        "column": sorted({*event_columns(), *day_columns()}),
    }
    for key, known in words.items():
        entry["properties"][key] = {"enum": list(known), "description": entry["properties"][key]["description"]}
    schema["properties"]["features"]["items"] = entry
    return schema


def describe_service_rules() -> Schema:
    """The schema of service_rules.yaml, with the columns that a condition may ask for."""
    schema = describe_model(ServiceRules)
    condition = {
        "type": "object",
        "required": ["column"],
        "minProperties": 2,
        "maxProperties": 2,
        "additionalProperties": False,
        "properties": {"column": {"enum": sorted(list_columns())}} | {word: {} for word in COMPARISONS},
    }
    rule = schema["$defs"]["ServiceRule"]["properties"]
    rule["when"] = {
        "description": rule["when"]["description"],
        "anyOf": [condition, {"type": "array", "minItems": 1, "items": condition}],
    }
    return schema


SCHEMAS: Mapping[str, Callable[[], Schema]] = {
    CONTRACT: describe_contract,
    "settings": describe_settings,
    Path(PURPOSES).stem: lambda: describe_model(PurposeFile),
    Path(FEATURES).stem: describe_features,
    Path(SERVICE_RULES).stem: describe_service_rules,
}
"""Name of a file without its ending, `contract` for every *.odcs.yaml → its schema."""


def write_schemas(contracts: Path) -> list[Path]:
    """Write every schema into the folder `schemas` of a folder of contracts; gives their paths."""
    paths = []
    for name, describe in SCHEMAS.items():
        path = contracts / FOLDER / f"{name}.schema.json"
        path.parent.mkdir(exist_ok=True)
        write_whole(path, json.dumps(describe(), indent=1, ensure_ascii=False, sort_keys=True) + "\n")
        paths.append(path)
    return paths


def find_schema(path: Path) -> str | None:
    """Name of the schema of a file, by the file's name; None for one that has none."""
    name = CONTRACT if path.name.endswith(".odcs.yaml") else path.stem
    return name if name in SCHEMAS and path.suffix == ".yaml" else None


def list_unmarked(contracts: Path) -> list[str]:
    """What to write at the top of which file of a folder, so that editors find its schema; nothing where it stands."""
    found = []
    for path in sorted(contracts.glob("*.yaml")):
        name = find_schema(path)
        if name is not None and HEAD not in path.read_text("utf-8"):
            found.append(f"{path.name}: {HEAD}{FOLDER}/{name}.schema.json")
    return found
