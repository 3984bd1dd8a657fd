"""The audit of what an export says of customers and items, against the generation: worked out again, and compared.

Customers are aggregated again from a table that holds no event from validation on, so that nothing later can be in
them; and some of their columns are counted by a query of its own besides. Names and categories of items are looked up
likewise.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb

from serving.recommender.folder import FILES
from serving.recommender.order import ExportDates
from serving.recommender.permission import Permission
from serving.recommender.profiles import Profiles, as_exported
from serving.recommender.selection import Selection
from transforms.profile.windows import open_windows
from transforms.recommend import NEGATIVE, SPLITS
from warehouse.duck import columns_of, fetch_row, literal, quote
from warehouse.profile.as_of import build_past

TRAIN, NOW = (f"{FILES[name]}.parquet" for name in ("customer", "customer_now"))
IS_LINE = "e.kind = 'transactions'"
THREAD = "hash(e.source, e.account_source, e.account_id, coalesce(e.parent_id, e.event_id))"
TRUTH = {
    "line_count": f"count(*) FILTER ({IS_LINE})",
    "order_count": f"count(DISTINCT {THREAD}) FILTER ({IS_LINE} AND e.event_type = 'sale')",
    "net_amount": f"coalesce(sum(e.net_amount) FILTER ({IS_LINE}), 0)",
    "refund_amount": f"coalesce(-sum(e.net_amount) FILTER ({IS_LINE} AND e.net_amount < 0), 0)",
    "post_count": "count(*) FILTER (e.kind = 'social')",
    "ticket_count": f"count(DISTINCT {THREAD}) FILTER (e.kind = 'support')",
    "first_seen_at": "min(e.occurred_at)",
    "last_seen_at": "max(e.occurred_at)",
}
"""Columns of a customer's profile as a query over the events e before a moment."""
CENT = 0.011
BEGIN = datetime(1, 1, 1)  # noqa: DTZ001 - UTC, as all times here


def find_known_faults(
    con: duckdb.DuckDBPyConnection, folder: Path, order: ExportDates, permission: Permission, chosen: Selection
) -> Iterator[str]:
    """What customers and items know that was not known before validation; on the export's connection.

    Where a published profile was taken, it is read again, and held against the night's own end.
    """
    day = chosen.profiles.as_of
    if order.features_as_of is None and open_windows(day, order.timezone).until > chosen.split.validation_from:
        yield f"{TRAIN}: as of {day}, which ends after validation begins"
    for name, found in ((TRAIN, chosen.profiles), (NOW, chosen.current)):
        load_written(con, folder, permission, name)
        if found.way == "events":
            fold_again(con, order, permission, found.as_of)
            yield from compare_counts(con, name, open_windows(found.as_of, order.timezone).until)
        else:
            load_published(con, found)
        yield from compare_profiles(con, found.columns, name)
    items = f"read_parquet({literal(str(folder / 'parquet' / 'items.parquet'))})"
    yield from compare_names(con, items, "items.parquet", permission, chosen.split.validation_from)
    yield from compare_positive(con, folder, permission, chosen)


def load_written(con: duckdb.DuckDBPyConnection, folder: Path, permission: Permission, name: str) -> None:
    """A file of customers, with their real ids, as temporary table `audited`."""
    written = f"read_parquet({literal(str(folder / 'parquet' / name))})"
    con.execute(f"CREATE OR REPLACE TEMP TABLE audited AS {with_real_ids(permission, written)}")


def fold_again(con: duckdb.DuckDBPyConnection, order: ExportDates, permission: Permission, day: date) -> None:
    """The profiles as of a day as temporary table `known_again`, of a table that holds no event after it."""
    windows = open_windows(day, order.timezone)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE early_event AS FROM clean.event WHERE occurred_at < TIMESTAMP '{windows.until}'"
    )
    build_past(con, permission.contracts, order.rules, windows, "known_again", "temp.early_event")


