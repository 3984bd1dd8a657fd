"""The tiny company with every kind of rule in its contracts, and the rules that these come to."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from expectations.model import Rule
from expectations.rules import compile_rules, compile_table
from tests.worlds.world import AS_OF, SOURCES, World, column, make_contract
from warehouse.contracts.model import Column
from warehouse.contracts.published import list_published
from warehouse.contracts.read import load_contracts

ZONE = "Asia/Hong_Kong"
LABELS = "source,account_id,person\ncrm,C1,chan\nsales,A1,chan\ncrm,C2,wong\nsales,A2,wong\n"
NONE = {"mustBe": 0}
COLUMNS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("crm", "name"): {"quality": [
        {"metric": "missingValues", "arguments": {"missingValues": ["n/a"]}, "severity": "error", **NONE}]},
    ("crm", "phone"): {"unique": True},
    ("sales", "account"): {"logicalTypeOptions": {"pattern": "^A[0-9]+$", "maxLength": 5}},
    ("sales", "email"): {"quality": [
        {"metric": "nullValues", "unit": "percent", "mustBeLessThan": 80, "severity": "warning"}]},
    ("sales", "quantity"): {"logicalTypeOptions": {"minimum": -10}},
    ("sales", "amount"): {"logicalTypeOptions": {"maximum": 90000}},
    ("sales", "currency"): {"quality": [
        {"metric": "invalidValues", "arguments": {"validValues": ["HKD", "CNY"]}, "severity": "error", **NONE}]},
    ("fx_rates", "rate_to_hkd"): {"logicalTypeOptions": {"exclusiveMinimum": 0}},
    ("posts", "text"): {"quality": [{"metric": "nullValues", "severity": "warning", **NONE}]},
}  # fmt: skip
TABLES: Mapping[str, list[dict[str, Any]]] = {
    "sales": [
        {"name": "signs_agree", "type": "sql", "severity": "error", **NONE,
         "query": "SELECT count(*) FROM ${table} WHERE sign(quantity) <> sign(amount)"},
        {"name": "few_returns", "type": "sql", "severity": "warning", "mustBeLessThan": 2,
         "query": "SELECT count(*) FROM ${table} WHERE quantity < 0"},
        {"metric": "duplicateValues", "arguments": {"properties": ["receipt", "sold_at", "amount"]},
         "severity": "warning", **NONE},
    ],
}  # fmt: skip
MARKS: Mapping[str, dict[str, Any]] = {
    "tickets": column("op", customProperties=[{"property": "c360.deleted", "value": True}]),
    "posts": column("is_deleted"),
}
"""A column more: one that marks deleted rows, and one that may."""
CUSTOM: Mapping[str, Mapping[str, Any]] = {
    "sales": {"lateDays": 60, "drift": "freeze"},
    "posts": {"latencySeverity": "error"},
}
LATENCY_DAYS = {"sales": 20, "posts": 40}


def found_strict(world: World) -> None:
    """Give the company its strict contracts, and labels."""
    for name in SOURCES:
        world.write_yaml(f"{name}.odcs.yaml", make_strict(name))
    (world.contracts / "labels.csv").write_text(LABELS, "utf-8")


def make_strict(name: str) -> dict[str, Any]:
    """The usual contract of a source with more rules; two fifths of a delivery may be in quarantine."""
    source = deepcopy(SOURCES[name])
    for body in source["columns"]:
        body.update(deepcopy(dict(COLUMNS.get((name, body["name"]), {}))))
    source["columns"] += [deepcopy(MARKS[name])] if name in MARKS else []
    source["custom"] = {"maxQuarantineShare": 0.4, **source.get("custom", {}), **CUSTOM.get(name, {})}
    contract = make_contract(name, source)
    contract["schema"][0]["quality"] += deepcopy(TABLES.get(name, []))
    if name in LATENCY_DAYS:
        contract["slaProperties"] = [{"property": "latency", "value": LATENCY_DAYS[name], "unit": "d"}]
    return contract


def list_source_rules(world: World) -> dict[tuple[str, str], Rule]:
    """What the contracts of the sources come to, by source and name."""
    sources = load_contracts(world.contracts).sources
    return {(s.name, rule.name): rule for s in sources for rule in compile_rules(s, AS_OF, ZONE)}


def list_published_rules() -> dict[str, tuple[Rule, Column | None]]:
    """What the contracts of the published tables come to, by `table.rule`, each with its column."""
    found: dict[str, tuple[Rule, Column | None]] = {}
    for table in list_published():
        columns = {column.name: column for column in table.columns}
        for rule in compile_table(table, AS_OF, ZONE):
            found[f"{table.name}.{rule.name}"] = rule, columns.get(rule.column or "")
    return found
