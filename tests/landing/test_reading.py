"""CSV deliveries, whatever packing, encoding and dialect they come in, are read record by record."""

import codecs
import csv
import gzip
import io
import random
from functools import partial

import polars as pl
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.worlds.reading_world import Read, source_of
from warehouse import ROOT
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats import compression as unpacking
from warehouse.landing.formats import read_delivery
from warehouse.landing.formats.batch import Reading
from warehouse.landing.formats.text import csv as csv_files
from warehouse.landing.formats.text.csv_records import whole_lines

DATA = ROOT.parent / "shared" / "data"
PEOPLE = source_of("id", "name", "city")
SMALL = "id,name,city\n1,Ann,Wan Chai\n2,陳大文,\n"


def read(folder, body, source=PEOPLE, **options):
    result = Read(folder, body, source, **options)
    result.require_balance()
    return result


# What is read


def test_rows_are_text_with_record_numbers_and_empty_is_null(tmp_path):
    result = read(tmp_path, SMALL + '3,"",007\n')
    assert result.rows == [(1, "1", "Ann", "Wan Chai"), (2, "2", "陳大文", None), (3, "3", None, "007")]
    assert dict(result.frame.schema) == {"_record": pl.Int64, "id": pl.String, "name": pl.String, "city": pl.String}
    assert (result.faults, result.reading.notes, result.reading.physical_count) == ([], [], 3)


@pytest.mark.parametrize(
    "body", [SMALL.strip(), SMALL.replace("\n", "\r\n"), SMALL.replace("\n", "\n\n"), "\n" + SMALL]
)
def test_line_ends_and_blank_lines_do_not_matter(tmp_path, body):
    assert read(tmp_path, body).values == [("1", "Ann", "Wan Chai"), ("2", "陳大文", None)]


def test_carriage_returns_alone_end_lines_where_nothing_else_does(tmp_path):
    result = read(tmp_path, SMALL.replace("\n", "\r"))
    assert result.values == [("1", "Ann", "Wan Chai"), ("2", "陳大文", None)]
    assert "carriage returns" in result.reading.notes[0]


def test_line_breaks_and_lone_returns_inside_quotes_are_kept(tmp_path):
    result = read(tmp_path, 'id,name,city\r\n1,"a\r\nb\rc\nd, ""e""",x\r\n#2,y,z\r\n')
    assert result.values == [("1", 'a\r\nb\rc\nd, "e"', "x"), ("#2", "y", "z")]


def test_a_field_of_three_megabytes_is_read(tmp_path):
    text = "長 text, with \n breaks " * 150_000
    assert read(tmp_path, f'id,name,city\n1,"{text}",x\n').values == [("1", text, "x")]


def test_batches_have_no_more_rows_than_asked_for(tmp_path):
    body = "id,name,city\n" + "".join(f"{number},x,y\n" for number in range(25)) + "x\n"
    result = read(tmp_path, body, batch_rows=10)
    assert [batch.rows.height for batch in result.batches] == [10, 10, 5]
    assert result.rules == [(26, "field_count")]


# Header


def test_columns_are_found_by_name_in_any_order(tmp_path):
    result = read(tmp_path, "city,extra,ID , name\nWan Chai,secret,1,Ann\n")
    assert result.rows == [(1, "1", "Ann", "Wan Chai")]
    assert result.reading.undeclared == {"extra": 1}
    assert [note for note in result.reading.notes if "'ID '" in note]


@pytest.mark.parametrize("mark", ["\ufeff\ufeff", "\u200b", "\u2060"])
def test_marks_that_nobody_sees_are_no_part_of_a_name(tmp_path, mark):
    result = read(tmp_path, f"{mark}id,name,ci{mark}ty\n1,Ann,Wan Chai\n")
    assert result.values == [("1", "Ann", "Wan Chai")]
    assert [note for note in result.reading.notes if "column 'id' is called" in note]


def test_a_missing_column_is_null_and_named(tmp_path):
    result = read(tmp_path, "name,id\nAnn,1\n")
    assert result.values == [("1", "Ann", None)]
    assert result.reading.missing == ["city"]


def test_a_header_alone_has_no_records(tmp_path):
    result = read(tmp_path, "id,name,city\n")
    assert (result.rows, result.reading.physical_count, result.reading.missing) == ([], 0, [])


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "parquet"])
def test_an_empty_file_has_no_records_and_misses_everything(tmp_path, form):
    result = read(tmp_path, b"", source_of("id", "name", form=form))
    assert (result.rows, result.faults, result.reading.missing) == ([], [], ["id", "name"])
    assert result.reading.notes == ["empty file"]


