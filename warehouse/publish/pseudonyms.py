"""Pseudonyms: what consumers of a purpose get in place of customer ids, where purposes.yaml says so.

HMAC-SHA256 of the customer_id under a key of the purpose, which lies outside the home (warehouse.home.keys): the same
from night to night, another for each purpose, and nothing that anybody can lead back without the key. Kept are 128
bits.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import duckdb
import polars as pl

from warehouse.duck import store_rows
from warehouse.home.keys import read_key

DIGITS = 32
"""Hexadecimal digits of a pseudonym."""


def make_pseudonym(key: bytes, customer_id: str) -> str:
    """The pseudonym of a customer for whoever has the key."""
    return hmac.new(key, customer_id.encode(), hashlib.sha256).hexdigest()[:DIGITS]


def store_pseudonyms(con: duckdb.DuckDBPyConnection, home: Path, purpose: str, rows: str) -> None:
    """Make the temporary table pseudonym (customer_id, pseudonym) of the customers in some rows, given as SQL.

    Raises:
        HomeError: the purpose's key cannot be made or read.
    """
    key = read_key(home, f"purpose-{purpose}")
    who = con.sql(f"SELECT DISTINCT customer_id FROM ({rows}) WHERE customer_id IS NOT NULL ORDER BY ALL").pl()
    names = [make_pseudonym(key, customer) for customer in who["customer_id"].to_list()]
    frame = who.with_columns(pseudonym=pl.Series(names, dtype=pl.String))
    store_rows(con, "pseudonym", frame, is_temporary=True)
