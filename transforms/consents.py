"""What customers allowed: one row per answer a customer gave about one purpose."""

from __future__ import annotations

import polars as pl

from warehouse.contracts import Source

GRANTED = ("granted", "grant", "given", "yes", "y", "true", "1", "opt-in", "opt_in", "optin", "in", "agreed", "同意", "是")


def clean_consent(rows: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Rows of a consent source (with accounts) as answers: source and account_id, purpose, is_granted, decided_at.

    An answer that is not plainly a yes counts as a no. A row without an account is nobody's answer and is left out.
    """
    role = {name: pl.col(source.name_of(name) or "") for name in ("category", "status", "occurred_at")}
    answer = role["status"].cast(pl.String).str.strip_chars().str.to_lowercase()
    return rows.filter(pl.col("account_id").is_not_null()).select(
        source="account_source",
        account_id="account_id",
        purpose=role["category"].cast(pl.String).str.strip_chars().str.to_lowercase(),
        is_granted=answer.is_in(GRANTED).fill_null(False),
        decided_at=role["occurred_at"].cast(pl.Datetime("us")),
        delivery_id="_delivery_id",
        record="_record",
    )
