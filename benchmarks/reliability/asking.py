"""Every hostile statement asked by `c360 sql`: what is served, the disk, the network and a secret stay as they are."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer

from benchmarks.reliability.faults.rules import call
from benchmarks.reliability.nights import C360, publish_first, replaced
from benchmarks.reliability.outcome import Outcome
from benchmarks.reliability.statements import SECRET, STATEMENTS
from serving.limits import GRACE_SECONDS, SPARE_BYTES
from tests.worlds.world import World, list_tree
from warehouse import ROOT
from warehouse.home.verify import verify

SECONDS, MEMORY = 1, "200MB"
MOST_SECONDS = SECONDS + GRACE_SECONDS + 20
"""With the start of a process on a busy machine."""
MOST_BYTES = 200_000_000 + SPARE_BYTES + 400_000_000
"""With what Python and the engine take before they work."""
MEANT = {
    "changes": "would change a table, a setting or a file",
    "reads": "would read a file, the environment, memory or the network",
    "deep": "are nested 50,000 levels deep",
}
HOLDS = (
    "refused by a message; the home, its folder and the temporary one stay; no secret in an answer; nobody is called"
)
BOUNDED = f"ended within its {SECONDS} second and {GRACE_SECONDS:g} of grace, or at its bound of memory; all stays"


@dataclass
class Surroundings:
    """What a statement must leave alone: a home, a file of another program beside it, and a server."""

    world: World
    server: socket.socket
    folder: Path
    before: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Remember how everything is."""
        self.before = self.look()

    @property
    def places(self) -> dict[str, str]:
        """What the names of places in a statement stand for."""
        served = str(self.world.home.require_current().database)
        return {
            "{served}": served, "{beside}": f"{served}.wal", "{out}": str(self.folder / "out"),
            "{secret}": str(self.folder / "secret.csv"), "{folder}": str(self.folder),
            "{url}": f"http://127.0.0.1:{self.server.getsockname()[1]}",
        }  # fmt: skip

    def place(self, statement: str) -> str:
        """The statement with these places."""
        for name, place in self.places.items():
            statement = statement.replace(name, place)
        return statement

    def look(self) -> dict[str, object]:
        """Everything that could change: the home and the folder, file by file, and what an engine spills here."""
        here = sorted(path.name for end in (".tmp", "*.duckdb*", "*.wal") for path in Path().glob(end))
        return {"home": list_tree(self.world.home.root), "folder": list_tree(self.folder), "here": here}

    def list_faults(self) -> list[str]:
        """What is not as it was."""
        now = self.look()
        faults = [f"{name} has changed" for name in now if now[name] != self.before[name]]
        try:
            self.server.accept()[0].close()
        except BlockingIOError:
            return faults
        return [*faults, "a server was called"]


@contextmanager
def surrounding(world: World, folder: Path) -> Iterator[Surroundings]:
    """A secret in a file and in the environment, and a server, while statements are asked; the folder is that of
    temporary files, too."""
    folder.mkdir()
    (folder / "secret.csv").write_text(f"a,b\n{SECRET},1\n", "utf-8")
    with (
        replaced(tempfile, "tempdir", str(folder)),
        replaced(os, "environ", os.environ | {"C360_CANARY": SECRET, "TMPDIR": str(folder)}),
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        server.setblocking(False)
        yield Surroundings(world, server, folder)


def ask_hostile(folder: Path) -> list[Outcome]:
    """All statements, on a home of its own; those without an end in a process each."""
    world = publish_first(folder / "world")
    outcomes = []
    with surrounding(world, folder / "other") as place:
        for kind, meant in MEANT.items():
            outcome = Outcome(f"{len(STATEMENTS[kind])} statements to `c360 sql` that {meant}", HOLDS)
            for number, statement in enumerate(STATEMENTS[kind], 1):
                outcome.add(f"{number}: {statement[:60]}", [*refuse(place, statement), *place.list_faults()])
            outcomes.append(outcome)
        endless = STATEMENTS["endless"]
        outcome = Outcome(f"{len(endless)} statements that would hold the machine: no end, or GB of memory", BOUNDED)
        for number, statement in enumerate(endless, 1):
            outcome.add(f"{number}: {statement[:60]}", [*end(place, statement), *place.list_faults()])
        outcomes.append(outcome)
    outcomes[0].add("verify", verify(world.home.require_current()))
    return outcomes


def refuse(place: Surroundings, statement: str) -> list[str]:
    """What is wrong with the answer to a statement that must be refused."""
    status, said = call(place.world, "sql", place.place(statement), "--timeout", "5", "--format", "json")
    faults = [] if status == 2 and said.startswith("c360: ") else [f"exit {status}"]
    return faults + judge_answer(said)


def judge_answer(said: str) -> list[str]:
    """What an answer should not hold."""
    faults = ["it gives the secret"] if SECRET in said else []
    return faults + (["it is a fault of the program"] if "Traceback" in said or "C360_DEBUG" in said else [])


def end(place: Surroundings, statement: str) -> list[str]:
    """What is wrong with how a statement ends that would not end; one that can be answered in time may be."""
    words = ("sql", place.place(statement), "--home", str(place.world.home.root), "--timeout", str(SECONDS))
    begun = time.monotonic()
    with (place.folder.parent / "said").open("w+", encoding="utf-8") as said:
        process = subprocess.Popen(
            [*C360, *words, "--format", "csv"], cwd=ROOT, env=os.environ | {"C360_MEMORY_LIMIT": MEMORY},
            stdout=subprocess.PIPE, stderr=said, text=True,
        )  # fmt: skip
        killer = Timer(120, process.kill)
        killer.start()
        assert process.stdout
        answer = process.stdout.read(1000)
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        killer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        took, most = time.monotonic() - begun, usage.ru_maxrss * 1024
        said.seek(0)
        message = said.read()
    # What is cut off while it answers ends with 1 and without a word.
    is_ended = process.returncode == 2 if message else process.returncode in {0, 1} and answer
    faults = [] if is_ended else [f"exit {process.returncode}: {message[:100]}"]
    faults += [] if took < MOST_SECONDS else [f"{took:.0f} s"]
    faults += [] if most < MOST_BYTES else [f"{most / 1e6:.0f} MB"]
    return faults + judge_answer(answer + message)
