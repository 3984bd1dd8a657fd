"""Homes damaged as disks, people and backups damage them: every command says what is wrong, and none serves it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.reliability.faults.rules import call
from benchmarks.reliability.nights import publish_within
from benchmarks.reliability.outcome import Outcome
from tests.worlds.world import World
from warehouse.home.layout import DATABASE, MANIFEST, PARQUET, WORKINGS, remove_folder

Damage = Callable[[World], object]


def served(world: World) -> Path:
    """The folder of the generation that is served, open to be damaged."""
    folder = world.home.generations / "1"
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return folder


def cut(path: Path, share: float = 0.5) -> None:
    """Keep the beginning of a file only."""
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def put_folder(path: Path) -> None:
    """A folder in the place of a file."""
    remove(path)
    path.mkdir()


def put_file(path: Path, text: str = "x") -> None:
    """A file in the place of whatever is there."""
    remove(path)
    path.write_text(text, "utf-8")


def put_link(path: Path, target: Path) -> None:
    """A symbolic link in the place of whatever is there."""
    remove(path)
    path.symlink_to(target)


def remove(path: Path) -> None:
    """Take a file, a link or a folder away."""
    if path.is_dir() and not path.is_symlink():
        remove_folder(path)
    else:
        path.unlink(missing_ok=True)


def last_report(world: World) -> Path:
    """The report of the last run."""
    return sorted(world.home.reports.glob("*.json"))[-1]


def put_elsewhere(world: World) -> None:
    """A generation as whole as the one that is served, outside of the home, which the pointer names."""
    outside = world.root / "outside" / "1"
    shutil.copytree(served(world), outside)
    put_link(world.home.pointer, outside)


def change_manifest(world: World, **changes: object) -> None:
    """A manifest that says something else, and its own digest as before."""
    path = served(world) / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


SERVED: Mapping[str, Damage] = {
    "manifest missing": lambda w: remove(served(w) / MANIFEST),
    "manifest torn": lambda w: cut(served(w) / MANIFEST),
    "manifest empty": lambda w: put_file(served(w) / MANIFEST, ""),
    "manifest a list": lambda w: put_file(served(w) / MANIFEST, "[]"),
    "manifest not UTF-8": lambda w: (served(w) / MANIFEST).write_bytes(b"\xff\xfe\x00"),
    "manifest a folder": lambda w: put_folder(served(w) / MANIFEST),
    "manifest of another number": lambda w: change_manifest(w, generation=7),
    "manifest whose settings are no numbers": lambda w: change_manifest(w, memory_limit="much", query_seconds="long"),
    "manifest without tables": lambda w: change_manifest(w, tables=None),
    "manifest with a date that is none": lambda w: change_manifest(w, as_of="soon"),
    "database missing": lambda w: remove(served(w) / DATABASE),
    "database empty": lambda w: put_file(served(w) / DATABASE, ""),
    "database torn": lambda w: cut(served(w) / DATABASE),
    "database a folder": lambda w: put_folder(served(w) / DATABASE),
    "database another file": lambda w: put_file(served(w) / DATABASE, "no database, but long enough to be one" * 999),
    "database a link": lambda w: put_link(served(w) / DATABASE, w.data / "sales.csv"),
    "workings missing": lambda w: remove(served(w) / WORKINGS),
    "workings torn": lambda w: cut(served(w) / WORKINGS),
    "workings another file": lambda w: put_file(served(w) / WORKINGS, "no database, but long enough to be one" * 999),
    "table of Parquet missing": lambda w: remove(served(w) / PARQUET / "customer_profile.parquet"),
    "table of Parquet torn": lambda w: cut(served(w) / PARQUET / "customer_profile.parquet"),
    "log beside the workings": lambda w: put_file(served(w) / f"{WORKINGS}.wal"),
    "file of somebody else in Parquet": lambda w: put_file(served(w) / PARQUET / "notes.parquet"),
    "log beside the database": lambda w: put_file(served(w) / f"{DATABASE}.wal"),
    "file of somebody else": lambda w: put_file(served(w) / "notes.txt"),
    "folder of somebody else": lambda w: put_folder(served(w) / f"{DATABASE}.tmp"),
    "pointer a file": lambda w: put_file(w.home.pointer),
    "pointer a folder": lambda w: put_folder(w.home.pointer),
    "pointer to nothing": lambda w: put_link(w.home.pointer, Path("generations") / "9"),
    "pointer to itself": lambda w: put_link(w.home.pointer, Path("current")),
    "pointer out of the home": put_elsewhere,
    "pointer to the folder of all": lambda w: put_link(w.home.pointer, Path("generations")),
    "pointer missing": lambda w: remove(w.home.pointer),
    "generation missing": lambda w: remove(served(w)),
    "all generations missing": lambda w: remove(w.home.generations),
    "generations a file": lambda w: put_file(w.home.generations),
    "served.json torn": lambda w: put_file(w.home.served, '{"gener'),
    "served.json of another": lambda w: put_file(w.home.served, '{"generations": [7]}'),
    "served.json a folder": lambda w: put_folder(w.home.served),
}
"""What keeps a home from being served: no command that reads it may end well, but one that says so."""
BESIDE: Mapping[str, Damage] = {
    "last report torn": lambda w: cut(last_report(w)),
    "last report empty": lambda w: put_file(last_report(w), ""),
    "last report a list": lambda w: put_file(last_report(w), "[1]"),
    "last report of nothing": lambda w: put_file(last_report(w), "{}"),
    "last report a folder": lambda w: put_folder(last_report(w)),
    "reports a file": lambda w: put_file(w.home.reports),
    "report of the generation torn": lambda w: cut(served(w) / "report.json"),
    "lock a link": lambda w: put_link(w.home.root / "lock", w.root / "elsewhere"),
    "lock a link to nothing": lambda w: put_link(w.home.root / "lock", Path("/nowhere/lock")),
    "lock a folder": lambda w: put_folder(w.home.root / "lock"),
    "work a file": lambda w: put_file(w.home.work),
    "decisions torn": lambda w: put_file(w.home.root / "decisions.jsonl", '{"kind": 1}\n{"k'),
    "decisions a folder": lambda w: put_folder(w.home.root / "decisions.jsonl"),
    "ledger torn": lambda w: put_file(w.home.root / "ledgers" / "consents.parquet", "PAR1"),
    "ledgers a file": lambda w: put_file(w.home.root / "ledgers"),
    "a generation that is none": lambda w: (w.home.generations / "99").mkdir(),
    "a file among generations": lambda w: put_file(w.home.generations / "5"),
    "a generation of words": lambda w: (w.home.generations / "old").mkdir(),
}
"""What commands may do without, or must name; a night may mend it."""
DAMAGES: Mapping[str, Damage] = SERVED | BESIDE
"""Each damage by its name."""

READING = (
    ("sql", "SELECT count(*) FROM customer_profile"), ("ask", "who_our_customers_are"), ("show", "A1"), ("review",),
    ("quarantine",), ("quarantine", "--rows"), ("explain", "sales:A1", "sales:A2"), ("status",),
    ("export", "recommender", "--out", "{out}"),
)  # fmt: skip
"""Commands that give rows of what is served, or speak of it."""
OTHERS = (
    ("feature", "orders_30_count"), ("diff", "1", "1"), ("report",), ("report", "1"),
    ("report", "--format", "html"), ("generations",), ("verify",), ("verify", "1"),
    ("rollback",), ("rollback", "1"), ("decisions",), ("link", "sales:A1", "sales:A2", "--reason", "same"),
    ("unlink", "sales:A1", "sales:A2", "--reason", "other"), ("withdraw", "1", "--reason", "no"),
    ("status", "--fail-if-late"), ("replay",),
)  # fmt: skip
COMMANDS = (*READING, *OTHERS)


def break_homes(folder: Path) -> list[Outcome]:
    """Every command in every damaged home; and a night in each, which mends it, or says what to do."""
    commands = Outcome(
        f"{len(COMMANDS)} commands in each of {len(DAMAGES)} damaged homes: files missing, torn, empty, links, others'",
        "ends well, or with exit 1 or 2 and a message; no traceback; nothing is served that is damaged, or written past"
        " the home",
    )
    nights = Outcome(f"a night in each of {len(DAMAGES)} damaged homes", "published, or refused by name with its cure")
    with publish_within(folder / "base", ["sales", "fx_rates"]) as base:
        for name, damage in DAMAGES.items():
            world = base.copy(folder / "damaged")
            damage(world)
            for words in READING:
                commands.add(name, judge_command(world, words, may_serve=name in BESIDE))
            for words in OTHERS:
                commands.add(name, judge_command(world, words, may_serve=True))
            remove_folder(world.root)
            world = base.copy(folder / "damaged")
            damage(world)
            nights.add(name, judge_command(world, ("run", "--as-of", "2026-03-11"), may_serve=True))
            remove_folder(world.root)
    return [commands, nights]


def judge_command(world: World, words: tuple[str, ...], *, may_serve: bool) -> list[str]:
    """What is wrong with how a command ends in a damaged home."""
    out = str(world.root / "exported")
    needs_contracts = words[0] in {"export", "replay", "feature"} or "--fail-if-late" in words
    own = ("--contracts", str(world.contracts)) if needs_contracts else ()
    status, said = call(world, words[0], *(word.replace("{out}", out) for word in words[1:]), *own)
    faults = [f"exit {status}"] if status not in {0, 1, 2} else []
    faults += ["a fault of the program"] if "Traceback" in said or "C360_DEBUG" in said else []
    faults += ["it serves"] if status == 0 and not may_serve else []
    faults += ["it writes where a link leads"] if (world.root / "elsewhere").exists() else []
    faults += ["it says nothing"] if not said.strip() else []
    return [f"{' '.join(words)}: {fault}: {said[-200:]}" for fault in faults]
