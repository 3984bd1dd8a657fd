"""PostgreSQL as a source: exact types, one moment, nothing lost behind a cursor, and errors without values."""

import threading
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from tests.worlds.world import column

pytest.importorskip("adbc_driver_postgresql", reason="the driver of PostgreSQL is not installed")

from tests.worlds.database_world import LOGIN, fetch, pull
from warehouse.connectors.postgresql import open_postgresql
from warehouse.connectors.seam import Login, PullError, PullFault

SECRET = "geheim-7"


class TestTypes:
    def test_every_type_is_kept_exactly(self, server, tmp_path):
        server.run(
            "CREATE TYPE mood AS ENUM ('glad', 'sad')",
            "CREATE TABLE t (id bigint, price numeric(12,4), big numeric(30,10), free numeric, paid money,"
            " at timestamptz, local timestamp, day date, code char(5), doc jsonb, uid uuid, m mood,"
            " net inet, w interval)",
            "INSERT INTO t (id) VALUES (2)",
            "INSERT INTO t VALUES (9007199254740993, 1.10, 12345678901234567890.0123456789, -0.000000000000000001,"
            " '-1234.56', '2026-03-10 10:00:00.000001+08', '2026-03-10 10:00', '2026-03-10', 'ab',"
            " '{\"a\": 1}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'glad', '10.0.0.1', '1 day 02:00')",
        )
        names = ["price", "big", "free", "paid", "at", "local", "day", "code", "doc", "uid", "m", "net", "w"]
        source = server.source(tmp_path, "t", ["id", *names], "snapshot")
        rows, _ = pull(source, tmp_path)
        assert sorted(rows)[::-1] == [
            (
                9007199254740993, Decimal("1.1000"), Decimal("12345678901234567890.0123456789"),
                Decimal("-0.000000000000000001"), Decimal("-1234.56"),
                datetime(2026, 3, 10, 2, 0, 0, 1, UTC), datetime(2026, 3, 10, 10), datetime(2026, 3, 10).date(), "ab",
                '{"a": 1}', "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "glad", "10.0.0.1/32", "P1DT2H",
            ),
            (2, *[None] * 13),
        ]  # fmt: skip
        assert str(pq.read_schema(tmp_path / "t.parquet").field("price").type) == "decimal128(12, 4)"

    @pytest.mark.parametrize(
        ("kind", "value", "said"),
        [
            ("bytea", "'\\xff'", "bytea, bytes that no column of ours holds"),
            ("numeric(50, 2)", "1", "numeric of more than 38 digits"),
            ("numeric(10, 2)", "'NaN'", "1 values of a batch are NaN or infinite"),
            ("numeric", "'-Infinity'", "1 values of a batch are NaN or infinite"),
            ("numeric", "0.0000000000000000001", "more than 20 digits before the point or 18 behind it"),
            ("date", "'infinity'", "a value is infinite, which is no date"),
            ("timestamp", "'-infinity'", "a value is infinite, which is no date"),
            ("timestamptz", "'infinity'", "a value is infinite, which is no date"),
        ],
    )
    def test_what_cannot_be_kept_is_refused_by_column_with_the_cure(self, server, tmp_path, kind, value, said):
        server.run(f"CREATE TABLE t (id int, v {kind})", f"INSERT INTO t VALUES (1, {value})")
        with pytest.raises(PullError, match=f"source t, column v: .*{said}.*c360.query"):
            pull(server.source(tmp_path, "t", ["id", "v"], "snapshot"), tmp_path)

    def test_an_interval_is_no_number(self, server, tmp_path):
        server.run("CREATE TABLE t (id int, v interval)")
        source = server.source(tmp_path, "t", ["id", column("v", None, "number")], "snapshot")
        with pytest.raises(PullError, match="type is interval, which comes as text and is declared as number"):
            pull(source, tmp_path)

    def test_only_declared_columns_leave_the_database(self, server, tmp_path):
        server.run('CREATE TABLE t ("Id" int, secret text)', f"INSERT INTO t VALUES (1, '{SECRET}')")
        rows, _ = pull(server.source(tmp_path, "t", ["id", "gone"], "snapshot"), tmp_path)
        assert rows == [(1,)]
        assert SECRET.encode() not in (tmp_path / "t.parquet").read_bytes()


