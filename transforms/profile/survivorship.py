"""Which of a customer's values survives: a rule for each attribute, and a measure for each rule.

Written against Narwhals.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import narwhals as nw

from transforms.engine import Frame
from warehouse.contracts.settings import SURVIVORSHIP_RULES
from warehouse.types.roles import IDENTIFIERS

READ = ("full_name", "given_name", "surname", "email", "phone", "national_id", "handle")
"""Attributes of which a value without a key could not be read: it comes after every value that could."""
OWN, UNREAD, UNFIT = 2, 1, 0
"""What a value may be, before any rule: read; not read, and so shown for want of a better; never shown."""
PLACEHOLDER, SHARED, OF_MANY = "placeholder", "shared by many customers", "account of many people"
"""Why a value is unfit, as provenance says it."""
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 – UTC without a zone is what our tables hold
VALUE = ["customer_id", "attribute", "same"]


class Unfit(NamedTuple):
    """What never survives."""

    value: Frame
    """Values by attribute and same (the key, or the text where there is none), and unfit: why."""
    account: Frame
    """Accounts that many people use, by source and account_id: whatever is said of them."""


def list_shared(attribute: Frame, identity: Frame, max_accounts: int) -> Frame:
    """Identifiers on more than `max_accounts` customers, as Unfit.value: a shop's counter, an office's mailbox."""
    key = attribute.filter(nw.col("attribute").is_in(IDENTIFIERS), ~nw.col("key").is_null())
    whose = key.join(identity.select("source", "account_id", "customer_id"), on=["source", "account_id"], how="inner")
    counted = whose.group_by("attribute", "key").agg(customer_count=nw.col("customer_id").n_unique())
    shared = counted.filter(nw.col("customer_count") > max_accounts)
    return shared.select("attribute", same=nw.col("key"), unfit=nw.lit(SHARED))


def with_standing(known: Frame, unfit: Unfit | None) -> Frame:
    """Add `standing` (OWN, UNREAD or UNFIT), by which values come before any rule, and `unfit`, why they never do."""
    if unfit is None:
        said = known.with_columns(unfit=nw.lit(None, nw.String))
    else:
        account = unfit.account.select("source", "account_id", of_many=nw.lit(OF_MANY))
        said = known.join(unfit.value, on=["attribute", "same"], how="left")
        said = said.join(account, on=["source", "account_id"], how="left")
        said = said.with_columns(unfit=nw.coalesce("unfit", "of_many")).drop("of_many")
    is_unread = nw.col("attribute").is_in(READ) & nw.col("key").is_null()
    standing = nw.when(is_unread).then(nw.lit(UNREAD)).otherwise(nw.lit(OWN))
    return said.with_columns(
        standing=nw.when(~nw.col("unfit").is_null()).then(nw.lit(UNFIT)).otherwise(standing).cast(nw.Int64)
    )


def with_lead(witness: Frame, rules: Mapping[str, str]) -> Frame:
    """Add `lead`, by which the rule of an attribute puts its values in order, the greatest first.

    trust: 0, for trust is the next measure of every rule; most_recent: when it was last seen, in seconds;
    most_frequent: in how many records; verified_first: 1 where two or more sources say it. Values of one key (`same`)
    are counted together.
    """
    told = witness.group_by(VALUE).agg(
        said_by=nw.col("origin").n_unique().cast(nw.Int64), told=nw.col("seen_count").sum().cast(nw.Int64)
    )
    measures = {
        "most_recent": (nw.col("last_seen_at") - nw.lit(EPOCH)).dt.total_seconds(),
        "most_frequent": nw.col("told"),
        "verified_first": (nw.col("said_by") >= 2).cast(nw.Int64),
    }
    lead = nw.lit(0).cast(nw.Int64)
    for rule, measure in measures.items():
        ruled = [attribute for attribute, name in rules.items() if name == rule]
        if ruled:
            lead = nw.when(nw.col("attribute").is_in(ruled)).then(measure).otherwise(lead)
    return witness.join(told, on=VALUE, how="inner").with_columns(lead=lead)


def name_reason(rules: Mapping[str, str]) -> nw.Expr:
    """What put a value before its runner-up (`next_…`): the first measure in which the two differ."""
    chosen = nw.lit("most trusted source")
    for rule in ("most_recent", "most_frequent", "verified_first"):
        ruled = [attribute for attribute, name in rules.items() if name == rule]
        if ruled:
            chosen = nw.when(nw.col("attribute").is_in(ruled)).then(nw.lit(SURVIVORSHIP_RULES[rule])).otherwise(chosen)
    reason = nw.lit("order of the text")
    for measure, said in reversed(
        {
            "lead": chosen,
            "trusted": nw.lit("most trusted source"),
            "last_seen_at": nw.lit("most recent"),
            "seen_count": nw.lit("most frequent"),
        }.items()
    ):
        reason = nw.when(nw.col(measure) != nw.col(f"next_{measure}")).then(said).otherwise(reason)
    reason = nw.when(nw.col("next_standing") != nw.col("standing")).then(nw.lit("only usable value")).otherwise(reason)
    return nw.when(nw.col("next_lead").is_null()).then(nw.lit("only value")).otherwise(reason)
