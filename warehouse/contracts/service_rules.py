"""What the rules of service are: consents that become columns, rules that decide, signals that add up to a score.

The models are the shape of `service_rules.yaml`, and what is right about it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import isclose
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, field_validator, model_validator

from warehouse.contracts.problem import suggest
from warehouse.contracts.published import published
from warehouse.contracts.shape import Number, Part, Text, is_number, wrong
from warehouse.types import sql_type

SERVICE_RULES = "service_rules.yaml"
Mode = Literal["automate", "assist", "human"]
MODES: tuple[str, ...] = get_args(Mode)
OPT_OUT, VULNERABLE = "is_ai_opted_out", "is_vulnerable"
DECIDED = ("service_mode", "service_score", "service_reasons")
"""Columns that the rules fill, and so cannot ask for."""
OF_OTHERS = ("household_id", "household_size")
"""Columns that are made of other people, too: who sees a service mode would learn of these."""
COMPARISONS = ("is", "at_least", "at_most", "above", "below")
NUMBERS = ("BIGINT", "INTEGER", "DOUBLE", "DECIMAL")


def list_columns() -> dict[str, str]:
    """The columns that a rule may ask for, with their types."""
    return {c.name: sql_type(c) for c in published("customer_profile").columns if c.name not in (*DECIDED, *OF_OTHERS)}


@dataclass(frozen=True)
class Condition:
    """A column compared with a value: `is`, `at_least`, `at_most`, `above` or `below`; a null column meets none."""

    column: str
    comparison: str
    value: bool | float | str


def read_condition(body: Any) -> Condition:
    """One condition, as in {column: ticket_90_count, at_least: 1}; a number as a float."""
    if not isinstance(body, dict) or len(body) != 2 or "column" not in body:
        raise wrong("is not a condition", "write {column: …, at_least: 1}")
    (comparison,) = set(body) - {"column"}
    if comparison not in COMPARISONS:
        raise wrong(f"unknown comparison {comparison!r}", suggest(comparison, COMPARISONS), comparison)
    column, value = str(body["column"]), body[comparison]
    require_fit(column, comparison, value)
    return Condition(column, comparison, value if isinstance(value, bool | str) else float(value))


def require_fit(column: str, comparison: str, value: Any) -> None:
    """Refuse a column that is not there, and a value that is not of its kind."""
    kind = list_columns().get(column)
    if kind is None:
        raise wrong(f"unknown column {column!r}", suggest(column, list_columns()), "column")
    if kind in {"VARCHAR", "BOOLEAN"}:
        due = str if kind == "VARCHAR" else bool
        if comparison != "is" or not isinstance(value, due):
            cure = "write `is: true` or `is: false`" if due is bool else "write `is: …`"
            raise wrong("does not fit the column", cure, comparison)
    elif not kind.startswith(NUMBERS):
        raise wrong("is a time or date", "take a column of days since, which is a number", "column")
    elif not is_number(value):
        raise wrong("is no number", "write a number", comparison)


def list_conditions(when: Any) -> Any:
    """Conditions as a list, where one stands alone."""
    if when == []:
        raise wrong("is empty", "write {column: …, at_least: 1}")
    return when if isinstance(when, list) else [when]


def require_number_column(column: str) -> str:
    """Refuse a column that is not there, or holds no numbers."""
    known = [name for name, kind in list_columns().items() if kind.startswith(NUMBERS)]
    if column not in known:
        raise wrong(f"no column of numbers is {column!r}", suggest(column, known))
    return column


def require_code(code: str) -> str:
    """Refuse a comma, with which reasons are joined."""
    if "," in code:
        raise wrong(f"code {code!r} has a comma", "write another")
    return code


Word = Annotated[str, AfterValidator(lambda word: word.strip().lower())]
Code = Annotated[Text, AfterValidator(require_code)]


class Consents(Part):
    """Purposes whose latest answer makes a column true, in small letters."""

    withdrawn: tuple[Word, ...] = ()
    """a list of purposes, as [ai_service]"""
    granted: tuple[Word, ...] = ()
    """a list of purposes, as [no_ai]"""


class ConsentColumns(Part):
    """The columns that are made of consents."""

    is_ai_opted_out: Consents = Consents()
    is_vulnerable: Consents = Consents()

    def items(self) -> Iterator[tuple[str, Consents]]:
        """Each column with its purposes."""
        yield from ((OPT_OUT, self.is_ai_opted_out), (VULNERABLE, self.is_vulnerable))


class Reason(Part):
    """What may be a reason of how a customer is served."""

    code: Code
    """a word"""
    zh: Text = Field(alias="zh-HK")
    """a sentence in Chinese"""
    en: Text
    """a sentence in English"""


class ServiceRule(Reason):
    """A rule that decides on a mode where all its conditions hold."""

    conditions: Annotated[
        tuple[Annotated[Condition, PlainValidator(read_condition)], ...], BeforeValidator(list_conditions)
    ] = Field(alias="when")
    """{column: …, at_least: 1}"""
    mode: Mode
    """automate, assist or human"""


class Signal(Reason):
    """A column that adds to the score: nothing up to `low`, its whole weight from `high` on; low may be the greater."""

    column: Annotated[str, AfterValidator(require_number_column)]
    """a column of numbers"""
    low: Number = Field(alias="from")
    """a number, where the signal begins"""
    high: Number = Field(alias="to")
    """a number, where the signal is full"""
    weight: Annotated[Number, Field(ge=0)]
    """a number from 0 to 1"""

    @model_validator(mode="after")
    def require_ends(self) -> Signal:
        """Its ends differ."""
        if self.low == self.high:
            cure = "write where the signal begins, and where it is full"
            raise wrong("from and to are not two different numbers", cure)
        return self


class Score(Part):
    """The sum of signals, which decides where no rule holds."""

    assist: Number
    """a number: the score from which a person helps"""
    human: Number
    """a number: the score from which a person serves"""
    signals: tuple[Signal, ...]
    """`- code: …` for each signal"""

    @field_validator("signals")
    @classmethod
    def require_whole(cls, signals: tuple[Signal, ...]) -> tuple[Signal, ...]:
        """The weights add up to 1."""
        total = sum(signal.weight for signal in signals)
        if not isclose(total, 1, abs_tol=1e-6):
            raise wrong(f"the weights add up to {total:g}", "make them add up to 1")
        return signals

    @model_validator(mode="after")
    def require_order(self) -> Score:
        """A person helps before one serves."""
        if not 0 < self.assist <= self.human <= 1:
            cure = "write numbers with 0 < assist <= human <= 1"
            raise wrong("assist and human are not valid thresholds", cure)
        return self


class ServiceRules(Part):
    """A rule file."""

    consents: ConsentColumns
    rules: tuple[ServiceRule, ...]
    """`- code: …` for each rule"""
    score: Score

    @field_validator("rules")
    @classmethod
    def require_refusal(cls, rules: tuple[ServiceRule, ...]) -> tuple[ServiceRule, ...]:
        """The refusal of AI stands first."""
        refusal = (Condition(OPT_OUT, "is", True),)
        if not rules or (rules[0].conditions, rules[0].mode) != (refusal, "human"):
            cure = f"begin with `when: {{column: {OPT_OUT}, is: true}}` and `mode: human`"
            raise wrong("does not keep AI from customers who refused it", cure, 0)
        return rules

    @model_validator(mode="after")
    def require_codes(self) -> ServiceRules:
        """No two rules or signals have one code."""
        places = [("rules", n, rule.code) for n, rule in enumerate(self.rules)]
        places += [("score.signals", n, signal.code) for n, signal in enumerate(self.score.signals)]
        counts: Counter[str] = Counter()
        for part, number, code in places:
            counts[code] += 1
            if counts[code] > 1:
                raise wrong(f"code {code!r} is there twice", "write another", *part.split("."), number, "code")
        return self

    @property
    def protective(self) -> frozenset[str]:
        """Purposes whose yes restricts what may be done with a customer, in small letters."""
        return frozenset(word for _, words in self.consents.items() for word in words.granted)
