"""The export as RecBole's atomic files: tab-separated, with the type of each column in its head.

`c360.train.inter`, `c360.valid.inter` and `c360.test.inter` go with RecBole's `benchmark_filename: [train, valid,
test]`. They hold positive interactions only, since RecBole takes every row for one. Customers and items go by their
numbers, which no value can break.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from transforms.recommend import NEGATIVE, SPLITS
from warehouse.duck import columns_of, literal, quote

DATASET = "c360"
SHORT = dict(zip(SPLITS, ("train", "valid", "test"), strict=True))
"""What RecBole calls the parts."""
WANTED = f"kind NOT IN ({', '.join(map(literal, NEGATIVE))})"
POSITIVE = "is_positive"
NUMBERS = ("BIGINT", "INTEGER", "DOUBLE", "BOOLEAN", "HUGEINT", "FLOAT", "DECIMAL", "SMALLINT", "TINYINT", "UBIGINT")
IN_TIME = "occurred_at, customer_index, item_index, source, delivery_id, record"
"""An order that tells all interactions apart."""
HEADS = {"item_name": "token_seq"}
"""Columns that hold several words."""


def write_recbole(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write `recbole/c360/`."""
    target = folder / "recbole" / DATASET
    target.mkdir(parents=True)
    inter = (
        'customer_index AS "user_id:token", item_index AS "item_id:token", value AS "rating:float",'
        ' epoch_us(occurred_at) / 1e6 AS "timestamp:float",'
        f' {clean("kind")} AS "kind:token", {clean("channel")} AS "channel:token"'
    )
    for part, short in SHORT.items():
        query = f"SELECT {inter} FROM interaction WHERE split = {literal(part)} AND {POSITIVE}"
        copy(con, f"{query} ORDER BY {IN_TIME}", target / f"{DATASET}.{short}.inter")
    write_known(con, folder)


def write_known(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write what is known of items and customers."""
    target = folder / "recbole" / DATASET
    target.mkdir(parents=True, exist_ok=True)
    for table, key, ending in (("item", "item_id", "item"), ("customer", "user_id", "user")):
        number, left_out = f"{table}_index", {f"{table}_id", f"{table}_index", "known_at"}
        columns = {name: kind for name, kind in columns_of(con, table).items() if name not in left_out}
        heads = [f'{quote(number)} AS "{key}:token"', *filter(None, map(head_of, columns, columns.values()))]
        query = f"SELECT {', '.join(heads)} FROM {table} ORDER BY {number}"
        copy(con, query, target / f"{DATASET}.{ending}")


def head_of(name: str, kind: str) -> str | None:
    """A column with its type as RecBole wants it; None where RecBole has no type for it."""
    if kind == "VARCHAR":
        return f'{clean(name)} AS "{name}:{HEADS.get(name, "token")}"'
    if kind in {"DATE", "TIMESTAMP"}:
        return f'epoch_us({quote(name)}::TIMESTAMP) / 1e6 AS "{name}:float"'
    if kind.split("(", maxsplit=1)[0] in NUMBERS:
        return f'{quote(name)}::DOUBLE AS "{name}:float"'
    return None


def clean(name: str) -> str:
    """A text without what would end a field or a line."""
    return f"trim(regexp_replace({quote(name)}, '[\\t\\r\\n\"]+', ' ', 'g'))"


def copy(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write the rows of a query with tabs between, and no quotes."""
    options = "FORMAT csv, DELIMITER '\t', HEADER true, QUOTE '', ESCAPE ''"
    con.execute(f"COPY ({query}) TO {literal(str(path))} ({options})")
