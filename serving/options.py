"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HomeOption = Annotated[Path, typer.Option("--home", envvar="C360_HOME", help="Where generations are kept.")]
ContractsOption = Annotated[Path, typer.Option("--contracts", envvar="C360_CONTRACTS", help="Folder of contracts.")]
FormatOption = Annotated[str, typer.Option("--format", help="table, csv or json.")]
TimeoutOption = Annotated[float, typer.Option(min=0.1, help="Seconds after which a query is ended.")]
HOME, CONTRACTS = Path("var"), Path("contracts")
