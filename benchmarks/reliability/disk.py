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
    found,
    list_leftovers,
    publish_first,
    require_well,
    run,
)
from benchmarks.reliability.outcome import Outcome
from tests.world import SALES_HEAD, World, list_tree

MANY = 60_000
"""Sales of the night, so that it needs more than the room asked for beforehand."""
ROOMY = "400m"
FULL = ("No space left", "the disk", "make room")
READ_ONLY = ("Read-only",)
MEMORY = ("memory", "Memory")
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
    wanted = digest_rows(whole.home.require_current().database)
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
    try:
        with mounted(world.home.root, ROOMY):
            shutil.copytree(base.home.root, world.home.root, symlinks=True, dirs_exist_ok=True)
            remount(world.home.root, options or f"size={size}")
            ended = run(world)
            faults = judge_failure(base, world, ended, READ_ONLY if options else FULL) if ended.status else []
            remount(world.home.root, f"rw,size={ROOMY}")
            again = run(world)
            faults += again.list_faults() or [*compare_rows(world, wanted), *list_leftovers(world)]
            return faults, ended.status == 0
    finally:
        shutil.rmtree(folder)


def judge_failure(base: World, world: World, ended: Ended, words: Sequence[str]) -> list[str]:
    """What is wrong with a night that failed for want of something: it names that, and leaves what was served."""
    faults = [] if ended.status in {1, 2} else [f"exit {ended.status}"]
    faults += ["a traceback"] if "Traceback" in ended.said else []
    faults += [] if any(word in ended.said for word in words) else [f"the cause is not named: {ended.last_line}"]
    served, number = world.home.require_current(), base.home.require_current().number
    if served.number != number or list_tree(served.folder) != list_tree(base.home.require_current().folder):
        faults.append("what is served has changed")
    return faults


def starve(folder: Path, limits: Sequence[str] = ("4MB", "8MB", "16MB"), spaces: Sequence[int] = ()) -> list[Outcome]:
    """Nights with little memory: by DuckDB's own limit, and by what the system lets the process map."""
    base = found(folder / "base")
    require_well(run(base))
    base.deliver("sales_many.csv", [SALES_HEAD, *(NEW_SALE.format(100 + n) for n in range(MANY))])
    limited = Outcome(f"`memory_limit` of {', '.join(limits)}", HOLDS)
    mapped = Outcome("address space bounded by the system (`ulimit -v`)", HOLDS)
    for limit in limits:
        limited.add(limit, starve_once(base, folder / "world", environment={"C360_MEMORY_LIMIT": limit}))
    for size in spaces or [n * 2**28 for n in range(2, 13)]:
        bound = ("sh", "-c", f'ulimit -v {size // 1024}; exec "$@"', "sh")
        mapped.add(f"{size / 2**30:.2f} GiB", starve_once(base, folder / "world", prefix=bound))
    return [limited, mapped]


def starve_once(base: World, folder: Path, **how: object) -> list[str]:
    """One night with little memory, then one with enough."""
    world = base.copy(folder)
    ended = run(world, **how)
    faults = [] if ended.status == 0 else judge_failure(base, world, ended, MEMORY)
    again = run(world)
    faults += again.list_faults() or list_leftovers(world)
    shutil.rmtree(folder)
    return faults
