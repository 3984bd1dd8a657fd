"""What customers allowed: one row per answer a customer gave about one purpose."""

from __future__ import annotations

from datetime import datetime

import narwhals as nw
import polars as pl

from transforms.engine import Frame, pick_greatest
from warehouse.contracts import Source

CONSENT: dict[str, pl.DataType | type[pl.DataType]] = {
    "source": pl.String, "account_id": pl.String, "purpose": pl.String, "is_granted": pl.Boolean,
    "decided_at": pl.Datetime("us"), "delivery_id": pl.String, "record": pl.Int64,
}  # fmt: skip
"""Columns of clean.consent: one row per answer."""
GRANTED = (
    "granted",
    "grant",
    "given",
    "yes",
    "y",
    "true",
    "1",
    "opt-in",
    "opt_in",
    "optin",
    "in",
    "agreed",
    "同意",
    "是",
)


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


def pick_consent(consent: Frame, identity: Frame, until: datetime) -> Frame:
    """Where each customer stands on each purpose: the answer given last before `until`, whatever the order of arrival.

    One row per customer_id and purpose, over all of the customer's accounts; of answers given at the same moment, the
    no counts.
    """
    mine = consent.filter(nw.col("decided_at") < until).join(
        identity.select("source", "account_id", "customer_id"), on=["source", "account_id"], how="inner"
    )
    mine = mine.with_columns(refusal=(~nw.col("is_granted")).cast(nw.Int64))
    order = ["decided_at", "refusal", "source", "account_id", "delivery_id", "record"]
    return pick_greatest(mine, ["customer_id", "purpose"], order)
