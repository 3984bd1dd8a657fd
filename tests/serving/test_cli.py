"""The command `c360`: what it prints where, and its exit status."""

import csv
import io
import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest

from serving.cli import main as cli
from serving.cli.report import show_report
from tests.worlds.world import AS_OF, CHAN, CRM_HEAD, SALES, SALES_HEAD, SOURCES, find_secret, list_tree

COMMANDS = sorted(cli.COMMANDS)
NEW_SALE = "L5,R4,A1,tai.man@example.com,1,7.00,HKD,2026-03-09 10:00\n"


class Said:
    """What a command printed, and its exit status."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err
        assert "Traceback" not in out + err


@pytest.fixture
def c360(capsys, monkeypatch):
    """Call the command in this process."""

    def call(*words: object, **environment: object) -> Said:
        for name, value in environment.items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.setattr(sys, "argv", ["c360", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        return Said(int(end.value.code or 0), printed.out, printed.err)

    monkeypatch.delenv("C360_HOME", raising=False)
    monkeypatch.delenv("C360_CONTRACTS", raising=False)
    return call


@pytest.fixture
def ask(c360, first_night):
    """Call `c360 sql` on the first night."""
    return lambda query, form="csv": c360("sql", query, "--format", form, "--home", first_night.home.root)


@pytest.fixture
def show(c360, first_night):
    """Call `c360 show` on the first night."""
    return lambda who: c360("show", who, "--home", first_night.home.root)


class TestHelp:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_of_every_command_has_an_example(self, c360, command):
        said = c360(command, "--help")
        assert said.status == 0
        assert f"Example: c360 {command}" in said.out

    def test_lists_every_command(self, c360):
        said = c360("--help")
        assert said.status == 0
        assert all(command in said.out for command in COMMANDS)

    def test_is_shown_without_a_command(self, c360):
        said = c360()
        assert "Usage: " in said.out + said.err

    @pytest.mark.parametrize("words", [["dance"], ["show"], ["status", "--hom", "x"], ["run", "--as-of", "10/3/2026"]])
    def test_is_pointed_to_on_wrong_use(self, c360, words):
        said = c360(*words)
        assert (said.status, said.out) == (2, "")
        assert said.err.startswith("c360: ")
        assert "--help" in said.err


class TestSql:
    def test_prints_csv(self, ask):
        said = ask("select email, order_count, net_amount, as_of from customer_profile order by email nulls last")
        assert list(csv.reader(io.StringIO(said.out))) == [
            ["email", "order_count", "net_amount", "as_of"],
            ["mei@example.com", "1", "11.00", "2026-03-10"],
            ["tai.man@example.com", "1", "100.00", "2026-03-10"],
            ["", "0", "0.00", "2026-03-10"],
        ]
        assert (said.status, said.err) == (0, "")

    def test_prints_json_lines(self, ask):
        said = ask(
            "select '大文' as name, 1.5 as n, date '2026-01-02' as d, null as z, 'nan'::double as x, [1] as l", "json"
        )
        row = {"name": "大文", "n": 1.5, "d": "2026-01-02", "z": None, "x": None, "l": [1]}
        assert [json.loads(line) for line in said.out.splitlines()] == [row]
        assert "大文" in said.out

    def test_prints_a_table(self, c360, first_night):
        said = c360("sql", "select count(*) as customers from customer_profile", C360_HOME=first_night.home.root)
        assert said.status == 0
        assert "customers" in said.out
        assert "3" in said.out

    def test_csv_and_json_hold_every_row(self, ask):
        for form, lines in (("csv", 5001), ("json", 5000)):
            assert len(ask("select i from range(5000) as t(i)", form).out.splitlines()) == lines

    @pytest.mark.parametrize(
        "query",
        [
            "describe customer_profile", "summarize customer_profile", "show tables", "from customer_profile",
            "explain select 1", "pivot customer_profile on district using count(*)", "select 1; -- that is all",
            "with a as (select 1 as x) select x from a",
        ],
    )  # fmt: skip
    def test_reads_in_every_form(self, ask, query):
        assert ask(query).status == 0

    @pytest.mark.parametrize(
        "query",
        [
            "insert into customer_identity select * from customer_identity", "delete from customer_identity",
            "update customer_identity set rule = 'x'", "drop table customer_profile", "create table x as select 1",
            "create temp table x as select 1", "alter table customer_profile add column x int", "vacuum", "checkpoint",
            "comment on table customer_profile is 'x'", "copy customer_profile to '{out}'",
            "with x as (copy customer_profile to '{out}') select 1", "export database '{out}'", "attach '{out}'",
            "attach ':memory:' as m", "install httpfs", "load json", "set memory_limit = '90GB'", "use quarantine",
            "set variable x = 1", "pragma enable_profiling", "call enable_logging()", "select * from '{file}'",
            "select * from read_csv('{file}')", "select * from read_text('{file}')", "select * from glob('{file}')",
            "select * from read_blob('{file}')", "import database '{out}'",
            "create secret s (type s3)", "begin", "prepare p as select 1", "create macro m() as 1",
            "detach customer_360", "explain analyze copy customer_profile to '{out}'",
        ],
    )  # fmt: skip
    def test_can_do_nothing_but_read_this_one_file(self, ask, first_night, tmp_path, query):
        file, out = tmp_path / "other.csv", tmp_path / "out"
        file.write_text("secret\n42\n")
        before = list_tree(first_night.home.root)
        said = ask(query.format(file=file, out=out))
        assert (said.status, said.out) == (2, ""), said.err
        assert said.err.startswith("c360: ")
        assert "42" not in said.err
        assert not out.exists()
        assert list_tree(first_night.home.root) == before

    def test_knows_no_secret(self, ask):
        said = ask("select count(*) from duckdb_secrets()")
        assert (said.status, said.out.splitlines()[1:]) == (0, ["0"])

    @pytest.mark.parametrize(
        "query", ["select 1; select 2", "select 1; drop table customer_identity", "", "/* nothing */"]
    )
    def test_takes_one_statement(self, ask, query):
        said = ask(query)
        assert (said.status, said.out) == (2, "")
        assert "give one statement" in said.err

    @pytest.mark.parametrize(
        ("query", "clue"),
        [
            ("selec 1", "syntax error"),
            ("select nme from customer_profile", "nme"),
            ("select * from custmer_profile", "customer_profile"),
        ],
    )
    def test_says_what_is_wrong_with_a_query(self, ask, query, clue):
        said = ask(query)
        assert (said.status, said.out) == (2, "")
        assert said.err.startswith("c360: the query cannot be run: ")
        assert clue in said.err

    def test_quotes_no_value_when_one_does_not_fit(self, ask):
        said = ask("select email::integer from customer_profile where email like 'tai%'")
        assert (said.status, said.out) == (2, "")
        assert "ConversionException" in said.err
        assert "tai.man" not in said.err

    def test_knows_four_formats(self, ask):
        said = ask("select 1", "xml")
        assert (said.status, said.out) == (2, "")
        assert "table, record, csv, json" in said.err


class TestShow:
    @pytest.mark.parametrize(
        "who",
        ["C1", "A1", "U1", "@taiman", "tai.man@example.com", "TAI.MAN@example.com ", "+852 9123 4567", "91234567",
         "９１２３ ４５６７"],
    )  # fmt: skip
    def test_finds_a_person_by_account_email_and_phone(self, show, first_night, who):
        said = show(who)
        [(customer,)] = first_night.ask("SELECT customer_id FROM customer_identity WHERE account_id = 'C1'")
        assert (said.status, said.err) == (0, "")
        assert said.out.startswith(f"{customer}   as of 2026-03-10")
        for shown in ("CHAN Tai Man", "tai.man@example.com", "crm:C1", "sales:A1", "100.00 net", "where is it?"):
            assert shown in said.out

    def test_finds_a_person_by_customer_id(self, show, first_night):
        for (customer,) in first_night.ask("SELECT customer_id FROM customer_profile"):
            assert show(customer).out.startswith(customer)

    def test_finds_the_living_customer_by_a_merged_id(self, c360, published):
        before = published.ask("SELECT account_id, customer_id FROM customer_identity WHERE source = 'crm'")
        published.deliver("crm.csv", CRM_HEAD + CHAN + CHAN.replace("C1", "C2").replace("tai.man@", "mei@"))
        published.night()
        [(living,)] = published.ask("SELECT customer_id FROM customer_identity WHERE account_id = 'C1'")
        for _, customer in before:
            said = c360("show", customer, "--home", published.home.root)
            assert (said.status, said.out[: len(living)]) == (0, living)

    @pytest.mark.parametrize("who", ["C999", "nobody@example.com", "+852 5555 0000", "", "' OR 1=1 --"])
    def test_of_nobody_is_status_1(self, show, who):
        said = show(who)
        assert (said.status, said.out) == (1, "")
        assert said.err.startswith("c360: no customer matches")

    def test_reads_phones_in_the_country_of_the_settings(self, c360, sales):
        (sales.contracts / "settings.yaml").write_text("phone_region: GB\n")
        sales.declare("sales", columns=[
            column | {"customProperties": [{"property": "c360.role", "value": "phone"}]} if column["name"] == "email"
            else column for column in SOURCES["sales"]["columns"]
        ])  # fmt: skip
        sales.deliver("sales_2.csv", [SALES_HEAD, NEW_SALE.replace("tai.man@example.com", "020 7946 0018")])
        sales.night()
        said = c360("show", "020 7946 0018", "--home", sales.home.root)
        assert (said.status, said.err) == (0, "")
        assert "sales:A1" in said.out


class TestNothingPublished:
    @pytest.mark.parametrize("words", [["sql", "select 1"], ["show", "C1"], ["quarantine"], ["verify"]])
    def test_is_said_with_its_cure(self, c360, tmp_path, words):
        said = c360(*words, "--home", tmp_path / "none")
        assert (said.status, said.out) == (2, "")
        assert "nothing is published" in said.err
        assert "c360 run" in said.err
        assert not (tmp_path / "none").exists()

    def test_is_a_status(self, c360, tmp_path):
        said = c360("status", "--home", tmp_path / "none")
        assert (said.status, said.err) == (1, "")
        assert "nothing is published yet" in said.out

    def test_in_a_file_is_said(self, c360, tmp_path):
        (tmp_path / "home").write_text("")
        for words in (["run", "--contracts", tmp_path], ["sql", "select 1"]):
            said = c360(*words, "--home", tmp_path / "home")
            assert said.status in {1, 2}
            assert said.err.startswith("c360: ")


class TestRun:
    def test_prints_a_report_and_then_that_nothing_is_new(self, c360, world):
        words = ["run", "--as-of", "2026-03-10", "--contracts", world.contracts, "--home", world.home.root]
        said = c360(*words)
        assert (said.status, said.err) == (0, "")
        assert "customers: 3 from 7 accounts; seen 1 in 1 silo, 1 in 2 silos, 1 in 4 silos" in said.out
        assert "generation 1 published as of 2026-03-10" in said.out
        again = c360(*words)
        assert (again.status, again.out, again.err) == (0, "nothing is new as of 2026-03-10: generation 1 stays\n", "")

    def test_with_a_closed_gate_is_status_1_and_quarantine_and_status_show_why(self, c360, sales):
        sales.declare("sales", custom={"maxQuarantineShare": 0.05})
        sales.deliver(
            "sales_2.csv", [SALES_HEAD, NEW_SALE.replace("7.00", "seven"), SALES[0].replace("100.00", "1.00")]
        )
        words = ["--home", sales.home.root]
        said = c360("run", "--as-of", "2026-03-10", "--contracts", sales.contracts, *words)
        assert (said.status, said.out) == (1, "")
        assert "sales: quarantine_share: sales_2.csv: 2 records" in said.err
        shown = c360("quarantine", "--rows", "--format", "json", *words)
        rows = [json.loads(line) for line in shown.out.splitlines()]
        assert [(row["source"], row["rule"], row["record"]) for row in rows] == [("sales", "type:amount", 1)]
        assert "last run, whose gate closed" in shown.err
        status = c360("status", *words)
        assert status.status == 1
        assert "generation 1 is served" in status.out
        assert ": closed" in status.out
        assert "quarantine_share" in status.out

    def test_closed_while_taking_in_shows_what_was_set_aside(self, c360, sales):
        bad, changed = NEW_SALE.replace("7.00", "seven"), SALES[0].replace("100.00", "1.00")
        sales.deliver("sales_2.csv", [SALES_HEAD, bad, changed, NEW_SALE])
        sales.declare("sales", custom={"maxQuarantineShare": 0.5})
        words = ["--home", sales.home.root]
        said = c360("run", "--as-of", "2026-03-10", "--contracts", sales.contracts, *words)
        assert said.status == 1
        assert "quarantine_share" in said.err
        shown = c360("quarantine", "--rows", "--format", "json", *words).out.splitlines()
        found = sorted((json.loads(row)["record"], json.loads(row)["rule"]) for row in shown)
        assert found == [(1, "type:amount"), (2, "duplicate_key")]

    def test_with_an_earlier_date_or_a_wrong_contract_is_status_2(self, c360, sales):
        words = ["run", "--contracts", sales.contracts, "--home", sales.home.root, "--as-of"]
        assert c360(*words, "2026-03-01").status == 2
        (sales.contracts / "sales.odcs.yaml").write_text("kind: DataContrat\n")
        said = c360(*words, "2026-03-11")
        assert (said.status, said.out) == (2, "")
        assert "sales.odcs.yaml" in said.err

    def test_in_a_process_of_its_own_keeps_bad_rows_out_of_its_output(self, sales):
        secret = "4024-0071-BAD"
        sales.deliver(
            "sales_2.csv",
            [
                SALES_HEAD,
                NEW_SALE,
                NEW_SALE.replace("7.00", secret),
                NEW_SALE.replace("2026-03-09 10:00", secret),
                f"{secret}\n",
            ],
        )
        command = [sys.executable, "-c", "from serving.cli.main import main; main()", "run", "--as-of", "2026-03-11"]
        environment = {**os.environ, "C360_HOME": str(sales.home.root), "C360_CONTRACTS": str(sales.contracts)}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert (done.returncode, done.stderr) == (0, "")
        assert "1 in quarantine: type:sold_at" in done.stdout
        assert secret not in done.stdout
        found = find_secret(sales.home.root, secret)
        assert found == {"generations/2/workings.duckdb:quarantine.record.row"}


class TestQuarantine:
    @pytest.fixture
    def bad(self, sales):
        bad = [NEW_SALE.replace("7.00", "seven"), NEW_SALE.replace(",1,", ",one,")]
        sales.deliver("sales_2.csv", [SALES_HEAD, *bad, NEW_SALE])
        sales.night()
        return sales

    def test_counts_by_source_and_rule(self, c360, bad):
        said = c360("quarantine", "--format", "csv", "--home", bad.home.root)
        rows = ["source,rule,records,deliveries,oldest_days", "sales,type:amount,1,1,0", "sales,type:quantity,1,1,0"]
        assert (said.status, said.out.splitlines(), said.err) == (0, rows, "")

    def test_shows_rows_as_they_were_delivered(self, c360, bad):
        words = ["--rows", "--rule", "type:amount", "--source", "sales", "--format", "json", "--home", bad.home.root]
        rows = [json.loads(line) for line in c360("quarantine", *words).out.splitlines()]
        assert [(row["record"], json.loads(row["row"])["amount"]) for row in rows] == [(1, "seven")]

    def test_of_another_source_is_empty(self, c360, bad):
        said = c360("quarantine", "--source", "o'hara", "--format", "csv", "--home", bad.home.root)
        assert (said.status, said.out) == (0, "source,rule,records,deliveries,oldest_days\n")

    def test_tells_how_long_a_row_has_been_there(self, c360, bad):
        bad.night(AS_OF + timedelta(days=3))
        words = ["quarantine", "--rows", "--format", "json", "--home", bad.home.root, "--older-than"]
        assert [json.loads(line)["days"] for line in c360(*words, "2").out.splitlines()] == [3, 3]
        assert c360(*words, "3").out == ""

    def test_is_replayed_once_its_rows_are_mended(self, c360, bad, tmp_path):
        words = ["--home", bad.home.root]
        listed = c360("quarantine", "--rows", "--format", "json", *words).out
        file = tmp_path / "mended.jsonl"
        file.write_text(listed.replace("seven", "7.00").replace("L5", "L6", 1), "utf-8")
        said = c360("replay", "--rows", file, "--contracts", bad.contracts, *words)
        assert (said.status, said.err) == (0, "")
        assert said.out.startswith("replayed of sales: 1 loaded, 1 in quarantine again\n")
        assert [json.loads(line)["rule"] for line in c360("quarantine", "--rows", "--format", "json", *words)
                .out.splitlines()] == ["type:quantity"]  # fmt: skip
        bad.require_balance()

    @pytest.mark.parametrize(
        ("words", "said"),
        [(["--source", "shop"], "no contract declares"), (["--rule", "type:colour"], "nothing to replay"),
         (["--source", "sales", "--rows", "FILE"], "without --source"), (["--rows", "FILE"], "line 1 is not a row")],
    )  # fmt: skip
    def test_what_cannot_be_replayed_is_status_2_before_anything_is_done(
        self, c360, first_sales, tmp_path, words, said
    ):
        file = tmp_path / "mended.jsonl"
        file.write_text('{"source": "sales", "row": "a secret"}\n', "utf-8")
        words = [file if word == "FILE" else word for word in words]
        before = list_tree(first_sales.home.root)
        done = c360("replay", *words, "--contracts", first_sales.contracts, "--home", first_sales.home.root)
        assert (done.status, done.out) == (2, "")
        assert said in done.err
        assert "secret" not in done.err
        assert list_tree(first_sales.home.root) == before


class TestCheck:
    def test_of_right_contracts_is_status_0(self, c360, first_night):
        said = c360("check", "--contracts", first_night.contracts)
        assert (said.status, said.out) == (0, "")
        assert "no problem" in said.err

    def test_finds_a_typing_mistake_with_path_and_cure(self, c360, sales):
        path = sales.contracts / "sales.odcs.yaml"
        path.write_text(path.read_text().replace("primaryKeyPosition", "primaryKeyPositon"))
        said = c360("check", C360_CONTRACTS=sales.contracts)
        assert said.status == 1
        assert "sales.odcs.yaml: schema[0].properties[0]" in said.out
        assert "primaryKeyPosition" in said.out.replace("primaryKeyPositon", "")
        assert "1 problem" in said.err

    def test_finds_a_wrong_setting(self, c360, sales):
        (sales.contracts / "settings.yaml").write_text("curency: HKD\n")
        said = c360("check", "--contracts", sales.contracts)
        assert said.status in {1, 2}
        assert "did you mean 'currency'" in said.out + said.err

    def test_of_a_folder_that_is_not_there_is_said(self, c360, tmp_path):
        said = c360("check", "--contracts", tmp_path / "none")
        assert said.status in {1, 2}
        assert "none" in said.out + said.err


class TestVerify:
    def test_of_what_was_published_is_status_0(self, c360, first_night):
        said = c360("verify", "--home", first_night.home.root)
        assert (said.status, said.out, said.err) == (0, "generation 1 is what was published\n", "")

    def test_of_a_damaged_file_is_status_1(self, c360, sales):
        database = sales.home.require_current().database
        database.chmod(0o644)
        database.write_bytes(database.read_bytes() + b"x")
        said = c360("verify", "--home", sales.home.root)
        assert said.status == 1
        assert "its bytes have changed" in said.out


class TestReport:
    def test_of_the_last_run_is_what_the_run_said(self, c360, first_night):
        said = c360("report", "--home", first_night.home.root)
        assert said.status == 0
        assert said.out.startswith(f"{show_report(first_night.report)}\ndays since the newest row: consent ")
        assert "\nseconds: land " in said.out

    def test_of_a_generation_is_json_or_its_page(self, c360, first_night):
        folder = first_night.home.require_current().folder
        for form in ("json", "html"):
            said = c360("report", 1, "--format", form, "--home", first_night.home.root)
            assert (said.status, said.out) == (0, (folder / f"report.{form}").read_text("utf-8").rstrip("\n") + "\n")

    def test_of_a_run_that_failed_says_why_and_what_is_served(self, c360, sales):
        sales.deliver("sales.csv", SALES_HEAD.replace("line,", "row,"))
        assert c360("run", "--contracts", sales.contracts, "--home", sales.home.root).status == 1
        said = c360("report", "--home", sales.home.root)
        assert said.status == 0
        assert ": closed\n  GateClosed: " in said.out
        assert "generation 1 stays\n" in said.out
        assert "<h2>What closed the gate</h2>" in c360("report", "--format", "html", "--home", sales.home.root).out

    @pytest.mark.parametrize(
        ("words", "what"), [([7], "there is no generation 7"), (["--format", "xml"], "text, json")]
    )
    def test_that_is_not_there_is_wrong_use(self, c360, first_night, words, what):
        said = c360("report", *words, "--home", first_night.home.root)
        assert (said.status, said.out) == (2, "")
        assert what in said.err

    def test_before_the_first_run_is_wrong_use(self, c360, empty_world):
        assert "nothing has run in" in c360("report", "--home", empty_world.home.root).err


class TestDeadline:
    def test_that_was_missed_is_exit_status_1(self, c360, first_night):
        said = c360("status", "--fail-if-late", "--home", first_night.home.root, C360_DEADLINE="06:00")
        assert said.status == 1
        assert said.out.startswith("generation 1 is served")
        assert "c360: late: profiles as of " in said.err

    def test_that_is_kept_is_exit_status_0(self, c360, first_night, tmp_path):
        home = first_night.copy(tmp_path).home
        manifest = home.pointer / "manifest.json"
        manifest.chmod(0o644)
        manifest.write_text(manifest.read_text("utf-8").replace('"as_of": "2026-03-10"', '"as_of": "2999-12-31"'))
        assert c360("status", "--fail-if-late", "--home", home.root, C360_DEADLINE="06:00").status == 0

    def test_that_is_not_set_is_wrong_use(self, c360, first_night):
        said = c360("status", "--fail-if-late", "--home", first_night.home.root)
        assert said.status == 2
        assert "no deadline is set" in said.err


class TestErrors:
    def test_a_pointer_to_nothing_is_said_with_its_cure(self, c360, sales):
        sales.home.pointer.unlink()
        sales.home.pointer.symlink_to("generations/7")
        for words in (["sql", "select 1"], ["status"], ["verify"]):
            said = c360(*words, "--home", sales.home.root)
            assert (said.status, said.out) == (2, "")
            assert "points to 7, which is not a complete generation" in said.err

    def test_a_damaged_database_is_no_traceback(self, c360, sales):
        database = sales.home.require_current().database
        database.chmod(0o644)
        database.write_bytes(b"this is no database")
        said = c360("sql", "select 1", "--home", sales.home.root)
        assert (said.status, said.out) == (2, "")
        assert "customer_360.duckdb" in said.err
        assert "c360 rollback NUMBER" in said.err

    def test_a_fault_of_the_program_shows_its_text_only_when_asked(self, c360, first_night, monkeypatch, capsys):
        def fail(*_):
            raise ValueError("could not convert 'tai.man@example.com'")

        monkeypatch.setattr("serving.cli.report.show_status", fail)
        said = c360("status", "--home", first_night.home.root)
        assert (said.status, said.out) == (1, "")
        assert said.err.startswith("c360: ValueError in ")
        assert "tai.man" not in said.err
        monkeypatch.setenv("C360_DEBUG", "1")
        with pytest.raises(SystemExit):
            cli.main()
        assert "ValueError: could not convert 'tai.man@example.com'" in capsys.readouterr().err
