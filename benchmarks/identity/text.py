"""The words around the tables of identity resolution in the documentation."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version

import psutil  # type: ignore[import-untyped]

from warehouse import ROOT

PACKAGES = ("duckdb", "polars", "scipy", "rapidfuzz")
PINS = ROOT / "benchmarks" / "peers" / "requirements" / "identity.txt"

ABOUT = """# Identity

`make bench-identity` finds who is who in public tables with a known truth, by this project, by exact keys and by two
peers, and rewrites this part. `make peers` makes the peers' environment; without it their rows say so.
`make bench-identity only=hk_world` (or another set, `speed`, `components`) runs a part, prints it and writes nothing;
so does `python -m benchmarks.identity --set … --only …`. The sets are read from `../shared/data`."""

RULES = """Every matcher, ours too, is a program of its own that reads a Parquet file and writes clusters. Seconds and
memory (resident, all its processes together, sampled ten times a second) are those of the whole program, from outside.
No matcher sees the truth, nor columns that give it away (`soc_sec_id`, `ssn`, record ids). All sets are run with the
same settings of this project, the product's defaults: no set has any of its own.

- **customer-360**: `match_people(people)`; FEBRL 4 and the restaurants are linked (`link_only`). *the night* is what
  `c360 run` publishes of the set's deliveries as `customer_identity`; its seconds are those of that step. *again*
  matches all generated records with what a match of all but the last hundredth has left.
- **exact keys**: equal email or phone (standing on at most 8 records), name with birth date, postcode or address.
- **Splink, plain**: its own comparisons by role, blocking on ten pairs of roles, trained on two of them, as its first
  pages do; threshold 0.95.
- **Splink, documented example**: the settings and the threshold of the example in its documentation for that very table
  (FEBRL 3, FEBRL 4, pseudopeople, fake_1000), without `soc_sec_id`; FEBRL 2 as FEBRL 3.
- **best F1**: of the connected pairs at the threshold that suits a peer best, which only the truth can choose
  (GoldenMatch gives the pairs that it joins and those that it would have reviewed).
- **GoldenMatch, zero-config**: `dedupe_df(table)`, `match_df` where two tables are linked. *probabilistic*: with
  `auto_configure_probabilistic_df(table)`. It goes by the names of columns, so it gets those of the files, and once
  more those of our roles. Its memory of earlier runs is off; where it refuses a table because it
  doubts itself, it is told to go on.
- **nobody twice**, **households**: forty made-up tables each, of 20 to 100,000 records, with small and large
  vocabularies of Western, Hong Kong, Vietnamese and Spanish names; of strangers, or of families with twins and with
  sons called as their fathers. Without copies every merge is wrong; with 5 % some may share a name and nearly a birth
  date, as people do.
- Peers take one value of a role: of hk_world's accounts they get the one seen most often.
- A matcher is ended where it takes more than half an hour or 12 GiB."""

SHORT = """What falls short is **no** above. These are the first pairs of records of each set that ours has wrong:
"apart" means two records of one person in two clusters, "together" two people in one. hk_world's are lines of its
`truth.csv`."""


def describe_machine() -> str:
    """What it ran on."""
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    pins = [line for line in PINS.read_text("utf-8").split() if line.startswith(("splink", "goldenmatch=="))]
    peers = ", ".join(pin.replace("==", " ") for pin in pins)
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB; Python {platform.python_version()}, {versions}; peers: {peers};"
        f" load {os.getloadavg()[0]:.1f} at the start."
    )


def tell(machine: str, tables: Sequence[str], aims: str, examples: Sequence[str]) -> str:
    """The whole part of the documentation."""
    parts = [ABOUT, machine, *tables, "## What the rows are", RULES, "## Aims of identity", aims]
    if examples:
        parts += ["## What ours has wrong", SHORT, "\n".join(f"- {line}" for line in examples)]
    return "\n\n".join(parts)
