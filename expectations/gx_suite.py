"""Rules as a Great Expectations suite, and its verdict.

Every rule becomes an `UnexpectedRowsExpectation`, in our form that only counts, around the very query that later moves
or counts the rows, so that the verdict and the quarantine cannot disagree. The query gives one row, a number, if the
rule is broken, and none if it holds: no value of a row ever enters Great Expectations.
"""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import duckdb

from expectations.model import Rule
from warehouse.types.roles import Severity

SILENCE = logging.NullHandler()


@dataclass(frozen=True)
class Verdict:
    """What a suite said."""

    worst: Severity | None
    """The highest severity of a broken rule; None if all hold."""
    broken: frozenset[str]
    """Names of the rules that do not hold, those that raised among them."""
    raised: Mapping[str, str]
    """Rules that could not be judged, with the class of the exception; its text may hold values and is left out."""


def run_suite(con: duckdb.DuckDBPyConnection, asked: Mapping[str, Sequence[Rule]], seconds: float) -> Verdict:
    """Judge rules, by table, on the connection: row rules on the rows of their table, the others by their own queries.

    All in one suite, for each takes some time of its own; the names of the rules are unique. A rule whose query takes
    longer than `seconds` is one that raised.
    """
    rules = [rule for own in asked.values() for rule in own]
    if not rules:
        return Verdict(None, frozenset(), {})
    gx = import_gx()
    from expectations.gx_engine import open_engine

    expectations = [make_expectation(rule, table) for table, own in asked.items() for rule in own]
    suite = gx.ExpectationSuite(name="rules", expectations=expectations)
    with open_engine(con, seconds) as engine:
        validator = make_validator(gx, engine, next(iter(asked)))
        outcome = validator.validate(expectation_suite=suite, result_format="BOOLEAN_ONLY")
    return read_verdict(outcome, rules)


def import_gx() -> Any:
    """Great Expectations: silent, and without telemetry. Importing it takes seconds, so only who needs it calls this.

    Altair and SciPy are a third of that time, and Great Expectations touches both while it is imported: loading them
    lazily gains nothing (measured). Compiled bytecode halves the time.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # Its log quotes failing SQL and the database's messages, which may quote values. What happened is in the verdict.
    log = logging.getLogger("great_expectations")
    log.addHandler(SILENCE)
    log.propagate = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
        import great_expectations.execution_engine
        import great_expectations.validator.validator
    return gx


def make_expectation(rule: Rule, table: str) -> Any:
    """One rule as an expectation."""
    from expectations.gx_engine import NoBadRows

    return NoBadRows(
        unexpected_rows_query=escape(to_query(rule, table)) + " /* {batch} */",
        severity=rule.severity,
        description=escape(rule.description),
        meta={"rule": rule.name},
    )


def to_query(rule: Rule, table: str) -> str:
    """A query that gives one row, without any value of the data, if the rule is broken, and none if it holds."""
    if rule.measure is None:
        return f"SELECT count(*) AS broken FROM ({rule.bad_rows(table)}) AS bad HAVING count(*) > 0"
    total = f", (SELECT count(*) FROM {table}) AS total" if "total" in rule.condition else ""
    measuring = f"(SELECT ({rule.measure}) AS measured{total}) AS measuring"
    return f"SELECT 1 AS broken FROM {measuring} WHERE NOT coalesce({rule.condition}, false)"


def escape(query: str) -> str:
    """The query as written for two readers: braces are fields to one, `:name` is a parameter to the other."""
    return query.replace("{", "{{").replace("}", "}}").replace(":", "\\:")


def make_validator(gx: Any, engine: Any, table: str) -> Any:
    """A validator of one batch, a table; which one is of no account, since every rule names its own."""
    from great_expectations.core.batch import Batch
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData

    execution = gx.execution_engine.SqlAlchemyExecutionEngine(engine=engine, create_temp_table=False)
    data = SqlAlchemyBatchData(execution_engine=execution, table_name=table, create_temp_table=False)
    return gx.validator.validator.Validator(execution, batches=[Batch(data=data)], data_context=open_context(gx))


@cache
def open_context(gx: Any) -> Any:
    """The context of all suites of this process; none leaves anything in it."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context


def read_verdict(outcome: Any, rules: Sequence[Rule]) -> Verdict:
    """The verdict of a run; a rule without an answer counts as one that raised."""
    broken: set[str] = set()
    raised: dict[str, str] = {}
    missing = {rule.name for rule in rules}
    for result in outcome.results:
        name = str(result.expectation_config.meta["rule"])
        missing.discard(name)
        problem = find_exception(result.exception_info)
        if problem:
            raised[name] = problem
        if problem or not result.success:
            broken.add(name)
    raised |= dict.fromkeys(missing, "NoAnswer")
    worst = outcome.get_max_severity_failure()
    severity: Severity | None = cast(Severity, worst.value) if worst else None
    return Verdict("critical" if raised else severity, frozenset(broken | missing), raised)


def find_exception(info: Mapping[str, Any] | None) -> str | None:
    """The class of the exception in a result's `exception_info`, which may hold one or, by metric, several."""
    for entry in [info, *(info or {}).values()]:
        if isinstance(entry, Mapping) and entry.get("raised_exception"):
            found = re.match(r"\(?(?:\w+\.)*(\w+(?:Exception|Error))\b", str(entry.get("exception_message")))
            return found.group(1) if found else "Exception"
    return None
