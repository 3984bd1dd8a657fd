"""What stands around a table: a preamble, `sep=`, remarks, a footer, and the archive that it is packed in."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.worlds.reading_world import Read, source_of
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats.text.csv_frame import cut_footer

SALES = source_of("id", "cust", "amt", required=("id",))
TABLE = "id;cust;amt\n1;K1;5\n2;K2;6\n"
ROWS = [("1", "K1", "5"), ("2", "K2", "6")]


def read(folder, body, source=SALES):
    result = Read(folder, body, source)
    result.require_balance()
    return result


@pytest.mark.parametrize(
    ("above", "count"),
    [
        ("Kontoauszug\nKonto: 123;;;\nZeitraum: 01.11.2026\n\n", 4),
        ("# exported by somebody\n", 1),
        ("Report;Sales;2026\nid of the shop;7;x\n", 2),
        ("----- cust -----\n", 1),
    ],
)
def test_lines_above_the_header_are_left_out_and_said(tmp_path, above, count):
    result = read(tmp_path, above + TABLE)
    assert result.values == ROWS
    assert result.reading.notes[0] == f"{count} lines before the header are left out"


@pytest.mark.parametrize("first", ["sep=;\n", "SEP=;\r\n", '"sep=;"\n', "sep=;;;\n"])
def test_a_first_line_that_says_the_delimiter_is_believed(tmp_path, first):
    result = read(tmp_path, first + TABLE)
    assert (result.values, result.reading.notes) == (
        ROWS,
        ["its first line says the delimiter"],
    )


def test_a_table_without_a_header_is_refused_as_before(tmp_path):
    with pytest.raises(DeliveryError, match="names none of the declared columns"):
        read(tmp_path, "1;K1;5\n2;K2;6\n")


def test_a_first_line_with_a_declared_name_is_the_header(tmp_path):
    result = read(tmp_path, "id;customer;amount\nid;cust;amt\n")
    assert result.values == [("id", None, None)]


FOOTED = source_of("id", "cust", "amt", footer="----")


@pytest.mark.parametrize("footer", ["----\n2 records\n", "-----;;\n", '"----",,\n\n\nSumme;;11'])
def test_a_declared_footer_is_left_out(tmp_path, footer):
    result = read(tmp_path, f"---- title ----\n{TABLE}{footer}", FOOTED)
    assert (result.values, result.faults) == (ROWS, [])
    assert "lines from the footer on are left out" in " ".join(result.reading.notes)


@pytest.mark.parametrize("end", ["", "3;K", "----\n" + "3;K3;7\n" * 61])
def test_a_file_without_its_footer_may_be_cut_off(tmp_path, end):
    with pytest.raises(DeliveryError, match="may be cut off; have it delivered again"):
        read(tmp_path, TABLE + end, FOOTED)


@given(parts=st.lists(st.sampled_from(["a\n", "----\n", "----b\n", "c\n" * 70]), max_size=9), sizes=st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_blocks_of_any_size_are_cut_at_the_last_footer(parts, sizes):
    blocks, text = [], "".join(parts)
    lines = text.splitlines(keepends=True)
    while lines:
        size = sizes.draw(st.integers(1, len(lines)))
        blocks.append(("".join(lines[:size]).encode(), False))
        lines = lines[size:]
    last = ("\n" + text).rfind("\n----")
    try:
        found = b"".join(block for block, _ in cut_footer(iter(blocks), "----", [])).decode()
    except DeliveryError:
        assert last < 0 or text[last:].count("\n") > 60
    else:
        assert found == text[:last]


def pack(**members):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "."), text)
    return body.getvalue()


def test_a_zip_archive_of_one_file_is_unpacked(tmp_path):
    assert read(tmp_path, pack(orders__csv=TABLE)).values == ROWS
    posts = source_of("id", form="jsonl")
    assert read(tmp_path, pack(posts__jsonl='{"id": 7}\n'), posts).values == [("7",)]


@pytest.mark.parametrize(
    ("body", "cure"),
    [
        (pack(a__csv=TABLE, b__csv=TABLE), "holds 2 files; have each delivered by itself"),
        (pack(**{"[Content_Types]__xml": "", "xl/workbook__xml": ""}), "declare the format xlsx"),
        (pack(a__csv=TABLE)[:-30], "is damaged"),
        (pack(), "names none|damaged"),
    ],
)
def test_other_archives_are_refused_with_their_cure(tmp_path, body, cure):
    with pytest.raises(DeliveryError, match=cure):
        read(tmp_path, body)


def test_a_bomb_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setenv("C360_UNPACKED_GB", "0.001")
    with pytest.raises(DeliveryError, match="if that is right, set C360_UNPACKED_GB higher"):
        read(tmp_path, pack(a__csv="id;cust;amt\n" + "1;K1;5\n" * 1_000_000))
