"""Loading: what the sources' own files hold is merged into the raw tables, by one writer.

Only here are new rows compared with those of earlier nights, so that a row delivered twice counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from expectations.model import CheckResult
from expectations.quarantine import cure_reasons, row_text
from warehouse.contracts.model import Contracts, Source
from warehouse.contracts.settings import Settings
from warehouse.duck import fetch_row, literal, open_database, quote
from warehouse.errors import C360Error
from warehouse.loading import quarantine
from warehouse.loading.merge import merge_rows, order_deliveries, reject_known
from warehouse.loading.rates import read_rates
from warehouse.loading.raw import ensure_raw, incoming_query
from warehouse.loading.replay import reject_replayed, store_replayed
from warehouse.run import Run
from warehouse.types.currencies import row_currency
from warehouse.types.deletion_marks import is_deleted
from warehouse.types.roles import KINDS

TABLES = """
CREATE SCHEMA IF NOT EXISTS raw;
CREATE SCHEMA IF NOT EXISTS clean;
CREATE SCHEMA IF NOT EXISTS identity;
CREATE SCHEMA IF NOT EXISTS profile;
CREATE SCHEMA IF NOT EXISTS governance;
CREATE TABLE IF NOT EXISTS governance.delivery (source VARCHAR, delivery_id VARCHAR, name VARCHAR,
    physical_count BIGINT, loaded_count BIGINT, quarantined_count BIGINT, duplicate_count BIGINT,
    is_redelivery BOOLEAN, notes VARCHAR[], generation INTEGER, as_of DATE, landed_at TIMESTAMP);
ALTER TABLE governance.delivery ADD COLUMN IF NOT EXISTS deleted_count BIGINT DEFAULT 0;
CREATE TABLE IF NOT EXISTS governance.check_result (source VARCHAR, rule VARCHAR, level VARCHAR, severity VARCHAR,
    is_passed BOOLEAN, failed_count BIGINT, checked_count BIGINT, message VARCHAR, generation INTEGER, as_of DATE);
CREATE TABLE IF NOT EXISTS governance.replaced (source VARCHAR, generation INTEGER, row_count BIGINT);
CREATE TABLE IF NOT EXISTS governance.inferred_format (source VARCHAR, delivery_id VARCHAR, name VARCHAR,
    sequence INTEGER, aspect VARCHAR, column_name VARCHAR, tally MAP(VARCHAR, BIGINT), written VARCHAR,
    generation INTEGER);
CREATE TABLE IF NOT EXISTS governance.trimmed (source VARCHAR);
"""


@dataclass(frozen=True)
class LoadCounts:
    """What a source gave tonight: rows by outcome, over its new deliveries."""

    source: str
    delivery_count: int
    physical_count: int
    loaded_count: int
    quarantined_count: int
    duplicate_count: int
    deleted_count: int


def load_sources(run: Run) -> list[LoadCounts]:
    """Load every source's new rows into the run's database, reference data first; counts per source.

    Raises:
        ReconciliationError: loaded, deleted, quarantined and duplicate records of a delivery are not its physical ones.
    """
    sources = sorted(run.contracts.sources, key=lambda s: (s.kind != "reference", s.name))
    with open_database(run.database, memory_limit=run.settings.memory_limit) as con:
        con.execute(TABLES)
        con.execute(quarantine.TABLE)
        for name in run.contracts.retired:
            forget_source(con, name)
        loaded = [load_source(con, run, source.own) for source in sources]
        require_balance(con)
    return loaded


def forget_source(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Remove everything loaded of a retired source, as if it had never delivered; older generations keep it."""
    con.execute(f"DROP TABLE IF EXISTS raw.{quote(name)}")
    quarantine.forget_rows(con, name)
    owned = con.execute(
        "SELECT table_name FROM duckdb_columns() WHERE schema_name = 'governance' AND column_name = 'source'"
    ).fetchall()
    for (table,) in owned:
        con.execute(f"DELETE FROM governance.{quote(table)} WHERE source = ?", [name])


