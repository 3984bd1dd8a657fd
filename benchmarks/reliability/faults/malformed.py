"""Malformed files: ten ways to spoil a file, over CSV, JSON lines and Parquet; no record is lost, none goes unnamed."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.reliability.nights import found, run
from benchmarks.reliability.outcome import Outcome
from tests.worlds.world import SALES_HEAD, SOURCES, World
from warehouse.duck import quote

RECORDS = 30
FORMS = ("csv", "jsonl", "parquet")


def cut(body: bytes, chance: random.Random) -> bytes:
    """End it anywhere."""
    return body[: chance.randrange(len(body))]


def flip(body: bytes, chance: random.Random) -> bytes:
    """One bit."""
    place = chance.randrange(len(body))
    return body[:place] + bytes([body[place] ^ 1 << chance.randrange(8)]) + body[place + 1 :]


def insert(*parts: bytes) -> Callable[[bytes, random.Random], bytes]:
    """Put one of these anywhere."""

    def spoil(body: bytes, chance: random.Random) -> bytes:
        place = chance.randrange(len(body))
        return body[:place] + chance.choice(parts) + body[place:]

    return spoil


def lose(body: bytes, chance: random.Random) -> bytes:
    """A stretch is missing."""
    place = chance.randrange(len(body))
    return body[:place] + body[place + chance.randrange(1, 200) :]


def double(body: bytes, chance: random.Random) -> bytes:
    """A stretch stands there twice."""
    place, length = chance.randrange(len(body)), chance.randrange(1, 300)
    return body[: place + length] + body[place:]


def blank(body: bytes, chance: random.Random) -> bytes:
    """A stretch was never written."""
    place, length = chance.randrange(len(body)), chance.randrange(1, 64)
    return body[:place] + bytes(length) + body[place + length :]


def scramble(body: bytes, chance: random.Random) -> bytes:
    """A stretch is something else."""
    place = chance.randrange(len(body))
    return body[:place] + chance.randbytes(40) + body[place + 40 :]


MUTATIONS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "cut": cut, "flip": flip, "lose": lose, "double": double, "blank": blank, "scramble": scramble,
    "quote": insert(b'"'), "nul": insert(b"\0"), "encoding": insert(b"\xff", b"\xa4\xa4"),
    "separators": insert(b",,,", b"\n", b"{", b"]", b"\r"),
}  # fmt: skip


def make_body(form: str, name: str) -> bytes:
    """A good delivery of RECORDS sales or posts."""
    if form == "jsonl":
        posts = ({"id": f"{name}-{n}", "at": f"2026-03-02T01:00:{n:02}Z", "text": f"post {n}",
                  "author": {"handle": f"@h{n}", "email": f"h{n}@example.com"}} for n in range(RECORDS))  # fmt: skip
        return "".join(json.dumps(post) + "\n" for post in posts).encode()
    lines = [f"{name}-{n},R{n},A{n},a{n}@example.com,{n + 1},{n}.50,HKD,2026-03-01 10:{n:02}\n" for n in range(RECORDS)]
    text = "".join([SALES_HEAD, *lines])
    if form == "csv":
        return text.encode()
    file = io.BytesIO()
    pl.read_csv(text.encode(), infer_schema=False).write_parquet(file)
    return file.getvalue()


def spoil_files(folder: Path, seeds: int = 20, batch: int = 40) -> list[Outcome]:
    """Every mutation with every seed; each file is the delivery of a source of its own."""
    outcome = Outcome(
        f"malformed files: {len(MUTATIONS)} mutations × {seeds} seeds over CSV, JSON lines and Parquet",
        "loaded + quarantined + duplicate = physical, with a reason for each in quarantine and as many rows loaded as"
        " said; or the whole delivery refused by name",
    )
    files: dict[str, bytes] = {}
    for place, (kind, mutate) in enumerate(MUTATIONS.items()):
        for seed in range(seeds):
            form = FORMS[(place + seed) % 3]
            name = f"{kind}_{seed}_{form}"
            files[name] = mutate(make_body(form, name), random.Random(f"{kind} {seed}"))
    refused = 0
    for start in range(0, len(files), batch):
        part = dict(list(files.items())[start : start + batch])
        refused += take_batch(folder / str(start), part, outcome)
    outcome.notes.append(f"{refused} were refused whole")
    return [outcome]


def take_batch(folder: Path, files: dict[str, bytes], outcome: Outcome) -> int:
    """A night that refuses what is bad as a whole, and one that takes the rest; gives the number refused."""
    world = found(folder, ["fx_rates"])
    for name, body in files.items():
        declare(world, name)
        world.deliver(file_of(name), body)
    run(world)
    refused = find_refused(world.report, set(files))
    for name in refused:
        (world.contracts / f"{name}.odcs.yaml").unlink()
    ended = run(world) if world.generation is None else None
    for name, body in files.items():
        if name in refused:
            outcome.add(name, [] if refused[name] else ["refused without a reason"])
        else:
            outcome.add(name, (ended.list_faults() if ended else []) or judge_books(world, name, body))
    return len(refused)


def file_of(name: str) -> str:
    """A source's delivery."""
    return f"{name}.{name.rsplit('_', 1)[-1]}"


def declare(world: World, name: str) -> None:
    """A source like the posts or the sales."""
    like = SOURCES["posts" if name.endswith("jsonl") else "sales"]
    world.declare(name, **(like | {"path": file_of(name)}))


def find_refused(report: dict[str, Any], names: set[str]) -> dict[str, str]:
    """Sources whose gate was closed, with the reason."""
    lines = [line.strip() for line in (report["error"] or "").splitlines()]
    return {line.split(":")[0]: line.partition(": ")[2] for line in lines if line.split(":")[0] in names}


def judge_books(world: World, name: str, body: bytes) -> list[str]:
    """What is wrong with the books of a delivery that was taken in."""
    books = world.books(name)
    if len(books) != 1:
        return [f"{len(books)} deliveries in the books"]
    physical, loaded, quarantined, duplicates = books[0]
    faults = [] if physical == loaded + quarantined + duplicates else [f"books do not balance: {books[0]}"]
    counted = count_records(name, body)
    faults += [] if counted in {None, physical} else [f"{counted} records in the file, {physical} in the books"]
    with_reason = world.ask("SELECT count(*) FROM quarantine.record WHERE source = ? AND rule <> ''", name)[0][0]
    faults += [] if with_reason == quarantined else [f"{quarantined} in quarantine, {with_reason} with a reason"]
    rows = world.ask(f"SELECT count(*) FROM raw.{quote(name)}")[0][0]
    return faults + ([] if rows == loaded else [f"{loaded} loaded by the books, {rows} rows"])


def count_records(name: str, body: bytes) -> int | None:
    """Records of a file counted another way; None where that would want a parser."""
    if name.endswith("parquet"):
        try:
            return pl.read_parquet(io.BytesIO(body)).height
        except pl.exceptions.PolarsError:
            return None
    if any(mark in body for mark in (b"\r", b"\0")) or (name.endswith("csv") and b'"' in body):
        return None
    lines: Sequence[bytes] = [line for line in body.split(b"\n") if line.strip()]
    return len(lines) - name.endswith("csv")
