"""What earlier nights have loaded of a source: its deliveries, and up to when their rows reach."""

from __future__ import annotations

from dataclasses import dataclass, field

from warehouse.contracts.model import Source
from warehouse.duck import fetch_row, has_table, open_database, quote
from warehouse.run import Run

LEFT_OUT = "left out: "
"""How a note on a delivery begins that names an undeclared column."""


@dataclass
class Known:
    """What earlier nights have loaded of a source."""

    ids: set[str] = field(default_factory=set)
    latest: dict[str, str] = field(default_factory=dict)
    """By name of a file, its latest delivery."""
    left_out: frozenset[str] = frozenset()
    """Names of undeclared columns that deliveries had."""
    until: object | None = None
    """The latest occurred_at loaded."""

    def holds(self, source: Source, name: str, delivery_id: str) -> bool:
        """Would this delivery give nothing new?

        Rows that are added count once, under whatever name they come. What replaces rows may say again what it said
        before: a file that is as it was once, or the next of a series with the content of an earlier one.
        """
        return delivery_id in self.ids if source.load_mode == "append" else self.latest.get(name) == delivery_id


def read_known(run: Run, name: str) -> Known:
    """Deliveries of the parent generation, and up to when its rows reach."""
    parent = run.find_parent()
    if parent is None:
        return Known()
    with open_database(parent.database, read_only=True) as con:
        rows = con.execute(
            "SELECT name, delivery_id, notes FROM governance.delivery WHERE source = ? ORDER BY generation, landed_at",
            [name],
        ).fetchall()
        column, until = run.source(name).name_of("occurred_at"), None
        if column and has_table(con, "raw", name):
            until = fetch_row(con, f"SELECT max({quote(column)}) FROM raw.{quote(name)}")[0]
    notes = {note for row in rows for note in row[2] or ()}
    left_out = {note.removeprefix(LEFT_OUT).rpartition(" (")[0] for note in notes if note.startswith(LEFT_OUT)}
    return Known({r[1] for r in rows}, {r[0]: r[1] for r in rows}, frozenset(left_out), until)
