"""A drafted contract as a file of the Open Data Contract Standard, with the evidence as comments; no value of a row."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from warehouse.drafting.questions import Question
from warehouse.drafting.tables.model import CLASSES, ColumnDraft, SourceDraft

PLAIN = re.compile(r"[A-Za-z_][\w ./\-]*[\w)]|[A-Za-z_]")
RESERVED = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n", "none"})
WIDTH = 118
RETENTION = {"transactions": 7, "orders": 7, "customers": 7, "support": 3, "social": 2, "consent": 7}
"""Years after which somebody should say whether rows go, by kind; an offer, and no rule of law."""


def quote(text: object) -> str:
    """A scalar of YAML that is read back as the same."""
    if isinstance(text, bool):
        return str(text).lower()
    if isinstance(text, int | float):
        return str(text)
    plain = str(text)
    if PLAIN.fullmatch(plain) and plain.casefold() not in RESERVED and ": " not in plain and " #" not in plain:
        return plain
    return json.dumps(plain, ensure_ascii=False)


def write_value(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(k), ensure_ascii=False)}: {quote(v)}" for k, v in value.items()) + "}"
    return quote(value)


def comment(text: str, indent: str = "") -> list[str]:
    """A remark, on as many lines as it needs."""
    words, lines = text.split(), [indent + "#"]
    for word in words:
        if len(lines[-1]) + len(word) + 1 > WIDTH and lines[-1] != indent + "#":
            lines.append(indent + "#")
        lines[-1] += f" {word}"
    return lines


def ask(questions: Iterable[Question], indent: str = "") -> list[str]:
    """Open questions as comments."""
    return [indent + line for question in questions for line in question.lines()]


def write_contract(source: SourceDraft, path: str) -> str:
    """The text of a contract.

    Args:
        source: what was drafted.
        path: where deliveries are, as its server says it.
    """
    rows, facts = source.sample.rows.height, source.table.facts
    lines = comment(
        f"Drafted from {rows:,} records with {len(facts)} columns. Behind each role: how sure (0 to 1), and why."
    )
    if source.kind:
        lines += comment(f"Kind {source.kind}: {source.kind_evidence}.")
    lines += ask(source.questions)
    for advice in source.advice:
        lines += comment(f"ask: {advice}")
    years = RETENTION.get(source.kind or "")
    if years:
        lines += comment(
            f"ask: after how long are rows to be forgotten? {years} years is usual; nobody has said so here."
        )
    lines += [
        "apiVersion: v3.1.0", "kind: DataContract", f"id: urn:c360:source:{source.name}", f"name: {source.name}",
        "version: 1.0.0", "status: active", "description:", f"  purpose: {describe(source)}", "servers:",
        *write_server(source, path), "schema:", f"  - name: {source.name}", "    physicalType: file",
        "    logicalType: object", "    properties:",
    ]  # fmt: skip
    lines += write_columns(source)
    if hidden := source.left_out:
        lines += comment("left out, and never stored: " + ", ".join(hidden), "      ")
    if source.sample.hidden_count:
        lines += comment(f"left out: {source.sample.hidden_count} columns whose names look like values", "      ")
    lines.append("customProperties:")
    for name, value in contract_properties(source).items():
        why = source.custom_evidence.get(name)
        lines.append(f"  - {{property: c360.{name}, value: {write_value(value)}}}" + (f"  # {why}" if why else ""))
    return "\n".join(lines) + "\n"


def contract_properties(source: SourceDraft) -> dict[str, Any]:
    """The custom properties of the contract."""
    return {"kind": source.kind, "loadMode": source.load_mode, **source.custom}


def describe(source: SourceDraft) -> str:
    """What the source is, in a few words."""
    said = {
        "transactions": "Sales and refunds", "orders": "Heads of orders", "customers": "Accounts of customers",
        "support": "Tickets", "social": "Posts", "consent": "Answers to questions for consent",
        "reference": "Exchange rates",
    }  # fmt: skip
    return said.get(source.kind or "", "A table") + ", as drafted from its files"


def write_server(source: SourceDraft, path: str) -> list[str]:
    """Where deliveries come from."""
    form = source.sample.form
    lines = ["  - server: local", "    type: local", f"    path: {quote(path)}", f"    format: {form}"]
    custom = {"encoding": source.sample.encoding, "records": source.sample.records}
    lines += ["    customProperties:"] if any(custom.values()) else []
    return lines + [f"      - {{property: c360.{n}, value: {quote(v)}}}" for n, v in custom.items() if v]


def write_columns(source: SourceDraft) -> list[str]:
    """The declared columns in the order of the file, those of an object below it."""
    order = {name: number for number, name in enumerate(source.sample.places)}
    columns = sorted(source.columns, key=lambda c: order[c.name])
    tree: dict[Any, Any] = {}
    for column in columns:
        place = source.sample.places[column.name]
        if place[0] == "$":
            tree[column.name] = column
            continue
        node = tree
        for name in place[:-1]:
            node = node.setdefault((name,), {})
        node[place[-1]] = column
    return list(write_tree(source, tree, "      "))


def write_tree(source: SourceDraft, tree: Mapping[Any, Any], indent: str) -> Iterator[str]:
    """The properties at one level."""
    for name, node in tree.items():
        if isinstance(node, ColumnDraft):
            yield from write_column(source, node, indent)
        else:
            yield f"{indent}- name: {quote(name[0])}"
            yield f"{indent}  logicalType: object"
            yield f"{indent}  properties:"
            yield from write_tree(source, node, indent + "    ")


def write_column(source: SourceDraft, column: ColumnDraft, indent: str) -> Iterator[str]:
    """One property."""
    place, inner = source.sample.places[column.name], indent + "  "
    yield from ask(column.questions, indent)
    is_around = place[0] == "$"
    yield f"{indent}- name: {quote(column.name.replace('.', '_') if is_around else place[-1])}"
    if is_around:
        above = (source.sample.records or "$").rpartition(".")[0]
        start = above.replace("[*]", "").count(".")
        yield f"{inner}physicalName: {quote('.'.join([above, *place[1 + start :]]))}"
    yield f"{inner}logicalType: {column.type}"
    if column.physical_type:
        yield f"{inner}physicalType: {quote(column.physical_type)}"
    if column.format:
        yield f"{inner}logicalTypeOptions: {{format: {json.dumps(column.format, ensure_ascii=False)}}}"
    if column.key_position:
        yield f"{inner}primaryKey: true"
        yield f"{inner}primaryKeyPosition: {column.key_position}"
    if column.is_required:
        yield f"{inner}required: true"
    if column.role in CLASSES:
        yield f"{inner}classification: {CLASSES[column.role]}"
    if column.relation:
        yield f"{inner}relationships:"
        yield f"{inner}  - {{type: foreignKey, to: {json.dumps(column.relation, ensure_ascii=False)}}}"
    yield f"{inner}customProperties:"
    yield from comment(
        f"{column.role or 'deleted'} {column.confidence:.2f}: {column.evidence or 'by its name'}", inner + "  "
    )
    if column.role:
        yield f"{inner}  - {{property: c360.role, value: {column.role}}}"
    for name, value in column.custom.items():
        yield f"{inner}  - {{property: c360.{name}, value: {write_value(value)}}}"
