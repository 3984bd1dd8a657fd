"""What is published cannot be changed by who asks, nor be read by who should not, and every client can open it."""

import json
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import duckdb
import pandas
import pyarrow.parquet
import pytest

from benchmarks.reliability.asking import MEANT, end, refuse, surrounding
from benchmarks.reliability.statements import STATEMENTS
from serving.limits import QueryError
from serving.query import require_reading
from tests.worlds.world import AS_OF, SALES_HEAD, list_tree
from warehouse import ROOT
from warehouse.duck import STORAGE_NUMBER, copy_database, open_database, open_published
from warehouse.features.nightly import list_tables
from warehouse.home.generations import roll_back
from warehouse.home.layout import DATABASE, HomeError
from warehouse.home.lock import hold_lock
from warehouse.home.verify import DamageError, digest_of, sha256_of, verify
from warehouse.profile.history import READ_BESIDE
from warehouse.profile.lifetime import AHEAD
from warehouse.scratch import name_scratch, sweep_scratch
from warehouse.sql_tree import judge_reading, judge_select

CLIENT = ROOT / ".venv-client" / "bin" / "python"
COPY = "COPY (SELECT 42) TO '{target}' (FORMAT csv, USE_TMP_FILE false)"
WRITES = [
    f"WITH x AS ({COPY}) SELECT 1",
    f"WITH x AS MATERIALIZED ({COPY}) SELECT 1",
    f"WITH RECURSIVE x AS ({COPY}) SELECT 1",
    f"SELECT (WITH x AS ({COPY}) SELECT 1)",
    f"SELECT * FROM (WITH x AS ({COPY}) SELECT 1)",
    f"SELECT 1 WHERE EXISTS (WITH x AS ({COPY}) FROM x)",
    f"SELECT 1 UNION ALL (WITH x AS ({COPY}) SELECT 2)",
    f"EXPLAIN ANALYZE {COPY}",
    f"EXPLAIN (ANALYZE) {COPY}",
    f"explain\tanalyze (format json) {COPY}",
    f"EXPLAIN ANALYZE WITH x AS ({COPY}) SELECT 1",
    f"EXPLAIN /* a */ ANALYZE {COPY}",
    f"EXPLAIN -- select\r ANALYZE {COPY}",
    f"SUMMARIZE WITH x AS ({COPY}) SELECT 1",
    f"PIVOT (WITH x AS ({COPY}) SELECT 1 AS a) ON a USING count(*)",
    f'/* 大文 */ PIVOT (WITH "x" AS ({COPY}) SELECT 1 AS a) ON a USING count(*)',
    f"FROM query('WITH x AS ({COPY}) SELECT 1')".replace("'{target}'", "''{target}''"),
    f"SELECT * FROM main.\"query\"('{COPY}')".replace("'{target}'", "''{target}''"),
    "WITH x AS (DELETE FROM customer_identity RETURNING *) SELECT * FROM x",
    "WITH x AS (INSERT INTO customer_identity FROM customer_identity RETURNING *) SELECT * FROM x",
    "SELECT * FROM enable_logging(storage = 'file', storage_path = '{target}')",
    "SELECT * FROM enable_profiling(save_location = '{target}')",
]


@pytest.fixture
def targets(sales):
    """Files that a query must not write: what is served, what DuckDB would read beside it, and some other."""
    served = sales.home.require_current().database
    beside = [Path(f"{served}{end}") for end in (".wal", ".wal.recovery", ".wal.checkpoint", ".tmp/x")]
    return [served, *beside, sales.home.root / "x.csv"]


class TestQuery:
    @pytest.mark.parametrize("query", WRITES)
    def test_writes_nowhere(self, sales, targets, query):
        before = list_tree(sales.home.root)
        for target in targets:
            text = query.format(target=target)
            with pytest.raises((QueryError, duckdb.ParserException)):
                require_reading(text)
            # The connection holds by itself, whatever the judge lets pass.
            with open_published(sales.home.require_current().database) as con, pytest.raises(duckdb.Error):
                con.execute(text).fetchall()
        assert list_tree(sales.home.root) == before
        assert verify(sales.home.require_current()) == []

    @pytest.mark.parametrize(
        "query",
        [
            "SELECT 'copy t to x'", 'SELECT 1 AS "copy"', "EXPLAIN ANALYZE SELECT 1", "EXPLAIN (FORMAT json) SELECT 1",
            "PIVOT customer_identity ON rule USING count(*)", "PIVOT customer_identity ON rule IN ('a') USING count(*)",
            "UNPIVOT customer_identity ON rule", "VALUES (1)", "TABLE delivery", "SHOW ALL TABLES", "DESCRIBE SELECT 1",
            "SELECT 1 UNION SELECT 2 EXCEPT SELECT 3", "WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL FROM a) FROM a",
        ],
    )  # fmt: skip
    def test_that_reads_is_let_through(self, query):
        assert judge_reading(query) is None

    def test_may_be_so_deep_that_it_is_refused(self):
        assert judge_select(f"SELECT {'(SELECT ' * 9}1{')' * 9}") is None
        assert "too deep" in str(judge_select(f"SELECT {'(SELECT ' * 400}1{')' * 400}"))

    def test_spills_nothing_beside_what_is_published(self, sales):
        with open_published(sales.home.require_current().database, "20MB") as con:
            assert con.execute("SELECT current_setting('temp_directory')").fetchall() == [("",)]
            with pytest.raises(duckdb.OutOfMemoryException):
                con.execute("SELECT i, hash(i) AS h FROM range(20_000_000) AS t(i) ORDER BY h").fetchall()
        assert sales.home.require_current().list_strangers() == []


