"""Working out who is who, inside the run's database.

clean.account, clean.attribute → people ─ matcher ─→ identity.edge, clusters ─ names that last ─→ customer_identity
└→ customer_identity_history, identity.churn
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import duckdb
import narwhals as nw
import polars as pl

from transforms.identity import customer_ids as identify
from transforms.identity.decisions import Account, Decision, apply_decisions
from transforms.identity.people import build_people
from transforms.matching.clusters.edges import EDGE
from transforms.matching.match import Match, match_people
from transforms.matching.model.trained_model import ModelError
from warehouse.contracts.settings import Settings
from warehouse.duck import open_database, release_memory, store_rows
from warehouse.home.decisions import store_decisions
from warehouse.identity.learning import apply_weights, choose_settings, read_learned_decision
from warehouse.identity.model import keep_memory, keep_model, pick_model, read_state
from warehouse.run import Run
from warehouse.tables import frame_of, keep, publish_table, store

EMPTY = {
    "identity.customer": (
        "customer_id VARCHAR, source VARCHAR, account_id VARCHAR, created_on DATE, merged_into VARCHAR"
    ),
    "main.customer_identity": (
        "source VARCHAR, account_id VARCHAR, customer_id VARCHAR, rule VARCHAR, confidence DOUBLE"
    ),
    "main.customer_identity_history": (
        "source VARCHAR, account_id VARCHAR, customer_id VARCHAR, valid_from DATE, valid_to DATE"
    ),
}
"""Tables that a night builds on, as they are before the first."""

EVIDENCE = (
    "SELECT source, account_id, attribute, value, key FROM clean.attribute"
    " ANTI JOIN identity.shared_account USING (source, account_id)"
)
"""What is known of accounts, but of those that many people share: that would make all of these one person."""


def identify_customers(run: Run) -> None:
    """Work out which accounts are one customer, keep why, and what became of last night's customers."""
    with open_database(run.database, memory_limit=run.settings.memory_limit) as con:
        for table, columns in EMPTY.items():
            con.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
        account = frame_of(con, "clean.account").group_by("source", "account_id").agg(is_guest=nw.col("is_guest").all())
        keep(con, "node", identify.number_accounts(account))
        attribute = frame_of(con, "clean.attribute")
        store(
            con,
            "identity.shared_account",
            identify.list_shared_accounts(attribute, run.settings.max_accounts_per_identifier),
        )
        people = build_people(con.sql("SELECT source, account_id FROM node").pl(), con.sql(EVIDENCE).pl())
        store_decisions(con, run.decisions)
        match_accounts(con, run, people)
        name_customers(con, run.as_of, run.settings)


def match_accounts(con: duckdb.DuckDBPyConnection, run: Run, people: pl.DataFrame) -> None:
    """Match the accounts by the model at hand, or one retrained, into identity.edge and the table `matched`."""
    model, reason = pick_model(con, run, people)
    if set(people.columns) <= {"source", "record"}:
        found = Match(pl.DataFrame(schema=EDGE), people.select("source", "record").with_row_index("cluster"), {})
    else:
        learned = read_learned_decision(run.decisions.learned)
        settings = choose_settings(run.settings.max_accounts_per_identifier, learned)
        memory = None if run.is_full("match") else read_state(con)
        said = apply_decisions(run.decisions.in_force, list_named(people, run.decisions.in_force))
        release_memory(con, run.settings.memory_limit)  # matching asks nothing of the database, and takes much itself
        try:
            own = apply_weights(model, learned) if model else None
            found = match_people(people, settings=settings, model=own, memory=memory, decisions=said)
        except ModelError:
            model = None
            found = match_people(people, settings=settings, decisions=said)
            reason = "accounts have other values to compare than before"
        keep_model(con, run, found.model, reason, people)
        if model is None and learned.weights:  # trained on what is there; matched by what people have taught besides
            found = match_people(people, settings=settings, model=apply_weights(found.model, learned), decisions=said)
        keep_memory(con, found.memory)
    named = {"left_record": "left_account_id", "right_record": "right_account_id"}
    store_rows(con, "identity.edge", found.edges.rename(named))
    clusters = found.clusters.select("source", pl.col("cluster").cast(pl.Int64), account_id="record")
    store_rows(con, "matched", clusters, is_temporary=True)


def list_named(people: pl.DataFrame, decisions: Collection[Decision]) -> list[Account]:
    """The accounts that decisions name, of those that are there."""
    named = sorted({account for decision in decisions for account in decision.pair})
    rows = pl.DataFrame(named, schema={"source": pl.String, "record": pl.String}, orient="row")
    return list(people.select("source", "record").join(rows, on=["source", "record"], how="semi").iter_rows())


def name_customers(con: duckdb.DuckDBPyConnection, as_of: date, settings: Settings) -> None:
    """Give each cluster the customer_id that lasts, and publish who is who, now and before."""
    before = keep(con, "identity_before", frame_of(con, "main.customer_identity"))
    key = keep(
        con,
        "shared_key",
        identify.list_keys(frame_of(con, "clean.attribute"), settings.max_accounts_per_identifier),
    )
    clustered = identify.cluster_accounts(frame_of(con, "node"), frame_of(con, "matched"), key)
    cluster = keep(con, "cluster", clustered)
    register = keep(con, "register", frame_of(con, "identity.customer"))
    claim = keep(con, "claim", identify.claim_names(cluster, register, before))
    name = keep(con, "cluster_name", identify.name_clusters(cluster, claim))
    store(con, "identity.customer", identify.build_customer(register, name, claim, as_of))
    publish_table(con, "customer_identity", identify.build_identity(cluster, name, frame_of(con, "identity.edge")))
    identity = frame_of(con, "main.customer_identity")
    store(con, "identity.churn", identify.build_churn(before, identity))
    history = keep(con, "history", frame_of(con, "main.customer_identity_history"))
    publish_table(con, "customer_identity_history", identify.build_identity_history(history, identity, as_of))
