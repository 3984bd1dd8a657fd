"""What a person should decide: pairs that stand between, those first that are worth most; and the biggest customers.

A decision is worth the rows that it is expected to put right: of the accounts and events that would move, the share by
which today's answer is likely wrong. It names accounts and customers, never a value; `c360 explain` shows the values to
who may see them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import polars as pl

from serving.query import open_home
from serving.rows import require_format
from transforms.identity.decisions import LINK, UNLINK, Account, Decision, group_linked
from transforms.matching.settings import MatchSettings
from warehouse.home.decisions import load_decisions, read_ledger
from warehouse.types.shown_text import show_cells

SURE = 0.9
"""Probability, even at the threshold, from which two accounts that likeness joins are no question any more."""
EVEN = 0.5
"""How likely today's answer is wrong at most: where a pair by itself says so, the rest of its group outweighs it."""
LIKENESS = "likeness"
COLUMNS = {
    "kind": pl.String, "customer_id": pl.String, "account_count": pl.Int64, "event_count": pl.Int64,
    "worth": pl.Float64, "probability": pl.Float64, "is_joined": pl.Boolean, "rule": pl.String, "left": pl.String,
    "right": pl.String,
}  # fmt: skip
"""Of a pair, customer_id is who would lose accounts (is_joined) or gain them, and the counts are what would move."""
PREPARE = """
    CREATE TEMP TABLE own AS
    SELECT source, account_id, customer_id, coalesce(event_count, 0) AS event_count FROM customer_identity LEFT JOIN
        (SELECT account_source AS source, account_id, count(*) AS event_count FROM customer_event GROUP BY ALL)
        USING (source, account_id);
    CREATE TEMP TABLE size AS
    SELECT customer_id, count(*) AS account_count, sum(event_count)::BIGINT AS event_count FROM own GROUP BY ALL;
    CREATE TEMP TABLE pair AS
    SELECT l.customer_id AS left_id, r.customer_id AS right_id, e.* FROM identity.edge AS e
        JOIN own AS l ON (l.source, l.account_id) = (left_source, left_account_id)
        JOIN own AS r ON (r.source, r.account_id) = (right_source, right_account_id);
"""
APART = """
    SELECT left_source, left_account_id, right_source, right_account_id, probability, p.rule, left_id, right_id,
        l.account_count, l.event_count, r.account_count, r.event_count
    FROM pair AS p JOIN size AS l ON l.customer_id = left_id JOIN size AS r ON r.customer_id = right_id
    WHERE left_id <> right_id AND p.rule <> 'decision'
    QUALIFY row_number() OVER (PARTITION BY least(left_id, right_id), greatest(left_id, right_id)
        ORDER BY probability DESC, left_source, left_account_id, right_source, right_account_id) = 1
    ORDER BY least(0.5, probability * (1 - $threshold)
            / (probability * (1 - $threshold) + (1 - probability) * $threshold))
        * least(l.account_count + l.event_count, r.account_count + r.event_count) DESC, 1, 2, 3, 4
"""
"""The nearest pair of every two customers, that worth most first."""
WITHIN = """
    SELECT left_id, left_source, left_account_id, right_source, right_account_id, probability, rule FROM pair
    WHERE left_id = right_id AND left_id IN (SELECT left_id FROM pair
        WHERE left_id = right_id AND rule = 'likeness' AND probability < $sure)
    ORDER BY left_id, probability DESC, 2, 3, 4, 5
"""


class Offer(NamedTuple):
    """A pair to decide."""

    customer_id: str
    """Who would lose accounts, or gain them."""
    account_count: int
    event_count: int
    worth: float
    """Rows that are expected to stand at the wrong customer until somebody decides."""
    probability: float
    is_joined: bool
    rule: str
    left: Account
    right: Account


class Link(NamedTuple):
    """Two accounts of one customer and how probable it is that they are one person."""

    left: Account
    right: Account
    probability: float
    rule: str


