"""Times as people read them: in the business zone, with its name. Tables, files and JSON keep UTC.

One form everywhere: `2026-11-28 09:30 HKT`; a zone that has no abbreviation of its own is named by its offset, as in
`2026-11-28 09:30 +08`, and an hour that comes twice in autumn is told apart by EDT and EST.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

FORM = "%Y-%m-%d %H:%M %Z"
RUN = "%Y%m%dT%H%M%S%f"
"""How the id of a run begins: when it began, in UTC."""
UNKNOWN = "UTC"
"""The zone where nothing says which is the business zone, as before the first night; it is named like any other."""


def show_time(moment: datetime, timezone: str) -> str:
    """A moment to the minute, in a zone (IANA name) and with its name; a moment without a zone is UTC."""
    return to_local(moment, timezone).strftime(FORM)


def show_day(moment: datetime, timezone: str) -> date:
    """The day on the wall in a zone when a moment was; a moment without a zone is UTC."""
    return to_local(moment, timezone).date()


def show_run(run_id: str, timezone: str) -> str:
    """A run by its id, and when it began; an id that says nothing of that stands alone."""
    with suppress(ValueError):
        began = datetime.strptime(run_id.partition("-")[0], RUN).replace(tzinfo=UTC)
        return f"{run_id}, begun {show_time(began, timezone)}"
    return run_id


def to_local(moment: datetime, timezone: str) -> datetime:
    """The moment in a zone."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(ZoneInfo(timezone))
