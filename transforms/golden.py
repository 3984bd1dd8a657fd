"""The golden record: which of the values that sources give of a customer survives, and why.

Written against Narwhals.
"""

from __future__ import annotations

import narwhals as nw

from transforms.engine import Frame, pick_greatest, place_in_order

ACCOUNT = ["source", "account_id"]
GOLDEN = (
    "full_name", "given_name", "surname", "email", "phone", "national_id", "handle", "birth_date", "gender", "language",
    "district", "address", "postcode",
)  # fmt: skip


def build_provenance(attribute: Frame, identity: Frame, trust: Frame) -> Frame:
    """Where every value could come from: one row per customer, attribute and value, with its best witness.

    place 1 is the value that survives into the profile: from the most trusted source (contract's c360.trust), then seen
    last, then seen most often, then a fixed order of text. `trust` has origin (the source that said it) and trust.
    rule names what decided.
    """
    known = attribute.join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")
    known = known.join(trust, on="origin", how="left").with_columns(trust=nw.col("trust").fill_null(9))
    known = known.with_columns(_trust=-nw.col("trust"))
    order = ["_trust", "last_seen_at", "seen_count", "value", "origin", "source", "account_id"]
    witness = pick_greatest(_one_value_a_key(known), ["customer_id", "attribute", "value"], order)
    placed = place_in_order(witness, ["customer_id", "attribute"], order)
    placed = placed.with_columns(rivals=nw.len().over("customer_id", "attribute"))
    best = ["customer_id", "attribute"]
    top = placed.with_columns(
        same_trust=(nw.col("trust") == nw.col("trust").min().over(*best)).cast(nw.Int64),
    ).with_columns(trusted_count=nw.col("same_trust").sum().over(*best))
    rule = (
        nw.when(nw.col("rivals") == 1)
        .then(nw.lit("only value"))
        .otherwise(
            nw.when(nw.col("trusted_count") == 1).then(nw.lit("most trusted source")).otherwise(nw.lit("most recent"))
        )
    )
    return top.select(
        "customer_id", "attribute", "value", *ACCOUNT, "origin",
        "first_seen_at", "last_seen_at", "seen_count", "delivery_id", "record",
        place=nw.col("place").cast(nw.Int64),
        rule=nw.when(nw.col("place") == 1).then(rule).otherwise(nw.lit("runner-up")),
    )  # fmt: skip


def _one_value_a_key(attribute: Frame) -> Frame:
    """An account's several spellings of one key stay several values; null values say nothing."""
    return attribute.filter(~nw.col("value").is_null())


def build_golden(provenance: Frame) -> Frame:
    """One row per customer with one column per attribute of GOLDEN: the surviving values."""
    best = provenance.filter(nw.col("place") == 1)
    columns = {a: nw.when(nw.col("attribute") == a).then(nw.col("value")) for a in GOLDEN}
    wide = best.select("customer_id", **columns)
    return wide.group_by("customer_id").agg(**{a: nw.col(a).max() for a in GOLDEN})
