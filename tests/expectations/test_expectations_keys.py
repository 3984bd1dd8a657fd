"""Repeats and doubled keys, by load mode; and the books, on any table."""

from collections import Counter, defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations.gates import is_open
from tests.worlds.landed_world import make_column, make_key, make_quality, make_source, run_night


def shop(**more):
    return make_source(make_key(), make_column("x"), **more)


def row(key, value, **more):
    return {"id": key, "x": value, **more}


def test_an_exact_repeat_is_a_duplicate_and_other_content_is_a_doubled_key(tmp_path):
    night = run_night(tmp_path / "f", shop(), [row("1", "a"), row("1", "b")], [row("1", "a"), row("2", "a")])
    assert night.duplicate == {(1, 1)}
    assert night.quarantine == {(0, 2): ["duplicate_key"]}
    assert night.accepted == {(0, 1), (1, 2)}
    assert is_open(night.results)


def test_rows_that_differ_in_what_could_not_be_read_are_no_repeats(tmp_path):
    source = make_source(make_key(), make_column("born", "date"))
    rows = [{"id": "1", "born": text, "_mistyped": ["born"]} for text in ("31.31.", "31.31.", "??")]
    night = run_night(tmp_path / "f", source, rows)
    assert (night.duplicate, night.quarantine) == ({(0, 2)}, {(0, 3): ["duplicate_key"]})


def test_a_bad_row_takes_no_good_rows_key(tmp_path):
    source = make_source(make_key(), make_column("n", "integer", options={"minimum": 0}, unique=True))
    night = run_night(tmp_path / "f", source, [{"id": "1", "n": -1}, {"id": "1", "n": 1}, {"id": "2", "n": 1}])
    assert night.quarantine == {(0, 1): ["range:n"], (0, 3): ["unique:n"]}
    assert night.accepted == {(0, 2)}


def test_merge_keeps_the_last_row_of_a_key_even_if_an_earlier_one_was_equal(tmp_path):
    source = shop(load_mode="merge", max_quarantine_share=0.0)
    night = run_night(tmp_path / "f", source, [row("1", "a"), row("1", "b")], [row("1", "a"), row("2", "a")])
    assert night.accepted == {(1, 1), (1, 2)}
    assert night.duplicate == {(0, 1)}
    assert night.quarantine == {(0, 2): ["superseded"]}
    # A superseded row is no fault: no share of it closes the gate.
    assert is_open(night.results)
    assert night.by_rule["superseded"].severity == "info"


def test_merge_keeps_the_last_good_row(tmp_path):
    source = make_source(make_key(), make_column("x", required=True), load_mode="merge")
    night = run_night(tmp_path / "f", source, [row("1", "a"), row("1", "b"), row("1", None)])
    assert night.accepted == {(0, 2)}
    assert night.quarantine == {(0, 1): ["superseded"], (0, 3): ["required:x"]}


def test_each_delivery_of_a_snapshot_is_looked_at_alone(tmp_path):
    unique = make_column("y", unique=True)
    entry = make_quality("duplicateValues", arguments={"properties": ["x"]}, name="one x")
    source = make_source(make_key(), make_column("x"), unique, load_mode="snapshot", quality=(entry,))
    first = [row("1", "a", y="p"), row("1", "a", y="p"), row("1", "b", y="q")]
    night = run_night(tmp_path / "f", source, first, [row("1", "a", y="p"), row("2", "c", y="p"), row("3", "a", y="z")])
    assert night.duplicate == {(0, 2)}
    assert night.quarantine == {(0, 3): ["duplicate_key"], (1, 2): ["unique:y"], (1, 3): ["one x"]}


@pytest.mark.parametrize("source", [shop(has_content_key=True), make_source(make_column("id"), make_column("x"))])
def test_rows_without_a_key_count_each_and_a_later_delivery_repeats_them_one_for_one(tmp_path, source):
    night = run_night(tmp_path / "f", source, [row("1", "a")] * 2, [row("1", "a")] * 3)
    assert night.duplicate == {(1, 1), (1, 2)}
    assert night.accepted == {(0, 1), (0, 2), (1, 3)}
    assert night.quarantine == {}


def test_a_key_of_two_columns_is_doubled_only_as_a_whole(tmp_path):
    columns = (make_column("a", required=True, key_position=2), make_column("b", required=True, key_position=1))
    source = make_source(*columns, make_column("x"))
    rows = [{"a": "1", "b": "1"}, {"a": "1", "b": "2"}, {"a": "2", "b": "1"}, {"a": "1", "b": "2", "x": "new"}]
    assert run_night(tmp_path / "f", source, rows).quarantine == {(0, 4): ["duplicate_key"]}


VALUE = st.sampled_from(["a", "b", None, ""])
ROWS = st.lists(
    st.builds(row, st.sampled_from(["1", "2", None]), VALUE, y=st.sampled_from(["p", "q", None])), max_size=6
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    deliveries=st.lists(ROWS, max_size=3),
    mode=st.sampled_from(["append", "merge", "snapshot"]),
    is_content=st.booleans(),
    unread=st.integers(0, 2),
)
def test_every_record_is_in_exactly_one_place(deliveries, mode, is_content, unread):
    source = make_source(
        make_key(), make_column("x", required=True), make_column("y", unique=True),
        load_mode=mode, has_content_key=is_content,
    )  # fmt: skip
    with TemporaryDirectory() as folder:
        lost = {0: unread} if deliveries else {}
        night = run_night(Path(folder) / "f", source, *deliveries, unread=lost)
    places = Counter([*night.accepted, *night.quarantine, *night.duplicate])
    lengths = [len(rows) + lost.get(n, 0) for n, rows in enumerate(deliveries)]
    assert places == Counter((n, record) for n, length in enumerate(lengths) for record in range(1, length + 1))
    assert night.by_rule["books"].is_passed
    assert is_open(night.results)
    require_distinct(night, deliveries, mode, is_content)
    assert night.duplicate == find_repeats(deliveries, mode, is_content)


def require_distinct(night, deliveries, mode, is_content):
    """Nothing incomplete, no key twice and no unique value twice is among what was accepted."""
    seen = set()
    for number, record in sorted(night.accepted):
        own = deliveries[number][record - 1]
        assert own["id"]
        assert (own["x"] or "").strip()
        scope = number if mode == "snapshot" else None
        marks = {("y", own["y"], scope)} if own["y"] else set()
        marks |= set() if is_content else {("id", own["id"], scope)}
        assert not seen & marks
        seen |= marks


def find_repeats(deliveries, mode, is_content):
    """Repeats by the words of the rule, in plain Python."""
    groups = defaultdict(list)
    for number, rows in enumerate(deliveries):
        ordinals = Counter()
        for record, own in enumerate(rows, start=1):
            content = tuple(own.values())
            ordinals[content] += 1
            scope = number if mode == "snapshot" else None
            groups[content, scope, ordinals[content] if is_content else None].append((number, record))
    stays = slice(0, -1) if mode == "merge" else slice(1, None)
    return {place for places in groups.values() for place in places[stays]}


def test_what_was_accepted_can_be_read_by_who_attaches_the_file(tmp_path):
    run_night(tmp_path / "f", shop(), [row("1", "a"), row("1", "a"), row("2", "b"), row("2", "c")])
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{tmp_path / 'f'}' AS part (READ_ONLY)")
        assert con.execute("SELECT * FROM part.accepted ORDER BY _record").fetchall() == [
            ("d0", 1, "1", "a"),
            ("d0", 3, "2", "b"),
        ]
