"""Features: what is counted of a customer's events before a moment, as declared in `features.yaml`.

A declaration names a kind of event, an aggregate and windows; each window makes one feature. The night's
`customer_feature` and `c360 features` work them out of the same definitions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse import ROOT
from warehouse.contracts.aggregates import AGGREGATES
from warehouse.contracts.model import Column
from warehouse.contracts.published import published
from warehouse.errors import C360Error
from warehouse.types import sql_type

FEATURES = "features.yaml"
SHIPPED = ROOT / "contracts" / FEATURES
"""What counts where a folder of contracts has no file of its own."""
THREAD = "thread"
"""A column made for features: the order of a line, the ticket of a message, as its parent_id or else itself."""
COMPARISON = re.compile(r"(<=|>=|!=|<|>)\s*(\S.*)")


class FeatureError(C360Error):
    """features.yaml is not as it must be; the message lists every place with its cure."""

    exit_code = 2


@dataclass(frozen=True)
class Condition:
    """What an event must be to count: a column, `=`, `in` or a comparison, and the values; null fits none."""

    column: str
    operator: str
    values: tuple[str | int | float | bool, ...]


@dataclass(frozen=True)
class Feature:
    """One feature: one column, of a customer and a moment."""

    name: str
    kind: str
    """Kind of the events, as customer_event has it."""
    where: tuple[Condition, ...]
    aggregate: str
    column: str | None
    days: int | None
    """Length of the window, in days of 24 hours; None: all that came before."""
    default: int | float | str | None
    """Its value where there is no such event."""
    purposes: tuple[str, ...]
    description: str

    @property
    def type(self) -> str:
        """Its type in SQL."""
        gives = AGGREGATES[self.aggregate].gives
        kind = event_columns()[self.column or ""] if gives == "column" else gives
        return "DOUBLE" if kind.startswith("DECIMAL") else kind

    @property
    def is_count(self) -> bool:
        """Is it a number of something, of which 0 is the same as no event?"""
        return AGGREGATES[self.aggregate].gives == "BIGINT"

    @property
    def columns(self) -> set[str]:
        """The columns of customer_event that it is worked out of."""
        own = {self.column} if self.column else set()
        return {"kind", "occurred_at", *own, *(c.column for c in self.where), *AGGREGATES[self.aggregate].needs}


def event_columns() -> dict[str, str]:
    """The columns that features may name, with their types in SQL."""
    columns: dict[str, str] = {c.name: sql_type(c) for c in published("customer_event").columns}
    return {**columns, THREAD: "VARCHAR"}


def find_features(folder: Path) -> Path:
    """The declarations that hold for a folder of contracts: its own, or else those we ship."""
    own = folder / FEATURES
    return own if own.is_file() else SHIPPED


def digest_features(folder: Path) -> str:
    """sha256 of the declarations that hold for a folder."""
    return hashlib.sha256(find_features(folder).read_bytes()).hexdigest()


def expand(body: Mapping[str, Any]) -> Iterator[Feature]:
    """The features of one declaration that is right: one for each window."""
    for days in list_windows(body):
        yield Feature(
            name=fill_name(str(body["name"]), days),
            kind=body["from"],
            where=tuple(to_condition(c, v) for c, v in (body.get("where") or {}).items()),
            aggregate=body["aggregate"],
            column=body.get("column"),
            days=days,
            default=body.get("default"),
            purposes=tuple(body.get("purposes") or ()),
            description=body["description"].rstrip(".") + (f", in the last {days} days." if days else "."),
        )


def list_windows(body: Mapping[str, Any]) -> list[int | None]:
    """Lengths in days; None for all of a customer's life."""
    windows = body.get("window")
    return [None if w in {None, "life"} else w for w in (windows if isinstance(windows, list) else [windows])]


def fill_name(name: str, days: int | None) -> str:
    """The name of a feature, with its window in the place that is kept for it."""
    return name.replace("{window}", str(days or "life"))


def to_condition(column: str, value: Any) -> Condition:
    """A line of `where`: a list is any of its values, a text such as `>= 3` a comparison, all else is equality."""
    if isinstance(value, list):
        return Condition(column, "in", tuple(value))
    found = COMPARISON.fullmatch(value) if isinstance(value, str) else None
    return Condition(column, found[1], (found[2],)) if found else Condition(column, "=", (value,))


def to_columns(features: tuple[Feature, ...]) -> tuple[Column, ...]:
    """Features as columns of a published table."""
    words = {"BIGINT": "integer", "DOUBLE": "number", "DATE": "date", "TIMESTAMP": "timestamp"}
    return tuple(
        Column(f.name, (f.name,), words.get(f.type, "string"), purposes=f.purposes, description=f.description)
        for f in features
    )
