"""The raw tables: every row that was loaded of a source, as delivered and typed, one table a source.

_delivery_id and _record say where a row came from, _generation the night it came. _key tells it from every other row of
the source, _content also tells its values.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from warehouse.contracts.model import ContractError, Source
from warehouse.duck import columns_of, has_table, quote
from warehouse.types import is_identifier, sql_type, trim_identifier

OWN_COLUMNS = frozenset({"_delivery_id", "_record", "_key", "_content", "_generation"})
"""Columns of raw tables that no contract declares."""


def ensure_raw(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Make the source's raw table, or bring it to the columns that its contract declares now.

    Raises:
        ContractError: what is loaded does not fit a column's new type.
    """
    table = f"raw.{quote(source.name)}"
    types = {c.name: sql_type(c) for c in source.columns}
    if not has_table(con, "raw", source.name):
        columns = ", ".join(f"{quote(n)} {t}" for n, t in types.items())
        con.execute(
            f"CREATE TABLE {table} (_delivery_id VARCHAR, _record BIGINT, {columns}, "
            "_key UHUGEINT, _content UHUGEINT, _generation INTEGER)"
        )
        con.execute("INSERT INTO governance.trimmed VALUES (?)", [source.name])
        return
    trim_loaded(con, source)
    present = {name: kind for name, kind in columns_of(con, table).items() if name not in OWN_COLUMNS}
    if present == types:
        return
    for name in present.keys() - types.keys():
        con.execute(f"ALTER TABLE {table} DROP COLUMN {quote(name)}")
    for name, kind in types.items():
        if name not in present:
            con.execute(f"ALTER TABLE {table} ADD COLUMN {quote(name)} {kind}")
        elif present[name] != kind:
            change_type(con, source, name, kind)
    key_anew(con, source)


def trim_loaded(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Trim the identifiers of what was loaded before they were trimmed on their way in, once; and key it by them."""
    if con.execute("FROM governance.trimmed WHERE source = ?", [source.name]).fetchall():
        return
    con.execute("INSERT INTO governance.trimmed VALUES (?)", [source.name])
    present = columns_of(con, f"raw.{quote(source.name)}")
    names = [c.name for c in source.columns if is_identifier(c) and present.get(c.name) == "VARCHAR"]
    trimmed = {quote(name): f"nullif({trim_identifier(quote(name))}, '')" for name in names}
    is_padded = " OR ".join(f"{name} <> {bare}" for name, bare in trimmed.items())
    if not names or not con.execute(f"FROM raw.{quote(source.name)} WHERE {is_padded} LIMIT 1").fetchall():
        return
    values = ", ".join(f"{name} = {bare}" for name, bare in trimmed.items())
    con.execute(f"UPDATE raw.{quote(source.name)} SET {values} WHERE {is_padded}")
    if {c.name for c in source.columns} <= present.keys():
        key_anew(con, source)


def change_type(con: duckdb.DuckDBPyConnection, source: Source, name: str, kind: str) -> None:
    """Give a loaded column another type; raises ContractError if a value does not fit it."""
    try:
        con.execute(f"ALTER TABLE raw.{quote(source.name)} ALTER {quote(name)} TYPE {kind}")
    except duckdb.ConversionException:
        raise ContractError(
            f"{source.path.name}: column {name!r} is {kind} now, and rows loaded before do not fit that; "
            "declare it as it was, or load the source into a new --home"
        ) from None


def key_anew(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Key what is loaded by the columns declared now, so that the same rows delivered again are known."""
    table = f"raw.{quote(source.name)}"
    con.execute(f"UPDATE {table} SET _content = {hashed(content_columns(source))}")
    if source.key and not source.has_content_key:
        con.execute(f"UPDATE {table} SET _key = {hashed(source.key)}")
        return
    con.execute(
        f"""
        UPDATE {table} AS r SET _key = md5_number(concat_ws(chr(31), hex(r._content), n._ordinal)) FROM (
            SELECT _delivery_id, _record,
                row_number() OVER (PARTITION BY _content ORDER BY _generation, _delivery_id, _record) AS _ordinal
            FROM {table}
        ) AS n WHERE n._delivery_id = r._delivery_id AND n._record = r._record
        """
    )


def incoming_query(source: Source) -> str:
    """Accepted rows with their _key and _content.

    Without a declared key, a row is its content and its ordinal among equal rows of its delivery.
    """
    content = hashed(content_columns(source))
    if source.key and not source.has_content_key:
        return f"SELECT *, {hashed(source.key)} AS _key, {content} AS _content FROM part.accepted"
    # Only equal rows are numbered: sorting all of them would take as long as everything else here together.
    return f"""
        WITH hashed AS MATERIALIZED (SELECT *, {content} AS _content FROM part.accepted),
        repeated AS (SELECT _delivery_id, _content FROM hashed GROUP BY ALL HAVING count(*) > 1),
        numbered AS (
            SELECT _delivery_id, _record,
                row_number() OVER (PARTITION BY _delivery_id, _content ORDER BY _record) AS _ordinal
            FROM hashed SEMI JOIN repeated USING (_delivery_id, _content)
        )
        SELECT hashed.*, md5_number(concat_ws(chr(31), hex(_content), coalesce(_ordinal, 1))) AS _key
        FROM hashed LEFT JOIN numbered USING (_delivery_id, _record)
    """


def content_columns(source: Source) -> list[str]:
    """All columns, in an order that does not depend on the contract's."""
    return sorted(c.name for c in source.columns)


def hashed(names: Sequence[str]) -> str:
    """SQL: the values of columns as one number; null and empty, and one value and two, give different ones."""
    parts = ", ".join(f"coalesce(CAST({quote(n)} AS VARCHAR), chr(30))" for n in names)
    return f"md5_number(concat_ws(chr(31), {parts}))"
