"""The same small tables on every engine that transforms run on."""

from __future__ import annotations

from typing import Any

import duckdb
import narwhals as nw
import polars as pl

ENGINES = ("polars", "duckdb")


class World:
    """Named frames on one engine; `rows` works a result out, in a fixed order."""

    def __init__(self, engine: str, **tables: pl.DataFrame) -> None:
        self.engine = engine
        self.con = duckdb.connect()
        self.frames: dict[str, Any] = {}
        for name, frame in tables.items():
            self.add(name, frame)

    def add(self, name: str, frame: pl.DataFrame) -> None:
        self.con.register("incoming", frame)
        self.con.execute(f"CREATE OR REPLACE TABLE {name} AS FROM incoming")
        native = self.con.table(name) if self.engine == "duckdb" else frame.lazy()
        self.frames[name] = nw.from_native(native)

    def __getitem__(self, name: str) -> Any:
        return self.frames[name]

    def frame(self, lazy: Any) -> pl.DataFrame:
        native = lazy.to_native()
        frame = native.pl() if self.engine == "duckdb" else native.collect()
        return frame.sort(frame.columns)

    def rows(self, lazy: Any, *columns: str) -> list[tuple[Any, ...]]:
        frame = self.frame(lazy)
        return frame.select(columns).sort(columns).rows() if columns else frame.rows()


def table(schema: dict[str, Any], *rows: tuple[Any, ...]) -> pl.DataFrame:
    """A frame of a schema and rows."""
    return pl.DataFrame(rows, schema=schema, orient="row")