class Decided:
    """What decisions say of pairs of accounts, those of tonight's customers, and of these.

    Args:
        in_force: decisions about two accounts each.
        owner: the customer of every account that decisions name, if it is there.
    """

    def __init__(self, in_force: Iterable[Decision], owner: dict[Account, str]) -> None:
        decisions = list(in_force)
        self.group = group_linked(d for d in decisions if d.kind == LINK)
        self.parted = {self.find_groups(d.left, d.right) for d in decisions if d.kind == UNLINK}
        ends = [(d, owner.get(d.left), owner.get(d.right)) for d in decisions]
        self.customers = {frozenset((a, b)) for d, a, b in ends if a and b and (a != b or d.kind == UNLINK)}

    def find_groups(self, left: Account, right: Account) -> frozenset[Account]:
        """The groups of linked accounts of two accounts; one where they are linked."""
        return frozenset(self.group.get(account, account) for account in (left, right))

    def implies(self, left: Account, right: Account) -> bool:
        """Does it follow from decisions whether the two are one person?"""
        groups = self.find_groups(left, right)
        return len(groups) == 1 or groups in self.parted

    def names(self, *customers: str) -> bool:
        """Is it decided already that two customers become one or stay two, or that one is parted?"""
        return frozenset(customers) in self.customers


def review(home: Path, count: int) -> pl.DataFrame:
    """What to decide, `count` rows of each kind: pair, biggest; columns as COLUMNS.

    Raises:
        HomeError: nothing is published.
    """
    with open_home(home) as con:
        con.execute(PREPARE)
        learned = load_decisions(con).learned
        threshold = (learned and learned.threshold) or MatchSettings().threshold
        decided = find_decided(con, read_ledger(home).in_force)
        offers = [*list_near(con, threshold, decided, count), *list_weak(con, threshold, decided)]
        offers.sort(key=lambda offer: (-offer.worth, offer.left, offer.right))
        rows: list[tuple[Any, ...]] = [("pair", *o[:-2], ":".join(o.left), ":".join(o.right)) for o in offers[:count]]
        rows += con.execute(
            "SELECT 'biggest', customer_id, account_count, event_count, NULL, NULL, NULL, NULL, NULL, NULL FROM size"
            " ORDER BY account_count DESC, customer_id LIMIT ?",
            [count],
        ).fetchall()
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def find_decided(con: duckdb.DuckDBPyConnection, in_force: list[Decision]) -> Decided:
    """What decisions, also those since the night, say of its customers."""
    named = sorted({account for d in in_force for account in d.pair})
    rows = con.execute(
        "SELECT source, account_id, customer_id FROM own"
        " SEMI JOIN (SELECT unnest($sources) AS source, unnest($accounts) AS account_id) USING (source, account_id)",
        {"sources": [source for source, _ in named], "accounts": [account for _, account in named]},
    )
    return Decided(in_force, {(source, account): owner for source, account, owner in rows.fetchall()})


def list_near(con: duckdb.DuckDBPyConnection, threshold: float, decided: Decided, count: int) -> list[Offer]:
    """Of customers that are two, the pairs worth most; what decisions imply is no question."""
    found: list[Offer] = []
    rows = con.execute(APART, {"threshold": threshold})
    while len(found) < count and (row := rows.fetchone()):
        left, right, (probability, rule), (one, other) = row[0:2], row[2:4], row[4:6], row[6:8]
        if decided.implies(left, right) or decided.names(one, other):
            continue
        sizes = [((row[8], row[9]), other), ((row[10], row[11]), one)]
        moved, target = min(sizes, key=lambda size: (sum(size[0]), size[1]))
        worth = min(EVEN, recalibrate(probability, threshold)) * sum(moved)
        found.append(Offer(target, *moved, worth, probability, False, rule, left, right))
    return found


def list_weak(con: duckdb.DuckDBPyConnection, threshold: float, decided: Decided) -> list[Offer]:
    """Per customer that likeness holds together, of the pairs that it needs, the one worth most."""
    events = {(s, a): n for s, a, n in con.execute("SELECT source, account_id, event_count FROM own").fetchall()}
    found, sure = [], recalibrate(SURE, 1 - threshold)
    for customer, links in list_links(con, sure):
        if decided.names(customer):
            continue
        offers = [
            Offer(customer, *moved, min(EVEN, 1 - recalibrate(link.probability, threshold)) * sum(moved),
                  link.probability, True, link.rule, link.left, link.right)
            for link, moved in weigh_links(links, events)
            if link.rule == LIKENESS and link.probability < sure and not decided.implies(link.left, link.right)
        ]  # fmt: skip
        found += [max(offers, key=lambda offer: (offer.worth, offer.left, offer.right))] if offers else []
    return found


