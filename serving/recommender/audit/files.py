"""The leakage audit: reads the files of an export again, as whoever trains on them will, and looks for the future.

Training may know nothing of validation or test, nor may what is said of customers and items; nothing may be later than
the export's day, the forms must say the same, and what the manifest counts must be there.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from serving.recommender.audit.lines import check_matrix, check_recbole, count, differ, parquet
from serving.recommender.folder import FILES, MANIFEST, PAST
from serving.recommender.forms.feast import write_feast
from serving.recommender.forms.recbole import POSITIVE, write_known
from serving.recommender.selection import ITEM
from transforms.recommend import SPLITS
from warehouse.duck import columns_of, quote
from warehouse.errors import C360Error
from warehouse.home.verify import sha256_of


class LeakError(C360Error):
    """An export holds what was known only later, or not what its manifest says; it was not put in place."""


def require_no_leak(folder: Path, memory_limit: str = "2GB", others: Iterable[str] = ()) -> None:
    """Raise LeakError unless the files of an export know nothing early; `others` are faults found elsewhere."""
    if faults := [*find_faults(folder, memory_limit), *others]:
        raise LeakError("the export is refused, what was there before stays: " + "; ".join(faults))


def find_faults(folder: Path, memory_limit: str = "2GB") -> Iterator[str]:
    """What is wrong with an export: file and count, never a value."""
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    with duckdb.connect(config={"memory_limit": memory_limit}) as con:
        for part, (begin, end) in bounds_of(manifest).items():
            yield from check_interactions(con, folder, part, begin, end, manifest)
            yield from check_recbole(con, folder, part, begin, end)
            yield from check_matrix(con, folder, part)
        yield from check_items(con, folder)
        yield from check_item_history(con, folder)
        yield from check_copies(con, folder, manifest["name"])
        for name in (*FILES.values(), *PAST.values()):
            yield from check_features(con, folder, name, manifest)
    yield from check_sums(folder, manifest)


def bounds_of(manifest: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """First moment of each part and the first moment after it (UTC, ISO 8601)."""
    split = manifest["split"]
    marks = ["0001-01-01T00:00:00", split["validation_from"], split["test_from"], manifest["until"]]
    return {part: (marks[n], min(marks[n + 1], marks[-1])) for n, part in enumerate(SPLITS)}


def check_interactions(
    con: duckdb.DuckDBPyConnection, folder: Path, part: str, begin: str, end: str, manifest: dict[str, Any]
) -> Iterator[str]:
    """Interactions outside the time of their part, or another number of them than the manifest says."""
    rows, name = parquet(folder, f"interactions_{part}"), f"interactions_{part}.parquet"
    outside = f"NOT (occurred_at >= TIMESTAMP '{begin}' AND occurred_at < TIMESTAMP '{end}')"
    if found := count(con, f"{rows} WHERE coalesce({outside}, true)"):
        yield f"{name}: {found} of its interactions lie outside the time of {part}"
    if (there := count(con, rows)) != manifest["counts"]["interactions"][part]:
        yield f"{name}: holds {there} rows, not as many as the manifest says"


def check_items(con: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[str]:
    """Items whose popularity in training is not that of training's interactions, or that are known by other ones."""
    train = parquet(folder, "interactions_train")
    counts = (
        f"SELECT item_id, count(*) AS n, count(DISTINCT customer_id) AS c FROM {train} WHERE {POSITIVE} GROUP BY ALL"
    )
    seen = f"SELECT item_id, min(occurred_at) AS first, max(occurred_at) AS last FROM {train} GROUP BY ALL"
    items = f"{parquet(folder, 'items')} AS i LEFT JOIN ({counts}) USING (item_id) LEFT JOIN ({seen}) USING (item_id)"
    popular = "(train_interaction_count, train_customer_count) IS DISTINCT FROM (coalesce(n, 0), coalesce(c, 0))"
    if found := count(con, f"{items} WHERE {popular}"):
        yield f"items.parquet: {found} items whose popularity in training is not that of training"
    known = (
        "(first_seen_at, last_seen_at) IS DISTINCT FROM (first, last)"
        " OR (first IS NULL AND (item_name IS NOT NULL OR category IS NOT NULL))"
    )
    if found := count(con, f"{items} WHERE {known}"):
        yield f"items.parquet: {found} items that are known by other interactions than those of training"
    if strange := sorted(set(columns_of(con, f"SELECT * FROM {parquet(folder, 'items')}")) - set(ITEM)):
        yield f"items.parquet: holds {', '.join(strange)}, whose time cannot be checked"


