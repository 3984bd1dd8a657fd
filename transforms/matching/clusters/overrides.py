"""What people decided: these two records are one person, or are not. No evidence outweighs it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from transforms.graph import connect
from transforms.matching.records.field import Bools, Ints
from transforms.matching.records.table import Table

ENDS = ("left_source", "left_record", "right_source", "right_record")
DECISION = pl.Schema(dict.fromkeys(ENDS, pl.String) | {"is_same": pl.Boolean})


@dataclass(frozen=True)
class Decided:
    """Decisions about nodes of a table; each node that is named stands for one record."""

    left: Ints
    right: Ints
    is_same: Bools
    one: Ints
    """Per node the first node of those that must be one with it."""
    warnings: list[str]


def read_decisions(decisions: pl.DataFrame | None) -> pl.DataFrame:
    """Decisions as DECISION, each once, in order; a record with itself says nothing."""
    if decisions is None:
        return DECISION.to_frame()
    rows = decisions.select(pl.col(c).cast(t) for c, t in DECISION.items()).drop_nulls()
    turned = rows.select(*(pl.col(a).alias(b) for a, b in zip(ENDS[2:] + ENDS[:2], ENDS, strict=True)), "is_same")
    source, record = (pl.col(f"left_{c}") < pl.col(f"right_{c}") for c in ("source", "record"))
    in_order = source | ((pl.col("left_source") == pl.col("right_source")) & record)
    return pl.concat([rows, turned]).filter(in_order).unique().sort(DECISION.names())


def list_decided(decisions: pl.DataFrame) -> pl.DataFrame:
    """Source and record of all that decisions name."""
    sides = [decisions.select(source=f"{side}_source", record=f"{side}_record") for side in ("left", "right")]
    return pl.concat(sides).unique()


def settle(decisions: pl.DataFrame, table: Table) -> Decided:
    """The decisions whose records are in the table.

    Where what must be one holds two that must not be, only the latter is obeyed: to part people does less harm.
    """
    rows = decisions
    for side in ("left", "right"):
        named = table.records.rename({c: f"{side}_{c}" for c in ("source", "record", "node")})
        rows = rows.join(named, on=[f"{side}_source", f"{side}_record"], how="inner")
    rows = rows.sort(DECISION.names())
    left, right = (rows[f"{side}_node"].to_numpy().astype(np.int64) for side in ("left", "right"))
    is_same = rows["is_same"].to_numpy()
    group = connect(left[is_same], right[is_same], table.count)
    is_torn = np.zeros(table.count, bool)
    is_torn[group[left[~is_same & (group[left] == group[right])]]] = True
    first = np.unique(group, return_index=True)[1]
    one = np.where(is_torn[group], np.arange(table.count), first[group])
    said = [f"{is_torn.sum()} groups of decisions contradict themselves: in these only what parts records is obeyed"]
    return Decided(left, right, is_same, one, said if is_torn.any() else [])
