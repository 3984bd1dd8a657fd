"""What may stand in `features.yaml`: one entry, its rules with their cures, and the features it makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from warehouse.contracts.aggregates import AGGREGATES
from warehouse.contracts.features import CALENDAR, REST, Condition, Feature, day_columns, event_columns, find_type
from warehouse.contracts.problem import suggest
from warehouse.contracts.shape import Part, Text, wrong
from warehouse.types.roles import list_event_kinds

NUMBERS = frozenset({"BIGINT", "DOUBLE", "DECIMAL(18,4)"})
TIMES = frozenset({"DATE", "TIMESTAMP"})
COMPARISON = re.compile(r"(<=|>=|!=|<|>)\s*(\S.*)")
MOST_GROUPS = 50
"""Groups of `by` beyond which a table of features grows too wide to be of use."""
GROUPED = ("category", "channel", "event_type", "item_id", "sentiment", "source", "status", "text_language")
"""Columns whose values are few enough to group by, and are nobody's own words or ids."""


@dataclass(frozen=True)
class Group:
    """The events of some values of a column, under the name that the declaration gives them."""

    name: str
    condition: Condition


@dataclass(frozen=True)
class Variant:
    """One of the features that an entry makes: of a window, and of a group if it has groups."""

    days: int | None
    group: Group | None

    def fill(self, name: str) -> str:
        """A name with its window and group in the places that are kept for them."""
        filled = name.replace("{window}", str(self.days or "life"))
        return filled.replace("{by}", self.group.name) if self.group else filled

    def describe(self, meaning: str) -> str:
        """A meaning with its group and window, as a sentence."""
        of = f" ({self.group.condition.column} {self.group.name})" if self.group else ""
        since = f", in the last {self.days} days" if self.days else ""
        return f"{meaning.rstrip('.')}{of}{since}."


def require_name(name: str) -> str:
    """Refuse what cannot name a column."""
    if not re.fullmatch(r"[a-z]([a-z0-9_]|\{window\}|\{by\})*", name):
        cure = "begin with a small letter; then small letters, digits, _, {window} and {by}"
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


def read_groups(by: Any) -> tuple[Group, ...]:
    """The groups of a column's values, each with a name for columns; the rest is a group besides."""
    if not isinstance(by, dict) or len(by) != 1:
        raise wrong("is not one column with its groups", "write {category: {tea: Tea, cups: [Cup, Mug]}}")
    ((column, groups),) = by.items()
    if column not in GROUPED:
        raise wrong(f"cannot group by {column!r}", suggest(column, GROUPED), str(column))
    if not isinstance(groups, dict) or not 1 <= len(groups) <= MOST_GROUPS:
        cure = f"write 1 to {MOST_GROUPS}, each a name with its values: {{tea: Tea, cups: [Cup, Mug]}}"
        raise wrong("the groups are none, or too many", f"{cure}; the rest is {REST}", column)
    found, seen = [], dict[str, str]()
    for name, given in groups.items():
        values = given if isinstance(given, list) else [given]
        require_group(name, values, seen, column)
        seen |= dict.fromkeys(values, name)
        found.append(Group(name, Condition(column, "in", tuple(values))))
    return (*found, Group(REST, Condition(column, REST, tuple(seen))))


def require_group(name: Any, values: list[Any], seen: Mapping[str, str], column: str) -> None:
    """Refuse a group that cannot name a column, or whose values are no text or another group's, too."""
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9_]+", name):
        raise wrong(f"group {name!r} cannot name a column", "small letters, digits and _, as {tea: Tea}", column)
    if name == REST:
        raise wrong(f"group {REST!r} is made of what is left", "leave it out, or give it another name", column)
    if not values or not all(isinstance(value, str) and value for value in values):
        raise wrong(f"the values of {name} are not text", "write a text, or a list of texts, in quotes", column, name)
    if taken := sorted({seen[value] for value in values if value in seen}):
        raise wrong(f"a value of {name} is of {taken[0]}, too", "leave it in one group", column, name)


