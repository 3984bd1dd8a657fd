"""What is new since the last pull: the parameter that asks for it, and up to where the records that came reach."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from warehouse.connectors.rest.paging import CHANGED
from warehouse.connectors.seam import PullError, State
from warehouse.contracts.rest.place import MISSING, find_value
from warehouse.contracts.rest.request import TIMES, Since

Reach = datetime | int
KEY = "since"
"""In a state: up to where the source is known, a time (UTC, ISO 8601) or a number as text."""


def read_reach(since: Since, state: State) -> Reach | None:
    """Up to where the source is known; None if nothing of it is."""
    text = state.get(KEY)
    if text is None:
        return None
    return datetime.fromisoformat(text) if since.format in TIMES else int(text)


def keep_reach(reach: Reach | None) -> dict[str, str]:
    """The same as a state."""
    return {} if reach is None else {KEY: reach.isoformat() if isinstance(reach, datetime) else str(reach)}


def spell_since(since: Since, reach: Reach | None, now: datetime) -> dict[str, str]:
    """The parameters that ask for what is new; none on a first pull of everything."""
    low = since.first if reach is None else reach - since.overlap if isinstance(reach, datetime) else reach
    asked = {} if low is None else {since.parameter: spell(since, low)}
    return asked | ({since.until: spell(since, now - since.overlap)} if since.until else {})


def spell(since: Since, reach: Reach) -> str:
    """A time or a number as it is asked for, in whole seconds."""
    if not isinstance(reach, datetime):
        return str(reach)
    seconds = int(reach.timestamp() // 1)
    if since.format == "iso":
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(seconds * (1000 if since.format == "milliseconds" else 1))


class Furthest:
    """The latest of a field in the records that come, but not after now: a record of 2099 would hide all others."""

    def __init__(self, since: Since, reach: Reach | None, now: datetime, timezone: str, where: str) -> None:
        self.since, self.reach, self.now, self.where = since, reach, now, where
        self.zone = ZoneInfo(timezone)

    def add(self, items: Iterable[Any]) -> None:
        """See the records of a page.

        Raises:
            PullError: none of them has the field, or one has something else there.
        """
        found = [value for item in items if (value := find_value(item, self.since.field)) is not MISSING]
        if items and not found:
            raise PullError(f"{self.where}: no record has {self.since.field}, of since; {CHANGED}")
        for value in found:
            if value is None:
                continue
            reach = self.read(value)
            if isinstance(reach, datetime) and reach > self.now:
                continue
            self.reach = reach if self.reach is None else max(self.reach, reach)

    def read(self, value: Any) -> Reach:
        """A value of the field."""
        try:
            if self.since.format not in TIMES:
                return int(value)
            if isinstance(value, int | float) and self.since.format != "iso":
                return datetime.fromtimestamp(value / (1000 if self.since.format == "milliseconds" else 1), UTC)
            moment = datetime.fromisoformat(value)
        except (ValueError, TypeError, OverflowError):
            kind = "time" if self.since.format in TIMES else "number"
            raise PullError(
                f"{self.where}: {self.since.field}, of since, is no {kind} in a record; {CHANGED}"
            ) from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)
