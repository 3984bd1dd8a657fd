"""Splitting a customer that was merged wrongly: which accounts go apart, what that makes, as one decision of a person.

It names accounts and customers, never a value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import duckdb
import polars as pl

from serving.accounts import find_merged, list_accounts, write_accounts
from serving.customer import NotFoundError
from serving.query import open_home
from transforms.engine import Frame, as_frame
from transforms.identity import customer_ids
from transforms.identity.decisions import (
    LINK,
    SPLIT,
    UNLINK,
    Account,
    Decision,
    group_linked,
    require_consistent,
    write_account,
)
from warehouse.errors import C360Error
from warehouse.home.decisions import Ledger, read_ledger

REST = "rest"
"""In --keep: all accounts of the customer that no other --keep names."""
MOST_PAIRS = 150_000
"""Pairs of accounts that one split may part: every night obeys each."""


class SplitError(C360Error):
    """A customer that cannot be split so; the message says what to change."""

    exit_code = 2


@dataclass(frozen=True)
class Part:
    """One customer of those that a split makes."""

    accounts: tuple[Account, ...]
    customer_id: str
    """Its id if its accounts stay by themselves."""
    outcome: str
    """keeps (the id), takes back (an id of before), new."""
    event_count: int


@dataclass(frozen=True)
class Plan:
    """What a split would do."""

    customer_id: str
    accounts: list[Account]
    parts: list[Part]
    gone: list[Account]
    """Accounts that are not there any more, but by which decisions tie some of these together: they go apart, too."""
    replaced: list[Decision]
    """Decisions in force about two of the accounts."""

    def decide(self, decision_id: str, stamp: tuple[str, str], reason: str) -> Decision:
        """The decision."""
        parts = (*(part.accounts for part in self.parts), *((account,) for account in self.gone))
        return Decision(decision_id, *stamp, SPLIT, *parts[0][0], *parts[1][0], reason, parts=parts)


def plan_split(home: Path, customer_id: str, keep: Sequence[str]) -> Plan:
    """What a split of a customer would do: every account apart, but for those that `keep` lists together.

    Raises:
        NotFoundError: there is no such customer, or it has one account.
        SplitError: it cannot be split so, or is split already from the next run on.
    """
    with open_home(home) as con:
        accounts = find_accounts(con, customer_id)
        groups = read_groups(keep, accounts)
        parts = describe_parts(con, customer_id, groups)
        ledger = read_ledger(home)
        require_whole(customer_id, accounts, ledger)
        gone = list_gone(con, ledger, groups)
    own = {*accounts, *gone}
    replaced = [d for d in ledger.in_force if d.pair <= own]
    return Plan(customer_id, accounts, parts, gone, replaced)


def find_accounts(con: duckdb.DuckDBPyConnection, customer_id: str) -> list[Account]:
    """The accounts of a customer that has several, in order."""
    accounts = list_accounts(con, "customer_id = ?", customer_id)
    if len(accounts) > 1:
        return accounts
    if accounts:
        raise NotFoundError(f"{customer_id} has one account, {write_account(accounts[0])}: there is nothing to split")
    query = "SELECT customer_id FROM customer_identity WHERE source || ':' || account_id = ?"
    for (owner,) in con.execute(query, [customer_id]).fetchall():
        raise NotFoundError(f"that is an account of {owner}; a customer is split: c360 split {owner}")
    if merged := find_merged(con, customer_id):
        raise NotFoundError(f"{customer_id} was merged into {merged}; split that: c360 split {merged}")
    raise NotFoundError(
        "no customer has that id in the current generation; c360 show finds one, c360 review lists some"
    )


def read_groups(keep: Sequence[str], accounts: list[Account]) -> list[tuple[Account, ...]]:
    """The accounts in groups that stay together, in order of their first; who is in none is one of its own.

    Raises:
        SplitError: an account is not the customer's or stands twice, all are in one group, or there are too many.
    """
    known = {write_account(account): account for account in accounts}
    named = [read_group(text, known) for text in keep if text.strip() != REST]
    taken = [account for group in named for account in group]
    if doubled := sorted({account for account in taken if taken.count(account) > 1}):
        raise SplitError(f"{write_account(doubled[0])} stands twice in --keep; it can be one customer's only")
    rest = tuple(account for account in accounts if account not in set(taken))
    is_rest = any(text.strip() == REST for text in keep)
    alone = ([rest] if rest else []) if is_rest else [(account,) for account in rest]
    groups = sorted([*(tuple(sorted(group)) for group in named), *alone])
    if len(groups) == 1:
        raise SplitError("every account stays in one customer by that: leave one out of --keep")
    pairs = sum(len(one) * len(two) for one, two in combinations(groups, 2))
    if pairs > MOST_PAIRS:
        raise SplitError(
            f"to part {len(groups):,} customers decides {pairs:,} pairs of accounts, more than {MOST_PAIRS:,}; keep"
            f" more of them together, as by --keep {REST}, and split what is left in a later run"
        )
    return groups


def read_group(text: str, known: dict[str, Account]) -> tuple[Account, ...]:
    """The accounts that a list names, with commas between them; an account id may have commas, too."""
    pieces, found = text.split(","), []
    while pieces:
        ends = [n for n in range(len(pieces), 0, -1) if ",".join(pieces[:n]).strip() in known]
        if not ends:
            raise SplitError(
                "--keep names something that is no account of this customer; write source:account_id, with commas"
                f' between them, as --keep "{write_accounts(list(known.values())[:2]).replace(", ", ",")}", or {REST}'
            )
        found.append(known[",".join(pieces[: ends[0]]).strip()])
        pieces = pieces[ends[0] :]
    return tuple(found)


def require_whole(customer_id: str, accounts: list[Account], ledger: Ledger) -> None:
    """Raise SplitError where a split in force parts accounts that are still one customer: another person was faster."""
    own = set(accounts)
    for decision in ledger.in_force:
        if decision.kind == UNLINK and decision.parts and decision.pair <= own:
            raise SplitError(
                f"{customer_id} is split already, by {decision.decision_id} of {decision.decided_by}, from the next run"
                f" on: c360 run; to split it otherwise, take that back first: c360 withdraw {decision.decision_id}"
                ' --reason "…"'
            )


def list_gone(con: duckdb.DuckDBPyConnection, ledger: Ledger, groups: Sequence[tuple[Account, ...]]) -> list[Account]:
    """Accounts that are not there, and by which decisions would make one customer of two groups."""
    part = {account: number for number, group in enumerate(groups) for account in group}
    tied: dict[Account, list[Account]] = {}
    for account, first in group_linked(d for d in ledger.in_force if d.kind == LINK).items():
        tied.setdefault(first, []).append(account)
    found = []
    for own in tied.values():
        if len({part[account] for account in own if account in part}) > 1:
            found += [a for a in own if not list_accounts(con, "source || ':' || account_id = ?", write_account(a))]
    return sorted(found)


def describe_parts(
    con: duckdb.DuckDBPyConnection, customer_id: str, groups: Sequence[tuple[Account, ...]]
) -> list[Part]:
    """Each group as the customer it becomes, if its accounts stay by themselves; first who keeps the id."""
    ids, count = name_groups(con, groups), count_events(con, customer_id)
    register = {i for (i,) in con.execute("SELECT customer_id FROM identity.customer").fetchall()}
    parts = []
    for group, own in zip(groups, ids, strict=True):
        outcome = "keeps" if own == customer_id else "takes back" if own in register else "new"
        events = sum(count.get(account, 0) for account in group)
        parts.append(Part(group, own, outcome, events))
    return sorted(parts, key=lambda part: (part.outcome != "keeps", -len(part.accounts), part.accounts))


def name_groups(con: duckdb.DuckDBPyConnection, groups: Sequence[tuple[Account, ...]]) -> list[str]:
    """The customer_id of each group, by the rules of a night."""
    ordered = sorted(account for group in groups for account in group)
    node = {account: number for number, account in enumerate(ordered)}
    rows = [(node[a], *a, min(node[b] for b in group)) for group in groups for a in group]
    cluster = to_frame(pl.DataFrame(rows, schema=["node", "source", "account_id", "cluster"], orient="row"))
    register = to_frame(con.sql("FROM identity.customer").pl())
    before = to_frame(con.sql("FROM main.customer_identity").pl())
    claim = customer_ids.claim_names(cluster, register, before)
    named = customer_ids.name_clusters(cluster, claim).select("cluster", "customer_id").to_native().collect()
    found = dict(named.iter_rows())
    return [found[min(node[account] for account in group)] for group in groups]


def to_frame(rows: pl.DataFrame) -> Frame:
    """A table in memory as the frame that transforms take."""
    return as_frame(rows.lazy())


def count_events(con: duckdb.DuckDBPyConnection, customer_id: str) -> dict[Account, int]:
    """Events of each account of a customer."""
    query = "SELECT account_source, account_id, count(*) FROM customer_event WHERE customer_id = ? GROUP BY ALL"
    return {(source, account): count for source, account, count in con.execute(query, [customer_id]).fetchall()}


def show_plan(plan: Plan) -> str:
    """What a split would do, as a person reads it."""
    count = len(plan.parts)
    lines = [f"{plan.customer_id}, {len(plan.accounts)} accounts: split, it is {count} customers from the next run on"]
    for part in plan.parts:
        said = f"{part.outcome:<10} {part.customer_id:<16}"
        size = f"{len(part.accounts):>4} {'account ' if len(part.accounts) == 1 else 'accounts'}"
        lines.append(f"  {said} {size} {part.event_count:>7,} events  {write_accounts(part.accounts)}")
    lines += [f"replaces  {decision}" for decision in describe_replaced(plan.replaced)]
    if plan.gone:
        lines.append(f"apart as well, though not there any more: {write_accounts(plan.gone)}")
    lines.append("Each may be found to be one with other customers by the next run, but never with one another.")
    return "\n".join(lines)


def describe_replaced(replaced: Sequence[Decision]) -> list[str]:
    """Decisions that a split takes the place of, each split once."""
    whole = dict.fromkeys(f"what the split {d.decision_id} says of these accounts" for d in replaced if d.parts)
    return [*(d.describe() for d in replaced if not d.parts), *whole]


def make_split(plan: Plan, stamp: Callable[[], tuple[str, str]], reason: str) -> Callable[[Ledger, str], Decision]:
    """What decides the split beside the decisions that are there then; it raises where these changed since the plan."""

    def make(ledger: Ledger, decision_id: str) -> Decision:
        require_whole(plan.customer_id, plan.accounts, ledger)
        new = plan.decide(decision_id, stamp(), reason)
        own = {*plan.accounts, *plan.gone}
        now = [d for d in ledger.in_force if d.pair <= own]
        if {d.decision_id for d in now} != {d.decision_id for d in plan.replaced}:
            raise SplitError("somebody else has just decided about these accounts; look again, without --accept")
        require_consistent(ledger.in_force, new)
        return new

    return make
