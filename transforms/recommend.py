"""What recommenders learn from: who did what with which item and when, split by time so that nothing is known early.

    customer_event ─ select ─→ interaction ─ k-core, split, number ─→ interactions, items, counts of what is cold

Written against Narwhals. Times are UTC. A positive interaction is one that says somebody wanted the item: any but a
return, a cancelled line, or what was shown and not clicked, unless all that the customer bought of the item went back
before the part ended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import narwhals as nw

from transforms.engine import Frame, pick_greatest

TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")
PAIR = ["customer_id", "item_id"]
KINDS = {"sale": "purchase", "refund": "return"}
"""What an event's type is called as an interaction; any other type keeps its name."""
NEGATIVE = ("return", "cancelled", "pending", "shown")
ROW = ["source", "delivery_id", "record"]
MEASURES = ("pieces", "amounts", "lines")
"""By what it is reckoned whether anything of a pair is left; the first counts that every row of the pair gives."""
LEAST = 0.005
"""What is not more is nothing: of pieces, or of the reporting currency."""
SHARES = (0.1, 0.1)
"""Shares of interactions that validation and test are to hold."""


@dataclass(frozen=True)
class Split:
    """The first business day of validation and of test, each as a date and as the moment (UTC) it begins."""

    validation_on: date
    test_on: date
    validation_from: datetime
    test_from: datetime


def select_interactions(event: Frame, until: datetime) -> Frame:
    """One row per event before `until` that has a customer and an item; key source, delivery_id, record.

    value: the rating if one is given, else pieces (returns negative), else 1. is_refunded: all of a line's money went
    back, as its source says on the line itself.
    """
    known = ~nw.col("customer_id").is_null() & ~nw.col("item_id").is_null()
    refund = event.filter(nw.col("item_id").is_null(), nw.col("event_type") == "refund")
    refunded = refund.group_by(*ROW).agg(_refunded=nw.col("net_amount").sum())
    mine = event.filter(known, nw.col("occurred_at") < until).join(refunded, on=ROW, how="left")
    is_refunded = (nw.col("net_amount") + nw.col("_refunded") <= LEAST).fill_null(False)
    kind = nw.col("event_type")
    for word, name in KINDS.items():
        kind = nw.when(nw.col("event_type") == word).then(nw.lit(name)).otherwise(kind)
    return mine.select(
        *PAIR,
        kind.alias("kind"),
        nw.coalesce("rating", "quantity", nw.lit(1.0)).alias("value"),
        *("quantity", "net_amount", "occurred_at", "occurred_on", "channel", "item_name", "category"),
        *ROW,
        is_refunded.alias("is_refunded"),
    )


def is_merchandise(patterns: Mapping[str, Sequence[str]]) -> nw.Expr:
    """Is the item of an interaction none of those that its source declares to be no goods?

    `patterns` holds ids by source; a `*` stands for any characters.
    """
    found = nw.col("item_id").is_null()  # of no interaction
    for source, ids in patterns.items():
        any_of = "|".join(".*".join(map(re.escape, each.split("*"))) for each in ids)
        found = found | ((nw.col("source") == source) & nw.col("item_id").str.contains(f"^({any_of})$"))
    return ~found


def is_wanted() -> nw.Expr:
    """Does the kind of an interaction say that somebody wanted the item?"""
    return ~nw.col("kind").is_in(NEGATIVE)


def with_positive(interaction: Frame, split: Split) -> Frame:
    """Add is_positive, by what is known at the end of the interaction's part; needs `split` of `with_split`."""
    ends = {TRAIN: split.validation_from, VALIDATION: split.test_from, TEST: None}
    trade = with_balance(interaction)
    parts = []
    for part, end in ends.items():
        gone = find_returned(trade if end is None else trade.filter(nw.col("occurred_at") < end))
        rows = interaction.filter(nw.col("split") == part).join(gone, on=PAIR, how="left")
        stayed = is_wanted() & nw.col("_gone").is_null() & ~nw.col("is_refunded")
        parts.append(rows.with_columns(is_positive=stayed).drop("_gone"))
    return nw.concat(parts)


def with_balance(interaction: Frame) -> Frame:
    """Purchases and returns, each with the sums of its pair up to it: of pieces, of amounts, and of lines.

    A return is less than nothing, whatever its sign; a purchase whose money went back is nothing.
    """
    trade = interaction.filter(nw.col("kind").is_in(list(KINDS.values())))
    is_return = nw.col("kind") == KINDS["refund"]
    sign = nw.when(is_return).then(nw.lit(-1.0)).otherwise(nw.lit(1.0))
    sign = nw.when(nw.col("is_refunded") & ~is_return).then(nw.lit(0.0)).otherwise(sign)
    amount = nw.col("net_amount").cast(nw.Float64).abs()
    trade = trade.with_columns(_return=is_return.cast(nw.Int64), pieces=sign * nw.col("quantity").abs())
    trade = trade.with_columns(amounts=sign * amount, lines=sign)
    order = ["occurred_at", "_return", *ROW]
    sums = {f"_{name}": nw.col(name).fill_null(0).cum_sum().over(*PAIR, order_by=order) for name in MEASURES}
    return trade.with_columns(**sums)


