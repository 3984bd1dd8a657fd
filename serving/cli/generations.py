"""Commands about generations: which there are, whether one is sound, going back, and what changed between two."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import duckdb
import narwhals as nw
import polars as pl
import typer

from serving.cli.options import HOME, FormatOption, HomeOption
from serving.query import read_zone
from serving.rows import print_relation, require_format
from transforms.identity.customer_ids import build_churn
from warehouse.duck import columns_of, literal, open_scratch, quote
from warehouse.home.consent_ledger import find_ledger_faults
from warehouse.home.generations import describe_generations, find_generation, roll_back
from warehouse.home.layout import Home, require_own_files
from warehouse.home.verify import describe_unreadable
from warehouse.home.verify import verify as find_faults
from warehouse.shown_time import show_time

commands = typer.Typer(rich_markup_mode=None)
Number = Annotated[int | None, typer.Argument(help="Its number, as c360 generations lists it.")]


PROFILE = "main.customer_profile"
OUTCOMES = ("kept", "new", "gone", "merged", "split")
NUMBER = ("INT", "DOUBLE", "DECIMAL", "FLOAT")


@commands.command()
def generations(format: FormatOption = "table", home: HomeOption = HOME) -> None:
    """List the generations that are kept, the newest first.

    Example: c360 generations
    """
    print_generations(home, format)


@commands.command()
def verify(number: Number = None, home: HomeOption = HOME) -> None:
    """Verify a generation, by default the current: checksums, row counts and every block, read in a new process.

    The ledger of consents, which stands beside the generations, is verified with it.

    Example: c360 verify
    """
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
    print_difference(home, older, newer, format)


def print_generations(home: Path, form: str) -> None:
    """Print the generations of a home, the newest first; a table for people has times in the business zone."""
    require_format(form)
    rows = describe_generations(Home(home))
    if not rows:
        Home(home).require_current()
    if form == "table":
        timezone = read_zone(home)
        rows = [
            row | {"published_at": show_time(datetime.fromisoformat(str(row["published_at"])), timezone)}
            for row in rows
        ]
    with open_scratch() as con:
        con.register("generation", pl.DataFrame(rows, infer_schema_length=None))
        print_relation(con.sql("FROM generation"), form, sys.stdout)


def print_difference(home: Path, older: int, newer: int, form: str) -> None:
    """Print how two generations differ, customers first.

    Raises:
        HomeError: one of them is not there, or has files that were not published with it.
    """
    require_format(form)
    place = Home(home)
    ends = [require_own_files(find_generation(place, number)) for number in (older, newer)]
    with open_scratch() as con:
        for name, generation in zip(("older", "newer"), ends, strict=True):
            try:
                con.execute(f"ATTACH {literal(str(generation.database))} AS {name} (READ_ONLY)")
            except duckdb.Error as error:
                raise describe_unreadable(generation.database, generation.number, error) from None
        print_relation(compare_customers(con), form, sys.stdout)
        if form == "table" and not sys.stdout.isatty():
            print()
        print_relation(compare_columns(con), form, sys.stdout)


def compare_customers(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    """Outcome and customers: what became of the older generation's customers, by their accounts."""
    before, after = (nw.from_native(con.table(f"{name}.main.customer_identity")) for name in ("older", "newer"))
    con.register("churn", build_churn(before, after).to_native())
    order = ", ".join(f"({literal(outcome)}, {place})" for place, outcome in enumerate(OUTCOMES))
    return con.sql(
        f"SELECT outcome, count(churn.customer_id) AS customers FROM (VALUES {order}) AS known(outcome, place)"
        " LEFT JOIN churn USING (outcome) GROUP BY outcome, place ORDER BY place"
    )


def compare_columns(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    """Columns of the profile that both have, those first that changed of the most customers with one id in both.

    column_name, changed, share (of those customers), mean_before, mean_after (of numbers).
    """
    types = [columns_of(con, f"{name}.{PROFILE}") for name in ("older", "newer")]
    parts = []
    for name in [name for name in types[0] if name in types[1] and name != "customer_id"]:
        column = quote(name)
        is_number = all(any(kind in side[name] for kind in NUMBER) for side in types)
        before, after = (f"avg({side}.{column})" if is_number else "CAST(NULL AS DOUBLE)" for side in "on")
        parts.append(
            f"SELECT {literal(name)} AS column_name,"
            f" count(*) FILTER (o.{column} IS DISTINCT FROM n.{column}) AS changed,"
            f" round(changed / greatest(count(*), 1), 4) AS share,"
            f" round({before}, 4) AS mean_before, round({after}, 4) AS mean_after"
            f" FROM older.{PROFILE} AS o JOIN newer.{PROFILE} AS n USING (customer_id)"
        )
    return con.sql(f"FROM ({' UNION ALL '.join(parts)}) WHERE changed > 0 ORDER BY changed DESC, column_name")
