"""Exchange rates: the reference source `fx_rates`, as rates to the reporting currency."""

from __future__ import annotations

import duckdb
import polars as pl

from warehouse.contracts.model import Contracts
from warehouse.duck import fetch_row, has_table, literal, quote, store_rows

RATES = "fx_rates"


def read_rates(con: duckdb.DuckDBPyConnection, contracts: Contracts, currency: str) -> pl.DataFrame:
    """Rates to the reporting currency: currency, valid_from (date), rate; empty without a contract named fx_rates.

    The contract's rates may be to another currency (its column `rate_to_<currency>`): they are then divided by that
    day's rate of the reporting currency. The first rate of a currency also counts for the time before it.
    """
    source = next((s for s in contracts.sources if s.name == RATES), None)
    if source is None or not has_table(con, "raw", RATES):
        return pl.DataFrame(schema={"currency": pl.String, "valid_from": pl.Date, "rate": pl.Float64})
    code, since, rate = (quote(source.name_of(role) or role) for role in ("currency", "occurred_at", "amount"))
    target = (source.name_of("amount") or "").rsplit("_", 1)[-1].upper()
    own = "1.0" if target == currency else "base.rate"
    query = f"""
        WITH rate AS (
            SELECT upper(trim({code})) AS currency, CAST({since} AS DATE) AS valid_from, CAST({rate} AS DOUBLE) AS rate
            FROM raw.{RATES}
        ),
        day AS (SELECT DISTINCT valid_from FROM rate),
        code AS (SELECT DISTINCT currency FROM rate),
        crossed AS (
            SELECT code.currency, day.valid_from, own.rate / nullif({own}, 0) AS rate
            FROM code CROSS JOIN day
            ASOF JOIN rate AS own ON own.currency = code.currency AND own.valid_from <= day.valid_from
            ASOF LEFT JOIN (SELECT *, 1 AS one FROM rate WHERE currency = {literal(currency)}) AS base
                ON base.one = 1 AND base.valid_from <= day.valid_from
        )
        SELECT currency, rate,
            CASE WHEN row_number() OVER (PARTITION BY currency ORDER BY valid_from) = 1
                THEN DATE '0001-01-01' ELSE valid_from END AS valid_from
        FROM crossed WHERE rate IS NOT NULL ORDER BY currency, valid_from
    """
    rates: pl.DataFrame = con.sql(query).pl()
    return rates


def keep_rates(con: duckdb.DuckDBPyConnection, rates: pl.DataFrame) -> None:
    """Note the rates by which all events are priced now."""
    store_rows(con, "governance.rate", rates)


def find_repriced(con: duckdb.DuckDBPyConnection, rates: pl.DataFrame) -> bool:
    """Find the currencies whose rates are others than when events were priced last; False if there are none.

    Makes the temporary table `repriced`: currency, and from which day on (`since`).
    """
    if not has_table(con, "governance", "rate"):
        keep_rates(con, rates)
    store_rows(con, "rate_tonight", rates, is_temporary=True)
    before, now = (
        "SELECT currency, valid_from, rate FROM governance.rate",
        "SELECT currency, valid_from, rate FROM rate_tonight",
    )
    changed = f"(({before}) EXCEPT ({now})) UNION ALL (({now}) EXCEPT ({before}))"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE repriced AS"
        f" SELECT currency, min(valid_from) AS since FROM ({changed}) GROUP BY currency"
    )
    return bool(fetch_row(con, "SELECT count(*) FROM repriced")[0])
