"""Options that several commands have."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

HomeOption = Annotated[Path, typer.Option("--home", envvar="C360_HOME", help="Where generations are kept.")]
ContractsOption = Annotated[Path, typer.Option("--contracts", envvar="C360_CONTRACTS", help="Folder of contracts.")]
FormatOption = Annotated[str, typer.Option("--format", help="table, record, csv or json.")]
TimeoutOption = Annotated[
    float | None,
    typer.Option(min=0.1, help="Seconds after which a query is ended; by default the setting query_seconds."),
]
HOME, CONTRACTS = Path("var"), Path("contracts")


def to_date(text: str | None) -> date | None:
    """A date as YYYY-MM-DD."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 (a date has no zone)
    except ValueError:
        raise typer.BadParameter("a date is written YYYY-MM-DD, as 2026-06-30") from None
