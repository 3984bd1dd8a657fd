"""A command's wall time, processor time and peak memory, over all the processes it starts."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

INTERVAL = 0.1
"""Seconds between two looks at the processes; a peak that is shorter may be missed."""
UNSET = ("PYTHONDONTWRITEBYTECODE", "C360_HOME", "C360_CONTRACTS")
"""What a person's shell would not hold: the first makes every start compile every module anew."""


class CommandError(Exception):
    """A command that is measured has failed."""


@dataclass(frozen=True)
class Measure:
    """What one run of a command took."""

    wall_seconds: float
    cpu_seconds: float
    """User and system time of all its processes that have ended and were waited for."""
    peak_bytes: int
    """Greatest sum of the resident memory of all its processes; what they share counts once for each."""


def measure(command: Sequence[str], folder: Path) -> Measure:
    """Run a command in a folder and measure it.

    Raises:
        CommandError: it ended with another status than 0; its last lines are in the message.
    """
    environment = {name: value for name, value in os.environ.items() if name not in UNSET}
    before, start = spent_by_children(), time.perf_counter()
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        watch = Watch(process.pid)
        watch.start()
        said = process.communicate()[0]
        wall = time.perf_counter() - start
        watch.join()
    if process.returncode:
        raise CommandError(f"{' '.join(command)} ended with status {process.returncode}:\n" + said[-2000:])
    return Measure(wall, spent_by_children() - before, watch.peak)


def spent_by_children() -> float:
    """Processor seconds of all processes that this one has started and waited for, and of theirs."""
    spent = os.times()
    return spent.children_user + spent.children_system


class Watch(threading.Thread):
    """Looks at a process and all that it starts until it has ended."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak = pid, 0

    def run(self) -> None:
        try:
            root = psutil.Process(self.pid)
            while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
                self.peak = max(self.peak, sum(map(resident, [root, *root.children(recursive=True)])))
                time.sleep(INTERVAL)
        except psutil.NoSuchProcess:
            return


def resident(process: psutil.Process) -> int:
    """Bytes in memory; 0 for a process that has just ended."""
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
