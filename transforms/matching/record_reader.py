"""The values of a table's nodes, read when they are needed: to be looked up by, and to be compared."""

from __future__ import annotations

import numpy as np
import polars as pl

from transforms.matching.comparison.compare import Comparer
from transforms.matching.comparison.term_frequencies import TermFrequencies
from transforms.matching.model.guards import drop_oversized
from transforms.matching.records.field import Ints, Layout, build_field
from transforms.matching.records.fields import list_fields
from transforms.matching.records.name_fields import WAYS
from transforms.matching.records.table import Table
from transforms.matching.settings import MatchSettings

NOTHING = pl.DataFrame(schema={"node": pl.UInt32, "value": pl.String})


class Reader:
    """Reads nodes of a table; what it read last it keeps.

    Args:
        table: whose nodes.
        layout: how they are read.
        rows: the values of all rows of the table, if these were read already; their `node` is the row's place.
    """

    def __init__(self, table: Table, layout: Layout, rows: dict[str, pl.DataFrame] | None) -> None:
        self.table, self.layout = table, layout
        self.nodes = np.zeros(0, np.int64)
        self.values: dict[str, pl.DataFrame] = {}
        self.comparer: Comparer | None = None
        if rows is not None:
            self.nodes = np.arange(table.count)
            number = pl.Series("node", np.argsort(table.place), dtype=pl.UInt32)
            kept = drop_oversized(rows, table.oversized)
            self.values = {r: v.with_columns(number[v["node"]]).sort("node", "value") for r, v in kept.items()}

    def read(self, nodes: Ints) -> dict[str, pl.DataFrame]:
        """Field → node and value; `node` is the place in `nodes`."""
        if not np.array_equal(nodes, self.nodes):
            found = list_fields(self.table.read_rows(nodes), self.layout)
            self.values, self.nodes, self.comparer = drop_oversized(found, self.table.oversized), nodes, None
        return self.values

    def open(self, nodes: Ints, names: list[str], seen: list[TermFrequencies], settings: MatchSettings) -> Comparer:
        """What compares these nodes, by the named fields; `nodes` in order."""
        if self.comparer is not None and self.comparer.covers(nodes):
            return self.comparer
        if not np.isin(nodes, self.nodes, assume_unique=True).all():
            self.read(nodes)
        fields = [build_field(n, self.values.get(n, NOTHING), len(self.nodes)) for n in names]
        self.comparer = Comparer(self.nodes, fields, seen, settings, self.values.get(WAYS))
        return self.comparer
