"""Row rules: what a single value must be, from the properties of a contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from expectations.bounds import is_empty, is_filled, to_literal
from expectations.model import Rule
from warehouse.contracts.model import Column, ContractError
from warehouse.duck import literal, quote
from warehouse.types.numbers import FOREIGN
from warehouse.types.roles import MONEY_ROLES

LIMITS: Mapping[str, str] = {"minimum": "<", "exclusiveMinimum": "<=", "maximum": ">", "exclusiveMaximum": ">="}
OCTET = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
LABEL = "[\\p{L}\\p{N}]([\\p{L}\\p{N}-]{0,61}[\\p{L}\\p{N}])?"
# Shapes, not proofs: a format rule is to catch another column's value, not to refuse an unusual mailbox.
FORMATS: Mapping[str, str] = {
    "email": "^\\s*[^@\\s]+@[^@\\s]+\\.[^@\\s]+\\s*$",
    "uuid": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    "uri": "^[A-Za-z][A-Za-z0-9+.-]*:\\S+$",
    "hostname": f"^{LABEL}(\\.{LABEL})*\\.?$",
    "ipv4": f"^{OCTET}(\\.{OCTET}){{3}}$",
    "ipv6": "^[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*$",
}


def list_value_rules(column: Column, timezone: str, *, is_landed: bool) -> Iterator[Rule]:
    """The rules of one column; `is_landed`: of rows as they were delivered, where unreadable values are marked."""
    yield from list_presence_rules(column, is_landed=is_landed)
    checks = (
        ("range", "is outside its range", find_range(column, timezone)),
        ("length", "is too short or too long", find_length(column)),
        ("format", "is not in its format", find_format(column)),
    )
    for prefix, said, parts in checks:
        if parts:
            predicate = f"{is_filled(column)} AND ({' OR '.join(parts)})"
            yield make_row_rule(f"{prefix}:{column.name}", column, predicate, f"{column.name} {said}")


def list_presence_rules(column: Column, *, is_landed: bool) -> Iterator[Rule]:
    """Required and readable; an unreadable value of an optional column is a warning, and the row stays without it."""
    mistyped = f"list_contains(_mistyped, {literal(column.name)})"
    if column.required:
        unread = f" AND NOT coalesce({mistyped}, false)" if is_landed else ""
        yield make_row_rule(
            f"required:{column.name}", column, is_empty(column) + unread, f"{column.name} is required and missing"
        )
    if is_landed and column.type != "string":
        yield make_row_rule(
            f"type:{column.name}", column, mistyped, f"{column.name} cannot be read as {column.type}",
            is_critical=column.required,
        )  # fmt: skip
    if is_landed and column.role in MONEY_ROLES and column.type == "number":
        foreign = f"list_contains(_mistyped, {literal(FOREIGN + column.name)})"
        cure = "give a column the role currency, or mend c360.currency"
        said = f"{column.name} names another currency than the row's; {cure}"
        yield make_row_rule(f"currency:{column.name}", column, foreign, said)


def make_row_rule(name: str, column: Column, predicate: str, description: str, *, is_critical: bool = True) -> Rule:
    """A rule whose bad rows go to quarantine if it is critical, and are only counted otherwise."""
    return Rule(
        name=name,
        level="row",
        severity="critical" if is_critical else "warning",
        description=description,
        column=column.name,
        predicate=predicate,
        is_moving=is_critical,
    )


def find_range(column: Column, timezone: str) -> list[str]:
    """SQL conditions that a value breaks: limits, multipleOf, and numbers that are none (NaN, infinity)."""
    name, options = quote(column.name), column.options
    parts = [f"{name} {op} {to_literal(options[k], column, timezone)}" for k, op in LIMITS.items() if k in options]
    if column.type == "number":
        parts.append(f"NOT isfinite({name})")
    if "multipleOf" in options:
        step = to_literal(options["multipleOf"], column, timezone)
        # Doubles have no exact multiples; a billionth of a step is nearer than any typing mistake.
        parts.append(f"abs({name} / {step}::DOUBLE - round({name} / {step}::DOUBLE)) > 1e-9")
    return parts


def find_length(column: Column) -> list[str]:
    """SQL conditions that a text or a list breaks by its size."""
    name, parts = quote(column.name), []
    for key, size in (("Length", f"length({name})"), ("Items", f"json_array_length({name})")):
        for bound, op in ((f"min{key}", "<"), (f"max{key}", ">")):
            if bound in column.options:
                parts.append(f"{size} {op} {require_whole(column, bound)}")
    return parts


def require_whole(column: Column, option: str) -> int:
    """The option as a whole number; raises ContractError if it is none."""
    value: Any = column.options[option]
    if isinstance(value, bool) or not isinstance(value, int):
        raise ContractError(f"column {column.name}: {option} {value!r} is not a whole number; write one, as in 3")
    return value


def find_format(column: Column) -> list[str]:
    """SQL conditions that a text breaks by its form; a pattern may match anywhere in it, as in JSON Schema."""
    if column.type != "string":
        return []
    patterns = (column.options.get("pattern"), FORMATS.get(str(column.options.get("format", "")).lower()))
    return [f"NOT regexp_matches({quote(column.name)}, {literal(p)})" for p in patterns if p]
