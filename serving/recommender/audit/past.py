"""The audit of both histories: what they say of each day, against what was known at its end.

Of a published night the profiles are read again, and all columns compared. Of other days some columns are counted by
queries of their own; and the first of them, which is the cheapest and has most to leak, is aggregated again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from serving.recommender.audit.known import (
    compare_counts,
    compare_names,
    compare_profiles,
    fold_again,
    load_published,
    with_real_ids,
    write_due,
)
from serving.recommender.audit.lines import parquet
from serving.recommender.folder import PAST
from serving.recommender.order import TICK, ExportDates
from serving.recommender.permission import Permission
from serving.recommender.profiles import Profiles
from serving.recommender.selection import ITEM, Selection
from transforms.recommend import SPLITS
from warehouse.duck import columns_of, fetch_row, quote

CUSTOMERS, ITEMS = (PAST[name] for name in ("customer", "item"))
KEYS = ("customer_id", "known_at")


def find_past_faults(
    con: duckdb.DuckDBPyConnection, folder: Path, order: ExportDates, permission: Permission, chosen: Selection
) -> Iterator[str]:
    """What the histories know that was not known then; on the export's connection, after `find_known_faults`."""
    customers, items = (parquet(folder, file) for file in (CUSTOMERS, ITEMS))
    known = {*KEYS, *(column for found in chosen.past for column in found.columns)}
    for file, rows, names in ((CUSTOMERS, customers, known), (ITEMS, items, {*ITEM} - {"item_index"})):
        if strange := sorted(columns_of(con, f"SELECT * FROM {rows}").keys() - names):
            yield f"{file}: holds {', '.join(strange)}, whose time cannot be checked"
        moments = {row[0] for row in con.execute(f"SELECT DISTINCT known_at FROM {rows}").fetchall()}
        if moments - {found.known_at for found in chosen.past}:
            yield f"{file}: holds other days than were asked for"
    folded = next((found for found in chosen.past if found.way == "events"), None)
    for found in chosen.past:
        load_day(con, customers, permission, found)
        if found.way == "events":
            yield from compare_counts(con, CUSTOMERS, found.known_at + TICK)
        else:
            load_published(con, found)
        if found is folded:
            fold_again(con, order, permission, found.as_of)
        if found is folded or found.way != "events":
            yield from compare_profiles(con, found.columns, CUSTOMERS)
    yield from compare_item_days(con, folder, items, permission, chosen)


def load_day(con: duckdb.DuckDBPyConnection, customers: str, permission: Permission, found: Profiles) -> None:
    """The customers of one day of the history, with their real ids, as temporary table `audited`."""
    columns = ", ".join(map(quote, (*KEYS, *found.columns)))
    rows = f"(SELECT {columns} FROM {customers} WHERE known_at = TIMESTAMP '{found.known_at}')"
    con.execute(f"CREATE OR REPLACE TEMP TABLE audited AS {with_real_ids(permission, rows)}")


def compare_item_days(
    con: duckdb.DuckDBPyConnection, folder: Path, items: str, permission: Permission, chosen: Selection
) -> Iterator[str]:
    """Items of a day whose name or popularity is not that of the events before its end; of `traded`, as of known."""
    paths = [str(folder / "parquet" / f"interactions_{part}.parquet") for part in SPLITS]
    there = with_real_ids(permission, f"read_parquet({paths})")
    con.execute(f"CREATE OR REPLACE TEMP TABLE exported_pair AS SELECT DISTINCT customer_id, item_id FROM ({there})")
    for until in (found.known_at + TICK for found in chosen.past):
        rows = f"(FROM {items} WHERE known_at = TIMESTAMP '{until - TICK}')"
        yield from compare_names(con, rows, ITEMS, permission, until)
        pairs = write_due(f"traded WHERE occurred_at < TIMESTAMP '{until}'")
        due = f"""
            SELECT item_id, sum(due) AS n, count(*) FILTER (due > 0) AS c
            FROM ({pairs}) SEMI JOIN exported_pair USING (customer_id, item_id) GROUP BY item_id"""
        wrong = "(train_interaction_count, train_customer_count) IS DISTINCT FROM (coalesce(n, 0), coalesce(c, 0))"
        query = f"SELECT count(*) FROM {rows} LEFT JOIN ({due}) USING (item_id) WHERE {wrong}"
        if found := fetch_row(con, query)[0]:
            yield f"{ITEMS}: popularity of {found} items is not that of the events before {until}"
