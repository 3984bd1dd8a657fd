"""Profiles as of a past day of which no night published any: built of the events before its end, as a night does.

    clean.event before the day's end ─ facts ─ fold ─→ one row per customer of the generation that is read

Accounts belong to whom the generation says. Of people it has what registers say, which tells no time; what sources of
events say of them has none either, and is left out. So is what changes on an event after it occurred, as the status of
a ticket or the likes of a post, and what depends on accounts, consents, the rules of service and other customers. The
generation may be open for reading only.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from transforms.profile.aggregates import facts
from transforms.profile.golden_record import build_provenance
from transforms.profile.profile import aggregate_dated, aggregate_incremental, build_profile
from transforms.profile.rfm import score_buyers
from transforms.profile.windows import Windows
from warehouse.contracts.lineage import resolve
from warehouse.contracts.model import Contracts
from warehouse.contracts.published import published
from warehouse.duck import columns_of, literal, quote
from warehouse.profile.build import list_fillable, read_trust, split_customers
from warehouse.tables import as_published, frame_of, keep

LATE = frozenset(
    {
        *(("support", role) for role in ("status", "resolved_at", "rating", "agent", "category", "event_type")),
        *(("social", role) for role in ("like_count", "reply_count")),
        *(("consent", role) for role in ("category", "status", "occurred_at")),
        ("*", "account_id"),
        ("*", "*"),
        ("relation", "household"),
    }
)
"""What may have become known after the event that it stands on, or of no event."""
LEFT_OUT = frozenset({"customer_id", "as_of", "completeness_share"})


def list_dated() -> list[str]:
    """The columns of customer_profile that can be had as of a past day, by what they are made of."""
    columns = [c for c in published("customer_profile").columns if c.name not in LEFT_OUT]
    return [c.name for c in columns if not resolve(c.made_of) & LATE]


def build_past(
    con: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    rules: Mapping[str, str],
    windows: Windows,
    table: str,
    events: str = "clean.event",
) -> None:
    """Make the temporary table `table`: customer_id and the dated columns that the folds give.

    `rules`: by which each attribute of the golden record survives.
    """
    identity = frame_of(con, "main.customer_identity")
    mine = facts.select_events(frame_of(con, events), windows.until)
    made = {name: keep(con, f"past_{name}", fact.build(mine)) for name, fact in facts.FACTS.items()}
    registers = ", ".join(literal(s.name) for s in contracts.sources if s.kind == "customers") or "NULL"
    con.execute(f"CREATE OR REPLACE TEMP TABLE past_attribute AS FROM clean.attribute WHERE origin IN ({registers})")
    provenance = build_provenance(frame_of(con, "past_attribute"), identity, read_trust(con, contracts), rules)
    found = keep(con, "past_provenance", provenance)
    parts = aggregate_incremental(made, identity) | aggregate_dated(
        made, identity, found, windows, list_fillable(contracts)
    )
    kept = {name: keep(con, f"past_part_{name}", part) for name, part in parts.items()}
    kept["segments"] = keep(con, "past_part_segments", score_buyers(kept["orders"]))
    groups = (build_profile(group, windows) for group in split_customers(con, kept))
    keep(con, "past_profile", as_published(con, "customer_profile", groups))
    there = columns_of(con, "past_profile")
    columns = ", ".join(["customer_id", *(quote(name) for name in list_dated() if name in there)])
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {columns} FROM past_profile")
