"""Real nights of a tiny company, each `c360 run` in a process group of its own, and what they left behind."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.worlds.world import AS_OF, SALES_HEAD, USUAL, World
from warehouse import ROOT, night
from warehouse.duck import literal, open_database, quote
from warehouse.home.keys import SIZE, find_keys
from warehouse.home.verify import verify
from warehouse.identity.sealed_model import KEY_NAME

C360 = (sys.executable, "-c", "from serving.cli.main import main; main()")
NEW_SALE = "L{0},R{0},A{0},new{0}@example.com,1,7.00,HKD,2026-03-09 10:00\n"
LIMIT_SECONDS = 300
NOT_COMPARED = frozenset({"landed_at", "generation", "_generation"})
"""Columns that say when and in which night a row came, all others are compared: a night that died may have used up a
number."""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    said: str
    """What it said on stderr."""

    def list_faults(self) -> list[str]:
        """What is wrong if it should have gone well."""
        return [f"exit {self.status}: {self.last_line}"] if self.status else []

    @property
    def last_line(self) -> str:
        """The error."""
        return (self.said.strip().splitlines() or ["said nothing"])[-1][:300]


def found(folder: Path, sources: Sequence[str] = ("sales", "fx_rates"), checker: Executor | None = None) -> World:
    """A company whose usual deliveries are there, and no night yet."""
    world = World.found(folder, checker or ThreadPoolExecutor(1), sources)
    give_key(world)
    for name, body in USUAL.items():
        if any(name.startswith(source.removesuffix("_rates")) for source in sources):
            world.deliver(name, body)
    return world


def give_key(world: World) -> None:
    """Give a home the key that all have here: sealed by one key, models are equal if what they know is."""
    keys = find_keys(world.home.root)
    keys.mkdir(mode=0o700)
    (keys / f"{KEY_NAME}.key").write_bytes(bytes(SIZE))


@contextmanager
def replaced(owner: object, name: str, value: object) -> Iterator[None]:
    """While inside, a module's name means something else."""
    usual = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, usual)


@contextmanager
def publish_within(
    folder: Path, sources: Sequence[str], prepare: Callable[[World], None] = lambda _: None
) -> Iterator[World]:
    """A company with generation 1, whose nights (`World.night`) are of this process and share one for the checks."""
    with night.open_checker() as checker, replaced(night, "open_checker", lambda: nullcontext(checker)):
        world = found(folder, sources, checker)
        prepare(world)
        world.night()
        yield world


def publish_first(folder: Path, sources: Sequence[str] = ("sales", "fx_rates")) -> World:
    """A company with generation 1, and one more sale that no night has seen."""
    world = found(folder, sources)
    require_well(run(world))
    sell(world, 5)
    return world


def sell(world: World, number: int) -> None:
    """Deliver one sale more, to somebody new."""
    world.deliver(f"sales_{number}.csv", SALES_HEAD + NEW_SALE.format(number))


def start(
    world: World,
    as_of: date = AS_OF,
    *,
    environment: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
) -> subprocess.Popen[str]:
    """Start `c360 run`, with all it starts in one process group."""
    wanted = ("--home", str(world.home.root), "--contracts", str(world.contracts), "--as-of", as_of.isoformat())
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [*prefix, *C360, "run", *wanted],
        env=os.environ | {"PYTHONPATH": paths} | dict(environment or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> Ended:
    """Wait for a command; nothing that it started outlives it, and one that hangs is killed."""
    wait_for(process)
    end_group(process)
    said = process.communicate()[1]
    return Ended(process.returncode, said)


def has_ended(process: subprocess.Popen[str]) -> bool:
    """Has it ended? Unlike `poll`, this leaves its id taken, so that no other group can have it."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def wait_for(process: subprocess.Popen[str]) -> None:
    """Wait until it has ended, and no longer than a night may take."""
    last = time.monotonic() + LIMIT_SECONDS
    while not has_ended(process) and time.monotonic() < last:
        time.sleep(0.01)


def run(world: World, as_of: date = AS_OF, **how: object) -> Ended:
    """One whole `c360 run`; `how` as for `start`."""
    return finish(start(world, as_of, **how))  # type: ignore[arg-type]


def require_well(ended: Ended) -> None:
    """Raise RuntimeError where a night on which an experiment rests did not pass."""
    if ended.status:
        raise RuntimeError(f"a night that should pass ended with {ended.status}: {ended.said[-500:]}")


def end_group(process: subprocess.Popen[str]) -> None:
    """SIGKILL to a command and to all that it started; call it before the command's status is taken."""
    assert process.returncode is None, "its id may be another's by now"
    os.killpg(process.pid, signal.SIGKILL)


def digest_rows(database: Path) -> dict[str, str]:
    """sha256 of every table and view of ours as Parquet, `ORDER BY ALL`, without NOT_COMPARED."""
    with TemporaryDirectory() as folder, open_database(database, read_only=True) as con:
        con.execute("SET threads = 1")
        tables = con.execute(
            "SELECT schema_name, table_name, list(column_name ORDER BY column_index) FROM duckdb_columns()"
            " WHERE NOT internal GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        digests, file = {}, Path(folder) / "rows.parquet"
        for schema, table, names in tables:
            columns = ", ".join(quote(name) for name in names if name not in NOT_COMPARED)
            query = f"SELECT {columns} FROM {quote(schema)}.{quote(table)} ORDER BY ALL"
            con.execute(f"COPY ({query}) TO {literal(str(file))} (FORMAT parquet)")
            digests[f"{schema}.{table}"] = hashlib.sha256(file.read_bytes()).hexdigest()
    return digests


def compare_rows(world: World, wanted: Mapping[str, str]) -> list[str]:
    """Tables of the generation that is served whose rows are not those wanted."""
    given = digest_rows(world.home.require_current().workings)
    return [f"rows differ in {name}" for name in sorted({*given, *wanted}) if given.get(name) != wanted.get(name)]


def list_leftovers(world: World) -> list[str]:
    """What an ended night should not have left: damage, work folders, a half-swapped pointer."""
    left = [f"left {path.name}" for path in world.home.root.glob(".*")]
    left += [f"left work/{path.name}" for path in world.home.work.glob("*")]
    return left + verify(world.home.require_current())
