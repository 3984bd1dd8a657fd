"""The `c360` command: results on stdout, messages on stderr.

Exit status 0: done; 1: a gate closed or nothing was found; 2: wrong use.
"""

from __future__ import annotations

import os
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from serving.commands_ask import commands as ask_commands
from serving.commands_export import export
from serving.commands_features import commands as feature_commands
from serving.commands_generations import commands as generation_commands
from serving.commands_identity import commands
from serving.commands_quarantine import commands as quarantine_commands
from serving.commands_report import commands as report_commands
from serving.commands_resolve import evaluate, resolve
from serving.options import CONTRACTS, HOME, ContractsOption, FormatOption, HomeOption, TimeoutOption

app = typer.Typer(
    help="One customer_profile table from transactions, social activity and support logs, every night.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(commands)
app.add_typer(generation_commands)
app.add_typer(report_commands)
app.add_typer(quarantine_commands)
app.add_typer(feature_commands)
app.add_typer(export, name="export")
app.add_typer(ask_commands)


def main() -> None:
    """Run the command; an error of ours becomes one message and an exit status, never a traceback."""
    from serving.errors import exit_status
    from warehouse.errors import without_panic

    os.umask(0o077)  # whatever a command writes may hold customers' data
    try:
        with without_panic():
            status = app(standalone_mode=False)  # what a command's typer.Exit says comes back as a number
        sys.exit(status if isinstance(status, int) else 0)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader (head, less) has gone; nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        sys.exit(exit_status(error))


def to_date(text: str | None) -> date | None:
    """A date as YYYY-MM-DD."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 (a date has no zone)
    except ValueError:
        raise typer.BadParameter("a date is written YYYY-MM-DD, as 2026-06-30") from None


@app.command()
def run(  # noqa: PLR0913, PLR0917 – one option each
    as_of: Annotated[str | None, typer.Option(help="Business date, YYYY-MM-DD; by default the last whole day.")] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="First business date of a backfill, night by night.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last business date of it.")] = None,
    retrain: Annotated[bool, typer.Option("--retrain", help="Train the identity model anew.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Clean, match and build everything anew from what was loaded.")
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
    from serving.progress import show_progress
    from serving.reports import show_report
    from warehouse.home.layout import Home
    from warehouse.night import run_night
    from warehouse.run import Wishes

    days, end = list_nights(to_date(as_of), to_date(first), to_date(last))
    wishes = Wishes(retrain=retrain, full=full, accept_identity=accept_identity, backfill_to=end)
    for day in days:
        with show_progress() as say:
            report = run_night(Home(home), contracts, day, wishes=wishes, say=say)
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


@app.command()
def sql(
    query: str,
    format: FormatOption = "table",
    timeout: TimeoutOption = 300,
    home: HomeOption = HOME,
) -> None:
    """Ask the current generation in SQL; nothing can be changed, and no other file read.

    Example: c360 sql "select district, count(*) from customer_profile group by 1 order by 2 desc"
    """
    from serving.query import print_query

    print_query(home, query, format, timeout)


@app.command()
def show(
    who: str,
    as_of: Annotated[str | None, typer.Option(help="As it was on a business date, YYYY-MM-DD.")] = None,
    home: HomeOption = HOME,
) -> None:
    """Show a customer on one screen, by customer_id, account id, email or phone.

    Example: c360 show "+852 9123 4567"
             c360 show tai.man@example.com --as-of 2026-05-31
    """
    from serving.customer import show_customer
    from serving.past import show_past

    day = to_date(as_of)
    typer.echo(show_past(home, who, day) if day else show_customer(home, who))


@app.command()
def check(
    against: Annotated[Path | None, typer.Option(help="A file: what would it do as the next delivery?")] = None,
    source: Annotated[str | None, typer.Option(help="The source it is of, if its name does not tell.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Business date, YYYY-MM-DD; by default the last whole day.")] = None,
    contracts: ContractsOption = CONTRACTS,
) -> None:
    """Check contracts against the Open Data Contract Standard and our own rules, or a file against its contract.

    Example: c360 check --contracts contracts
             c360 check --against new/sales_2026-07-01.csv --source transactions
    """
    from serving.foresight import check_contracts, check_file

    is_right = check_file(contracts, against, source, to_date(as_of)) if against else check_contracts(contracts)
    if not is_right:
        raise typer.Exit(1)


app.command()(resolve)
app.command()(evaluate)
