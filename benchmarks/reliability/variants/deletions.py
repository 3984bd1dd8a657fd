"""Registers whose rows are deleted, in every way that sources say so: each key is there or gone as its newest row says.

Histories of members that are created, updated, deleted, deleted without ever having been there, and inserted again,
over three nights; with an order of versions and without one, the mark written in many words and cases.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.reliability.outcome import Outcome
from benchmarks.reliability.variants.judge import LOUD, RIGHT, SILENT, open_checks
from tests.worlds.world import AS_OF, World, column, key

NIGHTS, MEMBERS, VERSIONS = 3, 8, 30
# fmt: off
DELETED = (
    "d",
    "D",
    "delete",
    "DELETE",
    " Deleted ",
    "del",
    "removed",
    "true",
    "TRUE",
    "1",
    "Y",
    "yes",
    "已刪除",
    "Gelöscht",
)
KEPT = ("c", "r", "u", "I", "Update", "insert", "UPSERT", "false", "0", "N", "", "active", "snapshot", "未刪除")
OWN = {"weg": "deleted", "da": "kept", "Fort ": "deleted"}
"""Words that only a contract can say the meaning of."""
TYPES: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "string": (DELETED, KEPT),
    "boolean": (("true", "1", "True", "T"), ("false", "0", "", "F")),
    "integer": (("1",), ("0", "")),
    "timestamp": (("2026-03-01 10:00:00", "2026-03-01T10:00:00Z"), ("",)),
    "date": (("2026-03-01", "2026-02-28"), ("",)),
}
"""By the mark's type: how it says that a row was deleted, and that it was not."""
STYLES = ("words", "mixed case", "own words", "unknown word", "undeclared", "unmarked")
"""How a mark of type string is written and declared; of the last three each night must say something."""
Version = tuple[str, bool, int]
"""A member, whether this version deletes it, and its place among all versions."""


@dataclass(frozen=True)
class Register:
    """A source, its deliveries night by night, and what its members' e-mails must be at the end."""

    name: str
    contract: Mapping[str, Any]
    files: Sequence[tuple[str, str]]
    """Name and text of each night's file."""
    expected: Mapping[str, str]
    style: str


def list_registers(seeds: int) -> Iterator[Register]:
    """Some of every type of mark and style, each with and without an order of versions, or as whole pictures."""
    for seed in range(seeds):
        ways = [(kind, "words") for kind in TYPES] + [("string", style) for style in STYLES[1:]]
        for number, (kind, style) in enumerate(ways):
            for mode in ("sequence", "files", "snapshot"):
                yield make_register(f"r{seed}_{number}_{mode}", kind, style, mode)


