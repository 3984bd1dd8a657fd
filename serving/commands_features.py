"""Commands about features: what is declared, and features as of the times of labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from serving.options import CONTRACTS, HOME, ContractsOption, HomeOption

commands = typer.Typer()


@commands.command()
def features(  # noqa: PLR0913, PLR0917 – one option each
    labels: Annotated[Path, typer.Option("--for", help="Labels: a Parquet or CSV file with a customer and a time.")],
    out: Annotated[Path, typer.Option(help="Where they go with their features: .parquet or .csv.")],
    who: Annotated[
        str, typer.Option("--id", help="Column of the customer, or SOURCE+ACCOUNT columns.")
    ] = "customer_id",
    time: Annotated[str | None, typer.Option(help="Column of the time, if there are several.")] = None,
    known_by: Annotated[str, typer.Option(help="An event counts from its occurrence, or its arrival.")] = "occurrence",
    purpose: Annotated[str | None, typer.Option(help="Only features and people that this purpose may use.")] = None,
    contracts: ContractsOption = CONTRACTS,
    home: HomeOption = HOME,
) -> None:
    """Join features to labels, each as of its own time: what was strictly before, and nothing later.

    Example: c360 features --for labels.parquet --out training.parquet
             c360 features --for churn.csv --id source+account_id --time asked_at --out training.csv
    """
    from serving.features import write_features
    from warehouse.errors import UsageError
    from warehouse.features.labels import Labels

    names = tuple(who.split("+"))
    if len(names) > 2 or not all(names):
        raise UsageError(f"--id {who}: name one column, or two as source+account_id")
    typer.echo(write_features(home, contracts, Labels(labels, names, time), out, known_by, purpose))


@commands.command()
def feature(
    name: Annotated[str | None, typer.Argument(help="Its name; without one, all are listed.")] = None,
    contracts: ContractsOption = CONTRACTS,
    home: HomeOption = HOME,
) -> None:
    """List the features that are declared, or show one: definition, lineage, distribution, an example.

    Example: c360 feature
             c360 feature spent_90_amount
    """
    from serving.feature import list_all, show_feature

    typer.echo(list_all(contracts) if name is None else show_feature(home, contracts, name))
