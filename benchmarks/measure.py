"""A command's wall time, processor time and peak memory, over all the processes it starts."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

INTERVAL = 0.1
"""Seconds between two looks at the processes; a peak that is shorter may be missed."""
UNSET = ("PYTHONDONTWRITEBYTECODE", "C360_HOME", "C360_CONTRACTS")
"""What a person's shell would not hold: the first makes every start compile every module again."""


class CommandError(Exception):
    """A command that is measured has failed."""


class LimitError(CommandError):
    """A command took more time or memory than it may."""


@dataclass(frozen=True)
class Measure:
    """What one run of a command took."""

    wall_seconds: float
    cpu_seconds: float
    """User and system time of all its processes."""
    peak_bytes: int
    """Greatest sum of the resident memory of all its processes; what they share counts once for each."""
    processes: tuple[tuple[str, float], ...] = ()
    """Each process that was seen at work: its command line, and its user and system time when it was seen last."""


def measure(
    command: Sequence[str],
    folder: Path,
    *,
    limit: float | None = None,
    most_bytes: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Measure:
    """Run a command in a folder and measure it.

    Args:
        command: program and arguments.
        folder: where it runs.
        limit: seconds that it may take; then it is ended with all that it started.
        most_bytes: memory that it and all it starts may take; beyond it they are ended.
        environment: variables set for it besides this process's own.

    Raises:
        CommandError: it ended with another status than 0; its last lines are in the message.
        LimitError: it took too long, or too much memory.
    """
    variables = {name: value for name, value in os.environ.items() if name not in UNSET} | dict(environment or {})
    before, start = spent_by_children(), time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        watch = Watch(process.pid, most_bytes)
        watch.start()
        said = wait_for(process, limit)
        wall = time.perf_counter() - start
        watch.join()
    if most_bytes and watch.peak > most_bytes:
        raise LimitError(f"ended at {most_bytes / 2**30:.0f} GiB of memory")
    if process.returncode:
        raise CommandError(f"{' '.join(command)} ended with status {process.returncode}:\n" + said[-2000:])
    # Only the watch knows of a process that nobody waits for (a Java machine), only we of what is between two looks.
    spent = max(spent_by_children() - before, sum(seconds for _, seconds in watch.processes.values()))
    return Measure(wall, spent, watch.peak, tuple(watch.processes.values()))


def wait_for(process: subprocess.Popen[str], limit: float | None) -> str:
    """What a command says until it ends; raises LimitError where that takes too long."""
    try:
        return process.communicate(timeout=limit)[0]
    except subprocess.TimeoutExpired as error:
        raise LimitError(f"ended after {(limit or 0) / 60:.0f} minutes") from error
    finally:
        # Also where the person at the keyboard ends the benchmark: what it started is in a session of its own.
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def spent_by_children() -> float:
    """Processor seconds of all processes that this one has started and waited for, and of theirs."""
    spent = os.times()
    return spent.children_user + spent.children_system


class Watch(threading.Thread):
    """Looks at a process and all that it starts until it has ended; ends them where they take too much memory."""

    def __init__(self, pid: int, most_bytes: int | None) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak, self.most_bytes = pid, 0, most_bytes
        self.processes: dict[int, tuple[str, float]] = {}

    def run(self) -> None:
        try:
            root = psutil.Process(self.pid)
            while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
                self.peak = max(self.peak, sum(map(self.look, [root, *root.children(recursive=True)])))
                if self.most_bytes and self.peak > self.most_bytes:
                    os.killpg(self.pid, signal.SIGKILL)
                    return
                time.sleep(INTERVAL)
        except psutil.NoSuchProcess:
            return

    def look(self, process: psutil.Process) -> int:
        """Note a process's time; gives its bytes in memory, 0 where it has just ended."""
        try:
            with process.oneshot():
                spent = process.cpu_times()
                self.processes[process.pid] = (" ".join(process.cmdline()), spent.user + spent.system)
                return int(process.memory_info().rss)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            return 0
