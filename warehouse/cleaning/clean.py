"""Cleaning what came in tonight: raw rows of every source become accounts, attributes, events and consents.

    raw.<source> ─ Polars, batch by batch ─→ clean.account, clean.attribute, clean.event, clean.consent

Only new rows are cleaned, and those whose meaning they change, unless the contract, the settings or the cleaning itself
have changed since: then the source is fully refreshed from raw.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import closing
from datetime import date

import duckdb
import polars as pl

from transforms.clean.accounts import ACCOUNT, PLACEHOLDER, clean_account, list_placeholders, with_account
from transforms.clean.attributes import ATTRIBUTE, clean_attribute, observe_values
from transforms.clean.consents import CONSENT, clean_consent
from transforms.clean.events import EVENT, clean_event
from transforms.clean.meanings import translate_words
from warehouse.cleaning.changes import ROW, choose_repriced, choose_touched, drop_chosen, drop_observations, list_rows
from warehouse.cleaning.items import keep_items, read_item_names
from warehouse.cleaning.observations import MERGE, Observations, merge_into
from warehouse.cleaning.versions import ensure_versions, forget_versions, hold_events, hold_gone, keep_versions
from warehouse.connectors.series import read_date
from warehouse.contracts.model import Column, Source
from warehouse.contracts.settings import Settings
from warehouse.duck import append_rows, columns_of, fetch_row, has_table, literal, open_database, quote, store_rows
from warehouse.loading.heads import join_head
from warehouse.loading.rates import find_repriced, keep_rates, read_rates
from warehouse.run import Run
from warehouse.types.deletion_marks import is_deleted
from warehouse.types.roles import KINDS
from warehouse.types.times import to_utc

BATCH_ROWS = 250_000
Batches = Generator[pl.DataFrame, None, None]
TABLES = {
    "account": ACCOUNT,
    "attribute": ATTRIBUTE,
    "event": {**EVENT, "generation": pl.Int32},
    "consent": CONSENT,
    "row": ROW,
    "placeholder": PLACEHOLDER,
}
"""The tables of the schema clean; each also has `origin`, the source that said it."""
MOMENTS = frozenset({"occurred_at", "resolved_at"})
"""Roles that say when something happened."""
CLEANED = """
CREATE TABLE IF NOT EXISTS governance.cleaned (source VARCHAR, digest VARCHAR, rebuilt_in INTEGER);
ALTER TABLE governance.cleaned ADD COLUMN IF NOT EXISTS rebuilt_in INTEGER;
"""
"""One row per source: what its cleaned rows depend on besides the raw rows, and the night that last cleaned all."""


def clean_sources(run: Run) -> None:
    """Clean every source's new rows into the run's database."""
    with open_database(run.database, memory_limit=run.settings.memory_limit) as con:
        ensure_tables(con)
        rates = read_rates(con, run.contracts, run.settings.currency)
        keep_items(con, run.contracts, run.as_of)
        for name in run.contracts.retired:
            forget_source(con, name)
            forget_versions(con, name)
        has_repriced = find_repriced(con, rates)
        for source in run.contracts.sources:
            if KINDS[source.kind].has_customers:
                con.execute("BEGIN")
                clean_source(con, run, source, rates, has_repriced=has_repriced)
                con.execute("COMMIT")
        keep_rates(con, rates)


def forget_source(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Remove what was cleaned of a source."""
    for table in TABLES:
        con.execute(f"DELETE FROM clean.{table} WHERE origin = ?", [name])


