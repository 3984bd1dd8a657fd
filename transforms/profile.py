"""One row per customer: the golden record, and what the customer bought, wrote and asked.

    account facts + identity ─ fold ─→ customer facts;  attribute + identity ─ pick ─→ golden record
    all ─ join ─→ customer_profile

Written against Narwhals. Times are UTC; windows end with the business day `as_of` and count whole local days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import narwhals as nw

from transforms.engine import Frame, join_texts, pick_greatest, place_in_order

ACCOUNT = ["source", "account_id"]
DAYS = (30, 90, 365)
CLOSED = (
    "solved", "closed", "resolved", "done", "completed", "complete", "finished", "cancelled", "canceled", "deleted",
    "已解決", "已解决", "已完成", "已關閉", "已关闭", "結束", "完成",
)  # fmt: skip
"""Words for the status of a ticket that is done."""
GOLDEN = (
    "full_name", "given_name", "surname", "email", "phone", "national_id", "handle", "birth_date", "gender", "language",
    "district", "address", "postcode",
)  # fmt: skip


@dataclass(frozen=True)
class Windows:
    """The business day and where its windows begin, as naive UTC times."""

    as_of: date
    until: datetime
    """The first moment after the business day: what happened at or after it does not count."""
    since: Mapping[int, datetime]
    """Length in days → its first moment."""


def open_windows(as_of: date, timezone: str) -> Windows:
    """Windows of a business day that begins and ends at midnight in `timezone` (IANA name)."""
    end = as_of + timedelta(days=1)
    return Windows(as_of, _midnight(end, timezone), {n: _midnight(end - timedelta(days=n), timezone) for n in DAYS})


def _midnight(day: date, timezone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC).replace(tzinfo=None)


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


def fold_orders(order: Frame, identity: Frame, windows: Windows) -> Frame:
    """One row per customer who ever ordered: counts and amounts, whole and by window."""
    mine = order.join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")
    mine = mine.with_columns(
        kept=nw.col("is_kept").cast(nw.Int64),
        kept_at=nw.when(nw.col("is_kept")).then(nw.col("ordered_at")),
        kept_amount=nw.when(nw.col("is_kept")).then(nw.col("net_amount")),
    )
    for days, since in windows.since.items():
        inside = nw.col("ordered_at") >= since
        mine = mine.with_columns(
            nw.when(inside).then(nw.col("kept")).alias(f"kept_{days}"),
            nw.when(inside).then(nw.col("net_amount")).alias(f"net_{days}"),
        )
    folded = mine.group_by("customer_id").agg(
        order_count=nw.col("kept").sum().cast(nw.Int64),
        cancelled_order_count=(1 - nw.col("kept")).sum().cast(nw.Int64),
        line_count=nw.col("line_count").sum().cast(nw.Int64),
        gross_amount=nw.col("sold_amount").sum(),
        refund_amount=nw.col("refund_amount").sum(),
        net_amount=nw.col("net_amount").sum(),
        kept_amount=nw.col("kept_amount").sum(),
        first_order_at=nw.col("kept_at").min(),
        last_order_at=nw.col("kept_at").max(),
        **{f"order_{d}_count": nw.col(f"kept_{d}").sum().cast(nw.Int64) for d in DAYS},
        **{f"net_{d}_amount": nw.col(f"net_{d}").sum() for d in DAYS},
    )
    return folded.with_columns(
        recency_days=((nw.lit(windows.until) - nw.col("last_order_at")).dt.total_seconds() // 86400).cast(nw.Int64),
        average_basket_amount=_ratio("kept_amount", "order_count"),
        refund_share=_ratio("refund_amount", "gross_amount"),
    ).drop("kept_amount")


def _ratio(above: str, below: str) -> nw.Expr:
    """A ratio as a float, null where the lower part is zero."""
    low = nw.col(below).cast(nw.Float64)
    return nw.when(low > 0).then(nw.col(above).cast(nw.Float64) / low)


def pick_category(category: Frame, identity: Frame) -> Frame:
    """One row per customer: top_category, on which most was spent net; null where no category is known."""
    mine = category.join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")
    spent = mine.group_by("customer_id", "category").agg(spent=nw.col("net_amount").sum().fill_null(0))
    return pick_greatest(spent, ["customer_id"], ["spent", "category"]).select("customer_id", top_category="category")


def fold_channels(order: Frame, identity: Frame) -> Frame:
    """One row per customer: top_channel, its share of the orders, and all shares as text (`shop 60 %, app 40 %`)."""
    kept = order.filter(nw.col("is_kept"), ~nw.col("channel").is_null())
    mine = kept.join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")
    counted = mine.group_by("customer_id", "channel").agg(orders=nw.len().cast(nw.Int64))
    counted = counted.with_columns(share=nw.col("orders").cast(nw.Float64) / nw.col("orders").sum().over("customer_id"))
    percent = (nw.col("share") * 100).round(0).cast(nw.Int64).cast(nw.String)
    said = counted.with_columns(said=nw.concat_str([nw.col("channel"), nw.lit(" "), percent, nw.lit(" %")]))
    shares = join_texts(said, ["customer_id"], "said", "orders", "channel_shares")
    top = pick_greatest(counted, ["customer_id"], ["orders", "channel"])
    return top.select("customer_id", top_channel="channel", top_channel_share="share").join(
        shares, on="customer_id", how="inner"
    )


def fold_posts(post_day: Frame, identity: Frame, windows: Windows) -> Frame:
    """One row per customer who ever posted."""
    mine = post_day.join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")
    for days in DAYS:
        inside = nw.col("posted_on") > nw.lit(windows.as_of - timedelta(days=days))
        mine = mine.with_columns(nw.when(inside).then(nw.col("post_count")).alias(f"post_{days}"))
    return mine.group_by("customer_id").agg(
        post_count=nw.col("post_count").sum().cast(nw.Int64),
        **{f"post_{d}_count": nw.col(f"post_{d}").sum().cast(nw.Int64) for d in DAYS},
        like_count=nw.when(nw.col("like_count").count() > 0).then(nw.col("like_count").sum().cast(nw.Int64)),
        reply_count=nw.when(nw.col("reply_count").count() > 0).then(nw.col("reply_count").sum().cast(nw.Int64)),
        first_post_at=nw.col("first_post_at").min(),
        last_post_at=nw.col("last_post_at").max(),
    )


def fold_tickets(ticket: Frame, identity: Frame, windows: Windows) -> Frame:
    """One row per customer who ever asked for help.

    A ticket is open that was neither solved by the end of the business day nor has a status of CLOSED.
    """
    mine = ticket.join(identity.select(*ACCOUNT, "customer_id"), on=ACCOUNT, how="inner")
    resolved, is_closed = nw.col("resolved_at"), nw.col("status").is_in(CLOSED).fill_null(False)
    mine = mine.with_columns(
        solved_at=nw.when(resolved < windows.until, resolved >= nw.col("opened_at")).then(resolved)
    ).with_columns(
        opened=(nw.col("solved_at").is_null() & ~is_closed).cast(nw.Int64),
        solve_hours=(nw.col("solved_at") - nw.col("opened_at")).dt.total_seconds().cast(nw.Float64) / 3600,
        recent=(nw.col("opened_at") >= windows.since[90]).cast(nw.Int64),
    )
    return mine.group_by("customer_id").agg(
        ticket_count=nw.len().cast(nw.Int64),
        open_ticket_count=nw.col("opened").sum().cast(nw.Int64),
        ticket_90_count=nw.col("recent").sum().cast(nw.Int64),
        median_solve_hours=nw.col("solve_hours").median(),
        last_ticket_at=nw.col("opened_at").max(),
    )


COUNTS = (
    "order_count", "cancelled_order_count", "line_count", "post_count", "ticket_count", "open_ticket_count",
    "ticket_90_count", *(f"order_{d}_count" for d in DAYS), *(f"post_{d}_count" for d in DAYS),
)  # fmt: skip
AMOUNTS = ("gross_amount", "refund_amount", "net_amount", *(f"net_{d}_amount" for d in DAYS))


def build_profile(parts: Mapping[str, Frame], windows: Windows) -> Frame:
    """customer_profile: one row per customer. Parts: presence, golden, orders, category, channels, posts, tickets.

    A count or amount of something that never happened is 0; a time, share or mean of it is null.
    """
    profile = parts["presence"]
    for name in ("golden", "orders", "category", "channels", "posts", "tickets"):
        profile = profile.join(parts[name], on="customer_id", how="left")
    zero = [nw.col(c).fill_null(0) for c in (*COUNTS, *AMOUNTS)]
    return profile.with_columns(*zero, as_of=nw.lit(windows.as_of))
