"""Rules from the `quality` lists of a contract: library metrics and SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from expectations.bounds import describe, is_empty, is_filled, is_nothing, to_condition, to_literal
from expectations.model import Rule
from expectations.values import make_row_rule
from warehouse.contracts.model import Column, ContractError, Quality, Source
from warehouse.duck import literal, quote
from warehouse.sql_tree import is_one_count

ROW_METRICS = frozenset({"nullValues", "missingValues", "invalidValues"})


def list_quality_rules(source: Source, table: str) -> Iterator[Rule]:
    """The rules of the table and of its columns; `text` entries are for people and `custom` ones for other engines."""
    for entry in source.quality:
        yield from read_entry(source, entry, None, table)
    for column in source.columns:
        for entry in column.quality:
            yield from read_entry(source, entry, column, table)


def read_entry(source: Source, entry: Quality, column: Column | None, table: str) -> Iterator[Rule]:
    """One entry as a rule. A bound of none at all is about rows; any other bound is about the table."""
    if entry.type == "sql":
        yield make_sql_rule(source, entry, column, table)
    elif entry.metric == "rowCount":
        yield make_count_rule(entry, name_of(entry, "row_count", source.name), table)
    elif entry.metric == "duplicateValues":
        yield make_duplicate_rule(entry, column, table)
    elif entry.metric in ROW_METRICS and column is not None:
        yield make_metric_rule(source, entry, column, table)
    elif entry.type == "library":
        raise ContractError(
            f"{source.path}: quality rule {entry.name!r}: the metric {entry.metric!r} is not known at this place; "
            "there are rowCount and duplicateValues for a table, nullValues, missingValues, invalidValues and "
            "duplicateValues for a column"
        )


def name_of(entry: Quality, prefix: str, place: str) -> str:
    """The name the contract gives, or `prefix:place` where it gives none."""
    return f"{prefix}:{place}" if entry.name.startswith(f"{entry.metric}:") else entry.name


def make_sql_rule(source: Source, entry: Quality, column: Column | None, table: str) -> Rule:
    """A free query that gives one number; it reads the rows through `${table}`."""
    query = re.sub(r"\$?\{table\}", lambda _: table, entry.query or "")
    if column is not None:
        query = re.sub(r"\$?\{column\}", lambda _: quote(column.name), query)
    query = query.strip().rstrip(";")
    # Only a count may be shown: any other number could be somebody's (the highest amount, a phone as a number).
    shows_measure = is_one_count(query)
    return Rule(
        name=entry.name,
        level="table",
        severity=entry.severity,
        description=entry.description or f"the query of {entry.name} {describe(entry.bounds)}",
        column=column.name if column else None,
        measure=query + "\n",  # the query may end in a line comment
        condition=to_condition(entry.bounds, f"{source.path}: quality rule {entry.name!r}"),
        shows_measure=shows_measure,
        counts_rows=shows_measure and is_nothing(entry.bounds),
        is_of_whole=not is_nothing(entry.bounds),
    )


def make_count_rule(entry: Quality, name: str, table: str) -> Rule:
    """How many new rows there must be."""
    return Rule(
        name=name,
        level="table",
        severity=entry.severity,
        description=f"rows {describe(entry.bounds)}",
        measure=f"SELECT count(*) FROM {table}",
        condition=to_condition(entry.bounds, f"quality rule {name!r}"),
        counts_rows=False,
        is_of_whole=True,
    )


def make_metric_rule(source: Source, entry: Quality, column: Column, table: str) -> Rule:
    """Missing or invalid values of a column."""
    predicate, prefix, said = find_bad_values(source, entry, column)
    rule = make_row_rule(name_of(entry, prefix, column.name), column, predicate, f"{column.name} {said}")
    if is_nothing(entry.bounds):
        return replace(rule, severity=entry.severity, is_moving=entry.severity == "critical")
    return to_table_rule(replace(rule, severity=entry.severity), entry, table)


def find_bad_values(source: Source, entry: Quality, column: Column) -> tuple[str, str, str]:
    """SQL for a bad value, the prefix of the rule's name, and the words for it."""
    name, arguments = quote(column.name), entry.arguments
    if entry.metric == "nullValues":
        return is_empty(column), "null_share", "is missing"
    if entry.metric == "missingValues":
        listed = ", ".join(literal(str(v)) for v in arguments.get("missingValues", ()) if v is not None)
        also = f" OR {name}::VARCHAR IN ({listed})" if listed else ""
        return is_empty(column) + also, "missing", "is missing"
    parts = []
    if "validValues" in arguments:
        valid = ", ".join(to_literal(v, column, source.timezone) for v in arguments["validValues"] if v is not None)
        parts.append(f"{name} NOT IN ({valid})" if valid else "true")
    if "pattern" in arguments:
        parts.append(f"NOT regexp_matches({name}::VARCHAR, {literal(str(arguments['pattern']))})")
    if not parts:
        raise ContractError(
            f"{source.path}: quality rule {entry.name!r} does not say what is valid; add validValues or pattern "
            "under `arguments`"
        )
    prefix, said = ("allowed", "is not allowed") if "validValues" in arguments else ("format", "is not in its format")
    return f"{is_filled(column)} AND ({' OR '.join(parts)})", prefix, said


def make_duplicate_rule(entry: Quality, column: Column | None, table: str) -> Rule:
    """Values, or combinations of a table's `properties`, that more than one row has."""
    columns = (column.name,) if column else tuple(map(str, entry.arguments.get("properties", ())))
    if not columns:
        raise ContractError(f"quality rule {entry.name!r}: add the columns as a list under `arguments.properties`")
    rule = Rule(
        name=name_of(entry, "unique", "+".join(columns)),
        level="row",
        severity=entry.severity,
        description=f"{' + '.join(columns)} is not unique",
        column=column.name if column else None,
        distinct=columns,
        among=is_filled(column) if column else "true",
        is_moving=entry.severity == "critical",
        stage=2,
    )
    return rule if is_nothing(entry.bounds) else to_table_rule(rule, entry, table)


def to_table_rule(rule: Rule, entry: Quality, table: str) -> Rule:
    """The same bad rows, counted against the entry's bounds."""
    return replace(
        as_table_rule(rule, table),
        description=f"{rule.description}: {describe(entry.bounds, entry.unit)}",
        condition=to_condition(entry.bounds, f"quality rule {rule.name!r}", entry.unit),
        is_of_whole=True,
    )


def as_table_rule(rule: Rule, table: str) -> Rule:
    """A row rule as a rule of the whole table: its bad rows are counted, none moves."""
    if rule.distinct:
        measure = f"SELECT coalesce(sum(_n - 1), 0) FROM ({rule.doubled(table)}) AS doubled {solid(rule)}"
    else:
        measure = f"SELECT count(*) FROM {table} WHERE {rule.predicate}"
    return replace(rule, level="table", predicate=None, distinct=(), is_moving=False, stage=0, measure=measure)


def solid(rule: Rule) -> str:
    """SQL: no part of the doubled combination is null, as nulls agree with nobody."""
    return "WHERE " + " AND ".join(f"{quote(c)} IS NOT NULL" for c in rule.distinct)
