"""Features: what is counted of a customer's events before a moment, as declared in `features.yaml`.

A declaration names a kind of event, an aggregate and windows; each window makes one feature. The night's
`customer_feature` and `c360 features` work them out of the same definitions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from warehouse import ROOT
from warehouse.contracts.aggregates import AGGREGATES
from warehouse.contracts.model import Column
from warehouse.contracts.problem import suggest
from warehouse.contracts.published import published
from warehouse.contracts.shape import Part, Text, wrong
from warehouse.errors import C360Error
from warehouse.types import sql_type
from warehouse.types.roles import list_event_kinds

FEATURES = "features.yaml"
SHIPPED = ROOT / "contracts" / FEATURES
"""What counts where a folder of contracts has no file of its own."""
THREAD = "thread"
"""A column made for features: the order of a line, the ticket of a message, as its parent_id or else itself."""
NUMBERS = frozenset({"BIGINT", "DOUBLE", "DECIMAL(18,4)"})
TIMES = frozenset({"DATE", "TIMESTAMP"})
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


def require_name(name: str) -> str:
    """Refuse what cannot name a column."""
    if not re.fullmatch(r"[a-z]([a-z0-9_]|\{window\})*", name):
        cure = "begin with a small letter; then small letters, digits, _ and {window}"
        raise wrong(f"name {name!r} cannot name a column", cure)
    return name


def require_known(known: Callable[[], Iterable[str]]) -> AfterValidator:
    """Refuses a word that is none of these."""

    def judge(word: str) -> str:
        if word not in (words := list(known())):
            raise wrong(f"{word!r} is not known", suggest(word, words))
        return word

    return AfterValidator(judge)


def read_windows(window: Any) -> tuple[int | None, ...]:
    """Lengths in days, of one or several windows; None for all of a customer's life."""
    days = tuple(None if w in (None, "life") else w for w in (window if isinstance(window, list) else [window]))
    if not days:
        raise wrong("is empty", "write days, as 90, or life")
    for length in days:
        if length is not None and (isinstance(length, bool) or not isinstance(length, int) or not 1 <= length <= 36500):
            raise wrong(f"window {length!r} is none", "write days, as 90, or life")
    return days


def read_where(where: Any) -> tuple[Condition, ...]:
    """Conditions on columns that are there, with values of their types."""
    if not isinstance(where or {}, dict):
        raise wrong("is not a mapping", "write {column: value}")
    types, conditions = event_columns(), []
    for column, value in (where or {}).items():
        if column not in types:
            raise wrong(f"column {column!r} is not in customer_event", suggest(column, types), column)
        condition = to_condition(column, value)
        if not condition.values or not all(is_fitting(v, types[column]) for v in condition.values):
            due = "dates as 2026-06-30" if types[column] in TIMES else "numbers"
            said = "text" if types[column] == "VARCHAR" else due
            raise wrong(f"does not fit {column}", f"write {said}: a value, a list, or as '>= …'", column)
        conditions.append(condition)
    return tuple(conditions)


