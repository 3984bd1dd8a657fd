"""Row-wise Python on a column, paid once per distinct value; of many values the processors each take a share."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress

import polars as pl
import pyarrow as pa

SHARE = 25_000
"""Values for which it pays to start another process: about a second's work."""
MOST_PROCESSES = 4
SLICE = 50_000
"""Values whose results are objects of Python at one time."""
Clean = Callable[[str], "str | list[str] | None"]


def map_distinct(s: pl.Series, clean: Callable[[str], str | None], chosen: pl.Series | None = None) -> pl.Series:
    """`clean` of every value, in the order of `s`; null stays null.

    Args:
        s: strings; another type is read as its text.
        clean: a pure function of one value that other processes can import; None and an empty text mean null.
        chosen: true for the rows to clean; the others stay as they are.
    """
    text = s.cast(pl.String)
    values = (text if chosen is None else text.filter(chosen)).drop_nulls().unique()
    cleaned = join_distinct(text, values, clean_values(values, clean, pa.string())).replace("", None)
    return cleaned if chosen is None else cleaned.zip_with(chosen.fill_null(False), text)


def list_distinct(s: pl.Series, keys: Callable[[str], list[str]]) -> pl.Series:
    """The match keys in every value, as List[String]: null where the field is null, empty where nothing is evidence.

    `keys` is a pure function of one value that other processes can import.
    """
    text = s.cast(pl.String)
    values = text.drop_nulls().unique()
    return join_distinct(text, values, clean_values(values, keys, pa.list_(pa.string())))


def join_distinct(text: pl.Series, values: pl.Series, cleaned: pa.ChunkedArray) -> pl.Series:
    """For every row of `text` what stands in `cleaned` at its value's place in `values`."""
    table = pl.DataFrame([values.alias("value"), pl.Series("cleaned", cleaned)])
    rows = text.to_frame("value").join(table, on="value", how="left", maintain_order="left")
    return rows["cleaned"].alias(text.name)


def clean_values(values: pl.Series, clean: Clean, kind: pa.DataType) -> pa.ChunkedArray:
    """`clean` of each value, as arrays of this type: here, and of many values by other processes at the same time."""
    count = max(1, min(MOST_PROCESSES, os.cpu_count() or 1, len(values) // SHARE))
    size = -(-len(values) // count)
    first, *others = (values[n * size : (n + 1) * size].to_list() for n in range(count))
    with ExitStack() as stack:
        helpers = [stack.enter_context(start_helper((clean, kind, share))) for share in others]
        parts = clean_here(clean, kind, first)
        for helper, share in zip(helpers, others, strict=True):
            said = helper.stdout.read() if helper.stdout else b""
            # What failed there shows here as itself.
            parts += clean_here(clean, kind, share) if helper.wait() else pickle.loads(said)
    return pa.chunked_array(parts, kind)


def clean_here(clean: Clean, kind: pa.DataType, values: list[str]) -> list[pa.Array]:
    """`clean` of each value, in arrays one after the other."""
    # Through Arrow, for Polars builds lists row by row, slowly; in slices, for as objects of Python they are big.
    slices = [values[start : start + SLICE] for start in range(0, len(values), SLICE)]
    return [pa.array([clean(value) for value in some], kind) for some in slices]


def start_helper(work: tuple[Clean, pa.DataType, list[str]]) -> subprocess.Popen[bytes]:
    """A process that does `clean_here`; it imports what `clean` needs, and never the program that asks."""
    found_in = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-P", "-m", "transforms.values.per_distinct"]
    helper = subprocess.Popen(
        command, env=found_in, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    if helper.stdin:
        with suppress(BrokenPipeError), helper.stdin as told:  # it died: its status says so
            pickle.dump(work, told)
    return helper


if __name__ == "__main__":
    pickle.dump(clean_here(*pickle.load(sys.stdin.buffer)), sys.stdout.buffer)
