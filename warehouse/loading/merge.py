"""Which rows count, where two deliveries have one key or a full snapshot replaces another.

It must not matter when a delivery arrives, as far as the names of the files tell their order.
"""

from __future__ import annotations

import duckdb
import polars as pl

from expectations.quarantine import row_text
from warehouse.connectors.series import read_series
from warehouse.contracts.model import Source
from warehouse.duck import fetch_row, literal, quote, store_rows
from warehouse.loading import quarantine
from warehouse.run import Run
from warehouse.types.deletion_marks import is_deleted, list_kept_columns
from warehouse.types.reused_keys import is_another


def order_deliveries(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """The source's deliveries, earlier ones and tonight's, as temporary table `series`: id, series and place."""
    rows = con.execute(
        "SELECT delivery_id, name FROM governance.delivery WHERE source = ? UNION"
        " SELECT delivery_id, name FROM part.delivery",
        [source.name],
    ).fetchall()
    placed = [(i, *series) for i, name in rows if (series := read_series(name))]
    schema = dict.fromkeys(("delivery_id", "series", "place"), pl.String)
    latest = (
        pl.DataFrame(placed, schema=schema, orient="row").group_by("delivery_id", "series").agg(pl.col("place").max())
    )
    store_rows(con, "series", latest, is_temporary=True)


IS_OLDER = (
    "EXISTS (FROM series AS one JOIN series AS other USING (series)"
    " WHERE one.delivery_id = {one} AND other.delivery_id = {other} AND one.place < other.place)"
)
"""SQL: is the one delivery an older one of the other's series, that came late?"""


def reject_known(con: duckdb.DuckDBPyConnection, source: Source, older: str = "") -> None:
    """Reject the rows that earlier nights have; `older` is SQL: is the row i older than the loaded row r?

    The same content again is a duplicate. Of two contents of one key, the contract decides: where it merges, the later
    delivery's row counts and the other is `superseded`; else the earlier one's, and the other is a `duplicate_key`. So
    is one that merges, but speaks of another record.
    """
    is_merge = source.load_mode == "merge"
    older = older or IS_OLDER.format(one="i._delivery_id", other="r._delivery_id")
    if source.sequence_column is not None:
        name = quote(source.sequence_column.name)
        older = f"CASE WHEN i.{name} <> r.{name} THEN i.{name} < r.{name} ELSE {older} END"
    is_other = is_another(source, "i", "r")
    con.execute(
        f"INSERT INTO rejected SELECT i._delivery_id, i._record, CASE WHEN i._content = r._content THEN 'duplicate'"
        f" WHEN {is_other} THEN 'duplicate_key' ELSE '{'superseded' if is_merge else 'duplicate_key'}' END"
        f" FROM incoming AS i JOIN raw.{quote(source.name)} AS r ON i._key = r._key"
        f" WHERE i._content = r._content OR {is_other} OR {older} = {'true' if is_merge else 'false'}"
    )


def merge_rows(con: duckdb.DuckDBPyConnection, run: Run, source: Source) -> None:
    """Merge what was not rejected into raw, in place of what it replaces there."""
    con.execute(
        "CREATE OR REPLACE TEMP VIEW kept AS SELECT * FROM incoming AS i"
        " WHERE NOT EXISTS (FROM rejected AS s WHERE s.delivery_id = i._delivery_id AND s.record = i._record)"
    )
    table, chosen = f"raw.{quote(source.name)}", "kept"
    if source.load_mode == "snapshot" and run.options.replay is None:
        snapshot = pick_snapshot(con, source)
        chosen = f"(FROM kept WHERE _delivery_id = {literal(snapshot or '')})"
        if snapshot:
            con.execute(f"DELETE FROM {table}")
    elif source.load_mode == "merge":
        con.execute(f"DELETE FROM {table} WHERE _key IN (SELECT _key FROM kept)")
        refresh_provenance(con, run.number, source)
    else:
        yield_to_late_rows(con, run, source)
    row = f"*{blank_deleted(source)}"
    con.execute(f"INSERT INTO {table} BY NAME SELECT {row}, {run.number}::INTEGER AS _generation FROM {chosen}")


def blank_deleted(source: Source) -> str:
    """SQL behind a star: nothing else is kept of a deleted row than tells the versions of its key apart."""
    gone = [quote(c.name) for c in source.columns if c.name not in list_kept_columns(source)]
    if source.deletion_mark is None or not gone:
        return ""
    is_gone = is_deleted(source)
    return f" REPLACE ({', '.join(f'CASE WHEN {is_gone} THEN NULL ELSE {name} END AS {name}' for name in gone)})"


def pick_snapshot(con: duckdb.DuckDBPyConnection, source: Source) -> str | None:
    """The delivery of tonight whose rows take the place of all; None where none came, or only older ones."""
    newest = con.execute("SELECT delivery_id FROM part.delivery ORDER BY sequence DESC LIMIT 1").fetchall()
    held = con.execute(f"SELECT any_value(_delivery_id) FROM raw.{quote(source.name)}").fetchall()[0][0]
    if not newest or held is None:
        return str(newest[0][0]) if newest else None
    older = IS_OLDER.format(one=literal(newest[0][0]), other=literal(held))
    return None if fetch_row(con, f"SELECT {older}")[0] else str(newest[0][0])


def refresh_provenance(con: duckdb.DuckDBPyConnection, number: int, source: Source) -> None:
    """Say of rows that a later delivery of their series repeats that they are of that one: no older one undoes it."""
    older = IS_OLDER.format(one="r._delivery_id", other="i._delivery_id")
    con.execute(
        f"UPDATE raw.{quote(source.name)} AS r SET _delivery_id = i._delivery_id, _record = i._record,"
        f" _generation = {number} FROM incoming AS i WHERE i._key = r._key AND i._content = r._content AND {older}"
    )


def yield_to_late_rows(con: duckdb.DuckDBPyConnection, run: Run, source: Source) -> None:
    """Quarantine rows whose key a late-arriving, older delivery of their series has too: that one counts."""
    table = f"raw.{quote(source.name)}"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE displaced AS SELECT * FROM {table} WHERE _key IN (SELECT _key FROM kept)"
    )
    if not fetch_row(con, "SELECT count(*) FROM displaced")[0]:
        return
    name = literal(source.name)
    rows = (
        "SELECT _delivery_id AS delivery_id, _record AS record, 'duplicate_key' AS rule, ['duplicate_key'] AS rules,"
        f" {row_text(source, run.settings.timezone)} AS row FROM displaced"
    )
    quarantine.add_rows(con, source.name, rows, run.number, run.as_of)
    con.execute(
        "UPDATE governance.delivery AS d SET loaded_count = loaded_count - n, quarantined_count = quarantined_count + n"
        " FROM (SELECT _delivery_id, count(*) AS n FROM displaced GROUP BY ALL) AS m"
        f" WHERE d.source = {name} AND d.delivery_id = m._delivery_id"
    )
    con.execute(f"DELETE FROM {table} WHERE _key IN (SELECT _key FROM displaced)")
    con.execute(f"INSERT INTO governance.replaced SELECT {name}, {run.number}, count(*) FROM displaced")
