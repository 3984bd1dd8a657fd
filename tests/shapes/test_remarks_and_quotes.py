"""CSV that RFC 4180 does not know: single quotes, remarks between records, no header."""

import pytest

from benchmarks.reliability.variants.shapes import list_remarked, read_shapes
from tests.worlds.reading_world import Read, source_of
from warehouse.landing.files import DeliveryError

NAMES = ("id", "cust", "amt")


def read(folder, body, **location):
    result = Read(folder, body, source_of(*NAMES, required=("id",), **location))
    result.require_balance()
    return result


def test_single_quotes_enclose_fields_where_that_is_declared(tmp_path):
    body = "'id','cust','amt'\n'1','a,\"b\"','5'\n'2','it''s\ntwo lines','6'\n3,plain,7\n"
    assert read(tmp_path, body, quote="single").values == [
        ("1", 'a,"b"', "5"), ("2", "it's\ntwo lines", "6"), ("3", "plain", "7"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body", ["'id','cust','amt'\n'1','K','5'\n", "id,cust,amt\n1,'K','5'\n2,'O, L','6'\n", "id;cust\n1;'K'\n"]
)
def test_fields_that_look_enclosed_in_single_quotes_are_refused(tmp_path, body):
    with pytest.raises(DeliveryError, match=r"declare c360.quote: single"):
        read(tmp_path, body)


def test_single_quotes_may_be_part_of_values(tmp_path):
    assert read(tmp_path, "id,cust,amt\n1,'K','5'\n", quote="double").values == [("1", "'K'", "'5'")]
    assert read(tmp_path, "id,cust,amt\n1,'t Hooft,5\n2,O'Brien,6\n").values == [
        ("1", "'t Hooft", "5"),
        ("2", "O'Brien", "6"),
    ]


def test_declared_remarks_are_no_records(tmp_path):
    body = '# exported\nid,cust,amt\n# one\n1,K,5\n# two, three, four\n2,"a\n# b",6\n# it\'s "x\n3,L,7\n#'
    result = read(tmp_path, body, comment="#")
    assert (result.values, result.faults) == ([("1", "K", "5"), ("2", "a\n# b", "6"), ("3", "L", "7")], [])
    assert "4 lines of remarks (c360.comment) are left out" in result.reading.notes


def test_undeclared_remarks_are_rejected_by_name(tmp_path):
    result = read(tmp_path, "id,cust,amt\n# one\n1,K,5\n# two, three, four\n#1001,L,7\n")
    assert result.rules == [(1, "comment_line"), (3, "comment_line")]
    assert result.values == [("1", "K", "5"), ("#1001", "L", "7")]
    assert read(tmp_path, "id,cust,amt\n# 1,K,5\n", comment="none").values == [("# 1", "K", "5")]


def test_records_that_begin_as_remarks_are_not_dropped(tmp_path):
    with pytest.raises(DeliveryError, match=r"most of its records begin as c360.comment says"):
        read(tmp_path, "id,cust,amt\n#1001,K,5\n#1002,L,6\n", comment="#")


def test_a_file_without_a_header_has_the_declared_columns(tmp_path):
    assert read(tmp_path, "1;K;5\n2;L;6\n", has_header=False).values == [("1", "K", "5"), ("2", "L", "6")]
    assert read(tmp_path, "1,K,5\n2,L\n", has_header=False).rules == [(2, "field_count")]


def test_a_missing_header_and_one_too_many_name_the_cure(tmp_path):
    with pytest.raises(DeliveryError, match=r"a CSV file without a header by c360.header: false"):
        read(tmp_path, "1,K,5\n2,L,6\n")
    with pytest.raises(DeliveryError, match=r"its first line is a header, and the contract says c360.header: false"):
        read(tmp_path, "id,cust,amt\n1,K,5\n", has_header=False)


def test_no_variant_is_wrong_in_silence(tmp_path):
    assert len([*list_remarked(20)]) > 60
    (outcome,) = read_shapes(tmp_path, 12)
    assert outcome.faults == []
