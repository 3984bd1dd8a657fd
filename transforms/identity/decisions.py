"""What people decided about pairs of accounts: the latest decision on a pair holds, and decisions never contradict.

history ─ latest per pair ─→ in force ─ closed over accounts that are gone ─→ what the matcher must obey

A split is one decision about every pair of its accounts. Withdrawn, it is as if it had never been made; so is what was
learned (transforms.identity.learning).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from warehouse.errors import C360Error

Account = tuple[str, str]
"""Source and account id."""
LINK, UNLINK, SPLIT, LEARN, WITHDRAW = "link", "unlink", "split", "learn", "withdraw"
KINDS = (LINK, UNLINK, SPLIT, LEARN, WITHDRAW)
OBEYED = pl.Schema(
    dict.fromkeys(("left_source", "left_record", "right_source", "right_record"), pl.String) | {"is_same": pl.Boolean}
)
"""Columns of the decisions that the matcher takes."""


class ContradictionError(C360Error, ValueError):
    """A decision that cannot hold beside the others; the message names them all."""


@dataclass(frozen=True)
class Decision:
    """One decision of a person: about two accounts, all of a customer, what was learned, or another decision."""

    decision_id: str
    """D1, D2, … in the order in which they were made."""
    decided_at: str
    """UTC, ISO 8601."""
    decided_by: str
    """The user of the operating system."""
    kind: str
    """link: they are one person; unlink: they are not; split: each part is a person of its own; learn: match by what
    decisions taught; withdraw: nobody has decided it any more."""
    left_source: str
    """Of a split the first accounts of two parts; of learn, empty."""
    left_account_id: str
    right_source: str
    right_account_id: str
    reason: str
    withdraws: str | None = None
    """Of a withdrawal, the decision it takes back."""
    parts: tuple[tuple[Account, ...], ...] | None = None
    """Of a split the accounts of each part, which are one person each."""
    threshold: float | None = None
    """Of learn, the probability from which two accounts are one person."""
    weights: tuple[tuple[str, float], ...] | None = None
    """Of learn, fields of the matcher and by what their evidence is multiplied."""

    @property
    def left(self) -> Account:
        """The first account."""
        return self.left_source, self.left_account_id

    @property
    def right(self) -> Account:
        """The second account."""
        return self.right_source, self.right_account_id

    @property
    def pair(self) -> frozenset[Account]:
        """The two accounts, in no order."""
        return frozenset((self.left, self.right))

    def describe(self) -> str:
        """The decision as `crm:1 = shop:7 (D3)`."""
        sign = "=" if self.kind == LINK else "≠"
        return f"{write_account(self.left)} {sign} {write_account(self.right)} ({self.decision_id})"


def write_account(account: Account) -> str:
    """An account as people write it."""
    return ":".join(account)


def expand(decision: Decision) -> list[Decision]:
    """A split as a link or unlink of every pair that it decides, under its own id; any other decision as it is."""
    if decision.parts is None:
        return [decision]
    pairs = [(LINK, part[0], other) for part in decision.parts for other in part[1:]]
    pairs += [(UNLINK, a, b) for one, two in combinations(decision.parts, 2) for a in one for b in two]
    said, why, parts = (decision.decision_id, decision.decided_at, decision.decided_by), decision.reason, decision.parts
    return [Decision(*said, kind, *left, *right, why, parts=parts) for kind, left, right in pairs]


def list_withdrawn(history: Iterable[Decision]) -> set[str]:
    """Ids of all decisions that were taken back."""
    return {d.withdraws for d in history if d.withdraws is not None}


def list_in_force(history: Iterable[Decision]) -> list[Decision]:
    """The latest decision on each pair, unless that is a withdrawal; in order of decision.

    A split stands as its pairs; it takes the place of every decision about two of its accounts, as long as it is not
    withdrawn.
    """
    history = list(history)
    withdrawn = list_withdrawn(history)
    whole = {d.decision_id for d in history if d.kind in {SPLIT, LEARN}}
    latest: dict[frozenset[Account], Decision] = {}
    named: set[Account] = set()
    for decision in history:
        if decision.kind == LEARN or decision.withdraws in whole:
            continue
        if decision.kind == SPLIT and decision.decision_id in withdrawn:
            continue
        parted = {account for part in decision.parts or () for account in part}
        if parted & named:
            latest = {pair: d for pair, d in latest.items() if not pair <= parted}
        named |= parted or decision.pair
        for own in expand(decision):
            latest.pop(own.pair, None)
            if own.kind != WITHDRAW:
                latest[own.pair] = own
    return list(latest.values())


def find_learned(history: Iterable[Decision]) -> Decision | None:
    """The latest decision to match by what decisions taught that was not taken back."""
    history = list(history)
    withdrawn = list_withdrawn(history)
    found = [d for d in history if d.kind == LEARN and d.decision_id not in withdrawn]
    return found[-1] if found else None


def find_chain(links: Iterable[Decision], start: Account, end: Account) -> list[Decision]:
    """The fewest links that lead from one account to another; empty where none do."""
    neighbours: dict[Account, list[tuple[Account, Decision]]] = {}
    for link in links:
        neighbours.setdefault(link.left, []).append((link.right, link))
        neighbours.setdefault(link.right, []).append((link.left, link))
    chains: dict[Account, list[Decision]] = {start: []}
    todo = [start]
    for account in todo:
        for other, link in neighbours.get(account, []):
            if other not in chains:
                chains[other] = [*chains[account], link]
                todo.append(other)
    return chains.get(end, [])


def find_contradiction(in_force: Collection[Decision]) -> list[Decision]:
    """Links that make one customer of two accounts that are decided to be two, and that decision; none as a rule."""
    links = [d for d in in_force if d.kind == LINK]
    group = group_linked(links)
    for apart in in_force:
        if apart.kind == UNLINK and apart.left in group and group[apart.left] == group.get(apart.right):
            return [*find_chain(links, apart.left, apart.right), apart]
    return []


def require_consistent(in_force: Sequence[Decision], new: Decision) -> None:
    """Raise ContradictionError if a new link, unlink or split cannot hold beside what is in force on other pairs."""
    named = {account for part in new.parts or (new.pair,) for account in part}
    refuse(new, find_contradiction([*(d for d in in_force if not d.pair <= named), *expand(new)]))


def refuse(new: Decision, found: Sequence[Decision]) -> None:
    """Raise ContradictionError if `find_contradiction` found one with a new decision."""
    chain = [d for d in found if d.decision_id != new.decision_id]
    if not found:
        return
    # A new split contradicts by some pair of its own, which the last of what was found names.
    two = new if new.kind != SPLIT else found[-1]
    sign = "one customer" if new.kind == LINK else "two customers"
    wrong = chain[-1] if new.kind == LINK else chain[0]
    cure = f'Withdraw what is wrong first: c360 withdraw {wrong.decision_id} --reason "…"'
    if wrong.parts:
        cure += ", or decide again about all of its accounts: c360 split CUSTOMER"
    raise ContradictionError(
        f"{write_account(two.left)} and {write_account(two.right)} cannot be {sign}: it was decided that"
        f" {', '.join(d.describe() for d in chain)}; nothing is changed. {cure}"
    )


def apply_decisions(in_force: Collection[Decision], present: Collection[Account]) -> pl.DataFrame:
    """What the matcher must obey tonight, as OBEYED: decisions about accounts that are there, and what follows.

    An account that is gone still ties others: of A = B and B = C follows A = C, of A ≠ B and B = C that A ≠ C.
    """
    group = group_linked(d for d in in_force if d.kind == LINK)
    known = set(present)
    members: dict[Account, list[Account]] = {}
    for account in sorted(group.keys() | {a for d in in_force for a in d.pair}):
        if account in known:
            members.setdefault(group.get(account, account), []).append(account)
    rows: set[tuple[str, str, str, str, bool]] = set()
    for own in members.values():
        rows |= {(*own[0], *other, True) for other in own[1:]}
    for apart in (d for d in in_force if d.kind == UNLINK):
        sides = [members.get(group.get(a, a), []) for a in (apart.left, apart.right)]
        if all(sides):
            one, other = sorted(own[0] for own in sides)
            rows.add((*one, *other, False))
    return pl.DataFrame(sorted(rows), schema=OBEYED, orient="row")


def group_linked(links: Iterable[Decision]) -> dict[Account, Account]:
    """Every linked account with the first of those that it is one with."""
    parent: dict[Account, Account] = {}

    def find(account: Account) -> Account:
        while parent.setdefault(account, account) != account:
            parent[account] = account = parent[parent[account]]
        return account

    for link in links:
        one, other = sorted((find(link.left), find(link.right)))
        parent[other] = one
    return {account: find(account) for account in list(parent)}
