"""Building what is published, inside the run's database: who is who, then one profile per customer.

    clean.account, clean.attribute ─ identify ─→ customer_identity
    clean.event ─ facts ─→ profile.account_* ─ fold ─→ customer_profile, customer_profile_provenance, customer_consent

customer_event and delivery are views. The steps are the transforms, in their order; here they only get their tables.
"""

from __future__ import annotations

import duckdb
import narwhals as nw
import polars as pl

from transforms import facts, identify, profile
from transforms.consents import pick_consent
from transforms.engine import Frame, as_frame
from warehouse.database import open_database
from warehouse.run import Run
from warehouse.tables import publish_table, publish_view, store

EMPTY_CUSTOMER = (
    "CREATE TABLE IF NOT EXISTS identity.customer"
    " (customer_id VARCHAR, source VARCHAR, account_id VARCHAR, created_on DATE, merged_into VARCHAR)"
)
EMPTY_IDENTITY = (
    "CREATE TABLE IF NOT EXISTS main.customer_identity"
    " (source VARCHAR, account_id VARCHAR, customer_id VARCHAR, rule VARCHAR, confidence DOUBLE)"
)


def frame_of(con: duckdb.DuckDBPyConnection, table: str) -> Frame:
    """A table as a lazy frame."""
    return as_frame(con.table(table))


def keep(con: duckdb.DuckDBPyConnection, name: str, frame: Frame) -> Frame:
    """A lazy frame worked out once, as a temporary table of this connection."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {frame.to_native().sql_query()}")
    return frame_of(con, name)


def identify_customers(run: Run) -> None:
    """Work out which accounts are one customer: identity.edge, identity.customer and customer_identity."""
    with open_database(run.database, memory_limit=run.settings.memory_limit) as con:
        con.execute(EMPTY_CUSTOMER)
        con.execute(EMPTY_IDENTITY)
        account = frame_of(con, "clean.account").group_by("source", "account_id").agg(is_guest=nw.col("is_guest").all())
        node = keep(con, "node", identify.number_accounts(account))
        key = keep(con, "shared_key", identify.list_keys(frame_of(con, "clean.attribute"), run.settings.shared_by))
        edge = keep(con, "edge", identify.link_shared_keys(key, node))
        cluster = keep(con, "cluster", identify.cluster_accounts(node, edge, key))
        register = keep(con, "register", frame_of(con, "identity.customer"))
        claim = keep(con, "claim", identify.claim_names(cluster, register, frame_of(con, "main.customer_identity")))
        name = keep(con, "cluster_name", identify.name_clusters(cluster, claim))
        store(con, "identity.customer", identify.build_customer(register, name, claim, run.as_of))
        store(con, "identity.edge", identify.name_edges(edge, node))
        publish_table(con, "customer_identity", identify.build_identity(cluster, name, edge))


def build_profiles(run: Run) -> None:
    """Fold the facts of accounts over the identity map into the published tables."""
    with open_database(run.database, memory_limit=run.settings.memory_limit) as con:
        windows = profile.open_windows(run.as_of, run.settings.timezone)
        event, identity = frame_of(con, "clean.event"), frame_of(con, "main.customer_identity")
        fact = {
            "span": facts.build_account_span,
            "order": facts.build_account_order,
            "category": facts.build_account_category,
            "post_day": facts.build_account_post_day,
            "ticket": facts.build_account_ticket,
        }
        for name, build in fact.items():
            store(con, f"profile.account_{name}", build(event, windows.until))
        account = {name: frame_of(con, f"profile.account_{name}") for name in fact}
        trust = read_trust(con, run)
        found = profile.build_provenance(frame_of(con, "clean.attribute"), identity, trust)
        publish_table(con, "customer_profile_provenance", found)
        parts = {
            "presence": profile.build_presence(account["span"], identity),
            "golden": profile.build_golden(frame_of(con, "main.customer_profile_provenance")),
            "orders": profile.fold_orders(account["order"], identity, windows),
            "category": profile.pick_category(account["category"], identity),
            "channels": profile.fold_channels(account["order"], identity),
            "posts": profile.fold_posts(account["post_day"], identity, windows),
            "tickets": profile.fold_tickets(account["ticket"], identity, windows),
        }
        kept = {name: keep(con, f"part_{name}", frame) for name, frame in parts.items()}
        publish_table(con, "customer_profile", profile.build_profile(kept, windows))
        publish_table(con, "customer_consent", pick_consent(frame_of(con, "clean.consent"), identity, windows.until))
        publish_view(con, "customer_event", CUSTOMER_EVENT)
        publish_view(con, "delivery", "FROM governance.delivery")


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
    con.register("trust_rows", rows)
    con.execute("CREATE OR REPLACE TEMP TABLE trust AS FROM trust_rows")
    return frame_of(con, "trust")
