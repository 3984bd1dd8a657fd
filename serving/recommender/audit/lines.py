"""The audit of lines: RecBole's interactions and sequences, and the matrices, against the Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
from scipy.sparse import load_npz

from serving.recommender.folder import PAST
from serving.recommender.forms.matrices import read_matrix
from serving.recommender.forms.recbole import DATASET, LONGEST, POSITIVE, SEQUENCES, SHORT, clean
from transforms.recommend import SPLITS
from warehouse.duck import fetch_row, literal, quote

MOMENT = "epoch_us(occurred_at) / 1e6"
PAIR = f"customer_index::VARCHAR AS u, item_index::VARCHAR AS i, {MOMENT} AS moment"
"""What tells an interaction of a file of ours, as RecBole's lines have it (`TOLD`)."""
TOLD = f"{quote('user_id:token')} AS u, {quote('item_id:token')} AS i, {quote('timestamp:float')}::DOUBLE AS moment"


def parquet(folder: Path, name: str) -> str:
    """A Parquet file as SQL, or all days of a history."""
    path = folder / "parquet" / (f"{name}/*.parquet" if name in PAST.values() else f"{name}.parquet")
    return f"read_parquet({literal(str(path))}, union_by_name = true)"


def count(con: duckdb.DuckDBPyConnection, rows: str) -> int:
    """Number of rows of what stands behind a FROM."""
    return int(fetch_row(con, f"SELECT count(*) FROM {rows}")[0])


def differ(con: duckdb.DuckDBPyConnection, one: str, other: str) -> bool:
    """Do two queries give other rows?"""
    return bool(count(con, f"(({one} EXCEPT ALL {other}) UNION ALL ({other} EXCEPT ALL {one}))"))


def check_recbole(con: duckdb.DuckDBPyConnection, folder: Path, part: str, begin: str, end: str) -> Iterator[str]:
    """Lines outside the time of their part, other ones than the positive interactions, or a past that was not."""
    at = f"{quote('timestamp:float')}::DOUBLE"
    inside = f"{at} * 1e6 >= epoch_us(TIMESTAMP '{begin}') AND {at} * 1e6 < epoch_us(TIMESTAMP '{end}')"
    for dataset, check in ((DATASET, check_general), (SEQUENCES, check_sequences)):
        name = f"{dataset}.{SHORT[part]}.inter"
        path = literal(str(folder / "recbole" / dataset / name))
        lines = f"read_csv({path}, delim = '\t', header = true, quote = '', escape = '', all_varchar = true)"
        if found := count(con, f"{lines} WHERE NOT coalesce({inside}, false)"):
            yield f"{name}: {found} of its interactions lie outside the time of {part}"
        yield from check(con, folder, part, name, lines)


def check_general(con: duckdb.DuckDBPyConnection, folder: Path, part: str, name: str, lines: str) -> Iterator[str]:
    """Lines that are other ones than the part's positive interactions, or say another thing of them."""
    words = ("kind", "channel")
    told = ", ".join(f"coalesce({quote(f'{word}:token')}, '') AS {word}" for word in words)
    due = ", ".join(f"coalesce({clean(word)}, '') AS {word}" for word in words)
    rows = f"SELECT {PAIR}, value::DOUBLE AS v, {due} FROM {parquet(folder, f'interactions_{part}')} WHERE {POSITIVE}"
    if differ(con, f"SELECT {TOLD}, {quote('rating:float')}::DOUBLE AS v, {told} FROM {lines}", rows):
        yield f"{name}: does not hold the positive interactions of {part}"


def check_sequences(con: duckdb.DuckDBPyConnection, folder: Path, part: str, name: str, lines: str) -> Iterator[str]:
    """Lists of items that hold one which was not bought before, or lines that are none of the part's interactions."""
    done = " UNION ALL ".join(
        f"SELECT {PAIR}, '{p}' AS part FROM {parquet(folder, f'interactions_{p}')} WHERE {POSITIVE}"
        for p in SPLITS[: SPLITS.index(part) + 1]
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE done AS {done}")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE told AS SELECT {TOLD},"
        f" string_split({quote('item_id_list:token_seq')}, ' ') AS items FROM {lines}"
    )
    listed = "SELECT DISTINCT u, moment, unnest(items) AS i FROM told"
    first = "SELECT u, i, min(moment) AS first FROM done GROUP BY ALL"
    if found := count(con, f"({listed}) LEFT JOIN ({first}) USING (u, i) WHERE NOT coalesce(first < moment, false)"):
        yield f"{name}: {found} of the items told before an interaction were not before it"
    before = "SELECT *, rank() OVER (PARTITION BY u ORDER BY moment) - 1 AS n FROM done"
    due = f"SELECT u, i, moment, least(n, {LONGEST}) AS n FROM ({before}) WHERE part = '{part}' AND n > 0"
    if differ(con, "SELECT u, i, moment, len(items) AS n FROM told", due):
        yield f"{name}: does not hold the positive interactions of {part}, each with all before it up to {LONGEST}"


def check_matrix(con: duckdb.DuckDBPyConnection, folder: Path, part: str) -> Iterator[str]:
    """A matrix that is not made of its part's interactions."""
    shape = count(con, parquet(folder, "customers_train")), count(con, parquet(folder, "items"))
    there = load_npz(folder / "implicit" / f"{part}.npz")
    due = read_matrix(con, f"{parquet(folder, f'interactions_{part}')} WHERE {POSITIVE}", shape)
    if there.shape != shape or (there != due).nnz:
        yield f"{part}.npz: is not the matrix of the interactions of {part}"
