"""Replayed rows are loaded: compared with what is there, taken out of quarantine, and counted in their deliveries."""

from __future__ import annotations

import duckdb
import polars as pl

from expectations.quarantine import row_text
from expectations.rules import KEY_STAGE, compile_rules
from warehouse.connectors.series import sort_key
from warehouse.contracts.model import Source
from warehouse.duck import literal, quote, store_rows
from warehouse.loading import quarantine
from warehouse.loading.merge import IS_OLDER, reject_known
from warehouse.loading.replay_log import LOG
from warehouse.run import Run
from warehouse.types.deletion_marks import is_deleted

CAME_EARLIER = (
    "EXISTS (FROM arrival AS one, arrival AS other"
    " WHERE one.delivery_id = i._delivery_id AND other.delivery_id = r._delivery_id"
    " AND (one.place < other.place OR one.place = other.place AND i._record < r._record))"
)
"""SQL: did the row i come before the loaded row r?"""


def reject_replayed(con: duckdb.DuckDBPyConnection, run: Run, source: Source) -> None:
    """Reject the replayed rows that what is loaded leaves no room for: by their key, or another unique column.

    Where rows are merged, a row that was loaded since its delivery came is the later one, and counts.
    """
    if not source.key or source.has_content_key:
        number_on(con, source)
    older = IS_OLDER.format(one="i._delivery_id", other="r._delivery_id")
    if source.load_mode == "merge":
        rank_deliveries(con, source)
        newer = IS_OLDER.format(one="r._delivery_id", other="i._delivery_id")
        older = f"({older} OR NOT {newer} AND {CAME_EARLIER})"
    reject_known(con, source, older)
    for rule in compile_rules(source, run.as_of, run.settings.timezone, run.horizon):
        if rule.is_moving and rule.distinct and rule.stage > KEY_STAGE:
            agrees = " AND ".join(f"r.{quote(name)} = i.{quote(name)}" for name in rule.distinct)
            con.execute(
                f"INSERT INTO rejected SELECT _delivery_id, _record, {literal(rule.name)}"
                f" FROM (FROM incoming WHERE {rule.among}) AS i"
                f" WHERE EXISTS (FROM raw.{quote(source.name)} AS r WHERE {agrees} AND r._key <> i._key)"
                " AND NOT EXISTS (FROM rejected AS s WHERE s.delivery_id = _delivery_id AND s.record = _record)"
            )


def number_on(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Where a row is its content and its ordinal among equal rows of its delivery, count on from those loaded."""
    con.execute(
        f"""
        UPDATE incoming AS i SET _key = md5_number(concat_ws(chr(31), hex(i._content), n._ordinal)) FROM (
            SELECT _delivery_id, _record,
                row_number() OVER (PARTITION BY _delivery_id, _content ORDER BY _record) + coalesce(_loaded, 0)
                    AS _ordinal
            FROM incoming LEFT JOIN (
                SELECT _delivery_id, _content, count(*) AS _loaded FROM raw.{quote(source.name)} GROUP BY ALL
            ) USING (_delivery_id, _content)
        ) AS n WHERE n._delivery_id = i._delivery_id AND n._record = i._record
        """
    )


def rank_deliveries(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """The order in which the source's deliveries came, last time each, as temporary table `arrival`."""
    rows = con.execute(
        "SELECT max(generation), arg_max(name, generation), delivery_id FROM governance.delivery WHERE source = ?"
        " GROUP BY delivery_id",
        [source.name],
    ).fetchall()
    ranked = sorted(rows, key=lambda row: (row[0], sort_key(row[1]), row[2]))
    places = [(row[2], place) for place, row in enumerate(ranked)]
    frame = pl.DataFrame(places, schema={"delivery_id": pl.String, "place": pl.Int64}, orient="row")
    store_rows(con, "arrival", frame, is_temporary=True)


def store_replayed(con: duckdb.DuckDBPyConnection, run: Run, source: Source) -> None:
    """Take out of quarantine what is loaded or a duplicate now, and count it so in the reconciliation of its delivery.

    What fails again stays in quarantine as it is now, for what is wrong with it now. A record that stands there more
    than once, since its delivery came more than once, counts once; its other appearances are duplicates.
    """
    con.execute(LOG)
    store_replayed_outcomes(con, source, run.settings.timezone)
    name = literal(source.name)
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE released AS
        SELECT q.delivery_id, q.generation, max(d.generation) AS delivered,
            CASE WHEN q.generation = f.generation THEN f.outcome ELSE 'duplicate' END AS outcome, q.record
        FROM quarantine.record AS q JOIN outcome AS f USING (delivery_id, record)
        JOIN governance.delivery AS d
            ON d.source = q.source AND d.delivery_id = q.delivery_id AND d.generation <= q.generation
        WHERE q.source = {name} AND q.{quarantine.KEPT} AND f.outcome IN ('loaded', 'duplicate', 'deleted')
        GROUP BY q.delivery_id, q.record, q.generation, f.generation, f.outcome
        """
    )
    con.execute(
        f"""
        UPDATE governance.delivery AS d SET quarantined_count = quarantined_count - loaded - duplicate - deleted,
            loaded_count = loaded_count + loaded, duplicate_count = duplicate_count + duplicate,
            deleted_count = deleted_count + deleted
        FROM (SELECT delivery_id, delivered, count_if(outcome = 'loaded') AS loaded,
            count_if(outcome = 'duplicate') AS duplicate, count_if(outcome = 'deleted') AS deleted
            FROM released GROUP BY ALL) AS m
        WHERE d.source = {name} AND d.delivery_id = m.delivery_id AND d.generation = m.delivered
        """
    )
    quarantine.remove_rows(con, source.name, "released")
    quarantine.update_rows(con, source.name, "FROM outcome WHERE outcome = 'quarantined'")
    con.execute(
        f"INSERT INTO governance.replay SELECT {name}, delivery_id, record, was, outcome, is_mended, {run.number},"
        f" DATE '{run.as_of}' FROM outcome"
    )


def store_replayed_outcomes(con: duckdb.DuckDBPyConnection, source: Source, timezone: str) -> None:
    """What became of each row that was chosen, as temporary table `outcome`."""
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE outcome AS
        SELECT p.delivery_id, p.record, p.generation, p.rule AS was, p.is_mended,
            CASE WHEN p.is_left THEN 'left' WHEN u.record IS NOT NULL OR s.rule = 'duplicate' THEN 'duplicate'
                WHEN k._record IS NULL THEN 'quarantined'
                WHEN {is_deleted(source, "k.")} THEN 'deleted' ELSE 'loaded' END AS outcome,
            coalesce(q.rule, s.rule) AS rule, coalesce(q.rules, [s.rule]) AS rules, coalesce(q.row, i._text) AS row
        FROM part.replay AS p
        LEFT JOIN part.duplicate AS u ON u.delivery_id = p.delivery_id AND u.record = p.record
        LEFT JOIN part.quarantine AS q ON q.delivery_id = p.delivery_id AND q.record = p.record
        LEFT JOIN rejected AS s ON s.delivery_id = p.delivery_id AND s.record = p.record
        LEFT JOIN kept AS k ON k._delivery_id = p.delivery_id AND k._record = p.record
        LEFT JOIN (SELECT _delivery_id, _record, {row_text(source, timezone)} AS _text FROM incoming) AS i
            ON i._delivery_id = p.delivery_id AND i._record = p.record
        """
    )
