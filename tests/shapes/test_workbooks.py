"""Workbooks: what people see in a sheet is what is read, or it is refused by name."""

import gzip
import io
import zipfile
from dataclasses import replace
from datetime import date, datetime, time

import pytest

from tests.worlds.reading_world import Read, source_of
from tests.worlds.workbook_world import Error, Formula, Shown, write_workbook
from warehouse.contracts.model import Column
from warehouse.landing.files import DeliveryError

HEAD = ["id", "cust", "amt"]
SALES = source_of(*HEAD, form="xlsx", required=("id",))
AMOUNTS = replace(
    SALES, columns=(*SALES.columns[:2], Column("amt", ("amt",), "number", role="amount")), kind="transactions"
)
DAYS = replace(SALES, columns=(*SALES.columns[:2], Column("amt", ("amt",), "date")))


def read(folder, rows, source=SALES, **ways):
    body = (
        rows
        if isinstance(rows, bytes)
        else write_workbook(rows if isinstance(rows, dict) else {"Orders": rows}, **ways)
    )
    result = Read(folder, body, source)
    result.require_balance()
    return result


@pytest.mark.parametrize("way", ["shared", "inline", "str"])
@pytest.mark.parametrize("prefix", ["", "x"])
def test_cells_are_read_as_people_see_them(tmp_path, way, prefix):
    rows = [HEAD, ["00123", "a\nb", 5], ["2", " x ", 1.5], [], ["3", True, 0.1 + 0.2]]
    rows += [["4", datetime(2026, 11, 28, 10, 30, 15), time(10, 30)], [5, date(2026, 11, 28), Shown(123, "00000")]]
    assert read(tmp_path, rows, way=way, prefix=prefix).values == [
        ("00123", "a\nb", "5"),
        ("2", " x ", "1.5"),
        ("3", "true", "0.3"),
        ("4", "2026-11-28 10:30:15", "10:30:00"),
        ("5", "2026-11-28", "00123"),
    ]


def test_days_of_an_old_macintosh_are_the_same_days(tmp_path):
    rows = [HEAD, ["1", "K1", date(2026, 11, 28)]]
    assert read(tmp_path, rows, is_1904=True).values == read(tmp_path, rows).values


def test_a_table_may_stand_anywhere_with_lines_around_it(tmp_path):
    rows = [[], ["Report of orders"], [], [None, *HEAD], [None, "1", "K1", 5], [], [None, "Total", None, 5], ["end"]]
    result = read(tmp_path, rows, replace(SALES, location=replace(SALES.location, footer="Total")))
    assert result.values == [("1", "K1", "5")]
    assert result.reading.notes == [
        "1 lines before the header are left out",
        "2 lines from the footer on are left out",
    ]
    assert not result.reading.undeclared


def test_a_column_of_numbers_is_one_however_it_is_written_elsewhere(tmp_path):
    rows = [HEAD, ["1", "K1", 1.234], ["2", "K2", 1200]]
    german = replace(AMOUNTS, columns=(*AMOUNTS.columns[:2], replace(AMOUNTS.columns[2], decimal="comma")))
    for source in (AMOUNTS, german):
        assert [row[2] for row in read(tmp_path, rows, source).values] == [1.234, 1200.0]
    mixed = [*rows, ["3", "K3", "free"]]
    assert [row[2] for row in read(tmp_path, mixed, AMOUNTS).values] == ["1.2340", "1200", "free"]
    assert [row[2] for row in read(tmp_path, mixed, german).values] == ["1,2340", "1200", "free"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("[$€-407] #,##0.00", "€ 12.5"),
        ('"HK$"#,##0.00', "HK$ 12.5"),
        ("#,##0.00\\ [$EUR]", "EUR 12.5"),
        ('0.00" kg"', None),
    ],
)
def test_the_currency_that_a_format_shows_stands_beside_the_amount(tmp_path, code, text):
    values = read(tmp_path, [HEAD, ["1", "K1", Shown(12.5, code)]], AMOUNTS).values
    assert values == [("1", "K1", text or 12.5)]


def test_errors_are_no_values_and_no_numbers(tmp_path):
    rows = [HEAD, ["1", Error("#N/A"), Error("#DIV/0!")], ["2", "K2", 7]]
    result = read(tmp_path, rows, AMOUNTS)
    assert result.values == [("1", None, "#N/A"), ("2", "K2", "7")]
    assert "1 cells of column 'amt' hold an error such as #N/A, which is no value" in result.reading.notes


def test_the_declared_sheet_is_read_whatever_else_there_is(tmp_path):
    sheets = {"Summary": [["id"], ["9"]], "Orders": [HEAD, ["1", "K1", 5]]}
    chosen = replace(SALES, location=replace(SALES.location, sheet="orders"))
    assert read(tmp_path, sheets, chosen).values == [("1", "K1", "5")]
    assert read(tmp_path, {"Empty": [[]], "Orders": [HEAD, ["1", "K1", 5]]}).values == [("1", "K1", "5")]


