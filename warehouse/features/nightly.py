"""The night's features: customer_feature, of the same definitions and by the same join as `c360 features`.

A customer's features are counted again only where they may have changed: where the customer moved
(warehouse.profile.changes) or an event left a window. Days since a time are moved for all others. What changed is kept
(warehouse.features.history).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb

from transforms.profile.windows import Windows
from warehouse.contracts.aggregates import DAY
from warehouse.contracts.features import Feature, digest_features, to_columns
from warehouse.contracts.load import read_features
from warehouse.contracts.model import Source
from warehouse.contracts.published import list_published, published
from warehouse.duck import fetch_row, has_table, quote
from warehouse.features.as_of_join import join_features
from warehouse.features.history import SINCE, keep_changes
from warehouse.features.sql import of_day_sql, ratio_sql
from warehouse.tables import frame_of, publish_table

NAME = "customer_feature"
STATE = "profile.featured"
"""As of when and by what definitions the features of last night are."""


def publish_features(
    con: duckdb.DuckDBPyConnection, contracts_folder: Path, windows: Windows, built: datetime | None
) -> None:
    """Publish each customer's features as of the end of the business date; call it when customer_event is there.

    `built`: the moment as of which what was known of customers who did not move holds; None: all moved.
    """
    features = read_features(contracts_folder)
    before = find_last(con, contracts_folder)
    last = before if built and all(f.default is None for f in features if f.aggregate in SINCE) else None
    # a default cannot be told from a number of days, which moves
    con.execute(f"CREATE OR REPLACE TEMP TABLE touched AS {touched_sql(features, last, windows.until)}")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE label_row AS SELECT row_number() OVER () AS id, customer_id,"
        " CAST(? AS TIMESTAMP) AS label_time FROM main.customer_profile SEMI JOIN touched USING (customer_id)",
        [windows.until],
    )
    join_features(con, features)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE featured AS SELECT customer_id, feature_row.* EXCLUDE (id, _known_until)"
        f" FROM label_row JOIN feature_row USING (id) {moved_sql(features, last, windows.until) if last else ''}"
    )
    con.execute("ALTER TABLE temp.featured ADD COLUMN as_of DATE")
    con.execute("UPDATE temp.featured SET as_of = ?", [windows.as_of])
    keep_changes(con, features, windows.as_of, windows.until, before, among="touched" if last else None)
    publish_table(con, NAME, frame_of(con, "featured"), with_features(features))
    remember(con, contracts_folder, windows.until)
    for name in ("label_row", "feature_row", "featured", "touched"):
        con.execute(f"DROP TABLE temp.{quote(name)}")


def find_last(con: duckdb.DuckDBPyConnection, contracts_folder: Path) -> datetime | None:
    """The moment as of which last night's features are; None where they are by other definitions, or there are none."""
    if not has_table(con, *STATE.split(".")) or not has_table(con, "main", NAME):
        return None
    until, digest = fetch_row(con, f"SELECT until, digest FROM {STATE}")
    return until if digest == digest_features(contracts_folder) else None


def touched_sql(features: Sequence[Feature], last: datetime | None, until: datetime) -> str:
    """The customers whose features are to be counted again: all without a `last`."""
    if last is None:
        return "SELECT customer_id FROM main.customer_profile"
    left = " OR ".join(
        f"occurred_at >= TIMESTAMP '{last}' - INTERVAL {n} DAY AND occurred_at < TIMESTAMP '{until}' - INTERVAL {n} DAY"
        for n in sorted({f.days for f in features if f.days})
    )
    return f"""
        FROM moved
        UNION SELECT customer_id FROM clean.event AS e JOIN main.customer_identity AS i
            ON i.source = e.account_source AND i.account_id = e.account_id WHERE {left or "false"}
    """


def moved_sql(features: Sequence[Feature], last: datetime, until: datetime) -> str:
    """The features of everybody else: last night's, with days since a time counted from tonight, and ratios of these.

    A number of days gives back its moment to the microsecond, so that the new one is what counting again gives.
    """
    since = []
    for name in (quote(f.name) for f in features if f.aggregate in SINCE):
        moment = f"round(epoch_us(TIMESTAMP '{last}') - {name} * {DAY})::BIGINT"
        since.append(f"(epoch_us(TIMESTAMP '{until}') - {moment}) / {DAY}::DOUBLE AS {name}")
    moment = f"TIMESTAMP '{until}'"
    ratios = replace_sql([ratio_sql(f) if f.of else of_day_sql(f, moment) for f in features if f.of or f.is_of_day])
    return (
        f" UNION ALL BY NAME SELECT *{ratios} FROM (SELECT * EXCLUDE (as_of){replace_sql(since)} FROM main.{NAME}"
        " SEMI JOIN main.customer_profile USING (customer_id) ANTI JOIN touched USING (customer_id))"
    )


def replace_sql(columns: Sequence[str]) -> str:
    """What follows `*` to put these columns in the place of those of their names."""
    return f" REPLACE ({', '.join(columns)})" if columns else ""


def remember(con: duckdb.DuckDBPyConnection, contracts_folder: Path, until: datetime) -> None:
    """Keep as of when and by what definitions the features are, for the next night."""
    con.execute(
        f"CREATE OR REPLACE TABLE {STATE} AS SELECT CAST(? AS TIMESTAMP) AS until, CAST(? AS VARCHAR) AS digest",
        [until, digest_features(contracts_folder)],
    )


def with_features(features: tuple[Feature, ...]) -> Source:
    """The contract of customer_feature with a column for each feature."""
    table = published(NAME)
    return replace(table, columns=(*table.columns, *to_columns(features)))


def list_tables(contracts: Path) -> tuple[Source, ...]:
    """Contracts of the published tables, customer_feature with the columns that a folder of contracts gives it."""
    features = read_features(contracts)
    return tuple(with_features(features) if t.name == NAME else t for t in list_published())
