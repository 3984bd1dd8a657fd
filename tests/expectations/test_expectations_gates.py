"""What closes the gate, what does not, and that nobody's value gets out."""

import logging
import subprocess
import sys
from dataclasses import replace

import duckdb
import pytest

from expectations.data_docs import write_docs
from expectations.gates import check_source, check_tables, is_open
from expectations.gx_suite import escape, run_suite
from expectations.model import CheckError, Rule
from tests.worlds.landed_world import (
    AS_OF,
    ZONE,
    Night,
    land,
    make_column,
    make_key,
    make_quality,
    make_source,
    run_night,
)
from warehouse.contracts.model import ContractError

AT = make_column("at", "timestamp", role="occurred_at")
ROWS = [{"id": str(n), "x": "a", "at": "2026-03-10 12:00"} for n in range(4)]
SECRET = "陳大文-4111111111111111"


def sql_rule(query, **more):
    return make_quality(**{"name": "my rule", "type": "sql", "query": query, **more})


def test_a_clean_night_is_open_and_written_down(tmp_path):
    night = run_night(tmp_path / "f", make_source(make_key(), make_column("x"), AT, latency_days=1), ROWS)
    assert is_open(night.results)
    assert night.broken == set()
    assert night.written == [(r.rule, True, 0) for r in night.results]
    assert {"required:id", "duplicate_key", "stale", "books", "quarantine_share"} <= set(night.by_rule)


# rule, entry of the table's quality list, bound that holds, bound that does not; four rows, two of them without x
BOUNDS = [
    ("row_count:shop", make_quality("rowCount"), {"mustBeGreaterThan": 3}, {"mustBeGreaterThan": 4}),
    ("row_count:shop", make_quality("rowCount"), {"mustBeBetween": [4, 5]}, {"mustNotBeBetween": [4, 5]}),
    ("my rule", sql_rule("SELECT count(*) FROM ${table} WHERE x IS NULL -- none"), {"mustBe": 2}, {"mustNotBe": 2}),
    ("my rule", sql_rule("WITH t AS (FROM {table}) SELECT max(x::INT) FROM t;"), {"mustBeLessThan": 2}, {"mustBe": 7}),
]


@pytest.mark.parametrize(("rule", "entry", "holds", "breaks"), BOUNDS)
def test_a_bound_of_the_table_closes_the_gate_when_it_is_broken(tmp_path, rule, entry, holds, breaks):
    rows = [{"id": "1", "x": "1"}, {"id": "2", "x": "1"}, {"id": "3"}, {"id": "4"}]
    for name, bounds in (("holds", holds), ("breaks", breaks)):
        source = make_source(make_key(), make_column("x"), quality=(replace(entry, bounds=bounds),))
        night = run_night(tmp_path / name, source, rows)
        assert night.by_rule[rule].is_passed == (name == "holds")
        assert is_open(night.results) == (name == "holds")


@pytest.mark.parametrize(
    ("rule", "entry"),
    [
        ("null_share:x", make_quality("nullValues", unit="percent", bounds={"mustBeLessThan": 50})),
        ("allowed:x", make_quality("invalidValues", arguments={"validValues": ["b"]}, bounds={"mustBeLessThan": 1.5})),
        ("unique:x", make_quality("duplicateValues", bounds={"mustBeLessOrEqualTo": 0.5})),
        ("my rule", sql_rule("SELECT count(*) FROM ${table} WHERE ${column} = 'a'", bounds={"mustBe": 0})),
    ],
)
def test_a_bound_of_a_column_counts_and_moves_nothing(tmp_path, rule, entry):
    rows = [{"id": "1", "x": "a"}, {"id": "2", "x": "a"}, {"id": "3"}, {"id": "4"}]
    night = run_night(tmp_path / "f", make_source(make_key(), make_column("x", quality=(entry,))), rows)
    assert night.broken == {rule}
    assert night.by_rule[rule].failed_count == (1 if rule == "unique:x" else 2)
    assert not is_open(night.results)
    assert len(night.accepted) == 4


def test_a_warning_leaves_the_gate_open(tmp_path):
    entry = make_quality("nullValues", unit="percent", bounds={"mustBeLessThan": 10}, severity="warning")
    night = run_night(tmp_path / "f", make_source(make_key(), make_column("x", quality=(entry,))), [{"id": "1"}])
    assert night.broken == {"null_share:x"}
    assert is_open(night.results)