def ensure_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of the schema clean; where an earlier program laid them out differently, all is rebuilt."""
    con.execute(CLEANED)
    for name, columns in TABLES.items():
        con.register("empty", pl.DataFrame(schema={**columns, "origin": pl.String}))
        is_laid_out = has_table(con, "clean", name) and columns_of(con, f"clean.{name}") == columns_of(con, "empty")
        if not is_laid_out:
            con.execute("DELETE FROM governance.cleaned")
            con.execute(f"CREATE OR REPLACE TABLE clean.{name} AS FROM empty")
    con.execute("CREATE OR REPLACE TABLE clean.event_gone AS FROM clean.event LIMIT 0")
    ensure_versions(con)
    con.execute("CREATE OR REPLACE TABLE clean.changed_account (source VARCHAR, account_id VARCHAR)")


def clean_source(
    con: duckdb.DuckDBPyConnection, run: Run, source: Source, rates: pl.DataFrame, *, has_repriced: bool
) -> None:
    """Clean one source: all of it where an older cleaning no longer holds, else what is new and what that touches."""
    digest, new = cleaning_digest(run.code, run.settings, source), find_new(run.number, source)
    is_known = con.execute("FROM governance.cleaned WHERE source = ? AND digest = ?", [source.name, digest]).fetchall()
    has_new = fetch_row(con, f"SELECT count(*) FROM raw.{quote(source.name)} AS r WHERE {new}")[0]
    is_replaced = con.execute(
        "FROM governance.replaced WHERE source = ? AND generation = ?", [source.name, run.number]
    ).fetchall()
    has_snapshot = source.load_mode == "snapshot" and has_new_snapshot(con, run.number, source)
    if run.options.full or not is_known or is_replaced or has_snapshot or has_new_heads(con, run.number, source):
        hold_events(con, source)
        clean_all(con, run, source, rates)
        keep_versions(con, source, run.number, run.as_of, is_reread=not is_known)
        con.execute("DELETE FROM governance.cleaned WHERE source = ?", [source.name])
        con.execute("INSERT INTO governance.cleaned VALUES (?, ?, ?)", [source.name, digest, run.number])
        return
    if has_new and source.load_mode == "merge":
        choose_touched(con, run.number, source, find_owners(con, run.settings, source, new))
        drop_chosen(con, source)
        drop_observations(con, source)
        write_rows(con, run, source, rates, read_chosen(con, source, run.settings.timezone))
    elif has_new:
        write_rows(con, run, source, rates, read_raw(con.cursor(), source, run.settings.timezone, new))
    if has_repriced and choose_repriced(con, run.number, source):
        drop_chosen(con, source, only=("event",))
        write_rows(con, run, source, rates, read_chosen(con, source, run.settings.timezone), only=("event",))
    if has_new or has_repriced:
        hold_gone(con, source, run.number)
        keep_versions(con, source, run.number, run.as_of)


def has_new_heads(con: duckdb.DuckDBPyConnection, number: int, source: Source) -> bool:
    """Did orders come tonight of which the source has the lines? Their state may be another now."""
    if source.head is None:
        return False
    query = "SELECT count(*) FROM governance.delivery WHERE source = ? AND generation = ?"
    new = f"SELECT count(*) FROM raw.{quote(source.head.source)} WHERE _generation = {number}"
    return bool(fetch_row(con, query, [source.head.source, number])[0] or fetch_row(con, new)[0])


def find_new(number: int, source: Source) -> str:
    """SQL: is the raw row r new tonight, or of a delivery that came again and so was seen once more?"""
    new = f"r._generation = {number}"
    if source.load_mode != "merge":
        return new
    again = f"SELECT delivery_id FROM governance.delivery WHERE source = {literal(source.name)}"
    return f"({new} OR r._delivery_id IN ({again} AND generation = {number}))"


def has_new_snapshot(con: duckdb.DuckDBPyConnection, number: int, source: Source) -> bool:
    """Did a snapshot of the source come tonight, or rows of one that are replayed?"""
    query = "SELECT count(*) FROM governance.delivery WHERE source = ? AND generation = ?"
    came = fetch_row(con, query, [source.name, number])[0]
    new = f"SELECT count(*) FROM raw.{quote(source.name)} WHERE _generation = {number}"
    return bool(came or fetch_row(con, new)[0])


def find_owners(con: duckdb.DuckDBPyConnection, settings: Settings, source: Source, where: str) -> pl.DataFrame:
    """The account that each raw row speaks of, as rows of clean.row."""
    parts = [pl.DataFrame(schema=ROW)]
    with closing(read_raw(con.cursor(), source, settings.timezone, where)) as batches:
        for rows in batches:
            parts.append(list_rows(with_account(rows, source, settings.phone_region)))
    return pl.concat(parts)


def clean_all(con: duckdb.DuckDBPyConnection, run: Run, source: Source, rates: pl.DataFrame) -> None:
    """Clean all rows of a source, as if it had never been cleaned."""
    forget_source(con, source.name)
    write_rows(con, run, source, rates, read_raw(con.cursor(), source, run.settings.timezone, "true"))


def write_rows(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    source: Source,
    rates: pl.DataFrame,
    batches: Batches,
    only: Collection[str] = tuple(TABLES),
) -> None:
    """Clean raw rows, batch by batch, and add them to the tables named."""
    observations = {name: Observations(name) for name in MERGE}
    names = read_item_names(con, source)
    with closing(batches):  # a fault must leave no open cursor, or nobody could open the file to report it
        for rows in batches:
            for name, frame in clean_rows(rows, source, run.settings, rates, only, names).items():
                if name in MERGE:
                    observations[name].add(frame)
                else:
                    night = {"generation": pl.lit(run.number, pl.Int32)} if name == "event" else {}
                    append_rows(con, f"clean.{name}", frame.with_columns(**night, origin=pl.lit(source.name)))
            for held in observations.values():
                if held.is_full():
                    store_observed(con, run.as_of, run.settings, source, held)
    for held in observations.values():
        store_observed(con, run.as_of, run.settings, source, held)


def store_observed(
    con: duckdb.DuckDBPyConnection, as_of: date, settings: Settings, source: Source, held: Observations
) -> None:
    """Store what was observed so far, its values cleaned."""
    rows = held.take()
    if rows is not None and held.name == "attribute":
        rows = clean_attribute(rows, source, settings.phone_region, as_of)
    if rows is not None:
        merge_into(con, held.name, source.name, rows)


def cleaning_digest(code: Mapping[str, str], settings: Settings, source: Source) -> str:
    """What all of a source's cleaned rows depend on besides the row: contract, settings and our own code."""
    parts = [
        code["clean"],
        source.digest,
        source.head.digest if source.head else "",
        json.dumps(settings.list_changing()),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def read_raw(con: duckdb.DuckDBPyConnection, source: Source, timezone: str, where: str) -> Batches:
    """A source's raw rows in batches, with `seen_at`: when it occurred, else the day that the delivery speaks of.

    Moments are naive UTC; a day without a time begins at midnight in `timezone`, that of the business. Those that the
    source has deleted are left out.
    """
    columns = {c.name: place_column(c, timezone) for c in source.columns}
    own = {c.name for c in source.own.columns}
    taken = "".join(f", {place} AS {quote(name)}" for name, place in columns.items() if name not in own)
    days = [f"{columns[c.name]} AS {quote(c.name)}" for c in source.own.columns if is_day(c)]
    replaced = f" REPLACE ({', '.join(days)})" if days else ""
    occurred = columns.get(source.name_of("occurred_at") or "", "NULL")
    date_deliveries(con, source)
    head = source.head
    heads = "" if head is None else f" {join_head(head)}"
    query = (
        f"SELECT r.* EXCLUDE (_key, _content, _generation){replaced}, lower(hex(r._key)) AS _key,"
        f" coalesce(CAST({occurred} AS TIMESTAMP), {begin_day('d.seen_on', timezone)}) AS seen_at{taken}"
        f" FROM raw.{quote(source.name)} AS r JOIN dated AS d ON d._delivery_id = r._delivery_id{heads}"
        f" WHERE ({where}) AND NOT {is_deleted(source, 'r.')}"
    )
    reader = con.sql(query).to_arrow_reader(BATCH_ROWS)
    for batch in reader:
        frame = pl.from_arrow(batch)
        if isinstance(frame, pl.DataFrame) and frame.height:
            yield frame


def place_column(column: Column, timezone: str) -> str:
    """SQL: a column of the raw row r, or of the row h of its order."""
    own = f"r.{quote(column.copied_from or column.name)}"
    place = f"h.{quote(column.head_column)}" if column.head_column else own
    return begin_day(place, timezone) if is_day(column) else place


def is_day(column: Column) -> bool:
    """Is it a moment of which the source tells the day alone?"""
    return column.type == "date" and column.role in MOMENTS


def begin_day(day: str, timezone: str) -> str:
    """SQL: the moment, as naive UTC, when a day begins on the wall in a zone."""
    return to_utc(f"CAST({day} AS TIMESTAMP)", timezone)


def read_chosen(con: duckdb.DuckDBPyConnection, source: Source, timezone: str) -> Batches:
    """The raw rows that the temporary table `chosen` names, of those that are still there."""
    cursor = con.cursor()  # which has temporary tables of its own
    store_rows(cursor, "chosen", con.sql("FROM chosen").pl(), is_temporary=True)
    where = "EXISTS (FROM chosen AS c WHERE c.delivery_id = r._delivery_id AND c.record = r._record)"
    return read_raw(cursor, source, timezone, where)


def date_deliveries(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """The day each delivery speaks of, as temporary table `dated`: that in its name, if it has come; else its night."""
    rows = con.execute(
        "SELECT delivery_id, arg_max(name, generation), max(as_of) FROM governance.delivery WHERE source = ?"
        " GROUP BY delivery_id",
        [source.name],
    ).fetchall()
    dated = [(i, min(read_date(name) or as_of, as_of)) for i, name, as_of in rows]
    schema = {"_delivery_id": pl.String, "seen_on": pl.Date}
    store_rows(con, "dated", pl.DataFrame(dated, schema=schema, orient="row"), is_temporary=True)


def clean_rows(
    rows: pl.DataFrame,
    source: Source,
    settings: Settings,
    rates: pl.DataFrame,
    only: Collection[str],
    names: pl.DataFrame | None = None,
) -> dict[str, pl.DataFrame]:
    """One batch, cleaned: frames by the table they belong to, of the tables named; events lack their generation."""
    owned = with_account(translate_words(rows, source), source, settings.phone_region)
    ways: dict[str, Callable[[], pl.DataFrame]] = {
        "attribute": lambda: observe_values(owned, source),
        "placeholder": lambda: list_placeholders(owned),
    }
    if source.kind == "consent":
        ways["consent"] = lambda: clean_consent(owned, source)
    else:
        ways["account"] = lambda: clean_account(owned)
    if KINDS[source.kind].event:
        ways["event"] = lambda: clean_event(owned, source, rates, settings.currency, settings.timezone, names)
    if source.load_mode == "merge":
        ways["row"] = lambda: list_rows(owned)
    return {n: clean() for n, clean in ways.items() if n in only}