def load_published(con: duckdb.DuckDBPyConnection, found: Profiles) -> None:
    """The profiles as they are served, or as a night published them, as temporary table `known_again`."""
    past = f"main.customer_profile_as_of(DATE {literal(found.as_of.isoformat())})"
    table = "main.customer_profile" if found.way == "generation" else past
    con.execute(f"CREATE OR REPLACE TEMP TABLE known_again AS FROM {table}")


def with_real_ids(permission: Permission, rows: str) -> str:
    """Rows of customers with their real ids, as SQL."""
    if not permission.is_pseudonymised:
        return f"FROM {rows}"
    named = f"{rows} AS r JOIN temp.pseudonym AS p ON p.pseudonym = r.customer_id"
    return f"SELECT r.* REPLACE (p.customer_id AS customer_id) FROM {named}"


def compare_counts(con: duckdb.DuckDBPyConnection, file: str, until: datetime) -> Iterator[str]:
    """Columns of a file that differ from a count over the events before."""
    there = [name for name in columns_of(con, "audited") if name in TRUTH]
    counted = ", ".join(f"{TRUTH[name]} AS {name}" for name in there)
    if not there:
        return
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE counted_again AS SELECT a.customer_id, {counted} FROM audited AS a LEFT JOIN"
        f" (FROM main.customer_event WHERE occurred_at < TIMESTAMP '{until}') AS e USING (customer_id) GROUP BY ALL"
    )
    for name in there:
        wrong = f"a.{name} IS DISTINCT FROM t.{name}"
        if name.endswith("_amount"):
            wrong = f"abs(a.{name} - t.{name}) > {CENT}"
        query = f"SELECT count(*) FROM audited AS a JOIN counted_again AS t USING (customer_id) WHERE {wrong}"
        if found := fetch_row(con, query)[0]:
            yield f"{file}: {name} of {found} customers is not that of the events before {until}"


def compare_profiles(con: duckdb.DuckDBPyConnection, columns: tuple[str, ...], file: str) -> Iterator[str]:
    """Columns of a file that differ from the profiles that were worked out again."""
    there = columns_of(con, "known_again")
    if strange := sorted(columns_of(con, "audited").keys() - {"customer_index", "customer_id", *columns, "known_at"}):
        yield f"{file}: holds {', '.join(strange)}, whose time cannot be checked"
    if missing := [name for name in columns if name not in there]:
        yield f"{file}: {', '.join(missing)} cannot be known then"
    for name in (name for name in columns if name in there):
        again = as_exported(name, there[name])
        wrong = f"a.{quote(name)} IS DISTINCT FROM k.{quote(name)}"
        if there[name].startswith(("DOUBLE", "DECIMAL")):
            wrong += f" AND NOT coalesce(abs(a.{quote(name)} - k.{quote(name)}) < 1e-9, false)"
        query = (
            f"SELECT count(*) FROM audited AS a LEFT JOIN (SELECT customer_id, {again} FROM known_again) AS k"
            f" USING (customer_id) WHERE {wrong}"
        )
        if found := fetch_row(con, query)[0]:
            yield f"{file}: {name} of {found} customers is not what was known then"


def compare_names(
    con: duckdb.DuckDBPyConnection, items: str, file: str, permission: Permission, until: datetime
) -> Iterator[str]:
    """Names and categories that are none of those that the events before a moment give."""
    before = f"({permission.events}) WHERE occurred_at < TIMESTAMP '{until}'"
    for name in ("item_name", "category"):
        query = (
            f"SELECT count(*) FROM {items} AS i WHERE i.{name} IS NOT NULL AND NOT EXISTS"
            f" (SELECT 1 FROM {before} AND item_id = i.item_id AND {name} = i.{name})"
        )
        if found := fetch_row(con, query)[0]:
            yield f"{file}: {name} of {found} items are unknown before {until}"


