"""The deadline: by when the profiles of a business date are due, and whether they are there."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from warehouse.contracts.settings import Settings
from warehouse.home.layout import Home, HomeError
from warehouse.shown_time import show_time

SEASONS = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
"""A day of either half of the year, since a zone may keep two times."""


def find_due(settings: Settings, now: datetime) -> date | None:
    """The latest business date whose deadline has passed; None without a deadline."""
    if not settings.deadline:
        return None
    local = now.astimezone(ZoneInfo(settings.timezone))
    is_past = local.time() >= time.fromisoformat(settings.deadline)
    return local.date() - timedelta(days=1 if is_past else 2)


def find_served(home: Home) -> date | None:
    """The business date that is served; None where nothing is, or what is cannot be read."""
    try:
        generation = home.find_current()
        return date.fromisoformat(generation.read_manifest()["as_of"]) if generation else None
    except (HomeError, OSError, ValueError, KeyError, TypeError):
        return None


def describe_lateness(home: Home, settings: Settings, now: datetime) -> str | None:
    """What is late, in words; None where the profiles that are due are served, or no deadline is set."""
    due, served = find_due(settings, now), find_served(home)
    if due is None or (served is not None and served >= due):
        return None
    hour = time.fromisoformat(settings.deadline)
    moment = datetime.combine(due + timedelta(days=1), hour, ZoneInfo(settings.timezone))
    there = f"as of {served} are served" if served else "of no date are served"
    return f"late: profiles as of {due} were due at {show_time(moment, settings.timezone)}; those {there}"


def wait_from(settings: Settings, at: time, timezone: str) -> timedelta:
    """How long after a time of day of another zone the deadline comes; where clocks change, the longer of the two."""
    wanted, zone = time.fromisoformat(settings.deadline), ZoneInfo(settings.timezone)
    waits = []
    for season in SEASONS:
        start = datetime.combine(season, at, ZoneInfo(timezone))
        local = start.astimezone(zone)
        end = datetime.combine(local, wanted, zone)
        waits.append((end if end > local else end + timedelta(days=1)) - start)
    return max(waits)
