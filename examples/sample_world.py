"""Make the sample world: fictional customers of a Hong Kong shop in five silos, with dirt and with the truth.

    python -m examples.sample_world --out var/sample
    python -m examples.sample_world --out var/nights --by-night 14

The second has its last nights in files of their own, its contracts beside them, leavers, a campaign, another whose
members were drawn and some held out, and a franchise whose till writes what clerks type.

The same parameters give the same files. The world ends on AS_OF; its nights count back from there.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from examples.sample.browsing import write_browsing
from examples.sample.consent import write_consent
from examples.sample.crm import write_crm
from examples.sample.dirt import Dirt
from examples.sample.items import write_items
from examples.sample.nightly.deliveries import DELIVERIES, write_nightly
from examples.sample.people import build_people, open_accounts
from examples.sample.social import write_social
from examples.sample.support import write_tickets, write_users
from examples.sample.transactions import write_transactions
from examples.sample.truth import write_dirt, write_truth
from examples.sample.world import AS_OF, World, require_nights, require_size

VERSION = 2
"""Raise it when the same parameters make other files."""
PATTERNS = {
    "crm": "crm/*.csv", "transactions": "transactions/*.parquet", "social": "social/*.jsonl",
    "users": "support/users*.jsonl", "tickets": "support/tickets*.jsonl", "consent": "consent/*.csv",
    "visits": "visits/*.csv", "impressions": "impressions/*.jsonl",
    "items": "items/*.csv", "campaigns": "campaigns/*.csv",
}  # fmt: skip
"""Files of each source, below the world's folder."""
OWN = (*sorted({pattern.split("/")[0] for pattern in PATTERNS.values()}), DELIVERIES, "contracts", "truth")
"""Folders that a world may have."""


def make_world(out: Path, world: World, by_night: int = 0, *, with_dirt: bool = True) -> bool:
    """Write the world into `out`; False if it is there already.

    With `by_night` its last so many nights have files of their own, and `with_dirt` a franchise delivers, too.

    Raises:
        ValueError: a parameter is too small for every kind of dirt to have its place, or `out` holds something else.
    """
    require_size(world)
    require_nights(world, by_night)
    note = {"version": VERSION, "as_of": AS_OF.isoformat(), **asdict(world)}
    note |= {"by_night": by_night, "dirt": with_dirt} if by_night else {}
    marker = out / "world.json"
    if marker.is_file() and read_note(marker) == note:
        return False
    clear_world(out, marker)
    dirt = write_nightly(out, world, by_night, with_dirt=with_dirt) if by_night else write_sources(out, world)
    write_dirt(out / "truth", dirt)
    counts = count_sources(out / DELIVERIES if by_night else out, dirt)
    marker.write_text(json.dumps(note | {"sources": counts}, indent=1) + "\n", "utf-8")
    return True


def read_note(marker: Path) -> dict[str, Any]:
    """What a world was made from."""
    return {name: value for name, value in json.loads(marker.read_text("utf-8")).items() if name != "sources"}


def clear_world(out: Path, marker: Path) -> None:
    """Remove an earlier world, and nothing beside it; raise ValueError where there is something and no world."""
    if marker.is_file():
        for name in OWN:
            shutil.rmtree(out / name, ignore_errors=True)
        marker.unlink()
    elif out.exists() and any(out.iterdir()):
        raise ValueError(f"{out} is not empty and holds no world.json; give --out another folder, or remove it")


def write_sources(out: Path, world: World) -> list[Dirt]:
    """Write the deliveries and the truth; returns the dirt."""
    people = build_people(world)
    accounts = open_accounts(people, world.seed)
    dirt, sales = write_transactions(out, world, accounts["transactions"], people)
    dirt += write_crm(out, world, accounts["crm"])
    dirt += write_social(out, world, accounts["social"])
    dirt += write_users(out, world, accounts["users"])
    dirt += write_tickets(out, world, accounts["users"])
    asked, decisions = write_consent(out, world, accounts["crm"])
    write_browsing(out, world, sales)
    write_items(out, world, [world.start, AS_OF])
    seen = set(sales["account"].unique())
    accounts["transactions"] = [a for a in accounts["transactions"] if a.account_id in seen]
    write_truth(out / "truth", people, accounts, sales, decisions)
    return dirt + asked


def count_sources(out: Path, dirt: list[Dirt]) -> dict[str, Any]:
    """For each source its files and records, and what must become of them."""
    counts = {}
    for source, pattern in PATTERNS.items():
        if not (paths := sorted(out.glob(pattern))):
            continue  # campaigns come by night alone
        names = {f"{path.parent.name}/{path.name}" for path in paths}
        own = [d for d in dirt if d.file in names]
        physical = sum(count_records(path) for path in paths)
        quarantine = Counter(d.kind for d in own if d.expected == "quarantine")
        duplicate = sum(d.expected == "drop" for d in own)
        counts[source] = {
            "files": len(paths),
            "physical": physical,
            "loaded": physical - quarantine.total() - duplicate,
            "duplicate": duplicate, "quarantine": dict(sorted(quarantine.items())),
            "dirt": dict(sorted(Counter(d.kind for d in own).items())),
        }  # fmt: skip
    return counts


def count_records(path: Path) -> int:
    """Records of a delivery of ours, in which no field holds a line feed."""
    if path.suffix == ".parquet":
        import polars as pl

        return int(pl.scan_parquet(path).select(pl.len()).collect().item())
    body = path.read_bytes()
    return body.count(b"\n") + (not body.endswith(b"\n")) - (path.suffix == ".csv")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m examples.sample_world", description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, default=Path("var/sample"), help="folder to write (default: %(default)s)")
    for name, default in asdict(World()).items():
        parser.add_argument(f"--{name}", type=int, default=default, help="default: %(default)s")
    parser.add_argument(
        "--by-night", type=int, default=0, metavar="N", help="give each of the last N nights files of its own"
    )
    parser.add_argument(
        "--dirt",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="with --by-night: the franchise's dirty cells",
    )
    given = parser.parse_args(arguments)
    try:
        is_new = make_world(
            given.out, World(given.people, given.sales, given.nights, given.seed), given.by_night, with_dirt=given.dirt
        )
    except ValueError as error:
        print(f"sample_world: {error}", file=sys.stderr)
        return 2
    print(f"sample world {'made' if is_new else 'is there already'}: {given.out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