def load_source(con: duckdb.DuckDBPyConnection, run: Run, source: Source) -> LoadCounts:
    """Load one source, in one transaction."""
    con.execute(f"ATTACH {literal(str(run.source_file(source.name)))} AS part (READ_ONLY)")
    con.execute("BEGIN")
    ensure_raw(con, source)
    con.execute(f"CREATE OR REPLACE TEMP TABLE incoming AS {incoming_query(source)}")
    con.execute("CREATE OR REPLACE TEMP TABLE rejected (delivery_id VARCHAR, record BIGINT, rule VARCHAR)")
    order_deliveries(con, source)
    is_replay = run.options.replay is not None
    if is_replay:
        reject_replayed(con, run, source)
    elif source.load_mode != "snapshot":
        reject_known(con, source)
    reject_unrated(con, run.contracts, run.settings, source)
    merge_rows(con, run, source)
    if is_replay:
        store_replayed(con, run, source)
    else:
        store_outcomes(con, run, source)
    store_results(con, run.as_of, run.number, source)
    con.execute("COMMIT")
    con.execute("DETACH part")
    counts = fetch_row(
        con,
        "SELECT count(*), coalesce(sum(physical_count), 0), coalesce(sum(loaded_count), 0),"
        " coalesce(sum(quarantined_count), 0), coalesce(sum(duplicate_count), 0), coalesce(sum(deleted_count), 0)"
        " FROM governance.delivery WHERE source = ? AND generation = ?",
        [source.name, run.number],
    )
    return LoadCounts(source.name, *(int(n) for n in counts))


def reject_unrated(con: duckdb.DuckDBPyConnection, contracts: Contracts, settings: Settings, source: Source) -> None:
    """Rows with an amount in a currency for which no rate is known go to quarantine: they could not be added up.

    A row that is rejected already is left as it is: every record has one outcome.
    """
    amount = next((c.name for role in ("amount", "unit_price", "credit") for c in source.having(role)), None)
    if not KINDS[source.kind].has_customers or amount is None:
        return
    column = source.name_of("currency")
    debit = source.name_of("debit")
    is_there = f"({quote(amount)} IS NOT NULL{f' OR {quote(debit)} IS NOT NULL' if debit else ''})"
    usual = literal(source.currency) if source.currency else "NULL::VARCHAR"
    currency = f"coalesce({row_currency(quote(column), usual)}, {usual})" if column else usual
    known = ", ".join(
        literal(c) for c in sorted({settings.currency, *read_rates(con, contracts, settings.currency)["currency"]})
    )
    con.execute(
        f"INSERT INTO rejected SELECT _delivery_id, _record, {literal('no_rate:' + (column or amount))} FROM incoming"
        f" WHERE {is_there} AND NOT {is_deleted(source)} AND coalesce({currency} NOT IN ({known}), true)"
        " AND NOT EXISTS (FROM rejected AS s WHERE s.delivery_id = _delivery_id AND s.record = _record)"
    )


def store_outcomes(con: duckdb.DuckDBPyConnection, run: Run, source: Source) -> None:
    """Put quarantined rows and delivery counts where they stay."""
    as_of, number = run.as_of, run.number
    quarantine.add_rows(con, source.name, "FROM part.quarantine", number, as_of)
    rejected = (
        f"SELECT s.delivery_id, s.record, s.rule, [s.rule] AS rules, {row_text(source, run.settings.timezone)} AS row"
        " FROM rejected AS s JOIN incoming AS i ON s.delivery_id = i._delivery_id AND s.record = i._record"
        " WHERE s.rule <> 'duplicate'"
    )
    quarantine.add_rows(con, source.name, rejected, number, as_of)
    con.execute(
        f"""
        INSERT INTO governance.delivery
        SELECT {literal(source.name)}, d.delivery_id, d.name, d.physical_count,
            (SELECT count(*) FROM kept AS k WHERE k._delivery_id = d.delivery_id AND NOT {is_deleted(source, "k.")}),
            (SELECT count(*) FROM part.quarantine AS q WHERE q.delivery_id = d.delivery_id)
            + (SELECT count(*) FROM rejected AS s WHERE s.delivery_id = d.delivery_id AND s.rule <> 'duplicate'),
            (SELECT count(*) FROM part.duplicate AS u WHERE u.delivery_id = d.delivery_id)
            + (SELECT count(*) FROM rejected AS s WHERE s.delivery_id = d.delivery_id AND s.rule = 'duplicate'),
            d.is_redelivery, d.notes, {number}, DATE '{as_of}', CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP),
            (SELECT count(*) FROM kept AS k WHERE k._delivery_id = d.delivery_id AND {is_deleted(source, "k.")})
        FROM part.delivery AS d
        """
    )
    con.execute(
        f"INSERT INTO governance.inferred_format SELECT {literal(source.name)}, delivery_id, d.name, d.sequence,"
        f" f.aspect, f.column_name, f.tally, f.written, {number}"
        " FROM part.inferred_format AS f JOIN part.delivery AS d USING (delivery_id)"
    )


