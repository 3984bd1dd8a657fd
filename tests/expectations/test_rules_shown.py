"""What a rule of SQL may show of what it measured: how many rows there are, and nothing else."""

import duckdb
import pytest

from expectations.gates import Limits, check_source, open_file
from tests.worlds.landed_world import AS_OF, ZONE, land, make_key, make_quality, make_source
from warehouse.duck import open_database
from warehouse.sql_tree import is_one_count


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM t", "select COUNT(*) as n from t where a > 1", "SELECT count(DISTINCT a) FROM t",
        "SELECT count(*) FROM t AS x JOIN t AS y USING (a)", "WITH x AS (FROM t) SELECT count(*) FROM x",
        "SELECT count(*) FROM (SELECT a FROM t GROUP BY a HAVING count(*) > 1)",
        "SELECT count(*) FILTER (WHERE a > 1) FROM t",
    ],
)  # fmt: skip
def test_a_count_is_one(query):
    assert is_one_count(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT max(a) FROM t", "SELECT count(*) + max(a) FROM t", "SELECT count(*), max(a) FROM t",
        "SELECT count(*) FROM t UNION ALL SELECT max(a) FROM t", "SELECT count(*) FROM t GROUP BY a",
        "SELECT count(*) FROM t UNION SELECT max(a) FROM t ORDER BY 1 DESC LIMIT 1", "SELECT count(*) OVER () FROM t",
        "SELECT count(*) FROM range((SELECT max(a) FROM t))", "SELECT count(*) FROM (SELECT unnest(range(a)) FROM t)",
        "SELECT count(*) FROM t, range(a)", "SELECT count(*) FROM t HAVING max(a) > 1",
        "WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM x WHERE i < (SELECT max(a) FROM t))"
        " SELECT count(*) FROM x",
        "SELECT (SELECT max(a) FROM t)", "WITH count AS (FROM t) SELECT max(a) FROM count", "",
        "SELECT count(*) FROM (COPY t TO 'x')", "SELECT count(*) FROM read_text('/etc/passwd')",
    ],
)  # fmt: skip
def test_whatever_could_be_a_value_is_none(query):
    assert not is_one_count(query)


def test_rules_read_no_other_file_and_set_nothing(tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n", "utf-8")
    open_database(tmp_path / "sales.duckdb").close()
    with open_file(tmp_path / "sales.duckdb", "1GB", read_only=False) as con:
        for query in (
            f"FROM '{other}'",
            f"FROM read_text('{other}')",
            f"COPY (SELECT 1) TO '{other}'",
            "SET threads = 1",
        ):
            with pytest.raises(duckdb.Error):
                con.execute(query)


def test_a_rule_whose_query_never_ends_is_ended_and_named_and_the_others_are_judged(tmp_path):
    endless = "SELECT count(*) FROM (WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM x) FROM x) AS n"
    rules = [
        make_quality(name="endless", type="sql", query=endless, severity="info"),
        make_quality(name="filled", type="sql", query="SELECT count(*) FROM ${table} WHERE id IS NULL"),
    ]
    source = make_source(make_key(), quality=tuple(rules))
    results = check_source(
        land(tmp_path / "f", source, [{"id": "A"}]), source, AS_OF, ZONE, limits=Limits(query_seconds=0.5)
    )
    by_rule = {r.rule: r for r in results}
    assert (by_rule["endless"].severity, by_rule["endless"].is_passed) == ("critical", False)
    assert "took too long; make its query cheaper, or raise query_seconds" in by_rule["endless"].message
    assert by_rule["filled"].is_passed
