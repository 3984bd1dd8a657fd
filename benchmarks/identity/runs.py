"""Matchers as programs of their own, ours like the peers: a folder with the table goes in, clusters come out.

Time and memory are those of the whole program, from its start to its end, looked at from outside.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from benchmarks.measure import CommandError, LimitError, Measure, measure
from warehouse import ROOT

PEERS = ROOT / ".venv-peers" / "bin" / "python"
ABSENT = "not installed: make peers"
MOST_BYTES = 12 * 2**30
"""Memory that a matcher may take: what a laptop of 16 GiB has left."""


GENERATED = "generated"
WITH_EXAMPLE = frozenset({"FEBRL 2", "FEBRL 3", "FEBRL 4", "fake_1000", "pseudopeople"})
"""Sets for which Splink's documentation has settings."""
NAMED = WITH_EXAMPLE | {"dedupe example", "Fodor's and Zagat's"}
"""Sets whose own names of columns are not those of our roles."""


@dataclass(frozen=True)
class Matcher:
    """One way to find who is who."""

    title: str
    program: str
    mode: str
    is_peer: bool = False
    sets: frozenset[str] | None = None
    """The sets that it is for; None: any."""
    before: str | None = None
    """Mode of a run that comes first, in the same folder, and is not measured."""
    is_for_speed: bool = True
    """False: left out where a million records are matched."""


MATCHERS: Mapping[str, Matcher] = {
    "ours": Matcher("customer-360", "benchmarks.identity.ours", "ours"),
    "ours-again": Matcher(
        "customer-360, again with 1 % new records",
        "benchmarks.identity.ours",
        "again",
        sets=frozenset({GENERATED}),
        before="before",
    ),
    "exact": Matcher("exact keys", "benchmarks.identity.ours", "exact", is_for_speed=False),
    "splink": Matcher("Splink, plain", "benchmarks.peers.splink_people", "plain", is_peer=True),
    "splink-documented": Matcher(
        "Splink, documented example",
        "benchmarks.peers.splink_people",
        "documented",
        is_peer=True,
        sets=WITH_EXAMPLE,
        is_for_speed=False,
    ),
    "goldenmatch": Matcher(
        "GoldenMatch, zero-config", "benchmarks.peers.goldenmatch_people", "zero-config", is_peer=True
    ),
    "goldenmatch-probabilistic": Matcher(
        "GoldenMatch, probabilistic",
        "benchmarks.peers.goldenmatch_people",
        "probabilistic",
        is_peer=True,
        is_for_speed=False,
    ),
    "goldenmatch-roles": Matcher(
        "GoldenMatch, probabilistic, columns named as ours",
        "benchmarks.peers.goldenmatch_people",
        "roles",
        is_peer=True,
        sets=NAMED,
        is_for_speed=False,
    ),
}


@dataclass(frozen=True)
class Task:
    """One table to match: what each matcher may see, and what it is scored by."""

    name: str
    roles: pl.DataFrame
    """source, record, truth, and a column per role."""
    columns: pl.DataFrame
    """The same records in the same order as they were delivered: source, record, truth, and columns of any name."""
    is_link: bool = False
    limit: float = 1800.0
    """Seconds that a matcher may take."""

    def lay_out(self, folder: Path) -> None:
        """Write what matchers may see. Record ids may give the truth away, so peers know a record by its row."""
        folder.mkdir(parents=True)
        (folder / "task.json").write_text(json.dumps({"set": self.name, "is_link": self.is_link}), "utf-8")
        self.roles.drop("truth").with_columns(record=pl.int_range(pl.len()).cast(pl.String)).write_parquet(
            folder / "roles.parquet"
        )
        self.columns.drop("record", "truth").write_parquet(folder / "columns.parquet")


@dataclass(frozen=True)
class Run:
    """What one matcher made of one table."""

    matcher: Matcher
    taken: Measure | None = None
    clusters: pl.Series | None = None
    """Per row of the table its cluster."""
    pairs: pl.DataFrame | None = None
    """left, right (rows) and probability, where the matcher tells them."""
    note: str = field(default="")
    """Why there are no clusters."""


def run_matcher(task: Task, matcher: Matcher, folder: Path) -> Run:
    """Run a matcher in a folder of its own; what stops it is told in its row, it does not end the benchmark."""
    if matcher.is_peer and not PEERS.exists():
        return Run(matcher, note=ABSENT)
    task.lay_out(folder)
    command = [str(PEERS if matcher.is_peer else sys.executable), "-m", matcher.program, str(folder)]
    # GoldenMatch remembers settings of earlier runs below the home folder; each run begins without.
    environment = {"HOME": str(folder), "GOLDENMATCH_AUTOCONFIG_MEMORY": "0"}
    try:
        for mode in filter(None, (matcher.before, matcher.mode)):
            taken = measure([*command, mode], ROOT, limit=task.limit, most_bytes=MOST_BYTES, environment=environment)
    except LimitError as error:
        return Run(matcher, note=str(error))
    except CommandError as error:
        return Run(matcher, note=f"failed: {name_error(str(error))}")
    clusters = pl.read_parquet(folder / "clusters.parquet").sort("row")["cluster"]
    pairs = folder / "pairs.parquet"
    return Run(matcher, taken, clusters, pl.read_parquet(pairs) if pairs.exists() else None)


def name_error(said: str) -> str:
    """The kind of error that a program ended with; its text could hold people's values."""
    kinds = re.findall(r"^(?:[\w.]+\.)?(\w+(?:Error|Exception|Exit|Interrupt))\b", said, re.MULTILINE)
    return kinds[-1] if kinds else "no reason given"
