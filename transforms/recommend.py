"""What recommenders learn from: who did what with which item and when, split by time so that nothing is known early.

    customer_event ─ select ─→ interaction ─ k-core, split, number ─→ interactions, items, counts of what is cold

Written against Narwhals. Times are UTC. A positive interaction is one that says somebody wanted the item: any but a
return, a cancelled line, or what was shown and not clicked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import narwhals as nw

from transforms.engine import Frame, pick_greatest

TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")
PAIR = ["customer_id", "item_id"]
KINDS = {"sale": "purchase", "refund": "return"}
"""What an event's type is called as an interaction; any other type keeps its name."""
NEGATIVE = ("return", "cancelled", "pending", "shown")
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

    value: the rating if one is given, else pieces (returns negative), else 1.
    """
    known = ~nw.col("customer_id").is_null() & ~nw.col("item_id").is_null()
    mine = event.filter(known, nw.col("occurred_at") < until)
    kind = nw.col("event_type")
    for word, name in KINDS.items():
        kind = nw.when(nw.col("event_type") == word).then(nw.lit(name)).otherwise(kind)
    return mine.select(
        *PAIR,
        kind.alias("kind"),
        nw.coalesce("rating", "quantity", nw.lit(1.0)).alias("value"),
        *("net_amount", "occurred_at", "occurred_on", "channel", "item_name", "category"),
        *("source", "delivery_id", "record"),
    )


def is_positive() -> nw.Expr:
    """Does an interaction say that somebody wanted the item?"""
    return ~nw.col("kind").is_in(NEGATIVE)


def keep_customers(interaction: Frame, customer: Frame) -> Frame:
    """The interactions of these customers (customer_id)."""
    return interaction.join(customer.select("customer_id").unique("customer_id"), on="customer_id", how="semi")


def list_pairs(interaction: Frame) -> Frame:
    """One row per customer and item with a positive interaction: how many there are."""
    return interaction.filter(is_positive()).group_by(*PAIR).agg(interaction_count=nw.len().cast(nw.Int64))


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
    counted = list_pairs(known).group_by("item_id").agg(**{name: n.cast(nw.Int64) for name, n in count.items()})
    return items.join(counted, on="item_id", how="left").with_columns(nw.col(*count).fill_null(0))


def find_cold(interaction: Frame, part: str, key: str) -> Frame:
    """Customers or items (`key`) with a positive interaction in a part and none in training."""
    wanted = interaction.filter(is_positive())
    known = wanted.filter(nw.col("split") == TRAIN).select(key).unique(key)
    return wanted.filter(nw.col("split") == part).select(key).unique(key).join(known, on=key, how="anti")
