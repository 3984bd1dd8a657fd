"""A Feast repository over the Parquet files: `feast apply` in `feast/` makes them a feature store.

Feast itself is no dependency; what is written here is text.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from serving.recommender.folder import FILES
from serving.recommender.recbole_files import NUMBERS
from warehouse.duck import columns_of

STORE = """\
project: c360_recommender
provider: local
registry: data/registry.db
online_store:
  type: sqlite
  path: data/online_store.db
offline_store:
  type: file
entity_key_serialization_version: 3
"""
HEAD = '''\
"""Features of customers and items as of the day before validation; made by customer-360, and rebuilt with it."""

from datetime import timedelta
from pathlib import Path

from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.types import Bool, Float64, Int64, String, UnixTimestamp

PARQUET = Path(__file__).resolve().parent.parent / "parquet"
'''
VIEW = """
{name} = Entity(name="{name}", join_keys=["{name}_id"], value_type=ValueType.STRING)
{name}_features = FeatureView(
    name="{name}_features",
    entities=[{name}],
    ttl=timedelta(0),
    schema=[
{fields}
    ],
    source=FileSource(
        name="{name}_file", path=str(PARQUET / "{file}.parquet"), timestamp_field="known_at"
    ),
)
"""
WORDS = {"VARCHAR": "String", "BOOLEAN": "Bool", "TIMESTAMP": "UnixTimestamp"}


def write_feast(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write `feast/feature_store.yaml` and `feast/features.py`."""
    target = folder / "feast"
    (target / "data").mkdir(parents=True)
    (target / "feature_store.yaml").write_text(STORE, "utf-8")
    views = [describe_view(con, name) for name in ("customer", "item")]
    (target / "features.py").write_text("".join([HEAD, *views]), "utf-8")


def describe_view(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """A feature view over one table, without its keys; columns for which Feast has no plain type are left out."""
    columns = {c: type_of(kind) for c, kind in columns_of(con, name).items()}
    keys = {f"{name}_id", f"{name}_index", "known_at"}
    fields = [f'        Field(name="{c}", dtype={kind}),' for c, kind in columns.items() if kind and c not in keys]
    return VIEW.format(name=name, file=FILES[name], fields="\n".join(fields))


def type_of(kind: str) -> str | None:
    """What Feast calls a type of DuckDB."""
    word = kind.split("(", maxsplit=1)[0]
    if word in NUMBERS and word != "BOOLEAN":
        return "Float64" if word in {"DOUBLE", "FLOAT", "DECIMAL"} else "Int64"
    return WORDS.get(word)
