"""The export as Parquet: interactions by part, items, customers in training and now, both as of many days, numbers."""

from __future__ import annotations

from pathlib import Path

import duckdb

from serving.recommender.folder import FILES, PAST
from serving.recommender.forms.recbole import IN_TIME
from serving.recommender.selection import ITEM, Selection
from transforms.recommend import SPLITS
from warehouse.duck import literal, quote

INTERACTION = (
    "customer_index", "item_index", "customer_id", "item_id", "kind", "value", "quantity", "net_amount", "occurred_at",
    "channel", "is_positive",
)  # fmt: skip


def write_parquet(con: duckdb.DuckDBPyConnection, folder: Path, chosen: Selection) -> None:
    """Write `parquet/`; rows are in a fixed order, so that the same rows give the same bytes."""
    target = folder / "parquet"
    target.mkdir()
    columns = select_list(INTERACTION).replace('"net_amount"', '"net_amount"::DOUBLE AS "net_amount"')
    for part in SPLITS:
        query = f"SELECT {columns} FROM interaction WHERE split = {literal(part)} ORDER BY {IN_TIME}"
        copy(con, query, target / f"interactions_{part}.parquet")
    copy(con, f"SELECT {select_list(ITEM)} FROM item ORDER BY item_index", target / f"{FILES['item']}.parquet")
    for table, found in (("customer", chosen.profiles), ("customer_now", chosen.current)):
        columns = select_list(("customer_index", "customer_id", *found.columns, "known_at"))
        copy(con, f"SELECT {columns} FROM {table} ORDER BY customer_index", target / f"{FILES[table]}.parquet")
    for name, file in PAST.items():
        (target / file).mkdir()
        for each in chosen.past:
            query = f"FROM {name}_history WHERE known_at = TIMESTAMP '{each.known_at}' ORDER BY {name}_id"
            copy(con, query, target / file / f"{each.as_of}.parquet")
    for name in ("customer", "item"):
        query = f"SELECT {name}_index, {name}_id FROM {name} ORDER BY {name}_index"
        copy(con, query, target / f"{name}_ids.parquet")


def select_list(columns: tuple[str, ...]) -> str:
    """Columns as SQL."""
    return ", ".join(map(quote, columns))


def copy(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write the rows of a query as Parquet."""
    con.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")
