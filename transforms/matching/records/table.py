"""A table of people made ready to match: one node per distinct content, numbered by a hash of it.

Whatever else stands in the table, the same content is the same node, with the same hash; so what was found out about
nodes and pairs of them can be kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from transforms.matching.records.field import KINDS, Ints, Uints
from warehouse.errors import C360Error


class MatchError(C360Error, ValueError):
    """A table that cannot be matched; the message says what to change."""

    exit_code = 2


@dataclass(frozen=True)
class Contents:
    """The distinct contents of a table."""

    records: pl.DataFrame
    """Every record: source, record, content (a hash); in order."""
    rows: pl.DataFrame
    """content, source and roles; one row per content, in order of the hash."""
    roles: list[str]


@dataclass(frozen=True)
class Table:
    """The nodes 0, 1, … of a table, in order of their keys."""

    records: pl.DataFrame
    """Every record: source, record, node; in order."""
    rows: pl.DataFrame
    """content, source and roles; one row per content."""
    place: Ints
    """Per node the place of its row."""
    key: Uints
    """Per node a hash of its content without the identifiers that too many share."""
    oversized: pl.DataFrame
    """Identifiers that too many share: role and value, as hashes."""
    source: Ints
    """Per node the number of its source."""
    sources: list[str]
    is_link: bool
    """True if only records of different sources can be one."""

    @property
    def count(self) -> int:
        """Number of nodes."""
        return len(self.key)

    @property
    def side(self) -> Ints | None:
        """The source of each node where sources are linked, else None."""
        return self.source if self.is_link else None

    def read_rows(self, nodes: Ints) -> pl.DataFrame:
        """Source and roles of some nodes; `node` numbers these 0, 1 and so on."""
        rows: pl.DataFrame = self.rows[self.place[nodes]]
        return rows.with_columns(node=pl.int_range(len(nodes), dtype=pl.UInt32, eager=True))


def read_contents(people: pl.DataFrame, is_link: bool, decided: pl.DataFrame) -> Contents:
    """The distinct contents of a table, whatever the order of its rows.

    Copies of one row would only fill blocks and make a value look common. Linked sources keep theirs apart, and so do
    the records that people have decided about.

    Args:
        people: source, record, roles.
        is_link: only records of different sources can be one.
        decided: source and record of what people have decided about.

    Raises:
        MatchError: no source or record, a record twice, no role that can be compared.
    """
    roles = require_columns(people)
    ordered = people.select(pl.col("source", "record").cast(pl.String), *roles).sort("source", "record")
    if ordered.select("source", "record").is_duplicated().any():
        raise MatchError("a record id stands twice within a source; ids must be unique there")
    text = [join_values(ordered[c]) for c in roles]
    own = ordered.select("source", "record").join(
        decided.with_columns(own=True), on=["source", "record"], how="left", maintain_order="left"
    )["own"]
    alone = pl.when(own).then(pl.concat_str("source", pl.lit("\x1f"), "record"))
    within = [pl.col("source")] if is_link else []
    said = ordered.select(pl.struct(*within, alone.alias("alone"), *text).hash(seed=7).alias("said"))
    # The source is part of it: it says in which order dates are written, and where a person stands once at most.
    first = said.with_columns(ordered["source"]).with_columns(pl.col("source").first().over("said"))
    content = first.select(pl.struct("said", "source").hash(seed=8).alias("content"))["content"]
    records = ordered.select("source", "record").with_columns(content)
    rows = ordered.drop("record").with_columns(content)[content.arg_unique()].sort("content")
    return Contents(records, rows, roles)


def join_values(values: pl.Series) -> pl.Series:
    """Each row's value as a text, or its list of values as one, whatever the order of the list."""
    if not isinstance(values.dtype, pl.List):
        return values.cast(pl.String)
    text = values.list.first()
    # Sorting and joining are slow, and most lists hold one value.
    several = (values.is_not_null() & (text.is_null() | (values.list.len() > 1))).arg_true()
    return text.scatter(several, values.gather(several).list.sort().list.join("\x1f"))


def require_columns(people: pl.DataFrame) -> list[str]:
    """The roles that the table has, in the order of `fields.KINDS`."""
    if missing := {"source", "record"} - set(people.columns):
        lacking = " and no ".join(sorted(missing))
        raise MatchError(f"the table has no column {lacking}; name each record's source and its id")
    if people.select("source", "record").null_count().sum_horizontal().item():
        raise MatchError("a record has no source or no id; give every record both")
    roles = [c for c in KINDS if c in people.columns]
    if not roles:
        raise MatchError(f"no column has a role that can be compared; give at least one of {', '.join(KINDS)}")
    return roles


def lay_out(contents: Contents, identifiers: pl.DataFrame, oversized: pl.DataFrame, is_link: bool) -> Table:
    """The nodes of a table, of which all identifiers are known, and which of them too many share."""
    dropped = (
        identifiers.join(oversized, on=["role", "value"], how="semi")
        .group_by("content")
        .agg(dropped=pl.col("value").unique().sort().cast(pl.String).str.join(","))
    )
    rows = contents.rows.select("content", "source").join(dropped, on="content", how="left", maintain_order="left")
    keyed = rows.select(
        key=pl.when(pl.col("dropped").is_null()).then("content").otherwise(pl.struct("content", "dropped").hash(seed=9))
    )["key"]
    place = keyed.arg_sort()
    node = place.arg_sort().cast(pl.UInt32)
    numbered = contents.rows.select("content").with_columns(node.alias("node"))
    records = contents.records.join(numbered, on="content", how="left", maintain_order="left").drop("content")
    sources = contents.rows["source"].unique().sort()
    number = (
        contents.rows["source"].rank("dense").to_numpy().astype(np.int64) - 1 if len(sources) else np.zeros(0, np.int64)
    )
    places = place.to_numpy().astype(np.int64)
    return Table(
        records, contents.rows, places, keyed.to_numpy()[places], oversized, number[places], sources.to_list(), is_link
    )


def count_copies(table: Table) -> Ints:
    """Per node how many records it stands for."""
    return np.bincount(table.records["node"].to_numpy(), minlength=table.count)


def list_copied(table: Table) -> Ints:
    """Nodes that stand for several records."""
    return np.zeros(0, np.int64) if table.is_link else np.flatnonzero(count_copies(table) > 1)
