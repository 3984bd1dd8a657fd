"""`c360 sql`: questions in SQL."""

from __future__ import annotations

import typer

from serving.cli.options import HOME, FormatOption, HomeOption, TimeoutOption
from serving.query import print_query

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def sql(
    query: str,
    format: FormatOption = "table",
    timeout: TimeoutOption = 300,
    home: HomeOption = HOME,
) -> None:
    """Ask the current generation in SQL; nothing can be changed, and no other file read.

    Example: c360 sql "select district, count(*) from customer_profile group by 1 order by 2 desc"
    """
    print_query(home, query, format, timeout)
