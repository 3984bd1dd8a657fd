"""What customers allowed: one row per answer a customer gave about one purpose."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import narwhals as nw
import polars as pl

from transforms.clean.meanings import word_meanings
from transforms.engine import Frame, pick_greatest
from warehouse.contracts.model import Source
from warehouse.types.vocabularies import GRANTED

CONSENT: dict[str, pl.DataType | type[pl.DataType]] = {
    "source": pl.String, "account_id": pl.String, "purpose": pl.String, "is_granted": pl.Boolean,
    "decided_at": pl.Datetime("us"), "delivery_id": pl.String, "record": pl.Int64,
}  # fmt: skip
"""Columns of clean.consent: one row per answer."""
STAND = ["customer_id", "purpose"]
"""What an answer of a customer is about."""
LIKELY = ("likeness", "copy")
"""Rules of identity by which an account may be somebody else's."""
ANSWER = ["is_granted", "decided_at", "source", "account_id", "delivery_id", "record"]


def clean_consent(rows: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Rows of a consent source (with accounts) as answers: source and account_id, purpose, is_granted, decided_at.

    An answer that is not plainly a yes counts as a no. A row without an account is nobody's answer and is left out.
    """
    role = {name: pl.col(source.name_of(name) or "") for name in ("category", "status", "occurred_at")}
    answer = word_meanings(rows[source.name_of("status") or ""], source.kind, "status")
    return (
        rows.with_columns(_meaning=answer)
        .filter(pl.col("account_id").is_not_null())
        .select(
            source="account_source",
            account_id="account_id",
            purpose=role["category"].cast(pl.String).str.strip_chars().str.to_lowercase(),
            is_granted=(pl.col("_meaning") == GRANTED).fill_null(False),
            decided_at=role["occurred_at"].cast(pl.Datetime("us")),
            delivery_id="_delivery_id",
            record="_record",
        )
    )


def pick_consent(consent: Frame, identity: Frame, until: datetime | None = None) -> Frame:
    """Where each customer stands on each purpose: the answer given last before `until`, whatever the order of arrival.

    One row per customer_id and purpose, over all of the customer's accounts; of answers given at the same moment, the
    no counts.
    """
    return _pick_last(consent if until is None else consent.filter(nw.col("decided_at") < until), identity)


def pick_with_kept(consent: Frame, kept: Frame, identity: Frame, until: datetime, protective: Collection[str]) -> Frame:
    """The same, where answers that a rollback took away from `consent` are kept in `kept`.

    A kept answer may restrict, whenever it was given, and lift an older kept one; it never opens what the customer's
    other answers leave closed, since what was taken back may be a wrong file. `protective` names the purposes whose yes
    restricts, as of a refusal of AI; elsewhere the no does.
    """
    own = consent.filter(nw.col("decided_at") < until).select(*CONSENT)
    both = [own.with_columns(is_own=nw.lit(1)), kept.select(*CONSENT).with_columns(is_own=nw.lit(0))]
    last = _pick_last(nw.concat(both), identity)
    is_protective = nw.col("purpose").is_in(list(protective))
    restricts = (nw.col("is_granted") & is_protective) | (~nw.col("is_granted") & ~is_protective)
    counts = last.filter((nw.col("is_own") == 1) | restricts)
    others = _pick_last(own, identity).join(counts.select(*STAND), on=STAND, how="anti")
    return nw.concat([counts.select(*STAND, *ANSWER), others.select(*STAND, *ANSWER)])


def list_doubted(consent: Frame, identity: Frame) -> Frame:
    """Who may be two people of whom one refuses: customer_id and purpose, distinct.

    An account's last answer is a no, and likeness, no identifier and no decision, holds accounts of the customer
    together; so that the yes which was given last may be somebody else's.
    """
    account = ["source", "account_id"]
    alone = identity.with_columns(customer_id=nw.concat_str("source", nw.lit("\x1f"), "account_id"))
    refused = _pick_last(consent, alone).filter(~nw.col("is_granted")).select(*account, "purpose")
    likely = identity.filter(nw.col("rule").is_in(list(LIKELY))).select("customer_id").unique("customer_id")
    whose = refused.join(identity.select(*account, "customer_id"), on=account, how="inner")
    return whose.join(likely, on="customer_id", how="semi").select(*STAND).unique(STAND)


def _pick_last(answer: Frame, identity: Frame) -> Frame:
    """The last answer of each customer and purpose; at the same moment the no, and an own answer before a kept one."""
    mine = answer.join(identity.select("source", "account_id", "customer_id"), on=["source", "account_id"], how="inner")
    mine = mine.with_columns(refusal=(~nw.col("is_granted")).cast(nw.Int64))
    own = ["is_own"] if "is_own" in answer.collect_schema().names() else []
    order = ["decided_at", "refusal", *own, "source", "account_id", "delivery_id", "record"]
    return pick_greatest(mine, STAND, order)
