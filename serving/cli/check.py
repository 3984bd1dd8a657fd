"""`c360 check`: contracts against the standard, and a file against its contract."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from serving.cli.options import CONTRACTS, ContractsOption, to_date
from serving.cli.report import describe_failed, summarize_placeholders
from serving.preview import preview_night, show_preview
from serving.terminal import align, show_cell
from warehouse.contracts.lint.deletions import warn_of_marks
from warehouse.contracts.lint.features import list_feature_problems
from warehouse.contracts.lint.folder import list_problems
from warehouse.contracts.load import read_contracts
from warehouse.contracts.model import Contracts, Source
from warehouse.contracts.settings import read_settings
from warehouse.dry_run import DryRun, Takings, dry_run_delivery, find_sources
from warehouse.errors import UsageError

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def check(
    against: Annotated[Path | None, typer.Option(help="A file: what would it do as the next delivery?")] = None,
    source: Annotated[str | None, typer.Option(help="The source it is of, if its name does not tell.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Business date, YYYY-MM-DD; by default the last whole day.")] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Orders, net amounts, customers and merges of a first night.")
    ] = False,
    contracts: ContractsOption = CONTRACTS,
) -> None:
    """Check contracts against the Open Data Contract Standard and our own rules, or a file against its contract.

    Example: c360 check --contracts contracts
             c360 check --against new/sales_2026-07-01.csv --source transactions
             c360 check --preview --as-of 2026-07-01
    """
    if preview:
        if against:
            raise UsageError("--preview is of all deliveries, and --against of one file; give one of them")
        found = preview_night(contracts, to_date(as_of))
        typer.echo(show_preview(found))
        raise typer.Exit(1 if found.closing else 0)
    is_right = check_file(contracts, against, source, to_date(as_of)) if against else check_contracts(contracts)
    if not is_right:
        raise typer.Exit(1)


@commands.command()
def schemas(contracts: ContractsOption = CONTRACTS) -> None:
    """Write JSON Schemas beside the contracts, so that editors complete their YAML files and mark what is wrong.

    Example: c360 schemas --contracts contracts
    """
    from warehouse.drafting.schemas import list_unmarked, write_schemas

    written = write_schemas(contracts)
    typer.echo(f"{len(written)} schemas written to {written[0].parent}")
    if unmarked := list_unmarked(contracts):
        typer.echo("write at the top of each file:\n" + "\n".join(f"  {line}" for line in unmarked))


def check_contracts(folder: Path) -> bool:
    """Print what is wrong with a folder of contracts; True if nothing is."""
    problems = [*list_problems(folder), *list_feature_problems(folder)]
    for problem in problems:
        typer.echo(str(problem))
    for doubt in [] if problems else warn_of_marks(read_contracts(folder)):
        typer.echo(f"warning: {doubt}")
    read_settings(folder)
    typer.echo(f"{len(problems)} problem(s) in {folder}" if problems else f"{folder}: no problem found", err=True)
    return not problems


def check_file(folder: Path, path: Path, name: str | None, as_of: date | None) -> bool:
    """Print what a file would do as a source's next delivery; True if the gate would stay open.

    Raises:
        UsageError: there is no such file, or it is not clear of which source it is.
        ContractError: the contracts are not right, or none is of that name.
    """
    contracts, settings = read_contracts(folder), read_settings(folder)
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file")
    source = (contracts.source(name) if name else choose_source(contracts, path)).own
    day = as_of or datetime.now(ZoneInfo(settings.timezone)).date() - timedelta(days=1)
    foreseen = dry_run_delivery(folder, source.name, path, day)
    typer.echo("\n".join(show_foreseen(source, path, foreseen)))
    return not foreseen.closing


def choose_source(contracts: Contracts, path: Path) -> Source:
    """The source of a file, by its path or its name; raises UsageError if that leaves it open."""
    found = find_sources(contracts, path)
    if len(found) != 1:
        names = ", ".join(s.name for s in found or contracts.sources)
        raise UsageError(f"{path.name} may be of several sources; say which with --source: {names}")
    return found[0]


def show_foreseen(source: Source, path: Path, foreseen: DryRun) -> list[str]:
    """Records by outcome, columns by state, and whether the gate would close."""
    held = sum(foreseen.quarantine.values())
    lines = [
        f"{path.name} as a delivery of {source.name} (contract {source.version})",
        f"records {foreseen.physical_count:,}: {foreseen.loaded_count:,} loaded, {held:,} quarantined,"
        f" {foreseen.duplicate_count:,} duplicate"
        + (f", {gone:,} deleted" if (gone := foreseen.deleted_count) else ""),
        *(f"  {count:,} in quarantine: {rule}" for rule, count in foreseen.quarantine.items()),
        *(f"  {note}" for note in foreseen.notes),
        *(f"  {line}" for line in summarize_placeholders(foreseen.placeholders)),
    ]
    if foreseen.takings:
        lines.append(show_takings(foreseen.takings))
    if foreseen.physical_count:
        lines += ["columns", *show_columns(source, foreseen)]
    warnings = [r for r in foreseen.results if not r.is_passed and not r.is_closing and r.severity == "warning"]
    if warnings:
        said = describe_failed([(source.name, asdict(r)) for r in warnings])
        lines += ["warnings", *(f"  {line}" for _, _, line in said)]
    if not foreseen.closing:
        return [*lines, "the gate would stay open"]
    return [*lines, "the gate would close", *(f"  {r.rule}: {r.message}" for r in foreseen.closing)]


def show_takings(takings: Takings) -> str:
    """Orders and net amounts, in one line."""
    net = ", ".join(f"{amount:,.2f} {currency or 'of no currency'}" for currency, amount in takings.net.items())
    return (
        f"orders {takings.orders:,}; cancelled, never paid or only returned {takings.unsold:,}; net {net or 'nothing'}"
    )


def show_columns(source: Source, foreseen: DryRun) -> list[str]:
    """One line a column: its state, what that does, and the details; new ones at the end."""
    drifted = {d.column: d for d in foreseen.drifted}
    names = [*(c.name for c in source.columns), *(n for n in drifted if n not in {c.name for c in source.columns})]
    rows = []
    for name in names:
        found = drifted.get(name)
        state = "declared" if found is None else "renamed?" if found.state == "renamed" else found.state
        rows.append([show_cell(name), state, *((found.policy, show_cell(found.detail)) if found else ())])
    return [f"  {line}" for line in align(rows)]
