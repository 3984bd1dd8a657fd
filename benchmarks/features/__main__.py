"""Features as of labels over millions of events: `python -m benchmarks.features --events 30 --labels 1`.

Makes a world of events (benchmarks.events.world), publishes it by `c360 run`, and measures `c360 features` in a process
of its own: on labels at random times, and on every customer at the end of the business date, which is what a night
adds. Beside it a naive script asks one correlated query a feature, of some labels, and must find the same.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.events.world import AS_OF, TIMEZONE
from benchmarks.identity.report import write_into
from benchmarks.measure import CommandError, Measure, measure
from benchmarks.worlds import ROOT
from transforms.profile.windows import open_windows

MILLION = 1_000_000
NAIVE_LABELS = 1_000
C360 = [sys.executable, "-c", "from serving.cli.main import main; main()"]
ABOUT = """# Features as of labels

`make bench-features` makes a world of events as above, publishes it, and runs `c360 features` on labels:
customers drawn at random, each at a random time of the last two years, with the {features} features we ship. The second
line takes every customer at the end of the business date, which is what a night does for `customer_feature`. The naive
script asks one correlated query a feature, of {naive:,} labels; its answers must be the same. `memory_limit` is
{limit}. The aim: a million labels over 30 million events (`events=30 labels=1`) in less than 60 s and 4 GB."""


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    name: str
    labels: int
    found: Measure

    def tell(self) -> str:
        """As Markdown."""
        found = self.found
        rate = self.labels / found.wall_seconds
        return (
            f"| {self.name} | {self.labels:,} | {found.wall_seconds:.1f} | {found.cpu_seconds:.1f} |"
            f" {found.peak_bytes / 2**30:.2f} | {rate:,.0f} |"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.features", description=__doc__.split("\n\n")[0])
    parser.add_argument("--events", type=float, default=1, help="millions of events (default: %(default)s)")
    parser.add_argument("--labels", type=float, help="millions of labels; by default one for 30 events")
    parser.add_argument("--customers", type=int, help="draw labels of so many customers only; by default of all")
    parser.add_argument("--memory", default="2GB", help="memory_limit of the command (default: %(default)s)")
    parser.add_argument("--world", type=Path, help="a folder with contracts/ and home/ of an earlier world")
    parser.add_argument("--scratch", type=Path, help="folder for the world; 30 million events take 20 GB")
    parser.add_argument("--write", type=Path, help="a document in which this part is replaced")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="c360-features-", dir=given.scratch) as folder:
        try:
            world = given.world or make_world(Path(folder), round(given.events * MILLION))
            text = run(world, Path(folder), given)
        except CommandError as error:
            print(f"benchmarks.features: {error}", file=sys.stderr)
            return 1
    print(text)
    if given.write:
        write_into(given.write, text, "bench-features")
    return 0


def make_world(folder: Path, events: int) -> Path:
    """A world of that many events, published."""
    make = [sys.executable, "-m", "benchmarks.events.world", "--events", str(events), "--out", str(folder)]
    subprocess.run(make, cwd=ROOT, check=True)
    night = ["run", "--contracts", str(folder / "contracts"), "--home", str(folder / "home"), "--as-of", str(AS_OF)]
    measure([*C360, *night], ROOT)
    return folder


def run(world: Path, folder: Path, given: argparse.Namespace) -> str:
    """Everything measured of one world, as the part of the document."""
    load = os.getloadavg()[0]
    with duckdb.connect(str(world / "home" / "current" / "customer_360.duckdb"), read_only=True) as con:
        events = con.execute("SELECT count(*) FROM customer_event").fetchall()[0][0]
        count = round(given.labels * MILLION) if given.labels else events // 30
        write_labels(con, folder / "labels.parquet", count, given.customers)
        customers = write_customers(con, folder / "customers.parquet")
        known = "SELECT count(*) AS n FROM customer_event WHERE customer_id IS NOT NULL GROUP BY customer_id"
        most_events = con.execute(f"SELECT max(n) FROM ({known})").fetchall()[0][0]
    lines = [
        Line("`c360 features`", count, features(world, folder, "labels", given.memory)),
        Line("`c360 features`, every customer tonight", customers, features(world, folder, "customers", given.memory)),
    ]
    few, names = min(NAIVE_LABELS, count), list_names(folder / "labels-out.parquet")
    naive = measure([sys.executable, "-m", "benchmarks.features.naive", str(world), str(folder), str(few)], ROOT)
    lines.append(Line("naive script", few, naive))
    about = ABOUT.format(features=len(names), naive=few, limit=given.memory)
    table = ["| | labels | seconds | processor seconds | memory, GiB | labels a second |", "|---|---|---|---|---|---|"]
    said = (
        f"{events:,} events, {customers:,} customers with at most {most_events:,} each;"
        f" {os.cpu_count()} cores, load {load:.1f} beforehand."
    )
    return "\n\n".join([about, said, "\n".join([*table, *(line.tell() for line in lines)])])


def features(world: Path, folder: Path, name: str, memory: str) -> Measure:
    """The command as a user calls it."""
    places = ["--contracts", str(world / "contracts"), "--home", str(world / "home")]
    files = ["--for", str(folder / f"{name}.parquet"), "--out", str(folder / f"{name}-out.parquet")]
    return measure([*C360, "features", *files, *places], ROOT, environment={"C360_MEMORY_LIMIT": memory})


def write_labels(con: duckdb.DuckDBPyConnection, path: Path, count: int, customers: int | None) -> None:
    """Labels: customers by chance, times by chance over the two years before the business date."""
    among = f"USING SAMPLE reservoir({customers} ROWS) REPEATABLE (1)" if customers else ""
    con.execute(
        f"COPY (WITH who AS (SELECT customer_id, row_number() OVER (ORDER BY customer_id) - 1 AS n FROM"
        f" (SELECT customer_id FROM customer_profile {among})),"
        f" label AS (SELECT i, (hash(i, 1) % (SELECT count(*) FROM who))::BIGINT AS n,"
        f" TIMESTAMP '{AS_OF}' - to_seconds((hash(i, 2) % 63072000)::BIGINT) AS asked_at FROM range({count}) AS r(i))"
        f" SELECT i, customer_id, asked_at FROM label JOIN who USING (n) ORDER BY i) TO '{path}' (FORMAT parquet)"
    )


def write_customers(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Every customer at the end of the business date; gives how many."""
    until = open_windows(AS_OF, TIMEZONE).until
    query = f"SELECT customer_id, TIMESTAMP '{until}' AS asked_at FROM customer_profile ORDER BY customer_id"
    con.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return int(con.execute("SELECT count(*) FROM customer_profile").fetchall()[0][0])


def list_names(path: Path) -> list[str]:
    """The features in a file that the command wrote."""
    given = {"i", "customer_id", "asked_at"}
    return [row[0] for row in duckdb.sql(f"DESCRIBE FROM '{path}'").fetchall() if row[0] not in given]


if __name__ == "__main__":
    sys.exit(main())
