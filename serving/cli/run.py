"""`c360 run`: one night, or one after another, without Airflow."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

import typer

from serving.cli.options import CONTRACTS, HOME, ContractsOption, HomeOption, to_date
from serving.cli.progress import show_progress
from serving.cli.report import show_report
from warehouse.home.layout import Home
from warehouse.night import run_night
from warehouse.run import RunOptions

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def run(  # noqa: PLR0913, PLR0917 – one option each
    as_of: Annotated[str | None, typer.Option(help="Business date, YYYY-MM-DD; by default the last whole day.")] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="First business date of a backfill, night by night.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last business date of it.")] = None,
    retrain: Annotated[bool, typer.Option("--retrain", help="Retrain the identity model.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Rebuild everything from the loaded rows (full refresh).")
    ] = False,
    accept_identity: Annotated[
        bool, typer.Option("--accept-identity", help="Publish however many customers are merged or split tonight.")
    ] = False,
    contracts: ContractsOption = CONTRACTS,
    home: HomeOption = HOME,
) -> None:
    """Run one night: land, check, clean, identify, profile, check again, publish.

    Example: c360 run --as-of 2026-06-30 --contracts contracts --home var
             c360 run --from 2026-06-01 --to 2026-06-30
    """
    days, end = list_nights(to_date(as_of), to_date(first), to_date(last))
    options = RunOptions(retrain=retrain, full=full, accept_identity=accept_identity, backfill_to=end)
    for day in days:
        with show_progress() as say:
            report = run_night(Home(home), contracts, day, options=options, say=say)
        typer.echo(show_report(report))


def list_nights(as_of: date | None, first: date | None, last: date | None) -> tuple[list[date | None], str | None]:
    """The business dates to run, and the last of a backfill (ISO 8601); None as a date is the last whole day."""
    if first is None and last is None:
        return [as_of], None
    if as_of is not None or first is None or last is None:
        raise typer.BadParameter("give --from and --to together, or --as-of alone")
    if first > last:
        raise typer.BadParameter("--from lies after --to")
    return [first + timedelta(days=n) for n in range((last - first).days + 1)], last.isoformat()
