"""Which columns name another file's accounts or orders, by their values."""

from __future__ import annotations

from collections.abc import Iterable

from warehouse.drafting.columns.facts import Facts
from warehouse.drafting.columns.roles import Hint
from warehouse.drafting.tables.model import ColumnDraft, SourceDraft

MOST = 0.8
"""Share of the values that are keys of the other file."""
FEWEST = 2
"""Distinct values at least, or it is chance."""
TRAILING = ".0"


def hint_relations(source: SourceDraft, others: Iterable[SourceDraft]) -> None:
    """Let columns whose values are another file's keys be the account, or the order, likelier than any other."""
    for other in others:
        key = next((c for c in other.columns if c.key_position == 1), None)
        if key is None or other.kind not in {"customers", "orders"}:
            continue
        role = "account_id" if other.kind == "customers" else "order"
        keys = (
            set(other.facts(key.name).values)
            if other.facts(key.name).distinct <= 1000
            else {v for v in other.values(key.name) if v}
        )
        for name, facts in source.table.facts.items():
            share = facts.share(keys.__contains__)
            hints = source.table.hints[name]
            if share < MOST or facts.distinct < FEWEST or not is_telling(facts, hints, role):
                continue
            said = f"{share:.0%} of them are {'accounts' if role == 'account_id' else 'orders'} of {other.name}"
            hints[role] = Hint(role, 0.99, said)


def is_telling(facts: Facts, hints: object, role: str) -> bool:
    """Do equal values tell a relation: by the name besides, or since they are no small numbers, as any file counts?"""
    assert isinstance(hints, dict)
    return role in hints or (facts.whole_share < 0.5 and facts.email_share < 0.5 and facts.mean_length >= 4)


def relate(source: SourceDraft, others: Iterable[SourceDraft]) -> None:
    """Say of a column whose values were found to be another file's keys which column that is."""
    for other in others:
        key = next((c for c in other.columns if c.key_position == 1), None)
        role = {"customers": "account_id", "orders": "parent_id"}.get(other.kind or "")
        column = source.of(role) if role else None
        if key is None or column is None or source is other:
            continue
        said = f" of {other.name}"
        if said in column.evidence and column.relation is None:
            column.relation = (
                f"{other.name}.odcs.yaml#schema/{other.name}/properties/{key.name.replace('.', '/properties/')}"
            )


def has_head(source: SourceDraft) -> bool:
    """Are its rows lines of another file's orders?"""
    column: ColumnDraft | None = source.of("parent_id")
    return column is not None and column.relation is not None
