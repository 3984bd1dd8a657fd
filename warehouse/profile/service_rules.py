"""The rules of service: read from `service_rules.yaml` beside the contracts, kept with what they decided, checked.

The file that the project brings along holds where there is none.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import polars as pl

from expectations.model import CheckResult
from transforms.engine import Frame
from transforms.profile.service_mode import decide_service
from warehouse.contracts.model import ContractError
from warehouse.contracts.published import PUBLISHED
from warehouse.contracts.service_rules import DECIDED, OPT_OUT, SERVICE_RULES, ServiceRule, ServiceRules, Signal
from warehouse.contracts.shape import read_shape
from warehouse.duck import fetch_row, store_rows
from warehouse.tables import frame_of, keep

BUILT_IN = PUBLISHED.parent / SERVICE_RULES


def read_service_rules(folder: Path) -> ServiceRules:
    """The rules of a contracts folder, else the built-in ones.

    Raises:
        ContractError: the file is not right.
    """
    rules, problems = read_shape(find_rules(folder), ServiceRules)
    if rules is None or problems:
        raise ContractError("\n".join(map(str, problems)))
    return rules


def digest_service_rules(folder: Path) -> str:
    """sha256 of the rule file that holds."""
    return hashlib.sha256(find_rules(folder).read_bytes()).hexdigest()


def find_rules(folder: Path) -> Path:
    """The rule file of a contracts folder, else the built-in one."""
    path = folder / SERVICE_RULES
    return path if path.exists() else BUILT_IN


def keep_sentences(con: duckdb.DuckDBPyConnection, rules: ServiceRules) -> None:
    """Keep what each code means, in the order of reasons, beside the decisions: governance.service_reason."""
    entries: list[ServiceRule | Signal] = [*rules.rules, *rules.score.signals]
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
