"""`c360 sql` in daily use: parameters, files, one row below the other, from stdin, and as a shell; and the help."""

import io
import json
import os
import pty
import subprocess
import sys

import pytest
from pyarrow import parquet

from serving.shell import read_statements
from tests.serving.test_cli import c360
from warehouse import ROOT

__all__ = ["c360"]  # the fixture
COUNT = "select count(*) as n from customer_profile"


@pytest.fixture(scope="module")
def home(first_night):
    """The home of the first night."""
    return first_night.home.root


def test_values_are_given_by_name_and_are_no_sql(c360, home):
    query = "select full_name from customer_profile where full_name = $name"
    [known] = json.loads(
        c360("sql", "select min(full_name) n from customer_profile", "--format", "json", "--home", home).out
    ).values()
    assert (
        c360("sql", query, "--param", f"name={known}", "--format", "csv", "--home", home).out == f"full_name\n{known}\n"
    )
    assert c360("sql", query, "--param", "name=x' or 1=1 --", "--format", "csv", "--home", home).out == "full_name\n"
    said = c360("sql", query, "--param", "name", "--home", home)
    assert (said.status, said.err[:27]) == (2, "c360: --param is NAME=VALUE")
    assert c360("sql", query, "--home", home).status == 2


def test_rows_go_to_a_file_of_the_kind_that_its_name_says(c360, home, tmp_path):
    query = "select customer_id, order_count from customer_profile order by 1"
    rows = [json.loads(line) for line in c360("sql", query, "--format", "json", "--home", home).out.splitlines()]
    assert len(rows) > 1
    for name in ("p.parquet", "p.jsonl", "p.csv"):
        said = c360("sql", query, "--out", tmp_path / name, "--home", home)
        assert (said.status, said.out, said.err) == (0, "", "")
    assert parquet.read_table(tmp_path / "p.parquet").to_pylist() == rows
    assert [json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()] == rows
    assert len((tmp_path / "p.csv").read_text().splitlines()) == len(rows) + 1
    for name, words in (("p.csv", "is there already"), ("p.doc", "name it .csv, .jsonl, .parquet")):
        said = c360("sql", query, "--out", tmp_path / name, "--home", home)
        assert said.status == 2
        assert words in said.err
    assert c360("sql", "select 1/0::int, error('no')", "--out", tmp_path / "q.parquet", "--home", home).status == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.csv", "p.jsonl", "p.parquet"]


def test_a_row_is_shown_below_the_other(c360, home):
    query = "select 1 as one, 'x' as longer union all select 2, '中\x1b文' order by 1"
    shown = c360("sql", query, "--format", "record", "--home", home).out
    assert shown == "-- row 1\none     1\nlonger  x\n-- row 2\none     2\nlonger  中\\x1b文\n"


def test_a_query_comes_from_stdin(c360, home, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(COUNT + ";\n"))
    assert c360("sql", "--format", "csv", "--home", home).out == "n\n3\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(" \n"))
    said = c360("sql", "--home", home)
    assert (said.status, said.out) == (2, "")
    assert "no query; write one" in said.err


def test_statements_are_typed_over_lines():
    lines = iter(["select", "", " 1;", ".tables", "select 2", ";", ".quit", "never"])
    assert list(read_statements(lambda _: next(lines))) == ["select\n1;", ".tables", "select 2\n;"]


def test_the_shell_answers_says_errors_and_goes_on(home):
    """On a real terminal."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "c360", "sql", "--format", "csv", "--home", str(home)]
    with subprocess.Popen(words, cwd=ROOT, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        os.close(theirs)
        os.write(ours, f"selec 1;\ncopy (select 1) to 'f';\n{COUNT};\n.tables\n.quit\n".encode())
        out, err = (text.decode() for text in process.communicate(timeout=60))
        os.close(ours)
    assert process.returncode == 0
    assert err.count("c360: ") == 2
    assert "n\n3\n" in out
    assert "customer_profile," in out


@pytest.mark.parametrize(("typed", "near"), [("shwo", "show"), ("quarantin", "quarantine"), ("rolback", "rollback")])
def test_a_command_nearly_of_the_name_is_said(c360, typed, near):
    said = c360(typed)
    assert said.status == 2
    assert f"did you mean {near}?" in said.err


def test_help_and_version_are_asked_for_as_usual(c360):
    assert c360("-h").out == c360("--help").out
    assert c360("show", "-h").out == c360("show", "--help").out
    said = c360("--version")
    assert (said.status, said.out.count(".")) == (0, 2)


def test_names_of_commands_are_completed():
    asked = {"_C360_COMPLETE": "complete_bash", "COMP_WORDS": "c360 qu", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "c360"], cwd=ROOT, env=os.environ | asked, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["quarantine"]