@pytest.mark.parametrize("level", ["row", "table"])
def test_a_rule_that_raises_closes_the_gate_whatever_its_severity(tmp_path, level):
    wrong = {
        "row": make_quality("invalidValues", arguments={"pattern": "(?=x)"}, severity="info", name="my rule"),
        "table": sql_rule("SELECT max(nosuch) FROM ${table}", severity="info"),
    }[level]
    night = run_night(tmp_path / "f", make_source(make_key(), make_column("x", quality=(wrong,))), ROWS)
    result = night.by_rule["my rule"]
    assert (result.is_passed, result.severity) == (False, "critical")
    assert ("InvalidInputException" if level == "row" else "BinderException") in result.message
    assert not is_open(night.results)
    assert night.broken == {"my rule"}


def test_a_query_of_two_rows_or_of_nothing_does_not_pass(tmp_path):
    for number, query in enumerate(("SELECT 0 FROM ${table}", "SELECT max(x::INT) FROM ${table} WHERE false")):
        source = make_source(make_key(), make_column("x"), quality=(sql_rule(query),))
        assert run_night(tmp_path / str(number), source, ROWS).broken == {"my rule"}


def test_a_required_column_that_is_gone_closes_the_gate_and_speaks_for_its_rows(tmp_path):
    source = make_source(make_key(), make_column("x", required=True), make_column("y"))
    rows = [{"id": "1"}, {"id": "2"}]
    night = run_night(tmp_path / "f", source, rows, [{"id": "3"}], missing={0: ["x", "y"], 1: ["x", "y"]})
    assert night.broken == {"missing_column:x", "missing_column:y"}
    assert [r.rule for r in night.results if not r.is_passed and r.severity == "critical"] == ["missing_column:x"]
    assert "required:x" not in night.by_rule
    assert not is_open(night.results)
    assert set(map(tuple, night.quarantine.values())) == {("missing_column:x",)}


def test_a_column_gone_from_an_empty_delivery_is_gone_if_no_other_has_it(tmp_path):
    source = make_source(make_key(), make_column("x", required=True))
    assert run_night(tmp_path / "a", source, [], missing={0: ["x"]}).broken == {"missing_column:x"}
    night = run_night(tmp_path / "b", source, [], [{"id": "2", "x": "a"}], missing={0: ["x"]})
    assert night.broken == set()
    night = run_night(tmp_path / "c", source, [{"id": "1"}], [{"id": "2", "x": "a"}], missing={0: ["x"]})
    assert night.broken == {"required:x", "missing_column:x"}
    assert night.accepted == {(1, 1)}


def test_too_large_a_share_of_one_delivery_closes_the_gate_and_names_it(tmp_path):
    source = make_source(make_key(), make_column("x", required=True), max_quarantine_share=0.3)
    good = [{"id": str(n), "x": "a"} for n in range(7)]
    night = run_night(tmp_path / "a", source, good, [{"id": "8"}, {"id": "9", "x": "a"}, {"id": "10", "x": "a"}])
    failed = night.by_rule["quarantine_share"]
    assert (failed.level, failed.failed_count, failed.checked_count) == ("delivery", 1, 3)
    assert "day1.csv" in failed.message
    assert not is_open(night.results)
    # Records that could not be read count too: 3 of 10 is no more than the share, 4 of 11 is.
    assert is_open(run_night(tmp_path / "b", source, good, unread={0: 3}).results)
    assert not is_open(run_night(tmp_path / "c", source, good, unread={0: 4}).results)


def test_a_record_that_is_nowhere_breaks_the_books(tmp_path):
    source = make_source(make_key())
    file = land(tmp_path / "f", source, [{"id": "1"}])
    with duckdb.connect(str(file)) as con:
        con.execute("UPDATE delivery SET physical_count = 3")
    night = Night(file, source)
    assert night.broken == {"books"}
    assert night.by_rule["books"].failed_count == 2
    assert not is_open(night.results)


