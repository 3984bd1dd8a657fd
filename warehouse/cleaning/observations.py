"""What was seen of accounts, held until there is much of it, so that cleaning takes no more memory for more rows."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import polars as pl

from transforms.clean.accounts import merge_accounts
from transforms.clean.attributes import merge_observations
from warehouse.duck import append_rows, literal, store_rows

MOST_HELD = 2_000_000
"""Different observations that are held at one time; beyond it they are stored, and the next folded into them."""
LEAST_MERGED = 500_000
"""Rows that are not yet worth merging."""
MERGE: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {"account": merge_accounts, "attribute": merge_observations}
"""Table of observations → what makes one row of those of the same account or value; doing it twice changes nothing."""


class Observations:
    """Observations of one table, from a source's rows batch by batch."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.frames: list[pl.DataFrame] = []
        self.merged = 0
        """Rows that are merged already: the first frame."""

    def add(self, frame: pl.DataFrame) -> None:
        """Hold more observations; the same rows again and again are merged each time that they have doubled."""
        self.frames.append(frame)
        if sum(f.height for f in self.frames) > 2 * self.merged + LEAST_MERGED:
            self.frames = [compact(MERGE[self.name](pl.concat(self.frames)))]
            self.merged = self.frames[0].height

    def is_full(self) -> bool:
        """True if they should be stored."""
        return self.merged > MOST_HELD

    def take(self) -> pl.DataFrame | None:
        """All that are held, merged; None if nothing was seen."""
        found = MERGE[self.name](pl.concat(self.frames)) if self.frames else None
        self.frames, self.merged = [], 0
        return found


def compact(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows with texts of their own: those of Polars keep all the texts of the batches they were taken from."""
    return pl.DataFrame(frame.to_arrow(compat_level=pl.CompatLevel.oldest()))


def merge_into(con: duckdb.DuckDBPyConnection, name: str, origin: str, rows: pl.DataFrame) -> None:
    """Merge rows of an origin into the table `clean.<name>`, with what was observed of their accounts before."""
    store_rows(con, "seen", rows.select("source", "account_id").unique(), is_temporary=True)
    con.execute("INSERT INTO clean.changed_account FROM seen")
    among = (
        f"origin = {literal(origin)}"
        " AND EXISTS (FROM seen AS s WHERE s.source = t.source AND s.account_id = t.account_id)"
    )
    earlier = con.sql(f"FROM clean.{name} AS t WHERE {among}").pl().drop("origin")
    con.execute(f"DELETE FROM clean.{name} AS t WHERE {among}")
    merged = MERGE[name](pl.concat([earlier.select(rows.columns), rows])) if earlier.height else rows
    append_rows(con, f"clean.{name}", merged.with_columns(origin=pl.lit(origin)))
