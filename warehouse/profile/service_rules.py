"""The rules of service: read from `service_rules.yaml` beside the contracts, kept with what they decided, checked.

The file that the project brings along holds where there is none.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import yaml

from expectations.model import CheckResult
from transforms.engine import Frame
from transforms.profile.service_mode import decide_service
from warehouse.contracts.lint.service_rules import SERVICE_RULES, check_service_rules
from warehouse.contracts.model import ContractError
from warehouse.contracts.published import PUBLISHED
from warehouse.contracts.service_rules import (
    DECIDED,
    OPT_OUT,
    VULNERABLE,
    Condition,
    Consents,
    ServiceRule,
    ServiceRules,
    Signal,
)
from warehouse.duck import fetch_row, store_rows
from warehouse.tables import frame_of, keep

BUILT_IN = PUBLISHED.parent / SERVICE_RULES


def read_service_rules(folder: Path) -> ServiceRules:
    """The rules of a contracts folder, else the built-in ones.

    Raises:
        ContractError: the file is not right.
    """
    path = find_rules(folder)
    if problems := check_service_rules(path):
        raise ContractError("\n".join(map(str, problems)))
    document = yaml.safe_load(path.read_text("utf-8-sig"))
    score = document["score"]
    return ServiceRules(
        consents={name: read_consents(document["consents"].get(name)) for name in (OPT_OUT, VULNERABLE)},
        rules=tuple(read_rule(entry) for entry in document["rules"]),
        signals=tuple(read_signal(entry) for entry in score["signals"]),
        assist=float(score["assist"]),
        human=float(score["human"]),
    )


def digest_service_rules(folder: Path) -> str:
    """sha256 of the rule file that holds."""
    return hashlib.sha256(find_rules(folder).read_bytes()).hexdigest()


def find_rules(folder: Path) -> Path:
    """The rule file of a contracts folder, else the built-in one."""
    path = folder / SERVICE_RULES
    return path if path.exists() else BUILT_IN


def read_consents(entry: dict[str, list[str]] | None) -> Consents:
    """Purposes as cleaning writes them: in small letters."""
    words = {key: tuple(word.strip().lower() for word in purposes) for key, purposes in (entry or {}).items()}
    return Consents(words.get("withdrawn", ()), words.get("granted", ()))


def read_rule(entry: dict[str, Any]) -> ServiceRule:
    """One rule of a file that is right."""
    when = entry["when"] if isinstance(entry["when"], list) else [entry["when"]]
    conditions = tuple(read_condition(dict(each)) for each in when)
    return ServiceRule(entry["code"], conditions, entry["mode"], entry["zh-HK"], entry["en"])


def read_condition(entry: dict[str, Any]) -> Condition:
    """One condition; a number as a float."""
    column = entry.pop("column")
    ((comparison, value),) = entry.items()
    return Condition(column, comparison, value if isinstance(value, bool | str) else float(value))


def read_signal(entry: dict[str, Any]) -> Signal:
    """One signal."""
    low, high, weight = (float(entry[name]) for name in ("from", "to", "weight"))
    return Signal(entry["code"], entry["column"], low, high, weight, entry["zh-HK"], entry["en"])


def keep_sentences(con: duckdb.DuckDBPyConnection, rules: ServiceRules) -> None:
    """Keep what each code means, in the order of reasons, beside the decisions: governance.service_reason."""
    entries: list[ServiceRule | Signal] = [*rules.rules, *rules.signals]
    rows = [(place, entry.code, entry.zh, entry.en) for place, entry in enumerate(entries, 1)]
    schema = {"place": pl.Int64, "code": pl.String, "zh_hk": pl.String, "en": pl.String}
    store_rows(con, "governance.service_reason", pl.DataFrame(rows, schema=schema, orient="row"))


def check_service(con: duckdb.DuckDBPyConnection, folder: Path) -> CheckResult:
    """Does each published row alone lead to its mode, score and reasons, and the refusal of AI to a human?"""
    bare = frame_of(con, "main.customer_profile").drop(*DECIDED)
    again: Frame = decide_service(bare, read_service_rules(folder)).select("customer_id", *DECIDED)
    keep(con, "decided_again", again)
    differs = " OR ".join(f"p.{name} IS DISTINCT FROM a.{name}" for name in DECIDED)
    query = (
        "SELECT count(*) FROM main.customer_profile AS p JOIN decided_again AS a USING (customer_id)"
        f" WHERE {differs} OR ({OPT_OUT} AND p.service_mode <> 'human')"
    )
    failed, total = (int(fetch_row(con, q)[0]) for q in (query, "SELECT count(*) FROM main.customer_profile"))
    message = f"{failed} customers are not served as their own rows say; this is an internal error, please report it"
    rule = "customer_profile.service_mode"
    return CheckResult(rule, "table", "critical", failed == 0, failed, total, message if failed else "")
