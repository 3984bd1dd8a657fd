"""What the obvious alternatives do, on the DuckDB that is installed.

`python -m benchmarks.reliability.faults.alternatives`: The table goes to stdout as Markdown and, with --write, into a
document, between its markers.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from benchmarks.identity.report import write_into

ROWS, STRAY = 200, 101
MARK = "a name that is nowhere else"


def reject_rows(folder: Path) -> str:
    """Let DuckDB read a file with one stray quote and keep what it rejects."""
    file = folder / "sales.csv"
    lines = [f"{n},{'x' if n != STRAY else chr(34) + 'x'}" for n in range(1, ROWS + 1)]
    file.write_text("id,name\n" + "\n".join(lines) + "\n", "utf-8")
    with duckdb.connect() as con:
        declared = "header = true, columns = {'id': 'INTEGER', 'name': 'VARCHAR'}, auto_detect = false"
        read = f"SELECT count(*) FROM read_csv('{file}', store_rejects = true, {declared})"
        loaded = con.execute(read).fetchall()[0][0]
        rejected = con.execute("SELECT count(DISTINCT line) FROM reject_errors").fetchall()[0][0]
    return f"of {ROWS} records {loaded} loaded, {rejected} told of, {ROWS - loaded - rejected} lost without a word"


def replace_in_place(folder: Path) -> str:
    """Put a new file in the place of the one that a reader has open, and open it once more."""
    live, new = folder / "live.duckdb", folder / "new.duckdb"
    for path, number in ((live, 1), (new, 2)):
        with duckdb.connect(str(path)) as con:
            con.execute(f"CREATE TABLE night AS SELECT {number} AS number")
    with duckdb.connect(str(live), read_only=True):
        os.replace(new, live)
        with duckdb.connect(str(live), read_only=True) as again:
            number = again.execute("SELECT number FROM night").fetchall()[0][0]
    return f"a program that has the old file open, and opens the new one after the swap, reads night {number} of 2"


def delete_rows(folder: Path) -> str:
    """Delete a person from a file by DELETE, CHECKPOINT and VACUUM, and look for the bytes."""
    path = folder / "people.duckdb"
    with duckdb.connect(str(path), config={"storage_compatibility_version": "latest"}) as con:
        con.execute("PRAGMA force_compression = 'uncompressed'")
        con.execute(f"CREATE TABLE person AS SELECT i, '{MARK} ' || i AS name FROM range(100_000) AS t (i)")
        con.execute("CHECKPOINT")
        con.execute("DELETE FROM person WHERE i < 50_000")
        con.execute("CHECKPOINT")
        con.execute("VACUUM")
    left = path.read_bytes().count(MARK.encode())
    return f"of 50,000 people deleted {max(0, left - 50_000):,} can still be read in the file"


ALTERNATIVES: dict[str, tuple[Callable[[Path], str], str]] = {
    "`read_csv(store_rejects = true)` with declared columns, a stray quote in a file": (
        reject_rows,
        "counts records by itself; loaded, quarantined and repeated ones must add up, or the gate closes",
    ),
    "one file, replaced in place": (
        replace_in_place,
        "a new path for every night, and a pointer that is swapped; who opens it again reads the new night",
    ),
    "`DELETE`, `CHECKPOINT`, `VACUUM`": (
        delete_rows,
        "nothing yet: a night copies the file with what was deleted in it, and promises no erasure",
    ),
}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reliability.faults.alternatives", description=__doc__)
    parser.add_argument("--write", type=Path, help="a document with the markers, to write the table into")
    wanted = parser.parse_args()
    lines = ["| the obvious way | what it did here | what `c360` does instead |", "|---|---|---|"]
    for name, (attempt, ours) in ALTERNATIVES.items():
        with TemporaryDirectory(prefix="c360-alternatives-") as folder:
            lines.append(f"| {name} | {attempt(Path(folder))} | {ours} |")
    text = "\n".join(lines)
    print(text)
    if wanted.write:
        write_into(wanted.write, text, "alternatives")


if __name__ == "__main__":
    main()
