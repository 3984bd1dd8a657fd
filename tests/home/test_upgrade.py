"""A home of before 0.2 goes on under today's names."""

import duckdb
import pytest

from serving.cli.quarantine import QuarantineFilter
from tests.worlds.world import AS_OF
from warehouse.home.upgrade import COLUMNS, RULES, TABLES, name_today, upgrade


@pytest.fixture
def before(tmp_path):
    """A database with every old name in it, and rows in quarantine under old and other rules."""
    path = tmp_path / "before.duckdb"
    with duckdb.connect(str(path)) as con:
        for schema in ("clean", "governance", "identity", "profile", "quarantine"):
            con.execute(f"CREATE SCHEMA {schema}")
        for schema, old, _ in TABLES:
            con.execute(f"CREATE TABLE {schema}.{old} AS SELECT 7 AS kept")
        for schema, table, old, _ in COLUMNS:
            con.execute(f"CREATE TABLE {schema}.{table} AS SELECT 7 AS {old}, 8 AS other")
        con.execute("CREATE TABLE quarantine.record (record BIGINT, rule VARCHAR, rules VARCHAR[])")
        rows = [(1, "doubled_key", ["doubled_key", "type:paid"]), (2, "column_gone:paid", ["column_gone:paid"]),
                (3, "no_declared_field", ["no_declared_field"]), (4, "type:paid", ["type:paid"])]  # fmt: skip
        con.executemany("INSERT INTO quarantine.record VALUES (?, ?, ?)", rows)
    return path


def test_every_old_name_is_todays_and_nothing_is_lost(before):
    for _ in range(2):  # and twice is once
        upgrade(before, "1GB")
        with duckdb.connect(str(before), read_only=True) as con:
            assert [con.execute(f"FROM {schema}.{new}").fetchall() for schema, _, new in TABLES] == [[(7,)]] * len(
                TABLES
            )
            for schema, table, _, new in COLUMNS:
                assert con.execute(f"SELECT {new}, other FROM {schema}.{table}").fetchall() == [(7, 8)]
            assert con.execute("FROM quarantine.record ORDER BY record").fetchall() == [
                (1, "duplicate_key", ["duplicate_key", "type:paid"]),
                (2, "missing_column:paid", ["missing_column:paid"]),
                (3, "no_known_field", ["no_known_field"]), (4, "type:paid", ["type:paid"]),
            ]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), RULES.items())
def test_a_rule_may_be_asked_for_by_either_name(old, new):
    assert (name_today(f"{old}:paid"), name_today(new)) == (f"{new}:paid", new)
    assert QuarantineFilter(rule=old).condition(AS_OF) == QuarantineFilter(rule=new).condition(AS_OF)
