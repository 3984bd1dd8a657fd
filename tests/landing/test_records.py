"""Physical records are counted and told apart over the bytes."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.landing.formats.text.csv_dialect import Dialect
from warehouse.landing.formats.text.csv_records import RECORD_LIMIT, Kind, split_records, whole_lines
from warehouse.landing.formats.text.json_elements import Elements


def split(text, width=3, is_end=True, is_unfinished=False, **dialect):
    """Rule or kind and text of each record."""
    form = Dialect(b",", dialect.get("is_quoted", True), width, dialect.get("is_padded", False))
    found = split_records(text, form, is_end, is_unfinished)
    kinds = [Kind(kind).name for kind in found.kinds.tolist()]
    texts = [text[start:end] for start, end in zip(found.starts.tolist(), found.ends.tolist(), strict=True)]
    return list(zip(kinds, texts, strict=True))


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"a,b,c", "plain"),
        (b"a,b,c\r", "plain"),
        (b'"a","b,b","c""c"', "plain"),
        (b'"","",""', "plain"),
        (b',,""', "plain"),
        (b'a,12" ruler,c', "loose"),
        (b'a,"say \\"hi, you\\"",c', "loose"),
        (b'a,"b,c', "repaired"),
        (b'a,"Good" she said,c', "repaired"),
        (b'a,b,"c', "unclosed_quote"),
        (b'a,"b', "unclosed_quote"),
        (b"a,b", "field_count"),
        (b"a,b,c,d", "field_count"),
        (b"a,b\0,c", "nul_byte"),
        (b"a,\xff,c", "encoding"),
        (b"a,\xff", "encoding"),
    ],
)
def test_each_line_has_its_kind_and_its_neighbours_stay(line, kind):
    text = b"1,2,3\n" + line + b"\n4,5,6\n"
    kinds = [kind for kind, _ in split(text)]
    assert kinds == ["plain", kind, "plain"]


def test_lines_of_a_quoted_field_are_one_record():
    text = b'1,"two\r\n\r\n""lines"",",3\r\n4,5,6\r\n'
    assert split(text) == [("plain", b'1,"two\r\n\r\n""lines"",",3'), ("plain", b"4,5,6")]


def test_a_record_of_several_lines_with_a_flaw_is_one_fault():
    assert split(b'1,"x\n\xff\ny",3\n4,5,6\n') == [("encoding", b'1,"x\n\xff\ny",3'), ("plain", b"4,5,6")]


def test_blank_lines_are_no_records():
    assert split(b"\n1,2,3\n\r\n\n4,5,6\n\n") == [("plain", b"1,2,3"), ("plain", b"4,5,6")]


def test_a_quote_that_never_closes_costs_one_line():
    lines = [b"%d,b,c" % number for number in range(5000)]
    lines[2500] = b'2500,"b'
    records = split(b"\n".join(lines) + b"\n")
    assert [text for _, text in records] == lines
    assert [kind for kind, _ in records if kind != "plain"] == ["unclosed_quote"]


def test_two_stray_quotes_do_not_swallow_the_records_between_them():
    lines = [b"%d,b,c,d,e" % number for number in range(100)]
    lines[10], lines[90] = b'10,b,c,d,"e', b'90,b,c,d,12"'
    records = split(b"\n".join(lines) + b"\n", width=5)
    assert [text for _, text in records] == lines
    assert [kind for kind, _ in records if kind != "plain"] == ["unclosed_quote", "stray_quote"]


def test_without_quoting_a_quote_is_a_character():
    assert split(b'a,"b,c\n"d,e,f"\n', is_quoted=False) == [("plain", b'a,"b,c'), ("plain", b'"d,e,f"')]


def test_blanks_before_quotes_where_the_dialect_has_them():
    assert split(b'a, "b, b", "c"\n', is_padded=True) == [("loose", b'a, "b, b", "c"')]


@pytest.mark.parametrize("line", [b"4,5", b'4,"5', b'4,5,"6'])
def test_a_last_line_that_was_cut_is_unfinished(line):
    assert split(b"1,2,3\n" + line + b"\n", is_unfinished=True)[1] == ("unfinished_line", line)
    assert split(b"1,2,3\n4,5,6\n", is_unfinished=True)[1] == ("plain", b"4,5,6")


def test_a_record_that_may_go_on_behind_the_buffer_waits():
    form = Dialect(b",", True, 3)
    found = split_records(b'1,2,3\n4,"5\n', form, is_end=False)
    assert found.consumed == 6
    assert len(found.kinds) == 1


def test_a_line_over_the_limit_is_cut_and_a_fault():
    texts = iter([b"1,2,3\n4,"] + [b"x" * (1 << 20)] * 40 + [b",6\n7,8,9\n"])
    blocks = list(whole_lines(texts))
    assert max(len(block) for block, _ in blocks) < RECORD_LIMIT + (2 << 20)
    kinds = [kind for block, _ in blocks for kind, _ in split(block)]
    assert kinds == ["plain", "too_long", "plain"]


@given(st.binary(max_size=60), st.integers(1, 20), st.integers(1, 30))
def test_whole_lines_keep_every_byte(text, step, size):
    pieces = [text[at : at + step] for at in range(0, len(text), step)]
    blocks = list(whole_lines(iter(pieces), size))
    joined = b"".join(block for block, _ in blocks)
    assert joined == text + b"\n" * (bool(text) and not text.endswith(b"\n"))
    assert all(block.endswith(b"\n") for block, _ in blocks)


CELL = st.text(alphabet=st.sampled_from('ab,"\n\r ;é中'), max_size=6)


@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=12), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
)
@settings(max_examples=300)
def test_what_csv_writes_is_split_where_it_was_joined(rows, quoting):
    written = io.StringIO()
    csv.writer(written, quoting=quoting, lineterminator="\n").writerows(rows)
    records = split(written.getvalue().encode())
    assert len(records) == len(rows)
    assert {kind for kind, _ in records} <= {"plain", "loose"}


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a"\\[]{},: é', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='a"\\', max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def pieces_of(text, step):
    return iter([text[at : at + step] for at in range(0, len(text), step)])


@given(st.lists(VALUE, max_size=6), st.integers(1, 40), st.sampled_from([None, 2]))
@settings(max_examples=300)
def test_the_elements_of_an_array_are_what_it_was_made_of(values, step, indent):
    elements = Elements(is_array=True)
    text = json.dumps(values, indent=indent, ensure_ascii=False).encode()
    assert [json.loads(element) for element in elements.read(pieces_of(text, step))] == values
    assert elements.is_whole


@given(
    st.lists(st.dictionaries(st.text(alphabet='a"\\}', max_size=3), VALUE, max_size=3), max_size=4), st.integers(1, 40)
)
def test_objects_one_behind_the_other_are_told_apart(values, step):
    elements = Elements(is_array=False)
    text = "\n".join(json.dumps(value, indent=1) for value in values).encode()
    assert [json.loads(element) for element in elements.read(pieces_of(text, step))] == values
    assert elements.is_whole


@pytest.mark.parametrize(
    ("text", "count", "held"),
    [
        (b'[{"a":1},{"a":2', 1, b'{"a":2'),
        (b'[{"a":1},{"a":2}', 2, b""),
        (b'[{"a":1},', 1, b""),
        (b'[{"a":1}] {"b":2}', 1, b'{"b":2}'),
        (b'[{"a":1}]]', 1, b"]"),
    ],
)
def test_a_damaged_array_gives_its_whole_elements_and_says_so(text, count, held):
    for step in (1, 3, 100):
        elements = Elements(is_array=True)
        assert len(list(elements.read(pieces_of(text, step)))) == count
        assert bytes(elements.held.strip()) == held
        assert not elements.is_whole
