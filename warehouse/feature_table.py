"""The night's features: customer_feature, of the same definitions and by the same join as `c360 features`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from transforms.windows import Windows
from warehouse.contracts import Source
from warehouse.database import quote
from warehouse.feature_join import join_features
from warehouse.features import Feature, read_features, to_columns
from warehouse.frames import frame_of
from warehouse.run import Run
from warehouse.tables import list_published, publish_table, published

NAME = "customer_feature"


def publish_features(con: duckdb.DuckDBPyConnection, run: Run, windows: Windows) -> None:
    """Publish each customer's features as of the end of the business date; call it when customer_event is there."""
    features = read_features(run.contracts_folder)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE label_row AS SELECT row_number() OVER () AS id, customer_id,"
        " CAST(? AS TIMESTAMP) AS label_time FROM main.customer_profile",
        [windows.until],
    )
    join_features(con, features)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE featured AS SELECT customer_id, CAST(? AS DATE) AS as_of,"
        " feature_row.* EXCLUDE (id, _known_until) FROM label_row JOIN feature_row USING (id)",
        [windows.as_of],
    )
    publish_table(con, NAME, frame_of(con, "featured"), with_features(features))
    for name in ("label_row", "feature_row", "featured"):
        con.execute(f"DROP TABLE temp.{quote(name)}")


def with_features(features: tuple[Feature, ...]) -> Source:
    """The contract of customer_feature with a column for each feature."""
    table = published(NAME)
    return replace(table, columns=(*table.columns, *to_columns(features)))


def list_tables(contracts: Path) -> tuple[Source, ...]:
    """Contracts of the published tables, customer_feature with the columns that a folder of contracts gives it."""
    features = read_features(contracts)
    return tuple(with_features(features) if t.name == NAME else t for t in list_published())
