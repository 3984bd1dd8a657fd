"""The quarantine: rows that were not loaded, with the rules that they broke. It is written here alone."""

from __future__ import annotations

from datetime import date

import duckdb

from warehouse.duck import literal

TABLE = """
CREATE SCHEMA IF NOT EXISTS quarantine;
CREATE TABLE IF NOT EXISTS quarantine.record (source VARCHAR, delivery_id VARCHAR, record BIGINT, rule VARCHAR,
    rules VARCHAR[], row VARCHAR, generation INTEGER, as_of DATE);
"""
"""One row per record and night that quarantined it: the first rule it broke, all of them, and its text."""
KEPT = "rule <> 'superseded'"
"""SQL: a superseded row is history, and is never replayed."""


def add_rows(con: duckdb.DuckDBPyConnection, source: str, rows: str, generation: int, as_of: date) -> None:
    """Quarantine the rows of a query: delivery_id, record, rule, rules, row."""
    con.execute(
        f"INSERT INTO quarantine.record SELECT {literal(source)}, delivery_id, record, rule, rules, row, {generation},"
        f" DATE '{as_of}' FROM ({rows})"
    )


def remove_rows(con: duckdb.DuckDBPyConnection, source: str, released: str) -> None:
    """Take rows out that were loaded, or are duplicates: those of a table by delivery_id, record and generation."""
    con.execute(
        f"DELETE FROM quarantine.record AS q WHERE source = {literal(source)} AND {KEPT} AND EXISTS (FROM {released}"
        " AS r WHERE r.delivery_id = q.delivery_id AND r.record = q.record AND r.generation = q.generation)"
    )


def update_rows(con: duckdb.DuckDBPyConnection, source: str, failed: str) -> None:
    """Say of rows that failed again what is wrong with them now: a query of delivery_id, record, rule, rules, row."""
    con.execute(
        "UPDATE quarantine.record AS q SET rule = f.rule, rules = f.rules, row = f.row"
        f" FROM ({failed}) AS f WHERE q.source = {literal(source)} AND q.{KEPT}"
        " AND q.delivery_id = f.delivery_id AND q.record = f.record"
    )


def forget_rows(con: duckdb.DuckDBPyConnection, source: str) -> None:
    """Remove all rows of a source."""
    con.execute("DELETE FROM quarantine.record WHERE source = ?", [source])
