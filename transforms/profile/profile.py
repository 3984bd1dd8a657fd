"""One row per customer: the golden record, and what the customer bought, wrote and asked.

    account facts + identity ─ fold ─→ customer facts;  attribute + identity ─ pick ─→ golden record
    all ─ join ─→ customer_profile

Written against Narwhals. Times are UTC; windows end with the business day `as_of` and count whole local days.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import narwhals as nw

from transforms.engine import Frame, join_left, join_texts
from transforms.profile import golden_record as golden
from transforms.profile.aggregates import baskets as basket
from transforms.profile.aggregates import orders as buying
from transforms.profile.aggregates import posts as talking
from transforms.profile.aggregates import tickets as service
from transforms.profile.aggregates.channels import share_channels
from transforms.profile.windows import Windows

ACCOUNT = ["source", "account_id"]


def build_presence(span: Frame, identity: Frame) -> Frame:
    """One row per customer: accounts, silos (and their names), and when it was first and last active.

    A silo is a source that has accounts; what happens in another source to the same accounts is of that silo.
    """
    counted = identity.group_by("customer_id").agg(
        account_count=nw.len().cast(nw.Int64), source_count=nw.col("source").n_unique().cast(nw.Int64)
    )
    silo = identity.select("customer_id", "source").unique(["customer_id", "source"]).with_columns(_one=nw.lit(1))
    named = join_texts(silo, ["customer_id"], "source", "_one", "sources")
    active = span.join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")
    active = active.group_by("customer_id").agg(
        first_seen_at=nw.col("first_at").min(), last_seen_at=nw.col("last_at").max()
    )
    return counted.join(named, on="customer_id", how="inner").join(active, on="customer_id", how="left")


def aggregate_incremental(facts: Mapping[str, Frame], identity: Frame) -> dict[str, Frame]:
    """The parts of a profile that last until the customer's accounts, or the events of these, are others.

    Each has at most one row per customer, which depends on nobody else. Facts: the tables of FACTS
    (transforms.profile.aggregates.facts).
    """
    return {
        "presence": build_presence(facts["span"], identity),
        "confidence": golden.pick_confidence(identity),
        "category": buying.pick_category(facts["category"], identity),
        "channels": buying.fold_channels(facts["order"], identity),
        "baskets": basket.fold_baskets(facts["order"], identity),
        "items": basket.count_variety(facts["item"], identity, "item"),
        "categories": basket.count_variety(facts["category"], identity, "category"),
        "item": basket.pick_item(facts["item"], identity),
        "ticket_channels": share_channels(facts["ticket"], identity, "ticket_"),
    }


def aggregate_dated(
    facts: Mapping[str, Frame],
    identity: Frame,
    provenance: Frame,
    windows: Windows,
    fillable: Collection[str] = golden.GOLDEN,
) -> dict[str, Frame]:
    """The parts of a profile that a new business day may move, each with at most one row per customer.

    `fillable`: the attributes of the golden record that a contract has.
    """
    return {
        "golden": golden.build_golden(provenance, windows.as_of, fillable),
        "orders": buying.fold_orders(facts["order"], identity, windows),
        "trend": basket.fold_trend(facts["order"], identity, windows),
        "moments": basket.pick_moments(facts["order"], identity, windows),
        "posts": talking.fold_posts(facts["post_day"], identity, windows),
        "tickets": service.fold_tickets(facts, identity, windows),
    }


def build_profile(parts: Mapping[str, Frame], windows: Windows) -> Frame:
    """customer_profile: one row per customer who is present, of incremental and dated aggregates, and more parts.

    A count or amount of something that never happened is 0; a time, share or mean of it is null.
    """
    others = [part for name, part in parts.items() if name != "presence"]
    profile = join_left(parts["presence"], others, "customer_id")
    parts_zero = (golden.ZERO, buying.ZERO, basket.ZERO, talking.ZERO, service.ZERO)
    zero = [nw.col(name).fill_null(0) for names in parts_zero for name in names]
    return profile.with_columns(*zero, as_of=nw.lit(windows.as_of))
