"""What a person should look at: pairs near the threshold, the biggest customers, and those that hang by a thread.

It names accounts and customers, never a value; `c360 explain` shows the values to who may see them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import polars as pl

from serving.query import open_home, require_format
from warehouse.types.shown_text import show_cells

THRESHOLD = 0.5
"""Probability at which two records are taken for one person."""
COLUMNS = ("kind", "customer_id", "account_count", "probability", "is_joined", "rule", "left", "right")


class Link(NamedTuple):
    """Two accounts of one customer and how probable it is that they are one person."""

    customer_id: str
    left: str
    right: str
    probability: float
    rule: str


def review(home: Path, count: int) -> pl.DataFrame:
    """What to look at, `count` rows of each kind: pair, biggest, weakest; columns as COLUMNS.

    Raises:
        HomeError: nothing is published.
    """
    with open_home(home) as con:
        size = dict(con.execute("SELECT customer_id, count(*) FROM customer_identity GROUP BY ALL").fetchall())
        links = read_links(con)
        rows = [*list_pairs(con, count), *list_biggest(size, count)]
    rows += [("weakest", w.customer_id, size[w.customer_id], w.probability, True, w.rule, w.left, w.right)
             for w in find_weakest(links)[:count]]  # fmt: skip
    schema = {"account_count": pl.Int64, "probability": pl.Float64, "is_joined": pl.Boolean}
    return pl.DataFrame(rows, schema={c: schema.get(c, pl.String()) for c in COLUMNS}, orient="row")


def list_pairs(con: duckdb.DuckDBPyConnection, count: int) -> list[tuple[Any, ...]]:
    """Pairs nearest to the threshold, on either side of it, those first that nobody has decided."""
    return con.execute(
        "SELECT 'pair', NULL, NULL, probability, is_joined, rule, left_source || ':' || left_account_id,"
        " right_source || ':' || right_account_id FROM identity.edge WHERE rule <> 'decision'"
        " ORDER BY abs(probability - ?), 7, 8 LIMIT ?",
        [THRESHOLD, count],
    ).fetchall()


def list_biggest(size: dict[str, int], count: int) -> list[tuple[Any, ...]]:
    """Customers with the most accounts."""
    biggest = sorted(size.items(), key=lambda item: (-item[1], item[0]))[:count]
    return [("biggest", customer, accounts, None, None, None, None, None) for customer, accounts in biggest]


def read_links(con: duckdb.DuckDBPyConnection) -> list[Link]:
    """Every joined pair with its customer, the surest first."""
    rows = con.execute(
        "SELECT i.customer_id, left_source || ':' || left_account_id, right_source || ':' || right_account_id,"
        " probability, e.rule FROM identity.edge AS e JOIN customer_identity AS i"
        " ON i.source = left_source AND i.account_id = left_account_id WHERE is_joined ORDER BY probability DESC, 2, 3"
    ).fetchall()
    return [Link(*row) for row in rows]


def find_weakest(links: list[Link]) -> list[Link]:
    """Per customer the weakest link that it needs to hold together, the weakest first.

    Links are taken from the surest on (Kruskal's spanning tree): one that ties nothing new is not needed.
    """
    parent: dict[str, str] = {}

    def find(account: str) -> str:
        while parent.setdefault(account, account) != account:
            parent[account] = account = parent[parent[account]]
        return account

    weakest: dict[str, Link] = {}
    for link in links:
        one, other = find(link.left), find(link.right)
        if one != other:
            parent[one] = other
            weakest[link.customer_id] = link
    return sorted(weakest.values(), key=lambda link: (link.probability, link.left, link.right))


def show_review(found: pl.DataFrame) -> str:
    """What to look at, as a person reads it, each with the command that looks closer."""
    parts = {kind: found.filter(pl.col("kind") == kind).to_dicts() for kind in ("pair", "biggest", "weakest")}
    lines = [f"pairs nearest to the threshold ({THRESHOLD})"]
    lines += [
        f"  {r['probability']:.3f}  {'joined' if r['is_joined'] else 'apart '}  {explain(r)}" for r in parts["pair"]
    ]
    lines += ["", "customers by their weakest link"]
    lines += [
        f"  {r['probability']:.3f}  {r['customer_id']}  {r['account_count']} accounts  {explain(r)}"
        for r in parts["weakest"]
    ]
    lines += ["", "customers with the most accounts"]
    lines += [f"  {r['account_count']:>5}  c360 show {r['customer_id']}" for r in parts["biggest"]]
    lines += ["", "decide by: c360 link A B --reason …   c360 unlink A B --reason …"]
    return "\n".join(lines)


def explain(row: dict[str, Any]) -> str:
    """The command that explains a pair."""
    return f"c360 explain {quote_account(row['left'])} {quote_account(row['right'])}"


def quote_account(account: str) -> str:
    """An account as a shell takes it."""
    plain = account.replace(":", "").replace("@", "").replace("_", "").replace("-", "").replace(".", "")
    return account if plain.isalnum() and plain.isascii() else "'" + account.replace("'", "'\\''") + "'"


def print_review(home: Path, count: int, form: str) -> str:
    """The review as a table for people, or as csv or json for programs."""
    require_format(form)
    found = review(home, count)
    if form == "table":
        return show_review(found)
    return (show_cells(found).write_csv() if form == "csv" else found.write_ndjson()).rstrip("\n")
