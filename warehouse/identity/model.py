"""The matcher's model of a home: kept from night to night, retrained only for a reason that is said."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from transforms.matching.model.trained_model import ModelError
from warehouse.contracts.settings import Settings
from warehouse.duck import store_rows
from warehouse.home.keys import read_key
from warehouse.identity.sealed_model import KEY_NAME, open_model, seal_model
from warehouse.run import Run

if TYPE_CHECKING:  # the checks' own process imports this too, and is ready sooner without Polars
    import polars as pl

MODEL_FILE = "identity_model.json"
"""The model in use, beside the database of a generation."""
MODEL = (
    "version INTEGER, trained_on DATE, generation INTEGER, reason VARCHAR, accounts BIGINT, roles VARCHAR,"
    " made_by VARCHAR, model JSON, digest VARCHAR"
)
"""Columns of identity.model: one row per model ever trained, the last one in use."""
LEAST_GROWTH = 100
"""Accounts that may always come or go before a model is too old."""
MOST_CROWDED = 0.01
"""Share of the accounts that may have a key that has outgrown the model's plan; their other keys still find."""


NAMES = ("made_by", "node", "identifier", "pair")
"""Frames of `transforms.matching.state`; each is a table identity.match_<name>."""


def pick_model(
    con: duckdb.DuckDBPyConnection, run: Run, people: pl.DataFrame
) -> tuple[dict[str, Any] | None, str | None]:
    """The model to match by, or None and the reason to retrain."""
    con.execute(f"CREATE TABLE IF NOT EXISTS identity.model ({MODEL})")
    rows = con.execute(
        "SELECT accounts, roles, made_by, model FROM identity.model ORDER BY version DESC LIMIT 1"
    ).fetchall()
    if not rows:
        return None, "first run"
    accounts, roles, made_by, text = rows[0]
    crowded = count_crowded(con)
    limit = max(LEAST_GROWTH, run.settings.retrain_growth * accounts)
    reasons = {
        "requested": run.options.retrain,
        "the roles that sources declare have changed": roles != list_roles(people),
        "settings or the program have changed": made_by != describe_maker(run.code, run.settings),
        f"{crowded:,} have keys on many more accounts than when it was trained": crowded
        > max(LEAST_GROWTH, MOST_CROWDED * accounts),
        f"{accounts:,} accounts have become {people.height:,}": abs(people.height - accounts) > limit,
    }
    reason = next((said for said, holds in reasons.items() if holds), None)
    if reason:
        return None, reason
    try:
        return open_model(json.loads(text), read_key(run.home.root, KEY_NAME)), None
    except ModelError:
        return None, "the key that it was sealed by is gone"


def keep_model(
    con: duckdb.DuckDBPyConnection, run: Run, model: dict[str, Any], reason: str | None, people: pl.DataFrame
) -> None:
    """Store a model that was trained tonight, with why; one that was kept is there already."""
    if reason is None:
        return
    text = json.dumps(seal_model(model, read_key(run.home.root, KEY_NAME)))
    digest = hashlib.sha256(text.encode()).hexdigest()
    con.execute(
        "INSERT INTO identity.model SELECT coalesce(max(version), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ? FROM identity.model",
        [
            run.as_of,
            run.number,
            reason,
            people.height,
            list_roles(people),
            describe_maker(run.code, run.settings),
            text,
            digest,
        ],
    )


def describe_model(con: duckdb.DuckDBPyConnection, number: int) -> str:
    """Which model the night used, and why it was trained, as one line."""
    rows = con.execute(
        "SELECT version, trained_on, accounts, generation, reason FROM identity.model ORDER BY version DESC LIMIT 1"
    ).fetchall()
    if not rows:
        return "none: no source declares a column by which people could be compared"
    version, trained_on, accounts, generation, reason = rows[0]
    learned = describe_learned(con)
    if generation == number:
        return f"version {version}, trained on {accounts:,} accounts ({reason}){learned}"
    return f"version {version}, kept; trained as of {trained_on} on {accounts:,} accounts{learned}"


def describe_learned(con: duckdb.DuckDBPyConnection) -> str:
    """What the night matched by that people's decisions taught; empty where nothing was accepted."""
    from warehouse.home.decisions import load_decisions

    decision = load_decisions(con).learned
    if decision is None:
        return ""
    weights = len(decision.weights or ())
    also = f" and factors of {weights} field{'s' * (weights > 1)}" if weights else ""
    return (
        f"; one person from {decision.threshold:.2f} on{also}, learned from decisions ({decision.decision_id} of"
        f" {decision.decided_by}, {decision.decided_at[:10]})"
    )


def note_model(con: duckdb.DuckDBPyConnection) -> list[str]:
    """What a person should know of the model in use; nothing where there is none."""
    from transforms.matching.model.trained_model import describe_learning

    rows = con.execute("SELECT model FROM identity.model ORDER BY version DESC LIMIT 1").fetchall()
    model = json.loads(rows[0][0]) if rows else {}
    return describe_learning(model.get("is_prior", False), model.get("forbidding", [True]))


def write_model(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the model in use, and what identity.model says of it, as MODEL_FILE; nothing where there is none."""
    found = con.execute("SELECT * FROM identity.model ORDER BY version DESC LIMIT 1")
    names, rows = [column[0] for column in found.description or ()], found.fetchall()
    for row in rows:
        said = dict(zip(names, row, strict=True))
        said |= {"trained_on": said["trained_on"].isoformat(), "model": json.loads(said["model"])}
        said["learned"] = describe_learned(con).removeprefix("; ") or None
        (folder / MODEL_FILE).write_text(json.dumps(said, indent=1, ensure_ascii=False), "utf-8")


def list_roles(people: pl.DataFrame) -> str:
    """The roles that are compared, as one text."""
    return " ".join(sorted(set(people.columns) - {"source", "record"}))


def describe_maker(code: Mapping[str, str], settings: Settings) -> str:
    """What a model depends on besides the accounts."""
    return f"{code['match']} max_accounts_per_identifier={settings.max_accounts_per_identifier}"


def read_state(con: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame] | None:
    """The match state that the latest night left, or None."""
    rows = con.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'identity'").fetchall()
    if not {(f"match_{name}",) for name in NAMES} <= set(rows):
        return None
    return {name: con.sql(f"FROM identity.match_{name}").pl() for name in NAMES}


def keep_memory(con: duckdb.DuckDBPyConnection, memory: dict[str, pl.DataFrame]) -> None:
    """Store the match state in place of the one before."""
    for name in NAMES:
        store_rows(con, f"identity.match_{name}", memory[name])


def count_crowded(con: duckdb.DuckDBPyConnection) -> int:
    """Contents that last night had a key on many more accounts than when the model was trained, which found nobody."""
    query = "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'match_node' AND column_name = 'is_oversized'"
    known = con.execute(query).fetchall()[0][0]
    return int(con.execute("SELECT count_if(is_oversized) FROM identity.match_node").fetchall()[0][0]) if known else 0
