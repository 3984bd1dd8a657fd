"""Contracts of the published tables, in `contracts/published/`."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from warehouse import ROOT
from warehouse.contracts.model import Column, Source
from warehouse.contracts.read import read_source

PUBLISHED = ROOT / "contracts" / "published"
VERSIONED = {"customer_profile_history": "customer_profile"}
"""Tables of versions: each has the columns of another, and its own."""


@cache
def list_published() -> tuple[Source, ...]:
    """Contracts of the published tables, in order of name."""
    tables = {table.name: table for table in map(read_source, sorted(PUBLISHED.glob("*.odcs.yaml")))}
    for name, of in VERSIONED.items():
        tables[name] = replace(tables[name], columns=(*list_versioned(tables[of]), *tables[name].columns))
    return tuple(tables.values())


def list_versioned(table: Source) -> tuple[Column, ...]:
    """A table's columns as its versions have them: judged when they were published, and null where they are younger."""
    return tuple(
        c if c.key_position else replace(c, required=False, unique=False, options={}, quality=()) for c in table.columns
    )


def published(name: str) -> Source:
    """The contract of one published table."""
    return next(table for table in list_published() if table.name == name)
