"""Building profiles, inside the run's database: one per customer that `identifying` has found.

    clean.event ─ facts ─→ profile.account_* ─ fold ─→ profile.part_* ─ join ─→ customer_profile
    customer_profile_provenance ─ who shares a home ─→ customer_household ─ join ─→ customer_profile
    customer_profile ─ what changed ─→ customer_profile_history

customer_event and delivery are views; customer_feature is counted of the former. Provenance, features, and the parts
that no date moves, are rebuilt of customers who moved alone. The steps are the transforms, in their order; here they
only get their tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import duckdb
import polars as pl

from transforms.engine import Frame, as_frame
from transforms.profile.aggregates.lifetime_value import fold_lives
from transforms.profile.golden_record import GOLDEN, build_provenance
from transforms.profile.profile import aggregate_dated, aggregate_incremental, build_profile
from transforms.profile.rfm import score_buyers
from transforms.profile.service_mode import decide_service, flag_consents
from transforms.profile.survivorship import Unfit
from transforms.profile.windows import Windows, open_windows
from warehouse.contracts.load import read_features
from warehouse.contracts.model import Contracts
from warehouse.contracts.settings import Settings, read_rules
from warehouse.duck import fetch_row, open_database, store_rows
from warehouse.features.drift import watch_features
from warehouse.features.nightly import publish_features
from warehouse.home.consent_ledger import keep_consents, stand_of
from warehouse.profile.calendar import publish_calendar
from warehouse.profile.changes import find_changed_customers, identity_of, remember_built, renew, with_others
from warehouse.profile.facts import list_kept, update_facts
from warehouse.profile.history import keep_history
from warehouse.profile.households import list_sizes, publish_households
from warehouse.profile.lifetime import build_lifetimes
from warehouse.profile.service_rules import keep_sentences, read_service_rules
from warehouse.profile.unfit import find_unfit
from warehouse.run import Run
from warehouse.tables import as_published, frame_of, keep, publish_table, publish_view

CUSTOMERS = 250_000
"""Whose parts are joined at once."""


def build_profiles(run: Run) -> None:
    """Fold the facts of accounts over the identity map into the published tables."""
    with open_database(run.database, memory_limit=run.settings.memory_limit) as con:
        windows = open_windows(run.as_of, run.settings.timezone)
        kept = list_kept(con, run.number, is_full=run.is_full("profile"))
        facts = update_facts(con, kept, run.number, windows.until)
        keep_consents(con, run.home, run.find_parent(), [s.name for s in run.contracts.sources], windows.until)
        protective = read_service_rules(run.contracts_folder).protective
        publish_table(con, "customer_consent", stand_of(con, windows.until, protective))
        unfit, is_known = find_unfit(con, run.settings, frame_of(con, "main.customer_identity"))
        holding = find_changed_customers(con, kept, run.contracts, run.number, windows.until, knows_unfit=is_known)
        publish_provenance(con, run.contracts, run.settings, unfit, of_moved=holding.provenance)
        publish_households(con, run.settings.max_household_members)
        lasting = aggregate_incremental(facts, identity_of(con, of_moved=holding.until is not None))
        parts = {
            name: renew(con, f"profile.part_{name}", frame, of_moved=holding.until is not None)
            for name, frame in lasting.items()
        }
        lives = keep(con, "lives", fold_lives(facts["order"], frame_of(con, "main.customer_identity"), windows))
        parts["lifetime"] = build_lifetimes(con, lives, run.as_of)
        publish_profile(con, run, facts, parts, windows)
        keep_history(con, windows, lives, run.settings.history_days)
        publish_view(con, "customer_event", CUSTOMER_EVENT)
        publish_view(con, "delivery", "FROM governance.delivery")
        publish_calendar(con, run.contracts, run.settings.timezone)
        publish_features(con, run.contracts_folder, windows, holding.until)
        day = run.settings.feature_reference
        reference = date.fromisoformat(day) if day else None
        watch_features(con, read_features(run.contracts_folder), run.as_of, reference)
        remember_built(con, run.contracts, windows.until)


def publish_provenance(
    con: duckdb.DuckDBPyConnection, contracts: Contracts, settings: Settings, unfit: Unfit, *, of_moved: bool
) -> None:
    """customer_profile_provenance: what was told of customers who moved, or of all."""
    name, rules = "customer_profile_provenance", read_rules(settings.survivorship)
    identity = identity_of(con, of_moved=of_moved)
    trust = read_trust(con, contracts)
    found = build_provenance(frame_of(con, "clean.attribute"), identity, trust, rules, unfit)
    publish_table(con, name, with_others(con, f"main.{name}", found) if of_moved else found)


def publish_profile(
    con: duckdb.DuckDBPyConnection, run: Run, facts: dict[str, Frame], others: dict[str, Frame], windows: Windows
) -> None:
    """customer_profile, of facts, other parts, and what is already published: identity, provenance, consent."""
    identity, provenance = frame_of(con, "main.customer_identity"), frame_of(con, "main.customer_profile_provenance")
    parts = aggregate_dated(facts, identity, provenance, windows, list_fillable(run.contracts))
    parts["household"] = list_sizes(con)
    rules = read_service_rules(run.contracts_folder)
    parts["consents"] = flag_consents(frame_of(con, "main.customer_consent"), rules)
    kept = others | {name: keep(con, f"part_{name}", frame) for name, frame in parts.items()}
    kept["segments"] = keep(con, "part_segments", score_buyers(kept["orders"]))
    groups = split_customers(con, kept)
    profile = as_published(con, "customer_profile", (build_profile(group, windows) for group in groups))
    publish_table(con, "customer_profile", decide_service(profile, rules))
    keep_sentences(con, rules)


def split_customers(con: duckdb.DuckDBPyConnection, parts: Mapping[str, Frame]) -> Iterator[dict[str, Frame]]:
    """The parts for a group of customers at a time: a join holds all but one of them in memory."""
    present = parts["presence"].to_native().sql_query()
    groups = 1 + fetch_row(con, f"SELECT count(*) FROM ({present})")[0] // CUSTOMERS
    for group in range(groups):
        of_group = f"hash(customer_id) % {groups} = {group}"
        yield {name: as_frame(part.to_native().filter(of_group)) for name, part in parts.items()}


CUSTOMER_EVENT = """
    SELECT i.customer_id, e.*
    FROM clean.event AS e LEFT JOIN main.customer_identity AS i
        ON i.source = e.account_source AND i.account_id = e.account_id
"""


def list_fillable(contracts: Contracts) -> list[str]:
    """The attributes of the golden record that some contract has a column for; a surname makes a full name."""
    roles = {column.role for source in contracts.sources for column in source.columns}
    return [name for name in GOLDEN if name in roles or (name == "full_name" and "surname" in roles)]


def read_trust(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> Frame:
    """How far each source is trusted (1 is best), as a frame with origin and trust."""
    rows = pl.DataFrame(
        [(s.name, s.trust) for s in contracts.sources],
        schema={"origin": pl.String, "trust": pl.Int64},
        orient="row",
    )
    store_rows(con, "trust", rows, is_temporary=True)
    return frame_of(con, "trust")
