"""Files in the shapes that APIs, banks and spreadsheets give: nested, framed, packed, dated in many ways.

What is declared must be read right; what is not must be right or loud, and never wrong in silence.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.reliability.outcome import Outcome
from tests.worlds.reading_world import source_of
from warehouse.contracts.model import Column, Location, Source
from warehouse.landing.land import Landed, LoadHistory, begin_file, land_files
from warehouse.types.record_path import read_place
from warehouse.types.spelled_times import MONTHS

LOUD = "loud"
RIGHT, SILENT = "right", "wrong in silence"
Row = tuple[str, datetime, float]
NAMES = ("orders", "results", "data", "客戶訂單", "Bestellungen", "order lines", "items.v2")
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - landed times are naive UTC


@dataclass(frozen=True)
class Variant:
    """Deliveries of one source, and what must come of them."""

    name: str
    files: Mapping[str, bytes]
    source: Source
    expected: Sequence[Row] | str
    """Id, moment in UTC and amount of every row, or LOUD."""
    may_lose: bool = False
    """Rows may be missing, as long as something is said of them."""


def make_source(form: str, *columns: Column, **location: Any) -> Source:
    """A source of three columns, in UTC."""
    own = columns or tuple(
        Column(name, (name,), kind, required=True)
        for name, kind in (("id", "string"), ("at", "timestamp"), ("amt", "number"))
    )
    place = Location("local", "day", form, **location)
    return replace(source_of("id"), columns=own, location=place, kind="transactions")


def make_rows(chance: random.Random) -> list[Row]:
    """Some rows, with whole seconds and days that tell their order."""
    start = datetime(2026, 1, 13)  # noqa: DTZ001
    return [
        (f"R{n}", start + timedelta(days=n % 14, seconds=chance.randint(0, 86_399)), round(chance.uniform(1, 900), 2))
        for n in range(chance.randint(1, 9))
    ]


def quote_step(name: str) -> str:
    """A name as a step of a path."""
    return f"['{name}']" if "." in name or " " in name else f".{name}"


def list_nested(seeds: int) -> Iterator[Variant]:
    """Records in envelopes, pages and objects keyed by ids, with what is around them; declared, and not."""
    for seed in range(seeds):
        chance = random.Random(seed)
        rows = make_rows(chance)
        steps = chance.sample(NAMES, chance.randint(1, 3))
        is_keyed = chance.random() < 0.3
        records: Any = [{"id": i, "amt": amount} for i, _, amount in rows]
        around = {"at": "2026-01-20T10:00:00Z"}
        if is_keyed:
            records = {f"k{n}": record for n, record in enumerate(records)}
        document: Any = records
        for number, step in enumerate(reversed(steps)):
            document = {step: document} | (around if number == 0 else {"page": number})
        above = "".join(map(quote_step, steps[:-1]))
        path = f"${above}{quote_step(steps[-1])}[*]"
        columns = (
            Column("id", ("id",), "string", required=True),
            Column("at", read_place(f"${above}.at"), "timestamp", required=True),
            Column("amt", ("amt",), "number", required=True),
        )
        body, form = write_json(chance, document)
        moment = datetime(2026, 1, 20, 10)  # noqa: DTZ001
        yield Variant(
            f"nested {seed}", {"day.json": body}, make_source(form, *columns, records=path),
            [(i, moment, amount) for i, _, amount in rows],
        )  # fmt: skip
        yield Variant(f"nested, undeclared {seed}", {"day.json": body}, make_source(form), LOUD)


def write_json(chance: random.Random, document: Any) -> tuple[bytes, str]:
    """A document as a file, and its format."""
    style = chance.choice(["plain", "pretty", "script", "line", "text"])
    if style == "text":  # as a column of a database gives it
        name = next(iter(document))
        document = document | {name: json.dumps(document[name])}
    text = json.dumps(document, ensure_ascii=chance.random() < 0.5, indent=2 if style == "pretty" else None)
    if style == "script":
        text = f"window.YTD.part0 = {text};\n"
    return pack(chance, text.encode()), "jsonl" if style == "line" else "json"


def pack(chance: random.Random, body: bytes) -> bytes:
    """A file as it is, or in one of the archives that are read."""
    way = chance.choice(["", "", "gzip", "zip"])
    if way == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("folder/", "")
            archive.writestr("folder/day.txt", body)
        return packed.getvalue()
    return gzip.compress(body) if way == "gzip" else body


PREAMBLES = ("", "Kontoauszug\nKonto;123\n\n", "# exported by a shop\n", "Report, 2026\nShop, 7\n", "=====\n導出\n")
FOOTERS = ("", "Summe;;;99\n", "-----\n2 records\n", "合計,,,\n")


def list_framed(seeds: int) -> Iterator[Variant]:
    """Tables with lines above their header and below their last record, with and without a declared footer."""
    for seed in range(seeds):
        chance = random.Random(1000 + seed)
        rows, delimiter = make_rows(chance), chance.choice(",;\t|")
        above, below = chance.choice(PREAMBLES), chance.choice(FOOTERS)
        if chance.random() < 0.2:
            above = f"sep={delimiter}\n"
        lines = [("id", "at", "amt"), *((i, f"{at:%Y-%m-%d %H:%M:%S}", f"{amount}") for i, at, amount in rows)]
        table = "".join(delimiter.join(line) + "\n" for line in lines)
        end = chance.choice(["\n", "\r\n"])
        body = pack(chance, (above + table + below).replace("\n", end).encode(chance.choice(["utf-8", "utf-16"])))
        footer = below[:3] or None
        yield Variant(f"framed {seed}", {"day.csv": body}, make_source("csv", footer=footer), rows)
        cut = pack(chance, (above + table).encode())
        if footer:
            yield Variant(f"cut off {seed}", {"day.csv": cut}, make_source("csv", footer=footer), LOUD)
            yield Variant(f"footer undeclared {seed}", {"day.csv": body}, make_source("csv"), rows)


def write_time(chance: random.Random, moment: datetime, style: str) -> str:
    """A moment in one style."""
    clock, half = f"{moment:%H:%M:%S}", "上午" if moment.hour < 12 else "下午"
    month = chance.choice([name for name, number in MONTHS.items() if number == moment.month])
    seconds = int((moment - EPOCH).total_seconds())
    return {
        "chinese": f"{moment.year}年{moment.month}月{moment.day}日 {half}{(moment.hour - 1) % 12 + 1}:{moment:%M:%S}",
        "minguo": f"民國{moment.year - 1911}年{moment.month}月{moment.day}日 {clock}",
        "rfc": f"{moment:%a, %d %b %Y} {clock} GMT",
        "unix": f"{moment:%a %b %d} {clock} +0000 {moment.year}",
        "named": f"{moment.day}. {month.title()} {moment.year} {clock}",
        "american": f"{month.title()} {moment.day}, {moment.year} {(moment.hour - 1) % 12 + 1}:{moment:%M:%S %p}",
        "german": f"{moment:%d.%m.%Y}, {clock} Uhr",
        "zoned": f"{moment.isoformat()}Z[UTC]",
        "seconds": str(seconds),
        "milliseconds": f"{seconds}000",
        "microseconds": f"{seconds}000000",
        "nanoseconds": f"{seconds}000000000",
        "excel": f"{(moment - datetime(1899, 12, 30)) / timedelta(days=1):.9f}",  # noqa: DTZ001
        "two digits": f"{moment:%m/%d/%y} {clock}",
    }[style]


PLAIN = ("chinese", "minguo", "rfc", "unix", "named", "american", "german", "zoned")
COUNTED = ("seconds", "milliseconds", "microseconds", "nanoseconds", "excel")


def list_dated(seeds: int) -> Iterator[Variant]:
    """Times in words, which need no declaration, and times in numbers, which do."""
    for seed in range(seeds):
        chance = random.Random(2000 + seed)
        style = (*PLAIN, *COUNTED, "two digits")[seed % (len(PLAIN) + len(COUNTED) + 1)]
        rows = make_rows(chance)
        lines = (f'{i}|"{write_time(chance, at, style)}"|{amount}\n' for i, at, amount in rows)
        files = {"day.csv": ("id|at|amt\n" + "".join(lines)).encode()}
        source = make_source("csv")
        if style in PLAIN:
            yield Variant(f"{style} {seed}", files, source, rows)
            continue
        yield Variant(f"{style}, undeclared {seed}", files, source, LOUD)
        if style in COUNTED:
            for epoch in {style, "excel" if style == "excel" else "any"}:
                columns = [replace(c, epoch=epoch if c.name == "at" else None) for c in source.columns]
                yield Variant(f"{style} as {epoch} {seed}", files, replace(source, columns=tuple(columns)), rows)


def list_remarked(seeds: int) -> Iterator[Variant]:
    """Single quotes, lines of remarks, files without a header; declared, and not."""
    for seed in range(seeds):
        chance = random.Random(3000 + seed)
        rows, delimiter = make_rows(chance), chance.choice(",;\t|")
        lines = [("id", "at", "amt"), *((i, f"{at:%Y-%m-%d %H:%M:%S}", f"{amount}") for i, at, amount in rows)]
        quoted = "".join(delimiter.join(f"'{cell}'" for cell in line) + "\n" for line in lines).encode()
        plain = [delimiter.join(line) + "\n" for line in lines]
        remark = chance.choice(["# remark\n", f"# one{delimiter}two{delimiter}three\n", '# "open\n', "#\n"])
        remarked = plain[:]
        # A file with more remarks of a record's fields than records is refused: they may be records.
        for _ in range(chance.randint(1, min(4, len(rows)))):
            remarked.insert(chance.randint(1, len(remarked)), remark)
        marked, bare = "".join(remarked).encode(), "".join(plain[1:]).encode()
        for name, body, location in (
            ("single quotes", quoted, {"quote": "single"}),
            ("remarks", marked, {"comment": "#"}),
            ("no header", bare, {"has_header": False}),
        ):
            files = {"day.csv": pack(chance, body)}
            is_partial = name == "remarks"
            yield Variant(f"{name} {seed}", files, make_source("csv", **location), rows)
            yield Variant(
                f"{name}, undeclared {seed}", files, make_source("csv"), rows if is_partial else LOUD, is_partial
            )


def take_in(variant: Variant, folder: Path) -> tuple[list[Row], int]:
    """The rows that are landed whole, and how many times something was said of the others."""
    folder.mkdir(parents=True)
    for name, body in variant.files.items():
        (folder / name).write_bytes(body)
    with duckdb.connect() as con:
        writer = begin_file(con, variant.source, LoadHistory())
        paths = [folder / name for name in variant.files]
        land_files(writer, paths, LoadHistory(), Landed(variant.source.name), folder / "snapshots")
        whole = "len(_mistyped) = 0 AND landed.id IS NOT NULL AND landed.at IS NOT NULL AND landed.amt IS NOT NULL"
        rows = con.execute(f"SELECT landed.id, landed.at, landed.amt FROM landed WHERE {whole}").fetchall()
        said = con.execute(
            f"SELECT (SELECT count(*) FROM landing_problem) + (SELECT count(*) FROM quarantine)"
            f" + (SELECT count(*) FROM landed WHERE NOT ({whole}))"
        ).fetchall()
    return rows, said[0][0]


def judge(variant: Variant, rows: Sequence[Row], said: int) -> str:
    """RIGHT, LOUD or SILENT. Rows are compared as a person would: amounts to the cent, times to the second."""
    if isinstance(variant.expected, str):
        return LOUD if said and not rows else SILENT
    found = sorted((i, round_second(at), round(amount, 2)) for i, at, amount in rows)
    wanted = sorted(variant.expected)
    if found == wanted:
        return RIGHT
    return LOUD if said and all(row in wanted for row in found) else SILENT


def round_second(moment: datetime) -> datetime:
    """A moment to the nearest second."""
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)


def read_shapes(folder: Path, seeds: int = 40) -> list[Outcome]:
    """Take in every variant, and count those that are wrong in silence, or loud though they are declared."""
    outcome = Outcome(
        "files nested in JSON, framed by other lines, with remarks or single quotes, packed, dated in words or numbers",
        "what is declared is read right, the rest is right or refused by name; none wrong in silence",
    )
    variants = [*list_nested(seeds), *list_framed(seeds), *list_dated(seeds), *list_remarked(seeds)]
    return [judge_all(outcome, variants, folder)]


def judge_all(outcome: Outcome, variants: Iterable[Variant], folder: Path) -> Outcome:
    """Take in variants, and add to an outcome what came of them."""
    for number, variant in enumerate(variants):
        verdict = judge(variant, *take_in(variant, folder / str(number)))
        right = (RIGHT, LOUD) if variant.may_lose else (RIGHT, variant.expected)
        outcome.add(variant.name, [] if verdict in right else [verdict])
    return outcome
