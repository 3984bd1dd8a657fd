"""JSON deliveries (lines, arrays, single objects) are read record by record."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.worlds.reading_world import Read, source_of
from warehouse import ROOT
from warehouse.contracts.read import read_source
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats import read_delivery
from warehouse.landing.formats.batch import Reading

DATA = ROOT.parent / "shared" / "data"
POSTS = source_of("id", "text", "author.id", form="jsonl")
ANY = source_of("id", "text", "author.id", form="json")


def read(folder, body, source=POSTS):
    result = Read(folder, body, source)
    result.require_balance()
    return result


def test_strings_are_text_and_everything_else_is_as_it_was_written(tmp_path):
    lines = [
        r'{"id": 12345678901234567890123, "text": "a\n\"b\" 陳 \u9673", "author": {"id": 1.50}}',
        '{"id": 1e400, "text": [1, {"a": null}], "author": {"id": -0}}',
        '{"id": true, "text": {"b":2,  "a":1}, "author": {"id": ""}}',
        '{"id": "x", "text": null}',
    ]
    result = read(tmp_path, "\n".join(lines) + "\n")
    assert result.values == [
        ("12345678901234567890123", 'a\n"b" 陳 陳', "1.50"),
        ("1e400", '[1, {"a": null}]', "-0"),
        ("true", '{"b":2,  "a":1}', ""),
        ("x", None, None),
    ]
    assert (result.reading.notes, result.reading.undeclared, result.reading.missing) == ([], {}, [])


def test_what_json_forbids_and_writers_emit_is_kept_as_text(tmp_path):
    result = read(tmp_path, r'{"id": NaN, "text": "NaN \ud83d cut", "author": {"id": -Infinity}}' + "\n")
    assert result.values == [("NaN", "NaN \N{REPLACEMENT CHARACTER} cut", "-Infinity")]
    assert result.reading.notes[0].startswith("1 records hold NaN")


def test_whole_surrogate_pairs_stay_beside_halves(tmp_path):
    result = read(tmp_path, r'{"id": "\ud83d\ude00 \\ud800 \ude00"}' + "\n")
    assert result.values[0][0] == "\N{GRINNING FACE} \\ud800 \N{REPLACEMENT CHARACTER}"


def test_lines_end_at_line_feeds_alone(tmp_path):
    result = read(tmp_path, '{"id":"a\u2028b\u0085c"}\r\n\r\n  \n{"id":"d"}')
    assert [row[0] for row in result.values] == ["a\u2028b\u0085c", "d"]


BAD = [
    (b"sorry, no data", "not_json"),
    (b'{"id":"1"', "not_json"),
    (b'{"id":01}', "not_json"),
    (b'{"id":"1"} {"id":"2"}', "not_json"),
    (b'["id"]', "not_an_object"),
    (b"17", "not_an_object"),
    (b'{"id":' + b"[" * 99 + b"]" * 99 + b"}", ""),
    (b'{"id":' + b"[" * 100 + b"]" * 100 + b"}", "too_deep"),
    (b'{"id":' + b"[" * 1_000_000, "too_deep"),
    (b'{"x":' * 200_000 + b"1" + b"}" * 200_000, "too_deep"),
    (b'{"id":"\xb6\xc0"}', "encoding"),
    (b'{"id":"a\0"}', "nul_byte"),
    (b'{"id":"' + b"x" * (17 << 20) + b'"}', "too_long"),
]


@pytest.mark.parametrize(("line", "rule"), BAD, ids=[f"{rule} {line[:12]!r}" for line, rule in BAD])
def test_a_bad_line_is_a_fault_and_costs_no_other(tmp_path, line, rule):
    result = read(tmp_path, '{"id":"陳"}\n'.encode() + line + b'\n{"id":"b"}\n')
    assert result.rules == ([(2, rule)] if rule else [])
    assert [row[:2] for row in result.rows if row[0] != 2] == [(1, "陳"), (3, "b")]


def test_brackets_in_texts_are_not_depth(tmp_path):
    assert read(tmp_path, json.dumps({"id": "[{" * 200}) + "\n").faults == []


def test_a_last_line_that_was_cut_is_unfinished(tmp_path):
    body = '{"id":"a"}\n{"id":"陳'.encode()
    assert read(tmp_path, body).faults == [(2, "unfinished_line", '{"id":"陳')]
    assert read(tmp_path, body[:-1]).faults == [(2, "unfinished_line", None)]


def test_an_object_without_any_declared_field_is_a_fault_and_never_stored(tmp_path):
    result = read(tmp_path, '{"id":"a"}\n{"error":"Ann is unknown"}\n{}\n')
    assert result.faults == [(2, "no_known_field", None), (3, "no_known_field", None)]
    assert result.reading.undeclared == {"error": 1}


def test_undeclared_fields_are_counted_by_path_and_then_no_text_is_kept(tmp_path):
    result = read(tmp_path, 'oops\n{"id":"a","x":1,"author":{"id":1,"y":2}}\n{"id":"b","x":1}\n')
    hidden = "(1 field of author, not named here: they may be values)"
    assert result.reading.undeclared == {"x": 2, hidden: 1}
    assert result.faults == [(1, "not_json", None)]
    assert read(tmp_path, 'oops\n{"id":"a"}\n').faults == [(1, "not_json", "oops")]


def test_fields_named_by_data_are_counted_and_not_shown(tmp_path):
    result = read(tmp_path, json.dumps({"id": 1} | {f"ann{n}@example.hk": n for n in range(300)}) + "\n")
    assert result.reading.undeclared == {"(fields of more than 200 names)": 1}


def test_a_field_that_stands_twice_counts_once_the_last(tmp_path):
    body = '{"id":"a","id":"b"}\n{"id" : "c", "author" : {"id":1, "id": 2}}\n{"id" :"d"}\n'
    result = read(tmp_path, body)
    assert [(row[0], row[2]) for row in result.values] == [("b", None), ("c", "2"), ("d", None)]
    assert result.reading.notes == ["2 records have a field twice; the last one was taken"]


def test_a_column_no_record_has_is_missing(tmp_path):
    assert read(tmp_path, '{"id":"a","author":{"name":"x"}}\n').reading.missing == ["text", "author.id"]


def test_a_parent_of_another_kind_is_null_unless_a_required_column_is_beneath(tmp_path):
    body = '{"id":"a","author":"Ann"}\n{"id":"b","author":null}\n{"id":"c","author":{"id":"1"}}\n'
    assert [row[2] for row in read(tmp_path, body).values] == [None, None, "1"]
    strict = source_of("id", "author.id", form="jsonl", required=("author.id",))
    assert read(tmp_path, body, strict).rules == [(1, "not_an_object")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "big5hkscs"])
def test_other_encodings_are_read(tmp_path, encoding):
    body = "".join(f'{{"id":"陳大文,香港九龍彌敦道{n}號"}}\n' for n in range(9))
    assert read(tmp_path, body.encode(encoding)).values[3][0] == "陳大文,香港九龍彌敦道3號"


# Documents

PEOPLE = [{"id": "a", "text": 'x, ]"{\\'}, {"id": 2, "author": {"id": [1]}}, {"id": "c"}]


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_read_by_its_elements(tmp_path, indent):
    result = read(tmp_path, json.dumps(PEOPLE, indent=indent), ANY)
    assert [row[0] for row in result.values] == ["a", "2", "c"]
    assert result.values[0][1] == 'x, ]"{\\'
    assert (result.faults, result.reading.notes) == ([], [])


@pytest.mark.parametrize("indent", [None, 2])
def test_a_single_object_is_one_record(tmp_path, indent):
    result = read(tmp_path, json.dumps(PEOPLE[0], indent=indent), ANY)
    assert result.values == [("a", 'x, ]"{\\', None)]


@pytest.mark.parametrize(("line", "rule"), [(b'{"id":"a', "not_json"), (b'{"\x80":"\x81"}', "encoding")])
def test_lines_are_told_from_a_document_even_where_the_first_is_damaged(tmp_path, line, rule):
    result = read(tmp_path, line + '\n{"id":"陳"}\n{"id":"c"}\n'.encode(), ANY)
    assert (result.rules, [row[0] for row in result.values]) == ([(1, rule)], ["陳", "c"])


@pytest.mark.parametrize("body", ["[]", "[ ]\n"])
def test_an_empty_array_has_no_records(tmp_path, body):
    result = read(tmp_path, body, ANY)
    assert (result.rows, result.faults, result.reading.notes) == ([], [], ["no records"])


@pytest.mark.parametrize(
    ("body", "rows", "rules"),
    [
        ('[{"id":1},{"id":2},{"id":3', 2, [(3, "unfinished_document")]),
        ('[{"id":1},{"id":2}', 2, [(3, "unfinished_document")]),
        ('[{"id":1},{"id":tru},{"id":3}]', 2, [(2, "not_json")]),
        ('[{"id":1},7,{"id":3}]', 2, [(2, "not_an_object")]),
        ('[{"id":1}] {"id":2}', 1, [(2, "unfinished_document")]),
        ('{\n"id":1\n}\n{\n"id":', 1, [(2, "unfinished_document")]),
    ],
)
def test_a_damaged_document_gives_its_whole_elements(tmp_path, body, rows, rules):
    result = read(tmp_path, body, ANY)
    assert (len(result.rows), result.rules) == (rows, rules)


OBJECT = st.fixed_dictionaries({"id": st.text(max_size=5)}, optional={"text": st.text(max_size=8), "x": st.integers()})
same_folder = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(objects=st.lists(OBJECT, max_size=6), form=st.sampled_from(["lines", "array", "pretty"]))
@same_folder
def test_what_json_writes_is_read_back(tmp_path, objects, form):
    result = read(tmp_path, write_json(objects, form), ANY)
    assert result.values == [(one["id"], one.get("text"), None) for one in objects]
    assert result.faults == []


def declare_utf8(source):
    return replace(source, location=replace(source.location, encoding="utf-8"))


@given(objects=st.lists(OBJECT, max_size=6), form=st.sampled_from(["lines", "array", "pretty"]), data=st.data())
@same_folder
def test_no_damage_loses_a_record_without_trace(tmp_path, objects, form, data):
    body = bytearray(write_json(objects, form).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body)))
        body[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.binary(max_size=2) | st.sampled_from([b'"', b"}", b"]"])
        )
    refusal = ""
    try:
        # declared, as damage may look like another encoding, which is refused
        read(tmp_path, bytes(body), declare_utf8(data.draw(st.sampled_from([ANY, POSTS]))))
    except DeliveryError as error:
        refusal = str(error)
    assert not refusal


def write_json(objects, form):
    if form == "lines":
        return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects)
    return json.dumps(objects, indent=2 if form == "pretty" else None)


def test_real_posts_are_read_as_the_json_module_reads_them():
    path = DATA / "hk_world" / "social.jsonl"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    source, reading = read_source(path.parent / "contracts" / "social.odcs.yaml"), Reading()
    batches = list(read_delivery(path, path.name, source, reading))
    posts = [json.loads(line) for line in path.read_text("utf-8", errors="replace").split("\n")[:-1]]
    texts = [text for batch in batches for text in batch.rows["text"]]
    assert texts == [post["text"] for post in posts if "errors" not in post]
    assert [fault[:2] for batch in batches for fault in batch.faults.rows()] == [
        (4, "no_known_field"),
        (7569, "no_known_field"),
        (15138, "unfinished_line"),
    ]
    assert set(reading.undeclared) == {"errors", "public_metrics"}


def test_a_real_export_is_read_by_its_elements():
    path = DATA / "zendesk_challenge" / "tickets.json"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    tickets = json.loads(path.read_text("utf-8"))
    source = source_of("_id", "subject", "submitter_id", form="json")
    rows = [row for batch in read_delivery(path, path.name, source, Reading()) for row in batch.rows.rows()]
    assert [row[1:3] for row in rows] == [(one["_id"], one["subject"]) for one in tickets]
