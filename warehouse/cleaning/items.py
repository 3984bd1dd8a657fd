"""Catalogues of items, by versions: what was known of an item on a day.

    raw.<source of kind items> ─ differs from the open version ─→ item_history ─→ item_as_of(day), clean.event

A version begins on the business date of the night that brought it and holds until another takes its place, or until the
item leaves the catalogue. So nothing is known of an item before its catalogue came.
"""

from __future__ import annotations

from datetime import date

import duckdb
import polars as pl

from warehouse.contracts.model import Contracts, Source
from warehouse.contracts.published import published
from warehouse.duck import has_table, literal, quote
from warehouse.types import sql_type
from warehouse.types.deletion_marks import is_deleted

NAME = "item_history"
TABLE = f"main.{NAME}"


def keep_items(con: duckdb.DuckDBPyConnection, contracts: Contracts, as_of: date) -> None:
    """End the versions that hold no longer, and begin those that are new.

    A night of the same business date takes the place of the one before it.
    """
    contract = published(NAME)
    columns = ", ".join(f"{quote(c.name)} {sql_type(c)}" for c in contract.columns)
    con.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} ({columns})")
    for name in contracts.retired:
        con.execute(f"DELETE FROM {TABLE} WHERE source = ?", [name])
    con.execute(f"DELETE FROM {TABLE} WHERE valid_from >= ?", [as_of])
    con.execute(f"UPDATE {TABLE} SET valid_to = NULL WHERE valid_to >= ?", [as_of])
    for source in contracts.sources:
        if source.kind == "items" and has_table(con, "raw", source.name):
            write_versions(con, source, as_of)
    make_item_reader(con)


def write_versions(con: duckdb.DuckDBPyConnection, source: Source, as_of: date) -> None:
    """Begin a version of each item of a source that is not as its open version says, and end that."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE listed AS {listed_sql(source)}")
    told = [c.name for c in published(NAME).columns if c.name not in {"valid_from", "valid_to"}]
    same = " AND ".join(f"l.{quote(name)} IS NOT DISTINCT FROM v.{quote(name)}" for name in told)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE unchanged AS SELECT l.item_id FROM listed AS l"
        f" JOIN {TABLE} AS v ON v.item_id = l.item_id AND v.valid_to IS NULL WHERE {same}"
    )
    con.execute(
        f"UPDATE {TABLE} SET valid_to = ? WHERE source = ? AND valid_to IS NULL AND item_id NOT IN (FROM unchanged)",
        [as_of, source.name],
    )
    con.execute(
        f"INSERT INTO {TABLE} BY NAME SELECT *, CAST(? AS DATE) AS valid_from FROM listed"
        " WHERE item_id NOT IN (FROM unchanged) ORDER BY item_id",
        [as_of],
    )
    for name in ("listed", "unchanged"):
        con.execute(f"DROP TABLE temp.{name}")


def listed_sql(source: Source) -> str:
    """SQL: the items that a catalogue lists now, one row each."""
    key = quote(source.name_of("item_id") or "")
    price, stock = (number_sql(source, role) for role in ("unit_price", "quantity"))
    own = literal(source.currency) if source.currency else "NULL"
    texts = ", ".join(f"{text_sql(source, role)} AS {role}" for role in ("item_name", "category", "text"))
    currency = f"coalesce(upper({text_sql(source, 'currency')}), {own})"
    return (
        f"SELECT {literal(source.name)} AS source, trim({key}::VARCHAR) AS item_id, {texts},"
        f" CAST({price} AS DECIMAL(18,4)) AS unit_price, CASE WHEN {price} IS NOT NULL THEN {currency} END AS currency,"
        f" CAST({stock} AS DOUBLE) AS stock_quantity FROM raw.{quote(source.name)}"
        f" WHERE trim({key}::VARCHAR) <> '' AND NOT {is_deleted(source)}"
        f" QUALIFY row_number() OVER (PARTITION BY trim({key}::VARCHAR) ORDER BY {key}) = 1"
    )


def text_sql(source: Source, role: str) -> str:
    """SQL: the role's column as trimmed text, null where it is empty or not declared."""
    name = source.name_of(role)
    return f"nullif(trim({quote(name)}::VARCHAR), '')" if name else "NULL::VARCHAR"


def number_sql(source: Source, role: str) -> str:
    """SQL: the role's column in whole units, null where it is not declared."""
    column = next(iter(source.having(role)), None)
    if column is None:
        return "NULL::DOUBLE"
    return f"{quote(column.name)} / 1e{column.scale}" if isinstance(column.scale, int) else quote(column.name)


def read_item_names(con: duckdb.DuckDBPyConnection, source: Source) -> pl.DataFrame | None:
    """What the catalogue that a source names told of each item's name and category, and since when (`valid_from`).

    One row for each change, with item_id; None where the source names no catalogue.
    """
    if source.catalogue is None:
        return None
    told = "item_name AS listed_name, category AS listed_category"
    changes = "lag(struct_pack(n := item_name, c := category)) OVER (PARTITION BY item_id ORDER BY valid_from)"
    names: pl.DataFrame = con.sql(
        f"SELECT item_id, valid_from, {told} FROM {TABLE} WHERE source = {literal(source.catalogue)}"
        f" QUALIFY struct_pack(n := item_name, c := category) IS DISTINCT FROM {changes} ORDER BY ALL"
    ).pl()
    return names


def make_item_reader(con: duckdb.DuckDBPyConnection) -> None:
    """Make the macro item_as_of(day): the catalogues as they were known at the end of a day."""
    con.execute(
        f"CREATE OR REPLACE MACRO main.item_as_of(day) AS TABLE SELECT * EXCLUDE (valid_from, valid_to) FROM {TABLE}"
        " WHERE valid_from <= day AND (valid_to IS NULL OR valid_to > day)"
    )
