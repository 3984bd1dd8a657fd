"""`c360 show`: one customer on one screen, as of tonight or a past night."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.cli.options import HOME, HomeOption, to_date
from serving.customer import show_customer, show_past

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def show(
    who: str,
    as_of: Annotated[str | None, typer.Option(help="As it was on a business date, YYYY-MM-DD.")] = None,
    home: HomeOption = HOME,
) -> None:
    """Show a customer on one screen, by customer_id, account id, email or phone.

    Example: c360 show "+852 9123 4567"
             c360 show tai.man@example.com --as-of 2026-05-31
    """
    day = to_date(as_of)
    typer.echo(show_past(home, who, day) if day else show_customer(home, who))
