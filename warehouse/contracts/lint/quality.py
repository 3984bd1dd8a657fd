"""Rules for what a contract says about values: formats, bounds, patterns, quality checks and service levels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from warehouse.contracts.lint.draft import Draft, find_elements, read_list, read_mapping
from warehouse.contracts.model import to_days
from warehouse.contracts.problem import Problem, suggest
from warehouse.sql_tree import judge_select, open_memory
from warehouse.types.patterns import read_pattern
from warehouse.types.roles import SEVERITIES

TIMES: Mapping[str, Any] = {"date": date.fromisoformat, "timestamp": datetime.fromisoformat, "time": time.fromisoformat}
SPANS = (
    ("minimum", "maximum"), ("exclusiveMinimum", "maximum"), ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "exclusiveMaximum"), ("minLength", "maxLength"), ("minItems", "maxItems"),
)  # fmt: skip


def check_quality(draft: Draft) -> Iterator[Problem]:
    """Value rules of the table and of every column, and service levels."""
    yield from check_rules(draft, draft.table, "schema[0]", has_column=False)
    for path, body in find_elements(draft.table, "schema[0]"):
        yield from check_options(draft, body, path)
        yield from check_rules(draft, body, path, has_column=True)
    yield from check_service(draft)


def check_options(draft: Draft, body: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """logicalTypeOptions: a format that can be read, a pattern that compiles, a smallest below the largest."""
    options, place = read_mapping(body, "logicalTypeOptions"), f"{path}.logicalTypeOptions"
    form, pattern, kind = options.get("format"), options.get("pattern"), str(body.get("logicalType"))
    if isinstance(form, str) and kind in TIMES:
        said = judge_format(form, kind)
        if said:
            yield draft.problem(f"{place}.format", said, "write it as in yyyy-MM-dd HH:mm:ss")
    if isinstance(pattern, str) and (said := judge_pattern(pattern)):
        yield draft.problem(
            f"{place}.pattern", f"is not a valid regular expression: {said}", "write it in RE2's syntax"
        )
    yield from check_spans(draft, options, place, kind)


def judge_format(form: str, kind: str) -> str | None:
    """What is wrong with a pattern of dates or times; None if values can be read by it."""
    try:
        pattern = read_pattern(form)
    except ValueError as error:
        return f"the pattern cannot be read: {error}"
    if kind != "time" and not (pattern.has("%Y", "%y") and pattern.has("%m", "%b", "%B", "%j")):
        return f"the pattern {form!r} has no year, or no month"
    if kind == "time" and not pattern.has("%H", "%I"):
        return f"the pattern {form!r} has no hour"
    return None


def check_spans(draft: Draft, options: Mapping[str, Any], place: str, kind: str) -> Iterator[Problem]:
    """Bounds that cannot be read, or that no value can meet."""
    read: dict[str, Any] = {}
    for name in dict.fromkeys(name for span in SPANS for name in span):
        value = options.get(name)
        if isinstance(value, str) and kind in TIMES:
            try:
                read[name] = TIMES[kind](value)
            except ValueError:
                yield draft.problem(f"{place}.{name}", f"{value!r} is no {kind}", "write it as ISO 8601 does")
        elif isinstance(value, int | float):
            read[name] = value
    for low, high in SPANS:
        if low in read and high in read and is_above(read[low], read[high]):
            yield draft.problem(f"{place}.{low}", f"{low} is above {high}", "exchange them")


def is_above(low: Any, high: Any) -> bool:
    """Whether the smallest is above the largest; a time with an offset is not compared with one without."""
    try:
        return bool(low > high)
    except TypeError:
        return False


def judge_pattern(pattern: str) -> str | None:
    """What DuckDB, whose expressions are RE2's, says against a pattern; None if nothing."""
    import duckdb

    try:
        open_memory().execute("select regexp_matches('', ?)", [pattern]).fetchall()
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    return None


def check_rules(draft: Draft, element: Mapping[str, Any], path: str, *, has_column: bool) -> Iterator[Problem]:
    """The `quality` list of a table or a column; metrics and bounds are the standard's to check."""
    for number, rule in read_list(element, "quality"):
        place = f"{path}.quality[{number}]"
        severity, unit, metric = rule.get("severity"), rule.get("unit"), str(rule.get("metric"))
        if "severity" in rule and (not isinstance(severity, str) or severity not in SEVERITIES):
            yield draft.problem(
                f"{place}.severity", f"severity {severity!r} is not known", suggest(severity, SEVERITIES)
            )
        if "unit" in rule and unit not in ("rows", "percent"):
            yield draft.problem(f"{place}.unit", f"unit {unit!r} is not known", suggest(unit, ("rows", "percent")))
        if "type" not in rule and "metric" not in rule:
            yield draft.problem(place, "the rule has neither a type nor a metric", "add `type:`, or the metric")
        if metric == "rowCount" and has_column:
            yield draft.problem(f"{place}.metric", "rowCount is a rule of a table", "move it to the table's quality")
        if metric in {"nullValues", "missingValues", "invalidValues"} and not has_column:
            yield draft.problem(f"{place}.metric", f"{metric} is a rule of a column", "move it to the column")
        if metric == "invalidValues" and not read_mapping(rule, "arguments"):
            cure = "add validValues or pattern under `arguments`"
            yield draft.problem(f"{place}.arguments", "the valid values are missing", cure)
        query = rule.get("query")
        if rule.get("type") == "sql" and isinstance(query, str) and (said := judge_query(query, has_column)):
            cure = "write one SELECT, with ${table}" + (" and ${column}" if has_column else "")
            yield draft.problem(f"{place}.query", said, cure)


def judge_query(query: str, has_column: bool) -> str | None:
    """What is wrong with an SQL rule; None if it parses as one SELECT."""
    text = re.sub(r"\$?\{table\}", "some_table", query)
    text = re.sub(r"\$?\{column\}", "some_column", text) if has_column else text
    return judge_select(text)


def check_service(draft: Draft) -> Iterator[Problem]:
    """slaProperties: latency has a number and a unit that can be read."""
    for number, entry in read_list(draft.document, "slaProperties"):
        if entry.get("property") not in ("latency", "retention"):
            continue
        try:
            float(str(entry.get("value")))
        except ValueError:
            yield draft.problem(
                f"slaProperties[{number}].value", f"{entry.get('value')!r} is no number", "write a number"
            )
        try:
            to_days({"value": 1, "unit": entry.get("unit", "d")})
        except KeyError:
            cure = "write s, min, h, d, week or y"
            yield draft.problem(f"slaProperties[{number}].unit", f"unit {entry.get('unit')!r} is not known", cure)
