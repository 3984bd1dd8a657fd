"""How well and how fast texts are told apart into praise and blame, beside snownlp and VADER.

Run as `python -m benchmarks.sentiment --write docs/benchmarks.md`; the sets are read from `../shared/data`, the peers
from `.venv-peers` (`make peers`). A set or peer that is absent is named as such.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.identity.report import write_into
from benchmarks.identity.runs import ABSENT, PEERS, ROOT
from transforms.values.asks_human import asks_for_human
from transforms.values.languages import language_of
from transforms.values.sentiment import polarity

DATA = ROOT.parent / "shared" / "data"
PART = "bench-sentiment"
LIMIT = 300
"""Texts of each kind that a peer gets: snownlp reads a few a second."""
ABOUT = """# Sentiment

`python -m benchmarks.sentiment --write docs/benchmarks.md` tells praise from blame in two public sets and writes this
part again. AUC: how often a text of praise scores above one of blame; in brackets on the {limit} of each kind that the
peers read, too. Texts per second of processor time, on one core. VADER reads English only, snownlp Chinese (simplified
before). Our word lists come from general knowledge of the languages; nothing is fitted to these sets."""
HEAD = "| texts | | AUC | texts/s |\n|---|---|---:|---:|"


@dataclass(frozen=True)
class Labelled:
    """A set of texts with labels, and the peer that reads its language."""

    name: str
    path: Path
    title: str
    peer: str
    labels: dict[str, str]


RESTAURANTS = Labelled(
    "openrice", DATA / "openrice/valid.tsv", "OpenRice reviews", "snownlp", {"smile": "praise", "cry": "blame"}
)
AIRLINES = Labelled(
    "twitter_airline",
    DATA / "twitter_airline/Tweets.csv",
    "airline tweets",
    "vader",
    {"positive": "praise", "negative": "blame"},
)
SETS = {s.name: s for s in (RESTAURANTS, AIRLINES)}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="benchmarks.sentiment", description=__doc__.split("\n\n")[0])
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table into this document")
    wanted = parser.parse_args(arguments)
    rows = [row for labelled in SETS.values() for row in race(labelled)]
    text = "\n\n".join([ABOUT.format(limit=LIMIT), "\n".join([HEAD, *rows])])
    print(text)
    if wanted.write:
        write_into(wanted.write, text, PART)
    return 0


def race(labelled: Labelled) -> list[str]:
    """The rows of one set: ours, what else is read of a text, and the peer."""
    if not labelled.path.exists():
        return [f"| {labelled.title} | not there | | |"]
    texts = read_set(labelled)
    praise, blame = (texts.filter(pl.col("label") == x)["text"].to_list() for x in ("praise", "blame"))
    polarity(["warm"])
    whole, speed = timed(polarity, praise + blame)
    some = praise[:LIMIT] + blame[:LIMIT]
    scores, cut = polarity(some), len(praise[:LIMIT])
    ours = f"{area(whole[: len(praise)], whole[len(praise) :]):.3f} ({area(scores[:cut], scores[cut:]):.3f})"
    rows = [f"| {labelled.title}, {len(whole):,} | `polarity` | {ours} | {speed:,.0f} |"]
    for way in (language_of, asks_for_human):
        rows.append(f"| | `{way.__name__}` | | {timed(way, praise + blame)[1]:,.0f} |")
    return [*rows, f"| | {labelled.peer} | {run_peer(labelled.peer, some, cut)} |"]


def timed(way, texts):
    """What a function gives for texts, and how many it reads in a second of processor time."""
    start = time.process_time()
    found = way(texts)
    return found, len(texts) / max(time.process_time() - start, 1e-9)


def run_peer(name: str, texts: list[str], cut: int) -> str:
    """A peer's AUC and speed, as the end of a row, or that it is not installed."""
    if not PEERS.exists():
        return f"{ABSENT} | "
    command = [str(PEERS), "-m", "benchmarks.peers.sentiment_texts", name]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        return f"failed with status {done.returncode} | "
    found = json.loads(done.stdout)
    return f"({area(found['scores'][:cut], found['scores'][cut:]):.3f}) | {len(texts) / found['seconds']:,.0f}"


def read_set(labelled: Labelled) -> pl.DataFrame:
    """Rows label (praise, blame) and text, in the file's order."""
    if labelled.path.suffix == ".tsv":  # its texts hold other line separators, so only \n ends a line
        lines = labelled.path.read_bytes().decode("utf-8").split("\n")[1:]
        rows = pl.DataFrame([tuple(x.split("\t", 1)) for x in lines if x], schema=["label", "text"], orient="row")
    else:
        rows = pl.read_csv(labelled.path).select(label="airline_sentiment", text="text")
    return rows.filter(pl.col("label").is_in(list(labelled.labels))).with_columns(
        pl.col("label").replace_strict(labelled.labels)
    )


def area(praise: Sequence[float], blame: Sequence[float]) -> float:
    """Area under the ROC curve: the chance that a text of praise scores above one of blame, a tie counting half."""
    ranks = pl.Series([*praise, *blame], dtype=pl.Float64).rank("average")
    count = len(praise)
    return (float(ranks[:count].sum()) - count * (count + 1) / 2) / (count * len(blame))


if __name__ == "__main__":
    sys.exit(main())
