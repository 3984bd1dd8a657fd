"""Features: what is counted of a customer's events before a moment, as declared in `features.yaml`.

A declaration (`warehouse.contracts.lint.declaration`) names a kind of event, an aggregate and windows; each window
makes one feature. The night's `customer_feature` and `c360 features` work them out of the same definitions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from warehouse import ROOT
from warehouse.contracts.aggregates import AGGREGATES
from warehouse.contracts.model import Column
from warehouse.contracts.published import published
from warehouse.errors import C360Error
from warehouse.types import sql_type

FEATURES = "features.yaml"
SHIPPED = ROOT / "contracts" / FEATURES
"""What counts where a folder of contracts has no file of its own."""
CALENDAR = "calendar"
"""The published table of days, and the aggregate that takes a column of it for the day of the label."""
THREAD = "thread"
"""A column made for features: the order of a line, the ticket of a message, as its parent_id or else itself."""
REST = "other"
"""What is of none of the values that are named: the operator of a condition, and the word in a feature's name."""


class FeatureError(C360Error):
    """features.yaml is not as it must be; the message lists every place with its cure."""

    exit_code = 2


@dataclass(frozen=True)
class Condition:
    """What an event must be to count: a column, `=`, `in`, a comparison or `other`, and the values.

    Null fits `other` alone, which is all that is none of the values.
    """

    column: str
    operator: str
    values: tuple[str | int | float | bool, ...]


@dataclass(frozen=True)
class Feature:
    """One feature: one column, of a customer and a moment."""

    name: str
    kind: str
    """Kind of the events, as customer_event has it; of a ratio, that of what is divided; `calendar`: of no event."""
    where: tuple[Condition, ...]
    aggregate: str
    column: str | None
    days: int | None
    """Length of the window, in days of 24 hours; None: all that came before."""
    default: int | float | str | None
    """Its value where there is no such event."""
    purposes: tuple[str, ...]
    description: str
    of: tuple[Feature, ...] = ()
    """Of a ratio: what is divided, and by what. Neither is a ratio."""
    least: int | float | None = None
    """Of a ratio: by less than this nothing is divided, since so little is no evidence."""

    @property
    def parts(self) -> tuple[Feature, ...]:
        """What must be counted of events for it: itself, or the two of a ratio."""
        return self.of or (self,)

    @property
    def type(self) -> str:
        """Its type in SQL."""
        return find_type(self.aggregate, self.column)

    @property
    def is_of_day(self) -> bool:
        """Is it of the day of the label alone, and of no event?"""
        return self.kind == CALENDAR

    @property
    def is_count(self) -> bool:
        """Is it a number of something, of which 0 is the same as no event?"""
        return AGGREGATES[self.aggregate].gives == "BIGINT"

    @property
    def columns(self) -> set[str]:
        """The columns of customer_event that it is worked out of."""
        if self.is_of_day:
            return set()
        if self.of:
            return set[str]().union(*(part.columns for part in self.of))
        own = {self.column} if self.column else set()
        return {"kind", "occurred_at", *own, *(c.column for c in self.where), *AGGREGATES[self.aggregate].needs}


@cache
def event_columns() -> Mapping[str, str]:
    """The columns that features may name, with their types in SQL."""
    columns = {c.name: sql_type(c) for c in published("customer_event").columns}
    return {**columns, THREAD: "VARCHAR"}


@cache
def day_columns() -> Mapping[str, str]:
    """The columns of the calendar that features may name, with their types in SQL."""
    columns = published(CALENDAR).columns
    return {c.name: sql_type(c) for c in columns if c.type not in {"date", "timestamp"}}


def find_type(aggregate: str, column: str | None) -> str:
    """The type in SQL of an aggregate of a column; decimals become floating-point numbers."""
    gives = AGGREGATES[aggregate].gives
    columns = day_columns() if aggregate == CALENDAR else event_columns()
    kind = columns[column or ""] if gives == "column" else gives
    return "DOUBLE" if kind.startswith("DECIMAL") else kind


def find_features(folder: Path) -> Path:
    """The declarations that hold for a folder of contracts: its own, or else those we ship."""
    own = folder / FEATURES
    return own if own.is_file() else SHIPPED


def digest_features(folder: Path) -> str:
    """sha256 of the declarations that hold for a folder."""
    return hashlib.sha256(find_features(folder).read_bytes()).hexdigest()


def to_columns(features: tuple[Feature, ...]) -> tuple[Column, ...]:
    """Features as columns of a published table."""
    words = {
        "BIGINT": "integer", "DOUBLE": "number", "DATE": "date", "TIMESTAMP": "timestamp", "BOOLEAN": "boolean"
    }  # fmt: skip
    return tuple(
        Column(f.name, (f.name,), words.get(f.type, "string"), purposes=f.purposes, description=f.description)
        for f in features
    )
