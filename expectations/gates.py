"""The gates: what the rules say of a source's new rows and of the published tables, and whether the night may go on.

landed → repeats set apart → row rules, stage by stage → quarantine | accepted → table rules → check_result
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb

from expectations.drift import judge_drift
from expectations.gx_suite import run_suite
from expectations.model import CheckError, CheckResult, Rule
from expectations.quarantine import (
    count_of,
    cure_reasons,
    divide_rows,
    mark_rows,
    run_sql,
    set_apart_repeats,
    show_examined,
    write_results,
)
from expectations.rules import compile_rules, compile_table
from expectations.words import judge_words
from warehouse.contracts.model import Source
from warehouse.duck import literal, open_database, quote


@dataclass(frozen=True)
class Limits:
    """What a check may take of the machine."""

    memory_limit: str = "2GB"
    query_seconds: float = 300.0
    """Of the query of one rule."""


def check_source(
    file: Path,
    source: Source,
    as_of: date,
    timezone: str,
    *,
    horizon: date | None = None,
    limits: Limits = Limits(),
    is_replay: bool = False,
) -> list[CheckResult]:
    """Judge a source's landed rows and divide them into `accepted`, `quarantine` and `duplicate`.

    `file` is the source's working file, which nobody else has open. A second call judges the same rows again. The
    results are also written to table `check_result`. Future is what is after the `horizon`, or else the business date.
    Of rows that are replayed, nothing is asked that only a whole delivery can answer.

    Raises:
        CheckError: the file is not there, or its tables are not as they must be.
        ContractError: a rule of the contract cannot be read.
    """
    rules = compile_rules(source, as_of, timezone, horizon)
    with closing(open_file(file, limits.memory_limit, read_only=False)) as con:
        set_apart_repeats(con, source)
        gone = {
            str(row[0]) for row in run_sql(con, "SELECT column_name FROM missing_everywhere", "reading missing columns")
        }
        results = check_rows(con, [r for r in rules if r.level == "row"], gone, limits)
        divide_rows(con, source, timezone)
        there = "accepted" if is_replay else "delivery"
        has_new = count_of(con, f"SELECT count(*) FROM {there}", f"counting {there}") > 0
        asked = [r for r in rules if r.level != "row" and (has_new or not r.needs_delivery)]
        asked = [r for r in asked if not (is_replay and r.is_of_whole)]
        results += check_measures(con, {"accepted": asked}, limits)
        whole = [] if is_replay else [*judge_drift(con, source), *judge_words(con, source)]
        told = {(result.rule, result.message) for result in whole}
        results += [*whole, *(r for r in list_landing_problems(con) if (r.rule, r.message) not in told)]
        write_results(con, results)
    return results


def check_tables(
    file: Path,
    tables: Sequence[Source],
    as_of: date,
    timezone: str,
    *,
    read_only: bool = True,
    among: Mapping[str, str] | None = None,
    limits: Limits = Limits(),
) -> list[CheckResult]:
    """Judge published tables, each named as its contract, in schema main; nothing is moved or written.

    `among` says by name of a table which of its rows are judged, as SQL; others are judged whole.

    Raises:
        CheckError: the file is not there.
        ContractError: a rule of a contract cannot be read.
    """
    narrowed = among or {}
    rules = {
        table.name: [replace(r, name=f"{table.name}.{r.name}") for r in compile_table(table, as_of, timezone)]
        for table in tables
    }
    with closing(open_file(file, limits.memory_limit, read_only=read_only)) as con:
        results = check_measures(con, {quote(n): asked for n, asked in rules.items() if n not in narrowed}, limits)
        for name in [n for n in rules if n in narrowed]:
            with narrow(con, name, narrowed[name]):
                results += check_measures(con, {quote(name): rules[name]}, limits)
    return results


@contextmanager
def narrow(con: duckdb.DuckDBPyConnection, table: str, condition: str) -> Iterator[None]:
    """While inside, the bare name of a table means those of its rows that the condition holds for."""
    database = con.execute("SELECT current_database()").fetchall()[0][0]
    whole = f"{quote(database)}.main.{quote(table)}"
    con.execute(f"CREATE TEMP VIEW {quote(table)} AS FROM {whole} WHERE {condition}")
    yield
    con.execute(f"DROP VIEW temp.{quote(table)}")


def is_open(results: Iterable[CheckResult]) -> bool:
    """May the night go on?"""
    return not any(result.is_closing for result in results)


def open_file(file: Path, memory_limit: str, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """A connection to a file that is there."""
    if not file.is_file():
        raise CheckError(f"{file}: there is no such file; land the deliveries first")
    con = open_database(file, read_only=read_only, memory_limit=memory_limit)
    # Rules of a contract are somebody's SQL: they read this file, and no other, and set nothing.
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con


def check_rows(
    con: duckdb.DuckDBPyConnection, rules: Sequence[Rule], gone: set[str], limits: Limits
) -> list[CheckResult]:
    """Judge the row rules stage by stage, and mark the bad rows of those that move them.

    Where a required column is gone, its rows are marked `missing_column`; the column's drift is a result of its own.
    """
    results: list[CheckResult] = []
    places = {rule.name: place for place, rule in enumerate(rules)}
    for stage in sorted({rule.stage for rule in rules}):
        show_examined(con, stage)
        checked = count_of(con, "SELECT count(*) FROM examined", "counting rows")
        asked = [rule for rule in rules if rule.stage == stage]
        verdict = run_suite(con, {"examined": asked}, limits.query_seconds)
        for rule in asked:
            if rule.name in verdict.raised:
                results.append(say_raised(rule, verdict.raised[rule.name]))
            elif rule.name == f"required:{rule.column}" and rule.column in gone:
                mark_rows(con, replace(rule, name=f"missing_column:{rule.column}"), places[rule.name])
            else:
                failed = count_bad(con, rule, places[rule.name]) if rule.name in verdict.broken else 0
                results.append(say_rows(rule, failed, checked))
    return results


def count_bad(con: duckdb.DuckDBPyConnection, rule: Rule, place: int) -> int:
    """How many rows break the rule; they are marked if it moves them."""
    if rule.is_moving:
        return mark_rows(con, rule, place)
    return count_of(con, f"SELECT count(*) FROM ({rule.bad_rows('examined')}) AS bad", f"rule {rule.name}")


def check_measures(
    con: duckdb.DuckDBPyConnection, asked: Mapping[str, Sequence[Rule]], limits: Limits
) -> list[CheckResult]:
    """Judge rules of tables, each by the name of its table, and of deliveries."""
    verdict = run_suite(con, asked, limits.query_seconds)
    results: list[CheckResult] = []
    for table, rules in asked.items():
        checked = count_of(con, f"SELECT count(*) FROM {table}", f"counting the rows of {table}")
        for rule in rules:
            if rule.name in verdict.raised:
                results.append(say_raised(rule, verdict.raised[rule.name]))
            elif rule.name in verdict.broken and rule.level == "delivery":
                results += list_deliveries(con, rule)
            else:
                results.append(say_measure(con, rule, checked, is_passed=rule.name not in verdict.broken))
    if verdict.worst == "critical" and is_open(results):
        raise CheckError("the suite is critical and no rule says why; this is an internal error, please report it")
    return results


def list_landing_problems(con: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """A critical result for each delivery that is missing or could not be read at all; warnings of values in doubt."""
    rows = run_sql(con, "SELECT rule, message FROM landing_problem ORDER BY ALL", "reading what landing noted")
    doubts = run_sql(con, "FROM landing_warning ORDER BY ALL", "reading what landing noted")
    return [
        *(CheckResult(str(rule), "delivery", "critical", False, 1, 1, str(message)) for rule, message in rows),
        *(
            CheckResult(str(r), "delivery", "warning", False, int(str(n)), int(str(of)), str(m))
            for r, m, n, of in doubts
        ),
    ]


def list_deliveries(con: duckdb.DuckDBPyConnection, rule: Rule) -> list[CheckResult]:
    """One result for each delivery that breaks a delivery rule, with its counts."""
    query = f"{rule.measure}".replace("SELECT count(*)", "SELECT *", 1) + " ORDER BY name, delivery_id"
    results = []
    for row in run_sql(con, query, f"rule {rule.name}"):
        name, physical, accepted, quarantined, faulty, repeated = row[1], *(int(str(n)) for n in row[2:])
        message = (
            f"{name or 'a delivery that is not in the list'}: {physical} records, {accepted} accepted,"
            f" {quarantined} quarantined{list_reasons(con, str(row[0]))}, {repeated} duplicate; {rule.description}"
            f"{cure_reasons(count_reasons(con, str(row[0])))}"
        )
        failed = faulty if rule.name == "quarantine_share" else abs(physical - accepted - quarantined - repeated)
        results.append(CheckResult(rule.name, "delivery", rule.severity, False, failed, physical, message))
    return results


def list_reasons(con: duckdb.DuckDBPyConnection, delivery_id: str) -> str:
    """The three rules that most of a delivery's rows are in quarantine for, with their counts, in brackets."""
    reasons = ", ".join(f"{count} {rule}" for rule, count in list(count_reasons(con, delivery_id).items())[:3])
    return f" ({reasons})" if reasons else ""


