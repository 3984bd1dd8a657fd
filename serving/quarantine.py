"""What is in quarantine, for the person who mends it."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from serving.query import open_home, print_relation, require_format
from warehouse.database import literal
from warehouse.home import Home
from warehouse.report import read_last_report
from warehouse.run import Run, read_run


def print_quarantine(home: Path, source: str | None, rule: str | None, form: str, *, with_rows: bool) -> None:
    """Print counts by source and rule, or the rows themselves.

    After a run that a gate closed, what that run put aside is shown, since nothing of it was published.
    """
    require_format(form)
    place = Home(home)
    run = find_closed(place)
    if run:
        print("from the last run, whose gate closed:", file=sys.stderr)
        with duckdb.connect() as con:
            con.execute(f"CREATE SCHEMA quarantine; CREATE TABLE quarantine.record AS {closed_query(con, run)}")
            print_relation(con.sql(select(source, rule, with_rows=with_rows)), form, sys.stdout)
        return
    with open_home(home) as con:
        print_relation(con.sql(select(source, rule, with_rows=with_rows)), form, sys.stdout)


def find_closed(home: Home) -> Run | None:
    """The last run, if a gate closed it and its files are still there."""
    report = read_last_report(home)
    if not report or report["status"] != "closed":
        return None
    run_id = str(report["run_id"])
    return read_run(home, run_id) if any((home.work / run_id / "sources").glob("*.duckdb")) else None


def closed_query(con: duckdb.DuckDBPyConnection, run: Run) -> str:
    """A query over all that a run put aside: what its checks found, and what was found while taking in."""
    columns = "delivery_id, record, rule, rules, row"
    parts = []
    for number, path in enumerate(sorted((run.folder / "sources").glob("*.duckdb"))):
        con.execute(f"ATTACH {literal(str(path))} AS part{number} (READ_ONLY)")
        parts.append(f"SELECT {literal(path.stem)} AS source, {columns} FROM part{number}.quarantine")
    if run.database.is_file():
        con.execute(f"ATTACH {literal(str(run.database))} AS taken (READ_ONLY)")
        known = "SELECT 1 FROM duckdb_tables() WHERE database_name = 'taken' AND schema_name = 'quarantine'"
        if con.execute(known).fetchall():
            parts.append(f"SELECT source, {columns} FROM taken.quarantine.record WHERE generation = {run.number}")
    return " UNION ".join(parts)  # distinct: what was taken in stands in both


def select(source: str | None, rule: str | None, *, with_rows: bool) -> str:
    """The query for what is asked."""
    asked = [f"{name} = {literal(value)}" for name, value in (("source", source), ("rule", rule)) if value is not None]
    where = " AND ".join(asked) or "true"
    if with_rows:
        return (
            "SELECT source, rule, substr(delivery_id, 1, 12) AS delivery, record, row FROM quarantine.record"
            f" WHERE {where} ORDER BY source, delivery, record"
        )
    return (
        "SELECT source, rule, count(*) AS records, count(DISTINCT delivery_id) AS deliveries FROM quarantine.record"
        f" WHERE {where} GROUP BY ALL ORDER BY ALL"
    )
