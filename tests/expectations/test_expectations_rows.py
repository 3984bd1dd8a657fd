"""Every row rule catches its planted row, and lets a clean one through."""

import json
from dataclasses import replace
from datetime import date

import pytest

from tests.worlds.landed_world import make_column, make_key, make_quality, make_source, run_night

ALLOWED = make_quality("invalidValues", arguments={"validValues": ["granted", "withdrawn"]})
SHAPED = make_quality("invalidValues", arguments={"pattern": "^HK"})
CODED = make_quality("missingValues", arguments={"missingValues": [None, "", "N/A"]})
AT = {"role": "occurred_at"}

# rule, column, a value that is right, a value that is wrong
CASES = [
    ("required:x", make_column("x", required=True), "a", None),
    ("required:x", make_column("x", required=True), "a", " \u3000\t"),
    ("required:x", make_column("x", "integer", required=True), 0, None),
    ("range:x", make_column("x", "integer", options={"minimum": 1}), 1, 0),
    ("range:x", make_column("x", "integer", options={"maximum": 9}), 9, 10),
    ("range:x", make_column("x", "number", options={"exclusiveMinimum": 0}), 0.01, 0.0),
    ("range:x", make_column("x", "number", options={"exclusiveMaximum": 1.5}), 1.4, 1.5),
    ("range:x", make_column("x", "number", options={"multipleOf": 0.1}), 0.3, 0.35),
    ("range:x", make_column("x", "number"), 1e300, float("nan")),
    ("range:x", make_column("x", "number"), -1.0, float("-inf")),
    ("range:x", make_column("x", "date", options={"minimum": "2020-01-01"}), date(2020, 1, 1), date(2019, 12, 31)),
    # The bound is in the source's zone, eight hours before UTC; the column holds UTC.
    ("range:x", make_column("x", "timestamp", options={"maximum": "2020-01-01T08:00:00"}),
     "2020-01-01 00:00", "2020-01-01 00:01"),
    ("length:x", make_column("x", options={"minLength": 2}), "陳大", "陳"),
    ("length:x", make_column("x", options={"maxLength": 2}), "陳大", "陳大文"),
    ("length:x", make_column("x", "array", options={"maxItems": 1}), "[1]", "[1, 2]"),
    ("format:x", make_column("x", options={"pattern": "(?:ab){2}\\d"}), "-abab1", "ab1"),
    ("format:x", make_column("x", options={"format": "email"}), "a@b.hk", "a at b.hk"),
    ("format:x", make_column("x", options={"format": "uuid"}), "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
    ("format:x", make_column("x", options={"format": "uri"}), "https://a.hk/b?c=d", "a.hk/b"),
    ("format:x", make_column("x", options={"format": "ipv4"}), "192.168.0.255", "192.168.0.256"),
    ("format:x", make_column("x", options={"format": "ipv6"}), "2001:db8::1", "2001.db8"),
    ("format:x", make_column("x", options={"format": "hostname"}), "shop.example.hk", "shop example"),
    ("allowed:x", make_column("x", quality=(ALLOWED,)), "granted", "maybe"),
    ("format:x", make_column("x", quality=(SHAPED,)), "HK1", "1HK"),
    ("allowed:x", make_column("x", "integer", quality=(replace(ALLOWED, arguments={"validValues": [1, 2]}),)), 1, 3),
    ("missing:x", make_column("x", quality=(CODED,)), "a", "N/A"),
    ("null_share:x", make_column("x", quality=(make_quality("nullValues"),)), "a", None),
    ("shop rule", make_column("x", quality=(replace(ALLOWED, name="shop rule"),)), "withdrawn", "?"),
    ("future:x", make_column("x", "timestamp", **AT), "2026-03-11 16:00", "2026-03-11 16:01"),
    ("future:x", make_column("x", "date", **AT), date(2026, 3, 11), date(2026, 3, 12)),
    ("range:x", make_column("x", "timestamp", **AT), "1900-01-01 00:00", "1899-12-31 00:00"),
    ("unique:x", make_column("x", unique=True), "b", "a"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "column", "right", "wrong"), CASES)
def test_a_bad_row_goes_to_quarantine_and_a_good_one_does_not(tmp_path, rule, column, right, wrong):
    first = {"unique:x": "a"}.get(rule, right)
    rows = [{"id": "1", "x": first}, {"id": "2", "x": wrong}, {"id": "3", "x": right}]
    night = run_night(tmp_path / "shop.duckdb", make_source(make_key(), column), rows)
    assert night.quarantine == {(0, 2): [rule]}
    assert night.accepted == {(0, 1), (0, 3)}
    assert night.broken == {rule}
    assert (night.by_rule[rule].failed_count, night.by_rule[rule].checked_count) == (1, 3)


def test_an_empty_optional_value_breaks_no_rule_of_form(tmp_path):
    options = {"pattern": "^x", "format": "email", "minLength": 5}
    column = make_column("x", options=options, unique=True, quality=(ALLOWED, SHAPED))
    rows = [{"id": "1", "x": None}, {"id": "2", "x": ""}, {"id": "3", "x": "  "}, {"id": "4", "x": ""}]
    assert run_night(tmp_path / "shop.duckdb", make_source(make_key(), column), rows).broken == set()


def test_an_unreadable_required_value_costs_the_row(tmp_path):
    source = make_source(make_key(), make_column("n", "integer", required=True))
    night = run_night(tmp_path / "f", source, [{"id": "1", "n": "ten", "_mistyped": ["n"]}, {"id": "2", "n": 2}])
    assert night.quarantine == {(0, 1): ["type:n"]}
    assert json.loads(night.kept_rows[0][0]) == {"id": "1", "n": "ten"}


def test_an_unreadable_optional_value_costs_only_the_value(tmp_path):
    source = make_source(make_key(), make_column("born", "date"))
    night = run_night(tmp_path / "f", source, [{"id": "1", "born": "31.31.", "_mistyped": ["born"]}])
    assert night.accepted == {(0, 1)}
    assert (night.by_rule["type:born"].severity, night.by_rule["type:born"].failed_count) == ("warning", 1)


WARNED = [
    (
        "late:x",
        make_column("x", "timestamp", role="occurred_at"),
        "2026-03-03 16:00",
        "2026-03-03 15:59",
    ),
    ("future:x", make_column("x", "timestamp", role="resolved_at"), "2026-03-10 00:00", "2026-03-20 00:00"),
    ("birth:x", make_column("x", "date", role="birth_date"), date(2026, 3, 10), date(2026, 3, 11)),
    ("birth:x", make_column("x", "date", role="birth_date"), date(1880, 1, 1), date(1879, 12, 31)),
    ("allowed:x", make_column("x", quality=(replace(ALLOWED, severity="warning"),)), "granted", "maybe"),
]


@pytest.mark.parametrize(("rule", "column", "right", "wrong"), WARNED)
def test_a_warned_row_stays(tmp_path, rule, column, right, wrong):
    source = make_source(make_key(), column, late_days=7)
    night = run_night(tmp_path / "f", source, [{"id": "1", "x": right}, {"id": "2", "x": wrong}])
    assert night.broken == {rule}
    assert night.by_rule[rule].failed_count == 1
    assert night.by_rule[rule].severity == "warning"
    assert night.accepted == {(0, 1), (0, 2)}


def test_a_row_in_quarantine_says_all_rules_that_put_it_there_and_what_was_delivered(tmp_path):
    columns = (
        make_column("b", required=True),
        make_column("user.name", options={"maxLength": 1}),
        make_column("n", "number"),
    )
    night = run_night(
        tmp_path / "f", make_source(make_key(), *columns), [{"id": "1", "user.name": "xy", "n": float("inf")}]
    )
    assert night.quarantine == {(0, 1): ["required:b", "length:user.name", "range:n"]}
    assert json.loads(night.kept_rows[0][0]) == {"id": "1", "b": None, "user.name": "xy", "n": "inf"}


@pytest.mark.parametrize(
    "name", ['quo"te', "user.id", "客戶 編號", "a:b", "{x}", "select", "join", "semi;colon", "100%"]
)
def test_any_name_of_a_column_will_do(tmp_path, name):
    column = make_column(name, required=True, unique=True, options={"pattern": "^(?:a|b{1,2}):%d"})
    rows = [
        {"id": "1", name: "a:%d"},
        {"id": "2", name: "bb:%d"},
        {"id": "3", name: "x"},
        {"id": "4"},
        {"id": "5", name: "a:%d"},
    ]
    night = run_night(tmp_path / "f", make_source(make_key(), column), rows)
    assert night.quarantine == {(0, 3): [f"format:{name}"], (0, 4): [f"required:{name}"], (0, 5): [f"unique:{name}"]}
