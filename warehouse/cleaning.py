"""Cleaning what came in tonight: raw rows of every source become accounts, attributes, events and consents.

    raw.<source> ─ Polars, batch by batch ─→ clean.account, clean.attribute, clean.event, clean.consent

Only new rows are cleaned, unless the contract, the settings or the cleaning itself have changed since: then the
source is cleaned anew from raw.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import duckdb
import polars as pl

from transforms.accounts import ACCOUNT, clean_account, merge_accounts, with_account
from transforms.attributes import ATTRIBUTE, clean_attribute, merge_sightings
from transforms.consents import CONSENT, clean_consent
from transforms.events import EVENT, clean_event
from warehouse.contracts import Source
from warehouse.database import fetch_row, literal, open_database, quote, store_rows
from warehouse.delivery_order import read_date
from warehouse.rates import read_rates
from warehouse.run import CODE_VERSION, Run

BATCH_ROWS = 250_000
TABLES = {"account": ACCOUNT, "attribute": ATTRIBUTE, "event": EVENT, "consent": CONSENT}
"""The tables of the schema clean; each also has `origin`, the source that said it."""
EVENT_KINDS = ("transactions", "social", "support")


def clean_sources(run: Run) -> None:
    """Clean every source's new rows into the run's database."""
    with open_database(run.database, memory_limit=run.settings.memory_limit) as con:
        for name, columns in TABLES.items():
            empty = pl.DataFrame(schema={**columns, "origin": pl.String})
            con.register("empty", empty)
            con.execute(f"CREATE TABLE IF NOT EXISTS clean.{name} AS FROM empty")
        rates = read_rates(con, run.contracts, run.settings.currency)
        for source in run.contracts.sources:
            if source.kind != "reference":
                clean_source(con, run, source, rates)


def clean_source(con: duckdb.DuckDBPyConnection, run: Run, source: Source, rates: pl.DataFrame) -> None:
    """Clean one source: its new rows, or all of them where an older cleaning no longer holds."""
    digest = cleaning_digest(run, source, rates)
    is_known = con.execute("FROM governance.cleaned WHERE source = ? AND digest = ?", [source.name, digest]).fetchall()
    new = f"_generation = {run.number}"
    if is_known and not fetch_row(con, f"SELECT count(*) FROM raw.{quote(source.name)} WHERE {new}")[0]:
        return
    is_whole = not is_known or source.load_mode != "append"
    con.execute("BEGIN")
    if is_whole:
        forget_source(con, source)
    parts: dict[str, list[pl.DataFrame]] = {"account": [], "attribute": []}
    for rows in read_raw(con.cursor(), source, "true" if is_whole else new):
        cleaned = clean_rows(rows, source, run, rates)
        for name in ("event", "consent"):
            if name in cleaned:
                append(con, name, cleaned[name])
        for name, frames in parts.items():
            frames.extend([cleaned[name]] if name in cleaned else [])
    store_sightings(con, source, "account", parts["account"])
    store_sightings(con, source, "attribute", parts["attribute"])
    con.execute("DELETE FROM governance.cleaned WHERE source = ?", [source.name])
    con.execute("INSERT INTO governance.cleaned VALUES (?, ?)", [source.name, digest])
    con.execute("COMMIT")


def cleaning_digest(run: Run, source: Source, rates: pl.DataFrame) -> str:
    """What a cleaned row depends on besides the row: the contract, the settings, the rates and our own version."""
    parts = [CODE_VERSION, source.digest, run.settings.digest_text(), rates.write_csv()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def forget_source(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Remove everything that was cleaned from a source."""
    for name in TABLES:
        con.execute(f"DELETE FROM clean.{name} WHERE origin = ?", [source.name])


def read_raw(con: duckdb.DuckDBPyConnection, source: Source, where: str) -> Iterator[pl.DataFrame]:
    """A source's raw rows in batches, with `seen_at`: when it occurred, else the day that the delivery speaks of."""
    occurred = f"r.{quote(name)}" if (name := source.name_of("occurred_at")) else "NULL"
    date_deliveries(con, source)
    query = (
        f"SELECT r.* EXCLUDE (_key, _content, _generation), lower(hex(r._key)) AS _key,"
        f" coalesce(CAST({occurred} AS TIMESTAMP), CAST(d.seen_on AS TIMESTAMP)) AS seen_at"
        f" FROM raw.{quote(source.name)} AS r JOIN dated AS d USING (_delivery_id) WHERE {where}"
    )
    reader = con.sql(query).to_arrow_reader(BATCH_ROWS)
    for batch in reader:
        frame = pl.from_arrow(batch)
        if isinstance(frame, pl.DataFrame) and frame.height:
            yield frame


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


def clean_rows(rows: pl.DataFrame, source: Source, run: Run, rates: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """One batch, cleaned: frames by the table they belong to, each row with its origin."""
    settings = run.settings
    owned = with_account(rows, source, settings.phone_region)
    cleaned = {"attribute": clean_attribute(owned, source, settings.phone_region, run.as_of)}
    if source.kind == "consent":
        cleaned["consent"] = clean_consent(owned, source)
    else:
        cleaned["account"] = clean_account(owned)
    if source.kind in EVENT_KINDS:
        cleaned["event"] = clean_event(owned, source, rates, settings.currency, settings.timezone)
    return {name: frame.with_columns(origin=pl.lit(source.name)) for name, frame in cleaned.items()}


def append(con: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Add rows to a table of the schema clean."""
    con.register("cleaned", frame)
    con.execute(f"INSERT INTO clean.{name} BY NAME FROM cleaned")
    con.unregister("cleaned")


def store_sightings(con: duckdb.DuckDBPyConnection, source: Source, name: str, frames: list[pl.DataFrame]) -> None:
    """Fold new sightings of accounts or attributes into those of earlier nights."""
    if not frames:
        return
    earlier = con.sql(f"FROM clean.{name} WHERE origin = {literal(source.name)}").pl()
    con.execute(f"DELETE FROM clean.{name} WHERE origin = ?", [source.name])
    rows = pl.concat([earlier.select(frames[0].columns), *frames]).drop("origin")
    merged = merge_sightings(rows) if name == "attribute" else merge_accounts(rows)
    append(con, name, merged.with_columns(origin=pl.lit(source.name)))
