"""`c360 sql`, `c360 ask` and `c360 show`: questions in SQL, one's own or those of others; and one customer."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from serving.cli.options import CONTRACTS, HOME, ContractsOption, FormatOption, HomeOption, TimeoutOption, to_date
from serving.customer import show_customer, show_past
from serving.query import Query, print_query, read_zone
from serving.shell import read_query, run_shell
from serving.summary import summarise_customer
from serving.terminal import lay_out
from warehouse import ROOT
from warehouse.errors import C360Error, UsageError
from warehouse.home.layout import Home

commands = typer.Typer(rich_markup_mode=None)


QUESTIONS = ROOT / "docs" / "questions"
ParamOption = Annotated[
    list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="A value for $NAME in the query; repeat it.")
]
OutOption = Annotated[Path | None, typer.Option("--out", help="Write the rows to a new .parquet, .csv or .jsonl file.")]


def to_values(params: list[str] | None) -> dict[str, str]:
    """Values by name, of NAME=VALUE.

    Raises:
        UsageError: one is not written so.
    """
    for text in params or ():
        if not re.fullmatch(r"\w+=.*", text, re.DOTALL):
            raise UsageError("--param is NAME=VALUE, as --param place=Sha_Tin for $place in the query")
    return dict(text.split("=", 1) for text in params or ())


@commands.command()
def sql(
    query: Annotated[str | None, typer.Argument(help="Without one, it is read from stdin, or asked for.")] = None,
    *,
    param: ParamOption = None,
    format: FormatOption = "table",
    out: OutOption = None,
    timeout: TimeoutOption = None,
    workings: Annotated[bool, typer.Option("--workings", help="Ask all tables: raw rows and quarantine too.")] = False,
    home: HomeOption = HOME,
) -> None:
    """Ask the published tables in SQL; nothing can be changed, and no other file read.

    Example: c360 sql "select district, count(*) from customer_profile group by 1 order by 2 desc"
             c360 sql "from customer_profile where district = $place" --param place=Sha_Tin --format record
             c360 sql "from customer_event" --out events.parquet
             c360 sql < query.sql
             c360 sql --workings "select * from governance.replay"
    """
    asked = Query("", to_values(param), format, out, timeout, is_of_workings=workings)
    if query is None and sys.stdin.isatty():
        Home(home).require_current()
        run_shell(lambda text: print_query(home, replace(asked, text=text)), lambda line: typer.echo(line, err=True))
        return
    print_query(home, replace(asked, text=read_query(sys.stdin) if query is None else query))


@commands.command()
def ask(
    name: Annotated[str | None, typer.Argument(help="Name of a question; without one, all are listed.")] = None,
    *,
    param: ParamOption = None,
    format: FormatOption = "table",
    out: OutOption = None,
    sql: Annotated[bool, typer.Option("--sql", help="Print the query itself, to start from.")] = False,
    timeout: TimeoutOption = None,
    home: HomeOption = HOME,
) -> None:
    """Ask one of the questions of docs/questions; without a name, list them.

    Example: c360 ask
             c360 ask who_is_leaving --format csv
             c360 ask who_is_leaving --sql > mine.sql
    """
    if name is None:
        typer.echo(show_questions())
        return
    question = find_question(name)
    if sql:
        typer.echo(question.query, nl=False)
        return
    typer.echo(f"{question.text}\n{question.hint}", err=True)
    print_query(home, Query(question.query, to_values(param), format, out, timeout, read_zone(home)))


@commands.command()
def show(
    who: str,
    as_of: Annotated[str | None, typer.Option(help="As it was on a business date, YYYY-MM-DD.")] = None,
    summary: Annotated[
        str | None, typer.Option(metavar="PURPOSE", help="In a few sentences, of what this purpose may see.")
    ] = None,
    language: Annotated[str, typer.Option(help="Language of the summary: en or zh-HK.")] = "en",
    contracts: ContractsOption = CONTRACTS,
    home: HomeOption = HOME,
) -> None:
    """Show a customer on one screen, by customer_id, account id, email or phone.

    Example: c360 show "+852 9123 4567"
             c360 show tai.man@example.com --as-of 2026-05-31
             c360 show tai.man@example.com --summary service --language zh-HK
    """
    day = to_date(as_of)
    if summary and day:
        raise UsageError("--summary is of the generation that is served; leave --as-of out")
    if summary:
        typer.echo(summarise_customer(home, contracts, who, summary, language))
        return
    typer.echo(show_past(home, who, day) if day else show_customer(home, who))


class QuestionError(C360Error):
    """There is no such question."""


@dataclass(frozen=True)
class Question:
    """One file of docs/questions."""

    name: str
    text: str
    """What is asked."""
    hint: str
    """How to read the answer."""
    query: str


@cache
def list_questions() -> tuple[Question, ...]:
    """All questions, in order of name."""
    return tuple(read_question(path) for path in sorted(QUESTIONS.rglob("*.sql"), key=lambda path: path.stem))


def read_question(path: Path) -> Question:
    """The question in a file: its first two lines, and its query."""
    text, hint, query = path.read_text("utf-8").split("\n", 2)
    return Question(path.stem, text.removeprefix("-- "), hint.removeprefix("-- "), query)


def find_question(name: str) -> Question:
    """The question of a name.

    Raises:
        QuestionError: there is none; the message says which are near.
    """
    known = {question.name: question for question in list_questions()}
    if name not in known:
        near = get_close_matches(name, known, 3, 0.4)
        cure = f"did you mean {' or '.join(near)}?" if near else "c360 ask lists those that there are"
        raise QuestionError(f"there is no question {name!r}; {cure}")
    return known[name]


def show_questions() -> str:
    """Every question by its name."""
    return "\n".join(lay_out((), [(question.name, question.text) for question in list_questions()]))
