"""Rules for `service_rules.yaml`: what is wrong with it, each with its place and the nearest right word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isclose
from pathlib import Path
from typing import Any

from warehouse.contracts.problem import Problem, suggest
from warehouse.contracts.published import published
from warehouse.contracts.service_rules import DECIDED, MODES, OPT_OUT, VULNERABLE
from warehouse.contracts.yaml_reader import Unreadable, read_yaml
from warehouse.types import sql_type

SERVICE_RULES = "service_rules.yaml"
COMPARISONS = ("is", "at_least", "at_most", "above", "below")
SENTENCES = ("zh-HK", "en")
NUMBERS = ("BIGINT", "INTEGER", "DOUBLE", "DECIMAL")
SHAPES: Mapping[str, tuple[str, ...]] = {
    "": ("consents", "rules", "score"),
    "consents": (OPT_OUT, VULNERABLE),
    "consent": ("withdrawn", "granted"),
    "rule": ("code", "when", "mode", *SENTENCES),
    "score": ("assist", "human", "signals"),
    "signal": ("code", "column", "from", "to", "weight", *SENTENCES),
}
"""The keys of each part; those of a rule, a score and a signal must all be there."""


def check_service_rules(path: Path) -> list[Problem]:
    """What is wrong with a rule file; nothing where there is none, for then the built-in one holds."""
    if not path.exists():
        return []
    try:
        document, problems = read_yaml(path)
    except Unreadable as error:
        return [error.problem]
    found = [*check_shape("", document, ""), *check_consents(document.get("consents"))]
    found += [*check_rules(document.get("rules")), *check_score(document.get("score"))]
    return [*problems, *found, *check_codes(document)]


def wrong(place: str, message: str, cure: str) -> Problem:
    """A problem of the file."""
    return Problem(SERVICE_RULES, place, message, cure)


def check_shape(place: str, part: Any, shape: str) -> Iterator[Problem]:
    """Is it a mapping of the keys that it must have, and no other?"""
    if not isinstance(part, dict):
        yield wrong(place, "is not a mapping", "write " + ", ".join(SHAPES[shape]))
        return
    for key in part:
        if key not in SHAPES[shape]:
            yield wrong(f"{place}.{key}".lstrip("."), f"unknown key {key!r}", suggest(key, SHAPES[shape]))
    for key in SHAPES[shape] if shape in {"rule", "score", "signal"} else ():
        if key not in part:
            yield wrong(f"{place}.{key}", "is missing", f"write {key}")
        elif key in {"code", *SENTENCES} and not (isinstance(part[key], str) and part[key].strip(" ,")):
            yield wrong(f"{place}.{key}", "is not text", "write a word" if key == "code" else "write a sentence")


def check_consents(consents: Any) -> Iterator[Problem]:
    """Columns made of consents: lists of purposes."""
    if consents is None:
        yield wrong("consents", "is missing", f"write {OPT_OUT}, and the purposes by which AI is refused")
        return
    yield from check_shape("consents", consents, "consents")
    for name, words in consents.items() if isinstance(consents, dict) else ():
        yield from check_shape(f"consents.{name}", words, "consent")
        for key, purposes in words.items() if isinstance(words, dict) else ():
            if not isinstance(purposes, list) or not all(isinstance(p, str) for p in purposes):
                yield wrong(f"consents.{name}.{key}", "is not a list of purposes", "write them as [ai_service]")


def check_rules(rules: Any) -> Iterator[Problem]:
    """Each rule, and that the refusal of AI stands first."""
    if not isinstance(rules, list):
        yield wrong("rules", "is not a list", "write `- code: …` for each rule")
        return
    for number, rule in enumerate(rules):
        place = f"rules[{number}]"
        yield from check_shape(place, rule, "rule")
        if isinstance(rule, dict):
            if "mode" in rule and rule["mode"] not in MODES:
                yield wrong(f"{place}.mode", f"unknown mode {rule['mode']!r}", suggest(rule["mode"], MODES))
            yield from check_conditions(f"{place}.when", rule.get("when"))
    first = rules[0] if rules and isinstance(rules[0], dict) else {}
    if first.get("when") != {"column": OPT_OUT, "is": True} or first.get("mode") != "human":
        cure = f"begin with `when: {{column: {OPT_OUT}, is: true}}` and `mode: human`"
        yield wrong("rules[0]", "does not keep AI from customers who refused it", cure)


def check_conditions(place: str, when: Any) -> Iterator[Problem]:
    """One condition, or a list of them."""
    conditions = when if isinstance(when, list) else [when]
    if not conditions:
        yield wrong(place, "is empty", "write {column: …, at_least: 1}")
    for number, condition in enumerate(conditions):
        here = f"{place}[{number}]" if isinstance(when, list) else place
        if not isinstance(condition, dict) or len(condition) != 2 or "column" not in condition:
            yield wrong(here, "is not a condition", "write {column: …, at_least: 1}")
            continue
        (comparison,) = set(condition) - {"column"}
        if comparison not in COMPARISONS:
            yield wrong(f"{here}.{comparison}", f"unknown comparison {comparison!r}", suggest(comparison, COMPARISONS))
        else:
            yield from check_value(here, condition["column"], comparison, condition[comparison])


def check_value(place: str, column: Any, comparison: str, value: Any) -> Iterator[Problem]:
    """Does the column exist, and is the value one of its kind?"""
    kind = list_columns().get(str(column))
    if kind is None:
        yield wrong(f"{place}.column", f"unknown column {column!r}", suggest(column, list_columns()))
    elif kind in {"VARCHAR", "BOOLEAN"}:
        due = str if kind == "VARCHAR" else bool
        if comparison != "is" or not isinstance(value, due):
            cure = "write `is: true` or `is: false`" if due is bool else "write `is: …`"
            yield wrong(f"{place}.{comparison}", "does not fit the column", cure)
    elif not is_number(kind):
        yield wrong(f"{place}.column", "is a time or date", "take a column of days since, which is a number")
    elif not is_numeric(value):
        yield wrong(f"{place}.{comparison}", "is no number", "write a number")


def check_score(score: Any) -> Iterator[Problem]:
    """Thresholds and signals; the weights add up to 1."""
    yield from check_shape("score", score, "score")
    if not isinstance(score, dict):
        return
    limits: list[Any] = [score.get("assist"), score.get("human")]
    if not all(map(is_numeric, limits)) or not 0 < limits[0] <= limits[1] <= 1:
        yield wrong("score", "assist and human are not valid thresholds", "write numbers with 0 < assist <= human <= 1")
    signals = score.get("signals")
    if not isinstance(signals, list):
        yield wrong("score.signals", "is not a list", "write `- code: …` for each signal")
        return
    for number, signal in enumerate(signals):
        yield from check_signal(f"score.signals[{number}]", signal)
    weights = [s["weight"] for s in signals if isinstance(s, dict) and is_numeric(s.get("weight"))]
    if not isclose(sum(weights), 1, abs_tol=1e-6):
        yield wrong("score.signals", f"the weights add up to {sum(weights):g}", "make them add up to 1")


def check_signal(place: str, signal: Any) -> Iterator[Problem]:
    """One signal: a number's column, two ends that differ, a weight."""
    yield from check_shape(place, signal, "signal")
    if not isinstance(signal, dict):
        return
    if "column" in signal and not is_number(list_columns().get(str(signal["column"]), "")):
        known = [name for name, kind in list_columns().items() if is_number(kind)]
        yield wrong(
            f"{place}.column", f"no column of numbers is {signal['column']!r}", suggest(signal["column"], known)
        )
    if not is_numeric(signal.get("from")) or not is_numeric(signal.get("to")) or signal["from"] == signal["to"]:
        yield wrong(
            place, "from and to are not two different numbers", "write where the signal begins, and where it is full"
        )
    if not is_numeric(signal.get("weight")) or signal["weight"] < 0:
        yield wrong(f"{place}.weight", "is not a weight", "write a number from 0 to 1")


def check_codes(document: Mapping[str, Any]) -> Iterator[Problem]:
    """No two rules or signals have one code, and no code has a comma, with which reasons are joined."""
    seen: set[str] = set()
    score = document.get("score")
    parts = [
        ("rules", document.get("rules")),
        ("score.signals", score.get("signals") if isinstance(score, dict) else []),
    ]
    for place, entries in parts:
        for number, entry in enumerate(entries if isinstance(entries, list) else []):
            code = entry.get("code") if isinstance(entry, dict) else None
            if isinstance(code, str) and (code in seen or "," in code):
                what = "has a comma" if "," in code else "is there twice"
                yield wrong(f"{place}[{number}].code", f"code {code!r} {what}", "write another")
            seen |= {code} if isinstance(code, str) else set()


def list_columns() -> dict[str, str]:
    """The columns that a rule may ask for, with their types."""
    return {c.name: sql_type(c) for c in published("customer_profile").columns if c.name not in DECIDED}


def is_number(kind: str) -> bool:
    """Is the type of a column one of numbers?"""
    return kind.startswith(NUMBERS)


def is_numeric(value: Any) -> bool:
    """Is a value of the file a finite number?"""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
