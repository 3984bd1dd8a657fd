"""Records that lie within JSON documents: envelopes, pages, objects keyed by an id, the lines of orders."""

import json

import pytest

from tests.worlds.reading_world import Read, source_of
from warehouse.contracts.model import Column, Location
from warehouse.landing.files import DeliveryError
from warehouse.types.record_path import read_path, read_place

LINES = [("sku", "sku"), ("order", "$.orders[*].id"), ("mail", "$.orders[*].customer.email"), ("shop", "$.shop")]
ORDERS = {
    "shop": "s1",
    "orders": [
        {"id": 1, "customer": {"email": "ann@example.hk"}, "line_items": [{"sku": "a"}, {"sku": "b", "x": 1}]},
        {"id": 2, "note": "later", "line_items": []},
        {"id": 3, "line_items": [{"sku": "c"}]},
    ],
}
ROWS = [("a", "1", "ann@example.hk", "s1"), ("b", "1", "ann@example.hk", "s1"), ("c", "3", None, "s1")]


def nested(records, *columns, form="json"):
    """A source whose records lie at a path; a column is its name and where it is."""
    plain = source_of("id", form=form)
    found = []
    for name, place in columns:
        path = read_place(place) if place.startswith("$") else tuple(place.split("."))
        found.append(Column(name, path, "string"))
    return plain.__class__(**vars(plain) | {"columns": tuple(found),
                                            "location": Location("local", "day", form, records=records)})  # fmt: skip


def read(folder, body, source):
    result = Read(folder, body if isinstance(body, str | bytes) else json.dumps(body), source)
    result.require_balance()
    return result


@pytest.mark.parametrize("records", ["$.orders[*].line_items[*]", "orders[].line_items[]", "orders.line_items"])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_line_has_the_fields_of_what_is_around_it(tmp_path, records, indent):
    result = read(tmp_path, json.dumps(ORDERS, indent=indent), nested(records, *LINES))
    assert result.values == ROWS
    assert result.reading.undeclared == {"$.orders.note": 1, "(1 field, not named here: they may be values)": 1}
    assert result.reading.notes == ["1 objects have an empty list where c360.records says that records are"]


def test_pages_are_read_one_behind_another(tmp_path):
    pages = [ORDERS, ORDERS | {"shop": "s2"}]
    expected = ROWS + [(*row[:3], "s2") for row in ROWS]
    bodies = (json.dumps(pages), "".join(map(json.dumps, pages)), "\n".join(map(json.dumps, pages)))
    for body in bodies:
        assert read(tmp_path, body, nested("orders.line_items", *LINES)).values == expected
    lines = nested("orders.line_items", *LINES, form="jsonl")
    assert read(tmp_path, bodies[2], lines).values == expected


@pytest.mark.parametrize(
    ("records", "place", "body"),
    [
        ("$[*]", "$[*]~", {"k1": {"id": "1"}, "k2": {"id": "2"}}),
        ("orders[*]", "$.orders[*]~", {"orders": {"k1": {"id": "1"}, "k2": {"id": "2"}}}),
        ("shops[*].orders", "$.shops[*]~", {"shops": {"k1": {"orders": [{"id": 1}]}, "k2": {"orders": [{"id": 2}]}}}),
    ],
)
def test_a_key_is_a_column_like_others(tmp_path, records, place, body):
    result = read(tmp_path, body, nested(records, ("id", "id"), ("key", place)))
    assert result.values == [("1", "k1"), ("2", "k2")]


def test_lists_in_a_list_are_gone_through(tmp_path):
    assert read(tmp_path, [[{"id": 1}], [], [{"id": 2}]], nested("$[*]", ("id", "id"))).values == [("1",), ("2",)]


