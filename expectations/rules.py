"""From a contract to its rules. Needs no Great Expectations: the rules are plain SQL with a name and a severity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from expectations.bounds import is_filled
from expectations.model import CheckError, CheckResult, Rule
from expectations.quality import as_table_rule, list_quality_rules
from expectations.times import list_freshness_rules, list_time_rules
from expectations.values import list_value_rules, make_row_rule
from warehouse.contracts.model import Source
from warehouse.duck import literal, quote
from warehouse.types.deletion_marks import is_deleted, is_unknown, list_kept_columns, list_unmarked, says_deleted
from warehouse.types.reused_keys import is_another, list_telling
from warehouse.types.roles import Severity

__all__ = ["CheckError", "CheckResult", "Rule", "compile_rules", "compile_table"]

KEY_STAGE, UNIQUE_STAGE = 1, 2
RESERVED = frozenset({"books", "quarantine_share"})


def compile_rules(source: Source, as_of: date, timezone: str, horizon: date | None = None) -> tuple[Rule, ...]:
    """All rules of a source's new rows, in the order in which they are declared.

    `as_of` is the business date, `timezone` where its day ends; after the `horizon`, by default the same, is future.

    Raises:
        ContractError: a value or a bound of the contract cannot be read.
    """
    rules: list[Rule] = []
    for column in source.columns:
        rules += list_value_rules(column, source.timezone, is_landed=True)
    rules += list_time_rules(source, as_of, timezone, horizon or as_of)
    rules += list_amount_rules(source)
    rules += list_key_rules(source)
    rules = [spare_deleted(rule, source) for rule in rules]
    rules += list_mark_rules(source)
    rules += [split_by_delivery(rule, source) for rule in list_quality_rules(source, "accepted")]
    rules += list_freshness_rules(source, "accepted", as_of, timezone, "loaded_until")
    return (*number_names(rules), *list_delivery_rules(source))


def compile_table(source: Source, as_of: date, timezone: str) -> tuple[Rule, ...]:
    """All rules of a published table, named as its contract; nothing moves any more, so all are rules of the table."""
    table = quote(source.name)
    rules: list[Rule] = []
    for column in source.columns:
        rules += list_value_rules(column, source.timezone, is_landed=False)
    rules += list_key_rules(replace(source, load_mode="append"))
    rules += list_quality_rules(source, table)
    rules += list_freshness_rules(source, table, as_of, timezone, None)
    whole = [as_table_rule(rule, table) if rule.level == "row" else rule for rule in rules]
    return tuple(number_names(replace(rule, needs_delivery=False) for rule in whole))


def list_amount_rules(source: Source) -> Iterator[Rule]:
    """Of a debit and a credit one must be there."""
    names = [column.name for role in ("debit", "credit") for column in source.having(role)]
    if names:
        yield Rule(
            name="no_amount",
            level="row",
            severity="critical",
            description=f"neither {' nor '.join(names)} holds an amount",
            predicate=" AND ".join(f"{quote(name)} IS NULL" for name in names),
            is_moving=True,
        )


def list_key_rules(source: Source) -> Iterator[Rule]:
    """No two rows may share the key, or a column that is unique; a snapshot is looked at delivery by delivery."""
    within = ("_delivery_id",) if source.load_mode == "snapshot" else ()
    if list_telling(source):
        yield Rule(
            name="duplicate_key",
            level="row",
            severity="critical",
            description="an earlier row has the key and is of another record: they agree in no time and no person",
            predicate=find_reused(source),
            is_moving=True,
        )
    if source.key and not source.has_content_key:
        is_merge = source.load_mode == "merge"
        severity: Severity = "info" if is_merge else "critical"
        yield Rule(
            name="superseded" if is_merge else "duplicate_key",
            level="row",
            severity=severity,
            description="a later row has the same key" if is_merge else "an earlier row has the same key",
            distinct=(*source.key, *within),
            keeps_last=is_merge,
            newest_by=source.sequence_column.name if is_merge and source.sequence_column else None,
            is_moving=True,
            stage=KEY_STAGE,
        )
    for column in source.columns:
        if column.unique and source.key != (column.name,):
            yield Rule(
                name=f"unique:{column.name}",
                level="row",
                severity="critical",
                description=f"{column.name} is not unique",
                column=column.name,
                distinct=(column.name, *within),
                among=is_filled(column),
                is_moving=True,
                stage=UNIQUE_STAGE,
            )


def find_reused(source: Source) -> str:
    """SQL: does the first row with the key of a row of `examined` speak of another record?"""
    keys = ", ".join(map(quote, source.key))
    first = f"row_number() OVER (PARTITION BY {keys} ORDER BY _sequence, _record) = 1"
    equal = " AND ".join(f"o.{quote(name)} = examined.{quote(name)}" for name in source.key)
    other = is_another(source, "o", "examined")
    return f"EXISTS (FROM (SELECT * FROM examined QUALIFY {first}) AS o WHERE {equal} AND {other})"


def list_mark_rules(source: Source) -> Iterator[Rule]:
    """Where rows may be marked as deleted, each says in a known word whether it is.

    Where no column is declared as the mark, rows that one named so calls deleted are counted, and loaded as any others.
    """
    mark = source.deletion_mark
    for column in list_unmarked(source) if mark is None else ():
        cure = f"say c360.deleted: true on it in {source.path.name} (with c360.loadMode: merge), or false"
        said = f"{column.name} calls rows deleted, and they are loaded as any others; {cure}"
        yield make_row_rule(f"undeclared_mark:{column.name}", column, says_deleted(column), said, is_critical=False)
    if mark is not None:
        unread = f"list_contains(_mistyped, {literal(mark.name)})"
        cure = "say by c360.means which of its words mean deleted, which kept"
        yield Rule(
            name=f"deleted:{mark.name}",
            level="row",
            severity="critical",
            description=f"{mark.name} does not say whether the row was deleted; {cure}",
            column=mark.name,
            predicate=f"{is_unknown(mark)} OR coalesce({unread}, false)",
            is_moving=True,
        )


def spare_deleted(rule: Rule, source: Source) -> Rule:
    """The rule, asked of a deleted row only where it is about what is kept of one: a deletion may have no more."""
    mark = source.deletion_mark
    if mark is None or rule.level != "row" or rule.column in list_kept_columns(source) or rule.stage == KEY_STAGE:
        return rule
    alive = f"NOT {is_deleted(source)}"
    predicate = None if rule.predicate is None else f"{alive} AND ({rule.predicate})"
    return replace(rule, predicate=predicate, among=f"({rule.among}) AND {alive}")


def split_by_delivery(rule: Rule, source: Source) -> Rule:
    """The rule, with rows of a snapshot compared only within their delivery."""
    if source.load_mode == "snapshot" and rule.distinct:
        return replace(rule, distinct=(*rule.distinct, "_delivery_id"))
    return rule


def list_delivery_rules(source: Source) -> Iterator[Rule]:
    """The books balance, and not too much of a delivery is in quarantine; a superseded row is no fault."""
    share = source.max_quarantine_share
    yield Rule(
        name="quarantine_share",
        level="delivery",
        severity="critical",
        description=f"at most {share:.1%} of a delivery may be in quarantine",
        measure=f"SELECT count(*) FROM tally WHERE faulty_count > {share!r} * greatest(physical_count, 1)",
        is_of_whole=True,
    )
    yield Rule(
        name="books",
        level="delivery",
        severity="critical",
        description="accepted + quarantined + duplicate records must equal the physical records",
        measure="SELECT count(*) FROM tally WHERE accepted_count + quarantined_count + duplicate_count"
        " IS DISTINCT FROM physical_count",
        needs_delivery=False,
    )


def number_names(rules: Iterable[Rule]) -> Iterator[Rule]:
    """The rules with names that differ: the second of a name is `name#2`."""
    seen: Counter[str] = Counter(RESERVED)
    for rule in rules:
        seen[rule.name] += 1
        yield rule if seen[rule.name] == 1 else replace(rule, name=f"{rule.name}#{seen[rule.name]}")
