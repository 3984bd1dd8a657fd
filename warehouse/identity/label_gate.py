"""The gate on labels: precision and recall of tonight's identities, by what people know for sure.

Precision: of the labelled pairs that are one customer, the share that should be. Recall: of the labelled pairs that
should be one customer, the share that is. Accounts that are not there tonight say nothing.
"""

from __future__ import annotations

import duckdb

from expectations.model import CheckResult
from warehouse.contracts.identity_labels import LABELS, Labels, read_labels
from warehouse.duck import fetch_row
from warehouse.identity.gates import name_some
from warehouse.run import Run

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


def check_labels(con: duckdb.DuckDBPyConnection, run: Run) -> list[CheckResult]:
    """Precision and recall by `labels.csv`, none without it; and a warning where none of it is about tonight."""
    labels = read_labels(run.contracts_folder)
    if labels is None:
        return []
    store_labels(con, labels)
    con.execute(PAIRS if labels.is_pairs else PEOPLE)
    joined, same, right = map(int, fetch_row(con, COUNT_PAIRS if labels.is_pairs else COUNT_PEOPLE))
    if not labels.rows or not fetch_row(con, "SELECT count(*) FROM labelled")[0]:
        message = f"no account of {LABELS} is there tonight, so that it says nothing of the identities; renew it"
        return [CheckResult("identity.labels", "table", "warning", False, len(labels.rows), len(labels.rows), message)]
    mixed, torn = (MIXED_PAIRS, TORN_PAIRS) if labels.is_pairs else (MIXED_PEOPLE, TORN_PEOPLE)
    least = run.settings
    return [
        judge(con, "precision", least.least_precision, (right, joined), (mixed, "hold different people", "unlink")),
        judge(con, "recall", least.least_recall, (right, same), (torn, "should be fewer", "link")),
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
            f" least_{rule} in settings.yaml"
        )
    return CheckResult(f"identity.{rule}", "table", "critical", is_passed, total - right, total, message)
