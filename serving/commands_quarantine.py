"""Commands about the quarantine: what is there, and taking it in again once the contract or the rows are mended."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from serving.options import CONTRACTS, HOME, ContractsOption, FormatOption, HomeOption

commands = typer.Typer()
SourceOption = Annotated[str | None, typer.Option("--source", help="Only this source.")]
RuleOption = Annotated[str | None, typer.Option("--rule", help="Only this rule, as type:quantity.")]


@commands.command()
def quarantine(  # noqa: PLR0913, PLR0917 – one option each
    source: SourceOption = None,
    rule: RuleOption = None,
    older_than: Annotated[
        int | None, typer.Option("--older-than", help="Only what was put aside more than so many days ago.")
    ] = None,
    rows: Annotated[bool, typer.Option("--rows", help="The rows themselves, not only their number.")] = False,
    format: FormatOption = "table",
    home: HomeOption = HOME,
) -> None:
    """Show what is in quarantine: counts by source and rule, or the rows. After a closed gate, what closed it.

    Example: c360 quarantine --source transactions --older-than 7 --rows
    """
    from serving.quarantine import Asked, print_quarantine

    print_quarantine(home, Asked(source, rule, older_than), format, with_rows=rows)


@commands.command()
def replay(
    source: SourceOption = None,
    rule: RuleOption = None,
    rows: Annotated[
        Path | None,
        typer.Option("--rows", help="Only the rows of this file, mended: c360 quarantine --rows --format json."),
    ] = None,
    contracts: ContractsOption = CONTRACTS,
    home: HomeOption = HOME,
) -> None:
    """Take rows in quarantine in again, after the contract or the rows were mended; nothing else is landed.

    Example: c360 replay --source transactions --rule type:sold_at
    """
    from serving.progress import show_progress
    from serving.quarantine import replay_rows
    from serving.reports import show_report

    with show_progress() as say:
        report = replay_rows(home, contracts, source, rule, rows, say)
    typer.echo(show_report(report))
