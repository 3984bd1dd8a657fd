"""How the columns of an export are spread: nulls, quantiles, shares of words; nothing of a small group.

A value is named only if SMALL customers have it, quantiles are of ten times as many, to two digits (of times, to the
month), so that no tenth that they end is a small group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from warehouse.duck import columns_of, fetch_row, quote

SMALL = 10
"""Customers, or items, of whom fewer are not told of."""
TENTHS = (0.1, 0.25, 0.5, 0.75, 0.9)
SHOWN = 5
"""Words that are named, the most frequent."""
NUMBERS = ("BIGINT", "INTEGER", "DOUBLE", "HUGEINT", "FLOAT", "DECIMAL", "SMALLINT", "TINYINT", "UBIGINT")
KEYS = ("customer_id", "customer_index", "item_id", "item_index")


@dataclass(frozen=True)
class Figures:
    """One column."""

    type: str
    nulls: int
    quantiles: tuple[str, ...] = ()
    """At TENTHS; none where there are too few."""
    shares: Mapping[str, float] | None = None
    """Of all that is not null, by word, the greatest first; None: the column holds no words."""


def measure_columns(con: duckdb.DuckDBPyConnection, table: str, who: str) -> dict[str, Figures]:
    """Each column of a table but its keys; `who` says of whom a row is."""
    kinds = {name: kind for name, kind in columns_of(con, table).items() if name not in KEYS}
    nulls = fetch_row(con, f"SELECT {', '.join(f'count(*) - count({quote(name)})' for name in kinds)} FROM {table}")
    return {
        name: Figures(
            kind, count, find_quantiles(con, table, name, kind, who), find_shares(con, table, name, kind, who)
        )
        for (name, kind), count in zip(kinds.items(), nulls, strict=True)
    }


def find_quantiles(con: duckdb.DuckDBPyConnection, table: str, name: str, kind: str, who: str) -> tuple[str, ...]:
    """The tenths of a number or a time, rounded."""
    is_time, column = kind in {"DATE", "TIMESTAMP"}, quote(name)
    if not is_time and kind.split("(", maxsplit=1)[0] not in NUMBERS:
        return ()
    value = f"epoch({column})" if is_time else f"{column}::DOUBLE"
    people, found = fetch_row(
        con,
        f"SELECT count(DISTINCT {who}), quantile_disc({value}, {list(TENTHS)}) FROM {table} WHERE {column} IS NOT NULL",
    )
    if people < SMALL / TENTHS[0]:
        return ()
    if is_time:
        months = "SELECT list_transform(?::DOUBLE[], lambda t: strftime(make_timestamp((t * 1e6)::BIGINT), '%Y-%m'))"
        return tuple(fetch_row(con, months, [found])[0])
    return tuple(f"{float(f'{number:.2g}'):,.10g}" for number in found)


def find_shares(
    con: duckdb.DuckDBPyConnection, table: str, name: str, kind: str, who: str
) -> Mapping[str, float] | None:
    """The words that most rows have, and their share of the rows that have one."""
    if kind.startswith("MAP(VARCHAR"):
        words = f"unnest(map_keys({quote(name)}))"
    elif kind == "VARCHAR[]":
        words = f"unnest({quote(name)})"
    elif kind in {"VARCHAR", "BOOLEAN"}:
        words = f"{quote(name)}::VARCHAR"
    else:
        return None
    rows = con.execute(
        f"SELECT word, count(*) / any_value(total) FROM (SELECT {words} AS word, {who} AS who, count({quote(name)})"
        f" OVER () AS total FROM {table}) WHERE word IS NOT NULL GROUP BY word HAVING count(DISTINCT who) >= {SMALL}"
        f" ORDER BY 2 DESC, 1 LIMIT {SHOWN}"
    ).fetchall()
    return {str(word): float(share) for word, share in rows}
