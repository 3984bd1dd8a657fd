"""The command that asks questions which others have asked before."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.options import HOME, FormatOption, HomeOption, TimeoutOption

commands = typer.Typer()


@commands.command()
def ask(
    name: Annotated[str | None, typer.Argument(help="Name of a question; without one, all are listed.")] = None,
    format: FormatOption = "table",
    sql: Annotated[bool, typer.Option("--sql", help="Print the query itself, to start from.")] = False,
    timeout: TimeoutOption = 300,
    home: HomeOption = HOME,
) -> None:
    """Ask one of the questions of docs/questions; without a name, list them.

    Example: c360 ask
             c360 ask who_is_leaving --format csv
             c360 ask who_is_leaving --sql > mine.sql
    """
    from serving.query import print_query
    from serving.questions import find_question, show_questions

    if name is None:
        typer.echo(show_questions())
        return
    question = find_question(name)
    if sql:
        typer.echo(question.query, nl=False)
        return
    typer.echo(f"{question.text}\n{question.hint}", err=True)
    print_query(home, question.query, format, timeout)
