"""Another time zone, an odd date, a date that runs backwards, no network: the same rows for the same business date."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from benchmarks.reliability.nights import compare_rows, digest_rows, found, require_well, run
from benchmarks.reliability.outcome import Outcome
from tests.worlds.world import AS_OF
from warehouse.home.layout import remove_folder

ZONES = ("Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati", "Pacific/Pago_Pago")
DATES = (date(2026, 12, 31), date(2027, 1, 1), date(2028, 2, 29), date(2028, 3, 1))


def move_clocks(folder: Path, zones: Sequence[str] = ZONES, dates: Sequence[date] = DATES) -> list[Outcome]:
    """The night of each date in UTC and in each zone; then a business date that lies before what is served."""
    zoned = Outcome(
        f"nights of {', '.join(map(str, dates))} with `TZ` set to UTC and to {len(zones)} other zones",
        "the rows that UTC gives for that date",
    )
    back = Outcome("a business date before the one that is served", "refused by name, exit 2; what is served stays")
    base = found(folder / "base")
    for as_of in dates:
        utc = base.copy(folder / "utc")
        require_well(run(utc, as_of, environment={"TZ": "UTC"}))
        wanted = digest_rows(utc.home.require_current().workings)
        for zone in zones:
            world = base.copy(folder / "zone")
            ended = run(world, as_of, environment={"TZ": zone})
            zoned.add(f"{as_of} in {zone}", ended.list_faults() or compare_rows(world, wanted))
            remove_folder(world.root)
        ended = run(utc, AS_OF)
        is_named = ended.status == 2 and "lies before" in ended.said and utc.generation == 1
        back.add(str(as_of), [] if is_named else ended.list_faults() or ["it was run"])
        remove_folder(utc.root)
    return [zoned, back]


def cut_network(folder: Path, times: int = 3) -> list[Outcome]:
    """Nights in a network namespace in which there is nothing."""
    outcome = Outcome("no network (`unshare -n`)", "the night passes, with the rows of one beside a network")
    try:
        subprocess.run(["unshare", "-n", "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        outcome.skipped = "unshare -n is not permitted"
        return [outcome]
    whole = found(folder / "whole")
    require_well(run(whole))
    wanted = digest_rows(whole.home.require_current().workings)
    for number in range(times):
        world = found(folder / str(number))
        ended = run(world, prefix=("unshare", "-n"))
        outcome.add(f"time {number + 1}", ended.list_faults() or compare_rows(world, wanted))
    return [outcome]