def store_results(con: duckdb.DuckDBPyConnection, as_of: date, number: int, source: Source) -> None:
    """Put what the source's checks found where it stays."""
    con.execute(
        f"INSERT INTO governance.check_result SELECT {literal(source.name)}, rule, level, severity, is_passed,"
        f" failed_count, checked_count, message, {number}, DATE '{as_of}' FROM part.check_result"
    )


def list_overfull(run: Run) -> list[CheckResult]:
    """Deliveries of tonight of which too much is in quarantine, now that their rows were compared with earlier nights'.

    Their own check saw each delivery alone: it could not know of rows that contradict what was loaded before.
    """
    with open_database(run.database, memory_limit=run.settings.memory_limit) as con:
        rows = con.execute(
            "SELECT d.source, d.name, d.physical_count, d.loaded_count, d.quarantined_count, d.duplicate_count,"
            " count(*) AS faulty_count, histogram(q.rule) AS rules"
            " FROM governance.delivery AS d JOIN quarantine.record AS q"
            # A snapshot that did not change has the id, and in quarantine the rows, of an earlier night's, too.
            " ON q.source = d.source AND q.delivery_id = d.delivery_id AND q.generation = d.generation"
            " AND q.rule <> 'superseded' WHERE d.generation = ? GROUP BY ALL ORDER BY ALL",
            [run.number],
        ).fetchall()
    overfull = []
    for source, name, physical, loaded, quarantined, duplicate, faulty, rules in rows:
        share = run.source(source).max_quarantine_share
        if faulty > share * physical:
            broken = ", ".join(f"{n} {rule}" for rule, n in sorted(rules.items(), key=lambda r: (-r[1], r[0])))
            held = f"{quarantined} quarantined ({broken})"
            counts = f"{physical} records, {loaded} loaded, {held}, {duplicate} duplicate"
            message = f"{name}: {counts}; at most {share:.1%} of a delivery may be in quarantine{cure_reasons(rules)}"
            rule = f"{source}.quarantine_share"
            overfull.append(CheckResult(rule, "delivery", "critical", False, faulty, physical, message))
    return overfull


class ReconciliationError(C360Error):
    """The records of a delivery do not add up; nothing may be published."""


def require_balance(con: duckdb.DuckDBPyConnection) -> None:
    """Every delivery adds up, and as many of its rows as it says are in quarantine, or ReconciliationError names it.

    Earlier deliveries too: what comes late or is replayed changes their counts.
    """
    wrong = con.execute(
        "SELECT source, any_value(name), sum(physical_count) AS physical, sum(loaded_count) AS loaded,"
        " sum(quarantined_count) AS quarantined, sum(duplicate_count) AS duplicate, coalesce(any_value(n), 0) AS kept,"
        " sum(deleted_count) AS deleted"
        " FROM governance.delivery LEFT JOIN (SELECT source, delivery_id, count(*) AS n FROM quarantine.record"
        " GROUP BY ALL) USING (source, delivery_id) GROUP BY source, delivery_id"
        " HAVING physical <> loaded + quarantined + duplicate + deleted OR quarantined <> kept ORDER BY ALL"
    ).fetchall()
    if wrong:
        lines = [
            f"{source}: {name}: {p} records, but {a} loaded + {q} quarantined ({n} are there) + {d} duplicate"
            f" + {gone} deleted"
            for source, name, p, a, q, d, n, gone in wrong
        ]
        raise ReconciliationError("record counts do not reconcile; nothing is published. " + "; ".join(lines))