class TestTimeAndMemory:
    def ask(self, sales, *words):
        command = [
            sys.executable,
            "-c",
            "from serving.cli.main import main; main()",
            *words,
            "--home",
            str(sales.home.root),
        ]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_a_query_without_end_is_ended(self, sales):
        said = self.ask(sales, "sql", "SELECT count(*) FROM range(1000000000), range(1000000)", "--timeout", "0.5")
        assert (said.returncode, said.stdout) == (2, "")
        assert "took longer than 0.5 seconds; give it more by --timeout" in said.stderr

    def test_the_settings_of_the_night_bound_its_memory(self, sales):
        (sales.contracts / "settings.yaml").write_text("memory_limit: 300MB\n", "utf-8")
        sales.night(AS_OF + timedelta(days=1))
        said = self.ask(sales, "sql", "SELECT current_setting('memory_limit') AS m", "--format", "json")
        assert json.loads(said.stdout) == {"m": "286.1 MiB"}

    def test_a_plan_that_grows_without_end_is_ended_by_the_bound_of_memory(self, sales):
        grown = ", ".join(f"t{n + 1} AS (FROM t{n} UNION ALL FROM t{n})" for n in range(40))
        said = self.ask(sales, "sql", f"WITH t0 AS (SELECT 1), {grown} SELECT count(*) FROM t40")
        assert (said.returncode, said.stdout) == (2, "")
        assert "needs more memory than memory_limit allows, which is 1.8 GiB; ask for less at once" in said.stderr

    def test_an_answer_without_end_is_read_in_parts(self, sales):
        endless = "WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL FROM x) FROM x"
        words = ("sql", endless, "--format", "csv", "--timeout", "60", "--home", str(sales.home.root))
        program = ("-c", "from serving.cli.main import main; main()")
        asking = subprocess.Popen([sys.executable, *program, *words], stdout=subprocess.PIPE)
        assert asking.stdout.read(40_002) == b"i\n" + b"1\n" * 20_000
        asking.stdout.close()
        assert asking.wait(30) in {0, 1}


class TestHostile:
    @pytest.mark.parametrize("kind", MEANT)
    def test_statements_are_refused_and_change_nothing(self, sales, tmp_path, kind):
        with surrounding(sales, tmp_path / "other") as place:
            answers = {statement[:80]: refuse(place, statement) for statement in STATEMENTS[kind]}
            assert {statement: faults for statement, faults in answers.items() if faults} == {}
            assert place.list_faults() == []

    def test_one_that_cannot_be_interrupted_ends_the_process(self, sales, tmp_path):
        with surrounding(sales, tmp_path / "other") as place:
            assert end(place, "SELECT lpad('x', 2000000000, 'y')") == []
            assert place.list_faults() == []

    def test_there_are_enough_and_none_twice(self):
        statements = [statement for kind in STATEMENTS.values() for statement in kind]
        assert len(statements) == len(set(statements)) > 300


