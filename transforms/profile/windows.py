"""The windows of a business day over which behaviour is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = (30, 90, 365)
"""Lengths of the windows."""


@dataclass(frozen=True)
class Windows:
    """The business day and where its windows begin, as naive UTC times."""

    as_of: date
    until: datetime
    """The first moment after the business day: what happened at or after it does not count."""
    since: Mapping[int, datetime]
    """Length in days → its first moment."""
    timezone: str
    """IANA name of where the day ends."""


def open_windows(as_of: date, timezone: str) -> Windows:
    """Windows of a business day that begins and ends at midnight in `timezone` (IANA name)."""
    end = as_of + timedelta(days=1)
    since = {n: begin_day(end - timedelta(days=n), timezone) for n in DAYS}
    return Windows(as_of, begin_day(end, timezone), since, timezone)


def begin_day(day: date, timezone: str) -> datetime:
    """The first moment of a day in `timezone` (IANA name), as naive UTC."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC).replace(tzinfo=None)
