"""The accounts as a table of people for the matcher: one row per account, a list of values per role."""

from __future__ import annotations

import polars as pl

KEYED = ("email", "phone", "national_id", "handle", "birth_date", "gender", "postcode")
"""Roles compared by their key, in which differences of writing are gone."""
SHOWN = ("full_name", "given_name", "surname", "address", "district")
"""Roles compared as they are shown: their writing is evidence."""


def build_people(account: pl.DataFrame, attribute: pl.DataFrame) -> pl.DataFrame:
    """One row per account: source, record (its account_id), and the distinct values of each role that anybody has.

    Args:
        account: source and account_id of every account, each once.
        attribute: source, account_id, attribute, value and key, as `clean.attribute`.
    """
    keyed = attribute.filter(pl.col("attribute").is_in(KEYED)).with_columns(value="key")
    shown = attribute.filter(pl.col("attribute").is_in(SHOWN))
    values = pl.concat([f.select("source", "account_id", "attribute", "value") for f in (keyed, shown)])
    listed = (
        values.drop_nulls("value")
        .group_by("source", "account_id", "attribute")
        .agg(pl.col("value").unique().sort())
        .pivot(on="attribute", index=["source", "account_id"], values="value")
    )
    roles = [role for role in (*KEYED, *SHOWN) if role in listed.columns]
    people = account.select("source", "account_id").join(listed, on=["source", "account_id"], how="left")
    return people.select("source", pl.col("account_id").alias("record"), *roles).sort("source", "record")
