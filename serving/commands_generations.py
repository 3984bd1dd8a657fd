"""Commands about generations: which there are, whether one is sound, going back, and what changed between two."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.options import HOME, FormatOption, HomeOption

commands = typer.Typer()
Number = Annotated[int | None, typer.Argument(help="Its number, as c360 generations lists it.")]


@commands.command()
def generations(format: FormatOption = "table", home: HomeOption = HOME) -> None:
    """List the generations that are kept, the newest first.

    Example: c360 generations
    """
    from serving.difference import print_generations

    print_generations(home, format)


@commands.command()
def verify(number: Number = None, home: HomeOption = HOME) -> None:
    """Verify a generation, by default the current: checksums, row counts and every block, read in a new process.

    The ledger of consents, which stands beside the generations, is verified with it.

    Example: c360 verify
    """
    from warehouse.home.consent_ledger import find_ledger_faults
    from warehouse.home.generations import find_generation
    from warehouse.home.layout import Home
    from warehouse.home.verify import verify as find_faults

    place = Home(home)
    named = place.find_named() if number is None else find_generation(place, number)
    generation = named or place.require_current()
    faults = [*find_faults(generation), *find_ledger_faults(place)]
    for fault in faults:
        typer.echo(fault)
    if faults:
        raise typer.Exit(1)
    typer.echo(f"generation {generation.number} is what was published")


@commands.command()
def rollback(number: Number = None, home: HomeOption = HOME) -> None:
    """Serve an earlier generation, by default the one that the current was built from; it is verified first.

    The next night starts from it and loads again what was delivered since: take away what should not be. Consents that
    were withdrawn since stay withdrawn: exports leave these customers out at once, the tables from the next night on.

    Example: c360 rollback
    """
    from warehouse.home.generations import roll_back
    from warehouse.home.layout import Home

    generation = roll_back(Home(home), number)
    typer.echo(f"generation {generation.number} is served, as of {generation.read_manifest()['as_of']}")


@commands.command()
def diff(
    older: Annotated[int, typer.Argument(help="Number of a generation.")],
    newer: Annotated[int, typer.Argument(help="Number of another.")],
    format: FormatOption = "table",
    home: HomeOption = HOME,
) -> None:
    """Compare two generations: customers new, gone, merged, split, and the columns of the profile that moved most.

    Example: c360 diff 3 4
    """
    from serving.difference import print_difference

    print_difference(home, older, newer, format)
