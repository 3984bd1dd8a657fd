"""What the parts of a full build take: `python -m benchmarks.events.parts --contracts DIR --home DIR`.

The night runs in this process, with a clock around each part; prints processor seconds by part, as JSON.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from pathlib import Path
from typing import Any

from benchmarks.events.world import AS_OF
from benchmarks.reliability.nights import replaced
from transforms.clean import events as wording
from warehouse.home.layout import Home
from warehouse.night import run_night
from warehouse.profile import build as building

CLOCKED: tuple[tuple[str, object, str], ...] = (
    ("texts: sentiment", wording, "polarity"),
    ("texts: language", wording, "language_of"),
    ("texts: asks for a human", wording, "asks_for_human"),
    ("facts by account", building, "update_facts"),
    ("customers who moved", building, "find_changed_customers"),
    ("lifetime value", building, "build_lifetimes"),
    ("parts of the profile: {}", building, "keep"),
    ("parts of the profile: {}", building, "renew"),
    ("{}", building, "publish_table"),
    ("the parts joined, with segments", building, "as_published"),
    ("history", building, "keep_history"),
    ("customer_feature", building, "publish_features"),
)
"""What is clocked: its title, and where its name stands; braces stand for the table that the call is for."""
PART = re.compile(r"^(profile\.)?part_")


def clock(function: Callable[..., Any], title: str, seconds: dict[str, float]) -> Callable[..., Any]:
    """The function, with its processor time added under its title."""

    @wraps(function)
    def work(*given: Any, **more: Any) -> Any:
        start = time.process_time()
        try:
            return function(*given, **more)
        finally:
            told = title.format(PART.sub("", str(given[1]))) if "{}" in title else title
            seconds[told] += time.process_time() - start

    return work


def clock_night(home: Home, contracts: Path) -> dict[str, float]:
    """Processor seconds by part of a whole night."""
    seconds: dict[str, float] = defaultdict(float)
    with ExitStack() as stack:
        for title, owner, name in CLOCKED:
            stack.enter_context(replaced(owner, name, clock(getattr(owner, name), title, seconds)))
        start = time.process_time()
        run_night(home, contracts, AS_OF)
        seconds["all, without the process of checks"] = time.process_time() - start
    return {title: round(taken, 3) for title, taken in seconds.items()}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.events.parts", description=__doc__.split("\n\n")[0])
    parser.add_argument("--contracts", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True, help="an empty one")
    given = parser.parse_args()
    print(json.dumps(clock_night(Home(given.home), given.contracts)))


if __name__ == "__main__":
    main()
