"""Does a peer give the same profile as c360? The benchmark stops where it does not."""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.agreement import BEHAVIOUR, DisagreementError

TALKING = (
    "post_count", "post_30_count", "post_90_count", "post_365_count", "like_count", "reply_count", "first_post_at",
    "last_post_at", "ticket_count", "open_ticket_count", "ticket_90_count", "median_solve_hours", "last_ticket_at",
)  # fmt: skip
OTHER = (
    "account_count", "source_count", "top_category", "top_channel", "top_channel_share", "channel_shares", "full_name",
    "email", "gender", "language",
)  # fmt: skip
COLUMNS = (*BEHAVIOUR, *TALKING, *OTHER)
TOTALS = (
    "account_count", "order_count", "cancelled_order_count", "line_count", "gross_amount", "refund_amount",
    "net_amount", "net_365_amount", "post_count", "like_count", "ticket_count", "open_ticket_count",
)  # fmt: skip
NEAR = {"average_basket_amount": 0.011, "refund_share": 1e-6, "top_channel_share": 1e-6, "median_solve_hours": 1e-6}
"""Ratios, and how far apart they may be; one of amounts is rounded to cents on either side."""
LEAST_SAME = 0.9
"""Least share of our customers whose accounts a peer puts together, too; it joins by email and phone alone."""


def compare(published: Path, peer: Path) -> list[str]:
    """What agrees.

    The number of events and the totals must, to the cent; and every column of every customer for whom both sides put
    the same accounts together.

    Raises:
        DisagreementError: they do not; the message names columns and counts.
    """
    with duckdb.connect() as con:
        read(con, published, peer)
        events, totals = compare_totals(con)
        same, all_customers = compare_customers(con)
    return [
        f"{events:,} events and the totals of {totals} columns agree, to the cent",
        f"of {all_customers:,} customers {same:,} have the same accounts by both;"
        f" all {len(COLUMNS)} columns of theirs agree",
    ]


def read(con: duckdb.DuckDBPyConnection, published: Path, peer: Path) -> None:
    """Both sides as schemas `ours` and `theirs`, with event, identity and customer_profile."""
    con.execute(
        f"SET TimeZone = 'UTC'; ATTACH '{published}' AS c360 (READ_ONLY); CREATE SCHEMA ours; CREATE SCHEMA theirs"
    )
    for name in ("event", "identity"):
        con.execute(f"CREATE VIEW ours.{name} AS FROM c360.customer_{name}")
    con.execute("CREATE VIEW ours.customer_profile AS FROM c360.customer_profile")
    if peer.is_file():
        con.execute(f"ATTACH '{peer}' AS peer (READ_ONLY)")
    for name in ("event", "identity", "customer_profile"):
        con.execute(f"CREATE VIEW theirs.{name} AS FROM {place_of(peer, name)}")


def place_of(peer: Path, name: str) -> str:
    """SQL: a table of a peer, which leaves a DuckDB file, or a folder of Parquet files or of folders of them."""
    if peer.is_file():
        return f"peer.{name}"
    return f"'{peer / name}/*.parquet'" if (peer / name).is_dir() else f"'{peer / name}.parquet'"


def compare_totals(con: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """How many events there are, and of how many columns the totals agree."""
    sums = ", ".join(f"round(sum({c})::DOUBLE, 2)" for c in TOTALS)
    found = [
        con.execute(f"SELECT (SELECT count(*) FROM {side}.event), {sums} FROM {side}.customer_profile").fetchall()[0]
        for side in ("ours", "theirs")
    ]
    wrong = [f"{c} ({a} and {b})" for c, a, b in zip(("events", *TOTALS), *found, strict=True) if a != b]
    if wrong:
        raise DisagreementError("c360 and its peer differ in the totals of " + ", ".join(wrong))
    return int(found[0][0]), len(TOTALS)


def compare_customers(con: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """How many customers have the same accounts on both sides, and how many there are."""
    for side in ("ours", "theirs"):
        con.execute(
            f"CREATE TABLE {side}.customer AS SELECT customer_id, count(*) AS n,"
            " bit_xor(hash(source::VARCHAR, account_id::VARCHAR)) AS accounts"
            f" FROM {side}.identity GROUP BY customer_id"
        )
    differ = ", ".join(f"count(*) FILTER ({tell_difference(c)})" for c in COLUMNS)
    same, *wrong = con.execute(
        f"SELECT count(*), {differ} FROM ours.customer AS o JOIN theirs.customer AS t USING (accounts, n)"
        " JOIN ours.customer_profile AS a ON a.customer_id = o.customer_id"
        " JOIN theirs.customer_profile AS b ON b.customer_id = t.customer_id"
    ).fetchall()[0]
    if any(wrong):
        named = ", ".join(f"{c} ({n})" for c, n in zip(COLUMNS, wrong, strict=True) if n)
        raise DisagreementError(f"c360 and its peer differ for customers in {named}")
    count = int(con.execute("SELECT count(*) FROM ours.customer").fetchall()[0][0])
    if same < LEAST_SAME * count:
        raise DisagreementError(f"only {same} of {count} customers have the same accounts by c360 and its peer")
    return int(same), count


def tell_difference(column: str) -> str:
    """SQL: do the sides, a and b, differ? A ratio that lies between two cents may be rounded to either."""
    if column in NEAR:
        near = f"abs(a.{column}::DOUBLE - b.{column}::DOUBLE) <= {NEAR[column]}"
        return f"NOT coalesce({near}, a.{column} IS NULL AND b.{column} IS NULL)"
    return f"{tell(f'a.{column}')} IS DISTINCT FROM {tell(f'b.{column}')}"


def tell(column: str) -> str:
    """SQL: a value in one type, whatever a side keeps it in."""
    name = column.partition(".")[2]
    if name.endswith("_amount"):
        return f"round({column}::DOUBLE, 2)"
    if name.endswith("_count") or name == "recency_days":
        return f"{column}::BIGINT"
    return f"{column}::TIMESTAMP" if name.endswith("_at") else f"{column}::VARCHAR"
