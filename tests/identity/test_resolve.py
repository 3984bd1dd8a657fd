"""`c360 resolve` and `c360 evaluate`: any files in, who is who out; no traceback and no value in a message."""

import csv
import gzip
import json
import sys
import zipfile

import polars as pl
import pytest
import zstandard

from serving.cli import main as cli
from serving.standalone.role_names import NAMES, ROLES, guess_role

ROWS = [
    ("1", "CHAN Tai Man", "tai.man@example.com", "9123 4567", "1980-05-17"),
    ("2", "WONG Mei", "mei@example.com", "6123 4567", "1991-02-03"),
    ("3", "Tai Man Chan", "TAI.MAN@example.com", "+852 91234567", "1980-05-17"),
    ("4", "LEE Ka Fai", "kafai@example.com", "5123 4567", "1975-11-30"),
    ("5", "Wong, Mei", "", "61234567", "1991-02-03"),
]
HEAD = ("no", "name", "email", "phone", "dob")
SAME = {"1": "a", "3": "a", "2": "b", "5": "b", "4": "c"}
VALUES = ("Chan", "CHAN", "Wong", "mei@", "tai.man", "9123 4567", "91234567", "6123 4567", "61234567")


def to_csv(rows=ROWS, head=HEAD, delimiter=",") -> str:
    def quote(cell: str) -> str:
        return f'"{cell}"' if delimiter in cell else cell

    return "".join(delimiter.join(map(quote, row)) + "\n" for row in [head, *rows])


