"""`c360 show`: one customer on one screen, as of tonight or a past night."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.cli.options import CONTRACTS, HOME, ContractsOption, HomeOption, to_date
from serving.customer import show_customer, show_past
from serving.summary import summarise_customer
from warehouse.errors import UsageError

commands = typer.Typer(rich_markup_mode=None)


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
