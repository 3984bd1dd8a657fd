"""One size of world, run by c360 and by its peers: whole programs, each from nothing but the files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.events.agreement import compare
from benchmarks.events.lookup import look_up
from benchmarks.events.world import AS_OF, LATER, TIMEZONE
from benchmarks.measure import LimitError, Measure, measure
from benchmarks.worlds import C360
from warehouse import ROOT
from warehouse.home.layout import remove_folder

PEERS = ROOT / "benchmarks" / "peers"
MOST_BYTES = 12 * 2**30
"""Memory that a program may take: what a laptop of 16 GiB has left."""
MOST_CLOCKED = 1_000_000
"""Events up to which a build is made once more with its parts clocked."""
SHORT = 60.0
"""Seconds below which a run is made three times."""
PEER_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "script": (sys.executable, "script.py", "event_world"),
    "pandas": (str(ROOT / ".venv-pandas" / "bin" / "python"), "pandas_events.py"),
    "PySpark": (str(ROOT / ".venv-spark" / "bin" / "python"), "spark_events.py"),
}


@dataclass
class Taken:
    """What a program took: the run of median wall time; `note` says what ended it, or why there is none."""

    wall: float = 0.0
    cpu: float = 0.0
    peak: int = 0
    note: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    """c360's own seconds by step."""
    checks_cpu: float = 0.0
    """Processor seconds of c360's process of checks."""


@dataclass
class Size:
    """Everything measured of one size."""

    events: int
    load: float = 0.0
    programs: dict[str, Taken] = field(default_factory=dict)
    lookups: dict[str, float] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)
    """Processor seconds of the parts of a full build; none of a world of more than MOST_CLOCKED events."""
    notes: list[str] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Keep it, so that other sizes can be run another time."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1), "utf-8")

    @classmethod
    def read(cls, path: Path) -> Size:
        """One that was kept."""
        kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return cls(**{**kept, "programs": {name: Taken(**taken) for name, taken in kept["programs"].items()}})


def run_size(folder: Path, events: int, peers: Iterable[str], runs: int, limit: float) -> Iterator[Size]:
    """Make the world, then run everything on it; gives what was measured so far after each program.

    Raises:
        DisagreementError: a peer's answer is another.
        CommandError: a program failed.
    """
    say(events, "the world")
    make = [sys.executable, "-m", "benchmarks.events.world", "--events", str(events), "--out", str(folder)]
    subprocess.run(make, cwd=ROOT, check=True)
    found = Size(events, load=os.getloadavg()[0])
    home, night = folder / "home", lay_out_night(folder)
    say(events, "c360, full build")
    found.programs["c360"] = repeat(lambda: build(folder, home, limit), runs)
    yield found
    for name in peers:
        say(events, name)
        out = folder / f"{name}.duckdb" if name == "script" else folder / name
        found.programs[name] = repeat(lambda n=name, o=out: run_peer(n, folder / "data", o, limit), runs)
        if not found.programs[name].note:
            found.notes += [f"{events:,} events, {name}: {line}" for line in compare(published(home), out)]
        yield found
    say(events, "c360, the night after")
    found.programs["night"] = repeat(lambda: run_night(night, home, limit), runs)
    yield found
    run_peer("script", night / "data", night / "script.duckdb", limit, LATER.isoformat())
    compared = compare(published(night / "home"), night / "script.duckdb")
    found.notes += [f"{events:,} events, the night after, script over everything: {line}" for line in compared]
    say(events, "look-ups")
    found.lookups = look_up(night / "home")
    if events <= MOST_CLOCKED:
        say(events, "the parts of a full build")
        found.parts = clock_parts(folder)
    yield found


def clock_parts(folder: Path) -> dict[str, float]:
    """Processor seconds by part of one more full build."""
    where = ["--contracts", str(folder / "contracts"), "--home", str(folder / "clocked")]
    command = [sys.executable, "-m", "benchmarks.events.parts", *where]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    parts: dict[str, float] = json.loads(said)
    return parts


def lay_out_night(folder: Path) -> Path:
    """A folder with what there was and what came the day after, of which c360 has only to take in the latter."""
    night = folder / "night"
    shutil.copytree(folder / "contracts", night / "contracts")
    for part in ("data", "later"):
        shutil.copytree(folder / part, night / "data", copy_function=os.link, dirs_exist_ok=True)
    return night


def published(home: Path) -> Path:
    """The file that c360 serves."""
    return home / "current" / "customer_360.duckdb"


def build(folder: Path, home: Path, limit: float) -> Taken:
    """A full build, from an empty home."""
    if home.exists():
        remove_folder(home)
    return run_c360(folder / "contracts", home, AS_OF.isoformat(), limit)


def run_night(night: Path, before: Path, limit: float) -> Taken:
    """The night after, on a copy of the home of the night before."""
    home = night / "home"
    if home.exists():
        remove_folder(home)
    shutil.copytree(before, home, symlinks=True)
    return run_c360(night / "contracts", home, LATER.isoformat(), limit)


def run_c360(contracts: Path, home: Path, as_of: str, limit: float) -> Taken:
    """The command as a user calls it."""
    command = [str(C360), "run", "--contracts", str(contracts), "--home", str(home), "--as-of", as_of]
    taken = take(measure(command, ROOT, limit=limit, most_bytes=MOST_BYTES))
    report = sorted((home / "reports").glob("*.json"))[-1]
    taken.seconds = json.loads(report.read_text("utf-8"))["seconds"]
    return taken


def run_peer(name: str, data: Path, out: Path, limit: float, as_of: str = AS_OF.isoformat()) -> Taken:
    """A peer; what it was stopped by stands in its note."""
    python, script, *arguments = PEER_COMMANDS[name]
    if not Path(python).exists():
        return Taken(note="not installed: make peers")
    out.unlink(missing_ok=True) if out.is_file() else shutil.rmtree(out, ignore_errors=True)
    command = [python, str(PEERS / script), *arguments, str(data), str(out), as_of, TIMEZONE]
    start = time.perf_counter()
    try:
        return take(measure(command, PEERS, limit=limit, most_bytes=MOST_BYTES))
    except LimitError as error:
        return Taken(time.perf_counter() - start, note=str(error))


def take(found: Measure) -> Taken:
    """A measure, with what c360's checks took: they have the one process that is started by spawning."""
    checks = sum(seconds for command, seconds in found.processes if "multiprocessing.spawn" in command)
    return Taken(found.wall_seconds, found.cpu_seconds, found.peak_bytes, checks_cpu=checks)


def repeat(run: Callable[[], Taken], runs: int) -> Taken:
    """The run of median wall time; one run alone where it takes long or was stopped."""
    first = run()
    if first.note or first.wall > SHORT:
        return first
    taken = [first, *(run() for _ in range(runs - 1))]
    middle = median(t.wall for t in taken) if runs % 2 else first.wall
    return next(t for t in taken if t.wall == middle)


def say(events: int, text: str) -> None:
    """Progress."""
    print(f"{events:,} events: {text}", file=sys.stderr, flush=True)
