"""What a rule is and what its check says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from warehouse.duck import quote
from warehouse.errors import C360Error
from warehouse.types.roles import Severity

Level = Literal["row", "table", "delivery"]


@dataclass(frozen=True)
class Rule:
    """One thing that must hold, as SQL.

    A row rule names its bad rows, by `predicate` or by `distinct`; a table or delivery rule compares one number,
    `measure`, with `condition`.
    """

    name: str
    """Unique within its source, as in `required:email`."""
    level: Level
    severity: Severity
    description: str
    """What must hold, for a person; never with a value out of the data."""
    column: str | None = None
    predicate: str | None = None
    """Row rules: SQL over the row's columns, true for a bad row; null counts as good."""
    distinct: tuple[str, ...] = ()
    """Row rules: columns in which no two rows may agree; rows with a null in one of them agree with nobody."""
    among: str = "true"
    """With `distinct`: the rows that are compared at all."""
    keeps_last: bool = False
    """With `distinct`: of rows that agree the last delivered stays, not the first."""
    newest_by: str | None = None
    """With `keeps_last`: the column whose greatest value is the last, before the order of delivery."""
    is_moving: bool = False
    """Row rules: a bad row goes to quarantine; otherwise it is counted and stays."""
    stage: int = 0
    """Row rules: rows that an earlier stage moved are no longer seen: a bad row never takes a good row's key."""
    measure: str | None = None
    """Table rules: a query that gives one number, called `measured` in the condition."""
    condition: str = "measured = 0"
    """Table rules: true when all is well; may also use `total`, the rows of the table."""
    shows_measure: bool = True
    """False: the number may be somebody's value (free SQL), so it is not reported."""
    counts_rows: bool = True
    """The measured number is a number of bad rows."""
    needs_delivery: bool = True
    """Not asked on a night without a new delivery."""
    is_of_whole: bool = False
    """Speaks of a delivery as a whole (a share, a number of rows): not asked of rows that are replayed."""

    def bad_rows(self, table: str) -> str:
        """The query for the bad rows of a table, as `_delivery_id, _record`, each row once."""
        if not self.distinct:
            return f"SELECT _delivery_id, _record FROM {table} WHERE {self.predicate}"
        columns = ", ".join(map(quote, self.distinct))
        order = "_sequence DESC, _record DESC" if self.keeps_last else "_sequence, _record"
        if self.newest_by is not None:
            order = f"{quote(self.newest_by)} DESC, {order}"
        # The semi join finds the few doubled keys by hashing, so that only their rows are sorted.
        return (
            f"SELECT _delivery_id, _record FROM {table} SEMI JOIN ({self.doubled(table)}) AS doubled USING ({columns})"
            f" WHERE {self.among}"
            f" QUALIFY row_number() OVER (PARTITION BY {columns} ORDER BY {order}) > 1"
        )

    def doubled(self, table: str) -> str:
        """The query for combinations of `distinct` that more than one row has, with their count."""
        columns = ", ".join(map(quote, self.distinct))
        return (
            f"SELECT {columns}, count(*) AS _n FROM {table} WHERE {self.among} GROUP BY {columns} HAVING count(*) > 1"
        )


@dataclass(frozen=True)
class CheckResult:
    """What one check said: counts only, never a value."""

    rule: str
    level: Level
    severity: Severity
    is_passed: bool
    failed_count: int
    checked_count: int
    message: str

    @property
    def is_closing(self) -> bool:
        """Does it close the gate? A bad row does not, it is in quarantine; a critical fault of the whole does."""
        return not self.is_passed and self.severity == "critical" and self.level != "row"


class CheckError(C360Error):
    """A check could not be done; the message says which and where, never a value."""
