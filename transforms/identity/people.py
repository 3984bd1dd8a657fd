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
    role = pl.col("attribute")
    value = pl.when(role.is_in(KEYED)).then("key").otherwise("value")
    people = account.select("source", record="account_id").sort("source", "record").with_row_index("row")
    rows = (
        attribute.filter(role.is_in([*KEYED, *SHOWN]))
        .select("source", "attribute", record="account_id", value=value)
        .drop_nulls("value")
        .join(people, on=["source", "record"], how="left")
        .select("row", "attribute", "value")
    )
    for name in (*KEYED, *SHOWN):
        own = rows.filter(role == name).select("row", pl.col("value").alias(name)).unique().sort("row", name)
        if own.height:
            listed = own.group_by("row", maintain_order=True).agg(name)
            people = people.join(listed, on="row", how="left", maintain_order="left")
    return people.drop("row")
