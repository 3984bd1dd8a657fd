"""Commands about how nights went: what is served, whether it came in time, and the report of a run."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.options import CONTRACTS, HOME, ContractsOption, HomeOption

commands = typer.Typer()


@commands.command()
def status(
    fail_if_late: Annotated[
        bool, typer.Option("--fail-if-late", help="Exit with 1 where profiles are missing whose deadline has passed.")
    ] = False,
    contracts: ContractsOption = CONTRACTS,
    home: HomeOption = HOME,
) -> None:
    """Show the current generation and how the last run ended.

    Example: c360 status
             c360 status --fail-if-late --contracts contracts
    """
    from serving.reports import require_in_time, show_status

    typer.echo(show_status(home))
    if fail_if_late:
        require_in_time(home, contracts)


@commands.command()
def report(
    number: Annotated[int | None, typer.Argument(help="Number of a generation; by default the last run.")] = None,
    format: Annotated[str, typer.Option("--format", help="text, json, or html: one page with plots.")] = "text",
    home: HomeOption = HOME,
) -> None:
    """Show the report of the last run, however it ended, or of a generation.

    Example: c360 report
             c360 report 7 --format html > report.html
    """
    from serving.reports import print_report

    print_report(home, number, format)
