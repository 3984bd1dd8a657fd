"""Rules for what the standard lacks: our `c360.` custom properties, their names and their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from warehouse.contracts.lint.draft import PREFIX, Draft, custom_path, find_elements, read_custom, read_list
from warehouse.contracts.lint.records import judge_records
from warehouse.contracts.problem import Problem, nearest, squeeze, suggest
from warehouse.contracts.servers.values import judge_connection, judge_marker, judge_overlap, judge_settle
from warehouse.types.numbers import NEGATIVE, SEPARATORS
from warehouse.types.roles import DRIFTS, IDENTIFIERS, KINDS, LOAD_MODES, ROLES, SEVERITIES
from warehouse.types.times import EPOCHS, EXCEL, MINGUO

FORMATS = ("csv", "tsv", "json", "jsonl", "ndjson", "parquet", "xlsx")
KNOWN: Mapping[str, tuple[str, ...]] = {
    "contract": ("kind", "loadMode", "timezone", "currency", "lateDays", "trust", "latencySeverity",
                 "maxQuarantineShare", "key", "drift", "decimal", "thousands", "credit", "scale",
                 "maxUnknownShare"),
    "table": (),
    "property": ("role", "alsoRole", "purposes", "drift", "alsoCalled", "decimal", "thousands", "credit", "scale",
                 "means", "carryDown", "epoch", "deleted", "sequence", "nonMerchandise"),
    "server": ("delimiter", "encoding", "quoting", "quote", "comment", "header", "format", "records", "footer",
               "sheet", "connection", "query", "cursor", "overlap", "request", "marker", "settle"),
}  # fmt: skip
DECIMALS = ("comma", "point")
QUOTES = ("double", "single")
MOST_PLACES = 9
"""Decimal places that an amount may be scaled by."""
OURS = {"role": ROLES, "kind": KINDS}
"""Names whose values give away that the prefix was forgotten."""

Complaint = tuple[str, str]
"""Message and cure."""


def check_custom(draft: Draft) -> Iterator[Problem]:
    """Names and values of custom properties, at every place that may have them."""
    yield from check_names(draft, draft.document, "", "contract")
    for number, table in read_list(draft.document, "schema"):
        yield from check_names(draft, table, f"schema[{number}]", "table")
        for path, body in find_elements(table, f"schema[{number}]"):
            yield from check_names(draft, body, path, "property")
            yield from check_values(draft, body, path, PROPERTY_VALUES)
    for number, server in read_list(draft.document, "servers"):
        yield from check_names(draft, server, f"servers[{number}]", "server")
        yield from check_values(draft, server, f"servers[{number}]", SERVER_VALUES)
    yield from check_values(draft, draft.document, "", CONTRACT_VALUES)
    if "kind" not in draft.custom:
        yield draft.problem("customProperties", "c360.kind is missing", "say what it is: " + ", ".join(KINDS))


def check_names(draft: Draft, element: Mapping[str, Any], path: str, place: str) -> Iterator[Problem]:
    """Names that are not known here, forgot their prefix, or are there twice."""
    seen: set[str] = set()
    for number, entry in read_list(element, "customProperties"):
        where = f"{path}.customProperties[{number}]".removeprefix(".")
        name = str(entry.get("property"))
        if name in seen and name.startswith(PREFIX):
            yield draft.problem(where, f"custom property {name!r} is there twice", "keep one of them")
        seen.add(name)
        complaint = judge_name(name, entry.get("value"), place)
        if complaint:
            yield draft.problem(where, *complaint)


def judge_name(name: str, value: Any, place: str) -> Complaint | None:
    """What is wrong with a custom property's name at a place; None if nothing, or if it is not ours."""
    known = [PREFIX + word for word in KNOWN[place]]
    if name in known:
        return None
    if not name.startswith(PREFIX):
        is_ours = squeeze(name).startswith("c360") or (isinstance(value, str) and value in OURS.get(name, ()))
        bare = re.sub(r"(?i)^c\W*3\W*6\W*0[\W_]*", "", name)
        return (f"custom property {name!r} lacks our prefix", f"write {PREFIX}{bare}") if is_ours else None
    for other, words in KNOWN.items():
        if name.removeprefix(PREFIX) in words:
            return f"custom property {name!r} is not known at a {place}", f"it belongs to a {other}; move it there"
    cure = suggest(name, known) if known else "leave it out: a table has none"
    return f"custom property {name!r} is not known", cure


