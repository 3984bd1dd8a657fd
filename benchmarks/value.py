"""Do our features tell who buys next? LightGBM on them, and on what twelve lines of pandas make: `make bench-value`.

UCI Online Retail, split by time: labels of `c360 labels`, trained on dates whose horizon ends before the day on which
the test begins. Results go to stdout as Markdown. Exit status 1: the data or the peers' environment is not there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from benchmarks.identity.report import write_into
from benchmarks.recommender.worlds import RETAIL, run_night
from benchmarks.worlds import ROOT, lay_out_retail

PEERS = ROOT / ".venv-value" / "bin" / "python"
C360 = [sys.executable, "-c", "from serving.cli.main import main; main()"]
HORIZON = 90
TEST = date(2011, 9, 11)
"""The latest day whose horizon the data cover."""
TRAIN = tuple(TEST - timedelta(days=HORIZON + 30 * n) for n in range(4))
TITLES = {
    "ours": "LightGBM on `c360 features`",
    "pandas": "LightGBM on twelve lines of pandas",
    "rfm": "LightGBM on recency, orders, spent",
    "untrained": "`expected_90_amount` of the profile, untrained",
}
ABOUT = """# Who buys next

`make bench-value` publishes UCI Online Retail, writes labels by `c360 labels --horizon {horizon}` and features by
`c360 features`, and trains LightGBM (in `.venv-value`, the same parameters for all, mean of ten seeds) on them and on
what twelve lines of pandas make of the shop's file. Trained as of {train};
tested as of {test}, when the last horizon of training has just ended. AUC: bought within {horizon} days.
Spearman: the predicted against the true amount. The interval is of the difference to pandas, over 2,000 resamples of
the test's customers."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.value", description=__doc__.split("\n\n")[0])
    parser.add_argument("--write", type=Path, help="a document in which this part is replaced")
    given = parser.parse_args(arguments)
    for path, cure in ((RETAIL, "put ../shared/data/uci_online_retail there"), (PEERS, "make peers")):
        if not path.exists():
            print(f"benchmarks.value: {path.name} is not there; {cure}", file=sys.stderr)
            return 1
    with tempfile.TemporaryDirectory(prefix="c360-value-") as folder:
        text = tell(measure_sets(Path(folder)))
    print(text)
    if given.write:
        write_into(given.write, text, "bench-value")
    return 0


def measure_sets(folder: Path) -> dict[str, Any]:
    """Publish, label, join, train; gives the scores of each set of features."""
    world = lay_out_retail(folder / "all", RETAIL, "UCI Online Retail")
    home = run_night(folder / "all", "home", world.as_of)
    accounts = read_published(home, "SELECT customer_id, account_id::BIGINT AS account FROM customer_identity")
    for name, days in (("train", TRAIN), ("test", (TEST,))):
        joined = join(folder / "all", home, name, days).join(accounts, on="customer_id")
        if name == "test":
            joined = joined.join(read_expected(folder / "before"), on="account", how="left")
        joined.write_parquet(folder / f"{name}.parquet")
    subprocess.run([PEERS, "-m", "benchmarks.peers.value_models", str(folder), str(RETAIL)], cwd=ROOT, check=True)
    scores: dict[str, Any] = json.loads((folder / "scores.json").read_text("utf-8"))
    return scores


def join(folder: Path, home: Path, name: str, days: Sequence[date]) -> pl.DataFrame:
    """Labels of these days with their features, as anybody gets them, and the day of each."""
    places = ["--contracts", str(folder / "contracts"), "--home", str(home)]
    labels, out = folder / f"{name}-labels.parquet", folder / f"{name}.parquet"
    dates = [word for day in days for word in ("--at", str(day))]
    run = ["labels", "--horizon", str(HORIZON), *dates, "--out", str(labels), *places]
    subprocess.run([*C360, *run], cwd=ROOT, check=True, capture_output=True)
    run = ["features", "--for", str(labels), "--out", str(out), *places]
    subprocess.run([*C360, *run], cwd=ROOT, check=True, capture_output=True)
    local = pl.col("label_time").dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/London")
    return pl.read_parquet(out).with_columns(local.dt.replace_time_zone(None).alias("day"))


def read_expected(folder: Path) -> pl.DataFrame:
    """What the profile expects of each account, by a night that ends as the test begins and knows nothing later."""
    folder.mkdir()
    known = folder / "known.parquet"
    pl.read_parquet(RETAIL).filter(pl.col("InvoiceDate") < TEST).write_parquet(known)
    lay_out_retail(folder / "world", known, "UCI Online Retail, before the test")
    home = run_night(folder / "world", "home", str(TEST - timedelta(days=1)))
    query = "SELECT account_id::BIGINT AS account, expected_90_amount FROM customer_profile"
    return read_published(home, f"{query} JOIN customer_identity USING (customer_id)")


def read_published(home: Path, query: str) -> pl.DataFrame:
    """A query on what a home serves."""
    with duckdb.connect(str(home / "current" / "customer_360.duckdb"), read_only=True) as con:
        return con.sql(query).pl()


def tell(scores: dict[str, Any]) -> str:
    """The part of the document."""
    rows = []
    for name, title in TITLES.items():
        found = scores["sets"][name]
        beside = "" if name == "pandas" else f"{found['low']:+.4f} to {found['high']:+.4f}"
        rows.append(
            f"| {title} | {found['features'] or ''} | {found['auc']:.4f} | {beside} | {found['spearman']:.4f} |"
        )
    about = ABOUT.format(horizon=HORIZON, train=", ".join(map(str, sorted(TRAIN))), test=TEST)
    said = f"{scores['train']:,} labels to train, {scores['test']:,} to test, of whom {scores['bought']:,} bought."
    head = ["| | features | AUC | to pandas, 95 % | Spearman |", "|---|---:|---:|---:|---:|"]
    return "\n\n".join([about, said, "\n".join([*head, *rows]), judge(scores["sets"]["ours"])])


def judge(ours: dict[str, float]) -> str:
    """Whether ours are better, in a sentence."""
    if ours["low"] > 0:
        return "Our features tell more than pandas here: the interval lies above 0."
    if ours["high"] < 0:
        return "Our features tell less than pandas here: the interval lies below 0."
    return "Our features and those of pandas cannot be told apart here: the interval holds 0."


if __name__ == "__main__":
    sys.exit(main())