def compare_positive(
    con: duckdb.DuckDBPyConnection, folder: Path, permission: Permission, chosen: Selection
) -> Iterator[str]:
    """Parts whose positive interactions are not those of what was bought and returned before their end."""
    ends = (chosen.split.validation_from, chosen.split.test_from, chosen.until)
    begins = (BEGIN, *ends)
    con.execute(f"CREATE OR REPLACE TEMP TABLE traded AS {write_trade(permission)}")
    for part, begin, end in zip(SPLITS, begins, ends, strict=False):
        path = literal(str(folder / "parquet" / f"interactions_{part}.parquet"))
        con.execute(f"CREATE OR REPLACE TEMP TABLE audited AS {with_real_ids(permission, f'read_parquet({path})')}")
        known = f"traded WHERE occurred_at < TIMESTAMP '{min(end, chosen.until)}'"
        due = write_due(known, f"occurred_at >= TIMESTAMP '{begin}'")
        told = "SELECT customer_id, item_id, count(*) FILTER (is_positive) AS told FROM audited GROUP BY ALL"
        query = f"""
            SELECT count(*) FROM ({told}) LEFT JOIN ({due}) USING (customer_id, item_id)
            WHERE told <> coalesce(due, 0)"""
        if found := fetch_row(con, query)[0]:
            yield f"interactions_{part}.parquet: is_positive of {found} pairs is not what was known at its end"


def write_due(known: str, chosen: str = "true") -> str:
    """SQL: by pair, how many of the chosen interactions are positive at the end of what is `known`."""
    return f"""
        SELECT customer_id, item_id, count(*) FILTER (is_wanted AND NOT is_refunded) AS due FROM {known}
        AND {chosen} AND (customer_id, item_id) NOT IN ({write_returned(known)}) GROUP BY ALL"""


def write_trade(permission: Permission) -> str:
    """SQL: events with goods, with how much each adds to what its customer has of the item: pieces, amount, lines."""
    goods = ["true"]
    for source, patterns in permission.non_merchandise.items():
        same = " OR ".join(f"item_id LIKE {literal(like_of(p))} ESCAPE '\\'" for p in patterns)
        goods.append(f"NOT (source = {literal(source)} AND ({same}))")
    return f"""
        SELECT *, event_type NOT IN ({", ".join(map(literal, ("refund", *NEGATIVE)))}) AS is_wanted,
            coalesce(net_amount + back <= {CENT / 2}, false) AS is_refunded,
            CASE WHEN event_type = 'refund' THEN -1.0 WHEN is_refunded THEN 0.0 WHEN event_type = 'sale' THEN 1.0 END
                AS sign
        FROM ({permission.events}) LEFT JOIN (
            SELECT source, delivery_id, record, sum(net_amount) AS back FROM ({permission.events})
            WHERE item_id IS NULL AND event_type = 'refund' GROUP BY ALL) USING (source, delivery_id, record)
        WHERE item_id IS NOT NULL AND customer_id IS NOT NULL AND {" AND ".join(goods)}"""


def like_of(pattern: str) -> str:
    """A pattern of the contract as one of LIKE."""
    for sign in ("\\", "%", "_"):
        pattern = pattern.replace(sign, f"\\{sign}")
    return pattern.replace("*", "%")


def write_returned(known: str) -> str:
    """SQL: pairs of which nothing is left, counted event by event; what stands behind a FROM holds `write_trade`."""
    order = "ORDER BY occurred_at, sign DESC, source, delivery_id, record"
    steps = f"""CASE WHEN bool_and(quantity IS NOT NULL) THEN list(sign * abs(quantity) {order})
        WHEN bool_and(net_amount IS NOT NULL) THEN list((sign * abs(net_amount))::DOUBLE {order})
        ELSE list(sign::DOUBLE {order}) END"""
    left = f"list_reduce(list_prepend(0.0::DOUBLE, {steps}), lambda had, more: greatest(had + more, 0.0))"
    return f"""
        SELECT customer_id, item_id FROM {known} AND sign IS NOT NULL GROUP BY ALL
        HAVING bool_or(sign < 1) AND {left} <= {CENT / 2}"""
