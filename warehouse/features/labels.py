"""Labels: the file that says for whom, and as of when, features are wanted; and the file that comes of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.contracts.features import Feature, FeatureError
from warehouse.contracts.settings import Settings
from warehouse.duck import columns_of, fetch_row, literal, quote
from warehouse.errors import UsageError
from warehouse.files import replacing
from warehouse.home.layout import Generation
from warehouse.home.verify import open_generation
from warehouse.types.shown_text import show_cells_sql

READERS = {".parquet": "read_parquet", ".csv": "read_csv"}


@dataclass(frozen=True)
class Labels:
    """A file of labels, and which of its columns say who and when; others are passed through."""

    path: Path
    who: tuple[str, ...] = ("customer_id",)
    """One column with a customer_id, or two with source and account_id."""
    time: str | None = None
    """None: the one column that is a time."""


def require_writable(out: Path) -> None:
    """Raise UsageError unless labels or features can be written there."""
    if out.suffix.lower() not in READERS or not out.parent.is_dir():
        raise UsageError(f"{out}: name a .parquet or .csv file in a folder that is there")


@contextmanager
def open_reader(generation: Generation, settings: Settings, out: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to a generation that may make temporary tables; they spill to a folder beside `out`."""
    spill = out.with_name(f".{out.name}.spill")
    try:
        with open_generation(generation, settings.memory_limit) as con:
            con.execute(f"SET temp_directory = {literal(str(spill))}")
            con.execute("SET enable_progress_bar = false")
            con.execute("SET preserve_insertion_order = false")
            yield con
    finally:
        shutil.rmtree(spill, ignore_errors=True)


def load_labels(
    con: duckdb.DuckDBPyConnection,
    labels: Labels,
    settings: Settings,
    features: tuple[Feature, ...],
    *,
    pseudonymised: bool = False,
) -> str:
    """Make label_file (the file's rows with their number) and label_row of it; gives the column of the time.

    `pseudonymised`: a label may also call a customer by what the temporary table pseudonym has.

    Raises:
        FeatureError: the file cannot be read, or its columns are not those that were named.
    """
    reader = READERS.get(labels.path.suffix.lower())
    if reader is None or not labels.path.is_file():
        raise FeatureError(f"{labels.path}: give a file that is there, named .parquet or .csv")
    try:
        con.execute("SET preserve_insertion_order = true")
        con.execute(
            "CREATE OR REPLACE TEMP TABLE label_file AS SELECT row_number() OVER () AS _label, *"
            f" FROM {reader}({literal(str(labels.path))})"
        )
    except duckdb.Error as error:
        raise FeatureError(f"{labels.path}: cannot be read ({type(error).__name__}); fix the file") from None
    finally:
        con.execute("SET preserve_insertion_order = false")
    columns = columns_of(con, "label_file")
    time = require_columns(labels, columns, features)
    called = known_customers(labels)
    if pseudonymised and len(labels.who) == 1:
        called += " UNION ALL SELECT pseudonym, customer_id, customer_id FROM temp.pseudonym"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE label_row AS SELECT f._label AS id, c.customer_id, c.own_id AS called,"
        f" {to_utc(quote(time), columns[time], settings.timezone)} AS label_time"
        f" FROM label_file AS f LEFT JOIN ({called}) AS c ON {match_sql(labels)}"
    )
    if missing := fetch_row(con, "SELECT count(*) FROM label_row WHERE label_time IS NULL")[0]:
        raise FeatureError(f"{labels.path}: {missing} labels have no {time}; take them out, or give their time")
    return time


def require_columns(labels: Labels, columns: dict[str, str], features: tuple[Feature, ...]) -> str:
    """The column of the time; raises FeatureError where a column is missing, no time, or named as a feature is."""
    lost = [c for c in (*labels.who, *([labels.time] if labels.time else [])) if c not in columns]
    if lost:
        there = ", ".join(c for c in columns if c != "_label")
        raise FeatureError(
            f"{labels.path}: there is no column {', '.join(lost)}; name it by --id or --time among: {there}"
        )
    times = (
        [labels.time] if labels.time else [c for c, kind in columns.items() if kind.startswith(("TIMESTAMP", "DATE"))]
    )
    if len(times) != 1 or not columns[times[0]].startswith(("TIMESTAMP", "DATE")):
        raise FeatureError(f"{labels.path}: name the column of the time by --time; it must be a date or a timestamp")
    if taken := sorted({c.casefold() for c in columns} & {f.name.casefold() for f in features}):
        raise FeatureError(f"{labels.path}: {', '.join(taken)} is the name of a feature, too; rename the column")
    return times[0]


def to_utc(column: str, kind: str, timezone: str) -> str:
    """A label's time as naive UTC, which a time without a zone is already; a date is the first moment of its day."""
    if kind == "DATE":
        return f"timezone('UTC', timezone({literal(timezone)}, {column}::TIMESTAMP))"
    return f"timezone('UTC', {column})::TIMESTAMP" if kind.endswith("WITH TIME ZONE") else f"{column}::TIMESTAMP"


def known_customers(labels: Labels) -> str:
    """What a label may call a customer by, with its customer_id; for an id that was merged away, that of the heir."""
    if len(labels.who) == 2:
        return "SELECT source, account_id, customer_id, NULL::VARCHAR AS own_id FROM main.customer_identity"
    return """
        WITH RECURSIVE heir AS (
            SELECT customer_id AS called, customer_id FROM main.customer_profile
            UNION ALL SELECT c.customer_id, h.customer_id FROM identity.customer AS c
                JOIN heir AS h ON h.called = c.merged_into WHERE c.customer_id <> c.merged_into
        )
        SELECT called, any_value(customer_id) AS customer_id, called AS own_id FROM heir GROUP BY called"""


def match_sql(labels: Labels) -> str:
    """How labels find their customers."""
    names = ("source", "account_id") if len(labels.who) == 2 else ("called",)
    return " AND ".join(f"c.{n} = f.{quote(w)}::VARCHAR" for n, w in zip(names, labels.who, strict=True))


def write_joined(
    con: duckdb.DuckDBPyConnection, features: tuple[Feature, ...], out: Path, renamed: str | None = None
) -> None:
    """Write label_file with the features of feature_row, in its order: beside `out` first, then in its place.

    `renamed`: the column in which pseudonyms stand for what the labels called their customers; null for who is unknown.
    """
    names = ", ".join(f"r.{quote(f.name)}" for f in features)
    own, join = "f.* EXCLUDE (_label)", "label_file AS f JOIN feature_row AS r ON r.id = f._label"
    if renamed:
        own += f" REPLACE (p.pseudonym AS {quote(renamed)})"
        join += " JOIN label_row AS l ON l.id = f._label LEFT JOIN temp.pseudonym AS p ON p.customer_id = l.customer_id"
    write_rows(con, f"SELECT {own}, {names} FROM {join} ORDER BY f._label", out)


def write_rows(con: duckdb.DuckDBPyConnection, query: str, out: Path) -> None:
    """Write the rows of a query, in their order, as .parquet or .csv by the name: beside `out` first, then there.

    What a spreadsheet would take for a formula is text in a .csv (warehouse.types.shown_text).
    """
    form = "FORMAT parquet, COMPRESSION zstd"
    if out.suffix.lower() == ".csv":
        query, form = show_cells_sql(query, columns_of(con, f"({query})")), "FORMAT csv, HEADER"
    with replacing(out.resolve()) as fresh:
        con.execute(f"COPY ({query}) TO {literal(str(fresh))} ({form})")
