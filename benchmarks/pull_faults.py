"""What a pull from PostgreSQL loses, doubles, tears or leaves half, under what goes on meanwhile.

    python -m benchmarks.pull_faults [--seconds 60] [--write docs/benchmarks.md]

Torn: writers add a row to each of two tables in one transaction; a pull that sees more of one than of the other is
torn. The same pulls at read committed, PostgreSQL's default, are the control. Late: rows are stamped, others are
committed and pulled, and then the first ones are committed, while one more transaction stays open through all pulls.
Killed: the server ends the pull's backend at any moment; what lies in the run's folder then is a partial delivery.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from benchmarks.pull import run_server, write_between
from tests.worlds.database_world import Server
from warehouse.connectors.postgresql import PostgreSQL, open_postgresql
from warehouse.connectors.pull import pull_source
from warehouse.connectors.seam import Login, PullFault
from warehouse.contracts.model import Source
from warehouse.contracts.read import read_source
from warehouse.home.layout import Home
from warehouse.night import begin_step

PULLS, LATE, KILLS, WRITERS = 100, 1000, 50, 4
MARKS = ("<!-- pull faults -->", "<!-- /pull faults -->")
LOGIN = Login("postgres")


class Shop(Server):
    """A server, and contracts of tables with an id."""

    def __init__(self, host: Path, folder: Path) -> None:
        super().__init__(f"postgresql:///?host={host}")
        self.contracts = folder / "contracts"
        self.contracts.mkdir()
        purposes = {"purposes": {"service": {"description": "Answer a customer"}}}
        (self.contracts / "purposes.yaml").write_text(yaml.safe_dump(purposes), "utf-8")

    def declare_table(self, name: str, mode: str = "snapshot", **custom: object) -> Source:
        server = {
            "server": "shop", "type": "postgresql", "host": self.host, "port": 5432, "database": "postgres",
            "schema": "public",
            "customProperties": [{"property": f"c360.{key}", "value": value} for key, value in custom.items()],
        }  # fmt: skip
        key = {"name": "id", "logicalType": "integer", "primaryKey": True, "primaryKeyPosition": 1}
        said = {"kind": "reference", "loadMode": mode}
        contract = {
            "apiVersion": "v3.1.0", "kind": "DataContract", "id": f"urn:{name}", "name": name, "version": "1",
            "status": "active", "servers": [server], "schema": [{"name": name, "properties": [key]}],
            "customProperties": [{"property": f"c360.{k}", "value": v} for k, v in said.items()],
        }  # fmt: skip
        path = self.contracts / f"{name}.odcs.yaml"
        path.write_text(yaml.safe_dump(contract), "utf-8")
        return read_source(path)


def fetch(session: PostgreSQL, source: Source, state: dict[str, Any]) -> tuple[list[int], dict[str, Any]]:
    """The ids of a source since a state, and the state after them."""
    with tempfile.TemporaryDirectory() as folder:
        [item] = session.list_new(source, state)
        fetched = session.fetch(source, item, state, Path(folder) / "x.parquet")
        return pq.read_table(Path(folder) / "x.parquet")["id"].to_pylist(), dict(fetched.state)


@contextmanager
def writing(shop: Shop, statement: str) -> Iterator[Callable[[], int]]:
    """WRITERS connections that commit a statement over and over; gives a function that counts the commits."""
    is_over, commits = threading.Event(), Counter[int]()

    def write(number: int) -> None:
        with shop.connect() as (_, cursor):
            while not is_over.is_set():
                cursor.execute(statement)
                commits[number] += 1

    threads = [threading.Thread(target=write, args=[number]) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield commits.total
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def count_torn(shop: Shop) -> str:
    """Pulls of two tables that do not agree."""
    shop.run("CREATE TABLE a (id int)", "CREATE TABLE b (id int)")
    sources = [shop.declare_table(name) for name in ("a", "b")]
    torn = control = 0
    with writing(shop, "WITH x AS (INSERT INTO a VALUES (1)) INSERT INTO b VALUES (1)") as count:
        for _ in range(PULLS):
            with open_postgresql(sources[0], LOGIN) as session:
                torn += len({len(fetch(session, source, {})[0]) for source in sources}) > 1
                session.cursor.execute("ROLLBACK")  # the control: each statement sees what is committed by then
                control += len({len(fetch(session, source, {})[0]) for source in sources}) > 1
        commits = count()
    shop.run("DROP TABLE a", "DROP TABLE b")
    return (
        f"| two tables, {commits:,} commits to both meanwhile | {torn} torn of {PULLS} pulls "
        f"| {control} torn at read committed |"
    )


def count_late(shop: Shop, seconds: float) -> str:
    """Rows of late commits that are lost, or of which the last pull did not bring the last version."""
    shop.run("CREATE TABLE t (id int PRIMARY KEY, at timestamptz DEFAULT clock_timestamp())")
    source = shop.declare_table("t", "merge", cursor="xmin")
    naive = shop.declare_table("t", "merge", cursor="at", overlap=0)
    state, other, found, missed, turns = {}, {}, Counter[int](), set[int](), 20
    with shop.connect(autocommit=False) as (oldest, held):
        held.execute("INSERT INTO t VALUES (-1)")
        for turn in range(turns):
            low = turn * 10_000
            with shop.connect(autocommit=False) as (late, cursor):
                cursor.execute(f"INSERT INTO t SELECT n FROM generate_series({low}, {low + LATE // turns - 1}) AS n")
                time.sleep(seconds / turns)
                shop.run(f"INSERT INTO t SELECT n FROM generate_series({low + 5000}, {low + 5049}) AS n")
                rows, state, more, other = *once(source, state), *once(naive, other)
                found.update(rows)
                missed.update(more)
                late.commit()
        oldest.commit()
    found.update(once(source, state)[0])
    missed.update(once(naive, other)[0])
    with shop.connect() as (_, cursor):
        cursor.execute("SELECT id FROM t")
        there = {row[0] for row in cursor.fetchall()}
    again = sum(count > 1 for count in found.values())
    shop.run("DROP TABLE t")
    lost = len(there - set(found))
    return (
        f"| {LATE:,} late commits, and one transaction open for {seconds:.0f} s"
        f" | {lost} lost ({again:,} of {len(there):,} came more than once, which their key merges)"
        f" | {len(there - missed)} lost by a time without overlap |"
    )


def once(source: Source, state: dict[str, Any]) -> tuple[list[int], dict[str, Any]]:
    """One pull in a session of its own."""
    with open_postgresql(source, LOGIN) as session:
        return fetch(session, source, state)


def count_partial(shop: Shop, folder: Path) -> str:
    """Files that killed pulls have left in their run's folder."""
    for path in shop.contracts.glob("*.odcs.yaml"):
        path.unlink()
    names = ("first", "second")
    for name in names:
        shop.run(f"CREATE TABLE {name} AS SELECT n AS id FROM generate_series(1, 300000) AS n")
        shop.declare_table(name)
    home, chance, partial, killed = Home(folder / "home"), random.Random(7), 0, 0
    run = begin_step(home, shop.contracts, date(2026, 3, 10))
    for _ in range(KILLS * 4):
        timer = threading.Timer(chance.uniform(0.0, 0.25), kill, [shop])
        timer.start()
        with suppress(PullFault):
            pull_source(run, names[0], lambda _: LOGIN)
            killed -= 1
        timer.join()
        killed += 1
        records = list(run.folder.glob("pulled/*/pulled.json"))
        files = [path for path in run.folder.glob("pulled/*/*") if path.name != "pulled.json"]
        partial += bool(files) if not records else sum(pq.read_metadata(p).num_rows != 300_000 for p in files)
        for path in (*records, *files):
            path.unlink()
        if killed == KILLS:
            break
    return f"| {killed} backends killed while two tables were pulled | {partial} partial deliveries | |"


def kill(shop: Shop) -> None:
    """End the backend of the pull."""
    shop.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'customer-360'")


def main() -> None:
    """Run all three, and print or write what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long the oldest transaction stays open")
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    with run_server() as (host, _), tempfile.TemporaryDirectory() as folder:
        shop = Shop(host, Path(folder))
        rows = [count_torn(shop), count_late(shop, asked.seconds), count_partial(shop, Path(folder))]
    text = "\n".join(["| what goes on | the pull | control |", "|---|---|---|", *rows])
    print(text)
    if asked.write:
        write_between(asked.write, text, MARKS)


if __name__ == "__main__":
    main()
