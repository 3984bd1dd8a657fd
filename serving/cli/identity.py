"""Commands about who is who: what people decide, what they should look at, and why two accounts are one customer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from serving.accounts import find_account
from serving.cli.options import HOME, FormatOption, HomeOption
from serving.customer import NotFoundError
from serving.explanation.explain import explain_pair
from serving.learn import make_learn, show_lesson, study
from serving.query import open_home, read_zone, with_local_times
from serving.review import print_review
from serving.rows import print_relation, require_format
from serving.split import REST, make_split, plan_split, show_plan
from serving.terminal import verbatim
from transforms.identity.decisions import (
    LINK,
    WITHDRAW,
    ContradictionError,
    Decision,
    find_contradiction,
    require_consistent,
    write_account,
)
from warehouse.duck import open_scratch
from warehouse.home.decisions import TORN, Ledger, add_decision, read_ledger, stamp, store_decisions
from warehouse.home.layout import Home

commands = typer.Typer(rich_markup_mode=None)
First = Annotated[str, typer.Argument(metavar="A", help="source:account_id, or a customer_id of one account.")]
Second = Annotated[str, typer.Argument(metavar="B", help="The other one.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for those who ask later.")]


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
def split(
    customer: Annotated[str, typer.Argument(metavar="ID", help="The customer_id.")],
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep", help=f'Accounts that stay together, as "crm:1,shop:7", or {REST}: all that no other --keep names.'
        ),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Decide it; without, only show what would come of it.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="With --accept: why, for those who ask later.")] = "",
    home: HomeOption = HOME,
) -> None:
    """Split a customer that was merged wrongly: all its accounts go apart, but those that --keep names together.

    It is one decision about every two of its accounts. c360 withdraw takes it back.

    Example: c360 split C29603d2ac70c3c3
             c360 split C29603d2ac70c3c3 --keep crm:C7,shop:9 --keep rest --accept --reason "a shared mailbox"
    """
    plan = plan_split(home, customer, keep or [])
    typer.echo(show_plan(plan))
    if not accept:
        typer.echo('\nnothing is decided; to decide it, add: --accept --reason "…"')
        return
    decision = record(home, make_split(plan, stamp, clean_reason(reason)))
    typer.echo(f"\n{decision.decision_id}: {customer} is split into {len(plan.parts)} customers; {LATER}")


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
def learn(
    accept: Annotated[
        bool, typer.Option("--accept", help="Match by it from the next run on; without, only show it.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="With --accept: why, for those who ask later.")] = "",
    home: HomeOption = HOME,
) -> None:
    """Propose the threshold and weights of fields that people's decisions speak for, with who would merge and part.

    It takes 20 decisions, and as long as a night's matching. c360 withdraw takes back what was accepted.

    Example: c360 learn
             c360 learn --accept --reason "looked at ten of those that would part"
    """
    lesson = study(home)
    typer.echo(show_lesson(lesson))
    if not accept:
        if lesson.proposal:
            typer.echo('\nnothing is changed; to match by it, add: --accept --reason "…"')
        return
    decision = record(home, make_learn(lesson, stamp, clean_reason(reason)))
    typer.echo(f"\n{decision.decision_id}: accepted; {LATER}")


@commands.command()
def explain(a: First, b: Second, home: HomeOption = HOME) -> None:
    """Explain why two accounts, or two customers, are or are not one person. Shows their data.

    Example: c360 explain crm:C1 social:taiman
    """
    typer.echo(explain_pair(home, a, b))


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

    decision = record(home, make)
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
        old = next((d for d in ledger.history if d.decision_id == decision_id), None)
        if old is None or decision_id not in ledger.ids_in_force:
            said = "is not in force any more" if old else "is not a decision of this home"
            raise NotFoundError(f"{decision_id} {said}; those in force lists: c360 decisions")
        decided_at, decided_by = stamp()
        new = replace(
            old, decision_id=own_id, decided_at=decided_at, decided_by=decided_by, kind=WITHDRAW, reason=reason,
            withdraws=old.decision_id, parts=None, threshold=None, weights=None,
        )  # fmt: skip
        require_reversible(ledger, new)
        return new

    decision = record(home, make)
    return f"{decision.decision_id}: {decision.withdraws} is withdrawn; {LATER}"


def require_reversible(ledger: Ledger, withdrawal: Decision) -> None:
    """Raise ContradictionError if what a split replaced cannot hold beside what was decided since."""
    if chain := find_contradiction(Ledger([*ledger.history, withdrawal]).in_force):
        raise ContradictionError(
            f"without {withdrawal.withdraws} these would contradict each other: "
            f"{', '.join(d.describe() for d in chain)}; nothing is changed. Withdraw one of them first"
        )


def record(home: Path, make: Callable[[Ledger, str], Decision]) -> Decision:
    """Add a decision to the home's, saying so if their last line was torn."""
    decision, torn = add_decision(home, make)
    tell_torn(torn, is_healed=True)
    return decision


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
    left, right = (
        "nullif(left_source || ':' || left_account_id, ':')",
        "nullif(right_source || ':' || right_account_id, ':')",
    )
    more = ", parts, threshold, weights"
    if form == "table":
        left = (
            f"CASE kind WHEN 'learn' THEN 'threshold ' || threshold WHEN 'split' THEN {left} || ', …' ELSE {left} END"
        )
        right = (
            "CASE kind WHEN 'learn' THEN json_array_length(weights) || ' weights'"
            f" WHEN 'split' THEN json_array_length(parts) || ' customers' ELSE {right} END"
        )
        more = ""
    with open_scratch() as con:
        store_decisions(con, ledger)
        query = (
            f"SELECT decision_id, decided_at, decided_by, kind, {left} AS a, {right} AS b, reason, withdraws,"
            f" is_in_force{more} FROM identity.decision WHERE {condition} ORDER BY length(decision_id), decision_id"
        )
        query = with_local_times(con, query, read_zone(home)) if form == "table" else query
        print_relation(con.sql(query), form, sys.stdout)