@pytest.mark.parametrize("body", ["\n", "\r\n\r\n"])
def test_blank_lines_alone_have_no_records(tmp_path, body):
    result = read(tmp_path, body)
    assert (result.rows, result.reading.missing) == ([], ["id", "name", "city"])
    assert "blank lines only" in result.reading.notes


def test_columns_without_a_name_do_not_matter(tmp_path):
    result = read(tmp_path, "id,name,city,,\n1,Ann,x,,\n")
    assert result.values == [("1", "Ann", "x")]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("id,name,id", r"source shop, delivery day\.csv: .*'id' 2 times"),
        ("ID,Id,name", "'id' 2 times"),
        ("Mary,8 Peak Road,91234567", "none of the declared columns"),
    ],
)
def test_a_header_that_cannot_be_matched_is_refused_without_a_value(tmp_path, header, message):
    with pytest.raises(DeliveryError, match=message) as error:
        read(tmp_path, header + "\n1,2,3\n")
    assert "Mary" not in str(error.value)


# Dialect


@pytest.mark.parametrize(("delimiter", "shown"), [(";", "';'"), ("\t", "tab"), ("|", "'|'")])
def test_a_delimiter_is_sniffed_and_said(tmp_path, delimiter, shown):
    result = read(tmp_path, 'id;name;city\n1;"a;b";x, y\n'.replace(";", delimiter))
    assert result.values == [("1", f"a{delimiter}b", "x, y")]
    assert result.reading.notes == [f"delimiter {shown} (sniffed)"]


@pytest.mark.parametrize(("form", "declared"), [("csv", ";"), ("csv", "semicolon"), ("tsv", None), ("csv", "\\t")])
def test_a_declared_delimiter_is_taken(tmp_path, form, declared):
    body = "id;name\n1;x,y\n" if declared in {";", "semicolon"} else "id\tname\n1\tx,y\n"
    result = read(tmp_path, body, source_of("id", "name", form=form, delimiter=declared))
    assert (result.values, result.reading.notes) == ([("1", "x,y")], [])


def test_quoting_may_be_declared_absent(tmp_path):
    result = read(tmp_path, 'id,name,city\n1,"a,"\n2,b"",\n', source_of("id", "name", "city", quoting=False))
    assert result.values == [("1", '"a', '"'), ("2", 'b""', None)]


def test_blanks_before_quotes_are_sniffed_and_said(tmp_path):
    result = read(tmp_path, 'id,name,city\n1, "Chan, Ann", "x"\n2, "Bo", "y"\n')
    assert result.values == [("1", "Chan, Ann", "x"), ("2", "Bo", "y")]
    assert "blanks between delimiter and quote (sniffed)" in result.reading.notes


def test_a_quote_escaped_with_a_backslash_is_read(tmp_path):
    result = read(tmp_path, 'id,name,city\n1,"say \\"hi, you\\"",x\n')
    assert result.values == [("1", 'say "hi, you"', "x")]


# Dirt


def test_each_unreadable_record_is_a_fault_with_its_number_and_text(tmp_path):
    body = b'id,name,city\n1,a,b\n2,a\n3,"a\n\n4,\xb6\xc0,b\n5,a\0,b\n6,12" ruler,b\n7,"a,b\n8,a'
    result = read(tmp_path, body)
    assert result.rows == [(1, "1", "a", "b"), (6, "6", '12" ruler', "b"), (7, "7", "a", "b")]
    assert result.faults == [
        (2, "field_count", "2,a"),
        (3, "unclosed_quote", '3,"a'),
        (4, "encoding", None),
        (5, "nul_byte", "5,a\0,b"),
        (8, "unfinished_line", "8,a"),
    ]
    assert result.reading.notes == ["1 records had a stray quote, taken as a character"]


def test_the_text_of_a_fault_is_not_kept_where_it_may_hold_undeclared_columns(tmp_path):
    result = read(tmp_path, "id,name,city,card\n1,a,b\n")
    assert result.faults == [(1, "field_count", None)]


def test_the_text_of_a_fault_is_cut(tmp_path):
    result = read(tmp_path, "id,name,city\n" + "長" * 20_000 + "\n")
    assert result.faults == [(1, "field_count", "長" * 10_000)]


def test_a_record_over_the_limit_is_a_fault(tmp_path):
    body = b"id,name,city\n1,a,b\n2," + b"x" * (17 << 20) + b",b\n3,a,b\n"
    result = read(tmp_path, body)
    assert (result.rules, [row[0] for row in result.rows]) == ([(2, "too_long")], [1, 3])


