"""Which rows must be cleaned again although they were cleaned before.

Where rows are merged, a new row takes the place of another: what the account was known by through that one must go, and
is found again by cleaning all rows of the account. And a new exchange rate changes what some sales came to.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb
import polars as pl

from warehouse.contracts.model import Source
from warehouse.duck import fetch_row, literal, quote, store_rows

ROW: dict[str, pl.DataType | type[pl.DataType]] = {
    "source": pl.String, "account_id": pl.String, "delivery_id": pl.String, "record": pl.Int64,
}  # fmt: skip
"""Columns of clean.row: one row per cleaned row of a merged source, and the account it speaks of (null: of none)."""

BY_RECORD = ("event", "consent", "row", "placeholder")
"""Tables of the schema clean with a row per record."""


def list_rows(owned: pl.DataFrame) -> pl.DataFrame:
    """Rows with accounts as rows of clean.row."""
    return owned.select(source="account_source", account_id="account_id", delivery_id="_delivery_id", record="_record")


def choose_touched(con: duckdb.DuckDBPyConnection, number: int, source: Source, came: pl.DataFrame) -> None:
    """Choose the rows that `came` (as rows of clean.row) and all others of the accounts that rows came to or went from.

    Makes the temporary tables `touched` (source, account_id) and `chosen` (delivery_id, record), gone rows included.
    """
    raw, origin = f"raw.{quote(source.name)}", f"origin = {literal(source.name)}"
    store_rows(con, "came", came, is_temporary=True)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE gone AS FROM clean.row AS w WHERE {origin} AND NOT EXISTS (FROM {raw} AS r"
        f" WHERE r._delivery_id = w.delivery_id AND r._record = w.record AND r._generation < {number})"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE touched AS SELECT source, account_id FROM came WHERE account_id IS NOT NULL"
        " UNION SELECT source, account_id FROM gone WHERE account_id IS NOT NULL"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE chosen AS SELECT delivery_id, record FROM came"
        " UNION SELECT delivery_id, record FROM gone"
        f" UNION SELECT delivery_id, record FROM clean.row JOIN touched USING (source, account_id) WHERE {origin}"
    )


def choose_repriced(con: duckdb.DuckDBPyConnection, number: int, source: Source) -> bool:
    """Choose events cleaned on earlier nights whose rate is another now, by the temporary table `repriced`.

    Makes the temporary table `chosen` (delivery_id, record); False if there are none.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE chosen AS SELECT DISTINCT e.delivery_id, e.record FROM clean.event AS e"
        " JOIN repriced AS c ON c.currency = e.currency AND e.occurred_on >= c.since"
        f" WHERE e.origin = {literal(source.name)} AND e.generation < {number}"
    )
    return bool(fetch_row(con, "SELECT count(*) FROM chosen")[0])


def drop_chosen(con: duckdb.DuckDBPyConnection, source: Source, only: Collection[str] = BY_RECORD) -> None:
    """Remove what was cleaned of the chosen rows, but for observations; events that go are kept in clean.event_gone."""
    among = (
        f"origin = {literal(source.name)}"
        " AND EXISTS (FROM chosen AS c WHERE c.delivery_id = t.delivery_id AND c.record = t.record)"
    )
    con.execute(f"INSERT INTO clean.event_gone FROM clean.event AS t WHERE {among}")
    for name in only:
        con.execute(f"DELETE FROM clean.{name} AS t WHERE {among}")


def drop_observations(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Remove what the source said of the touched accounts; they count as told of, though nothing may be left."""
    con.execute("INSERT INTO clean.changed_account FROM touched")
    among = (
        f"origin = {literal(source.name)}"
        " AND EXISTS (FROM touched AS c WHERE c.source = t.source AND c.account_id = t.account_id)"
    )
    for name in ("account", "attribute"):
        con.execute(f"DELETE FROM clean.{name} AS t WHERE {among}")
