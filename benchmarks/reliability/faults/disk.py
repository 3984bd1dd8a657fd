"""A disk that fills up in the middle of a night, one that cannot be written, and memory that does not suffice."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.reliability.nights import (
    NEW_SALE,
    Ended,
    compare_rows,
    digest_rows,
    give_key,
    list_leftovers,
    publish_first,
    require_well,
    run,
)
from benchmarks.reliability.outcome import Outcome
from tests.worlds.world import SALES_HEAD, World, list_tree
from warehouse.home.layout import remove_folder
from warehouse.monitoring.report import read_last_report

MANY = 20_000
"""Sales of the night, so that it needs more than the room asked for beforehand."""
ROOMY = "400m"
FULL = ("No space left", "the disk", "make room")
READ_ONLY = ("Read-only",)
MEMORY = ("memory", "Memory")
LIMITS = ("4MB", "8MB", "16MB")
SPACES = tuple(2**28 * n for n in (1, 2, 4, 6, 8, 10, 12))
"""Bytes of address space; the first are too small to start in."""
HOLDS = "named error, exit 1 or 2, no traceback; what was served stays; the night passes once there is room"


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[None]:
    """A small file system of its own, in memory."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    """Change its size or whether it may be written."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def why_not(folder: Path) -> str:
    """Why no file system can be mounted here; empty if it can."""
    try:
        with mounted(folder / "try", "1m"):
            return ""
    except (OSError, subprocess.CalledProcessError):
        return "mounting a tmpfs needs root"


def fill_disks(folder: Path, sizes: int = 20) -> list[Outcome]:
    """Nights on disks with more and more room, none of which may harm what is served; then one that is read-only."""
    full = Outcome(f"full disk: {sizes} sizes of a tmpfs", HOLDS)
    locked = Outcome("home on a disk that is read-only", HOLDS)
    if reason := why_not(folder):
        full.skipped = locked.skipped = reason
        return [full, locked]
    base = publish_first(folder / "base")
    base.deliver("sales_many.csv", [SALES_HEAD, *(NEW_SALE.format(100 + n) for n in range(MANY))])
    whole = base.copy(folder / "whole")
    require_well(run(whole))
    wanted = digest_rows(whole.home.require_current().workings)
    used, more = size_of(base.home.root), size_of(whole.home.root) - size_of(base.home.root)
    passed = 0
    for number in range(sizes):
        room = used + int(more * 1.5 * (number + 0.5) / sizes)
        faults, is_passed = fill_disk(base, folder / "small", str(room), wanted)
        passed += is_passed
        full.add(f"{room / 1e6:.1f} MB", faults)
    full.notes.append(f"{passed} of the sizes sufficed")
    locked.add("read-only", fill_disk(base, folder / "small", ROOMY, wanted, options="ro")[0])
    return [full, locked]


def size_of(folder: Path) -> int:
    """Bytes of all files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def fill_disk(
    base: World, folder: Path, size: str, wanted: dict[str, str], options: str = ""
) -> tuple[list[str], bool]:
    """One night with the home on such a file system; what did not hold, and whether the night passed at once."""
    world = World(folder, base.checker)
    for part in ("data", "contracts"):
        shutil.copytree(base.root / part, folder / part)
    give_key(world)
    try:
        with mounted(world.home.root, ROOMY):
            shutil.copytree(base.home.root, world.home.root, symlinks=True, dirs_exist_ok=True)
            remount(world.home.root, options or f"size={size}")
            ended = run(world)
            faults = []
            if ended.status:
                faults = name_faults(ended, READ_ONLY if options else FULL) + judge_served(base, world)
            remount(world.home.root, f"rw,size={ROOMY}")
            again = run(world)
            faults += again.list_faults() or [*compare_rows(world, wanted), *list_leftovers(world)]
            return faults, ended.status == 0
    finally:
        remove_folder(folder)


def name_faults(ended: Ended, words: Sequence[str]) -> list[str]:
    """What is wrong with how a night says that it failed: it names the cause, in one line, by its own exit status."""
    faults = [] if ended.status in {1, 2} else [f"exit {ended.status}"]
    faults += ["a traceback"] if "Traceback" in ended.said else []
    return faults + ([] if any(word in ended.said for word in words) else [f"does not name it: {ended.last_line}"])


def judge_served(base: World, world: World) -> list[str]:
    """What is wrong with what a failed night left: the generation before, unchanged, and whole reports."""
    faults = []
    try:
        read_last_report(world.home)
    except ValueError:
        faults.append("the last report cannot be read")
    served, number = world.home.require_current(), base.home.require_current().number
    if served.number != number or list_tree(served.folder) != list_tree(base.home.require_current().folder):
        faults.append("what is served has changed")
    return faults


def starve(folder: Path, limits: Sequence[str] = LIMITS, spaces: Sequence[int] = SPACES) -> list[Outcome]:
    """Nights with little memory: by DuckDB's own limit, and by what the system lets the process map."""
    base = publish_first(folder / "base")
    base.deliver("sales_many.csv", [SALES_HEAD, *(NEW_SALE.format(100 + n) for n in range(MANY))])
    limited = Outcome(f"`memory_limit` of {', '.join(limits)}", HOLDS)
    mapped = Outcome(
        f"address space bounded by the system (`ulimit -v`, {len(spaces)} sizes)",
        "exit other than 0; what was served stays; the night passes once there is room",
    )
    for limit in limits:
        ended, faults = starve_once(base, folder / "world", environment={"C360_MEMORY_LIMIT": limit})
        limited.add(limit, faults + (name_faults(ended, MEMORY) if ended.status else []))
    named = failed = 0
    for size in spaces:
        bound = ("sh", "-c", f'ulimit -v {size // 1024}; exec "$@"', "sh")
        ended, faults = starve_once(base, folder / "world", prefix=bound)
        mapped.add(f"{size / 2**30:.2f} GiB", faults)
        failed += ended.status != 0
        named += ended.status != 0 and not name_faults(ended, MEMORY)
    mapped.notes.append(
        f"{failed} sizes were too small, {named} of them ended with an error that names memory; in the"
        " others a library under Python ended the process"
    )
    return [limited, mapped]


def starve_once(base: World, folder: Path, **how: object) -> tuple[Ended, list[str]]:
    """One night with little memory, then one with enough."""
    world = base.copy(folder)
    ended = run(world, **how)
    faults = judge_served(base, world) if ended.status else []
    again = run(world)
    faults += again.list_faults() or list_leftovers(world)
    remove_folder(folder)
    return ended, faults
