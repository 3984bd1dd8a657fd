"""The golden record: which of the values that sources give of a customer survives, and why.

Written against Narwhals.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

import narwhals as nw

from transforms.engine import Frame, pick_greatest, place_in_order
from transforms.profile.survivorship import UNFIT, Unfit, name_reason, with_lead, with_standing
from transforms.values.places import DISTRICTS
from warehouse.contracts.settings import SURVIVORSHIP

ACCOUNT = ["source", "account_id"]
ATTRIBUTE = ["customer_id", "attribute"]
GOLDEN = tuple(SURVIVORSHIP)
"""The attributes of the golden record."""
MADE = ("chinese_name", "english_name")
"""Those that no contract has a role for: they are parts of full_name."""
ZERO = ("completeness_share",)
"""Columns that are 0 where nothing is known."""
AGES = (18, 25, 35, 45, 55, 65)
"""Where an age band begins; the first one begins at 0."""
MEASURES = ["standing", "lead", "trusted", "last_seen_at", "seen_count"]
ORDER = [*MEASURES, "value", "origin", *ACCOUNT]
"""What puts values in order, whatever the rule: what can be used, the rule's own measure, at last an order of text."""


def build_provenance(
    attribute: Frame,
    identity: Frame,
    trust: Frame,
    rules: Mapping[str, str] = SURVIVORSHIP,
    unfit: Unfit | None = None,
) -> Frame:
    """Where every value could come from: one row per customer, attribute and value, with its best witness.

    place 1 is the value that survives into the profile, by the rule of its attribute (attribute → name in RULES); equal
    ones by trust, then seen last, then seen most often, then by a fixed order of text. `rule` names what put it before
    its runner-up. `trust` has origin (the source that said it) and trust: 1 is best, 9 that of a source without one.
    A value without a key where others have one comes after them all, whatever the rule. What is `unfit` stands last,
    with the reason as its rule, and never at place 1: where there is nothing else, no value has place 1.
    """
    known = with_standing(_join_known(attribute, identity, trust), unfit)
    counted = known.group_by(ATTRIBUTE).agg(_count=nw.len())
    alone = known.join(counted.filter(nw.col("_count") == 1).select(ATTRIBUTE), on=ATTRIBUTE, how="semi")
    rivals = known.join(counted.filter(nw.col("_count") > 1).select(ATTRIBUTE), on=ATTRIBUTE, how="semi")
    witness = pick_greatest(with_lead(rivals, rules), [*ATTRIBUTE, "value"], ORDER)
    placed = place_in_order(witness, ATTRIBUTE, ORDER).with_columns(
        **{f"next_{m}": nw.col(m).shift(1).over(*ATTRIBUTE, order_by=ORDER) for m in MEASURES}
    )
    reason = nw.when(nw.col("place") == 1).then(name_reason(rules)).otherwise(nw.lit("runner-up"))
    is_barren = (nw.col("standing").max().over(*ATTRIBUTE) == UNFIT).cast(nw.Int64)
    columns = [
        "customer_id", "attribute", "value", *ACCOUNT, "origin",
        "first_seen_at", "last_seen_at", "seen_count", "delivery_id", "record",
    ]  # fmt: skip
    is_unfit = (nw.col("standing") == UNFIT).cast(nw.Int64)
    only = alone.select(*columns, place=1 + is_unfit, rule=nw.coalesce(nw.col("unfit"), nw.lit("only value")))
    place = nw.col("place").cast(nw.Int64) + is_barren
    return nw.concat([only, placed.select(*columns, place=place, rule=nw.coalesce(nw.col("unfit"), reason))])


def _join_known(attribute: Frame, identity: Frame, trust: Frame) -> Frame:
    """Every value that a source gave of a customer, with `trusted` (greater is better) and `same`, its key."""
    known = attribute.filter(~nw.col("value").is_null())
    known = known.join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")
    known = known.join(trust, on="origin", how="left")
    return known.with_columns(trusted=-nw.col("trust").fill_null(9), same=nw.coalesce("key", "value"))


def build_golden(provenance: Frame, as_of: date, fillable: Collection[str] = GOLDEN) -> Frame:
    """One row per customer with one column per attribute of GOLDEN, and what follows from them.

    age_band at the end of `as_of` (null without a birth date); is_hk_district: is the district one of Hong Kong's 18
    (null without one); completeness_share: how many of `fillable`, the attributes that a contract has, are known.
    """
    best = provenance.filter(nw.col("place") == 1)
    columns = {a: nw.when(nw.col("attribute") == a).then(nw.col("value")) for a in GOLDEN}
    counting = [a for a in GOLDEN if a in fillable and a not in MADE]
    wide = best.select("customer_id", **columns, _known=nw.col("attribute").is_in(counting).cast(nw.Int64))
    golden = wide.group_by("customer_id").agg(**{a: nw.col(a).max() for a in GOLDEN}, _known=nw.col("_known").sum())
    return golden.with_columns(
        age_band=_age_band(as_of),
        is_hk_district=nw.when(~nw.col("district").is_null()).then(nw.col("district").is_in(list(DISTRICTS))),
        completeness_share=nw.col("_known").cast(nw.Float64) / max(len(counting), 1),
    ).drop("_known")


def _age_band(as_of: date) -> nw.Expr:
    """The band of the age in whole years, of birth_date as text (ISO 8601)."""
    born = nw.col("birth_date")
    to_come = (born.str.slice(5, 5) > as_of.strftime("%m-%d")).cast(nw.Int64)
    age = as_of.year - born.str.slice(0, 4).cast(nw.Int64) - to_come
    band = nw.lit(f"{AGES[-1]}+")
    for low, high in reversed(list(zip((0, *AGES), AGES, strict=False))):
        band = nw.when(age < high).then(nw.lit(f"{low}-{high - 1}")).otherwise(band)
    return nw.when(~born.is_null()).then(band)


def pick_confidence(identity: Frame) -> Frame:
    """One row per customer: confidence, the lowest of its accounts' confidences; 1 where it is one account alone."""
    return identity.group_by("customer_id").agg(confidence=nw.col("confidence").min())
