"""Generated files in the shapes that people have: right where declared, else right or loud."""

from benchmarks.reliability.variants.shapes import judge_all, list_dated, list_framed, list_nested


def test_no_shape_is_wrong_in_silence(tmp_path):
    outcome = judge_all(tmp_path, 14)
    assert outcome.faults == []
    assert outcome.runs > 60


def test_there_are_as_many_as_the_page_says():
    assert len([*list_nested(40), *list_framed(40), *list_dated(40)]) > 200
