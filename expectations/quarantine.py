"""Where each record of the night goes: `duplicate`, `quarantine` or `accepted`; and the counts that reconcile them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from expectations.model import CheckError, CheckResult, Rule
from warehouse.contracts.model import Source
from warehouse.duck import insert_rows, literal, quote

RESULT_COLUMNS = (
    "rule VARCHAR, level VARCHAR, severity VARCHAR, is_passed BOOLEAN, failed_count BIGINT, checked_count BIGINT,"
    " message VARCHAR"
)
# What another part may not have made, and what an interrupted check left behind. Reading faults stay in quarantine:
# their records never landed.
PREPARE = f"""
    CREATE TABLE IF NOT EXISTS missing_column (delivery_id VARCHAR, column_name VARCHAR);
    CREATE TABLE IF NOT EXISTS new_column (delivery_id VARCHAR, column_name VARCHAR, was_left_out BOOLEAN);
    CREATE TABLE IF NOT EXISTS loaded_until (occurred_at TIMESTAMP);
    CREATE TABLE IF NOT EXISTS landing_problem (rule VARCHAR, message VARCHAR);
    CREATE TABLE IF NOT EXISTS landing_warning
        (rule VARCHAR, message VARCHAR, failed_count BIGINT, checked_count BIGINT);
    CREATE TABLE IF NOT EXISTS inferred_format (delivery_id VARCHAR, aspect VARCHAR, column_name VARCHAR,
        tally MAP(VARCHAR, BIGINT), written VARCHAR, was VARCHAR);
    CREATE TABLE IF NOT EXISTS quarantine
        (delivery_id VARCHAR, record BIGINT, rule VARCHAR, rules VARCHAR[], "row" VARCHAR);
    DELETE FROM quarantine WHERE EXISTS
        (SELECT 1 FROM landed WHERE _delivery_id = quarantine.delivery_id AND _record = quarantine.record);
    CREATE OR REPLACE TABLE duplicate (delivery_id VARCHAR, record BIGINT);
    CREATE OR REPLACE TABLE check_result ({RESULT_COLUMNS});
    DROP VIEW IF EXISTS accepted;
    CREATE OR REPLACE TEMP TABLE fault
        (delivery_id VARCHAR, record BIGINT, rule VARCHAR, place INTEGER, stage INTEGER);
    CREATE OR REPLACE TEMP VIEW missing_everywhere AS
        SELECT column_name FROM missing_column GROUP BY column_name
        HAVING count(DISTINCT delivery_id) = (SELECT count(*) FROM delivery);
"""
TALLY = """
    CREATE OR REPLACE TEMP VIEW tally AS
    SELECT delivery_id, max(name) AS name, sum(physical) AS physical_count, sum(accepted) AS accepted_count,
        sum(quarantined) AS quarantined_count, sum(faulty) AS faulty_count, sum(repeated) AS duplicate_count
    FROM (
        SELECT delivery_id, name, physical_count AS physical, 0 AS accepted, 0 AS quarantined, 0 AS faulty,
            0 AS repeated FROM delivery
        UNION ALL SELECT _delivery_id, NULL, 0, 1, 0, 0, 0 FROM accepted
        UNION ALL SELECT delivery_id, NULL, 0, 0, 1, (rule IS DISTINCT FROM 'superseded')::INTEGER, 0 FROM quarantine
        UNION ALL SELECT delivery_id, NULL, 0, 0, 0, 0, 1 FROM duplicate
    ) GROUP BY delivery_id
"""


def run_sql(con: duckdb.DuckDBPyConnection, query: str, what: str) -> list[tuple[object, ...]]:
    """Rows of a query; raises CheckError without the database's message, which may quote a value."""
    try:
        return con.execute(query).fetchall()
    except duckdb.Error as error:
        raise CheckError(f"{what}: {type(error).__name__}; check that the file was landed by this version") from None


def count_of(con: duckdb.DuckDBPyConnection, query: str, what: str) -> int:
    """The one number of a query, 0 for null."""
    value = run_sql(con, query, what)[0][0]
    return int(value) if isinstance(value, int | float) else int(str(value or 0))


