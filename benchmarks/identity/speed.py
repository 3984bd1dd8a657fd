"""A million generated records, and connected components over ten million edges: time and memory of whole programs.

`python -m benchmarks.identity.speed FOLDER scipy|duckdb` connects the edges of a folder; the rest is called.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from benchmarks.identity.generated_people import generate_people
from benchmarks.identity.runs import GENERATED, MOST_BYTES, ROOT, Task
from benchmarks.measure import LimitError, Measure, measure
from transforms.graph import connect

GROUP = 21
"""Nodes of one component: a tree, every edge of which is needed."""
EDGES = 10_000_000
WAYS: Mapping[str, str] = {
    "scipy": "`transforms.graph.connect` (SciPy), as the matcher uses it",
    "duckdb": "one recursive query of DuckDB",
}
BY_DUCKDB = """
    WITH RECURSIVE
    way AS (SELECT "left" AS a, "right" AS b FROM edge UNION SELECT "right", "left" FROM edge),
    label(node, component) USING KEY (node) AS (
        SELECT DISTINCT a, a FROM way
        UNION
        SELECT way.b, min(label.component)
        FROM label JOIN way ON way.a = label.node JOIN recurring.label AS seen ON seen.node = way.b
        WHERE label.component < seen.component
        GROUP BY way.b
    )
    SELECT n.node, coalesce(label.component, n.node) AS component FROM node AS n LEFT JOIN label USING (node)
"""
"""Every edge is walked both ways; per node the smallest label seen is kept, and a node whose label did not fall is not
walked from again."""
LIMIT = 300.0
"""Seconds after which a way to connect is ended."""


@dataclass(frozen=True)
class Connected:
    """What one way to connect took."""

    way: str
    taken: Measure | None
    note: str = ""


def generate_task(records: int, limit: float) -> Task:
    """Generated people, a tenth of them second and damaged copies."""
    people = generate_people(records)
    return Task(GENERATED, people, people, limit=limit)


def make_edges(folder: Path, count: int = EDGES, seed: int = 1) -> None:
    """Random trees, their nodes numbered at random: edges.parquet (left, right) and nodes.parquet (node)."""
    rng = np.random.default_rng(seed)
    trees = count // (GROUP - 1)
    place = np.tile(np.arange(1, GROUP), trees)
    first = np.repeat(np.arange(trees) * GROUP, GROUP - 1)
    parent = (rng.random(len(place)) * place).astype(np.int64)
    number = rng.permutation(trees * GROUP)
    edges = pl.DataFrame({"left": number[first + place], "right": number[first + parent]})
    edges.sample(fraction=1, shuffle=True, seed=seed).write_parquet(folder / "edges.parquet")
    pl.DataFrame({"node": np.arange(trees * GROUP)}).write_parquet(folder / "nodes.parquet")


def measure_ways(folder: Path) -> list[Connected]:
    """Each way to connect, as a program of its own that reads the edges and writes the components."""
    found = []
    for way in WAYS:
        command = [sys.executable, "-m", "benchmarks.identity.speed", str(folder), way]
        try:
            found.append(Connected(way, measure(command, ROOT, limit=LIMIT, most_bytes=MOST_BYTES)))
        except LimitError as error:
            found.append(Connected(way, None, str(error)))
    return found


def connect_edges(folder: Path, way: str) -> None:
    """Write components.parquet: node, component."""
    edges, nodes, out = (str(folder / f"{name}.parquet") for name in ("edges", "nodes", "components"))
    if way == "scipy":
        both, node = pl.read_parquet(edges), pl.read_parquet(nodes)
        label = connect(both["left"].to_numpy(), both["right"].to_numpy(), node.height)
        node.with_columns(component=pl.Series(label)).write_parquet(out)
        return
    with duckdb.connect(str(folder / "components.duckdb")) as con:
        # A default of half the machine's memory leaves no room for anything else; what does not fit goes to disk.
        con.execute("SET memory_limit = '4GB'")
        con.execute(f"CREATE TABLE edge AS FROM '{edges}'; CREATE TABLE node AS FROM '{nodes}'")
        con.sql(BY_DUCKDB).write_parquet(out)


if __name__ == "__main__":
    connect_edges(Path(sys.argv[1]), sys.argv[2])