class TestStrangers:
    def test_a_folder_of_a_generation_lets_nothing_be_put_into_it(self, sales):
        assert sales.home.require_current().folder.stat().st_mode & 0o777 == 0o500

    def test_a_log_is_none_of_its_files_whatever_the_manifest_says(self, sales):
        generation = sales.home.require_current()
        log, manifest = Path(f"{generation.database}.wal"), generation.folder / "manifest.json"
        manifest.chmod(0o600)
        generation.folder.chmod(0o700)
        log.write_bytes(b"forged")
        said = generation.read_manifest()
        said["files"][log.name] = sha256_of(log)
        manifest.write_text(json.dumps(said | {"digest": digest_of(said)}), "utf-8")
        assert verify(generation) == [f"{log}: was not published with it; take it away"]
        with pytest.raises(HomeError, match=rf"holds {DATABASE}\.wal"):
            sales.ask("SELECT 1")

    @pytest.mark.slow
    def test_generations_of_both_kinds_are_removed_when_they_are_old(self, sales):
        (sales.contracts / "settings.yaml").write_text("keep_generations: 2\nkeep_months: 1\n", "utf-8")
        sales.home.require_current().folder.chmod(0o700)  # as one of an earlier version
        for day in (1, 2, 3):
            sales.night(AS_OF + timedelta(days=day))
        assert sorted(sales.home.list_numbers()) == [3, 4]
        assert list(sales.home.work.iterdir()) == []

    def test_a_log_that_was_put_beside_the_file_is_found_and_never_read(self, sales):
        generation = sales.home.require_current()
        log = Path(f"{generation.database}.wal")
        generation.folder.chmod(0o700)
        log.write_bytes(b"forged")
        assert verify(generation) == [f"{log}: was not published with it; take it away"]
        with pytest.raises(HomeError, match=rf"holds {DATABASE}\.wal"):
            sales.ask("SELECT 1")
        with pytest.raises(HomeError, match=rf"holds {DATABASE}\.wal"):
            sales.night(AS_OF + timedelta(days=1))
        assert log.read_bytes() == b"forged"
        log.unlink()
        assert sales.ask("SELECT count(*) FROM customer_profile") == [(2,)]

    def test_nothing_goes_back_to_a_generation_beside_which_something_lies(self, sales):
        sales.night(AS_OF + timedelta(days=1))
        (sales.home.generations / "1").chmod(0o700)
        (sales.home.generations / "1" / f"{DATABASE}.wal").touch()
        with pytest.raises(DamageError, match=rf"{DATABASE}\.wal: was not published with it"):
            roll_back(sales.home, 1)
        assert sales.home.require_current().number == 2