def test_json_that_is_written_as_text_is_read(tmp_path):
    inner = json.dumps({"id": 7, "who": {"email": "x"}})
    source = source_of("data.id", "data.who.email", form="jsonl")
    result = read(tmp_path, json.dumps({"data": inner}) + "\n", source)
    assert (result.values, result.reading.notes) == (
        [("7", "x")],
        ["1 objects were written as text, with their JSON in it"],
    )
    result = read(tmp_path, {"data": json.dumps([{"id": 7}])}, nested("data", ("id", "id")))
    assert result.values == [("7",)]


def test_an_object_without_its_records_is_one_fault_and_costs_no_other(tmp_path):
    body = {"orders": [{"id": 1}, {"id": 2, "line_items": [{"sku": "a"}]}, 7, {"id": 3, "line_items": [5]}]}
    result = read(tmp_path, body, nested("orders.line_items", *LINES[:2]))
    assert result.rules == [(1, "no_records"), (3, "no_records"), (4, "not_an_object")]
    assert result.values == [("a", "2")]


@pytest.mark.parametrize("record", ['{"id": 1}, {"id"', '{"id": tru}]}', '{"id": "\0"}]}'])
def test_a_damaged_document_is_refused_as_a_whole(tmp_path, record):
    with pytest.raises(DeliveryError, match="nobody can say how many records it held; have it delivered again"):
        read(tmp_path, f'{{"orders": [{record}', nested("orders", ("id", "id")))


def test_a_damaged_line_costs_one_record(tmp_path):
    good = json.dumps({"orders": [{"id": 1}, {"id": 2}]})
    result = read(tmp_path, f'{good}\n{{"orders": [\n{good}\n', nested("orders", ("id", "id"), form="jsonl"))
    assert (result.rules, [v for (v,) in result.values]) == ([(3, "not_json")], ["1", "2", "1", "2"])


@pytest.mark.parametrize("start", ["window.YTD.tweets.part0 = ", "var x=\n", "const a.b = ", "export default "])
def test_a_script_that_assigns_a_document_is_read(tmp_path, start):
    any_json = source_of("id", form="json")
    assert read(tmp_path, start + '[{"id": "=1"}, {"id": 2}];\n', any_json).values == [("=1",), ("2",)]
    assert read(tmp_path, start + '{"id": 1};', any_json).values == [("1",)]


def test_objects_without_anything_between_are_told_apart(tmp_path):
    body = '{"id":"}{"}{"id":2}'
    assert read(tmp_path, body, source_of("id", form="json")).values == [("}{",), ("2",)]
    lines = read(tmp_path, f'{body}\n{{"id":3}}{{"id":\n', source_of("id", form="jsonl"))
    assert (lines.values, lines.rules) == ([("}{",), ("2",)], [(3, "not_json")])


KEYED = source_of("id", "at", form="json", required=("id", "at"))
ROW = {"id": 1, "at": "x"}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"results": [ROW], "paging": {}}, "$.results[*]"),
        ({"data": {"orders": {"edges": [{"node": ROW}]}}}, "$.data.orders.edges[*].node"),
        ({"ann@example.hk": ROW, "bob@example.hk": ROW}, "$[*]"),
        ([[ROW], [ROW]], "$[*]"),
        ([{"id": 9, "items": [ROW]}], "$.items[*]"),
    ],
)
def test_records_that_lie_deeper_are_refused_with_their_place(tmp_path, body, place):
    with pytest.raises(DeliveryError) as refused:
        read(tmp_path, body, KEYED)
    assert f"c360.records: {place!r}" in str(refused.value)
    assert "ann" not in str(refused.value)
    assert read(tmp_path, body, nested(place, ("id", "id"), ("at", "at"))).values[0] == ("1", "x")


@pytest.mark.parametrize("body", [{"id": 1, "at": "x", "more": [ROW]}, {"error": "no"}, [{"id": 1}, ROW]])
def test_what_is_no_envelope_is_read_as_before(tmp_path, body):
    read(tmp_path, body, KEYED)


@pytest.mark.parametrize("path", ["a..b", "$[0]", "$[?(@.x)]", "a.[", "@"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError, match="cannot be read"):
        read_path(path)
