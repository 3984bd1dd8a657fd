"""What nights publish, as one digest a table: `python -m benchmarks.digests --write FILE`, later `--compare FILE`.

For a change that must change no row. Worlds: the sample world, hk_world and UCI Online Retail (of `../shared/data`, and
skipped where that is absent), and 20 random histories of a tiny company over three nights. Columns that were renamed
since are read under their old names, by `renamed.json` beside FILE: {table: {old column: new column}}, and values by
{table: {column: {new value: old value}}} under `values`. Exit status 1: a table differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.recommender.worlds import run_night
from benchmarks.reliability.histories import NIGHTS, make_sale, make_tickets, tell_mixed
from benchmarks.reliability.nights import publish_within
from benchmarks.worlds import SHARED, lay_out_retail, lay_out_sample
from tests.worlds.world import AS_OF, CHAN, CONSENT_HEAD, CRM_HEAD, SOURCES, WONG, World
from warehouse.duck import literal, open_published, quote

HISTORIES = 20
CLOCKED = {"delivery": ("landed_at",)}
"""Columns that say when a run was, by table; all others come of the deliveries."""
DIGITS = 6
"""Significant digits of a floating-point number: what a processor may compute otherwise is not compared."""
HK_WORLD_AS_OF = "2025-12-31"
Renamed = Mapping[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish every world and write, or compare, the digests; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.digests", description=__doc__.split("\n\n")[0])
    parser.add_argument("--write", type=Path, help="write the digests, as JSON")
    parser.add_argument("--compare", type=Path, help="compare with digests that were written before")
    parser.add_argument("--only", action="append", help="a world, or `histories`; all, if none is given")
    given = parser.parse_args(arguments)
    known = json.loads(given.compare.read_text("utf-8")) if given.compare else {}
    renamed = read_renamed(given.compare)
    with tempfile.TemporaryDirectory(prefix="c360-digests-") as folder:
        found = dict(digest_worlds(Path(folder), renamed, given.only))
    if given.write:
        given.write.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")
    differing = list_differing(known, found) if given.compare else []
    print("\n".join(differing) or f"{sum(map(len, found.values()))} tables of {len(found)} worlds")
    return 1 if differing else 0


def read_renamed(beside: Path | None) -> Renamed:
    """The map from today's names to those of the digests."""
    path = beside.with_name("renamed.json") if beside else None
    return json.loads(path.read_text("utf-8")) if path and path.is_file() else {}


def list_differing(known: Mapping[str, Mapping[str, str]], found: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Tables of the worlds that were published now whose digest is another, or which only one side has."""
    return [
        f"{world}: {table} differs"
        for world, tables in sorted(found.items())
        for table in sorted({*tables, *known.get(world, {})})
        if tables.get(table) != known.get(world, {}).get(table)
    ]


def digest_worlds(
    folder: Path, renamed: Renamed, only: Sequence[str] | None = None
) -> Iterator[tuple[str, dict[str, str]]]:
    """Each world's name and the digests of its tables."""
    for name, publish in {
        "sample_world": publish_sample,
        "online_retail": publish_retail,
        "hk_world": publish_hk,
    }.items():
        if not only or name in only:
            database = publish(folder / name)
            if database is None:
                print(f"{name} is skipped: ../shared/data does not have it", file=sys.stderr)
            else:
                yield name, digest_tables(database, renamed)
    if not only or "histories" in only:
        yield from digest_histories(folder / "histories", range(HISTORIES), renamed)


def publish_sample(folder: Path) -> Path | None:
    """The sample world's published file."""
    world = lay_out_sample(folder)
    return run_night(folder, "home", world.as_of) / "current" / "customer_360.duckdb"


def publish_retail(folder: Path) -> Path | None:
    """That of UCI Online Retail."""
    data = SHARED / "uci_online_retail" / "online_retail.parquet"
    if not data.is_file():
        return None
    world = lay_out_retail(folder, data, "UCI Online Retail")
    return run_night(folder, "home", world.as_of) / "current" / "customer_360.duckdb"


def publish_hk(folder: Path) -> Path | None:
    """That of hk_world."""
    source = SHARED / "hk_world"
    if not source.is_dir():
        return None
    folder.mkdir(parents=True)
    (folder / "contracts").symlink_to(source / "contracts")
    return run_night(folder, "home", HK_WORLD_AS_OF) / "current" / "customer_360.duckdb"


def digest_histories(folder: Path, seeds: Sequence[int], renamed: Renamed) -> Iterator[tuple[str, dict[str, str]]]:
    """A tiny company of six sources over some nights: rows shuffled, split, doubled, late, corrected, gone."""
    with publish_within(folder / "base", list(SOURCES)) as base:
        for seed in seeds:
            world = base.copy(folder / str(seed))
            tell_history(world, random.Random(seed))
            yield f"history {seed}", digest_tables(world.home.require_current().database, renamed)


def tell_history(world: World, chance: random.Random) -> None:
    """Some nights, of which the last one has members who left or came back, and answers that changed."""
    sales, tickets = [make_sale(chance, n) for n in range(12)], [make_tickets(chance) for _ in range(NIGHTS)]
    tell_mixed(world, sales, tickets, chance)
    world.deliver("crm.csv", CRM_HEAD + "".join(chance.sample([CHAN, WONG], chance.randrange(1, 3))))
    answer = chance.choice(["granted", "withdrawn"])
    world.deliver("consent-2.csv", [CONSENT_HEAD, f"C{chance.randrange(1, 3)},service,{answer},2026-03-09 10:00\n"])
    person = chance.randrange(5)
    author = {"handle": f"@p{person}", "email": f"p{person}@example.com"}
    world.deliver("posts-2.jsonl", [{"id": "P9", "at": "2026-03-09T01:00:00Z", "text": "好正", "author": author}])
    world.night(AS_OF + timedelta(days=NIGHTS))


def digest_tables(database: Path, renamed: Renamed) -> dict[str, str]:
    """sha256 (hex) of each published table: names of columns, and rows whatever their order."""
    with open_published(database) as con:
        tables = con.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' ORDER BY 1").fetchall()
        return {table: digest_table(con, table, renamed) for (table,) in tables}


def digest_table(con: duckdb.DuckDBPyConnection, table: str, renamed: Renamed) -> str:
    """That of one table, by the old names of its columns."""
    today = {new: old for old, new in renamed.get("columns", {}).get(table, {}).items()}
    values = renamed.get("values", {}).get(table, {})
    columns = {
        today.get(name, name): as_text(name, kind, values.get(name, {}))
        for name, kind in con.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?", [table]
        ).fetchall()
        if name not in CLOCKED.get(table, ())
    }
    names = sorted(columns)
    texts = ", ".join(f"coalesce({columns[name]}, chr(0))" for name in names)
    row = con.execute(
        f"SELECT count(*), coalesce(sum(('0x' || left(md5(concat_ws(chr(31), {texts})), 15))::UBIGINT::HUGEINT), 0)"
        f" FROM {quote(table)}"
    ).fetchall()[0]
    return hashlib.sha256(json.dumps([names, *map(str, row)]).encode()).hexdigest()


def as_text(column: str, kind: str, old: Mapping[str, str]) -> str:
    """SQL of a column as text, renamed values under their old names."""
    name = quote(column)
    text = f"printf('%.{DIGITS}g', {name})" if kind in {"DOUBLE", "FLOAT"} else f"{name}::VARCHAR"
    for new, before in old.items():
        text = f"replace({text}, {literal(new)}, {literal(before)})"
    return text


if __name__ == "__main__":
    sys.exit(main())
