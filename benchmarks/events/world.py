"""Deliveries of a made-up company with any number of events: `python -m benchmarks.events.world --events N --out DIR`.

DIR/data holds three years: a Parquet file of sales, a CSV file of posts and a Parquet file of tickets a month, and
the customers' register. DIR/later holds the day after: one more event for every hundred, one more customer likewise,
and every hundredth customer's new town. DIR/contracts names the columns as that company does.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
FIRST_DAY, AS_OF = date(2023, 1, 1), date(2025, 12, 31)
LATER = AS_OF + timedelta(days=1)
TIMEZONE = "Asia/Hong_Kong"
EVENTS_A_CUSTOMER = 30
SHARES = {"sales": 0.90, "posts": 0.07, "tickets": 0.03}
FORMATS = {"sales": "parquet", "posts": "csv", "tickets": "parquet", "members": "parquet"}
NEW_SHARE = 0.01
"""What the day after brings, as a share of what there is."""


@dataclass(frozen=True)
class Stretch:
    """Days that one file of each source is about, and their place among all days."""

    name: str
    since: date
    till: date
    """The first day that is not of it."""

    def bounds(self, count: int) -> tuple[int, int]:
        """The first number of `count` that falls into it, and the first that does not; whole tens, as orders are."""
        days = (AS_OF - FIRST_DAY).days + 1
        first, last = ((day - FIRST_DAY).days * count // days // 10 * 10 for day in (self.since, self.till))
        return first, last


def make_world(folder: Path, events: int, seed: int = 1) -> None:
    """Write data, later and contracts into a folder."""
    shutil.copytree(HERE / "contracts", folder / "contracts", dirs_exist_ok=True)
    customers = max(events // EVENTS_A_CUSTOMER, 1)
    more = customers + max(round(customers * NEW_SHARE), 1)
    with duckdb.connect() as con:
        con.execute("SET preserve_insertion_order = true")
        con.execute(f"SET VARIABLE seed = {seed}")
        con.execute((HERE / "world.sql").read_text("utf-8"))
        con.execute(f"SET VARIABLE customers = {customers}")
        for stretch in list_months():
            for source, share in SHARES.items():
                write(con, folder / "data", source, stretch, stretch.bounds(round(events * share)))
        write_members(con, folder / "data", AS_OF, (0, customers))
        con.execute(f"SET VARIABLE customers = {more}")
        day = Stretch(LATER.isoformat(), LATER, LATER + timedelta(days=1))
        for source, share in SHARES.items():
            first = round(events * share) // 10 * 10
            write(con, folder / "later", source, day, (first, first + max(round(first * NEW_SHARE) // 10 * 10, 10)))
        write_members(con, folder / "later", LATER, (customers, more))


def list_months() -> Iterator[Stretch]:
    """The months from FIRST_DAY to AS_OF."""
    since = FIRST_DAY
    while since <= AS_OF:
        till = (since + timedelta(days=31)).replace(day=1)
        yield Stretch(f"{since:%Y-%m}", since, till)
        since = till


def write(con: duckdb.DuckDBPyConnection, folder: Path, source: str, stretch: Stretch, bounds: tuple[int, int]) -> None:
    """One file of events, if any fell into its time."""
    if bounds[0] < bounds[1]:
        query = f"FROM {source}({bounds[0]}, {bounds[1]}, DATE '{stretch.since}', DATE '{stretch.till}')"
        copy(con, folder, source, stretch.name, query)


def write_members(con: duckdb.DuckDBPyConnection, folder: Path, told_on: date, bounds: tuple[int, int]) -> None:
    """Customers who are new that day, and changes of earlier ones."""
    copy(con, folder, "members", told_on.isoformat(), f"FROM members({bounds[0]}, {bounds[1]}, 100, DATE '{told_on}')")


def copy(con: duckdb.DuckDBPyConnection, folder: Path, source: str, name: str, query: str) -> None:
    """Write a query's rows to a file of the source."""
    form = FORMATS[source]
    path = folder / source / f"{source}_{name}.{form}"
    path.parent.mkdir(parents=True, exist_ok=True)
    con.execute(f"COPY ({query}) TO '{path}' (FORMAT {form})")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.events.world", description=__doc__.split("\n\n")[0])
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1, help="another seed is another world (default: %(default)s)")
    given = parser.parse_args()
    make_world(given.out, given.events, given.seed)


if __name__ == "__main__":
    main()