class Declaration(Part):
    """One entry of the file, which makes a feature for each window and group."""

    name: Annotated[str, AfterValidator(require_name)]
    """a name, as sale_{window}_count"""
    kind: Annotated[str, require_known(list_event_kinds)] | None = Field(None, alias="from")
    """a kind of event"""
    where: Annotated[tuple[Condition, ...], PlainValidator(read_where)] = ()
    aggregate: Annotated[str, require_known(lambda: sorted(AGGREGATES))]
    """an aggregate, as count"""
    column: str | None = None
    """a column of customer_event"""
    of: tuple[str, ...] = ()
    """[a feature, a feature], of which a ratio divides the first by the second"""
    least: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """of a ratio, the least that is divided by, as 20: less is no evidence, and has the default"""
    groups: Annotated[tuple[Group, ...], PlainValidator(read_groups)] = Field((), alias="by")
    """a column with groups of its values, as {category: {tea: Tea, cups: [Cup, Mug]}}"""
    windows: Annotated[tuple[int | None, ...], PlainValidator(read_windows)] = Field((None,), alias="window")
    default: Any = None
    """a number or text, or leave it out for null"""
    purposes: tuple[str, ...] | None = ()
    """[service], or [] for nobody"""
    description: Text
    """in a line what it means, and its unit"""

    @model_validator(mode="after")
    def require_fit(self) -> Declaration:
        """Aggregate, column and default fit each other, and each window and group has a name."""
        if self.is_ratio:
            self.require_ratio()
        elif self.is_of_day:
            self.require_day()
        else:
            self.require_column(event_columns())
            if self.kind is None:
                raise wrong("is missing", "write a kind of event: " + ", ".join(list_event_kinds()), "from")
            if told := [key for key, value in {"of": self.of, "least": self.least}.items() if value]:
                raise wrong(f"{self.aggregate} is of events", "leave it out, or write aggregate: ratio", told[0])
        self.require_default()
        if len(self.windows) > 1 and "{window}" not in self.name:
            raise wrong("several windows under one name", "write {window} into the name", "name")
        if bool(self.groups) != ("{by}" in self.name):
            cure = "write {by} into the name" if self.groups else "declare by, or take {by} out"
            raise wrong("by and the name do not fit", cure, "name")
        return self

    @property
    def is_ratio(self) -> bool:
        """Is it made of two other features?"""
        return AGGREGATES[self.aggregate].takes == "features"

    @property
    def is_of_day(self) -> bool:
        """Is it of the label's day, and of no event?"""
        return AGGREGATES[self.aggregate].takes == "day"

    def require_day(self) -> None:
        """Refuse what is not of one column of the calendar, or names events besides."""
        given: dict[str, Any] = {"from": self.kind, "where": self.where, "of": self.of, "by": self.groups}
        given |= {"least": self.least, "window": any(self.windows)}
        if told := [key for key, value in given.items() if value]:
            raise wrong(f"{self.aggregate} is of the label's day, not of events", "leave it out", told[0])
        if self.column not in day_columns():
            cure = "take one of: " + ", ".join(day_columns())
            raise wrong(f"column {self.column!r} is not of the {CALENDAR}", cure, "column")

    def require_ratio(self) -> None:
        """Refuse a ratio that is not of two features, or names events besides."""
        if len(self.of) != 2:
            raise wrong(f"{self.aggregate} is of two features", "write [what is divided, by what]", "of")
        given = {"from": self.kind, "where": self.where, "column": self.column, "by": self.groups}
        if told := [key for key, value in given.items() if value]:
            raise wrong(f"{self.aggregate} is of features, not of events", "leave it out; of says what counts", told[0])

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
        kind = find_type(self.aggregate, self.column)
        due = {"BIGINT": int, "DOUBLE": int | float, "VARCHAR": str}.get(kind)
        if self.default is None:
            return
        if due is None or isinstance(self.default, bool) or not isinstance(self.default, due):
            cure = "write a value of that type, or leave it out for null"
            raise wrong(f"default {self.default!r} is no {kind}", cure, "default")

    def list_variants(self) -> list[Variant]:
        """What it makes: a feature for each group and window."""
        return [Variant(days, group) for group in self.groups or (None,) for days in self.windows]

    def list_parts(self, variant: Variant) -> tuple[str, ...]:
        """Of a ratio, the names of its two features."""
        return tuple(variant.fill(name) for name in self.of)

    def expand(self, known: Mapping[str, Feature]) -> Iterator[Feature]:
        """Its features; a ratio takes its own two of those that are `known`."""
        for variant in self.list_variants():
            of = tuple(known[name] for name in self.list_parts(variant))
            yield Feature(
                name=variant.fill(self.name),
                kind=self.kind or (CALENDAR if self.is_of_day else of[0].kind),
                where=(*self.where, *([variant.group.condition] if variant.group else [])),
                aggregate=self.aggregate,
                column=self.column,
                days=variant.days,
                default=self.default,
                purposes=self.purposes or (),
                description=variant.describe(self.description),
                of=of,
                least=self.least,
            )


class FeatureFile(Part):
    """The whole file; its entries are judged each by itself."""

    features: tuple[Any, ...]
    """`features:`, and below it `- name: …` lines"""


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


def expand(declared: Iterable[Declaration]) -> tuple[Feature, ...]:
    """The features of entries that are right, in declared order; ratios may name what stands below them."""
    entries = list(declared)
    counted = {f.name: f for one in entries if not one.is_ratio for f in one.expand({})}
    return tuple(feature for one in entries for feature in one.expand(counted))
