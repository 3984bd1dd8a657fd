"""Files that say which group each record is in: a truth, or clusters; and files of names. Columns are found by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import polars as pl

from serving.standalone.read_people import flatten
from serving.standalone.role_names import guess_role
from warehouse.errors import UsageError
from warehouse.landing.formats.any_table import TableFile, open_table, read_columns
from warehouse.types.shown_text import read_cells

KEY = ["source", "record"]
SOURCES = ("source", "silo", "dataset", "system")
RECORDS = (
    "record", "recordid", "accountid", "account", "recid", "uniqueid", "rowid", "id", "customerno", "clientid",
    "userid",
)  # fmt: skip
TRUTHS = (
    "personid", "person", "truth", "trueid", "truthid", "entityid", "entity", "clusterid", "cluster", "simulantid",
    "truecluster", "truecustomerid", "groupid", "group", "label", "customerid", "customer",
)  # fmt: skip
CLUSTERS = (
    "customerid",
    "customer",
    "clusterid",
    "cluster",
    "entityid",
    "entity",
    "groupid",
    "group",
    "personid",
    "label",
)
"""Names of columns, the likeliest first, in small letters without blanks and punctuation."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Labels:
    """Records with the group each is in."""

    name: str
    """For messages."""
    rows: pl.DataFrame
    """source (if it has one), record and label."""
    names: pl.DataFrame | None
    """The same records with their names, if the file holds any: source, record, name."""

    @property
    def has_source(self) -> bool:
        """True if records are named by their source too."""
        return "source" in self.rows.columns

    def as_column(self, name: str) -> pl.DataFrame:
        """The rows, the label under this name."""
        return self.rows.rename({"label": name})


def read_labels(path: Path, option: str, label: str | None, record: str | None, warn: Say) -> Labels:
    """Read a truth or clusters.

    Args:
        path: any table.
        option: `--truth` or `--clusters`.
        label: the column of the groups; None: found by its name.
        record: the column of the records' ids; None: found by its name, or the number of the row.
        warn: told which columns were taken where they were not named.

    Raises:
        UsageError: a column is not found, or no row has a group.
    """
    file = open_table(path, [*SOURCES, *RECORDS, *TRUTHS])
    wanted = TRUTHS if option == "--truth" else CLUSTERS
    source = find_named(file, SOURCES)
    group = require_named(file, label, option) if label else find_named(file, wanted)
    if group is None:
        raise UsageError(f"{option}: {path.name} has no known column that says who is who; name it with"
                         f" {'--truth-column' if option == '--truth' else '--cluster-column'}")  # fmt: skip
    own = require_named(file, record, option) if record else find_named(file, RECORDS, {group})
    name = {"record": own or "the number of the row", "group": group} | ({"source": source} if source else {})
    if not (label and (record or option == "--clusters")):
        warn(f"{option}: {path.name}: " + ", ".join(f"{what} is {column}" for what, column in name.items()))
    people = list_name_columns(file, {source, group, own})
    rows, _ = read_columns(file, [c for c in (source, own, group, *people) if c])
    is_ours = option == "--clusters" and path.suffix.lower() == ".csv"
    own_text = read_cells if is_ours else pl.Series.clone  # as c360 resolve wrote it
    rows = rows.select(
        **({"source": own_text(flatten(rows[source]))} if source else {}),
        record=own_text(flatten(rows[own])) if own else rows["_record"].cast(pl.String),
        label=flatten(rows[group]),
        name=join_names(rows, people),
    )
    known = rows.drop_nulls(["record", "label", *(["source"] if source else [])])
    if lost := rows.height - known.height:
        warn(f"{option}: {path.name}: {lost:,} rows lack a record or a group and are left out")
    if not known.height:
        raise UsageError(f"{option}: {path.name} has no row with a record and a group")
    return Labels(path.name, known.drop("name"), known.drop("label") if people else None)


def read_names(path: Path, warn: Say) -> pl.DataFrame:
    """Names of records: source (if the file has one), record, name.

    Raises:
        UsageError: the file has no column that is called as names are.
    """
    file = open_table(path, [*SOURCES, *RECORDS, "name"])
    source, own = find_named(file, SOURCES), find_named(file, RECORDS)
    people = list_name_columns(file, {source, own})
    if not people:
        raise UsageError(
            f"--names: {path.name} has no column called as names are, such as name, or given_name and surname"
        )
    warn(f"--names: {path.name}: record is {own or 'the number of the row'}, name is {' '.join(people)}")
    rows, _ = read_columns(file, [c for c in (source, own, *people) if c])
    return rows.select(
        **({"source": flatten(rows[source])} if source else {}),
        record=flatten(rows[own]) if own else rows["_record"].cast(pl.String),
        name=join_names(rows, people),
    )


def fold_name(column: str) -> str:
    """What of a column's name counts."""
    return re.sub(r"[\W_]+", "", column.casefold())


def find_named(file: TableFile, names: Sequence[str], taken: Iterable[str] = ()) -> str | None:
    """The file's column with the likeliest of these names."""
    there = {fold_name(column): column for column in file.places if column not in set(taken)}
    return next((there[name] for name in names if name in there), None)


def require_named(file: TableFile, column: str, option: str) -> str:
    """The file's column of this name, or UsageError with the nearest."""
    there = {fold_name(c): c for c in file.places}
    if column in file.places or fold_name(column) in there:
        return column if column in file.places else there[fold_name(column)]
    near = get_close_matches(fold_name(column), there, 1, 0.7)
    hint = f"; did you mean {there[near[0]]!r}?" if near else ""
    raise UsageError(f"{option}: {file.path.name} has no column {column!r}{hint}")


def list_name_columns(file: TableFile, taken: set[str | None]) -> list[str]:
    """Columns that make up a person's name: full names, else given name and surname."""
    role_of = {c: guess_role(c) for c in file.places if c not in taken}
    whole = [c for c, role in role_of.items() if role == "full_name"]
    parts = [c for wanted in ("given_name", "surname") for c, role in role_of.items() if role == wanted]
    return whole or parts


def join_names(rows: pl.DataFrame, columns: list[str]) -> pl.Series:
    """The name of each row; null where there is none."""
    if not columns:
        return pl.Series("name", [None] * rows.height, dtype=pl.String)
    return rows.select(
        pl.concat_str([flatten(rows[c]) for c in columns], separator=" ", ignore_nulls=True).replace("", None)
    ).to_series()