class TestOthersOnTheMachine:
    def test_read_nothing_of_a_home(self, empty_world):
        empty_world.home.root.mkdir(mode=0o755)
        empty_world.deliver_all()
        empty_world.night()
        assert empty_world.home.root.stat().st_mode & 0o777 == 0o700
        modes = {path.stat().st_mode & 0o077 for path in empty_world.home.root.rglob("*")}
        assert modes == {0}

    def test_read_nothing_of_a_night_that_was_killed(self, sales):
        kill = (
            "import os, signal, sys\nfrom pathlib import Path\nfrom warehouse import night\n"
            "from warehouse.home.layout import Home\n"
            "night.load_sources = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
            "home = Home(Path(sys.argv[1]))\nrun = night.begin_step(home, Path(sys.argv[2]))\n"
            "night.land_step(home, run.run_id, 'sales')\nnight.run_step(home, run.run_id, 'load')\n"
        )
        sales.deliver("sales_2.csv", [SALES_HEAD, "L9,R9,A9,new@example.com,1,7.00,HKD,2026-03-09 10:00\n"])
        command = [sys.executable, "-c", kill, str(sales.home.root), str(sales.contracts)]
        assert subprocess.run(command, check=False).returncode == -9
        left = [path for path in sales.home.work.rglob("*") if path.is_file()]
        assert left
        assert {path.stat().st_mode & 0o077 for path in left} == {0}

    def test_find_no_snapshot_of_a_landing_that_was_killed(self, sales, tmp_path):
        snapshots = sales.home.work / "killed" / "snapshots" / "sales"
        snapshots.mkdir(parents=True)
        (snapshots / "as delivered").write_text("with columns that nobody declared", "utf-8")
        with hold_lock(sales.home, "of c360 link", exclusive=False):
            assert snapshots.exists()  # of a landing beside
        with hold_lock(sales.home, "of c360 link"):
            assert not snapshots.exists()

    def test_find_no_temporary_folder_of_a_process_that_is_gone(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
        for name in (f"c360-check-{int(gone.stdout)}-abc", f"c360-spill-{int(gone.stdout)}", "c360-check-of-nobody"):
            (tmp_path / name).mkdir()
        (tmp_path / name_scratch("spill")).mkdir()
        sweep_scratch()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["c360-check-of-nobody", name_scratch("spill")]


EMPTY = {"main.customer_household", "main.calendar", "main.item_history", AHEAD}
"""In this company nobody shares a home, nobody said which days are holidays or what is sold, and few bought again."""


class TestClients:
    def test_of_duckdb_1_2_and_later_know_the_storage(self, sales):
        head = sales.home.require_current().database.read_bytes()[:20]
        assert int.from_bytes(head[12:], "little") == STORAGE_NUMBER

    def test_a_home_that_only_2_0_could_open_is_written_anew_once(self, sales, tmp_path):
        new, newer, old = tmp_path / "new.duckdb", tmp_path / "newer.duckdb", tmp_path / "old.duckdb"
        with duckdb.connect(str(old)) as con:
            con.execute(f"ATTACH '{sales.home.require_current().database}' AS published (READ_ONLY)")
            con.execute("COPY FROM DATABASE published TO old")
        assert int.from_bytes(old.read_bytes()[12:20], "little") > STORAGE_NUMBER
        copy_database(old, new)
        copy_database(new, newer)
        assert int.from_bytes(new.read_bytes()[12:20], "little") == STORAGE_NUMBER
        assert newer.read_bytes() == new.read_bytes()
        assert describe(new) == describe(old)

    @pytest.mark.skipif(not CLIENT.is_file(), reason="no client of DuckDB 1.5: make .venv-client/ready")
    def test_one_of_duckdb_1_5_reads_every_table_as_we_do(self, first_night):
        database = first_night.home.require_current().database
        program = (
            "import sys, duckdb\nassert duckdb.__version__[:4] == '1.5.'\n"
            "con = duckdb.connect(sys.argv[1], read_only=True)\n"
            "for name in sys.argv[2:]:\n    print(name, con.execute(f'SELECT count(*) FROM {name}').fetchall())\n"
            "print(con.execute('SELECT * FROM customer_profile ORDER BY customer_id').fetchall())\n"
        )
        with open_published(database) as con:
            query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' ORDER BY 1"
            shown = [row[0] for row in con.execute(query).fetchall()]
            shown.append(f"customer_profile_as_of(DATE '{AS_OF}')")
            lines = [f"{name} {con.execute(f'SELECT count(*) FROM {name}').fetchall()}" for name in shown]
            lines.append(str(con.execute("SELECT * FROM customer_profile ORDER BY customer_id").fetchall()))
        done = subprocess.run([CLIENT, "-c", program, database, *shown], capture_output=True, text=True, check=True)
        assert len(shown) >= 10
        assert done.stdout.splitlines() == lines

    def test_find_the_published_tables_and_no_other(self, first_night):
        generation = first_night.home.require_current()
        with open_published(generation.database) as con:
            tables = con.execute("SELECT schema_name || '.' || table_name, comment FROM duckdb_tables()").fetchall()
            rows = {name: con.execute(f"FROM {name} ORDER BY ALL").fetchall() for name, _ in tables}
        assert {name for name, _ in tables} == {
            *READ_BESIDE, *(f"main.{table.name}" for table in list_tables(first_night.contracts))
        }  # fmt: skip
        assert {name for name, comment in tables if not comment} == set(READ_BESIDE)
        for name, found in rows.items():
            assert found or name in EMPTY
            assert found == first_night.ask(f"FROM {name} ORDER BY ALL")

    def test_of_pandas_read_the_tables_with_what_each_column_means(self, first_night):
        tables = [table for table in list_tables(first_night.contracts) if table.name != "customer_event"]
        folder = first_night.home.require_current().folder / "parquet"
        assert sorted(path.stem for path in folder.iterdir() if path.is_file()) == sorted(
            table.name for table in tables
        )
        for table in tables:
            frame = pandas.read_parquet(folder / f"{table.name}.parquet")
            assert [len(frame)] == [count for (count,) in first_night.ask(f"SELECT count(*) FROM {table.name}")]
            assert list(frame.columns) == [column.name for column in table.columns]
            said = pyarrow.parquet.read_metadata(folder / f"{table.name}.parquet").metadata
            assert said[b"description"].decode() == table.description
            assert json.loads(said[b"columns"]) == {c.name: c.description for c in table.columns}


def describe(database):
    """Tables with their rows, views, macros, indexes and comments of a file."""
    queries = (
        "SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE database_name = current_database()",
        "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal AND database_name = current_database()",
        "SELECT function_name, parameters FROM duckdb_functions() WHERE database_name = current_database()",
        "SELECT index_name, sql FROM duckdb_indexes() WHERE database_name = current_database()",
        "SELECT schema_name, table_name, column_name, data_type, comment FROM duckdb_columns()"
        " WHERE NOT internal AND database_name = current_database()",
    )
    with open_database(database, read_only=True) as con:
        found = [sorted(con.execute(query).fetchall(), key=str) for query in queries]
        rows = [con.execute(f'SELECT bit_xor(hash(t)) FROM "{s}"."{t}" AS t').fetchall() for s, t, _ in found[0]]
    return found, rows
