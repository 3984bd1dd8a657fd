"""`c360 init` and `c360 draft`: a project, and contracts, from files; what they do not tell is asked."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from serving.cli.options import CONTRACTS, ContractsOption, to_date
from serving.preview import preview_night, show_preview
from serving.terminal import lay_out, show_cell
from warehouse.contracts.lint.folder import list_problems
from warehouse.drafting.draft import Draft, draft_files
from warehouse.drafting.project import (
    begin_project,
    known_answers,
    list_unrated,
    write_contracts,
    write_project,
    write_settings,
)
from warehouse.drafting.questions import Asker, Question
from warehouse.errors import UsageError

commands = typer.Typer(rich_markup_mode=None)

AnswerOption = Annotated[
    list[str] | None, typer.Option("--answer", help="KEY=VALUE: the answer to a question, without being asked.")
]
FilesArgument = Annotated[list[Path] | None, typer.Argument(metavar="[FILE]…", help="Samples: one or more a source.")]


@commands.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the project; it is made.")],
    files: FilesArgument = None,
    answer: AnswerOption = None,
    as_of: Annotated[
        str | None, typer.Option(help="Business date of the preview; by default the last whole day.")
    ] = None,
) -> None:
    """Make a project of files: contracts, settings, Makefile, README; and show what a first night would publish.

    Questions are asked on a terminal. Elsewhere they stand in the contracts as `# ?`, which are refused until answered.

    Example: c360 init shop customers.csv orders_2026-06.csv tickets.jsonl
             c360 init shop orders.csv --answer orders.currency=EUR --answer country=DE
    """
    day = to_date(as_of)
    copies = begin_project(folder, files or [])
    if not copies:
        write_project(folder, None)
        typer.echo(f"{folder}: made; put files into deliveries/, and run c360 draft deliveries/* there")
        return
    draft = draft_files(copies, make_asker(answer))
    write_contracts(draft, folder / "contracts", "./deliveries", copies)
    write_settings(draft, folder / "contracts")
    write_project(folder, draft)
    is_whole = show_draft(draft, folder / "contracts")
    if is_whole:
        found = preview_night(folder / "contracts", day)
        typer.echo(f"\na first night would publish\n{show_preview(found)}")
        is_whole = not found.closing
    if not is_whole:
        raise typer.Exit(1)


@commands.command()
def draft(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Samples: one or more a source.")],
    contracts: ContractsOption = CONTRACTS,
    out: Annotated[
        Path | None, typer.Option(help="The folder of the contracts; by default that of --contracts.")
    ] = None,
    answer: AnswerOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over contracts that are there.")] = False,
) -> None:
    """Draft contracts from a sample of files: types, keys, times, roles, relations, currency, words of statuses.

    Each guess has its evidence beside it. Questions are asked on a terminal; elsewhere they stand there as `# ?`.

    Example: c360 draft new/orders_2026-06.csv new/customers.csv
             c360 draft orders.csv --out contracts --answer orders.currency=EUR --replace
    """
    folder = out or contracts
    asker = make_asker(answer, known_answers(folder))
    names = set() if replace else {path.name.removesuffix(".odcs.yaml") for path in folder.glob("*.odcs.yaml")}
    found = draft_files(files, asker, names)
    write_contracts(found, folder, relative_base(files, folder), files, replace=replace)
    write_settings(found, folder)
    if not show_draft(found, folder):
        raise typer.Exit(1)


def relative_base(files: Sequence[Path], folder: Path) -> str:
    """Where the files are from the folder above the contracts, if all are in one folder there; else ""."""
    homes = {path.resolve().parent for path in files}
    above = folder.resolve().parent
    home = homes.pop() if len(homes) == 1 else None
    return f"./{home.relative_to(above)}".removesuffix("/.") if home is not None and home.is_relative_to(above) else ""


def make_asker(answers: Sequence[str] | None, known: dict[str, str] | None = None) -> Asker:
    """Who answers: what was given, then a person where one sits at the terminal.

    Raises:
        UsageError: an answer is not written KEY=VALUE.
    """
    given: dict[str, str] = {}
    for text in answers or []:
        key, is_there, value = text.partition("=")
        if not is_there or not value.strip():
            raise UsageError(f"--answer {key}: write KEY=VALUE, as orders.currency=EUR")
        given[key.strip()] = value.strip()
    is_person = sys.stdin.isatty() and sys.stderr.isatty()
    return Asker(given, prompt_person if is_person else None, known=known or {})


def prompt_person(question: Question) -> str | None:
    """Ask at the terminal; an empty answer leaves it open."""
    typer.echo(f"\n{question.key}: {question.text}", err=True)
    for number, choice in enumerate(question.choices, start=1):
        typer.echo(f"  {number}  {choice.value}: {choice.meaning}", err=True)
    while True:
        said = typer.prompt(
            "a number or a word; nothing leaves it open", default="", show_default=False, err=True
        ).strip()
        if said.isdigit() and 1 <= int(said) <= len(question.choices):
            return question.choices[int(said) - 1].value
        words = {choice.value.casefold(): choice.value for choice in question.choices}
        if not said or question.is_free or said.casefold() in words:
            return words.get(said.casefold(), said) or None


def show_draft(draft: Draft, folder: Path) -> bool:
    """Say what was drafted and what is open; True if the contracts are right."""
    for source in draft.sources:
        files = ", ".join(path.name for path in source.sample.paths)
        typer.echo(
            f"{source.name}: {source.kind or 'of no kind yet'}, {source.sample.rows.height:,} records of {files}"
        )
        rows = [(show_cell(c.name), c.role, f"{c.confidence:.2f}", show_cell(c.evidence)) for c in source.columns]
        typer.echo("\n".join(lay_out(("column", "role", "sure", "why"), rows)))
        if source.left_out:
            typer.echo(f"left out: {', '.join(map(show_cell, source.left_out))}")
    if unrated := list_unrated(draft):
        typer.echo(f"no exchange rates for {', '.join(unrated)}: draft a file with currency, day and rate, too")
    questions = draft.open_questions
    for question in questions:
        typer.echo(f"? {question.key}: {question.text}")
        typer.echo("\n".join(f"    {choice.value}: {choice.meaning}" for choice in question.choices))
    if questions:
        typer.echo(
            f"{len(questions)} questions are open: answer them with --answer KEY=VALUE, or in {folder}", err=True
        )
        return False
    problems = list_problems(folder)
    for problem in problems:
        typer.echo(str(problem))
    return not problems
