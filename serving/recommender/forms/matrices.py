"""The export as sparse matrices (CSR, customers × items) for `implicit` and its like: one `.npz` file a part.

An entry is the number of positive interactions; rows and columns are customer_index and item_index, the same in
every part.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix, save_npz

from serving.recommender.forms.recbole import POSITIVE
from transforms.recommend import SPLITS
from warehouse.duck import fetch_row, literal


def write_matrices(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write `implicit/train.npz`, `validation.npz`, `test.npz`."""
    target = folder / "implicit"
    target.mkdir()
    shape = fetch_row(con, "SELECT (SELECT count(*) FROM customer), (SELECT count(*) FROM item)")
    for part in SPLITS:
        save_npz(
            target / f"{part}.npz", read_matrix(con, f"interaction WHERE split = {literal(part)} AND {POSITIVE}", shape)
        )


def read_matrix(con: duckdb.DuckDBPyConnection, rows: str, shape: tuple[int, ...]) -> csr_matrix:
    """The matrix of what stands behind a FROM; the pairs come in order, so that only one copy of them is held."""
    query = (
        "SELECT customer_index::INTEGER AS c, item_index::INTEGER AS i, count(*)::FLOAT AS n"
        f" FROM {rows} GROUP BY ALL ORDER BY ALL"
    )
    found: pa.Table = con.sql(query).to_arrow_table()
    row, column, value = (found[name].to_numpy() for name in ("c", "i", "n"))
    starts = np.searchsorted(row, np.arange(shape[0] + 1))
    return csr_matrix((value, column, starts), shape=shape)