def find_returned(trade: Frame) -> Frame:
    """The pairs of which nothing is left (customer_id, item_id, _gone), of rows `with_balance` up to a moment.

    By pieces if every row of the pair gives them, else by amounts, else by the number of lines. A return takes back
    what was bought before it, and no more: goods bought before the history begins take nothing from later ones.
    """
    found = trade.group_by(*PAIR).agg(
        *(nw.col(name).sum().alias(name) for name in MEASURES),
        *(nw.col(f"_{name}").min().alias(f"_{name}") for name in MEASURES),
        *(nw.col(name).is_null().cast(nw.Int64).sum().alias(f"{name}_unknown") for name in MEASURES),
        lost=(nw.col("lines") < 1).cast(nw.Int64).sum(),
    )
    left = nw.lit(0.0)
    for name in reversed(MEASURES):
        below = nw.when(nw.col(f"_{name}") < 0).then(nw.col(f"_{name}")).otherwise(nw.lit(0.0))
        left = nw.when(nw.col(f"{name}_unknown") == 0).then(nw.col(name) - below).otherwise(left)
    gone = found.with_columns(_left=left).filter(nw.col("lost") > 0, nw.col("_left") <= LEAST)
    return gone.select(*PAIR, _gone=nw.lit(True))


def keep_customers(interaction: Frame, customer: Frame) -> Frame:
    """The interactions of these customers (customer_id)."""
    return interaction.join(customer.select("customer_id").unique("customer_id"), on="customer_id", how="semi")


def list_pairs(interaction: Frame) -> Frame:
    """One row per customer and item that was wanted, returned or not: how many such interactions there are."""
    return interaction.filter(is_wanted()).group_by(*PAIR).agg(interaction_count=nw.len().cast(nw.Int64))


def drop_sparse(pair: Frame, k: int) -> Frame:
    """One step towards the k-core: the pairs whose customer and item both occur in at least k pairs.

    Repeated until nothing falls away it gives the k-core, the largest set in which everybody has k items and every
    item k customers (Seidman 1983).
    """
    for key in PAIR:
        often = pair.group_by(key).agg(_count=nw.len()).filter(nw.col("_count") >= k)
        pair = pair.join(often.select(key), on=key, how="semi")
    return pair


def keep_pairs(interaction: Frame, pair: Frame) -> Frame:
    """All interactions between these customers and these items, the returns among them too."""
    return interaction.join(pair.select(PAIR), on=PAIR, how="semi")


def choose_split(days: Sequence[tuple[date, int]], shares: tuple[float, float] = SHARES) -> tuple[date, date]:
    """The days on which validation and test begin, chosen so that no day is divided and the shares come near.

    `days` holds each business day with its number of interactions, in order. Three days or more give three parts; with
    two there is no test, with one only training: a part without days begins after the last.
    """
    total, spent = sum(count for _, count in days), 0
    before = []
    for _, count in days:
        before.append(spent)
        spent += count
    last = len(days) - 1
    validation = next((i for i, n in enumerate(before) if n >= (1 - sum(shares)) * total), last)
    validation = max(1, min(validation, last - 1))
    test = next((i for i, n in enumerate(before) if n >= (1 - shares[1]) * total), last)
    test = max(validation + 1, test)
    starts = [*(day for day, _ in days), days[-1][0] + timedelta(days=1)]
    return starts[min(validation, len(days))], starts[min(test, len(days))]


def with_split(interaction: Frame, split: Split) -> Frame:
    """Add the part (train, validation, test) to which an interaction belongs by its time."""
    at = nw.col("occurred_at")
    late = nw.when(at >= split.test_from).then(nw.lit(TEST)).otherwise(nw.lit(VALIDATION))
    return interaction.with_columns(split=nw.when(at < split.validation_from).then(nw.lit(TRAIN)).otherwise(late))


def number_keys(frame: Frame, key: str, name: str) -> Frame:
    """One row per key with its number: 0, 1, 2 … in alphabetical order."""
    keys = frame.select(key).unique(key)
    return keys.with_columns((nw.col(key).cum_count().over(order_by=key) - 1).cast(nw.Int64).alias(name))


def build_items(interaction: Frame) -> Frame:
    """One row per item, as training knows it: name and category as given last, when it was seen, how popular it is.

    An item that training does not know is there with its id alone. Counts are of positive interactions.
    """
    known = interaction.filter(nw.col("split") == TRAIN)
    seen = known.group_by("item_id").agg(
        first_seen_at=nw.col("occurred_at").min(),
        last_seen_at=nw.col("occurred_at").max(),
    )
    items = interaction.select("item_id").unique("item_id").join(seen, on="item_id", how="left")
    for name in ("item_name", "category"):
        last = pick_greatest(
            known.filter(~nw.col(name).is_null()), ["item_id"], ["occurred_at", "source", "delivery_id", "record"]
        )
        items = items.join(last.select("item_id", name), on="item_id", how="left")
    count = {"train_interaction_count": nw.col("interaction_count").sum(), "train_customer_count": nw.len()}
    pairs = known.filter(nw.col("is_positive")).group_by(*PAIR).agg(interaction_count=nw.len().cast(nw.Int64))
    counted = pairs.group_by("item_id").agg(**{name: n.cast(nw.Int64) for name, n in count.items()})
    return items.join(counted, on="item_id", how="left").with_columns(nw.col(*count).fill_null(0))


def find_cold(interaction: Frame, part: str, key: str) -> Frame:
    """Customers or items (`key`) with a positive interaction in a part and none in training."""
    wanted = interaction.filter(nw.col("is_positive"))
    known = wanted.filter(nw.col("split") == TRAIN).select(key).unique(key)
    return wanted.filter(nw.col("split") == part).select(key).unique(key).join(known, on=key, how="anti")