def check_item_history(con: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[str]:
    """Days on which items were known by other interactions than those before their end."""
    done = " UNION ALL ".join(
        f"SELECT item_id, occurred_at FROM {parquet(folder, f'interactions_{p}')}" for p in SPLITS
    )
    days = f"SELECT DISTINCT known_at FROM {parquet(folder, PAST['customer'])}"
    due = f"""
        SELECT known_at, item_id, min(occurred_at) AS first_seen_at, max(occurred_at) AS last_seen_at
        FROM ({done}) JOIN ({days}) ON occurred_at <= known_at GROUP BY ALL"""
    told = f"SELECT known_at, item_id, first_seen_at, last_seen_at FROM {parquet(folder, PAST['item'])}"
    if differ(con, told, due):
        yield f"{PAST['item']}: knows items by other interactions than those before each day's end"


def check_features(con: duckdb.DuckDBPyConnection, folder: Path, name: str, manifest: dict[str, Any]) -> Iterator[str]:
    """Rows that know a time after they were known, or were known only after they might be."""
    rows, until = parquet(folder, name), known_until(manifest, name)
    late = [f"known_at IS NULL OR known_at >= TIMESTAMP '{until}'"]
    kinds = columns_of(con, f"SELECT * FROM {rows}")
    late += [f"{quote(c)} > known_at" for c, kind in kinds.items() if kind in {"TIMESTAMP", "DATE"}]
    file = name if name in PAST.values() else f"{name}.parquet"
    if found := count(con, f"{rows} WHERE {' OR '.join(late)}"):
        yield f"{file}: {found} rows know what came later"
    if (there := count(con, rows)) != manifest["counts"][name if name in PAST.values() else name.partition("_")[0]]:
        yield f"{file}: holds {there} rows, not as many as the manifest says"


def known_until(manifest: dict[str, Any], name: str) -> str:
    """The first moment that a file may not know: where validation begins, unless a day was asked for."""
    if name in {FILES["customer_now"], *PAST.values()}:
        return str(manifest["until"])
    if name == FILES["customer"] and manifest["features"]["asked"]:
        return str(manifest["features"]["until"])
    return min(str(manifest["split"]["validation_from"]), str(manifest["until"]))


def check_copies(con: duckdb.DuckDBPyConnection, folder: Path, called: str) -> Iterator[str]:
    """Files that say again what a Parquet file says, and say otherwise: RecBole's, Feast's, and the numbers."""
    for name in ("customer", "item"):
        con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS FROM {parquet(folder, FILES[name])}")
        con.execute(f"CREATE OR REPLACE TEMP VIEW {name}_history AS FROM {parquet(folder, PAST[name])}")
        ids = f"SELECT {name}_index, {name}_id FROM"
        if differ(con, f"{ids} {name}", f"{ids} {parquet(folder, f'{name}_ids')}"):
            yield f"{name}_ids.parquet: numbers others than {FILES[name]}.parquet"
    now = f"SELECT customer_index, customer_id FROM {parquet(folder, FILES['customer_now'])}"
    if differ(con, now, "SELECT customer_index, customer_id FROM customer"):
        yield f"{FILES['customer_now']}.parquet: numbers others than {FILES['customer']}.parquet"
    with tempfile.TemporaryDirectory() as scratch:
        again = Path(scratch) / called
        write_known(con, again)
        write_feast(con, again)
        for path in (path for path in sorted(again.rglob("*")) if path.is_file()):
            there = folder / path.relative_to(again)
            if not there.is_file() or there.read_bytes() != path.read_bytes():
                yield f"{path.name}: differs from the Parquet files"


def check_sums(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """Files that are not those of which the manifest keeps the checksum."""
    for name, told in manifest["files"].items():
        path = folder / name
        if not path.is_file() or sha256_of(path) != told["sha256"]:
            yield f"{name}: is not the file that was written"