@pytest.mark.parametrize(
    ("newest", "loaded", "is_stale"),
    [("2026-03-09 16:00", None, False), ("2026-03-09 15:00", None, True), (None, None, True),
     ("2026-03-01", "2026-03-10", False), (None, "2026-03-01", True)],
)  # fmt: skip
def test_stale_is_judged_by_the_newest_event_ever_loaded(tmp_path, newest, loaded, is_stale):
    source = make_source(make_key(), AT, latency_days=1, latency_severity="critical")
    file = land(tmp_path / "f", source, [{"id": "1", "at": newest}])
    with duckdb.connect(str(file)) as con:
        con.execute("CREATE TABLE loaded_until AS SELECT ?::TIMESTAMP AS occurred_at", [loaded])
    night = Night(file, source)
    assert night.broken == ({"stale"} if is_stale else set())
    assert is_open(night.results) != is_stale


def test_a_night_without_a_delivery_asks_only_for_freshness_and_the_books(tmp_path):
    source = make_source(make_key(), make_column("x", required=True), AT, latency_days=1,
                         quality=(make_quality("rowCount", bounds={"mustBeGreaterThan": 0}),))  # fmt: skip
    night = run_night(tmp_path / "f", source)
    assert night.broken == {"stale"}
    assert "row_count:shop" not in night.by_rule
    assert is_open(night.results)


def test_a_delivery_without_a_row_has_too_few_rows(tmp_path):
    source = make_source(make_key(), quality=(make_quality("rowCount", bounds={"mustBeGreaterThan": 0}),))
    assert run_night(tmp_path / "f", source, []).broken == {"row_count:shop"}


def test_a_second_check_says_the_same(tmp_path):
    source = make_source(make_key(), make_column("x", required=True))
    rows = [{"id": "1", "x": "a"}, {"id": "1", "x": "a"}, {"id": "1", "x": "b"}, {"id": "2"}]
    first = run_night(tmp_path / "f", source, rows, unread={0: 1})
    again = Night(tmp_path / "f", source)
    assert again.results == first.results
    assert (again.quarantine, again.duplicate, again.accepted) == (first.quarantine, first.duplicate, first.accepted)
    assert len(first.quarantine) == 3


def test_published_tables_are_judged_as_a_whole(tmp_path):
    columns = (make_key("customer_id"), make_column("n", "integer", required=True, options={"minimum": 0}))
    profile = make_source(*columns, name="customer_profile", quality=(sql_rule("SELECT count(*) FROM ${table}"),))
    with duckdb.connect(str(tmp_path / "f")) as con:
        con.execute("CREATE TABLE customer_profile (customer_id VARCHAR, n BIGINT)")
        con.execute("INSERT INTO customer_profile VALUES ('1', 1), ('1', 2), ('1', -1), (NULL, NULL), (NULL, 5)")
    results = {r.rule: r for r in check_tables(tmp_path / "f", [profile], AS_OF, ZONE)}
    failed = {name: r.failed_count for name, r in results.items() if not r.is_passed}
    assert failed == {
        "customer_profile.required:customer_id": 2,
        "customer_profile.required:n": 1,
        "customer_profile.range:n": 1,
        "customer_profile.duplicate_key": 2,
        "customer_profile.my rule": 5,
    }
    assert {r.level for r in results.values()} == {"table"}
    assert not is_open(results.values())


def test_a_published_table_without_a_declared_column_closes_the_gate(tmp_path):
    with duckdb.connect(str(tmp_path / "f")) as con:
        con.execute("CREATE TABLE shop (id VARCHAR)")
    results = check_tables(tmp_path / "f", [make_source(make_key(), make_column("x", required=True))], AS_OF, ZONE)
    assert [r.rule for r in results if not r.is_passed] == ["shop.required:x"]
    assert not is_open(results)


