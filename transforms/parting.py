"""A cluster taken apart where people decided that some of it are not one person, along the evidence for the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterable

Account = tuple[str, str]
"""Source and account id."""
Pair = tuple[Account, Account]


class Groups:
    """Accounts in groups that grow together, unless two that must not meet would."""

    def __init__(self, accounts: Collection[Account], apart: Iterable[Pair]) -> None:
        self.first = {account: account for account in accounts}
        self.members = {account: {account} for account in accounts}
        self.foes: dict[Account, set[Account]] = {account: set() for account in accounts}
        for one, other in apart:
            self.foes[one].add(other)
            self.foes[other].add(one)

    def join(self, one: Account, other: Account) -> None:
        """Make the groups of two accounts one, if nobody in the one must not meet somebody in the other."""
        keep, leave = self.first[one], self.first[other]
        if keep == leave or self.foes[keep] & self.members[leave]:
            return
        if len(self.members[keep]) < len(self.members[leave]):
            keep, leave = leave, keep
        self.first.update(dict.fromkeys(self.members[leave], keep))
        self.members[keep] |= self.members.pop(leave)
        self.foes[keep] |= self.foes.pop(leave)


def part_cluster(
    accounts: Collection[Account], links: Iterable[Pair], apart: Iterable[Pair], evidence: Iterable[Pair]
) -> list[list[Account]]:
    """The groups that a cluster falls into, each in order, the greatest first.

    Accounts that people linked stay together; then the surest evidence joins first, as far as nobody meets whom they
    must not meet; what no single pair ties to the rest, since the cluster was judged as a whole, goes with the greatest
    group that it may be in.

    Args:
        accounts: all of the cluster.
        links: pairs that must be one.
        apart: pairs that must not.
        evidence: pairs that may be one, the surest first.
    """
    groups = Groups(accounts, apart)
    for pairs in (links, evidence):
        for one, other in pairs:
            groups.join(one, other)
    rest = sorted(groups.members, key=lambda first: (-len(groups.members[first]), min(groups.members[first])))
    for place, first in enumerate(rest):
        for greater in rest[:place]:
            groups.join(greater, first)
    found = [sorted(members) for members in groups.members.values()]
    return sorted(found, key=lambda group: (-len(group), group))
