"""What came of an experiment, as a line of the table in docs/reliability.md."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

BEGIN, END = "<!-- reliability: begin -->", "<!-- reliability: end -->"
HEAD = "| what is done | runs | what holds | held |\n|---|---:|---|---:|"


@dataclass
class Outcome:
    """One line: what was done, what must hold, and every run in which it did not."""

    done: str
    holds: str
    runs: int = 0
    faults: list[str] = field(default_factory=list)
    """One text for each run in which something did not hold."""
    notes: list[str] = field(default_factory=list)
    """What was seen besides, as how many sizes of a disk were too small."""
    skipped: str = ""
    """Why it could not be done here."""

    def add(self, run: str, faults: Sequence[str]) -> None:
        """Count one run, and what did not hold in it."""
        self.runs += 1
        if faults:
            self.faults.append(f"{run}: " + "; ".join(faults))

    @property
    def is_held(self) -> bool:
        """Was it done, and did it hold each time?"""
        return self.runs > 0 and not self.faults

    def show(self) -> str:
        """The line of the table."""
        held = f"not run: {self.skipped}" if self.skipped else f"{self.runs - len(self.faults)} of {self.runs}"
        return f"| {self.done} | {self.runs} | {'; '.join([self.holds, *self.notes])} | {held} |"


def show_outcomes(outcomes: Sequence[Outcome]) -> str:
    """The table, and below it each run in which something did not hold."""
    faults = [f"- {outcome.done}: {fault}" for outcome in outcomes for fault in outcome.faults]
    table = "\n".join([HEAD, *(outcome.show() for outcome in outcomes)])
    return "\n\n".join([table, "Did not hold:\n\n" + "\n".join(faults)] if faults else [table])


def write_outcomes(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Keep what came of an experiment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(outcome) for outcome in outcomes]), "utf-8")


def read_outcomes(path: Path) -> list[Outcome]:
    """What was kept."""
    return [Outcome(**fields) for fields in json.loads(path.read_text("utf-8"))]


def write_table(path: Path, text: str) -> None:
    """Put the table between the markers of a document.

    Raises:
        ValueError: the document lacks a marker.
    """
    old = path.read_text("utf-8")
    if BEGIN not in old or END not in old:
        raise ValueError(f"{path.name} needs the markers {BEGIN} and {END}, between which the table is written")
    path.write_text(f"{old.split(BEGIN)[0]}{BEGIN}\n{text}\n{END}{old.split(END)[1]}", "utf-8")
