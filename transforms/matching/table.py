"""A table of people made ready to match: one row per distinct content, in order, with the fields to compare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from transforms.matching.fields import KINDS, Field, Ints, build_field, list_fields
from transforms.matching.guards import drop_shared
from transforms.matching.naming import PARTS
from transforms.matching.settings import MatchSettings


class MatchError(ValueError):
    """A table that cannot be matched; the message says what to change."""


@dataclass(frozen=True)
class Table:
    """Distinct contents as nodes 0, 1, …, in order of the first record that has each."""

    records: pl.DataFrame
    """Every record: source, record, node; in order."""
    source: Ints
    """Per node, the number of its (first) record's source."""
    values: dict[str, pl.DataFrame]
    fields: list[Field]
    is_link: bool
    """True if only records of different sources can be one."""
    warnings: list[str]

    @property
    def count(self) -> int:
        """Number of nodes."""
        return len(self.source)

    @property
    def names(self) -> list[str]:
        """Fields in the order of the comparison vector."""
        return [f.name for f in self.fields]

    @property
    def side(self) -> Ints | None:
        """The source of each node where sources are linked, else None."""
        return self.source if self.is_link else None


def read_table(people: pl.DataFrame, settings: MatchSettings, is_link: bool) -> Table:
    """The table in order of its records, equal ones once, its fields ready to compare.

    Raises:
        MatchError: no source or record, a record twice, no role that can be compared.
    """
    roles = require_columns(people)
    ordered = people.select(pl.col("source", "record").cast(pl.String), *roles).sort("source", "record")
    if ordered.select("source", "record").is_duplicated().any():
        raise MatchError("a record id stands twice within a source; ids must be unique there")
    records, nodes = collapse(ordered, roles, is_link)
    values, warnings = drop_shared(list_fields(nodes), settings.shared_by)
    # A full name that was taken apart is still looked up by, but compared by its parts.
    names = [n for n in KINDS if n in values and not (n == "full_name" and set(PARTS) & set(values))]
    fields = [build_field(name, values[name], nodes.height) for name in names]
    if not fields:
        warnings.append("no record has a value in any role: every record stays alone")
    source = nodes["source"].rank("dense").to_numpy().astype(np.int64)
    return Table(records, source, values, fields, is_link, warnings)


def require_columns(people: pl.DataFrame) -> list[str]:
    """The roles that the table has."""
    if missing := {"source", "record"} - set(people.columns):
        lacking = " and no ".join(sorted(missing))
        raise MatchError(f"the table has no column {lacking}; name each record's source and its id")
    if people.select("source", "record").null_count().sum_horizontal().item():
        raise MatchError("a record has no source or no id; give every record both")
    roles = [c for c in people.columns if c in KINDS]
    if not roles:
        raise MatchError(f"no column has a role that can be compared; give at least one of {', '.join(KINDS)}")
    return roles


def collapse(people: pl.DataFrame, roles: list[str], is_link: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Records with their node, and nodes with their content.

    Copies of one row would only fill blocks and make a value look common. Linked sources keep theirs apart.
    """
    is_list = {c: isinstance(t, pl.List) for c, t in people.schema.items()}
    text = [pl.col(c).list.sort().list.join("\x1f") if is_list[c] else pl.col(c).cast(pl.String) for c in roles]
    within = [pl.col("source")] if is_link else []
    content = people.select(pl.struct(*within, *text).alias("content"))["content"]
    first = content.to_frame().with_row_index("row").select(pl.col("row").min().over("content"))["row"]
    records = people.select("source", "record", node=first.rank("dense").cast(pl.UInt32) - 1)
    nodes = people.filter(first == pl.arange(people.height, eager=True)).with_row_index("node")
    return records, nodes
