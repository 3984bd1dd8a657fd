"""Commands about who is who: what people decide, what they should look at, and why two accounts are one customer."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from serving.cli.options import HOME, FormatOption, HomeOption
from serving.customer import NotFoundError
from serving.explain import explain_pair
from serving.query import open_home, print_relation, read_zone, require_format, with_local_times
from serving.review import print_review
from serving.terminal import verbatim
from transforms.identity.decisions import LINK, WITHDRAW, Account, Decision, require_consistent, write_account
from warehouse.duck import open_scratch
from warehouse.home.decisions import TORN, Ledger, add_decision, read_ledger, stamp, store_decisions
from warehouse.home.layout import Home

commands = typer.Typer(rich_markup_mode=None)
First = Annotated[str, typer.Argument(metavar="A", help="source:account_id, or a customer_id of one account.")]
Second = Annotated[str, typer.Argument(metavar="B", help="The other one.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for those who ask later.")]


SHOWN = 10
"""Accounts that a message names at most."""


LATER = "it takes effect with the next run: c360 run"


@commands.command()
def link(a: First, b: Second, reason: Reason, home: HomeOption = HOME) -> None:
    """Decide that two accounts are one person; every later run obeys.

    Example: c360 link crm:C1 social:taiman --reason "same passport shown at the counter"
    """
    typer.echo(decide(home, "link", (a, b), reason))


@commands.command()
def unlink(a: First, b: Second, reason: Reason, home: HomeOption = HOME) -> None:
    """Decide that two accounts are not one person; every later run obeys.

    Example: c360 unlink crm:C1 crm:C2 --reason "father and son, both came to the branch"
    """
    typer.echo(decide(home, "unlink", (a, b), reason))


@commands.command()
def withdraw(decision: str, reason: Reason, home: HomeOption = HOME) -> None:
    """Take a decision back: the evidence decides again. The decision stays in the history.

    Example: c360 withdraw D3 --reason "the passport was somebody else's"
    """
    typer.echo(take_back(home, decision, reason))


@commands.command()
def decisions(
    all_: Annotated[bool, typer.Option("--all", help="Also what was withdrawn or decided otherwise since.")] = False,
    format: FormatOption = "table",
    home: HomeOption = HOME,
) -> None:
    """List what people decided: which accounts are one person and which are not, by whom, when and why.

    Example: c360 decisions --format csv
    """
    print_decisions(home, format, with_all=all_)


@commands.command()
def review(
    pairs: Annotated[int, typer.Option(min=1, help="Rows of each list at most.")] = 20,
    format: FormatOption = "table",
    home: HomeOption = HOME,
) -> None:
    """List what a person should look at: the least sure pairs, the biggest customers, the weakest.

    Example: c360 review --pairs 10
    """
    print(print_review(home, pairs, format), file=sys.stdout if format == "table" else verbatim(sys.stdout))


@commands.command()
def explain(a: First, b: Second, home: HomeOption = HOME) -> None:
    """Explain why two accounts, or two customers, are or are not one person. Shows their data.

    Example: c360 explain crm:C1 social:taiman
    """
    typer.echo(explain_pair(home, a, b))


def find_account(con: duckdb.DuckDBPyConnection, text: str) -> tuple[Account, str]:
    """The account that a text names, and how that was found out, empty where it says so itself.

    Raises:
        NotFoundError: there is none, or the text is a customer of several accounts.
    """
    if named := list_accounts(con, "source || ':' || account_id = ?", text):
        return named[0], ""
    if owned := list_accounts(con, "customer_id = ?", text):
        if len(owned) == 1:
            return owned[0], f"{text} is the customer of one account, {write_account(owned[0])}"
        said = ", ".join(write_account(a) for a in owned[:SHOWN]) + (", …" if len(owned) > SHOWN else "")
        raise NotFoundError(f"{text} is a customer of {len(owned)} accounts; name one of them: {said}")
    if bare := list_accounts(con, "account_id = ?", text):
        said = ", ".join(write_account(a) for a in bare[:SHOWN])
        raise NotFoundError(f"an account is written source:account_id; with that id there is: {said}")
    raise NotFoundError(describe_absent(con, text))


def list_accounts(con: duckdb.DuckDBPyConnection, condition: str, value: str) -> list[Account]:
    """Accounts that a condition with one parameter holds for, in order."""
    query = f"SELECT source, account_id FROM customer_identity WHERE {condition} ORDER BY ALL"
    return [(source, account) for source, account in con.execute(query, [value]).fetchall()]


def describe_absent(con: duckdb.DuckDBPyConnection, text: str) -> str:
    """Why nothing answers to a text, without repeating it: it may be anything."""
    merged = con.execute("SELECT merged_into FROM identity.customer WHERE customer_id = ?", [text]).fetchall()
    if merged and merged[0][0]:
        return (
            f"{text} was merged into {merged[0][0]}; name one of its accounts, as c360 show {merged[0][0]} lists them"
        )
    sources = [s for (s,) in con.execute("SELECT DISTINCT source FROM customer_identity ORDER BY 1").fetchall()]
    source = text.partition(":")[0]
    if source in sources:
        return f"source {source} has no such account in the current generation"
    return f"no account is named so; write source:account_id, with one of the sources {', '.join(sources)}"


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


def take_back(home: Path, decision_id: str, reason: str) -> str:
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
            said = "is not in force any more" if is_known else "is not a decision of this home"
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
        cure = f"it was moved to {TORN}" if is_healed else f"the next decision moves it to {TORN}"
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
    with open_scratch() as con:
        store_decisions(con, ledger)
        query = (
            "SELECT decision_id, decided_at, decided_by, kind, left_source || ':' || left_account_id AS a,"
            " right_source || ':' || right_account_id AS b, reason, withdraws, is_in_force FROM identity.decision"
            f" WHERE {condition} ORDER BY length(decision_id), decision_id"
        )
        query = with_local_times(con, query, read_zone(home)) if form == "table" else query
        print_relation(con.sql(query), form, sys.stdout)