def test_rows_that_a_filter_hides_are_read_and_said(tmp_path):
    result = read(tmp_path, [HEAD, ["1", "K1", 5], ["2", "K2", 6]], hidden={2})
    assert (len(result.values), result.reading.notes) == (2, ["1 rows are hidden in the workbook, and were read"])


def test_a_sheet_without_anything_is_an_empty_delivery(tmp_path):
    assert read(tmp_path, [[]]).reading.missing == HEAD
    assert read(tmp_path, b"").reading.notes == ["empty file"]


def test_a_workbook_is_unpacked_from_what_is_around_it(tmp_path):
    body = write_workbook({"Orders": [HEAD, ["1", "K1", 5]]})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("orders.xlsx", body)
    for way in (gzip.compress(body), packed.getvalue()):
        assert read(tmp_path, way).values == [("1", "K1", "5")]


def pack(**members):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "."), text)
    return body.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BAD = {
    "several sheets": ({"A": [HEAD, ["1"]], "B": [["x"]]}, "2 sheets hold something .'A', 'B'.; declare by c360.sheet"),
    "sheets called by a person": ({"A": [HEAD], "Chan Tai Man": [["x"]]}, "hold something .2, not named here."),
    "merged header": ([HEAD, ["1", "K1", 5]], "its header has merged cells"),
    "uncounted formula": ([HEAD, ["1", "K1", Formula("A1+1")]], "1 cells have a formula without a value"),
    "long number": ([HEAD, [12345678901234567890, "K1", 5]], "numbers of more than 15 digits"),
    "header twice": ([["id", "cust", "cust"], ["1", "K1", 5]], "names the column 'cust' 2 times"),
    "no header": ([["1", "K1", 5]], "names none of the declared columns"),
    "old": (OLE + b"\0" * 600, "old kind .*saved as .xlsx or CSV"),
    "password": (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "has a password"),
    "binary": (pack(**{"[Content_Types]__xml": "", "xl/workbook__bin": ""}), "binary workbook"),
    "open document": (pack(mimetype="", content__xml=""), "OpenDocument"),
    "text": (pack(**{"[Content_Types]__xml": "", "word/document__xml": ""}), "no .xlsx workbook"),
    "CSV": ("id,cust,amt\n1,K1,5\n", "no .xlsx workbook; have it saved as one, or declare the format"),
    "cut off": (write_workbook({"A": [HEAD, ["1"]]})[:-40], "damaged"),
    "wide and long": ({"A": [HEAD, *[[]] * 200_000, [None] * 150 + ["x"]]}, "spans more than 20,000,000 cells"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_as_people_see_it_is_refused(tmp_path, name):
    rows, cure = BAD[name]
    merged = ("A1:B1",) if name == "merged header" else ()
    with pytest.raises(DeliveryError, match=cure):
        read(tmp_path, rows.encode() if isinstance(rows, str) else rows, merged=merged)


def test_merged_cells_are_refused_unless_the_column_carries_down(tmp_path):
    rows = [HEAD, ["1", "K1", 5], ["2", None, 6]]
    with pytest.raises(DeliveryError, match="only the first of them has the value"):
        read(tmp_path, rows, merged=("B2:B3",))
    carried = replace(SALES, columns=(SALES.columns[0], replace(SALES.columns[1], carries_down=True), SALES.columns[2]))
    assert len(read(tmp_path, rows, carried, merged=("B2:B3",)).values) == 2
    assert len(read(tmp_path, rows, merged=("E2:E3",)).values) == 2


def test_days_that_a_program_may_have_turned_are_refused(tmp_path):
    rows = [HEAD, ["1", "K1", date(2026, 3, 4)], ["2", "K2", "25/03/2026"]]
    with pytest.raises(DeliveryError, match="days both as dates and as texts"):
        read(tmp_path, rows, DAYS)
    assert read(tmp_path, rows[:2], DAYS).values == [("1", "K1", datetime(2026, 3, 4))]


def test_a_bomb_is_stopped(tmp_path, monkeypatch):
    body = write_workbook({"A": [HEAD, ["1", "x" * 2_000_000, 5]]})
    assert len(body) < 20_000
    monkeypatch.setenv("C360_UNPACKED_GB", "0.001")
    with pytest.raises(DeliveryError, match="if that is right, set C360_UNPACKED_GB higher"):
        read(tmp_path, body)


def test_a_workbook_declared_as_csv_names_the_cure(tmp_path):
    with pytest.raises(DeliveryError, match="declare the format xlsx"):
        read(tmp_path, write_workbook({"A": [HEAD]}), source_of(*HEAD))
