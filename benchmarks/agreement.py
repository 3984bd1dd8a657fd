"""Do both sides mean the same? What must agree does so to the cent, or the benchmark stops; the rest is told."""

from __future__ import annotations

from pathlib import Path

import duckdb

BEHAVIOUR = (
    "order_count", "cancelled_order_count", "line_count", "gross_amount", "refund_amount", "net_amount",
    "average_basket_amount", "refund_share", "first_order_at", "last_order_at", "recency_days", "order_30_count",
    "order_90_count", "order_365_count", "net_30_amount", "net_90_amount", "net_365_amount", "first_seen_at",
    "last_seen_at",
)  # fmt: skip
TOTALS = (
    "order_count", "cancelled_order_count", "line_count", "gross_amount", "refund_amount", "net_amount", "post_count",
    "like_count", "ticket_count", "open_ticket_count",
)  # fmt: skip
SCRIPTED = ("transactions", "social", "support")
"""Kinds of events that the script of the sample world reads."""
CUSTOMER_TOLERANCE = 0.05
"""Share by which the numbers of customers may differ where one side's identity is simpler."""


class DisagreementError(Exception):
    """The two sides do not give the same answer, so that their times cannot be compared."""


def compare_online_retail(published: Path, scripted: Path) -> list[str]:
    """Every customer must have the same behaviour, in all columns, to the cent.

    Raises:
        DisagreementError: a customer is missing on one side, or a column differs; the message names columns and counts.
    """
    with attach(published, scripted) as con:
        rows = "SELECT i.account_id, p.* FROM {}.customer_profile AS p JOIN {} AS i USING (customer_id)"
        ours, theirs = rows.format("c360", "c360.customer_identity"), rows.format("script", "script.identity")
        differ = ", ".join(f"count(*) FILTER (a.{c} IS DISTINCT FROM b.{c})" for c in BEHAVIOUR)
        found = con.execute(
            f"SELECT count(*), {differ} FROM ({ours}) AS a FULL JOIN ({theirs}) AS b USING (account_id)"
        ).fetchall()[0]
    wrong = [f"{c} ({n} customers)" for c, n in zip(BEHAVIOUR, found[1:], strict=True) if n]
    if wrong:
        raise DisagreementError("c360 and the script differ in " + ", ".join(wrong))
    return [f"{found[0]:,} customers agree in all {len(BEHAVIOUR)} columns of buying, to the cent"]


def compare_sample_world(published: Path, scripted: Path) -> list[str]:
    """Events and totals must agree to the cent, customers within CUSTOMER_TOLERANCE.

    Raises:
        DisagreementError: they do not; the message names the totals.
    """
    sums = ", ".join(f"sum({c})" for c in TOTALS)
    with attach(published, scripted) as con:
        totals = [con.execute(f"SELECT {sums} FROM {s}.customer_profile").fetchall()[0] for s in ("c360", "script")]
        events = [
            con.execute(f"SELECT count(*), round(sum(net_amount), 2) FROM {t} WHERE kind IN {SCRIPTED}").fetchall()[0]
            for t in ("c360.customer_event", "script.event")
        ]
        counts = [
            con.execute(f"SELECT count(*) FROM {s}.customer_profile").fetchall()[0][0] for s in ("c360", "script")
        ]
    pairs = zip(
        (*TOTALS, "events", "net amount of events"), (*totals[0], *events[0]), (*totals[1], *events[1]), strict=True
    )
    wrong = [f"{name} ({ours} and {theirs})" for name, ours, theirs in pairs if ours != theirs]
    if wrong:
        raise DisagreementError("sample world: c360 and the script differ in " + ", ".join(wrong))
    if abs(counts[0] - counts[1]) > CUSTOMER_TOLERANCE * counts[0]:
        raise DisagreementError(f"sample world: c360 has {counts[0]} customers, the script {counts[1]}")
    return [
        f"{events[0][0]:,} events and the totals of {len(TOTALS)} columns agree, to the cent",
        f"customers: {counts[0]:,} by c360, {counts[1]:,} by the script, which joins by the bare email and the digits"
        " of a phone alone: no national id, no second number in a field, no full-width digits, no repaired names",
    ]


def attach(published: Path, scripted: Path) -> duckdb.DuckDBPyConnection:
    """Both files, as `c360` and `script`, for reading."""
    con = duckdb.connect()
    for name, path in (("c360", published), ("script", scripted)):
        con.execute(f"ATTACH '{path}' AS {name} (READ_ONLY)")
    return con