class TestNew:
    """What is new since a state."""

    @pytest.fixture(params=["xmin", "updated_at"])
    def source(self, request, server, tmp_path):
        server.run("CREATE TABLE t (id int PRIMARY KEY, v text, updated_at timestamptz DEFAULT clock_timestamp())")
        overlap = {} if request.param == "xmin" else {"overlap": "PT1H"}
        return server.source(tmp_path, "t", ["id", "v"], cursor=request.param, **overlap)

    def test_changes_come_and_what_is_unchanged_stays(self, server, source, tmp_path):
        server.run("INSERT INTO t SELECT n, 'old', now() - interval '2 days' FROM generate_series(1, 1000) AS n")
        first, state = pull(source, tmp_path)
        server.run("UPDATE t SET v = 'new', updated_at = now() WHERE id = 7", "INSERT INTO t VALUES (1001, 'new')")
        second, after = pull(source, tmp_path, state)
        assert len(first) == 1000
        assert sorted(second)[-2:] == [(7, "new"), (1001, "new")] if len(second) == 2 else (1000, "old") in second
        assert len(pull(source, tmp_path, after)[0]) <= 2

    def test_rows_that_commit_late_are_not_lost(self, server, source, tmp_path):
        """1,000 of them, of transactions that were open while others went on, and while pulls went by."""
        state, found = None, {}
        for turn in range(10):
            with server.connect(autocommit=False) as (connection, cursor):
                low = turn * 1000
                cursor.execute(f"INSERT INTO t SELECT n, 'late' FROM generate_series({low + 1}, {low + 100}) AS n")
                server.run(f"INSERT INTO t SELECT n, 'early' FROM generate_series({low + 101}, {low + 150}) AS n")
                rows, state = pull(source, tmp_path, state)
                found |= dict(rows)
                connection.commit()
        rows, _ = pull(source, tmp_path, state)
        found |= dict(rows)
        assert dict(server.ask("SELECT id, v FROM t")) == found
        assert sum(v == "late" for v in found.values()) == 1000

    def test_a_row_without_a_cursor_always_comes(self, server, source, tmp_path):
        server.run("INSERT INTO t VALUES (1, 'a', now())")
        _, state = pull(source, tmp_path)
        server.run("INSERT INTO t VALUES (2, 'b', NULL)")
        assert (2, "b") in pull(source, tmp_path, state)[0]


def test_numbers_of_transactions_that_begin_again_lose_nothing(server, tmp_path):
    """Rows hold 32 bits of them, the state 64: one just below the turn, and one of another cluster, are both right."""
    server.run("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    source = server.source(tmp_path, "t", ["id"], cursor="xmin")
    _, state = pull(source, tmp_path)
    server.run("INSERT INTO t VALUES (2)")
    assert pull(source, tmp_path, state)[0] == [(2,)]
    for change in ({"cluster": "1"}, {"table": 1}, {"oldest": state["oldest"] + (1 << 40)}):
        assert sorted(pull(source, tmp_path, state | change)[0]) == [(1,), (2,)]
    with open_postgresql(source, LOGIN) as session:
        reach = {**state, "newest": 5 + (1 << 32)}
        since = session.find_since(source, source.location.database, {**state, "oldest": (1 << 32) - 3}, reach)
    condition = since.replace("xmin::text::bigint", "x")
    found = server.ask(f"SELECT x FROM unnest(ARRAY[4294967292, 4294967293, 0, 3, 5, 6]) AS x{condition}")
    assert [x for (x,) in found] == [4294967293, 0, 3, 5]


def test_a_number_and_a_date_are_cursors_too(server, tmp_path):
    server.run(
        "CREATE TABLE t (id int PRIMARY KEY, day date)",
        "INSERT INTO t SELECT n, DATE '2026-01-01' + n FROM generate_series(1, 100) AS n",
    )
    for cursor, overlap in (("id", 5), ("day", "P5D")):
        source = server.source(tmp_path, "t", ["id"], cursor=cursor, overlap=overlap)
        _, state = pull(source, tmp_path)
        assert sorted(pull(source, tmp_path, state)[0]) == [(n,) for n in range(95, 101)]


def test_a_row_of_the_future_hides_no_other(server, tmp_path):
    """Of a cursor that is a time: also an infinite one."""
    server.run(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamp)",
        "INSERT INTO t VALUES (1, '2026-01-01'), (2, '2099-01-01'), (3, 'infinity'), (4, '-infinity')",
    )
    source = server.source(tmp_path, "t", ["id"], cursor="at", overlap="P1D")
    _, state = pull(source, tmp_path)
    server.run("INSERT INTO t VALUES (5, '2026-01-02')")
    assert state["cursor"] == "2026-01-01T00:00:00"
    assert sorted(pull(source, tmp_path, state)[0]) == [(1,), (2,), (3,), (5,)]


