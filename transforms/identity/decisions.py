"""What people decided about pairs of accounts: the latest decision on a pair holds, and decisions never contradict.

history ─ latest per pair ─→ in force ─ closed over accounts that are gone ─→ what the matcher must obey
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import polars as pl

from warehouse.errors import C360Error

Account = tuple[str, str]
"""Source and account id."""
LINK, UNLINK, WITHDRAW = "link", "unlink", "withdraw"
KINDS = (LINK, UNLINK, WITHDRAW)
OBEYED = pl.Schema(
    dict.fromkeys(("left_source", "left_record", "right_source", "right_record"), pl.String) | {"is_same": pl.Boolean}
)
"""Columns of the decisions that the matcher takes."""


class ContradictionError(C360Error, ValueError):
    """A decision that cannot hold beside the others; the message names them all."""


@dataclass(frozen=True)
class Decision:
    """One decision of a person about two accounts, or the withdrawal of one."""

    decision_id: str
    """D1, D2, … in the order in which they were made."""
    decided_at: str
    """UTC, ISO 8601."""
    decided_by: str
    """The user of the operating system."""
    kind: str
    """link: they are one person; unlink: they are not; withdraw: nobody has decided about them any more."""
    left_source: str
    left_account_id: str
    right_source: str
    right_account_id: str
    reason: str
    withdraws: str | None = None
    """Of a withdrawal, the decision it takes back."""

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


def list_in_force(history: Iterable[Decision]) -> list[Decision]:
    """The latest decision on each pair, unless that is a withdrawal; in order of decision."""
    latest: dict[frozenset[Account], Decision] = {}
    for decision in history:
        latest.pop(decision.pair, None)
        if decision.kind != WITHDRAW:
            latest[decision.pair] = decision
    return list(latest.values())


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


def require_consistent(in_force: Collection[Decision], new: Decision) -> None:
    """Raise ContradictionError if a new link or unlink cannot hold beside what is in force on other pairs."""
    others = [d for d in in_force if d.pair != new.pair]
    links = [d for d in others if d.kind == LINK]
    if new.kind == UNLINK:
        refuse(new, find_chain(links, new.left, new.right))
    elif new.kind == LINK:
        for apart in (d for d in others if d.kind == UNLINK):
            chain = find_chain([*links, new], apart.left, apart.right)
            refuse(new, [*(d for d in chain if d is not new), apart] if chain else [])


def refuse(new: Decision, chain: Collection[Decision]) -> None:
    """Raise ContradictionError if there is a chain of decisions against a new one."""
    if chain:
        sign = "one customer" if new.kind == LINK else "two customers"
        ids = [d.decision_id for d in chain]
        raise ContradictionError(
            f"{write_account(new.left)} and {write_account(new.right)} cannot be {sign}: it was decided that"
            f" {', '.join(d.describe() for d in chain)}; nothing is changed. Withdraw what is wrong first:"
            f' c360 withdraw {ids[-1] if new.kind == LINK else ids[0]} --reason "…"'
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
    group: dict[Account, Account] = {}
    for link in links:
        one, other = (group.get(a, a) for a in (link.left, link.right))
        for account in (link.left, link.right):
            group.setdefault(account, account)
        first = min(one, other)
        group.update({a: first for a, g in group.items() if g in {one, other}})
    return group