def set_apart_repeats(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Make the file ready for a check, and name the exact repeats in `duplicate`."""
    run_sql(con, PREPARE, f"{source.name}: preparing the check")
    query = repeats_query(source)
    if query:
        run_sql(con, f"INSERT INTO duplicate {query}", f"{source.name}: looking for repeats")


def show_examined(con: duckdb.DuckDBPyConnection, stage: int) -> None:
    """View `examined`: landed rows that are no repeats and that no rule of an earlier stage moved."""
    without = [
        f"ANTI JOIN {table} AS {table} ON {table}.delivery_id = l._delivery_id AND {table}.record = l._record"
        for table, query in (("repeat", "duplicate"), ("moved", f"fault WHERE stage < {stage}"))
        if count_of(con, f"SELECT count(*) FROM {query}", "reading the check's own tables")
    ]
    con.execute("CREATE OR REPLACE TEMP VIEW repeat AS SELECT * FROM duplicate")
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW moved AS SELECT DISTINCT delivery_id, record FROM fault WHERE stage < {stage}"
    )
    con.execute(
        "CREATE OR REPLACE TEMP VIEW examined AS SELECT l.*, d.sequence AS _sequence FROM landed AS l"
        f" LEFT JOIN delivery AS d ON d.delivery_id = l._delivery_id {' '.join(without)}"
    )


def mark_rows(con: duckdb.DuckDBPyConnection, rule: Rule, place: int) -> int:
    """Name the rule's bad rows in `fault`, and how many they are."""
    values = f"{literal(rule.name)}, {place}, {rule.stage}"
    query = f"INSERT INTO fault SELECT *, {values} FROM ({rule.bad_rows('examined')}) AS bad"
    return count_of(con, query, f"rule {rule.name}")


def divide_rows(con: duckdb.DuckDBPyConnection, source: Source, timezone: str) -> None:
    """Marked rows to `quarantine`; what is neither there nor a repeat is `accepted`: a view, as a copy costs more."""
    run_sql(con, "BEGIN", "dividing the rows")
    run_sql(
        con,
        'INSERT INTO quarantine (delivery_id, record, rule, rules, "row")'
        f" SELECT _delivery_id, _record, rules[1], rules, coalesce(_row, {row_text(source, timezone)})"
        " FROM landed JOIN (SELECT delivery_id, record, list(rule ORDER BY stage, place) AS rules FROM fault"
        " GROUP BY delivery_id, record) AS bad ON bad.delivery_id = _delivery_id AND bad.record = _record",
        f"{source.name}: moving rows to quarantine",
    )
    run_sql(
        con,
        "CREATE VIEW accepted AS SELECT * EXCLUDE (_mistyped, _row) FROM landed"
        " ANTI JOIN duplicate ON duplicate.delivery_id = _delivery_id AND duplicate.record = _record"
        " ANTI JOIN quarantine ON quarantine.delivery_id = _delivery_id AND quarantine.record = _record",
        f"{source.name}: accepting rows",
    )
    run_sql(con, "COMMIT", "dividing the rows")
    con.execute(TALLY)


TWICE = (
    "; another file has the same keys: if they are of two shops, make a contract for each, with the path of its own"
    " files, or a key (primaryKey) that names the shop too; if rows are corrected by their key, declare"
    " c360.loadMode: merge"
)
"""The cure where whole files have keys that are taken."""


def cure_reasons(counts: Mapping[str, int]) -> str:
    """What to do where most of the rows in quarantine are there for one reason; "" where the rule says it itself."""
    most = counts.get("duplicate_key", 0)
    return TWICE if 2 * most > sum(counts.values()) else ""


def row_text(source: Source, timezone: str) -> str:
    """SQL: the declared columns of a row as JSON text; moments as they are in `timezone`, that of the business."""
    content = ", ".join(f"{literal(c.name)}, {to_readable(quote(c.name), c.type, timezone)}" for c in source.columns)
    return f"json_object({content})::VARCHAR"


def to_readable(name: str, kind: str, timezone: str) -> str:
    """SQL: the value as JSON can hold it, which has no NaN and no infinity; a time with its offset from UTC."""
    if kind == "number":
        return f"CASE WHEN isfinite({name}) THEN to_json({name}) ELSE to_json({name}::VARCHAR) END"
    if kind != "timestamp":
        return name
    local = f"timezone({literal(timezone)}, timezone('UTC', {name}))"
    minutes = f"CAST((epoch({local}) - epoch({name})) / 60 AS INTEGER)"
    sign = f"CASE WHEN {minutes} < 0 THEN '-' ELSE '+' END"
    return f"{local}::VARCHAR || format('{{}}{{:02d}}:{{:02d}}', {sign}, abs({minutes}) // 60, abs({minutes}) % 60)"


def write_results(con: duckdb.DuckDBPyConnection, results: Sequence[CheckResult]) -> None:
    """The results as table `check_result`, in their order."""
    rows = [(r.rule, r.level, r.severity, r.is_passed, r.failed_count, r.checked_count, r.message) for r in results]
    insert_rows(con, "check_result", rows)


def repeats_query(source: Source) -> str | None:
    """The query for repeats among `landed`, as `delivery_id, record`; None if the source can have none.

    A repeat agrees in every declared column; where a value could not be read, in the delivered text too. Of rows that
    agree the first delivered stays; under load mode `merge` the last, as a key may return to an earlier content.
    Rows without a key are their content and its ordinal within the delivery: the n-th equal row of a later delivery
    repeats the n-th of an earlier one. Each delivery of a source of snapshots is a full snapshot of its own.
    """
    columns = ", ".join([quote(c.name) for c in source.columns] + ["_row"])
    is_keyed = bool(source.key) and not source.has_content_key
    is_snapshot = source.load_mode == "snapshot"
    if is_snapshot and not is_keyed:
        return None
    order = "_sequence DESC, _record DESC" if source.load_mode == "merge" else "_sequence, _record"
    within = f"{columns}, _delivery_id" if is_snapshot else columns if is_keyed else f"{columns}, _ordinal"
    # Only rows whose hash is not alone are compared column by column.
    return f"""
        WITH alike AS (SELECT hash({columns}) AS h FROM landed GROUP BY h HAVING count(*) > 1),
        candidate AS (
            SELECT l.*, _sequence,
                row_number() OVER (PARTITION BY {columns}, _delivery_id ORDER BY _record) AS _ordinal
            FROM landed AS l
            LEFT JOIN (SELECT delivery_id AS _of, sequence AS _sequence FROM delivery) AS d ON d._of = l._delivery_id
            WHERE hash({columns}) IN (SELECT h FROM alike)
        )
        SELECT _delivery_id AS delivery_id, _record AS record FROM candidate
        QUALIFY row_number() OVER (PARTITION BY {within} ORDER BY {order}) > 1
    """
