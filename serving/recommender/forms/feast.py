"""A Feast repository over the Parquet files: `feast apply` in `feast/` makes them a feature store.

Feast itself is no dependency; what is written here is text.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from serving.recommender.folder import PAST
from serving.recommender.forms.recbole import NUMBERS
from warehouse.duck import columns_of

STORE = """\
project: c360_recommender
provider: local
registry: {registry}
online_store:
  type: sqlite
  path: {online}
offline_store:
  type: file
entity_key_serialization_version: 3
"""
"""What Feast keeps lies beside the export, which is replaced."""
HEAD = '''\
"""Features of customers and items as of many days (known_at, UTC): get_historical_features gives what was known then.

Made by customer-360, and rebuilt with the export.
"""

from datetime import timedelta
from pathlib import Path

import pyarrow.dataset
import pyarrow.parquet
from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.types import Array, Bool, Float64, Int64, String, UnixTimestamp

EXPORT = Path(__file__).resolve().parent.parent


def gather(name: str) -> str:
    """All days of a history in one file beside the export, which Feast reads; its own reader fails at several."""
    path = EXPORT.with_name(f"{EXPORT.name}.feast_{name}.parquet")
    path.touch(mode=0o600)
    pyarrow.parquet.write_table(pyarrow.dataset.dataset(EXPORT / "parquet" / name).to_table(), path)
    return str(path)

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
        name="{name}_file", path=gather("{file}"), timestamp_field="known_at"
    ),
)
"""
WORDS = {"VARCHAR": "String", "BOOLEAN": "Bool", "TIMESTAMP": "UnixTimestamp", "VARCHAR[]": "Array(String)"}


def write_feast(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write `feast/feature_store.yaml` and `feast/features.py`."""
    target = folder / "feast"
    target.mkdir(parents=True)
    registry, online = (json.dumps(f"../../{folder.name}.feast_{kept}.db") for kept in ("registry", "online"))
    (target / "feature_store.yaml").write_text(STORE.format(registry=registry, online=online), "utf-8")
    views = [describe_view(con, name) for name in ("customer", "item")]
    (target / "features.py").write_text("".join([HEAD, *views]), "utf-8")


def describe_view(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """A feature view over one table, without its keys; columns for which Feast has no plain type are left out."""
    columns = {c: type_of(kind) for c, kind in columns_of(con, f"{name}_history").items()}
    keys = {f"{name}_id", "known_at"}
    fields = [f'        Field(name="{c}", dtype={kind}),' for c, kind in columns.items() if kind and c not in keys]
    return VIEW.format(name=name, file=PAST[name], fields="\n".join(fields))


def type_of(kind: str) -> str | None:
    """What Feast calls a type of DuckDB."""
    word = kind.split("(", maxsplit=1)[0]
    if word in NUMBERS and word != "BOOLEAN":
        return "Float64" if word in {"DOUBLE", "FLOAT", "DECIMAL"} else "Int64"
    return WORDS.get(word)
