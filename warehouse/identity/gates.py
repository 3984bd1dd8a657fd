"""The gate on identity: whether tonight's customers differ from last night's, or look unlikely, by more than allowed.

A wrong merge shows one person's life to another. So where much changed at once, a person is asked first.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from expectations.model import CheckResult
from warehouse.contracts.identity_labels import LABELS, Labels, read_labels
from warehouse.contracts.settings import Settings
from warehouse.duck import fetch_row
from warehouse.run import RunOptions

FEW = 20
"""Customers that may always merge or split, however few customers there are."""
SHOWN = 10
"""Ids that a message names."""


PEOPLE = """
    CREATE OR REPLACE TEMP TABLE labelled AS
    SELECT customer_id, person, count(*) AS accounts
    FROM label JOIN customer_identity USING (source, account_id) GROUP BY ALL
"""
COUNT_PEOPLE = """
    SELECT (SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM (SELECT sum(accounts) n FROM labelled GROUP BY customer_id)),
        (SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM (SELECT sum(accounts) n FROM labelled GROUP BY person)),
        (SELECT coalesce(sum(accounts * (accounts - 1) // 2), 0) FROM labelled)
"""
MIXED_PEOPLE = "SELECT customer_id FROM labelled GROUP BY ALL HAVING count(*) > 1 ORDER BY 1"
TORN_PEOPLE = """
    SELECT DISTINCT customer_id FROM labelled SEMI JOIN
        (SELECT person FROM labelled GROUP BY ALL HAVING count(*) > 1) USING (person) ORDER BY 1
"""
PAIRS = """
    CREATE OR REPLACE TEMP TABLE labelled AS
    SELECT l.customer_id AS left_id, r.customer_id AS right_id, is_same FROM label
        JOIN customer_identity AS l ON (l.source, l.account_id) = (left_source, left_account_id)
        JOIN customer_identity AS r ON (r.source, r.account_id) = (right_source, right_account_id)
"""
COUNT_PAIRS = """
    SELECT count(*) FILTER (left_id = right_id), count(*) FILTER (is_same),
        count(*) FILTER (left_id = right_id AND is_same) FROM labelled
"""
MIXED_PAIRS = "SELECT DISTINCT left_id FROM labelled WHERE left_id = right_id AND NOT is_same ORDER BY 1"
TORN_PAIRS = """
    SELECT DISTINCT unnest([left_id, right_id]) FROM labelled WHERE left_id <> right_id AND is_same ORDER BY 1
"""


def check_identity(con: duckdb.DuckDBPyConnection, options: RunOptions, settings: Settings) -> list[CheckResult]:
    """One result per rule: the largest customer, likeness alone, merges, churn, shared accounts; no value is named."""
    rules = [check_largest(con, settings), check_likeness(con, options, settings)]
    rules.append(check_outcome(con, options, "max_merged_share", settings.max_merged_share, ["merged"]))
    rules.append(check_outcome(con, options, "max_churn_share", settings.max_churn_share, ["merged", "split"]))
    return [*rules, check_shared_accounts(con, settings)]


def check_shared_accounts(con: duckdb.DuckDBPyConnection, settings: Settings) -> CheckResult:
    """Does an account stand for more people than one? Of them all it is then left alone, as one customer."""
    rows = con.execute(
        "SELECT source, count(*), arg_min(customer_id, customer_id) FROM identity.shared_account"
        " JOIN customer_identity USING (source, account_id) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    failed = sum(count for _, count, _ in rows)
    total = int(fetch_row(con, "SELECT count(*) FROM customer_identity")[0])
    limit = settings.max_accounts_per_identifier
    named = "; ".join(f"{source}: {count:,}, as that of {customer}" for source, count, customer in rows)
    message = (
        f"{failed:,} accounts stand for more than {limit} names and more than {limit} e-mails and phones each, as a"
        f" till's would ({named}): they tie nobody together and give no profile a name or a contact, but what"
        " was bought and asked by one counts as one customer's; have such rows delivered without an account id, or"
        " raise max_accounts_per_identifier in settings.yaml if each is one person"
    )
    is_passed = failed == 0
    shown = "" if is_passed else message
    return CheckResult("identity.shared_account", "table", "warning", is_passed, failed, total, shown)


def check_largest(con: duckdb.DuckDBPyConnection, settings: Settings) -> CheckResult:
    """Has a customer more accounts than a person does?"""
    limit = settings.max_accounts_per_customer
    rows = con.execute(
        "SELECT customer_id, count(*) FROM customer_identity GROUP BY ALL HAVING count(*) > ? ORDER BY 2 DESC, 1",
        [limit],
    ).fetchall()
    total = int(fetch_row(con, "SELECT count(DISTINCT customer_id) FROM customer_identity")[0])
    named = ", ".join(f"{customer} ({count:,})" for customer, count in rows[:SHOWN])
    message = (
        f"{len(rows)} customers have more than {limit} accounts: {named}; see what ties them by c360 review and c360"
        " explain, part them by c360 unlink, or raise max_accounts_per_customer in settings.yaml"
    )
    return say("max_accounts_per_customer", len(rows), total, message if rows else "")


def check_likeness(con: duckdb.DuckDBPyConnection, options: RunOptions, settings: Settings) -> CheckResult:
    """Are more customers held together by likeness alone than may be, although they have identifiers to compare?

    Where sources have no identifiers, likeness is all there is, and nothing to be wondered at. But people who have
    emails and phones, and agree in none, are strangers more often than not: a model that joins many has gone astray.
    """
    rows = con.execute(
        "WITH known AS (SELECT DISTINCT source, account_id FROM clean.attribute"
        " WHERE attribute IN ('email', 'phone', 'national_id', 'handle') AND key IS NOT NULL)"
        " SELECT customer_id FROM customer_identity LEFT JOIN known AS k USING (source, account_id)"
        " GROUP BY customer_id HAVING bool_and(rule = 'likeness') AND count(k.account_id) > 1 ORDER BY customer_id"
    ).fetchall()
    total = int(fetch_row(con, "SELECT count(DISTINCT customer_id) FROM customer_identity")[0])
    share = settings.max_likeness_share
    if len(rows) <= max(FEW, share * total) or options.accept_identity:
        return say("max_likeness_share", 0, total, "")
    named = name_some([row[0] for row in rows])
    message = (
        f"{len(rows):,} of {total:,} customers, more than {share:.0%}, are held together by likeness alone, although"
        f" their accounts have emails, phones or other identifiers and agree in none: {named};"
        " see some of them by c360 review and c360 explain; if they are right, accept it once by c360 run"
        " --accept-identity, or raise max_likeness_share in settings.yaml; if not, see whether a column has the wrong"
        " role, and train anew by c360 run --retrain"
    )
    return say("max_likeness_share", len(rows), total, message)


def check_outcome(
    con: duckdb.DuckDBPyConnection, options: RunOptions, rule: str, share: float, outcomes: list[str]
) -> CheckResult:
    """Did more of last night's customers meet one of these outcomes than may?"""
    rows = con.execute(
        "SELECT customer_id FROM identity.churn WHERE list_contains(?, outcome) ORDER BY customer_id", [outcomes]
    ).fetchall()
    total = int(fetch_row(con, "SELECT count(*) FROM identity.churn WHERE outcome <> 'new'")[0])
    if len(rows) <= max(FEW, share * total) or options.accept_identity:
        return say(rule, 0, total, "")
    message = (
        f"{len(rows):,} of last night's {total:,} customers were {' or '.join(outcomes)}, more than {share:.0%}:"
        f" {name_some([row[0] for row in rows])}; if that is right (a new model, a new source), accept it once by"
        f" c360 run --accept-identity, or raise {rule} in settings.yaml; if not, see c360 review"
    )
    return say(rule, len(rows), total, message)


def name_some(ids: Sequence[str]) -> str:
    """The first of some ids, as a message names them."""
    return ", ".join(ids[:SHOWN]) + (", …" if len(ids) > SHOWN else "")


def say(rule: str, failed: int, checked: int, message: str) -> CheckResult:
    """A critical result of the whole table."""
    return CheckResult(f"identity.{rule}", "table", "critical", failed == 0, failed, checked, message)


def check_labels(con: duckdb.DuckDBPyConnection, contracts_folder: Path, settings: Settings) -> list[CheckResult]:
    """Precision and recall by `labels.csv`, none without it; and a warning where none of it is about tonight."""
    labels = read_labels(contracts_folder)
    if labels is None:
        return []
    store_labels(con, labels)
    con.execute(PAIRS if labels.is_pairs else PEOPLE)
    joined, same, right = map(int, fetch_row(con, COUNT_PAIRS if labels.is_pairs else COUNT_PEOPLE))
    if not labels.rows or not fetch_row(con, "SELECT count(*) FROM labelled")[0]:
        message = f"no account of {LABELS} is there tonight, so it cannot judge the identities; update it"
        return [CheckResult("identity.labels", "table", "warning", False, len(labels.rows), len(labels.rows), message)]
    mixed, torn = (MIXED_PAIRS, TORN_PAIRS) if labels.is_pairs else (MIXED_PEOPLE, TORN_PEOPLE)
    least = settings
    return [
        judge(con, "precision", least.min_precision, (right, joined), (mixed, "hold different people", "unlink")),
        judge(con, "recall", least.min_recall, (right, same), (torn, "should be fewer", "link")),
    ]


def store_labels(con: duckdb.DuckDBPyConnection, labels: Labels) -> None:
    """The labels as the temporary table `label`."""
    columns = "source VARCHAR, account_id VARCHAR, person VARCHAR"
    if labels.is_pairs:
        columns = (
            "left_source VARCHAR, left_account_id VARCHAR, right_source VARCHAR, right_account_id VARCHAR,"
            " is_same BOOLEAN"
        )
    con.execute(f"CREATE OR REPLACE TEMP TABLE label ({columns})")
    if labels.rows:
        fields = [list(column) for column in zip(*labels.rows, strict=True)]
        con.execute(f"INSERT INTO label SELECT {', '.join(['unnest(?)'] * len(fields))}", fields)


def judge(
    con: duckdb.DuckDBPyConnection, rule: str, least: float, found: tuple[int, int], blame: tuple[str, str, str]
) -> CheckResult:
    """One of the two shares against its least value; where there is nothing to have a share of, it holds.

    `found` is how many pairs are right, and of how many; `blame` the query for the customers at fault, what is wrong
    with them, and the command that cures it.
    """
    right, total = found
    is_passed = not total or right / total >= least
    message = ""
    if not is_passed:
        query, fault, command = blame
        named = name_some([str(row[0]) for row in con.execute(query).fetchall()])
        message = (
            f"by {LABELS} the {rule} of identities is {right:,} of {total:,} pairs, less than {least:.0%}; customers"
            f" that {fault}: {named}; see c360 explain and c360 {command}, correct {LABELS}, or lower"
            f" min_{rule} in settings.yaml"
        )
    return CheckResult(f"identity.{rule}", "table", "critical", is_passed, total - right, total, message)