def recalibrate(probability: float, threshold: float) -> float:
    """How likely two are one person, if at the threshold it is even."""
    one, two = probability * (1 - threshold), (1 - probability) * threshold
    return one / (one + two)


def list_links(con: duckdb.DuckDBPyConnection, sure: float) -> Iterator[tuple[str, list[Link]]]:
    """Customers with a pair that likeness joins at less than `sure`, each with all its pairs, the surest first."""
    rows = con.sql(WITHIN, params={"sure": sure}).pl()
    for own in rows.partition_by("left_id", maintain_order=True):
        yield own["left_id"][0], [Link((r[1], r[2]), (r[3], r[4]), r[5], r[6]) for r in own.iter_rows()]


def weigh_links(links: list[Link], events: dict[Account, int]) -> list[tuple[Link, tuple[int, int]]]:
    """The links that a customer needs to hold together, and the accounts and events of the smaller side of each.

    Links are taken from the surest on (Kruskal's spanning tree): one that ties nothing new is not needed.
    """
    parent: dict[Account, Account] = {}
    near: dict[Account, list[tuple[Account, Link]]] = {}

    def find(account: Account) -> Account:
        while parent.setdefault(account, account) != account:
            parent[account] = account = parent[parent[account]]
        return account

    for link in links:
        one, other = find(link.left), find(link.right)
        if one != other:
            parent[one] = other
            near.setdefault(link.left, []).append((link.right, link))
            near.setdefault(link.right, []).append((link.left, link))
    roots = [account for account in near if find(account) == account]
    return [weighed for root in roots for weighed in weigh_sides(root, near, events)]


def weigh_sides(
    root: Account, near: dict[Account, list[tuple[Account, Link]]], events: dict[Account, int]
) -> list[tuple[Link, tuple[int, int]]]:
    """The links of a tree, each with the accounts and events of its smaller side."""
    order: list[tuple[Account, Account, Link]] = []
    todo = [(root, root)]
    for account, before in todo:
        below = [(other, account, link) for other, link in near[account] if other != before]
        order += below
        todo += [(other, account) for other, _, _ in below]
    size = {account: (1, events.get(account, 0)) for account, _ in todo}
    for account, before, _ in reversed(order):
        size[before] = size[before][0] + size[account][0], size[before][1] + size[account][1]
    whole, found = size[root], []
    for account, _, link in order:
        own = size[account]
        rest = whole[0] - own[0], whole[1] - own[1]
        found.append((link, min(own, rest, key=lambda side: (sum(side), side))))
    return found


def show_review(found: pl.DataFrame) -> str:
    """What to decide, as a person reads it, each with the command that looks closer."""
    pairs, biggest = (found.filter(pl.col("kind") == kind).to_dicts() for kind in ("pair", "biggest"))
    lines = ["pairs to decide, by worth: the accounts and events likely to stand at the wrong customer until you do"]
    lines += [f"{row['worth']:>9,.1f}  {explain(row)}  {say_why(row)}" for row in pairs]
    lines += [] if pairs else ["  none: nothing stands between that nobody has decided"]
    lines += ["", "customers with the most accounts"]
    lines += [f"  {row['account_count']:>5}  c360 show {row['customer_id']}" for row in biggest]
    lines += ["", "decide by: c360 link A B --reason …   c360 unlink A B --reason …   c360 split CUSTOMER"]
    return "\n".join(lines)


def say_why(row: dict[str, Any]) -> str:
    """Why a pair stands where it does."""
    accounts, events = row["account_count"], row["event_count"]
    moved = f"{accounts:,} account{'s' * (accounts != 1)} and {events:,} event{'s' * (events != 1)}"
    if row["is_joined"]:
        return f"joined by likeness at {row['probability']:.2f}: if that is wrong, {moved} leave {row['customer_id']}"
    apart = "apart" if row["worth"] < EVEN * (accounts + events) else "apart for the sake of others"
    return f"{apart} at {row['probability']:.2f}: if they are one person, {moved} go to {row['customer_id']}"


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
