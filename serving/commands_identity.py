"""Commands about who is who: what people decide, what they should look at, and why two accounts are one customer."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.options import HOME, FormatOption, HomeOption

commands = typer.Typer()
First = Annotated[str, typer.Argument(metavar="A", help="source:account_id, or a customer_id of one account.")]
Second = Annotated[str, typer.Argument(metavar="B", help="The other one.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for those who ask later.")]


@commands.command()
def link(a: First, b: Second, reason: Reason, home: HomeOption = HOME) -> None:
    """Decide that two accounts are one person; every later run obeys.

    Example: c360 link crm:C1 social:taiman --reason "same passport shown at the counter"
    """
    from serving.decisions import decide

    typer.echo(decide(home, "link", (a, b), reason))


@commands.command()
def unlink(a: First, b: Second, reason: Reason, home: HomeOption = HOME) -> None:
    """Decide that two accounts are not one person; every later run obeys.

    Example: c360 unlink crm:C1 crm:C2 --reason "father and son, both came to the branch"
    """
    from serving.decisions import decide

    typer.echo(decide(home, "unlink", (a, b), reason))


@commands.command()
def withdraw(decision: str, reason: Reason, home: HomeOption = HOME) -> None:
    """Take a decision back: the evidence decides again. The decision stays in the history.

    Example: c360 withdraw D3 --reason "the passport was somebody else's"
    """
    from serving.decisions import withdraw as take_back

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
    from serving.decisions import print_decisions

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
    from serving.review import print_review

    typer.echo(print_review(home, pairs, format))


@commands.command()
def explain(a: First, b: Second, home: HomeOption = HOME) -> None:
    """Explain why two accounts, or two customers, are or are not one person. Shows their data.

    Example: c360 explain crm:C1 social:taiman
    """
    from serving.explain import explain_pair

    typer.echo(explain_pair(home, a, b))
