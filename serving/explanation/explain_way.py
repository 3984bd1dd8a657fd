"""The surest way through a customer's accounts from one to another."""

from __future__ import annotations

import math
from heapq import heappop, heappush

import duckdb

from transforms.identity.decisions import Account, write_account


def show_way(con: duckdb.DuckDBPyConnection, left: Account, right: Account, customers: dict[Account, str]) -> list[str]:
    """The surest way through the customer's accounts from one to the other."""
    if customers[left] != customers[right]:
        return []
    way = find_way(read_links(con, customers[left]), left, right)
    lines = ["", "the surest way from one to the other", f"  {write_account(left)}"]
    lines += [f"    {rule} ({probability:.3f})  {write_account(account)}" for account, probability, rule in way]
    return lines if way else ["", "held together by the group as a whole, not by a pair of accounts on the way"]


def read_links(con: duckdb.DuckDBPyConnection, customer: str) -> list[tuple[Account, Account, float, str]]:
    """Joined pairs of a customer's accounts."""
    rows = con.execute(
        "SELECT left_source, left_account_id, right_source, right_account_id, probability, e.rule"
        " FROM identity.edge AS e JOIN customer_identity AS i ON i.source = left_source"
        " AND i.account_id = left_account_id WHERE is_joined AND customer_id = ?",
        [customer],
    ).fetchall()
    return [((r[0], r[1]), (r[2], r[3]), r[4], r[5]) for r in rows]


def find_way(
    links: list[tuple[Account, Account, float, str]], start: Account, end: Account
) -> list[tuple[Account, float, str]]:
    """The steps of the way whose probabilities multiply to the most (Dijkstra); none if there is no way."""
    near: dict[Account, list[tuple[Account, float, str]]] = {}
    for one, other, probability, rule in links:
        near.setdefault(one, []).append((other, probability, rule))
        near.setdefault(other, []).append((one, probability, rule))
    todo: list[tuple[float, Account, list[tuple[Account, float, str]]]] = [(0.0, start, [])]
    seen = set()
    while todo:
        cost, account, way = heappop(todo)
        if account == end:
            return way
        if account in seen:
            continue
        seen.add(account)
        for other, probability, rule in near.get(account, []):
            step = -math.log(max(probability, 1e-9))
            heappush(todo, (cost + step, other, [*way, (other, probability, rule)]))
    return []
