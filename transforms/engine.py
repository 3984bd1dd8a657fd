"""The handful of operations that engines do differently, behind one name each.

Transforms are written once against Narwhals; what its common ground lacks stands here and nowhere else.
"""

from __future__ import annotations

import hashlib
from typing import Any

import duckdb
import narwhals as nw
import polars as pl

Frame = nw.LazyFrame[Any]


def as_frame(native: object) -> Frame:
    """A lazy frame of Polars or a relation of DuckDB as the frame that transforms take."""
    frame: Frame = nw.from_native(native)
    return frame


def place_in_order(frame: Frame, by: list[str], order: list[str], name: str = "place") -> Frame:
    """Number rows within `by`, the greatest by `order` first (1).

    `order` must hold no null and tell all rows of a group apart, or the numbers depend on the engine.
    """
    return frame.with_columns(nw.col(order[-1]).cum_count(reverse=True).over(*by, order_by=order).alias(name))


def pick_greatest(frame: Frame, by: list[str], order: list[str]) -> Frame:
    """The one row of each `by` that is greatest by `order`."""
    return place_in_order(frame, by, order, "_place").filter(nw.col("_place") == 1).drop("_place")


def with_md5(frame: Frame, name: str, text: str) -> Frame:
    """Add the MD5 of a text column as 32 hexadecimal digits: a stable name, not a secret."""
    native = frame.to_native()
    if isinstance(native, pl.LazyFrame):
        digest = pl.col(text).map_elements(_md5, return_dtype=pl.String).alias(name)
        return as_frame(native.with_columns(digest))
    return as_frame(native.project(f'*, md5("{text}") AS "{name}"'))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def join_texts(frame: Frame, by: list[str], text: str, order: str, name: str) -> Frame:
    """Join the texts of each `by`, the greatest by `order` first and then by the alphabet, with ", "."""
    native = frame.to_native()
    if isinstance(native, pl.LazyFrame):
        ranked = native.sort([order, text], descending=[True, False]).group_by(by, maintain_order=True)
        return as_frame(ranked.agg(pl.col(text).str.join(", ").alias(name)))
    groups = ", ".join(f'"{c}"' for c in by)
    joined = f'string_agg("{text}", \', \' ORDER BY "{order}" DESC, "{text}") AS "{name}"'
    return as_frame(native.aggregate(f"{groups}, {joined}", groups))


def connect_components(nodes: Frame, edges: Frame) -> Frame:
    """Connected components of an undirected graph: each `node` with its `component`, the smallest node in it.

    `nodes` has a column node (integer), `edges` the columns left and right. Nodes without edges are components of one.
    DuckDB does the work, also for frames of another engine.
    """
    node, edge = nodes.to_native(), edges.to_native()
    if isinstance(node, pl.LazyFrame):
        con = duckdb.connect()
        con.register("node_frame", node.select("node").collect())
        con.register("edge_frame", edge.select("left", "right").collect())
        found = con.sql(_components_query("FROM node_frame", "FROM edge_frame"))
        return as_frame(found.pl().lazy())
    return as_frame(edge.query("edge_frame", _components_query(node.sql_query(), "FROM edge_frame")))


def _components_query(nodes: str, edges: str) -> str:
    """Components by one recursive query that keeps, per node, the smallest label seen, until none gets smaller."""
    # Every edge is walked both ways; a node whose label did not fall is not walked from again.
    return f"""
        WITH RECURSIVE
        way AS (
            SELECT "left" AS a, "right" AS b FROM ({edges}) UNION SELECT "right", "left" FROM ({edges})
        ),
        label(node, component) USING KEY (node) AS (
            SELECT DISTINCT a, a FROM way
            UNION
            SELECT way.b, min(label.component)
            FROM label JOIN way ON way.a = label.node JOIN recurring.label AS seen ON seen.node = way.b
            WHERE label.component < seen.component
            GROUP BY way.b
        )
        SELECT n.node, coalesce(label.component, n.node) AS component
        FROM ({nodes}) AS n LEFT JOIN label ON label.node = n.node
    """
