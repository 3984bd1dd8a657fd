"""Recency, frequency and money as scores of 1 to 5, and of each customer a segment with the name people use.

Written against Narwhals.
"""

from __future__ import annotations

import narwhals as nw

from transforms.engine import Frame

# fmt: off
SEGMENTS = {
    5: ("new_customers",  "potential_loyalist", "potential_loyalist", "champions", "champions"),
    4: ("promising",      "potential_loyalist", "potential_loyalist", "loyal",     "loyal"),
    3: ("about_to_sleep", "about_to_sleep",     "need_attention",     "loyal",     "loyal"),
    2: ("hibernating",    "hibernating",        "at_risk",            "at_risk",   "cant_lose_them"),
    1: ("lost",           "hibernating",        "at_risk",            "at_risk",   "cant_lose_them"),
}
# fmt: on
"""By recency_score, and within it by frequency_score from 1 to 5."""


def score_buyers(orders: Frame) -> Frame:
    """Scores and segment of customers: customer_id and these, all null without orders that count.

    A score is the fifth of the customers with orders in which one stands, by days since the last order, number of
    orders and net amount (to the cent). Equal values score alike: the better where nobody is more recent, the lower
    where nobody ordered or spent less, so that a crowd who bought once has frequency 1.

    `orders`: customer_id, order_count, recency_days, net_amount.
    """
    counted = orders.select(
        "customer_id",
        "order_count",
        "recency_days",
        net_amount=nw.col("net_amount").fill_null(0).round(2),
        _buys=nw.col("order_count") > 0,
    )
    buyers = nw.len().over("_buys").cast(nw.Int64)
    scored = counted.with_columns(
        recency_score=5 - _fifth("recency_days", buyers),
        frequency_score=1 + _fifth("order_count", buyers),
        monetary_score=1 + _fifth("net_amount", buyers),
    )
    names = ("recency_score", "frequency_score", "monetary_score", "segment")
    scored = scored.with_columns(segment=_segment())
    return scored.select("customer_id", *(nw.when(nw.col("_buys")).then(nw.col(name)).alias(name) for name in names))


def _fifth(name: str, everybody: nw.Expr) -> nw.Expr:
    """In which fifth of the buyers the smaller values end, from 0."""
    smaller = nw.col(name).rank("min").over("_buys").cast(nw.Int64) - 1
    return (5 * smaller) // everybody


def _segment() -> nw.Expr:
    cell = nw.col("recency_score") * 10 + nw.col("frequency_score")
    named = nw.lit(None, dtype=nw.String)
    for segment in sorted({name for row in SEGMENTS.values() for name in row}):
        cells = [r * 10 + f for r, row in SEGMENTS.items() for f, name in enumerate(row, 1) if name == segment]
        named = nw.when(cell.is_in(cells)).then(nw.lit(segment)).otherwise(named)
    return named