def to_jsonl(rows=ROWS, head=HEAD) -> str:
    return "".join(json.dumps(dict(zip(head, row, strict=True))) + "\n" for row in rows)


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    """Call the command in the folder of the test; gives exit status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["c360", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        assert not [value for value in VALUES if value in printed.err]
        return int(end.value.code or 0), printed.out, printed.err

    return run


@pytest.fixture
def fails(call):
    """Call what is wrong use, and give what it says."""

    def run(*words: object, status: int = 2) -> str:
        code, out, err = call(*words)
        assert (code, out) == (status, ""), err
        assert err.splitlines()[-1].startswith("c360: ")
        return err

    return run


def read_rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def group(rows: list[dict[str, str]]) -> set[frozenset[str]]:
    """Records by customer."""
    ids = {row["customer_id"] for row in rows}
    return {frozenset(row["record"] for row in rows if row["customer_id"] == one) for one in ids}


RIGHT = {frozenset("13"), frozenset("25"), frozenset("4")}


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "body"),
        [
            ("p.csv", to_csv().encode()),
            ("p.csv", b"\xef\xbb\xbf" + to_csv(delimiter=";").encode()),
            ("p.tsv", to_csv(delimiter="\t").encode()),
            ("p.csv", to_csv().encode("utf-16")),
            ("p.txt", to_csv(delimiter="|").encode()),
            ("p.csv.gz", gzip.compress(to_csv().encode())),
            ("p.jsonl", to_jsonl().encode()),
            ("p.json.zst", zstandard.compress(json.dumps([json.loads(x) for x in to_jsonl().splitlines()]).encode())),
            ("p.csv", to_jsonl().encode()),
            ("p.json", to_csv().encode()),
        ],
    )
    def test_of_any_kind_are_read(self, call, tmp_path, name, body):
        (tmp_path / name).write_bytes(body)
        status, out, err = call("resolve", name, "--out", "-")
        assert status == 0
        assert "name as full_name" in err
        rows = read_rows(out)
        assert [row["record"] for row in rows] == list("12345")
        assert {row["source"] for row in rows} == {name if name == "p.txt" else "p"}
        assert group(rows) == RIGHT

    @pytest.mark.parametrize("name", ["p.parquet", "p.csv"])
    def test_of_parquet_keep_numbers_dates_and_lists(self, call, tmp_path, name):
        frame = pl.DataFrame(ROWS, schema=HEAD, orient="row").with_columns(
            pl.col("dob").str.to_date(), pl.col("no").cast(float), phone=pl.concat_list("phone")
        )
        frame.write_parquet(tmp_path / name)
        status, out, _ = call("resolve", name, "--id", "no", "--out", "-")
        assert status == 0
        assert group(read_rows(out)) == RIGHT

    @pytest.mark.parametrize(
        ("ending", "read"), [("csv", pl.read_csv), ("jsonl", pl.read_ndjson), ("parquet", pl.read_parquet)]
    )
    def test_are_written_by_their_ending(self, call, tmp_path, ending, read):
        (tmp_path / "p.csv").write_text(to_csv())
        status, out, _ = call("resolve", "p.csv", "--id", "no", "--out", f"who.{ending}", "--edges", f"pairs.{ending}")
        assert (status, out) == (0, "")
        rows = read(tmp_path / f"who.{ending}")
        assert rows.columns == ["source", "record", "customer_id", "score", "rule"]
        assert rows.height == 5
        assert {"probability", "rule", "comparison"} <= set(read(tmp_path / f"pairs.{ending}").columns)
        assert sorted(p.name for p in tmp_path.iterdir()) == ["p.csv", f"pairs.{ending}", f"who.{ending}"]

    def test_given_twice_are_two_sources(self, call, tmp_path):
        (tmp_path / "p.csv").write_text(to_csv())
        status, out, err = call("resolve", "p.csv", "p.csv", "--out", "-")
        rows = read_rows(out)
        assert status == 0
        assert "given twice" in err
        assert {row["source"] for row in rows} == {"p", "p_2"}
        assert len(rows) == 10
        assert len(group(rows)) <= 3

    def test_that_are_empty_beside_another_are_told(self, call, tmp_path):
        (tmp_path / "p.csv").write_text(to_csv())
        (tmp_path / "none.csv").write_text("")
        status, out, err = call("resolve", "p.csv", "none.csv", "--out", "-")
        assert (status, len(read_rows(out))) == (0, 5)
        assert "none: empty file" in err

    @pytest.mark.parametrize("body", ["", "\n\n", "name,email\n"])
    def test_without_a_record_give_nothing(self, fails, tmp_path, body):
        (tmp_path / "p.csv").write_text(body)
        assert "no file holds a record" in fails("resolve", "p.csv", "--out", "who.csv", status=1)
        assert not (tmp_path / "who.csv").exists()

    def test_that_cannot_be_read_are_named(self, fails, tmp_path):
        (tmp_path / "p.parquet").write_bytes(b"PAR1 not really")
        with zipfile.ZipFile(tmp_path / "sheet.csv", "w") as sheet:
            sheet.writestr("[Content_Types].xml", "<Types/>")
            sheet.writestr("xl/workbook.xml", "<workbook/>")
        (tmp_path / "torn.csv").write_bytes(b"PK\x03\x04 an archive")
        (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(to_csv().encode() * 50)[:-20])
        assert "p.parquet: it is not a Parquet file" in fails("resolve", "p.parquet", "--out", "-", status=1)
        assert "call it .xlsx" in fails("resolve", "sheet.csv", "--out", "-", status=1)
        assert "torn.csv: the zip archive is damaged" in fails("resolve", "torn.csv", "--out", "-", status=1)
        assert "cut.csv.gz: the gzip data" in fails("resolve", "cut.csv.gz", "--out", "-", status=1)
        assert "gone.csv: there is no such file" in fails("resolve", "gone.csv", "--out", "-", status=1)
        assert "is a folder" in fails("resolve", ".", "--out", "-", status=1)

    def test_lose_no_record_that_can_be_read(self, call, tmp_path):
        (tmp_path / "p.csv").write_text(to_csv() + "6,too,few\n")
        (tmp_path / "q.jsonl").write_text(to_jsonl() + '{"other": 1}\nnot json\n')
        _, out, err = call("resolve", "p.csv", "q.jsonl", "--out", "-")
        sources = [row["source"] for row in read_rows(out)]
        assert (sources.count("p"), sources.count("q")) == (5, 6)
        assert "p: 1 records cannot be read and are left out (field_count 1)" in err
        assert "q: 1 records cannot be read and are left out (not_json 1)" in err


class TestRoles:
    @pytest.fixture(autouse=True)
    def people(self, tmp_path):
        (tmp_path / "p.csv").write_text(to_csv())
        (tmp_path / "q.csv").write_text(to_csv(head=("id", "who", "mail", "tel", "born")))

    def test_given_are_the_only_ones(self, call):
        status, out, err = call("resolve", "p.csv", "--role", "dob=birth_date", "--id", "no", "--out", "-")
        assert (status, len(read_rows(out))) == (0, 5)
        assert "taken by" not in err

    def test_may_be_given_per_source(self, call):
        words = ["--role", "email=email", "--role", "q:mail=email", "--role", "phone=phone", "--role", "q:tel=phone"]
        status, out, _ = call("resolve", "p.csv", "q.csv", *words, "--id", "p:no", "--id", "q:id", "--out", "-")
        assert status == 0
        assert {len(one) for one in group(read_rows(out))} <= {1, 2, 3, 4}

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--role", "emial=email"], "did you mean 'email'?"),
            (["--role", "email=emial"], "did you mean email?"),
            (["--role", "email=mobile"], "did you mean phone?"),
            (["--role", "email"], "written column=role"),
            (["--role", "=email"], "written column=role"),
            (["--role", "email=email", "--role", "email=handle"], "given a role twice"),
            (["--role", "email=email", "--id", "nr"], "--id: the file has no column 'nr'"),
            (["--threshold", "1.5"], "between 0 and 1"),
            (["--region", "ZZ"], "--region"),
        ],
    )  # fmt: skip
    def test_and_options_that_are_wrong_are_told(self, fails, words, said):
        assert said in fails("resolve", "p.csv", *words, "--out", "-")

    def test_must_reach_every_file(self, fails):
        said = fails("resolve", "p.csv", "q.csv", "--role", "email=email", "--out", "-")
        assert "--role q:column=role" in said

    def test_need_a_name_that_tells(self, fails, tmp_path):
        (tmp_path / "x.csv").write_text(to_csv(head=("a", "b", "c", "d", "e")))
        assert "no column is called as any role is" in fails("resolve", "x.csv", "--out", "-")

    def test_of_a_file_without_a_header_quote_none_of_it(self, fails, tmp_path):
        (tmp_path / "x.csv").write_text(to_csv(head=ROWS[0]))
        fails("resolve", "x.csv", "--out", "-")
        fails("resolve", "x.csv", "--role", "name=full_name", "--out", "-")

    @pytest.mark.parametrize(
        ("column", "role"),
        [
            ("First Name", "given_name"), ("customerName", "full_name"), ("mailing_address_city", "city"),
            ("Phone 2", "phone"), ("address_1", "address"), ("聯絡電話", "phone"), ("客戶姓名", "full_name"),
            ("EMAIL", "email"), ("cluster", None), ("spouse_first_name", None), ("event_date", None), ("", None),
        ],
    )  # fmt: skip
    def test_are_told_by_names(self, column, role):
        assert guess_role(column) == role

    def test_have_names_that_belong_to_one_alone(self):
        words = [word for names in NAMES.values() for word in names.split()]
        assert len(words) == len(set(words))
        assert set(NAMES) == set(ROLES)


class TestRecords:
    def test_without_an_id_fall_back_to_their_row(self, call, tmp_path):
        (tmp_path / "p.csv").write_text(to_csv([(" ", *row[1:]) if row[0] == "4" else row for row in ROWS]))
        status, out, err = call("resolve", "p.csv", "--id", "no", "--out", "-")
        assert status == 0
        assert "1 records have no id" in err
        assert [row["record"] for row in read_rows(out)] == ["1", "2", "3", "row 4", "5"]

    def test_with_one_id_and_other_content_are_refused(self, fails, tmp_path):
        (tmp_path / "p.csv").write_text(to_csv([("1", *row[1:]) for row in ROWS]))
        assert "5 records share their id in column 'no'" in fails("resolve", "p.csv", "--id", "no", "--out", "-")

    def test_repeated_whole_count_once(self, call, tmp_path):
        (tmp_path / "p.csv").write_text(to_csv([*ROWS, ROWS[0]]))
        status, out, err = call("resolve", "p.csv", "--id", "no", "--out", "-")
        assert (status, len(read_rows(out))) == (0, 5)
        assert "1 rows repeat a record" in err

    def test_alone_have_no_score(self, call, tmp_path):
        (tmp_path / "p.csv").write_text(to_csv())
        rows = read_rows(call("resolve", "p.csv", "--out", "-")[1])
        assert [(r["record"], r["score"]) for r in rows if r["rule"] == "alone"] == [("4", "")]
        assert all(0.5 <= float(r["score"]) <= 1 for r in rows if r["rule"] != "alone")
        assert {r["rule"] for r in rows} <= {"email", "phone", "likeness", "copy", "alone"}

    def test_have_the_same_customers_in_any_order(self, call, tmp_path):
        (tmp_path / "p.csv").write_text(to_csv())
        first = read_rows(call("resolve", "p.csv", "--id", "no", "--out", "-")[1])
        (tmp_path / "p.csv").write_text(to_csv(ROWS[::-1]))
        second = read_rows(call("resolve", "p.csv", "--id", "no", "--out", "-")[1])
        assert {r["record"]: r["customer_id"] for r in first} == {r["record"]: r["customer_id"] for r in second}
        assert [r["record"] for r in second] == list("54321")
        assert all(len(r["customer_id"]) == 16 and r["customer_id"].startswith("C") for r in first)

    @pytest.mark.parametrize(
        ("body", "count"),
        [
            ("email\na@example.com\nb@example.com\na@example.com\n", 3),
            ('name,email\n,\n,\n"",""\n', 3),
            ("name,email\nAda Example,ada@example.com\n", 1),
        ],
        ids=["one column", "all nulls", "one record"],
    )  # fmt: skip
    def test_however_little_they_say_get_a_row_each(self, call, tmp_path, body, count):
        (tmp_path / "p.csv").write_text(body)
        status, out, _ = call("resolve", "p.csv", "--out", "-")
        assert (status, len(read_rows(out))) == (0, count)

    def test_that_are_all_equal_are_quick(self, call, tmp_path):
        (tmp_path / "p.csv").write_text("name,email\n" + "Ada Example,ada@example.com\n" * 100_000)
        status, out, err = call("resolve", "p.csv", "--out", "-")
        assert (status, out.count("\n")) == (0, 100_001)
        assert "100,000 records are 1 customers" in err

    def test_of_one_file_are_never_tied_where_files_are_linked(self, call, tmp_path):
        (tmp_path / "p.csv").write_text(to_csv())
        (tmp_path / "q.csv").write_text(to_csv(ROWS[:2]))
        _, out, _ = call("resolve", "p.csv", "q.csv", "--link-only", "--out", "-")
        sources = {}
        for row in read_rows(out):
            sources.setdefault(row["customer_id"], []).append(row["source"])
        assert all(len(of) == len(set(of)) for of in sources.values())


class TestTargets:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--out", "gone/who.csv"], "there is no folder gone"),
            (["--out", "p.csv"], "one of the files that are read"),
            (["--out", "who.xlsx"], "is not a known format"),
            (["--out", "who.csv", "--edges", "who.csv"], "must be different files"),
            (["--out", "who.csv", "--save-model", "-"], "must be a file"),
            (["--out", "who.csv", "--model", "p.csv"], "holds no model"),
        ],
    )
    def test_that_cannot_be_are_told_before_any_work(self, fails, tmp_path, words, said):
        (tmp_path / "p.csv").write_text(to_csv())
        assert said in fails("resolve", "p.csv", *words)
        assert (tmp_path / "p.csv").read_text() == to_csv()
        assert sorted(p.name for p in tmp_path.iterdir()) == ["p.csv"]

    def test_take_a_model_and_give_it_back(self, call, fails, tmp_path):
        (tmp_path / "p.csv").write_text(to_csv())
        status, first, err = call("resolve", "p.csv", "--model", "m.json", "--save-model", "m.json", "--out", "-")
        assert status == 0
        assert "there is no m.json yet" in err
        kept = json.loads((tmp_path / "m.json").read_text())
        assert kept["version"] == 2
        assert not [value for value in VALUES if value in (tmp_path / "m.json").read_text()]
        assert call("resolve", "p.csv", "--model", "m.json", "--out", "-")[1] == first
        (tmp_path / "m.json").write_text(json.dumps(kept | {"version": 9}))
        assert "another version" in fails("resolve", "p.csv", "--model", "m.json", "--out", "-")
        (tmp_path / "m.json").write_text(json.dumps(kept))
        (tmp_path / "m.json.keys" / "identity.key").unlink()
        assert "sealed by another key; put the key back into" in fails(
            "resolve", "p.csv", "--model", "m.json", "--out", "-"
        )

    def test_refuse_a_model_of_other_fields(self, call, fails, tmp_path):
        (tmp_path / "p.csv").write_text(to_csv())
        (tmp_path / "q.csv").write_text("address,city\n1 High Street,Leeds\n2 High Street,Leeds\n")
        call("resolve", "p.csv", "--save-model", "m.json", "--out", "-")
        fails("resolve", "q.csv", "--model", "m.json", "--out", "-")


class TestEvaluate:
    @pytest.fixture
    def files(self, call, tmp_path):
        (tmp_path / "p.csv").write_text(to_csv())
        truth = "".join(f"{record},{person}\n" for record, person in SAME.items())
        (tmp_path / "truth.csv").write_text("record,person_id\n" + truth)
        call("resolve", "p.csv", "--id", "no", "--out", "who.csv")
        return "--truth", "truth.csv", "--clusters", "who.csv"

    def test_says_how_well_it_fits(self, call, files):
        status, out, err = call("evaluate", *files)
        assert status == 0
        said = [line.split() for line in out.splitlines()]
        assert ["pairs", "1.0000", "1.0000", "1.0000", "2"] in said
        assert ["exact", "clusters", "3", "of", "3", "(100.0%)"] in said
        assert "group is person_id" in err

    def test_gives_the_same_as_json(self, call, files):
        told = json.loads(call("evaluate", *files, "--format", "json")[1])
        assert (told["pairs"]["f1"], told["b_cubed"]["f1"], told["exact_clusters"]) == (1.0, 1.0, 3)
        assert (told["records"], told["largest_cluster"]) == (5, 2)

    def test_scores_by_names(self, call, files, tmp_path):
        (tmp_path / "names.csv").write_text(to_csv().replace("no,", "record,", 1))
        told = json.loads(call("evaluate", *files, "--names", "names.csv", "--format", "json")[1])
        assert told["pairs_by_script"]["Latin"]["true"] == 2
        assert sum(g["true"] for g in told["pairs_by_surname"].values()) == 2

    def test_tells_records_missing_on_either_side(self, call, files, tmp_path):
        (tmp_path / "truth.csv").write_text("record,person_id\n1,a\n3,a\n77,a\n")
        told = json.loads(call("evaluate", *files, "--format", "json")[1])
        assert (told["records_missing_in_clusters"], told["records_missing_in_truth"]) == (1, 3)
        assert told["pairs"] == {"true": 3, "found": 1, "both": 1, "precision": 1.0, "recall": 1 / 3, "f1": 0.5}

    @pytest.mark.parametrize(
        ("body", "words", "said"),
        [
            ("record,x\n1,a\n", [], "name it with --truth-column"),
            ("record,person_id\n1,a\n", ["--truth-column", "personid2"], "did you mean 'person_id'?"),
            ("record,person_id\n1,a\n1,b\n", [], "2 rows share their record"),
            ("record,person_id\n1,\n", [], "no row with a record and a group"),
            ("record,person_id\n99,a\n", [], "no record of the truth is in the clusters"),
            ("record,person_id\n1,a\n", ["--format", "xml"], "--format xml"),
            ("record,person_id\n1,a\n", ["--names", "truth.csv"], "no column called as names are"),
        ],
    )
    def test_tells_what_is_wrong(self, fails, files, tmp_path, body, words, said):
        (tmp_path / "truth.csv").write_text(body)
        assert said in fails("evaluate", *files, *words)

    def test_takes_the_current_generation_and_its_names(self, call, first_night, tmp_path):
        (tmp_path / "truth.csv").write_text("source,account_id,person_id\ncrm,C1,a\ncrm,C2,b\n")
        told = call("evaluate", "--truth", "truth.csv", "--home", first_night.home.root, "--format", "json")[1]
        assert json.loads(told)["records_missing_in_clusters"] == 0
        assert "pairs_by_script" in json.loads(told)

    def test_tells_that_nothing_is_published(self, fails, tmp_path):
        (tmp_path / "truth.csv").write_text("record,person_id\n1,a\n")
        fails("evaluate", "--truth", "truth.csv", "--home", tmp_path / "none")


@pytest.mark.parametrize(("pairs", "is_doubtful"), [(30, True), (20, False)])
def test_many_customers_held_together_by_likeness_alone_are_doubted(call, tmp_path, pairs, is_doubtful) -> None:
    syllables = ("Tai", "Man", "Ka", "Wai", "Siu", "Ming", "Chi", "Keung", "Yuk", "Lan")
    names = [f"Chan {syllables[n % 10]} {syllables[9 - n // 10]}" for n in range(pairs)]
    rows = [
        (f"{copy}{n}", names[n], f"{copy}{n}@example.com", "", f"19{50 + n}-0{1 + n % 9}-17")
        for n in range(pairs)
        for copy in "ab"
    ]
    (tmp_path / "crm.csv").write_text(to_csv(rows), "utf-8")
    status, _, said = call("resolve", "crm.csv", "--id", "no", "--out", "who.csv")
    assert status == 0
    assert (f"{pairs} of {pairs} customers, more than 20%, are held together by likeness alone" in said) is is_doubtful
