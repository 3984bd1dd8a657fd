"""One correlated query a feature, as one would write it first.

`python -m benchmarks.features.naive WORLD FOLDER LABELS` stops where its answer is not that of `c360 features`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from warehouse.contracts.load import read_features
from warehouse.duck import quote
from warehouse.features.leakage import truth_sql
from warehouse.features.sql import source_columns


def main(world: str, folder: str, labels: str) -> int:
    """The script; returns its exit status."""
    features = read_features(Path(world) / "contracts")
    out = Path(folder) / "labels-out.parquet"
    with duckdb.connect(f"{world}/home/current/customer_360.duckdb", read_only=True) as con:
        con.execute(f"CREATE TEMP TABLE told AS SELECT * FROM '{out}' ORDER BY i LIMIT {labels}")
        con.execute("CREATE TEMP VIEW audited AS SELECT i AS id, customer_id, asked_at AS label_time FROM told")
        chosen = f"customer_id, {source_columns(features)}, NULL::TIMESTAMP AS arrived_at"
        con.execute(f"CREATE TEMP VIEW audited_event AS SELECT {chosen} FROM main.customer_event")
        for feature in features:
            name = quote(feature.name)
            same = f"told.{name} IS NOT DISTINCT FROM t.value"
            if feature.type == "DOUBLE":
                same += f" OR abs(told.{name} - t.value) < 1e-6"
            query = f"SELECT count(*) FROM ({truth_sql(feature)}) AS t JOIN told ON told.i = t.id WHERE NOT ({same})"
            if count := con.execute(query).fetchall()[0][0]:
                print(f"{feature.name} differs for {count} labels")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
