"""Ids of runs: the moment of the begin and six digits by chance, so that they sort in the order of the runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

MOMENT = "%Y%m%dT%H%M%S%f"


def name_run(reports: Path) -> str:
    """An id for a new run, behind those of the runs that left a report, even where the clock was set back since."""
    moment = datetime.now(UTC).strftime(MOMENT)
    last = max((path.stem.partition("-")[0] for path in reports.glob("*.json")), default="")
    if last >= moment:
        moment = (datetime.strptime(last, MOMENT).replace(tzinfo=UTC) + timedelta(microseconds=1)).strftime(MOMENT)
    return f"{moment}-{uuid4().hex[:6]}"
