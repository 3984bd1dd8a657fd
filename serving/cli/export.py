"""The command `c360 export`: files for those who work outside the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from serving.cli.options import CONTRACTS, HOME, ContractsOption, HomeOption
from serving.recommender.export import ExportOptions, export_recommender
from serving.recommender.profiles import MONTHS

commands = typer.Typer(
    help="Write files for those who work outside the database.\n\nExample: c360 export recommender --out shop",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@commands.command()
def recommender(  # noqa: PLR0913, PLR0917 (one argument per option)
    out: Annotated[Path, typer.Option("--out", help="Folder to write; an export that is there is replaced.")],
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last business day of it; by default the generation's."),
    ] = None,
    features_as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day of the customers' features; by default that before validation."),
    ] = None,
    validation_from: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of validation; by default at 80 %.")
    ] = None,
    test_from: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of test; by default at 90 %.")
    ] = None,
    k_core: Annotated[
        int, typer.Option("--k-core", min=0, help="Keep customers with k items and items with k customers only.")
    ] = 0,
    purpose: Annotated[
        str | None, typer.Option(help="Purpose by which consent is asked; by default personalisation, if declared.")
    ] = None,
    months: Annotated[
        int, typer.Option(min=0, help="Ends of months in the histories, at most; one of which no night is left costs.")
    ] = MONTHS,
    contracts: ContractsOption = CONTRACTS,
    home: HomeOption = HOME,
) -> None:
    """Write what recommenders learn from: interactions split by time, items, customers with their features.

    As Parquet, RecBole's atomic files, sparse matrices (.npz) and a Feast repository, with a manifest. Nothing in it is
    later than the day, and nothing in training is known only later; the files are read again to make sure.

    Example: c360 export recommender --as-of 2026-06-30 --out exports/recommender
             c360 export recommender --k-core 5 --validation-from 2026-05-01 --test-from 2026-06-01 --out shop
    """
    request = ExportOptions(
        home,
        contracts,
        out,
        day_of(as_of),
        day_of(features_as_of),
        day_of(validation_from),
        day_of(test_from),
        k_core,
        purpose,
        months,
    )
    typer.echo(summarise(export_recommender(request), out))


def count_bytes(files: Iterable[Mapping[str, Any]]) -> str:
    """How much files hold."""
    return f"{sum(told['bytes'] for told in files) / 1e6:.1f} MB"


def day_of(moment: datetime | None) -> date | None:
    """The date that an option gives as its midnight."""
    return moment and moment.date()


def summarise(manifest: Mapping[str, Any], out: Path) -> str:
    """What was written, where it was split, and what is cold."""
    counts, split, consent = manifest["counts"], manifest["split"], manifest["consent"]
    parts = counts["interactions"]
    lines = [
        f"{out}: generation {manifest['generation']} as of {manifest['as_of']}, {counts['customers']:,} customers"
        + (f" who consented to {consent}" if consent else "")
        + f", {counts['items']:,} items",
        f"  train       {parts['train']:>10,} interactions before {split['validation_on']}",
    ]
    for part in ("validation", "test"):
        cold = manifest["cold"][part]
        lines.append(
            f"  {part:<11} {parts[part]:>10,} from {split[f'{part}_on']}: {cold['cold_customers']:,} of"
            f" {cold['customers']:,} customers and {cold['cold_items']:,} of {cold['items']:,} items are cold"
        )
    if (left_out := manifest["non_merchandise"])["interactions"]:
        lines.append(
            f"  left out    {left_out['interactions']:>10,} with {left_out['items']:,} items that are no goods"
        )
    files = manifest["files"].values()
    new = [told for told in files if told["generation"] == manifest["generation"]]
    told = f"{len(files)} files, {count_bytes(files)}"
    if len(new) < len(files):
        told += f", of which {len(new)}, {count_bytes(new)}, are new with this generation"
    lines.append(f"  {told}; read back: no leakage found")
    return "\n".join([*lines, *(f"  note: {note}" for note in manifest["notes"])])