def count_reasons(con: duckdb.DuckDBPyConnection, delivery_id: str) -> dict[str, int]:
    """How many of a delivery's rows are in quarantine for each rule, the most frequent first."""
    query = (
        f"SELECT rule, count(*) FROM quarantine WHERE delivery_id = {literal(delivery_id)}"
        " GROUP BY rule ORDER BY count(*) DESC, rule"
    )
    return {str(rule): int(str(n)) for rule, n in run_sql(con, query, "reading why rows are in quarantine")}


def say_rows(rule: Rule, failed: int, checked: int) -> CheckResult:
    """The result of a row rule."""
    done = "moved to quarantine" if rule.is_moving else "kept"
    message = f"{failed} of {checked} rows {done}: {rule.description}" if failed else ""
    return CheckResult(rule.name, "row", rule.severity, failed == 0, failed, checked, message)


def say_raised(rule: Rule, exception: str) -> CheckResult:
    """The result of a rule that could not be judged: critical, whatever the rule's own severity."""
    message = f"rule {rule.name} could not be judged ({exception}); check its column, pattern or query in the contract"
    if exception == "InterruptException":
        message = f"rule {rule.name} took too long; make its query cheaper, or raise query_seconds (settings.yaml)"
    level = "table" if rule.level == "row" else rule.level
    return CheckResult(rule.name, level, "critical", False, 0, 0, message)


def say_measure(con: duckdb.DuckDBPyConnection, rule: Rule, checked: int, *, is_passed: bool) -> CheckResult:
    """The result of a table rule; its number is only said where it is a count or a span of ours."""
    if is_passed:
        return CheckResult(rule.name, rule.level, rule.severity, True, 0, checked, "")
    measured = run_sql(con, f"{rule.measure}", f"rule {rule.name}")[0][0] if rule.shows_measure else None
    said = f"found {to_words(measured)}: " if rule.shows_measure else ""
    failed = int(str(measured)) if rule.counts_rows and measured is not None else 1
    return CheckResult(rule.name, rule.level, rule.severity, False, failed, checked, f"{said}{rule.description}")


def to_words(measured: object) -> str:
    """A measured number for a person."""
    return "nothing" if measured is None else f"{measured:.1f}" if isinstance(measured, float) else str(measured)
