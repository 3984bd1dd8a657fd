"""The history of features: of each night the rows of customer_feature that changed, of which any night can be rebuilt.

    customer_feature, last night's and tonight's ─ differ ─→ profile.feature_change ─→ Parquet by business date
    Parquet of all nights up to a day ─ the last row of each customer ─→ customer_feature of that day

What moves with time alone is no change: of days since a moment the moment is kept; a ratio of such days, and what is of
the calendar's day, is left out and worked out when a night is rebuilt. All rows are kept of the first night, and where
the definitions changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import duckdb

from warehouse.contracts.aggregates import DAY
from warehouse.contracts.features import Feature
from warehouse.duck import fetch_row, has_table, quote
from warehouse.features.sql import default_sql, ratio_sql

CHANGES = "profile.feature_change"
"""Rows of the night that changed, as stored_sql has them, with as_of and is_gone."""
SINCE = frozenset({"days_since_last", "days_since_first"})
"""Aggregates that count days to the moment of the features."""
FOLDER = "customer_feature_history"
PARTITIONS, NIGHTS_FILE = "as_of=*/changes.parquet", "nights.parquet"
"""Below the folder: a file of each business date on which any changed, and the dates of all nights, each with the first
moment after it and what the calendar says of that."""
REBUILD = "as_of.sql"
"""Below the folder: the query that rebuilds a night, for the variable `day`."""


def is_since(feature: Feature) -> bool:
    """Is its moment kept? A default cannot be told from a number of days."""
    return feature.aggregate in SINCE and feature.default is None


def is_moving(feature: Feature) -> bool:
    """Is it a ratio of days since a moment, or of the calendar's day and the same for all?"""
    return feature.is_of_day or any(part.aggregate in SINCE for part in feature.of)


def stored_sql(features: Sequence[Feature], until: datetime) -> str:
    """The columns that are kept, of customer_feature as of the first moment after its business date."""
    columns = ["customer_id"]
    for feature in (f for f in features if not is_moving(f)):
        name = quote(feature.name)
        if is_since(feature):
            moment = f"make_timestamp(round(epoch_us(TIMESTAMP '{until}') - {name} * {DAY})::BIGINT)"
            columns.append(f"{moment} AS {quote(feature.name + '_from')}")
        else:
            columns.append(name)
    return ", ".join(columns)


def keep_changes(
    con: duckdb.DuckDBPyConnection,
    features: Sequence[Feature],
    as_of: date,
    until: datetime,
    last: datetime | None,
    *,
    among: str | None,
) -> None:
    """Make CHANGES of the temporary table `featured` (tonight's) and main.customer_feature (as of `last`).

    Without a `last` (nothing by these definitions), or without a history of it, all rows have changed. `among`: a table
    of the customers of whom alone a row may have changed or come; None: of all. A night of the same business date adds
    to what the one before it changed.
    """
    told, tonight = stored_sql(features, until), "temp.featured"
    has_past = has_table(con, *CHANGES.split("."))
    changed = f"SELECT {told} FROM {tonight}"
    if last and has_past:
        among_sql = f" SEMI JOIN {among} USING (customer_id)" if among else ""
        changed += f"{among_sql} EXCEPT SELECT {stored_sql(features, last)} FROM main.customer_feature{among_sql}"
    parts = [f"SELECT *, false AS is_gone FROM ({changed})"]
    if has_past:
        gone = f"FROM main.customer_feature ANTI JOIN {tonight} USING (customer_id)"
        parts.append(f"SELECT customer_id, true AS is_gone {gone}")
        if fetch_row(con, f"SELECT count(*) FROM {CHANGES} WHERE as_of = ?", [as_of])[0]:
            con.execute(f"CREATE OR REPLACE TEMP TABLE changed AS {' UNION ALL BY NAME '.join(parts)}")
            kept = "is_gone" if last is None else "true"  # of other definitions all rows stand above
            parts = ["FROM changed", f"SELECT * EXCLUDE (as_of) FROM {CHANGES} ANTI JOIN changed USING (customer_id)"]
            parts[1] += f" WHERE {kept}"
    con.execute(
        f"CREATE OR REPLACE TABLE {CHANGES} AS SELECT DATE '{as_of}' AS as_of, *"
        f" FROM ({' UNION ALL BY NAME '.join(parts)}) ORDER BY customer_id"
    )
    con.execute("DROP TABLE IF EXISTS temp.changed")


def rebuild_sql(features: Sequence[Feature], day: str, folder: str = "") -> str:
    """A query that gives customer_feature as of the last night up to a day (SQL of a date), of the files in a folder.

    It has the columns of these features; one that is younger than the night is null.
    """
    told = []
    for feature in (f for f in features if not is_moving(f)):
        name = quote(feature.name)
        moment = f"epoch_us({quote(feature.name + '_from')})"
        days, value = f"(epoch_us(until) - {moment}) / {DAY}::DOUBLE", f"TRY_CAST({name} AS {feature.type})"
        told.append(f"{days if is_since(feature) else value} AS {name}")
    for feature in (f for f in features if f.is_of_day):
        value = f"night.{quote(feature.column or '')}"
        told.append(f"{default_sql(feature, value)} AS {quote(feature.name)}")
    made = "".join(f", {ratio_sql(f)}" for f in features if f.of and is_moving(f))
    order = ", ".join(["customer_id", "as_of", *(quote(f.name) for f in features)])
    return f"""SELECT {order} FROM (SELECT *{made} FROM (
    SELECT customer_id, night.as_of,
        {f",{chr(10)}        ".join(told)}
    FROM read_parquet('{folder}{PARTITIONS}',
        hive_partitioning = true, hive_types = {{as_of: DATE}}, union_by_name = true) AS change
    JOIN (FROM '{folder}{NIGHTS_FILE}' WHERE as_of <= {day} ORDER BY as_of DESC LIMIT 1) AS night
        ON change.as_of <= night.as_of
    QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY change.as_of DESC) = 1 AND NOT is_gone
)) ORDER BY customer_id
"""