# Encoding


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, b""])
def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path, mark):
    assert read(tmp_path, mark + SMALL.encode()).values[1] == ("2", "陳大文", None)


TEXTS = {
    "utf-16": "陳大文",
    "utf-16-le": "陳大文",
    "utf-32": "陳大文",
    "big5hkscs": "陳大文,香港九龍彌敦道",
    "gb18030": "陈大文,北京市朝阳区",
    "cp932": "山田太郎,東京都",
    "cp949": "김철수,서울",
    "cp1252": "José García,Málaga",
    "cp1251": "Иван Петров,Москва",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_another_encoding_is_sniffed_and_said(tmp_path, encoding):
    body = "id,name,city\n" + "".join(f'{n},"{TEXTS[encoding]}",Wan Chai\n' for n in range(20))
    result = read(tmp_path, body.encode(encoding))
    assert set(row[1:] for row in result.values) == {(TEXTS[encoding], "Wan Chai")}
    assert result.reading.notes == [f"encoding {encoding} (sniffed)"]


def test_a_declared_encoding_is_taken_and_its_undecodable_lines_are_faults(tmp_path):
    # 0x7C, the second byte of this character, is also the delimiter.
    body = "id|name|city\n1|慪|功\n".encode("big5") + b"2|\xff|x\n" + "3|陳|x\n".encode("big5")
    result = read(tmp_path, body, source_of("id", "name", "city", encoding="big5", delimiter="|"))
    assert result.values == [("1", "慪", "功"), ("3", "陳", "x")]
    assert result.faults == [(2, "encoding", None)]


def test_an_unknown_encoding_is_refused(tmp_path):
    with pytest.raises(DeliveryError, match="unknown encoding 'big6'"):
        read(tmp_path, SMALL, source_of("id", encoding="big6"))


def test_utf16_cut_inside_a_character_loses_that_record_alone(tmp_path):
    result = read(tmp_path, SMALL.encode("utf-16") + b"3\0,\0x\0,\0y")
    assert result.rules == [(3, "encoding")]
    assert len(result.rows) == 2


# Packing


def zstd(body):
    return zstandard.ZstdCompressor(write_checksum=True).compress(body)


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_packed_deliveries_are_read_by_their_first_bytes(tmp_path, pack):
    whole, parts = read(tmp_path, pack(SMALL.encode())), pack(SMALL[:20].encode()) + pack(SMALL[20:].encode())
    assert whole.values == read(tmp_path, parts).values == [("1", "Ann", "Wan Chai"), ("2", "陳大文", None)]


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_damaged_packing_is_refused(tmp_path, pack, damage):
    body = bytearray(pack(random.Random(1).randbytes(3000).hex().encode()))
    if damage == "cut":
        del body[-20:]
    else:
        body[1000] ^= 0xFF
        body[1001] ^= 0xFF
    with pytest.raises(DeliveryError, match="have it delivered again"):
        read(tmp_path, b"%b" % body)


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_a_bomb_is_stopped(tmp_path, pack, monkeypatch):
    monkeypatch.setenv("C360_UNPACKED_GB", "0.01")
    with pytest.raises(DeliveryError, match=r"more than 0\.01 GB.*C360_UNPACKED_GB"):
        read(tmp_path, pack(b"id,name,city\n" + b"".join(b"%d,name,city\n" % n for n in range(1_000_000))))


# Properties

CELL = st.text(
    alphabet=st.one_of(
        st.sampled_from('",\n\r;\t ab#\\'), st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    ),
    max_size=8,
)
TABLE = st.lists(st.tuples(CELL, CELL, CELL), max_size=8)
MODES = [csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]
FORM = source_of("id", "name", "city", delimiter=",", encoding="utf-8")
same_folder = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write_csv(table, quoting, end="\n"):
    written = io.StringIO()
    csv.writer(written, quoting=quoting, lineterminator=end).writerows([("id", "name", "city"), *table])
    return written.getvalue()


@given(table=TABLE, quoting=st.sampled_from(MODES), end=st.sampled_from(["\n", "\r\n"]))
@same_folder
def test_what_csv_writes_is_read_back(tmp_path, table, quoting, end):
    # The csv module leaves a carriage return bare where it ends lines otherwise: nobody can tell what it meant.
    end = "\r\n" if quoting == csv.QUOTE_MINIMAL else end
    result = read(tmp_path, write_csv(table, quoting, end), FORM)
    assert result.values == [tuple(value or None for value in row) for row in table]
    assert result.faults == []


@given(table=TABLE, quoting=st.sampled_from(MODES), data=st.data(), form=st.sampled_from([PEOPLE, FORM]))
@same_folder
def test_no_damage_loses_a_record_without_trace(tmp_path, table, quoting, data, form):
    body = bytearray(write_csv(table, quoting).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        damage(body, data)
    refusal = ""
    try:
        read(tmp_path, bytes(body), form)
    except DeliveryError as error:
        refusal = str(error)
    assert "physical records" not in refusal


@given(table=TABLE, quoting=st.sampled_from(MODES), size=st.integers(1, 60), data=st.data())
@same_folder
def test_where_blocks_end_does_not_matter(tmp_path, table, quoting, size, data):
    body = bytearray(write_csv(table, quoting).encode())
    header = body.index(b"\n") + 1
    rest = body[header:]
    damage(rest, data)
    whole = read(tmp_path, bytes(body[:header] + rest), FORM)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unpacking, "BLOCK_BYTES", size)
        patch.setattr(csv_files, "whole_lines", partial(whole_lines, size=size))
        parts = read(tmp_path, bytes(body[:header] + rest), FORM)
    assert (parts.rows, parts.faults) == (whole.rows, whole.faults)


def damage(body, data):
    """One thing that happens to files."""
    at = data.draw(st.integers(0, len(body)))
    kind = data.draw(st.sampled_from(["insert", "delete", "cut", "flip"]))
    if kind == "insert":
        body[at:at] = data.draw(st.sampled_from([b'"', b"\0", b"\n", b",", b"\r", b"\xff", b'""']))
    elif kind == "delete":
        del body[at : at + 2]
    elif kind == "cut":
        del body[at:]
    elif at < len(body):
        body[at] ^= data.draw(st.integers(1, 255))


LINES = [f"{number},n{number},c" for number in range(30)]


@given(line=st.integers(0, 29), at=st.integers(0, 8), quotes=st.sampled_from(['"', '"""', ' "']))
@same_folder
def test_a_stray_quote_costs_its_own_line_at_most(tmp_path, line, at, quotes):
    lines = list(LINES)
    lines[line] = lines[line][:at] + quotes + lines[line][at:]
    result = read(tmp_path, "id,name,city\n" + "\n".join(lines) + "\n")
    others = {tuple(text.split(",")) for number, text in enumerate(LINES) if number != line}
    assert others <= set(result.values)
    assert result.reading.physical_count == 30


def test_rows_and_faults_that_do_not_add_up_are_refused(tmp_path, monkeypatch):
    from warehouse.landing.formats.text.csv import CsvTable

    monkeypatch.setattr(CsvTable, "read_faults", lambda *_: pl.DataFrame(schema={"_record": pl.Int64}))
    with pytest.raises(DeliveryError, match="1 rows and 0 faults were read of 2 physical records"):
        Read(tmp_path, "id,name,city\n1,2,3\n4\n", PEOPLE)


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(DeliveryError, match="format 'xls' is not known"):
        read(tmp_path, b"PK", source_of("id", form="xls"))


# Real data


@pytest.mark.parametrize(
    "name",
    [
        "dedupe_example/csv_example_messy_input.csv",
        "twitter_airline/Tweets.csv",
        "openrice/valid.tsv",
        "splink/fake_1000.csv",
    ],
)
def test_real_files_read_as_the_csv_module_reads_them(name):
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    form = path.suffix[1:]
    with path.open(newline="", encoding="utf-8-sig") as file:
        header, *records = csv.reader(file, delimiter="\t" if form == "tsv" else ",")
    batches = list(read_delivery(path, path.name, source_of(*header, form=form), Reading()))
    assert [row[1:] for batch in batches for row in batch.rows.rows()] == [
        tuple(value or None for value in record) for record in records
    ]


def test_the_labelled_dirt_is_found_where_it_is():
    path = DATA / "hk_world"
    if not path.is_dir():
        pytest.skip(f"{path} is not here")
    from warehouse.contracts.read import read_source

    reading = Reading()
    source = read_source(path / "contracts" / "transactions.odcs.yaml")
    batches = list(read_delivery(path / "transactions.csv", "transactions.csv", source, reading))
    rules = [fault[:2] for batch in batches for fault in batch.faults.rows()]
    assert (rules, reading.physical_count) == ([(54025, "unfinished_line")], 54025)
    assert reading.repaired_count == 10