def test_no_value_gets_out(tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    entries = (
        sql_rule("SELECT max(x) FROM ${table}"),
        sql_rule("SELECT max(x)::INTEGER FROM ${table}", name="cast"),
        sql_rule("SELECT error(max(x)) FROM ${table}", name="error"),
    )
    columns = (make_column("x", options={"pattern": "^$"}), make_column("y", "integer"),
               make_column("z", quality=(make_quality("missingValues", bounds={"mustBe": 9}),)))  # fmt: skip
    source = make_source(make_key(), *columns, quality=entries, max_quarantine_share=0.1)
    rows = [{"id": str(n), "x": SECRET, "z": SECRET, "y": SECRET, "_mistyped": ["y"]} for n in range(3)]
    night = run_night(tmp_path / "f", source, rows, [{"id": SECRET, "z": SECRET}, {"id": SECRET, "x": "b"}])
    moved = make_source(make_key(), make_column("x"), quality=entries)
    night_of_values = run_night(tmp_path / "g", moved, [{"id": SECRET, "x": SECRET}])
    page = write_docs({"shop": night.results, "other": night_of_values.results}, tmp_path / "docs", "Night").read_text()
    told = [*map(str, night.results), *map(str, night_of_values.results), page, caplog.text, *capfd.readouterr()]
    assert not any("陳大文" in text or "4111" in text for text in told)
    # The marker was really there to be told, and the rules that could tell it really failed.
    assert SECRET in str(night.kept_rows)
    assert {"my rule", "cast", "error"} <= night_of_values.broken
    assert {"format:x", "type:y", "duplicate_key", "quarantine_share"} <= night.broken | {"duplicate_key"}


QUIET_NIGHT = """
import pathlib, sys
from tests.worlds.landed_world import make_column, make_key, make_source, run_night

source = make_source(make_key(), make_column("x", required=True))
assert run_night(pathlib.Path(sys.argv[1]), source, [{"id": "1"}]).broken == {"required:x"}
"""


def test_checking_leaves_nothing_behind_and_prints_nothing(tmp_path):
    home = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    night = [sys.executable, "-c", QUIET_NIGHT, str(tmp_path / "f")]
    done = subprocess.run(night, cwd=tmp_path, env=home, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [p.name for p in tmp_path.rglob("*") if "__pycache__" not in p.parts] == ["f"]


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(CheckError, match="no such file"):
        check_source(tmp_path / "nowhere", make_source(make_key()), AS_OF, ZONE)


def test_a_file_that_was_not_landed_is_said(tmp_path):
    with duckdb.connect(str(tmp_path / "f")) as con:
        con.execute("CREATE TABLE unrelated (x VARCHAR)")
    with pytest.raises(CheckError, match="CatalogException"):
        check_source(tmp_path / "f", make_source(make_key()), AS_OF, ZONE)


@pytest.mark.parametrize(
    "source",
    [
        make_source(make_key(), make_column("n", "integer", options={"minimum": "ten"})),
        make_source(make_key(), make_column("d", "date", options={"maximum": "01/02/2020"})),
        make_source(make_key(), make_column("x", options={"minLength": "two"})),
        make_source(make_key(), quality=(make_quality("rowCount", bounds={}),)),
        make_source(make_key(), quality=(make_quality("rowCount", bounds={"mustBeBetween": 3}),)),
        make_source(make_key(), quality=(make_quality("invalidValues"),)),
        make_source(make_key(), make_column("x", quality=(make_quality("invalidValues"),))),
        make_source(make_key(), quality=(make_quality("duplicateValues"),)),
    ],
)
def test_a_rule_that_cannot_be_read_names_its_place(tmp_path, source):
    with pytest.raises(ContractError, match=r"column|rule"):
        check_source(land(tmp_path / "f", source), source, AS_OF, ZONE)


def test_great_expectations_answers_every_rule_of_a_suite():
    rules = [Rule(f"r{n}", "table", "critical", "", measure=f"SELECT {n % 2}") for n in range(20)]
    with duckdb.connect() as con:
        con.execute("CREATE TABLE t (x INTEGER)")
        verdict = run_suite(con, {"t": [*rules, Rule("same", "table", "info", "", measure="SELECT 1")]}, 60)
    assert verdict.broken == {f"r{n}" for n in range(1, 20, 2)} | {"same"}
    assert (verdict.worst, verdict.raised) == ("critical", {})


@pytest.mark.parametrize(
    "text", ["a:b", ":a", "::INT", "\\:a", "\\\\:a:", "{x}", "{{", "}", "%", "%s", "?:", "$1", "''", "陳:文"]
)
def test_a_query_arrives_as_it_was_written(text):
    import sqlalchemy

    from expectations.gx_engine import open_engine

    with duckdb.connect() as con, open_engine(con, 60) as engine, engine.connect() as connection:
        quoted = text.replace("'", "''")
        arrived = connection.execute(sqlalchemy.text(escape(f"SELECT '{quoted}'").format())).scalar()
    assert arrived == text
