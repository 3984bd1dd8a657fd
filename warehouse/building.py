"""Building profiles, inside the run's database: one per customer that `identifying` has found.

    clean.event ─ facts ─→ profile.account_* ─ fold ─→ customer_profile, customer_profile_provenance, customer_consent

customer_event and delivery are views. The steps are the transforms, in their order; here they only get their tables.
"""

from __future__ import annotations

import duckdb
import polars as pl

from transforms.consents import pick_consent
from transforms.engine import Frame
from transforms.folds_lifetime import fold_lives
from transforms.golden import build_provenance
from transforms.profile import build_profile, fold_parts
from transforms.windows import open_windows
from warehouse.database import LOOKED_UP, open_database, store_rows
from warehouse.folding import fold_events
from warehouse.frames import frame_of, keep
from warehouse.lifetimes import build_lifetimes
from warehouse.run import Run
from warehouse.tables import publish_table, publish_view


def build_profiles(run: Run) -> None:
    """Fold the facts of accounts over the identity map into the published tables."""
    with open_database(run.database, memory_limit=run.settings.memory_limit) as con:
        windows = open_windows(run.as_of, run.settings.timezone)
        identity, facts = frame_of(con, "main.customer_identity"), fold_events(con, run, windows.until)
        found = build_provenance(frame_of(con, "clean.attribute"), identity, read_trust(con, run))
        publish_table(con, "customer_profile_provenance", found)
        parts = fold_parts(facts, identity, frame_of(con, "main.customer_profile_provenance"), windows)
        kept = {name: keep(con, f"part_{name}", frame) for name, frame in parts.items()}
        lifetime = build_lifetimes(con, fold_lives(facts["order"], identity, windows), run.as_of)
        kept["lifetime"] = keep(con, "part_lifetime", lifetime)
        publish_table(con, "customer_profile", build_profile(kept, windows))
        publish_table(con, "customer_consent", pick_consent(frame_of(con, "clean.consent"), identity, windows.until))
        publish_view(con, "customer_event", CUSTOMER_EVENT)
        publish_view(con, "delivery", "FROM governance.delivery")
    speed_up_look_ups(run)


def speed_up_look_ups(run: Run) -> None:
    """Write the profiles once more in small groups of rows: a customer's row is found in half the time."""
    with open_database(run.database, memory_limit=run.settings.memory_limit, group_rows=LOOKED_UP) as con:
        publish_table(con, "customer_profile", frame_of(con, "main.customer_profile"))


CUSTOMER_EVENT = """
    SELECT i.customer_id, e.*
    FROM clean.event AS e LEFT JOIN main.customer_identity AS i
        ON i.source = e.account_source AND i.account_id = e.account_id
"""


def read_trust(con: duckdb.DuckDBPyConnection, run: Run) -> Frame:
    """How far each source is trusted (1 is best), as a frame with origin and trust."""
    rows = pl.DataFrame(
        [(s.name, s.trust) for s in run.contracts.sources],
        schema={"origin": pl.String, "trust": pl.Int64},
        orient="row",
    )
    store_rows(con, "trust", rows, is_temporary=True)
    return frame_of(con, "trust")
