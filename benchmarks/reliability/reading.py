"""A reader: asks the home again and again, each time on a connection of its own, and judges each answer.

As a program (`python -m benchmarks.reliability.reading HOME STOP`) it reads until the file STOP is there, then prints
what it saw as JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from serving.query import open_home

QUERY = """
SELECT string_split(path, '/')[-2], (SELECT max(generation) FROM delivery),
    (SELECT count(*) FROM customer_profile), (SELECT count(*) FROM customer_event)
FROM duckdb_databases() WHERE database_name = current_database()
"""
PAUSE_SECONDS = 0.02


@dataclass
class Seen:
    """What one reader saw."""

    answers: int = 0
    empty: int = 0
    mixed: int = 0
    """Answers whose rows are not of the generation that was opened."""
    errors: list[str] = field(default_factory=list)
    pictures: set[tuple[int, int, int]] = field(default_factory=set)
    """Number of a generation, its customers and its events."""

    def ask(self, home: Path) -> None:
        """Ask once."""
        self.answers += 1
        try:
            with open_home(home) as con:
                folder, night, customers, events = con.execute(QUERY).fetchall()[0]
        except Exception as error:  # whatever it is, the experiment is to count it
            self.errors.append(f"{type(error).__name__}: {error}")
            return
        self.empty += not (customers and events)
        self.mixed += int(folder) != night
        self.pictures.add((int(folder), customers, events))

    def list_faults(self, wanted: set[tuple[int, int, int]]) -> list[str]:
        """What is wrong with what was seen, where only the wanted pictures exist."""
        faults = [f"reader: {error}" for error in self.errors[:3]]
        faults += [f"{self.empty} empty answers"] if self.empty else []
        faults += [f"{self.mixed} answers of more than one generation"] if self.mixed else []
        faults += [f"saw {picture}, which is no whole generation" for picture in sorted(self.pictures - wanted)]
        return faults if self.answers else ["the reader never asked"]


class Reader(threading.Thread):
    """A reader beside an experiment, in its process."""

    def __init__(self, home: Path) -> None:
        super().__init__(daemon=True)
        self.home, self.seen, self.is_over = home, Seen(), threading.Event()

    def run(self) -> None:
        while not self.is_over.is_set():
            self.seen.ask(self.home)
            time.sleep(PAUSE_SECONDS)

    def __enter__(self) -> Reader:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        self.join()


def main(home: str, stop: str) -> None:
    """Read until the file is there."""
    seen = Seen()
    seen.ask(Path(home))
    print("ready", flush=True)
    while not Path(stop).exists():
        seen.ask(Path(home))
        time.sleep(PAUSE_SECONDS)
    print(json.dumps(asdict(seen) | {"pictures": sorted(seen.pictures)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