def test_a_cursor_without_an_order_is_refused(server, tmp_path):
    server.run("CREATE TABLE t (id int PRIMARY KEY, v text)")
    for cursor, said in (("v", "text"), ("gone", "not there")):
        with pytest.raises(PullError, match=f"c360.cursor {cursor} is {said}; take a column"):
            pull(server.source(tmp_path, "t", ["id"], cursor=cursor, overlap=1), tmp_path)


def test_two_tables_under_concurrent_commits_are_of_one_moment(server, tmp_path):
    """Writers add a row to both in one transaction: each pull sees as many here as there."""
    server.run("CREATE TABLE a (id int)", "CREATE TABLE b (id int)")
    sources = [server.source(tmp_path, name, ["id"], "snapshot") for name in ("a", "b")]
    is_over = threading.Event()

    def write() -> None:
        with server.connect() as (_, cursor):
            while not is_over.is_set():
                cursor.execute("WITH x AS (INSERT INTO a VALUES (1)) INSERT INTO b VALUES (1)")

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    try:
        seen = []
        for _ in range(30):
            with open_postgresql(sources[0], LOGIN) as session:
                seen.append([len(fetch(session, source, tmp_path)[0]) for source in sources])
    finally:
        is_over.set()
        for writer in writers:
            writer.join()
    assert [pair for pair in seen if pair[0] != pair[1]] == []
    assert len({pair[0] for pair in seen}) > 20  # they did write meanwhile


def test_a_killed_backend_is_a_fault_that_may_pass(server, tmp_path):
    server.run("CREATE TABLE t (id int, v text)")
    server.run("INSERT INTO t SELECT n, repeat('x', 500) FROM generate_series(1, 20000) AS n")
    source = server.source(tmp_path, "t", ["id", "v"], "snapshot")

    def pull_killed() -> None:
        with open_postgresql(source, LOGIN) as session:
            [item] = session.list_new(source, {})
            server.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'customer-360'")
            session.fetch(source, item, {}, tmp_path / "t.parquet")

    with pytest.raises(PullFault, match=r"source t .*: it cannot be reached, or broke off"):
        pull_killed()


class TestErrors:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({}, "no such table; correct `schema` in the server, or the table's physicalName"),
            ({"query": "SELECT nothing FROM pg_class"}, "a column that is asked for is not there"),
            ({"query": "SELECT 1 AS"}, "the server does not understand c360.query"),
            ({"query": f"SELECT '{SECRET}'::int AS id"}, "cannot be cast as c360.query asks"),
            ({"query": "DELETE FROM pg_class RETURNING 1"}, "the server does not understand c360.query"),
        ],
    )
    def test_faults_of_the_contract_are_verdicts_without_the_servers_words(self, server, tmp_path, change, said):
        source = server.source(tmp_path, "gone", ["id"], "snapshot", **change)
        with pytest.raises(PullError, match=said) as caught:
            pull(source, tmp_path)
        assert caught.value.is_verdict
        assert SECRET not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__

    def test_nobody_in_particular_may_pull_what_was_granted(self, server, tmp_path):
        server.run("CREATE ROLE reader LOGIN", "CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)")
        try:
            source = server.source(tmp_path, "t", ["id"], cursor="xmin")
            with pytest.raises(PullError, match="grant it SELECT on the table"):
                pull(source, tmp_path, login=Login("reader"))
            server.run(f"GRANT USAGE ON SCHEMA {server.schema} TO reader", "GRANT SELECT ON t TO reader")
            assert pull(source, tmp_path, login=Login("reader"))[0] == [(1,)]
        finally:
            server.run("DROP OWNED BY reader", "DROP ROLE reader")

    def test_no_login_and_no_server(self, server, tmp_path):
        source = server.source(tmp_path, "t", ["id"], "snapshot")
        with pytest.raises(PullError, match="the login is not accepted"):
            pull(source, tmp_path, login=Login("nobody", SECRET))
        with pytest.raises(PullError, match="host is another in its connection than in its contract"):
            pull(source, tmp_path, login=Login("postgres", SECRET, "elsewhere"))

    def test_a_query_cannot_write(self, server, tmp_path):
        server.run(
            "CREATE TABLE t (id int)",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (1) RETURNING id'",
        )
        with pytest.raises(PullError):
            pull(server.source(tmp_path, "t", ["id"], "snapshot", query=f"SELECT {server.schema}.f() AS id"), tmp_path)
        assert server.ask("SELECT count(*) FROM t") == [(0,)]
