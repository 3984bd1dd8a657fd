"""Statuses and speakers that no list of words knows, nor the contract: counted, named if they are words, and bounded.

What a row without a known status becomes is plain (a sale, an open ticket, no consent), but may be wrong: in every sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import duckdb

from expectations.model import CheckResult
from expectations.quarantine import run_sql
from warehouse.contracts.model import Column, Source
from warehouse.duck import quote
from warehouse.types.vocabularies import CUSTOMER, PARTLY_REFUNDED, find_meaning, find_vocabulary, fold_word, read_means

MOST_WORDS, MOST_LENGTH, LEAST_ROWS = 12, 30, 2
"""Words are shown if they are no more than that, each short and on several rows: others may be somebody's."""
WORD = re.compile(r"[^\W\d_][^@#\d]{1,}\d{0,2}|\d{1,2}")
TAKEN_AS = {
    "transactions": "a sale", "orders": "a sale", "support": "an open ticket", "consent": "a refusal",
    "impressions": "not clicked", "campaigns": "neither treated nor held out",
}  # fmt: skip
EXAMPLES = {
    "transactions": "cancelled",
    "orders": "cancelled",
    "support": "solved",
    "impressions": "clicked",
    "campaigns": "held_out",
}


def judge_words(con: duckdb.DuckDBPyConnection, source: Source) -> list[CheckResult]:
    """What the accepted rows' statuses say that nobody knows, and refunds of which the amount is not delivered."""
    results: list[CheckResult] = []
    for role in ("status", "speaker"):
        for column in source.having(role) if find_vocabulary(source.kind, role) else ():
            counts = count_words(con, column)
            results += [*judge_unknown(source, column, counts), *judge_partly(source, column, counts)]
    return results


def count_words(con: duckdb.DuckDBPyConnection, column: Column) -> dict[str, int]:
    """By word as it is written, on how many rows it stands."""
    name = quote(column.name)
    query = f"SELECT {name}::VARCHAR, count(*) FROM accepted WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    return {str(word): int(str(count)) for word, count in run_sql(con, query, "counting words") if str(word).strip()}


def name_meanings(source: Source, column: Column, counts: Mapping[str, int]) -> dict[str, str | None]:
    """What each word means, by the contract first."""
    means = read_means(column)
    role = str(column.role)
    return {word: find_meaning(means.get(fold_word(word), word), source.kind, role) for word in counts}


def judge_unknown(source: Source, column: Column, counts: Mapping[str, int]) -> Iterator[CheckResult]:
    """One result if any status is not known: critical above the share that the contract allows."""
    meanings = name_meanings(source, column, counts)
    unknown = {word: n for word, n in counts.items() if meanings[word] is None}
    failed, total = sum(unknown.values()), sum(counts.values())
    if not failed:
        return
    is_closing = failed > source.max_unknown_share * total
    said = f"{failed} of {total} rows have a {column.role} that no list of words knows{show_words(unknown)}"
    example = f"{{word: {example_of(source, column)}}}"
    cure = f"say what each means in c360.means of {column.name} in {source.path.name}, as {example}"
    bound = f"; more than c360.maxUnknownShare ({source.max_unknown_share:g}) closes the gate" if is_closing else ""
    taken = "nobody's word" if column.role == "speaker" else TAKEN_AS[source.kind]
    message = f"{said}; each counts as {taken}; {cure}{bound}"
    rule = f"unknown_word:{column.name}"
    yield CheckResult(rule, "table", "critical" if is_closing else "warning", False, failed, total, message)


def judge_partly(source: Source, column: Column, counts: Mapping[str, int]) -> Iterator[CheckResult]:
    """A warning of sales that were refunded in part, where no column says how much."""
    if source.kind != "transactions" or column.role != "status" or source.having("refunded_amount"):
        return
    meanings = name_meanings(source, column, counts)
    failed = sum(n for word, n in counts.items() if meanings[word] == PARTLY_REFUNDED)
    if failed:
        cure = f"give the column that says how much the role refunded_amount in {source.path.name}"
        message = f"{failed} rows were refunded in part, and no column says how much: each counts whole; {cure}"
        rule = f"partly_refunded:{column.name}"
        yield CheckResult(rule, "table", "warning", False, failed, sum(counts.values()), message)


def show_words(unknown: Mapping[str, int]) -> str:
    """The words with their counts, in brackets; nothing if they do not look like a vocabulary."""
    shown = [
        f"{n} {word.strip()}"
        for word, n in unknown.items()
        if n >= LEAST_ROWS and len(word) <= MOST_LENGTH and WORD.fullmatch(word.strip())
    ]
    if len(unknown) > MOST_WORDS or not shown:
        return f" ({len(unknown)} different ones)"
    more = len(unknown) - len(shown)
    return f" ({', '.join(shown)}{f', and {more} more' if more else ''})"


def example_of(source: Source, column: Column) -> str:
    """A meaning that such a word may have."""
    return CUSTOMER if column.role == "speaker" else EXAMPLES.get(source.kind, "withdrawn")
