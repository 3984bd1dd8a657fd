"""The events that a purpose may see, as SQL over customer_event: whose rows, and which of their columns.

A row goes out if its source opens what was done with which item and when. What else its source does not open is null;
where it does not open what tells a return or a cancelled line from a sale, only sales go out.
"""

from __future__ import annotations

from warehouse.contracts.lineage import list_closed_of, names_purposes
from warehouse.contracts.model import Contracts, Purpose, Source
from warehouse.contracts.published import published
from warehouse.duck import literal, quote
from warehouse.types.roles import KINDS

ROW = ("item_id", "occurred_at")
"""Columns without which a row is no interaction."""
OTHERS = ("rating", "quantity", "net_amount", "channel", "item_name", "category")
"""Columns that an interaction is also made of."""


def own_type_sql() -> str:
    """SQL: the type of an event by its kind alone."""
    known = " ".join(f"WHEN {literal(name)} THEN {literal(k.event)}" for name, k in KINDS.items() if k.event)
    return f"CASE kind {known} END"


def write_query(contracts: Contracts, purpose: Purpose | None) -> str:
    """The events that a purpose may see; all of them for the owner."""
    if purpose is None:
        return "FROM main.customer_event"
    sources = [s for s in contracts.sources if KINDS[s.kind].event and is_row_open(s, purpose)]
    replaced = [f"CASE WHEN {among(sources, purpose, name)} THEN {quote(name)} END AS {quote(name)}" for name in OTHERS]
    typed = among(sources, purpose, "event_type")
    replaced.append(f"CASE WHEN {typed} THEN event_type ELSE {own_type_sql()} END AS event_type")
    names = ", ".join(literal(s.name) for s in sources) or "NULL"
    return (
        f"SELECT * REPLACE ({', '.join(replaced)}) FROM main.customer_event WHERE source IN ({names})"
        f" AND ({typed} OR kind <> 'transactions' OR event_type = 'sale')"
    )


def is_row_open(source: Source, purpose: Purpose) -> bool:
    """Do its rows go out? So do those of a source that names no purpose on any column, which `list_notes` says."""
    return not names_purposes(source) or all(is_column_open(source, purpose, name) for name in ROW)


def is_column_open(source: Source, purpose: Purpose, name: str) -> bool:
    """Does a source open to a purpose all that a column of customer_event is made of?"""
    lineage = next(column.made_of for column in published("customer_event").columns if column.name == name)
    return not list_closed_of([source], lineage, purpose.name)


def among(sources: list[Source], purpose: Purpose, name: str) -> str:
    """SQL: is the event of a source that opens the column?"""
    opened = [
        s for s in sources if is_column_open(s, purpose, name) or (name == "event_type" and not names_purposes(s))
    ]
    return f"source IN ({', '.join(literal(s.name) for s in opened) or 'NULL'})"


def list_notes(contracts: Contracts, purpose: Purpose | None) -> list[str]:
    """What the owner should know of the sources."""
    if purpose is None:
        return []
    bare = [s.name for s in contracts.sources if KINDS[s.kind].event and s.name_of("item_id") and not names_purposes(s)]
    return [
        f"{name} names no purpose on any column, so only who did what with which item and when goes out of it; open its"
        f" columns to {purpose.name}, or to others alone, by c360.purposes"
        for name in bare
    ]
