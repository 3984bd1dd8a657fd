"""Values that stand in the place of names: of columns, of fields, of objects keyed by people. None is shown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

import polars as pl

from benchmarks.reliability.outcome import Outcome
from benchmarks.reliability.variants.judge import open_checks
from tests.worlds.world import World, column, key
from warehouse.checks import GateClosed
from warehouse.duck import open_database, quote

TELLING = (
    "zq4@example.hk", "zq5@example", "mailto:zq6@x.hk", "+852 9471 3844", "94713845", "(852) 9471 3846", "9471-3847",
    "０９４７１３８",
    "1964-11-21", "22/11/1964", "1964年11月23日", "19641124", "A947138(4)", "A9471385", "AB947138(6)",
    "550e8400-e29b-41d4-a716-446655440947", "a3bb189e94713", "ORD-2026-094713", "SO-94714", "PO94715", "#94716",
    "INV094717", "M-094718", "zqmember_94719", "zqcus4713fFeUfNV2Hib", "https://x.com/zqpeter", "10.94.71.38",
    "HK$9471", "947.13", "九龍彌敦道9471號", "SW1A 9ZQ", "DE89370400440532094713", "4111 1111 1109 4713", "陳鵬飛",
    "陈鹏翔", "王鵬程", "Chan Pang Fei", "CHAN PANG CHEUNG", "Wong, Pang Sum", "Quill Smith", "Mr Quillman",
    "Mrs Quillwoman", "Herr Quilling", "she is never at home on Mondays zq", "@zqtaiman", "x" * 61,
)  # fmt: skip
"""Values that no field is called like."""
PLAIN = (
    "zebulon", "Zebulonia", "zeb.quill", "zeb_quill", "zebman88", "Zebülon", "O'Zebulon", "José Zebulon", "zqdeadbeef",
    "Зебулон", "鵬飛鳥", "제불론", "zq9f3", "usr-zq7",
)  # fmt: skip
"""Values that a field could be called like: told by standing in few records."""
ROWS, SEEN = 9, "Annabel"
"""Records of a file, and the name in each, which is stored, to show that what is stored is looked through."""
Deliveries = Iterator[tuple[str, bytes]]


def key_documents(values: tuple[str, ...]) -> Deliveries:
    """JSON documents that are an object keyed by a value, each with its record."""
    yield "json_plain.json", json.dumps([{"id": "P1", "name": SEEN}]).encode()
    for number, value in enumerate(values):
        yield f"json_keyed_{number}.json", json.dumps({value: {"id": 1}, f"{value}2": {"id": 2}}).encode()


def key_fields(values: tuple[str, ...]) -> Deliveries:
    """JSON lines of which one in nine has a field named by a value, or an object that is keyed by it."""
    for number, value in enumerate(values):
        plain = [{"id": f"F{number}.{n}", "name": SEEN} for n in range(ROWS)]
        for shape, extra in (
            ("field", {value: 1}),
            ("map", {"read_by": {value: True}}),
            ("deep", {"a": {"b": {value: 1}}}),
        ):
            rows = [*plain[1:], plain[0] | extra]
            yield f"jsonl_{shape}_{number}.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode()


def head_columns(values: tuple[str, ...]) -> Deliveries:
    """CSV with one column more, named by a value; and with a first record on the header's line."""
    for number, value in enumerate(values):
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerows([["id", "name", value], *([f"H{number}.{n}", SEEN, "x"] for n in range(ROWS))])
        yield f"csv_column_{number}.csv", text.getvalue().encode()


def glue_headers(values: tuple[str, ...], ends: str = "\r\x85\f") -> Deliveries:
    """CSV whose header goes on with the first record, after a sign that ends no line of ours."""
    for number, value in enumerate(values):
        written = f'"{value}"' if "," in value else value
        for end in ends:
            lines = [f"id,name{end}G0,{written}", *(f"G{n},{SEEN}" for n in range(1, ROWS))]
            yield f"csv_glued_{number}_{ord(end)}.csv", ("\n".join(lines) + "\n").encode()


def name_columns(values: tuple[str, ...]) -> Deliveries:
    """Parquet with one column more, named by a value, or a struct with a field named by it."""
    for number, value in enumerate(values):
        ids = {"id": [f"Q{number}.{n}" for n in range(ROWS)], "name": [SEEN] * ROWS}
        for shape, extra in (("flat", {value: [1] * ROWS}), ("struct", {"more": [{value: 1}] * ROWS})):
            file = io.BytesIO()
            pl.DataFrame(ids | extra).write_parquet(file)
            yield f"parquet_{shape}_{number}.parquet", file.getvalue()


SHAPES: Mapping[str, tuple[Callable[[tuple[str, ...]], Deliveries], tuple[str, ...], str]] = {
    "objects keyed by a value, in JSON": (key_documents, TELLING + PLAIN, "json"),
    "fields of few records, in JSON lines": (key_fields, TELLING + PLAIN, "jsonl"),
    "a column more, in CSV": (head_columns, TELLING, "csv"),
    "a header that another sign than a line end glues to the first record": (glue_headers, TELLING + PLAIN, "csv"),
    "a header that a blank glues to the first record": (partial(glue_headers, ends=" ;"), TELLING + PLAIN, "csv"),
    "a column more, in Parquet": (name_columns, TELLING, "parquet"),
}
PEOPLE = {"kind": "customers", "mode": "append", "columns": [key("id", "account_id"), column("name")]}


def read_home(root: Path) -> str:
    """All that a home holds, as text: files, and of databases each table, its names and its comments."""
    said = []
    for path in (p for p in sorted(root.rglob("*")) if p.is_file()):
        said.append(str(path))
        if path.suffix == ".duckdb":
            said.append(read_database(path))
        else:
            said.append(path.read_bytes().decode("utf-8", "replace"))
    return "\n".join(said)


def read_database(path: Path) -> str:
    """All rows of a database, with the names of its columns."""
    with open_database(path, read_only=True) as con:
        said = [str(con.execute("SELECT table_name, column_name, comment FROM duckdb_columns()").fetchall())]
        for schema, table in con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall():
            said.append(str(con.execute(f"FROM {quote(schema)}.{quote(table)}").fetchall()))
    return "\n".join(said)


def hide_names(folder: Path) -> list[Outcome]:
    """A night of each shape; every value must be nowhere in what it leaves or says."""
    outcomes = []
    with open_checks() as checker:
        for number, (done, (make, values, form)) in enumerate(SHAPES.items()):
            outcomes.append(hide_shape(folder / str(number), checker, done, list(make(values)), values, form))
    return outcomes


def hide_shape(
    folder: Path, checker: Executor, done: str, files: list[tuple[str, bytes]], values: tuple[str, ...], form: str
) -> Outcome:
    """One night of all deliveries of a shape, refused or not."""
    outcome = Outcome(f"values in the place of names: {done}", "no value in the home, in any file, table or message")
    world = World.found(folder, checker, ())
    world.declare("people", path=f"*.{form}", **PEOPLE)
    for name, body in files:
        world.deliver(name, body)
    said = ""
    try:
        world.night()
    except GateClosed as error:
        said = str(error)
        outcome.notes.append("refused")
    left = said + read_home(world.home.root)
    if not outcome.notes:
        outcome.add("control", [] if SEEN in left else ["the stored name is not found"])
    for value in values:
        written = {value, json.dumps(value)[1:-1], repr(value)[1:-1]}
        outcome.add(ascii(value), ["is shown"] if any(text in left for text in written) else [])
    outcome.runs += len(files) - outcome.runs
    return outcome
