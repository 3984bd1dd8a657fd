"""What the rules of service are: consents that become columns, rules that decide, signals that add up to a score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MODES = ("automate", "assist", "human")
OPT_OUT, VULNERABLE = "is_ai_opted_out", "is_vulnerable"
DECIDED = ("service_mode", "service_score", "service_reasons")
"""Columns that the rules fill, and so cannot ask for."""


@dataclass(frozen=True)
class Consents:
    """Purposes whose latest answer makes a column true, in small letters."""

    withdrawn: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Condition:
    """A column compared with a value: `is`, `at_least`, `at_most`, `above` or `below`; a null column meets none."""

    column: str
    comparison: str
    value: bool | float | str


@dataclass(frozen=True)
class ServiceRule:
    """A rule that decides on a mode where all its conditions hold."""

    code: str
    conditions: tuple[Condition, ...]
    mode: str
    zh: str
    en: str


@dataclass(frozen=True)
class Signal:
    """A column that adds to the score: nothing up to `low`, its whole weight from `high` on; low may be the greater."""

    code: str
    column: str
    low: float
    high: float
    weight: float
    zh: str
    en: str


@dataclass(frozen=True)
class ServiceRules:
    """A rule file that was read and found right."""

    consents: Mapping[str, Consents]
    rules: tuple[ServiceRule, ...]
    signals: tuple[Signal, ...]
    assist: float
    """Score from which a person helps."""
    human: float
    """Score from which a person serves."""

    @property
    def protective(self) -> frozenset[str]:
        """Purposes whose yes restricts what may be done with a customer, in small letters."""
        return frozenset(word for words in self.consents.values() for word in words.granted)
