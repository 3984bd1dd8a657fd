"""Values that never survive into a profile: placeholders, and identifiers that stand on very many customers.

    clean.attribute, customer_identity → profile.unfit_value ─ other than last night ─→ whose provenance is rebuilt

A number is one of many as soon as one customer more has it: then it goes from the profiles of all who have it.
"""

from __future__ import annotations

import duckdb
import polars as pl

from transforms.engine import Frame
from transforms.profile.survivorship import PLACEHOLDER, READ, Unfit, list_shared
from transforms.values.emails import find_addresses
from transforms.values.phones import fills_field
from transforms.values.placeholders import find_placeholder
from warehouse.contracts.settings import Settings
from warehouse.duck import has_table, store_rows
from warehouse.tables import frame_of, store

UNFIT = "profile.unfit_value"
HOLDERS = """
    SELECT source, account_id FROM (SELECT source, account_id, attribute, coalesce(key, value) AS same
        FROM clean.attribute) SEMI JOIN unfit_changed USING (attribute, same)
"""
"""SQL of the accounts with a value that is unfit and was not last night, or the other way about."""


def find_unfit(con: duckdb.DuckDBPyConnection, settings: Settings, identity: Frame) -> tuple[Unfit, bool]:
    """Find the values that do not survive tonight, and if it is known which did not last night.

    Where it is known, the temporary table unfit_changed holds those (attribute, same) of which that is another now.
    """
    is_known = has_table(con, *UNFIT.split("."))
    if is_known:
        con.execute(f"CREATE OR REPLACE TEMP TABLE unfit_before AS FROM {UNFIT}")
    store(con, UNFIT, list_shared(frame_of(con, "clean.attribute"), identity, settings.max_accounts_per_identifier))
    store_rows(con, "placeholder", list_placeholders(con, settings.phone_region), is_temporary=True)
    con.execute(f"INSERT INTO {UNFIT} BY NAME FROM placeholder")
    if is_known:
        changed = f"(FROM {UNFIT} EXCEPT FROM unfit_before) UNION ALL (FROM unfit_before EXCEPT FROM {UNFIT})"
        con.execute(f"CREATE OR REPLACE TEMP TABLE unfit_changed AS SELECT DISTINCT attribute, same FROM ({changed})")
    return Unfit(frame_of(con, UNFIT), frame_of(con, "identity.shared_account")), is_known


def list_placeholders(con: duckdb.DuckDBPyConnection, region: str) -> pl.DataFrame:
    """Of the values without a key, those that were written only to fill the field, as Unfit.value."""
    query = "SELECT DISTINCT attribute, value FROM clean.attribute WHERE key IS NULL AND list_contains(?, attribute)"
    rows = con.execute(query, [list(READ)]).fetchall()
    found = sorted(
        (attribute, value, PLACEHOLDER) for attribute, value in rows if is_placeholder(attribute, value, region)
    )
    return pl.DataFrame(found, schema=dict.fromkeys(("attribute", "same", "unfit"), pl.String), orient="row")


def is_placeholder(attribute: str, value: str, region: str) -> bool:
    """Is a value without a key only there because a form wanted one? Others were meant, and cannot be read."""
    if attribute == "email" and find_addresses(value):
        return True  # addresses, and all of them nobody's
    return find_placeholder(value) is not None or (attribute == "phone" and fills_field(value, region))
