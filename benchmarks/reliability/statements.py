"""Statements by which somebody who may only read would change, take, or stop something: each must come to nothing.

A statement names places: {served}, the database file; {beside}, its write-ahead log; {out}, a file that is not there;
{secret}, a file that another program keeps; {folder}, where that lies; {url}, a server that listens on this machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

SECRET = "canary-7f3a-of-another-program"
"""What {secret} holds, and an environment variable too: in no answer."""

WRITES = (
    "COPY (SELECT 42) TO '{out}'", "COPY customer_profile TO '{out}' (FORMAT parquet)",
    "COPY (SELECT 42) TO '{served}' (FORMAT csv, USE_TMP_FILE false)",
    "COPY (SELECT 42) TO '{beside}' (FORMAT csv, USE_TMP_FILE false)",
    "DELETE FROM customer_identity RETURNING *", "INSERT INTO customer_identity FROM customer_identity RETURNING *",
    "UPDATE customer_identity SET customer_id = 'x' RETURNING *",
)  # fmt: skip
WRAPPERS = (
    "WITH x AS ({}) SELECT 1", "WITH x AS MATERIALIZED ({}) SELECT 1", "WITH RECURSIVE x AS ({}) SELECT 1",
    "SELECT (WITH x AS ({}) SELECT 1)", "SELECT * FROM (WITH x AS ({}) FROM x)", "EXPLAIN ANALYZE {}",
    "SELECT 1 WHERE EXISTS (WITH x AS ({}) FROM x)", "SELECT 1 UNION ALL (WITH x AS ({}) SELECT 2)",
    "EXPLAIN (ANALYZE, FORMAT json) WITH x AS ({}) SELECT 1", "SUMMARIZE WITH x AS ({}) SELECT 1",
    "PIVOT (WITH x AS ({}) SELECT 1 AS a) ON a USING count(*)",
)  # fmt: skip
"""DuckDB calls each of these a SELECT, an EXPLAIN, or several."""

CHANGES = (
    *(wrapper.format(write) for write, wrapper in product(WRITES, WRAPPERS)),
    "COPY (SELECT 42) TO '{out}'", "COPY (SELECT 42) TO '{out}' (FORMAT json)", "COPY customer_profile TO '{out}'",
    "COPY customer_profile FROM '{secret}'", "COPY FROM DATABASE customer_360 TO memory",
    "EXPORT DATABASE '{out}'", "EXPORT DATABASE '{folder}' (FORMAT parquet)", "IMPORT DATABASE '{folder}'",
    "CREATE TABLE x (i INT)", "CREATE TABLE x AS SELECT 1", "CREATE TEMP TABLE x AS SELECT 1",
    "CREATE OR REPLACE TABLE customer_profile AS SELECT 1", "CREATE VIEW x AS SELECT 1", "CREATE SCHEMA x",
    "CREATE MACRO count(x) AS 0", "CREATE TEMP MACRO sum(x) AS 0", "CREATE FUNCTION f() AS TABLE SELECT 1",
    "CREATE TYPE x AS ENUM ('a')", "CREATE SEQUENCE x", "CREATE INDEX x ON customer_profile (email)",
    "INSERT INTO customer_profile SELECT * FROM customer_profile", "UPDATE customer_profile SET email = 'x'",
    "DELETE FROM customer_profile", "TRUNCATE customer_profile", "DROP TABLE customer_profile",
    "DROP SCHEMA raw CASCADE",
    "ALTER TABLE customer_profile RENAME TO x", "ALTER TABLE customer_profile DROP COLUMN email",
    "COMMENT ON TABLE customer_profile IS 'x'",
    "MERGE INTO customer_profile AS a USING customer_profile AS b ON a.email = b.email WHEN MATCHED THEN DELETE",
    "BEGIN", "BEGIN TRANSACTION", "COMMIT", "ROLLBACK", "CHECKPOINT", "FORCE CHECKPOINT", "VACUUM", "ANALYZE",
    "CALL checkpoint()", "CALL force_checkpoint()", "SELECT * FROM force_checkpoint()", "SELECT * FROM checkpoint()",
    "CALL enable_logging(storage = 'file', storage_path = '{out}')",
    "SELECT * FROM enable_logging(storage = 'file', storage_path = '{out}')",
    "SELECT * FROM enable_profiling(save_location = '{out}')", "SELECT * FROM disable_logging()",
    "SELECT * FROM truncate_duckdb_logs()", "SELECT write_log('x', level := 'error')",
    "PRAGMA enable_profiling", "PRAGMA profiling_output = '{out}'", "PRAGMA database_list", "PRAGMA disable_optimizer",
    "PRAGMA memory_limit = '64GB'", "PRAGMA import_database('{folder}')", "PRAGMA copy_database('a', 'b')",
    "SET memory_limit = '1TB'", "SET lock_configuration = false", "SET enable_external_access = true",
    "SET disabled_filesystems = ''", "SET GLOBAL temp_directory = '{folder}'", "SET SESSION schema = 'raw'",
    "SET VARIABLE x = 1", "RESET lock_configuration", "RESET disabled_filesystems", "RESET memory_limit",
    "SET profiling_output = '{out}'", "SET log_query_path = '{out}'", "SET home_directory = '{folder}'",
    "SET extension_directory = '{folder}'", "SET secret_directory = '{folder}'", "SET threads = 10000", "USE raw",
    "PREPARE x AS SELECT 1", "EXECUTE x", "DEALLOCATE x", "PREPARE x AS COPY (SELECT 1) TO '{out}'",
    "SELECT nextval('x')", "SELECT setval('x', 5)",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 42'))",
    "FROM query('COPY (SELECT 42) TO ''{out}''')", "FROM query('WITH x AS (COPY (SELECT 42) TO ''{out}'') SELECT 1')",
    'SELECT * FROM system.main."QUERY"(\'SELECT 42\')', "FROM query_table('customer_profile')",
    "FROM query_table(['customer_profile', '{secret}'])", "CALL query('SELECT 42')",
    "SELECT 1; COPY (SELECT 42) TO '{out}'", "SELECT 1; DELETE FROM customer_profile; SELECT 2",
    "SELECT 1;;DROP TABLE customer_profile", "SELECT 1 -- \n; COPY (SELECT 42) TO '{out}'",
    "/* SELECT 1 */ COPY (SELECT 42) TO '{out}'", "-- SELECT 1\nCOPY (SELECT 42) TO '{out}'",
    "/* /* nested */ SELECT */ COPY (SELECT 42) TO '{out}'", "\ufeffCOPY (SELECT 42) TO '{out}'",
    "\u00a0COPY\u00a0(SELECT 42)\u2003TO '{out}'", "C\u200bOPY (SELECT 42) TO '{out}'",
    "ＣＯＰＹ (SELECT 42) TO '{out}'",
    "cOpY (sElEcT 4) tO '{out}'", "SELECT 1\x00; COPY (SELECT 42) TO '{out}'", "(COPY (SELECT 42) TO '{out}')",
    "EXPLAIN /* a */ ANALYZE COPY (SELECT 42) TO '{out}'", "EXPLAIN EXPLAIN ANALYZE COPY (SELECT 42) TO '{out}'",
    "EXPLAIN -- a\r ANALYZE COPY (SELECT 42) TO '{out}'", "explain\tanalyze (format json) COPY (SELECT 42) TO '{out}'",
    "DESCRIBE COPY (SELECT 42) TO '{out}'", "SUMMARIZE (COPY (SELECT 42) TO '{out}')",
    "SHOW COPY (SELECT 42) TO '{out}'",
    "FROM (COPY (SELECT 42) TO '{out}')", "SELECT (DELETE FROM customer_profile RETURNING 1)",
    "VALUES ((WITH x AS (COPY (SELECT 42) TO '{out}') SELECT 1))",
    "SELECT list_transform([1], lambda x: (WITH y AS (COPY (SELECT 42) TO '{out}') SELECT x))",
    "UNPIVOT (WITH x AS (COPY (SELECT 42) TO '{out}') SELECT 1 AS a) ON a",
)  # fmt: skip
"""Would change what is served, a file, or the session."""

READS = (
    *(f"SELECT * FROM '{place}'" for place in (
        "{secret}", "{folder}/*", "file://{secret}", "{url}/x.csv", "{url}/x.parquet", "s3://bucket/x.parquet",
        "gs://bucket/x.csv", "hf://datasets/x/x.csv", "/etc/passwd", "/proc/self/environ", "/dev/stdin",
    )),
    'FROM "{secret}"', "FROM '{served}'", 'FROM "{folder}".x', "TABLE '{secret}'", "DESCRIBE '{secret}'",
    "SUMMARIZE '{secret}'", "PIVOT '{secret}' ON a USING count(*)", "FROM VALUES (1) AS t JOIN '{secret}' ON true",
    "SELECT (SELECT string_agg(content) FROM read_text('{secret}'))",
    "PIVOT (FROM read_text('{secret}')) ON content USING count(*)",
    *(f"SELECT * FROM {name}('{place}')" for place in ("{secret}", "{url}/x") for name in (
        "read_text", "read_blob", "read_csv", "read_csv_auto", "read_json", "read_json_auto", "read_json_objects",
        "read_ndjson", "read_parquet", "parquet_scan", "parquet_metadata", "parquet_schema", "sniff_csv", "glob",
        "read_duckdb",
    )),
    "SELECT * FROM read_text(['{secret}', '/etc/hosts'])", "SELECT * FROM read_csv('{folder}/*', union_by_name = true)",
    "SELECT * FROM glob('{folder}/**')", "SELECT * FROM read_text('{fol' || 'der}')",
    "SELECT * FROM (VALUES ('{secret}')) AS t(p), LATERAL (FROM read_text(p))",
    "WITH t AS (FROM read_text('{secret}')) FROM t", "SELECT getenv('C360_CANARY')", "SELECT getenv('HOME')",
    "SELECT * FROM duckdb_external_resources()", "SELECT * FROM duckdb_logs()",
    "FROM which_secret('{url}', 's3')",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')", "CREATE PERSISTENT SECRET s (TYPE http)", "DROP SECRET s",
    "ATTACH '{served}' AS again", "ATTACH '{out}' AS other", "ATTACH '{secret}' AS other (READ_ONLY)",
    "ATTACH ':memory:' AS other", "ATTACH '{url}/x.duckdb' AS far", "DETACH customer_360",
    "ATTACH 'dbname=x' AS pg (TYPE postgres)", "ATTACH 'x.sqlite' AS lite (TYPE sqlite)",
    "INSTALL httpfs", "INSTALL spatial FROM community", "FORCE INSTALL httpfs FROM '{url}'", "LOAD httpfs",
    "LOAD '{folder}/evil.duckdb_extension'", "INSTALL '{folder}/evil.duckdb_extension'", "UPDATE EXTENSIONS",
    "SELECT * FROM pandas_scan(1)", "SELECT * FROM arrow_scan(1::POINTER, 2::POINTER, 3::POINTER)",
    "SELECT * FROM arrow_scan_dumb(1, 2, 3)", "SELECT * FROM python_map_function(1)",
    "SELECT * FROM python_arrow_scan(1)",
    "SELECT * FROM con", "SELECT * FROM sys", "SELECT * FROM home", "SELECT * FROM os",
    "SELECT * FROM seq_scan(customer_profile)", "SELECT * FROM create_external_resource('x')",
    "SELECT * FROM register_external_resource_type('x')",
    "SELECT 'x' COLLATE '{secret}'", "SELECT * FROM st_read('{secret}')", "SELECT http_get('{url}')",
    "SELECT * FROM sqlite_scan('{secret}', 't')", "SELECT * FROM postgres_scan('{url}', 'a', 'b')",
    "SELECT * FROM iceberg_scan('{folder}')", "SELECT * FROM delta_scan('{folder}')",
    "SELECT * FROM read_xlsx('{secret}')",
)  # fmt: skip
"""Would read a file, the environment, a credential, memory, or the network."""

DEEP = (
    ("SELECT ", "(", "1", ")"), ("SELECT ", "(SELECT ", "1", ")"), ("SELECT * FROM ", "(", "customer_profile", ")"),
    ("", "WITH a AS (", "SELECT 1", ") SELECT 1"), ("SELECT ", "[", "", "]"), ("SELECT ", "{'a':", "1", "}"),
    ("SELECT ", "CASE WHEN true THEN ", "1", " END"), ("SELECT ", "NOT ", "true", ""), ("SELECT ", "1+", "1", ""),
    ("SELECT NULL::", "STRUCT(a ", "INT", ")"), ("SELECT ", "coalesce(", "1", ")"), ("", "EXPLAIN ", "SELECT 1", ""),
    ("SELECT * FROM ", "(PIVOT ", "customer_profile ON segment USING count(*)", ")"),
    ("SELECT 1", " UNION ALL SELECT 1", "", ""), ("SELECT a", ".a", "", ""),
    ("SELECT 1 FROM customer_profile", ", customer_profile", "", ""),
)  # fmt: skip
"""Before, opened again and again, inside, closed as often: trees so deep that a stack ends."""

DEEP_STATEMENTS = tuple(f"{before}{a * 50_000}{inside}{b * 50_000}" for before, a, inside, b in DEEP)

DOUBLING = ", ".join(f"t{n + 1} AS (SELECT * FROM t{n} UNION ALL SELECT * FROM t{n})" for n in range(40))
ENDLESS = (
    "SELECT count(*) FROM range(1000000000), range(1000000)",
    "SELECT sum(a.i * b.i) FROM range(1e9::BIGINT) a(i), range(1e9::BIGINT) b(i)",
    "WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM x) SELECT count(*) FROM x",
    "WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i FROM x) SELECT * FROM x",
    "WITH RECURSIVE x(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM x) SELECT max(length(s)) FROM x",
    "SELECT repeat('x', 1000000000) FROM range(10)", "SELECT repeat('x', 100000000) FROM range(3000)",
    "SELECT length(repeat(repeat('x', 1000000), 1000000))", "SELECT lpad('x', 2000000000, 'y')",
    "SELECT list(i) FROM range(1000000000) AS t(i)", "SELECT range(1000000000)",
    "SELECT string_agg(i) FROM range(1e9::BIGINT) t(i)",
    "SELECT i, hash(i) AS h FROM range(1000000000) AS t(i) ORDER BY h",
    "SELECT DISTINCT i FROM range(1e10::BIGINT) AS t(i)",
    "SELECT sleep_ms(3600000)", "SELECT pg_sleep(3600)",
    f"WITH t0 AS (SELECT 1 AS a), {DOUBLING} SELECT count(*) FROM t40",
    "SELECT list_reduce(range(100000000), lambda a, b: a + b)", "SELECT count(*) FROM generate_series(1, 1e18::BIGINT)",
    "SELECT regexp_replace(repeat('a', 100000000), '(a|a)*b', 'c', 'g')",
    "SELECT count(*) FROM customer_profile a, range(1e18::BIGINT) b(i) WHERE hash(a.customer_id, i) = 0",
    "SELECT levenshtein(repeat('a', 1000000), repeat('b', 1000000))",
)  # fmt: skip
"""Would hold the machine: without an end, or with more memory than there is."""

STATEMENTS: Mapping[str, tuple[str, ...]] = {
    "changes": CHANGES, "reads": READS, "deep": DEEP_STATEMENTS, "endless": ENDLESS
}  # fmt: skip
"""What each would do → the statements."""
