"""What `c360 link`, `unlink`, `withdraw` and `decisions` do."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import typer

from serving.accounts import find_account
from serving.customer import NotFoundError
from serving.query import open_home, print_relation, require_format
from transforms.identity.decisions import LINK, WITHDRAW, Decision, require_consistent, write_account
from warehouse.home.decisions import TORN, Ledger, add_decision, read_ledger, stamp, store_decisions
from warehouse.home.layout import Home

LATER = "it takes effect with the next run: c360 run"


def decide(home: Path, kind: str, texts: tuple[str, str], reason: str) -> str:
    """Keep that two accounts are one person, or are not; gives what to tell.

    Raises:
        NotFoundError: one of them is not in the current generation.
        ContradictionError: it cannot hold beside what was decided before.
    """
    reason = clean_reason(reason)
    with open_home(home) as con:
        found = [find_account(con, text) for text in texts]
    (left, _), (right, _) = found
    if left == right:
        raise typer.BadParameter(f"both are {write_account(left)}; a decision is about two accounts")

    def make(ledger: Ledger, decision_id: str) -> Decision:
        new = Decision(decision_id, *stamp(), kind, *left, *right, reason)
        require_consistent(ledger.in_force, new)
        return new

    decision, torn = add_decision(home, make)
    tell_torn(torn, is_healed=True)
    for said in (said for _, said in found if said):
        typer.echo(said, err=True)
    sign = "one customer" if kind == LINK else "two customers"
    return f"{decision.decision_id}: {write_account(left)} and {write_account(right)} are {sign}; {LATER}"


def clean_reason(reason: str) -> str:
    """A reason in one line, bytes that are no UTF-8 marked as such; raises BadParameter where there is none."""
    line = " ".join(reason.encode("utf-8", "replace").decode().split())
    if not line:
        raise typer.BadParameter('a decision needs a reason that others understand later: --reason "…"')
    return line


def withdraw(home: Path, decision_id: str, reason: str) -> str:
    """Take a decision back: nobody has decided about the two accounts any more. Gives what to tell.

    Raises:
        NotFoundError: no decision in force has the id.
    """
    Home(home).require_current()
    reason = clean_reason(reason)

    def make(ledger: Ledger, own_id: str) -> Decision:
        old = next((d for d in ledger.in_force if d.decision_id == decision_id), None)
        if old is None:
            is_known = any(d.decision_id == decision_id for d in ledger.history)
            said = "is not in force any more" if is_known else "is no decision of this home"
            raise NotFoundError(f"{decision_id} {said}; those in force lists: c360 decisions")
        decided_at, decided_by = stamp()
        return replace(
            old, decision_id=own_id, decided_at=decided_at, decided_by=decided_by, kind=WITHDRAW, reason=reason,
            withdraws=old.decision_id,
        )  # fmt: skip

    decision, torn = add_decision(home, make)
    tell_torn(torn, is_healed=True)
    return f"{decision.decision_id}: {decision.withdraws} is withdrawn; {LATER}"


def tell_torn(torn: bytes, *, is_healed: bool) -> None:
    """Say that the last line was torn, if it was."""
    if torn:
        cure = f"it was put aside into {TORN}" if is_healed else f"the next decision puts it aside into {TORN}"
        typer.echo(
            "the last line of decisions.jsonl was cut off while it was written, so that decision does not count; "
            f"{cure}; decide it again",
            err=True,
        )


def print_decisions(home: Path, form: str, *, with_all: bool) -> None:
    """Print the decisions in force, or the whole history."""
    require_format(form)
    if not home.is_dir():
        Home(home).require_current()
    ledger = read_ledger(home)
    tell_torn(ledger.torn, is_healed=False)
    if not ledger.history:
        raise NotFoundError('nobody has decided anything yet; see c360 review, then c360 link A B --reason "…"')
    condition = "true" if with_all else "is_in_force"
    with duckdb.connect() as con:
        store_decisions(con, ledger)
        rows = con.sql(
            "SELECT decision_id, decided_at, decided_by, kind, left_source || ':' || left_account_id AS a,"
            " right_source || ':' || right_account_id AS b, reason, withdraws, is_in_force FROM identity.decision"
            f" WHERE {condition} ORDER BY length(decision_id), decision_id"
        )
        print_relation(rows, form, sys.stdout)