class Declaration(Part):
    """One entry of the file, which makes a feature for each window."""

    name: Annotated[str, AfterValidator(require_name)]
    """a name, as sale_{window}_count"""
    kind: Annotated[str, require_known(list_event_kinds)] = Field(alias="from")
    """a kind of event"""
    where: Annotated[tuple[Condition, ...], PlainValidator(read_where)] = ()
    aggregate: Annotated[str, require_known(lambda: sorted(AGGREGATES))]
    """an aggregate, as count"""
    column: str | None = None
    """a column of customer_event"""
    windows: Annotated[tuple[int | None, ...], PlainValidator(read_windows)] = Field((None,), alias="window")
    default: Any = None
    """a number or text, or leave it out for null"""
    purposes: tuple[str, ...] | None = ()
    """[service], or [] for nobody"""
    description: Text
    """in a line what it means, and its unit"""

    @model_validator(mode="after")
    def require_fit(self) -> Declaration:
        """Aggregate, column and default fit each other, and each window has a name."""
        self.require_column(event_columns())
        self.require_default()
        if len(self.windows) > 1 and "{window}" not in self.name:
            raise wrong("several windows under one name", "write {window} into the name", "name")
        return self

    def require_column(self, types: Mapping[str, str]) -> None:
        """Refuse a column that is not there, is not needed, or is of a type that the aggregate cannot take."""
        column, takes = self.column, AGGREGATES[self.aggregate].takes
        fitting = {"numbers": NUMBERS, "ordered": NUMBERS | TIMES}.get(takes, frozenset(types.values()))
        if column is None:
            if takes not in {"maybe", "nothing"}:
                raise wrong(f"{self.aggregate} needs a column", "name a column of customer_event", "column")
        elif takes == "nothing":
            cure = "leave it out; the time of the event counts"
            raise wrong(f"{self.aggregate} takes no column", cure, "column")
        elif column not in types:
            raise wrong(f"column {column!r} is not in customer_event", suggest(column, types), "column")
        elif types[column] not in fitting:
            what = "not a number" if takes == "numbers" else "text"
            cure = "take one of: " + ", ".join(sorted(c for c, kind in types.items() if kind in fitting))
            raise wrong(f"{self.aggregate} of {column}, which is {what}", cure, "column")
        elif takes == "no text" and column == "text":
            raise wrong("a customer's own text cannot be a feature", "take another column, or count", "column")

    def require_default(self) -> None:
        """Refuse a default that is not of the feature's type: what stands where there is no such event."""
        kind = next(self.expand()).type
        due = {"BIGINT": int, "DOUBLE": int | float, "VARCHAR": str}.get(kind)
        if self.default is None:
            return
        if due is None or isinstance(self.default, bool) or not isinstance(self.default, due):
            cure = "write a value of that type, or leave it out for null"
            raise wrong(f"default {self.default!r} is no {kind}", cure, "default")

    def expand(self) -> Iterator[Feature]:
        """One feature for each window."""
        for days in self.windows:
            yield Feature(
                name=fill_name(self.name, days),
                kind=self.kind,
                where=self.where,
                aggregate=self.aggregate,
                column=self.column,
                days=days,
                default=self.default,
                purposes=self.purposes or (),
                description=self.description.rstrip(".") + (f", in the last {days} days." if days else "."),
            )


class FeatureFile(Part):
    """The whole file; its entries are judged each by itself."""

    features: tuple[Any, ...]
    """`features:`, and below it `- name: …` lines"""


def find_features(folder: Path) -> Path:
    """The declarations that hold for a folder of contracts: its own, or else those we ship."""
    own = folder / FEATURES
    return own if own.is_file() else SHIPPED


def digest_features(folder: Path) -> str:
    """sha256 of the declarations that hold for a folder."""
    return hashlib.sha256(find_features(folder).read_bytes()).hexdigest()


def expand(body: Mapping[str, Any]) -> Iterator[Feature]:
    """The features of one declaration that is right, as a file has it."""
    return Declaration.model_validate(body).expand()


def fill_name(name: str, days: int | None) -> str:
    """The name of a feature, with its window in the place that is kept for it."""
    return name.replace("{window}", str(days or "life"))


def to_condition(column: str, value: Any) -> Condition:
    """A line of `where`: a list is any of its values, a text such as `>= 3` a comparison, all else is equality."""
    if isinstance(value, list):
        return Condition(column, "in", tuple(value))
    found = COMPARISON.fullmatch(value) if isinstance(value, str) else None
    return Condition(column, found[1], (found[2],)) if found else Condition(column, "=", (value,))


def is_fitting(value: object, kind: str) -> bool:
    """Is it a value that a column of this type may be held against? Comparisons are written as text."""
    if kind == "VARCHAR":
        return isinstance(value, str)
    try:
        if kind in TIMES:
            datetime.fromisoformat(str(value))
        else:
            float(str(value))
    except ValueError:
        return False
    return not isinstance(value, bool)


def to_columns(features: tuple[Feature, ...]) -> tuple[Column, ...]:
    """Features as columns of a published table."""
    words = {"BIGINT": "integer", "DOUBLE": "number", "DATE": "date", "TIMESTAMP": "timestamp"}
    return tuple(
        Column(f.name, (f.name,), words.get(f.type, "string"), purposes=f.purposes, description=f.description)
        for f in features
    )