def check_values(
    draft: Draft, element: Mapping[str, Any], path: str, rules: Mapping[str, Callable[[Any], Complaint | None]]
) -> Iterator[Problem]:
    """Values that are not what their name asks for."""
    for name, value in read_custom(element).items():
        complaint = rules[name](value) if name in rules else None
        if complaint:
            yield draft.problem(custom_path(element, path, name), *complaint)


def one_of(label: str, known: Collection[str]) -> Callable[[Any], Complaint | None]:
    """A rule: the value is one of some words."""

    def judge(value: Any) -> Complaint | None:
        return (
            None
            if isinstance(value, str) and value in known
            else (f"{label} {value!r} is not known", suggest(value, known))
        )

    return judge


def whole(label: str, least: int) -> Callable[[Any], Complaint | None]:
    """A rule: the value is a whole number, not below `least`."""

    def judge(value: Any) -> Complaint | None:
        is_right = isinstance(value, int) and not isinstance(value, bool) and value >= least
        return None if is_right else (f"{label} is {value!r}", f"write a whole number, {least} or more")

    return judge


def judge_timezone(value: Any) -> Complaint | None:
    """An IANA name."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError, TypeError, AttributeError):
        near = nearest(value, available_timezones())
        cure = f"did you mean {near!r}?" if near else "write an IANA name, such as Asia/Hong_Kong"
        return f"timezone {value!r} is not known", cure
    return None


def judge_currency(value: Any) -> Complaint | None:
    """An ISO 4217 code."""
    is_right = isinstance(value, str) and re.fullmatch("[A-Z]{3}", value)
    return (
        None
        if is_right
        else (f"currency {value!r} is not an ISO 4217 code", "write three capital letters, such as HKD")
    )


def judge_encoding(value: Any) -> Complaint | None:
    """A text encoding that Python knows."""
    try:
        b"".decode(value)
        "a".encode(value)
    except (LookupError, TypeError, ValueError):
        return f"encoding {value!r} is not known", "write a codec's name, such as utf-8, big5 or cp1252"
    return None


def judge_delimiter(value: Any) -> Complaint | None:
    """One character."""
    is_right = isinstance(value, str) and len(value) == 1
    return None if is_right else (f"delimiter is {value!r}", 'write one character in double quotes; a tab is "\\t"')


def truth(label: str) -> Callable[[Any], Complaint | None]:
    """A rule: the value is yes or no."""

    def judge(value: Any) -> Complaint | None:
        return None if isinstance(value, bool) else (f"{label} is {value!r}", "write true or false")

    return judge


def share(label: str) -> Callable[[Any], Complaint | None]:
    """A rule: the value is a share from 0 to 1."""

    def judge(value: Any) -> Complaint | None:
        is_right = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
        return None if is_right else (f"{label} is {value!r}", "write a share from 0 to 1; 5 percent is 0.05")

    return judge


def judge_scale(value: Any) -> Complaint | None:
    """The word minor, or a number of decimal places."""
    is_number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_PLACES
    cure = "write minor (the decimal places of the row's currency), or how many places: 2 where 1234 is 12.34"
    return None if is_number or value == "minor" else (f"scale is {value!r}", cure)


def judge_means(value: Any) -> Complaint | None:
    """A mapping of words to what they mean; YAML takes a bare yes, no, on and off for no word."""
    words = value.items() if isinstance(value, Mapping) else ()
    is_right = words and all(isinstance(word, str | int) and isinstance(meaning, str) for word, meaning in words)
    cure = "write a mapping of words, as in {storniert: cancelled, 5: closed}, with a yes, no, on or off in quotes"
    return None if is_right else ("means is no mapping of words to meanings", cure)


def judge_footer(value: Any) -> Complaint | None:
    """Text that a line can begin with."""
    is_right = isinstance(value, str) and value.strip() and "\n" not in value
    return None if is_right else (f"footer is {value!r}", "write what the footer's first line begins with, as in Total")


def judge_comment(value: Any) -> Complaint | None:
    """What a line begins with, or none."""
    is_right = isinstance(value, str) and value.strip() and "\n" not in value
    return None if is_right else (f"comment is {value!r}", 'write what such a line begins with, as in "#", or none')


def judge_sheet(value: Any) -> Complaint | None:
    """A name."""
    is_right = isinstance(value, str) and value.strip()
    return None if is_right else (f"sheet is {value!r}", "write the name of the sheet, in quotes if it is a number")


def judge_also_called(value: Any) -> Complaint | None:
    """A list of names."""
    is_right = isinstance(value, list) and all(isinstance(name, str) and name.strip() for name in value)
    return None if is_right else (f"alsoCalled is {value!r}", "write a list of names, as in [sold_at, sale_time]")


def judge_request(value: Any) -> Complaint | None:
    """A mapping; what stands in it is judged by the rules of an API."""
    cure = "write a mapping of path, parameters, headers, paging, since, auth and limits"
    return None if isinstance(value, Mapping) and value else ("request is no mapping", cure)


def text(label: str, cure: str) -> Callable[[Any], Complaint | None]:
    """A rule: the value is text, and not blank."""

    def judge(value: Any) -> Complaint | None:
        return None if isinstance(value, str) and value.strip() else (f"{label} is {value!r}", cure)

    return judge


def judge_non_merchandise(value: Any) -> Complaint | None:
    """A list of item ids, each once; a `*` stands for any characters, and alone for nothing that is meant."""
    cure = 'write a list of item ids in quotes, as in ["POST", "gift_*"]; a * stands for any characters'
    is_list = isinstance(value, list) and value and all(isinstance(v, str) and v.strip() == v != "" for v in value)
    if not is_list:
        return f"nonMerchandise is {value!r}", cure
    if every := [v for v in value if not v.strip("*")]:
        return f"nonMerchandise holds {every[0]!r}, which is every item", cure
    doubled = sorted({v for v in value if value.count(v) > 1})
    return (f"nonMerchandise holds {doubled[0]!r} twice", "keep it once") if doubled else None


NUMBER_VALUES: Mapping[str, Callable[[Any], Complaint | None]] = {
    "decimal": one_of("decimal", DECIMALS),
    "thousands": one_of("thousands", SEPARATORS),
    "credit": one_of("credit", NEGATIVE),
    "scale": judge_scale,
}
CONTRACT_VALUES: Mapping[str, Callable[[Any], Complaint | None]] = {
    "kind": one_of("kind", KINDS),
    "loadMode": one_of("loadMode", LOAD_MODES),
    "timezone": judge_timezone,
    "currency": judge_currency,
    "lateDays": whole("lateDays", 0),
    "trust": whole("trust", 1),
    "latencySeverity": one_of("severity", tuple(SEVERITIES)),
    "maxQuarantineShare": share("maxQuarantineShare"),
    "maxUnknownShare": share("maxUnknownShare"),
    "key": one_of("key", ("content",)),
    "drift": one_of("drift", DRIFTS),
    **NUMBER_VALUES,
}
PROPERTY_VALUES: Mapping[str, Callable[[Any], Complaint | None]] = {
    **NUMBER_VALUES,
    "alsoRole": one_of("role", IDENTIFIERS),
    "means": judge_means,
    "carryDown": truth("carryDown"),
    "deleted": truth("deleted"),
    "sequence": truth("sequence"),
    "epoch": one_of("epoch", (*EPOCHS, "any", EXCEL, MINGUO)),
    "drift": one_of("drift", DRIFTS),
    "alsoCalled": judge_also_called,
    "nonMerchandise": judge_non_merchandise,
}
SERVER_VALUES: Mapping[str, Callable[[Any], Complaint | None]] = {
    "encoding": judge_encoding,
    "delimiter": judge_delimiter,
    "quoting": truth("quoting"),
    "quote": one_of("quote", QUOTES),
    "comment": judge_comment,
    "header": truth("header"),
    "format": one_of("format", FORMATS),
    "records": judge_records,
    "footer": judge_footer,
    "sheet": judge_sheet,
    "connection": judge_connection,
    "query": text("query", "write a SELECT, as in SELECT id, name FROM customers WHERE NOT is_test"),
    "cursor": text("cursor", "write a column that grows with every change, or xmin"),
    "overlap": judge_overlap,
    "request": judge_request,
    "marker": judge_marker,
    "settle": judge_settle,
}