def make_register(name: str, kind: str, style: str, mode: str) -> Register:
    """A register with a random history; in mode `sequence` its files come in any order, and their rows, too."""
    chance = random.Random(name)
    versions = make_versions(chance)
    parts = [versions[n * VERSIONS // NIGHTS : (n + 1) * VERSIONS // NIGHTS] for n in range(NIGHTS)]
    if mode == "sequence":
        shuffled = chance.sample(versions, len(versions))
        parts = [shuffled[n::NIGHTS] for n in range(NIGHTS)]
    elif mode == "snapshot":
        parts = [list(newest(versions[: (n + 1) * VERSIONS // NIGHTS]).values()) for n in range(NIGHTS)]
    places = chance.sample(range(1, 10), NIGHTS) if mode == "sequence" else list(range(1, NIGHTS + 1))
    files = []
    for place, part in zip(places, parts, strict=True):
        lines = "".join(write_version(chance, version, kind, style) for version in part)
        files.append((f"{name}-{place}.csv", "\ufeffno,email,op,seq\n" + lines))
    alive = {member: mail(member, place) for member, is_gone, place in newest(versions).values() if not is_gone}
    return Register(name, declare(kind, style, mode, name), files, alive, style)


def make_versions(chance: random.Random) -> list[Version]:
    """Versions in their true order: the first of a member may be its deletion, and after one it may come back."""
    return [(f"M{chance.randrange(MEMBERS)}", chance.random() < 0.35, place) for place in range(VERSIONS)]


def newest(versions: Sequence[Version]) -> dict[str, Version]:
    """Each member's last version, said as plainly as can be."""
    return {version[0]: version for version in versions}


def mail(member: str, place: int) -> str:
    """An address that is of one version alone."""
    return f"{member.lower()}v{place}@example.com"


def write_version(chance: random.Random, version: Version, kind: str, style: str) -> str:
    """A line; of a deletion sometimes the key alone, sometimes the whole last row."""
    member, is_gone, place = version
    words = TYPES[kind][0 if is_gone else 1]
    if style == "own words":
        words = [word for word, meaning in OWN.items() if (meaning == "deleted") == is_gone]
    elif style == "unknown word" and is_gone:
        words = ["perdu", "vorbei"]
    word = chance.choice(list(words))
    if style == "mixed case":
        word = "".join(chance.choice([sign.upper(), sign.lower()]) for sign in word) + chance.choice(["", " "])
    email = "" if is_gone and chance.random() < 0.6 else mail(member, place)
    return f"{member},{email},{word},{place}\n"


def declare(kind: str, style: str, mode: str, name: str) -> dict[str, Any]:
    """The contract of a register."""
    said: dict[str, Any] = {} if style == "unmarked" else {"deleted": True}
    said |= {"means": OWN} if style == "own words" else {}
    mark = column("op", kind=kind, customProperties=[{"property": f"c360.{n}", "value": v} for n, v in said.items()])
    place = column("seq", kind="integer", required=True)
    if mode == "sequence":
        place["customProperties"] = [{"property": "c360.sequence", "value": True}]
    columns = [key("no", "account_id"), column("email", "email"), *([] if style == "undeclared" else [mark]), place]
    load = "snapshot" if mode == "snapshot" else "merge"
    return {"kind": "customers", "mode": load, "path": f"{name}-*.csv", "columns": columns}


def judge(register: Register, world: World) -> str:
    """RIGHT: the members are those that are left, with their last address; LOUD: they are not, and a check says so."""
    found = dict(world.ask(
        "SELECT account_id, value FROM clean.attribute WHERE source = ? AND attribute = 'email'", register.name
    ))  # fmt: skip
    if found == register.expected:
        return RIGHT
    said = world.ask(
        "SELECT count(*) FROM governance.check_result WHERE source = ? AND NOT is_passed"
        " AND split_part(rule, ':', 1) IN ('deleted', 'undeclared_mark', 'unexpected_column')",
        register.name,
    )
    return LOUD if said[0][0] else SILENT


def delete_members(folder: Path, seeds: int = 2, together: int = 15, step: int = 1) -> list[Outcome]:
    """The nights of every `step`-th register, some in one company; with what is declared all must be right."""
    outcome = Outcome(
        "deleted rows of change streams, flags and times of deletion, over three nights",
        "each key is there or gone as its newest row says, and counted; an unknown word or no declaration is said",
    )
    registers, verdicts = list(list_registers(seeds))[::step], []
    with open_checks() as checker:
        for number in range(0, len(registers), together):
            some = registers[number : number + together]
            world = World.found(folder / str(number), checker, ())
            for register in some:
                world.declare(register.name, **register.contract)
            for night in range(NIGHTS):
                for register in some:
                    world.deliver(*register.files[night])
                world.run_to("clean", AS_OF + timedelta(days=night))
                world.require_balance()
            for register in some:
                verdict = judge(register, world)
                verdicts.append(verdict)
                may_be_loud = register.style in STYLES[3:]
                is_held = verdict == RIGHT or (verdict == LOUD and may_be_loud)
                outcome.add(f"{register.style}, {register.name}", [] if is_held else [verdict])
    outcome.notes.append(f"{verdicts.count(RIGHT)} were right, {verdicts.count(LOUD)} loud")
    return [outcome]
