"""What is to be exported, with its dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from transforms.profile.windows import begin_day, open_windows

TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class ExportDates:
    """What to select; a date is a business day in `timezone`."""

    as_of: date
    features_as_of: date | None
    """None: the day before validation begins."""
    newest: date
    """The business date of the generation."""
    timezone: str
    validation_on: date | None = None
    test_on: date | None = None
    core: int = 0
    rules: Mapping[str, str] = field(default_factory=dict)
    """By which rule each attribute of the golden record survives."""
    months: int = 6
    """Ends of months that the histories hold, at most."""

    def begin_of(self, day: date) -> datetime:
        """The first moment of a business day (UTC)."""
        return begin_day(day, self.timezone)

    @property
    def until(self) -> datetime:
        """The first moment that is no longer exported (UTC)."""
        return open_windows(self.as_of, self.timezone).until
