"""Each rule of contracts has one planted mistake that it must catch, in a contract that is otherwise right."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse import ROOT
from warehouse.contracts.lint.folder import Problem, list_problems
from warehouse.contracts.load import read_contracts
from warehouse.contracts.model import ContractError, Purpose
from warehouse.contracts.purposes import read_purposes, require_purposes

HK_WORLD = ROOT.parent / "shared/data/hk_world/contracts"
PURPOSES = {
    "purposes": {"service": {"description": "Answer the customer", "consent": "service", "pseudonymised": True}}
}

Document = dict[str, Any]


def column(name: str, kind: str = "string", role: str | None = None, **more: Any) -> Document:
    custom = [{"property": "c360.role", "value": role}] if role else []
    return {"name": name, "logicalType": kind, "customProperties": custom, **more}


def contract(name: str, kind: str, *columns: Document, **custom: Any) -> Document:
    values = {"kind": kind, **custom}
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"urn:{name}",
        "name": name,
        "version": "1.0.0",
        "status": "active",
        "servers": [{"server": "local", "type": "local", "path": f"./{name}*.csv", "format": "csv"}],
        "schema": [{"name": name, "logicalType": "object", "properties": list(columns)}],
        "slaProperties": [{"property": "latency", "value": 1, "unit": "d"}],
        "customProperties": [{"property": f"c360.{k}", "value": v} for k, v in values.items()],
    }


def sales() -> Document:
    return contract(
        "sales", "transactions",
        column("no", role="event_id", primaryKey=True, primaryKeyPosition=1),
        column("who", role="account_id", relationships=[{"to": "crm.odcs.yaml#schema/crm/properties/id"}]),
        column("at", "timestamp", "occurred_at", logicalTypeOptions={"format": "dd/MM/yyyy HH:mm"}),
        column("sum", "number", "amount", quality=[{"metric": "nullValues", "mustBe": 0}]),
        column("count", "integer", "quantity", logicalTypeOptions={"minimum": 0, "maximum": 9}),
        column("buyer", "object", properties=[column("mail", role="email", logicalTypeOptions={"pattern": ".+@.+"})]),
        currency="HKD", timezone="Asia/Hong_Kong", lateDays=3, trust=2, maxQuarantineShare=0.1, loadMode="append",
        latencySeverity="critical",
    )  # fmt: skip


def crm() -> Document:
    mail = column("mail", role="email")
    mail["customProperties"].append({"property": "c360.purposes", "value": ["service"]})
    return contract("crm", "customers", column("id", role="account_id", primaryKey=True), mail, loadMode="merge")


def write(folder: Path, *documents: Document, purposes: Any = PURPOSES) -> Path:
    folder.mkdir(exist_ok=True)
    for document in documents:
        (folder / f"{document['name']}.odcs.yaml").write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
    if purposes is not None:
        (folder / "purposes.yaml").write_text(yaml.safe_dump(purposes, sort_keys=False), "utf-8")
    return folder


def columns(document: Document) -> list[Document]:
    found: list[Document] = document["schema"][0]["properties"]
    return found


def put(place: str, value: Any) -> Callable[[Document], None]:
    """A mistake: another value at a dotted place; a value of Ellipsis removes it."""

    def change(document: Document) -> None:
        target: Any = document
        *steps, last = [int(s) if s.lstrip("-").isdigit() else s for s in place.split(".")]
        for step in steps:
            target = target[step]
        if value is ...:
            del target[last]
        else:
            target[last] = value

    return change


def custom(name: str, value: Any, at: int | None = None) -> Callable[[Document], None]:
    """A mistake: a custom property of the contract, or of its column number `at`."""

    def change(document: Document) -> None:
        element = document if at is None else columns(document)[at]
        entries = element.setdefault("customProperties", [])
        entries[:] = [e for e in entries if e["property"] != f"c360.{name}"]
        if value is not ...:
            entries.append({"property": f"c360.{name}", "value": value})

    return change


def add(*more: Document) -> Callable[[Document], None]:
    return lambda document: columns(document).extend(copy.deepcopy(more))


def both(*changes: Callable[[Document], None]) -> Callable[[Document], None]:
    def change_all(document: Document) -> None:
        for change in changes:
            change(document)

    return change_all


def role(at: int, name: str | None) -> Callable[[Document], None]:
    return custom("role", ... if name is None else name, at)


C = "schema.0.properties"
MISTAKES: dict[str, tuple[Callable[[Document], None], str, str]] = {
    # what: (mistake in `sales`, place, part of message and cure)
    "unknown key": (put("servres", []), "servres", "did you mean 'servers'"),
    "unknown key of a column": (put(f"{C}.0.requird", True), "schema[0].properties[0].requird", "mean 'required'"),
    "key missing": (put("version", ...), "version", "'version' is missing"),
    "number for text": (put("version", 1.0), "version", "is a number, must be text — put it in quotes"),
    "text for truth": (put(f"{C}.0.required", "yes"), "schema[0].properties[0].required", "must be true or false"),
    "unknown type": (put(f"{C}.3.logicalType", "numbr"), "schema[0].properties[3].logicalType", "mean 'number'"),
    "no type": (put(f"{C}.3.logicalType", ...), "schema[0].properties[3].logicalType", "is missing"),
    "option of another type": (put(f"{C}.4.logicalTypeOptions", {"minLenght": 1}),
                               "schema[0].properties[4].logicalTypeOptions.minLenght", "unknown key"),
    "options of a server": (put("servers.0.path", ...), "servers[0].path", "'path' is missing"),
    "unknown server type": (put("servers.0.type", "locale"), "servers[0].type", "did you mean 'local'"),
    "two bounds": (put(f"{C}.3.quality.0.mustBeLessThan", 3), "schema[0].properties[3].quality[0]",
                   "exactly one bound is due, there is mustBe, mustBeLessThan"),
    "no bound": (put(f"{C}.3.quality.0.mustBe", ...), "schema[0].properties[3].quality[0]", "there is none"),
    "unknown metric": (put(f"{C}.3.quality.0.metric", "nulValues"), "schema[0].properties[3].quality[0].metric",
                       "did you mean 'nullValues'"),
    "sql without query": (put(f"{C}.3.quality.0", {"type": "sql", "mustBe": 0}),
                          "schema[0].properties[3].quality[0].query", "is missing"),
    "nested wrongly": (lambda d: columns(d)[0]["customProperties"][0].update(required=True),
                       "schema[0].properties[0].customProperties[0].required", "unknown key 'required'"),
    "unknown nested key": (put(f"{C}.5.properties.0.uniqe", True),
                           "schema[0].properties[5].properties[0].uniqe", "did you mean 'unique'"),
    "no reference": (put(f"{C}.1.relationships.0.to", "a b"), "schema[0].properties[1].relationships[0].to",
                     "is not a reference"),
    # ours: the whole
    "name with a blank": (put("name", "my sales"), "name", "cannot name a table"),
    "name not the file's": (put("name", "sale"), "name", "write sales"),
    "two tables": (lambda d: d["schema"].append({"name": "x"}), "schema", "there are 2 tables"),
    "no columns": (put(C, ...), "schema[0].properties", "no columns"),
    "no server": (put("servers", []), "servers", "the location of the data"),
    "server for later": (put("servers.0", {"server": "s", "type": "kafka", "host": "h"}), "servers[0].type",
                         "type kafka comes later — use local"),
    "empty path": (put("servers.0.path", " "), "servers[0].path", "empty"),
    "unknown format": (put("servers.0.format", "parket"), "servers[0].format", "did you mean 'parquet'"),
    "unknown encoding": (put("servers.0.encoding", "utf8000"), "servers[0].encoding", "utf8000"),
    "no text encoding": (put("servers.0.customProperties", [{"property": "c360.encoding", "value": "hex"}]),
                         "servers[0].customProperties[0]", "'hex' is not known"),
    "long delimiter": (put("servers.0.customProperties", [{"property": "c360.delimiter", "value": "||"}]),
                       "servers[0].customProperties[0]", "one character"),
    "quoting a word": (put("servers.0.customProperties", [{"property": "c360.quoting", "value": "always"}]),
                       "servers[0].customProperties[0]", "true or false"),
    "c360 format": (put("servers.0.customProperties", [{"property": "c360.format", "value": "xls"}]),
                    "servers[0].customProperties[0]", "'xls' is not known"),
    "sheet a number": (put("servers.0.customProperties", [{"property": "c360.sheet", "value": 2}]),
                       "servers[0].customProperties[0]", "the name of the sheet"),
    "records of CSV": (put("servers.0.customProperties", [{"property": "c360.records", "value": "orders"}]),
                       "servers[0].customProperties[0]", "it is for JSON"),
    "records no path": (put("servers.0", {"server": "s", "type": "local", "path": "x.json", "format": "json",
                                          "customProperties": [{"property": "c360.records", "value": "orders[0]"}]}),
                        "servers[0].customProperties[0]", "'[0]' cannot be read"),
    "records at the top": (put("servers.0", {"server": "s", "type": "local", "path": "x.json", "format": "json",
                                             "customProperties": [{"property": "c360.records", "value": "$"}]}),
                           "servers[0].customProperties[0]", "no place within a document"),
    "place that is no path": (both(put("servers.0", {
        "server": "s", "type": "local", "path": "x.json", "format": "json",
        "customProperties": [{"property": "c360.records", "value": "orders"}]}),
        put(f"{C}.4.physicalName", "$.orders[0].n")), "schema[0].properties[4].physicalName", "cannot be read"),
    "doubled column": (add(column("No")), "schema[0].properties[6].name",
                       "is there twice, first at schema[0].properties[0]"),
    "doubled path": (add(column("buyer.mail")), "schema[0].properties[6].name", "is there twice"),
    "landing's column": (add(column("_record")), "schema[0].properties[6].name", "taken by landing"),
    # ours: custom properties
    "unknown custom": (custom("lodeMode", "append"), "customProperties[8]", "did you mean 'c360.loadMode'"),
    "custom elsewhere": (custom("role", "email"), "customProperties[8]", "it belongs to a property"),
    "custom on the table": (put("schema.0.customProperties", [{"property": "c360.kind", "value": "x"}]),
                            "schema[0].customProperties[0]", "it belongs to a contract"),
    "custom without prefix": (put(f"{C}.0.customProperties", [{"property": "role", "value": "event_id"}]),
                              "schema[0].properties[0].customProperties[0]", "write c360.role"),
    "custom with a broken prefix": (put(f"{C}.0.customProperties", [{"property": "c360_role", "value": "event_id"}]),
                                    "schema[0].properties[0].customProperties[0]", "write c360.role"),
    "doubled custom": (lambda d: d["customProperties"].append({"property": "c360.kind", "value": "social"}),
                       "customProperties[8]", "is there twice"),
    "no kind": (custom("kind", ...), "customProperties", "c360.kind is missing"),
    "unknown kind": (custom("kind", "transaction"), "customProperties[7]", "did you mean 'transactions'"),
    "unknown load mode": (custom("loadMode", "upsert"), "customProperties[7]", "write one of: append, merge, snapshot"),
    "unknown timezone": (custom("timezone", "Asia/HongKong"), "customProperties[7]", "did you mean 'Asia/Hong_Kong'"),
    "timezone a folder": (custom("timezone", "Asia"), "customProperties[7]", "is not known"),
    "timezone a number": (custom("timezone", 8), "customProperties[7]", "is not known"),
    "currency a sign": (custom("currency", "HK$"), "customProperties[7]", "three capital letters"),
    "late days a truth": (custom("lateDays", True), "customProperties[7]", "whole number, 0 or more"),
    "trust nought": (custom("trust", 0), "customProperties[7]", "1 or more"),
    "share in percent": (custom("maxQuarantineShare", 5), "customProperties[7]", "5 percent is 0.05"),
    "latency severity": (custom("latencySeverity", "fatal"), "customProperties[7]", "severity 'fatal' is not known"),
    "key of another kind": (custom("key", "rows"), "customProperties[8]", "key 'rows' is not known"),
    "drift of a column": (custom("drift", "ignored", 4), "schema[0].properties[4].customProperties[1]",
                          "drift 'ignored' is not known — did you mean 'ignore'?"),
    "drift of the contract": (custom("drift", "froze"), "customProperties[8]", "did you mean 'freeze'?"),
    "drift misspelt": (custom("drft", "freeze", 4), "schema[0].properties[4].customProperties[1]",
                       "did you mean 'c360.drift'?"),
    "another name a text": (custom("alsoCalled", "qty", 4), "schema[0].properties[4].customProperties[1]",
                            "write a list of names"),
    "no goods on pieces": (custom("nonMerchandise", ["POST"], 4), "schema[0].properties[4].customProperties[1]",
        "without the role 'item_id'"),
    "another name taken": (custom("alsoCalled", ["SUM"], 4), "schema[0].properties[4].name", "'SUM' is there twice"),
    "decimal a sign": (custom("decimal", ",", 4), "schema[0].properties[4].customProperties[1]",
                       "write one of: comma, point"),
    # ours: roles
    "unknown role": (role(0, "e-mail"), "schema[0].properties[0].customProperties[0]",
                     "role 'e-mail' is not known — did you mean 'email'?"),
    "verified is no role": (role(0, "verified"), "schema[0].properties[0].customProperties[0]", "not known"),
    "doubled role": (add(column("b", "timestamp", "occurred_at")), "schema[0].properties[6].customProperties[0]",
                     "role 'occurred_at' is there twice, first at schema[0].properties[2]"),
    "time of text": (put(f"{C}.2", column("at", "string", "occurred_at")), "schema[0].properties[2].logicalType",
                     "make it date or timestamp"),
    "amount of text": (put(f"{C}.3", column("sum", "string", "amount")), "schema[0].properties[3].logicalType",
                       "number or integer"),
    "birth date of a number": (add(column("b", "integer", "birth_date")), "schema[0].properties[6].logicalType",
                               "date or string"),
    "role on an object": (role(5, "address"), "schema[0].properties[5].customProperties[0]", "not on a column"),
    "role in a list": (add(column("l", "array", items=column("m", role="phone"))),
                       "schema[0].properties[6].items.customProperties[0]", "put it on the list"),
    "surname alone": (add(column("s", role="surname")), "schema[0].properties[6]", "without 'given_name'"),
    "given name alone": (add(column("s", role="given_name")), "schema[0].properties[6]", "without 'surname'"),
    "resolved without a start": (both(custom("kind", "reference"), role(2, None),
                                      add(column("r", "timestamp", "resolved_at"))),
                                 "schema[0].properties[6]", "'resolved_at' without 'occurred_at'"),
    "no time": (role(2, None), "schema[0].properties", "no column has the role 'occurred_at'"),
    "no currency": (custom("currency", ...), "schema[0].properties[3]", "without a currency"),
    "no amount": (role(3, None), "schema[0].properties", "'amount' or 'unit_price'"),
    "price without quantity": (both(role(3, "unit_price"), role(4, None)), "schema[0].properties[3]",
                               "'unit_price' without 'quantity'"),
    "nobody's rows": (both(role(1, None), put(f"{C}.5", column("x"))), "schema[0].properties",
                      "which customer a row belongs to"),
    # ours: key
    "no key": (put(f"{C}.0", column("no", role="event_id")), "schema[0].properties", "no column is a primaryKey"),
    "two kinds of key": (custom("key", "content"), "customProperties[8]", "columns, too"),
    "merge without a key": (both(put(f"{C}.0", column("no", role="event_id")), custom("key", "content"),
                                 custom("loadMode", "merge")), "customProperties[8]", "merge without a primaryKey"),
    "doubled position": (put(f"{C}.1", column("who", role="account_id", primaryKey=True, primaryKeyPosition=1)),
                         "schema[0].properties[1].primaryKeyPosition", "is taken by schema[0].properties[0]"),
    "no position": (put(f"{C}.1", column("who", role="account_id", primaryKey=True)),
                    "schema[0].properties[1].primaryKeyPosition", "needs positions"),
    "position without key": (put(f"{C}.1.primaryKeyPosition", 2), "schema[0].properties[1].primaryKeyPosition",
                             "without primaryKey"),
    "key an object": (put(f"{C}.5.primaryKey", True), "schema[0].properties[5].primaryKey", "not on a column"),
    # ours: values
    "pattern of dates": (put(f"{C}.2.logicalTypeOptions.format", "dd/QQ/yyyy"),
                         "schema[0].properties[2].logicalTypeOptions.format", "letter 'QQ' is not supported"),
    "pattern without a year": (put(f"{C}.2.logicalTypeOptions.format", "dd/MM"),
                               "schema[0].properties[2].logicalTypeOptions.format", "has no year"),
    "bounds crossed": (put(f"{C}.4.logicalTypeOptions.minimum", 10),
                       "schema[0].properties[4].logicalTypeOptions.minimum", "minimum is above maximum"),
    "dates crossed": (put(f"{C}.2.logicalTypeOptions", {"minimum": "2026-01-02", "maximum": "2026-01-01"}),
                      "schema[0].properties[2].logicalTypeOptions.minimum", "minimum is above maximum"),
    "bound no date": (put(f"{C}.2.logicalTypeOptions", {"minimum": "yesterday"}),
                      "schema[0].properties[2].logicalTypeOptions.minimum", "'yesterday' is no timestamp"),
    "regex": (put(f"{C}.5.properties.0.logicalTypeOptions.pattern", "(a"),
              "schema[0].properties[5].properties[0].logicalTypeOptions.pattern", "not a valid regular expression"),
    "severity": (put(f"{C}.3.quality.0.severity", "Error!"), "schema[0].properties[3].quality[0].severity",
                 "mean 'error'"),
    "unit": (put(f"{C}.3.quality.0.unit", "per cent"), "schema[0].properties[3].quality[0].unit", "mean 'percent'"),
    "rule without a type": (put(f"{C}.3.quality.0", {"name": "x"}), "schema[0].properties[3].quality[0]", "neither"),
    "row count of a column": (put(f"{C}.3.quality.0.metric", "rowCount"),
                              "schema[0].properties[3].quality[0].metric", "rule of a table"),
    "nulls of a table": (put("schema.0.quality", [{"metric": "nullValues", "mustBe": 0}]),
                         "schema[0].quality[0].metric", "rule of a column"),
    "nothing valid": (put(f"{C}.3.quality.0.metric", "invalidValues"),
                      "schema[0].properties[3].quality[0].arguments", "the valid values are missing"),
    "latency unit": (put("slaProperties.0.unit", "fortnight"), "slaProperties[0].unit", "'fortnight' is not known"),
    "latency value": (put("slaProperties.0.value", "soon"), "slaProperties[0].value", "no number"),
    # ours: neighbours
    "no such file": (put(f"{C}.1.relationships.0.to", "crn.odcs.yaml#schema/crm/properties/id"),
                     "schema[0].properties[1].relationships[0].to", "did you mean 'crm.odcs.yaml'"),
    "no such table": (put(f"{C}.1.relationships.0.to", "crm.odcs.yaml#schema/crn/properties/id"),
                      "schema[0].properties[1].relationships[0].to", "did you mean 'crm'"),
    "no such column": (put(f"{C}.1.relationships.0.to", "crm.odcs.yaml#schema/crm/properties/idd"),
                       "schema[0].properties[1].relationships[0].to", "did you mean 'id'"),
    "no account id": (put(f"{C}.1.relationships.0.to", "crm.odcs.yaml#schema/crm/properties/mail"),
                      "schema[0].properties[1].relationships[0].to", "is not an account_id"),
    "short reference": (put(f"{C}.1.relationships.0.to", "crm.id"), "schema[0].properties[1].relationships[0].to",
                        "does not name a file and a column"),
    "unknown purpose": (custom("purposes", ["servise"], 1), "schema[0].properties[1].customProperties[1]",
                        "did you mean 'service'"),
    "purposes no list": (custom("purposes", "service", 1), "schema[0].properties[1].customProperties[1]", "not a list"),
}  # fmt: skip


@pytest.mark.parametrize("name", ["會員編號", "Kunden-Nr.", "customer no"])
def test_a_relationship_may_lead_to_a_column_of_any_name(name: str, tmp_path: Path) -> None:
    members, orders = crm(), sales()
    columns(members)[0]["name"] = name
    columns(orders)[1]["relationships"] = [{"to": f"crm.odcs.yaml#schema/crm/properties/{name}"}]
    assert list_problems(write(tmp_path, orders, members)) == []
    assert read_contracts(tmp_path).source("sales").account_source == "crm"
    columns(orders)[1]["relationships"] = [{"to": f"crm.odcs.yaml#schema/crm/properties/{name}x"}]
    (problem,) = list_problems(write(tmp_path, orders, members))
    assert "did you mean" in problem.cure


def test_right_contracts_have_no_problem(tmp_path: Path) -> None:
    assert list_problems(write(tmp_path, sales(), crm())) == []
    assert [s.name for s in read_contracts(tmp_path).sources] == ["crm", "sales"]


def test_a_list_of_what_is_no_goods_is_read_and_nonsense_refused(tmp_path: Path) -> None:
    document = sales()
    columns(document).insert(3, column("goods", role="item_id"))
    place = "schema[0].properties[3].customProperties[1]"
    for value, message in {
        "POST": "write a list of item ids in quotes",
        "a 1": "write a list of item ids in quotes",
        "b *": "'*', which is every item",
        "c P P": "'P' twice",
        "d P g*": "",
    }.items():
        words = value.split()[1:]
        listed: Any = [int(w) if w.isdigit() else w for w in words] if words else value
        custom("nonMerchandise", listed, 3)(document)
        problems = list_problems(write(tmp_path / value[0], document, crm()))
        assert [p.path for p in problems] == ([place] if message else []), value
        assert all(message in str(p) for p in problems)
    assert read_contracts(tmp_path / "d").source("sales").columns[3].non_merchandise == ("P", "g*")


@pytest.mark.parametrize("what", MISTAKES)
def test_planted_mistake_is_the_one_problem(what: str, tmp_path: Path) -> None:
    mistake, place, said = MISTAKES[what]
    document = sales()
    mistake(document)
    write(tmp_path, crm())
    (tmp_path / "sales.odcs.yaml").write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
    problems = list_problems(tmp_path)
    assert [p.path for p in problems] == [place], "\n".join(map(str, problems))
    assert said in str(problems[0])
    assert problems[0].file == "sales.odcs.yaml"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select count(*) from ${table} where ${column} < 0", None),
        ("with x as (select * from {table}) select count(*) from x union all select 1", None),
        ("select count(*) fro ${table}", "no SELECT"),
        ("select count(*) from ${object}", "no SELECT"),
        ("drop table ${table}", "no SELECT"),
        ("select 1; select 2", "2 statements"),
        ("with x as (copy t to 'f') select 1", "more than select"),
    ],
)
def test_sql_rule_is_one_select(query: str, said: str | None, tmp_path: Path) -> None:
    document = sales()
    columns(document)[3]["quality"] = [{"type": "sql", "query": query, "mustBe": 0}]
    problems = list_problems(write(tmp_path, document, crm()))
    assert [said in p.message for p in problems if said] == [True] * bool(said)
    assert bool(problems) is bool(said)


@pytest.mark.parametrize("name", ["phone", "email", "handle", "national_id", "address"])
def test_some_roles_may_repeat(name: str, tmp_path: Path) -> None:
    document = sales()
    add(column("first", role=name), column("second", role=name))(document)
    assert list_problems(write(tmp_path, document, crm())) == []


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("social", ["event_id", "occurred_at"]),
        ("support", ["event_id", "occurred_at"]),
        ("customers", ["account_id"]),
        ("consent", ["account_id", "category", "occurred_at", "status"]),
        ("reference", []),
    ],
)
def test_kind_needs_its_roles(kind: str, missing: list[str], tmp_path: Path) -> None:
    document = contract("some", kind, column("mail", role="email", primaryKey=True))
    problems = list_problems(write(tmp_path, document))
    assert [p.message for p in problems] == [f"no column has the role {role!r}" for role in missing]


def test_fx_rates_need_their_roles(tmp_path: Path) -> None:
    document = contract("fx_rates", "reference", column("code", primaryKey=True))
    missing = [p.message.split("'")[1] for p in list_problems(write(tmp_path, document))]
    assert missing == ["amount", "currency", "occurred_at"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        ("- a\n- b\n", "the file is a list"),
        ("just words\n", "single value"),
        ("a: [1, 2\nb: 3\n", "line 2, column 2: is not YAML"),
        ("a: {b: 1\n", "is not YAML"),
        ("a: &x [*x]\n", "an alias refers to itself"),
        ("a: 2020-13-45\n", "cannot be read"),
    ],
)
def test_file_that_is_no_contract(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "sales.odcs.yaml").write_text(text, "utf-8")
    problems = list_problems(tmp_path)
    assert len(problems) == 1
    assert said in str(problems[0])


def test_doubled_key_is_named_with_its_lines(tmp_path: Path) -> None:
    write(tmp_path, sales(), crm())
    path = tmp_path / "sales.odcs.yaml"
    path.write_text(path.read_text("utf-8") + "status: draft\n", "utf-8")
    assert "key 'status' is there twice (lines 6 and" in str(list_problems(tmp_path)[0])


def test_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "sales.odcs.yaml").write_bytes("a: 1\nb: 名".encode("big5"))
    assert [(p.path, p.message) for p in list_problems(tmp_path)] == [("line 2", "the file is not UTF-8")]


def test_unquoted_dates_are_text(tmp_path: Path) -> None:
    write(tmp_path, sales(), crm())
    path = tmp_path / "sales.odcs.yaml"
    text = path.read_text("utf-8").replace("format: dd/MM/yyyy HH:mm", "minimum: 2020-01-01")
    assert "minimum: 2020-01-01" in text
    path.write_text(text, "utf-8")
    assert list_problems(tmp_path) == []


def test_folder_itself(tmp_path: Path) -> None:
    assert "there is no such folder" in str(list_problems(tmp_path / "none")[0])
    assert "no contract" in str(list_problems(tmp_path)[0])
    (tmp_path / "sales.odcs.yaml").mkdir()
    assert "cannot be read" in str(list_problems(tmp_path)[0])


def test_misnamed_file_is_told(tmp_path: Path) -> None:
    write(tmp_path, sales(), crm())
    (tmp_path / "users.odcs.yml").write_text("a: 1\n", "utf-8")
    assert [str(p) for p in list_problems(tmp_path)] == ["users.odcs.yml: is not read — name it users.odcs.yaml"]


def test_two_contracts_of_one_name(tmp_path: Path) -> None:
    write(tmp_path, sales(), crm())
    (tmp_path / "more.odcs.yaml").write_text(yaml.safe_dump(sales(), sort_keys=False), "utf-8")
    messages = {p.message for p in list_problems(tmp_path)}
    assert messages == {"name 'sales' is not the file's", "name 'sales' is more.odcs.yaml's, too"}


def test_purposes_are_asked_for_only_if_named(tmp_path: Path) -> None:
    assert "no such file" in str(list_problems(write(tmp_path / "a", crm(), purposes=None))[0])
    document = crm()
    custom("purposes", ..., 1)(document)
    assert read_contracts(write(tmp_path / "b", document, purposes=None)).purposes == ()


@pytest.mark.parametrize(
    ("purposes", "place", "said"),
    [
        ({"purpose": {}}, "purpose", "did you mean 'purposes'"),
        ({"purposes": ["service"]}, "purposes", "is not a mapping"),
        ({"purposes": {"service": None}}, "purposes.service", "is not a mapping"),
        ({"purposes": {"service": {}}}, "purposes.service.description", "is missing"),
        ({"purposes": {"service": {"description": "x", "consent": 1}}}, "purposes.service.consent", "must be text"),
        (
            {"purposes": {"service": {"description": "x", "pseudonymised": "yes"}}},
            "purposes.service.pseudonymised",
            "true",
        ),
        (
            {"purposes": {"service": {"description": "x", "pseudonymized": None}}},
            "purposes.service.pseudonymized",
            "mean",
        ),
        (
            {"purposes": {"service": {"description": "x", "without names": 1}}},
            "purposes.service.without names",
            "unknown",
        ),
    ],
)
def test_purposes_file(purposes: Any, place: str, said: str, tmp_path: Path) -> None:
    problems = [p for p in list_problems(write(tmp_path, crm(), sales(), purposes=purposes)) if p.path == place]
    assert [said in str(p) for p in problems] == [True]
    assert problems[0].file == "purposes.yaml"


def test_error_names_every_place(tmp_path: Path) -> None:
    document = sales()
    role(0, "e-mail")(document)
    custom("trust", 0)(document)
    with pytest.raises(ContractError) as error:
        read_contracts(write(tmp_path, document, crm()))
    assert str(error.value).splitlines() == [
        "sales.odcs.yaml: customProperties[7]: trust is 0 — write a whole number, 1 or more",
        "sales.odcs.yaml: schema[0].properties[0].customProperties[0]: "
        "role 'e-mail' is not known — did you mean 'email'?",
    ]


def test_problem_is_one_line() -> None:
    assert str(Problem("a.odcs.yaml", "", "is empty", "write it")) == "a.odcs.yaml: is empty — write it"


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def list_places(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in items for place in [(*above, key), *list_places(item, (*above, key))]]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_junk_anywhere_gives_problems_not_exceptions(data: st.DataObject, tmp_path: Path) -> None:
    document = sales()
    place = data.draw(st.sampled_from(list_places(document)))
    target: Any = document
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = data.draw(JUNK)
    write(tmp_path, crm())
    (tmp_path / "sales.odcs.yaml").write_text(yaml.safe_dump(document), "utf-8")
    problems = list_problems(tmp_path)
    assert problems == list_problems(tmp_path)
    if not problems:
        assert len(read_contracts(tmp_path).sources) == 2


@pytest.mark.skipif(not HK_WORLD.is_dir(), reason="../shared/data/hk_world is not there")
def test_dev_world_is_right() -> None:
    assert list_problems(HK_WORLD) == []


def test_what_a_contract_says_is_missing_is_what_the_database_writes(tmp_path: Path) -> None:
    """YAML makes times and dates of what stands without quotes; DuckDB's text of a time has no T."""
    document = crm()
    rule = {"metric": "missingValues", "mustBe": 0, "arguments": {"missingValues": [datetime(1900, 1, 1), date.min]}}
    document["schema"][0]["properties"][1]["quality"] = [rule]
    (source,) = read_contracts(write(tmp_path, document)).sources
    (found,) = [quality for column in source.columns for quality in column.quality if quality.metric == "missingValues"]
    assert found.arguments["missingValues"] == ["1900-01-01 00:00:00", "0001-01-01"]


@pytest.mark.parametrize("text", ["purposes: {service: {description: x, consent: }}", "purposes: {a: {description: }}"])
def test_a_purpose_whose_words_are_forgotten_is_refused(text: str, tmp_path: Path) -> None:
    (write(tmp_path, crm(), purposes=None) / "purposes.yaml").write_text(text, "utf-8")
    with pytest.raises(ContractError, match=r"purposes\.yaml: purposes\."):
        require_purposes(tmp_path)
    assert read_purposes(tmp_path)[0] is None


def test_the_rest_of_a_text_behind_a_comma_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "purposes.yaml").write_text("purposes: {a: {description: count, without names}}", "utf-8")
    assert require_purposes(tmp_path) == (Purpose("a", "count", None, pseudonymised=False),)
