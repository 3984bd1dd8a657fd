"""The manifest of an export: what it holds, of which generation, split when, and the checksum of every file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw

from serving.recommender.card.page import draw_card
from serving.recommender.folder import CARD, FORMAT, MANIFEST, PAST
from serving.recommender.forms.parquet import INTERACTION
from serving.recommender.forms.recbole import WANTED
from serving.recommender.order import TICK, ExportDates
from serving.recommender.permission import Permission
from serving.recommender.selection import Selection, count_rows
from transforms import recommend
from transforms.recommend import SPLITS, TRAIN
from warehouse.contracts.published import published
from warehouse.duck import columns_of, fetch_row, literal
from warehouse.home.layout import Generation
from warehouse.home.verify import sha256_of
from warehouse.tables import frame_of

MEANINGS = {
    "customer_index": "Number of the customer: row of the matrices, user_id of RecBole.",
    "item_index": "Number of the item: column of the matrices, item_id of RecBole.",
    "customer_id": "The customer, as in customer_profile; no number that a source knows.",
    "item_id": "The item, as its source calls it.",
    "kind": "purchase, return, cancelled, or the event's own type.",
    "value": "Rating where one is given, else pieces (returns negative), else 1.",
    "quantity": "Pieces as its source gives them; returns mostly negative.",
    "is_positive": "Was the item wanted: no return, not cancelled, and at the end of its part something of it is left.",
    "net_amount": "What counts of the amount, in the reporting currency.",
    "occurred_at": "When it occurred (UTC).",
    "channel": "Way by which it came.",
    "item_name": "Name as given last before validation begins; null for what training does not know.",
    "category": "Category as given last before validation begins; null for what training does not know.",
    "first_seen_at": "First interaction of training (UTC).",
    "last_seen_at": "Last interaction of training (UTC).",
    "train_interaction_count": "Positive interactions of training (is_positive).",
    "train_customer_count": "Customers with a positive interaction in training.",
    "channel_shares": "Share of orders by channel, 0 to 1, the largest first.",
    "ticket_channel_shares": "Share of tickets by channel, 0 to 1, the largest first.",
    "known_at": "Last moment that the row knows (UTC).",
}

OTHERWISE = ("customer_id", "channel_shares", "ticket_channel_shares")
"""Columns of customers that are another thing here than in customer_profile."""
PSEUDONYM = "Pseudonym of the customer for this purpose, the same in every export for it."


def write_manifest(  # noqa: PLR0917 - what the export is made of
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    generation: Generation,
    order: ExportDates,
    permission: Permission,
    chosen: Selection,
    before: Mapping[str, tuple[str, int]],
) -> dict[str, Any]:
    """Write card.html and manifest.json, the last of the files, and give what the manifest says.

    `before`: the files of the export that is replaced, each with its checksum and the generation that it is unchanged
    since.
    """
    built, purpose = generation.read_manifest(), permission.purpose
    first, last = fetch_row(con, "SELECT min(occurred_at), max(occurred_at) FROM interaction")
    manifest = {
        "format": FORMAT,
        "name": folder.name,
        "generation": generation.number,
        "generation_as_of": generation.as_of.isoformat(),
        "code": built.get("code", {}),
        "contracts": built["contracts"],
        "as_of": order.as_of.isoformat(),
        "until": order.until.isoformat(),
        "features": {
            "as_of": chosen.profiles.as_of.isoformat(),
            "until": (chosen.profiles.known_at + TICK).isoformat(),
            "from": chosen.profiles.way,
            "asked": order.features_as_of is not None,
        },
        "features_as_of": chosen.profiles.as_of.isoformat(),
        "timezone": order.timezone,
        "purpose": purpose.name if purpose else None,
        "consent": purpose.consent if purpose else None,
        "refusal": purpose.refusal if purpose else None,
        "min_confidence": purpose.min_confidence if purpose else 0.0,
        "pseudonymised": permission.is_pseudonymised,
        "k_core": order.core,
        "first_at": first.isoformat(),
        "last_at": last.isoformat(),
        "split": {
            "validation_from": chosen.split.validation_from.isoformat(),
            "test_from": chosen.split.test_from.isoformat(),
            "validation_on": chosen.split.validation_on.isoformat(),
            "test_on": chosen.split.test_on.isoformat(),
        },
        "counts": {
            "interactions": {part: count_part(con, part) for part in SPLITS},
            "customers": count_rows(con, "customer"),
            "items": count_rows(con, "item"),
            **{file: count_rows(con, f"{name}_history") for name, file in PAST.items()},
        },
        "history": [{"as_of": each.as_of.isoformat(), "from": each.way} for each in chosen.past],
        "non_merchandise": dict(chosen.left_out),
        "not_positive": {part: count_not_positive(con, part) for part in SPLITS},
        "cold": {part: count_cold(con, part) for part in SPLITS if part != TRAIN},
        "notes": [*permission.notes, *list_notes(order, chosen)],
        "schema": {
            "interactions": describe(con, "interaction", permission, INTERACTION),
            "items": describe(con, "item", permission),
            "customers": describe(con, "customer", permission),
            "customers_now": describe(con, "customer_now", permission),
            **{file: describe(con, f"{name}_history", permission) for name, file in PAST.items()},
        },
    }
    (folder / CARD).write_text(draw_card(con, manifest, permission), "utf-8")
    manifest["files"] = {
        (name := str(path.relative_to(folder))): describe_file(con, path, generation.number, before.get(name))
        for path in list_files(folder)
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False), "utf-8")
    return manifest


def list_files(folder: Path) -> list[Path]:
    """Every file of an export but its manifest."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / MANIFEST]


