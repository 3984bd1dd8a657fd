"""Generated files in the shapes that people have: right where declared, else right or loud."""

from benchmarks.reliability.variants.shapes import list_dated, list_framed, list_nested, read_shapes
from benchmarks.reliability.variants.workbooks import list_workbooks, read_workbooks


def test_no_shape_is_wrong_in_silence(tmp_path):
    (outcome,) = read_shapes(tmp_path, 14)
    assert outcome.faults == []
    assert outcome.runs > 60


def test_no_workbook_is_wrong_in_silence(tmp_path):
    (outcome,) = read_workbooks(tmp_path, 14)
    assert outcome.faults == []
    assert outcome.runs > 60


def test_there_are_as_many_as_the_page_says():
    assert len([*list_nested(40), *list_framed(40), *list_dated(40)]) > 200
    assert len([*list_workbooks(40)]) > 200
