"""GoldenMatch on a task's folder, as its documentation recommends it for people without labels.

Run as `python -m benchmarks.peers.goldenmatch_people FOLDER zero-config|probabilistic|roles` in the peers' environment.
`zero-config` is its front door: `dedupe_df(table)`, or `match_df` for two tables that are linked. `probabilistic` is
the Fellegi-Sunter configuration that it makes of the table itself. It goes by the names of columns, so it gets those
of the files, and with `roles` ours. It writes `clusters.parquet` (row, cluster).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import goldenmatch
import polars as pl


def main() -> int:
    """Read the task, write what GoldenMatch finds."""
    folder, mode = Path(sys.argv[1]), sys.argv[2]
    task = json.loads((folder / "task.json").read_text("utf-8"))
    rows = pl.read_parquet(folder / "columns.parquet")
    if mode == "roles":
        rows = pl.read_parquet(folder / "roles.parquet").drop("record")
    is_match = task["is_link"] and mode == "zero-config"
    found, pairs = match(rows) if is_match else dedupe(rows.drop("source"), mode)
    pl.DataFrame({"row": range(rows.height), "cluster": found}).write_parquet(folder / "clusters.parquet")
    pairs.write_parquet(folder / "pairs.parquet")
    return 0


def dedupe(table: pl.DataFrame, mode: str) -> tuple[list[int], pl.DataFrame]:
    """Per row the number of its cluster; the pairs that it scored.

    It refuses big tables where it doubts its own settings; the documented way on is to take them all the same.
    """
    config = None if mode == "zero-config" else goldenmatch.auto_configure_probabilistic_df(table)
    result = goldenmatch.dedupe_df(table, config=config, confidence_required=False)
    found = [-1 - row for row in range(table.height)]
    for number, cluster in result.clusters.items():
        for row in cluster["members"]:
            found[row] = number
    return found, list_pairs([*(result.scored_pairs or []), *(result.review_pairs or [])])


def list_pairs(scored: list[tuple[int, int, float]]) -> pl.DataFrame:
    """left, right and its score, 0 to 1, which stands where others have a probability."""
    schema = {"left": pl.Int64, "right": pl.Int64, "probability": pl.Float64}
    return pl.DataFrame(scored, schema=schema, orient="row")


def match(rows: pl.DataFrame) -> tuple[list[int], pl.DataFrame]:
    """Per row the number of its cluster: each row of the first source with the best of the second; the pairs."""
    first = rows["source"] == rows["source"][0]
    table = rows.drop("source")
    result = goldenmatch.match_df(table.filter(first), table.filter(~first), confidence_required=False)
    found = list(range(rows.height))
    columns = ("__target_row_id__", "__ref_row_id__", "__match_score__")
    matched = (
        [] if result.matched is None else list(zip(*(result.matched[c].to_pylist() for c in columns), strict=True))
    )
    for left, right, _ in matched:
        found[right] = found[left]
    return found, list_pairs([*matched, *(result.review_pairs or [])])


if __name__ == "__main__":
    sys.exit(main())
