"""The history of features as files of a generation: those of the generation before, and what changed tonight.

    parquet/customer_feature_history/as_of=<day>/changes.parquet    rows that changed, by business date
    parquet/customer_feature_history/nights.parquet                 as_of, until and calendar's day of every night
    parquet/customer_feature_history/as_of.sql                      rebuilds the night of the variable `day`

A file of an earlier night is the same file in each generation (a hard link), and takes its room once.
"""

from __future__ import annotations

import os
import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb

from warehouse.contracts.features import CALENDAR
from warehouse.contracts.load import read_features
from warehouse.duck import fetch_row, literal
from warehouse.features.history import CHANGES, FOLDER, NIGHTS_FILE, REBUILD, rebuild_sql
from warehouse.home.layout import PARQUET, remove_folder
from warehouse.profile.history import NIGHTS
from warehouse.run import Run

CHANGED = "changes.parquet"
SLACK = timedelta(days=30)
"""So long nights stay beyond the setting history_days, since forgetting them writes all customers once."""


def write_feature_history(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Write the history beside the run's database: the parent's files, and what changed tonight."""
    folder = run.database.parent / PARQUET / FOLDER
    folder.mkdir(parents=True)
    parent = run.find_parent()
    if parent:
        link_earlier(parent.folder / PARQUET / FOLDER, folder, f"as_of={run.as_of}")
    days = run.settings.history_days
    if days:
        fold_earlier(con, folder, run.as_of - timedelta(days=days))
    if fetch_row(con, f"SELECT count(*) FROM {CHANGES} WHERE as_of = ?", [run.as_of])[0]:
        write_rows(con, folder / f"as_of={run.as_of}", f"SELECT * EXCLUDE (as_of) FROM {CHANGES}")
    first = min(list_dates(folder), default=run.as_of)
    con.execute(
        "COPY (SELECT night.*, of_day.* EXCLUDE (day, begins_at, ends_at)"
        f" FROM {NIGHTS} AS night LEFT JOIN main.{CALENDAR} AS of_day"
        f" ON begins_at <= until AND ends_at > until WHERE as_of >= DATE '{first}' ORDER BY as_of)"
        f" TO {literal(str(folder / NIGHTS_FILE))} (FORMAT parquet)"
    )
    query = rebuild_sql(read_features(run.contracts_folder), "getvariable('day')")
    (folder / REBUILD).write_text(query, "utf-8")


def list_dates(folder: Path) -> list[date]:
    """The business dates of which there are rows, in order."""
    return sorted(date.fromisoformat(path.name.removeprefix("as_of=")) for path in folder.glob("as_of=*"))


def write_rows(con: duckdb.DuckDBPyConnection, place: Path, query: str) -> None:
    """Write the rows of a business date."""
    place.mkdir(exist_ok=True)
    fresh = place / f".{CHANGED}"
    con.execute(f"COPY ({query} ORDER BY customer_id) TO {literal(str(fresh))} (FORMAT parquet, COMPRESSION zstd)")
    fresh.replace(place / CHANGED)  # what was there may be a link to a file of the parent


def fold_earlier(con: duckdb.DuckDBPyConnection, folder: Path, before: date) -> None:
    """Forget the nights before a date, once the oldest is SLACK older: one file says how features were on that date."""
    old = [day for day in list_dates(folder) if day <= before]
    if not old or old[0] > before - SLACK:
        return
    files = ", ".join(literal(str(folder / f"as_of={day}" / CHANGED)) for day in old)
    write_rows(
        con,
        folder / f"as_of={before}",
        "SELECT * EXCLUDE (as_of) FROM read_parquet"
        f"([{files}], hive_partitioning = true, hive_types = {{as_of: DATE}}, union_by_name = true)"
        " QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY as_of DESC) = 1 AND NOT is_gone",
    )
    for day in old:
        if day != before:
            remove_folder(folder / f"as_of={day}")


def link_earlier(old: Path, new: Path, tonight: str) -> None:
    """Take over the files of nights before tonight's, as links; where the disk has none, as copies."""
    for path in sorted(old.glob(f"as_of=*/{CHANGED}")):
        if path.parent.name < tonight:
            place = new / path.parent.name
            place.mkdir()
            try:
                os.link(path, place / CHANGED)
            except OSError:
                shutil.copyfile(path, place / CHANGED)