def describe_file(
    con: duckdb.DuckDBPyConnection, path: Path, generation: int, before: tuple[str, int] | None
) -> dict[str, Any]:
    """Checksum and size of a file, since which generation's export it is the same, and the rows of a Parquet file."""
    told: dict[str, Any] = {"sha256": sha256_of(path), "bytes": path.stat().st_size}
    told["generation"] = before[1] if before and before[0] == told["sha256"] else generation
    if path.suffix == ".parquet":
        told["rows"] = fetch_row(con, f"SELECT count(*) FROM read_parquet({literal(str(path))})")[0]
    return told


def count_part(con: duckdb.DuckDBPyConnection, part: str) -> int:
    """Interactions of a part."""
    return int(fetch_row(con, "SELECT count(*) FROM interaction WHERE split = ?", [part])[0])


def count_not_positive(con: duckdb.DuckDBPyConnection, part: str) -> int:
    """Interactions of a part that wanted an item, and of which nothing is left at its end."""
    query = f"SELECT count(*) FROM interaction WHERE split = ? AND NOT is_positive AND {WANTED}"
    return int(fetch_row(con, query, [part])[0])


def count_cold(con: duckdb.DuckDBPyConnection, part: str) -> dict[str, int]:
    """Customers and items of a part, and how many of them training does not know."""
    rows = frame_of(con, "interaction")
    wanted = rows.filter(nw.col("is_positive")).filter(nw.col("split") == part)
    counts = {}
    for name in ("customer", "item"):
        counts[f"{name}s"] = len_of(wanted.select(f"{name}_id").unique(f"{name}_id"))
        counts[f"cold_{name}s"] = len_of(recommend.find_cold(rows, part, f"{name}_id"))
    return counts


def len_of(frame: Any) -> int:
    """Rows of a lazy frame of DuckDB."""
    return int(frame.to_native().aggregate("count(*)").fetchall()[0][0])


def list_notes(order: ExportDates, chosen: Selection) -> list[str]:
    """What somebody who trains on it should know."""
    profiles, day = chosen.profiles, chosen.profiles.as_of
    if day >= chosen.split.validation_on:
        return [
            f"customers' features are as of {day}, as was asked for, and know what happened in validation: they serve a"
            " model, and measure none; leave --features-as-of out to train and to measure"
        ]
    if profiles.way == "events":
        return [
            f"no night near {day} is in the history of profiles: the customers' features are built of the events before"
            " its end, and of what registers say now"
        ]
    return []


def describe(
    con: duckdb.DuckDBPyConnection, table: str, permission: Permission, chosen: tuple[str, ...] | None = None
) -> dict[str, dict[str, str]]:
    """Type and meaning of each column."""
    own = published("customer_profile").columns if table.startswith("customer") else ()
    meanings = {c.name: c.description for c in own if c.name not in OTHERWISE}
    if permission.is_pseudonymised:
        meanings = meanings | {"customer_id": PSEUDONYM}
    there = columns_of(con, table)
    return {
        name: {"type": there[name], "meaning": meanings.get(name) or MEANINGS.get(name, "")} for name in chosen or there
    }
