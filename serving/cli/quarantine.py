"""Commands about the quarantine: what is there, and replaying it once the contract or the rows are corrected."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer

from serving.cli.options import CONTRACTS, HOME, ContractsOption, FormatOption, HomeOption
from serving.cli.progress import show_progress
from serving.cli.report import show_report
from serving.query import open_home
from serving.rows import print_relation, require_format
from warehouse.contracts.read import load_contracts
from warehouse.duck import literal, open_scratch
from warehouse.home.layout import Home
from warehouse.home.upgrade import name_today, rule_today
from warehouse.landing.replay_choice import Choice, ReplayError, read_list, require_rows
from warehouse.monitoring.report import read_last_report
from warehouse.night import run_night
from warehouse.run import Run, RunOptions, read_run

commands = typer.Typer(rich_markup_mode=None)
SourceOption = Annotated[str | None, typer.Option("--source", help="Only this source.")]
RuleOption = Annotated[str | None, typer.Option("--rule", help="Only this rule, as type:quantity.")]


@commands.command()
def quarantine(
    source: SourceOption = None,
    rule: RuleOption = None,
    older_than: Annotated[
        int | None, typer.Option("--older-than", help="Only what was quarantined more than so many days ago.")
    ] = None,
    rows: Annotated[bool, typer.Option("--rows", help="The rows themselves, not only their number.")] = False,
    format: FormatOption = "table",
    home: HomeOption = HOME,
) -> None:
    """Show what is in quarantine: counts by source and rule, or the rows. After a closed gate, what closed it.

    Example: c360 quarantine --source transactions --older-than 7 --rows
    """
    print_quarantine(home, QuarantineFilter(source, rule, older_than), format, with_rows=rows)


@commands.command()
def replay(
    source: SourceOption = None,
    rule: RuleOption = None,
    rows: Annotated[
        Path | None,
        typer.Option("--rows", help="Only the rows of this file, corrected: c360 quarantine --rows --format json."),
    ] = None,
    contracts: ContractsOption = CONTRACTS,
    home: HomeOption = HOME,
) -> None:
    """Replay rows in quarantine, after the contract or the rows were corrected; nothing else is landed.

    Example: c360 replay --source transactions --rule type:sold_at
    """
    with show_progress() as say:
        report = replay_rows(home, contracts, source, rule, rows, say)
    typer.echo(show_report(report))


@dataclass(frozen=True)
class QuarantineFilter:
    """Which rows of the quarantine are wanted."""

    source: str | None = None
    rule: str | None = None
    older_than: int | None = None
    """Days since it was quarantined, by the business date."""

    def condition(self, as_of: date) -> str:
        """SQL: is a row wanted, as of a business date?"""
        named = (("source", self.source), ("rule", self.rule and name_today(self.rule)))
        parts = [f"{name} = {literal(value)}" for name, value in named if value is not None]
        if self.older_than is not None:
            parts.append(f"DATE '{as_of}' - as_of > {self.older_than}")
        return " AND ".join(parts) or "true"


def print_quarantine(home: Path, wanted: QuarantineFilter, form: str, *, with_rows: bool) -> None:
    """Print counts by source and rule, or the rows themselves.

    After a run that a gate closed, what that run quarantined is shown, since nothing of it was published.
    """
    require_format(form)
    place = Home(home)
    run = find_closed(place)
    if run:
        print("from the last run, whose gate closed:", file=sys.stderr)
        with open_scratch() as con:
            con.execute(f"CREATE SCHEMA quarantine; CREATE TABLE quarantine.record AS {closed_query(con, run)}")
            print_relation(con.sql(select(wanted, run.as_of, with_rows=with_rows)), form, sys.stdout)
        return
    with open_home(home) as con:
        query = select(wanted, place.require_current().as_of, with_rows=with_rows)
        print_relation(con.sql(query), form, sys.stdout)


def find_closed(home: Home) -> Run | None:
    """The last run, if a gate closed it and its files are still there."""
    report = read_last_report(home)
    if not report or report["status"] != "closed":
        return None
    run_id = str(report["run_id"])
    return read_run(home, run_id) if any((home.work / run_id / "sources").glob("*.duckdb")) else None


def closed_query(con: duckdb.DuckDBPyConnection, run: Run) -> str:
    """A query over all that a run quarantined: what its checks found, and what loading rejected."""
    columns, tonight = "delivery_id, record, rule, rules, row", f"DATE '{run.as_of}' AS as_of"
    parts = []
    for number, path in enumerate(sorted((run.folder / "sources").glob("*.duckdb"))):
        con.execute(f"ATTACH {literal(str(path))} AS part{number} (READ_ONLY)")
        parts.append(f"SELECT {literal(path.stem)} AS source, {columns}, {tonight} FROM part{number}.quarantine")
    if run.database.is_file():
        con.execute(f"ATTACH {literal(str(run.database))} AS taken (READ_ONLY)")
        known = "SELECT 1 FROM duckdb_tables() WHERE database_name = 'taken' AND schema_name = 'quarantine'"
        if con.execute(known).fetchall():
            taken = f"SELECT source, {columns}, as_of FROM taken.quarantine.record WHERE generation = {run.number}"
            parts.append(taken)
    return " UNION ".join(parts)  # distinct: what was taken in stands in both


def select(wanted: QuarantineFilter, as_of: date, *, with_rows: bool) -> str:
    """The query for what is wanted; the age of a row is the days since it was quarantined."""
    where, days = wanted.condition(as_of), f"DATE '{as_of}' - as_of"
    rows = f"(SELECT * REPLACE ({rule_today('rule')} AS rule) FROM quarantine.record)"
    if with_rows:
        return (
            f"SELECT source, rule, substr(delivery_id, 1, 12) AS delivery, record, {days} AS days, row"
            f" FROM {rows} WHERE {where} ORDER BY source, delivery, record"
        )
    return (
        "SELECT source, rule, count(*) AS records, count(DISTINCT delivery_id) AS deliveries,"
        f" max({days}) AS oldest_days FROM {rows} WHERE {where} GROUP BY source, rule ORDER BY source, rule"
    )


def replay_rows(
    home: Path, contracts: Path, source: str | None, rule: str | None, rows: Path | None, say: Callable[[str], None]
) -> dict[str, Any]:
    """Replay at the business date of what is served; gives the run's report.

    Raises:
        ReplayError: nothing is chosen, or a row of the file is not in quarantine; nothing was done then.
    """
    if rows is not None and (source is not None or rule is not None):
        raise ReplayError("--rows says which rows; give it without --source and --rule")
    choice = Choice(source, rule, read_list(rows) if rows is not None else None)
    with open_home(home) as con:
        require_rows(con, load_contracts(contracts), choice)
    as_of = Home(home).require_current().as_of
    return run_night(Home(home), contracts, as_of, options=RunOptions(replay=asdict(choice)), say=say)
