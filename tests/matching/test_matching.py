"""Who is who in small worlds: the right records together, every guard holding, nothing hanging."""

from __future__ import annotations

import json
import time
from collections import Counter
from importlib import import_module

import networkx as nx
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.identity.generated_people import generate_people
from transforms.graph import connect
from transforms.matching.blocking.blocking_plan import arrange_keys, split_keys
from transforms.matching.blocking.candidate_pairs import learn_plan
from transforms.matching.blocking.collisions import LOW, SHIFT, find_pairs
from transforms.matching.clusters.components import list_components
from transforms.matching.clusters.linkage import merge_groups, pair_within
from transforms.matching.comparison import compare
from transforms.matching.match import Match, match_people
from transforms.matching.model.fellegi_sunter import FORBIDDEN
from transforms.matching.model.guards import find_unique_sources, list_identifiers, list_oversized
from transforms.matching.records.birth_dates import learn_orders, read_birth
from transforms.matching.records.name_fields import is_people
from transforms.matching.records.table import MatchError
from transforms.matching.settings import MatchSettings

SPELLING = MatchSettings(read_names=None, name_keys=None)


@pytest.fixture(scope="module")
def world() -> pl.DataFrame:
    return generate_people(1_500, seed=7, share=0.2)


@pytest.fixture(scope="module")
def found(world: pl.DataFrame) -> Match:
    return match_people(world.drop("truth"))


def groups(match: Match) -> set[frozenset[tuple[str, str]]]:
    """Clusters as sets of records, whatever their numbers."""
    rows = match.clusters.group_by("cluster").agg(pl.struct("source", "record").alias("records"))
    return {frozenset((r["source"], r["record"]) for r in row) for row in rows["records"].to_list()}


def together(match: Match, one: str, other: str) -> bool:
    cluster = dict(match.clusters.select("record", "cluster").iter_rows())
    return bool(cluster[one] == cluster[other])


def add(world: pl.DataFrame, *rows: dict[str, object]) -> pl.DataFrame:
    """The world with more records, of source people."""
    more = pl.DataFrame([{"source": "people"} | r for r in rows])
    return pl.concat([world.drop("truth"), more], how="diagonal_relaxed")


PERSON = {
    "given_name": "gordon",
    "surname": "pemberton",
    "birth_date": "1961-03-14",
    "address": "77 harbourmaster",
    "city": "elsinore",
    "phone": "23456789",
    "email": "gpemberton@example.org",
}


def test_damaged_copies_are_found_and_nobody_else(world, found) -> None:
    joined = world.join(found.clusters, on=["source", "record"])
    true = joined.join(joined, on="truth").filter(pl.col("record") < pl.col("record_right"))
    said = joined.join(joined, on="cluster").filter(pl.col("record") < pl.col("record_right"))
    both = true.filter(pl.col("cluster") == pl.col("cluster_right")).height
    assert both / true.height > 0.99
    assert both / said.height > 0.99


def test_every_record_is_in_one_cluster(world, found) -> None:
    assert found.clusters.select("source", "record").is_unique().all()
    assert found.clusters.height == world.height


def test_order_of_rows_and_columns_changes_nothing(world, found) -> None:
    shuffled = world.drop("truth").sample(fraction=1, shuffle=True, seed=3)
    again = match_people(shuffled.select(sorted(shuffled.columns)))
    assert again.clusters.equals(found.clusters)
    assert again.edges.equals(found.edges)
    assert again.model == found.model
    assert {n: f.to_dicts() for n, f in again.memory.items()} == {n: f.to_dicts() for n, f in found.memory.items()}


def test_model_is_plain_json_and_gives_the_same_clusters(world, found) -> None:
    kept = json.loads(json.dumps(found.model))
    assert match_people(world.drop("truth"), model=kept).clusters.equals(found.clusters)


def test_model_of_other_fields_is_refused(world, found) -> None:
    with pytest.raises(ValueError, match="other fields"):
        match_people(world.drop("truth", "email"), model=found.model)


def test_edges_tell_field_by_field_why(found) -> None:
    edge = found.edges.filter(pl.col("rule") == "phone").row(0, named=True)
    comparison = json.loads(edge["comparison"])
    assert comparison["phone"]["level"] >= comparison["phone"]["of"] - 2
    assert comparison["phone"]["bits"] > 0


@pytest.mark.parametrize(
    "change",
    [
        {"given_name": "pemberton", "surname": "gordon"},
        {"birth_date": "14/03/1961", "given_name": "gordn"},
        {"birth_date": "1961-14-03"},
        {"birth_date": None, "phone": None, "email": None},
        {"address": "harbourmaster 77", "surname": "pembertn", "phone": "23456798"},
        {"given_name": "godron", "surname": "pembetron", "birth_date": "1961-03-15", "email": None},
    ],
    ids=["names swapped", "date and slip", "day and month", "missing", "address turned", "slip everywhere"],
)
def test_broken_record_is_found(world, change) -> None:
    match = match_people(add(world, PERSON | {"record": "a"}, PERSON | change | {"record": "b"}))
    assert together(match, "a", "b")


def test_one_of_two_phones_is_enough(world) -> None:
    many = world.with_columns(phone=pl.concat_list("phone"))
    ours = {**PERSON, "address": None, "city": None, "email": None}
    match = match_people(
        add(
            many,
            ours | {"record": "a", "phone": ["23456789", "98765432"]},
            ours | {"record": "b", "phone": ["98765432"]},
        )
    )
    assert together(match, "a", "b")


def test_family_at_one_address_and_phone_stays_apart(world) -> None:
    rows = [PERSON | {"record": "father", "email": None}]
    rows.append(rows[0] | {"record": "son", "given_name": "timothy", "birth_date": "1990-11-02"})
    match = match_people(add(world, *rows))
    assert not together(match, "father", "son")


def test_father_and_son_of_one_name_stay_apart_by_birth_date_and_contact(world) -> None:
    father = {"given_name": "gordon", "surname": "pemberton", "birth_date": "1931-03-14", "phone": "23456789"}
    son = father | {"birth_date": "1965-08-29", "phone": "98765432", "given_name": "gerald"}
    assert not together(match_people(add(world, father | {"record": "a"}, son | {"record": "b"})), "a", "b")


def test_shared_office_mailbox_joins_nobody(world) -> None:
    people = world.head(12).with_columns(email=pl.lit("office@example.org"))["record"].to_list()
    shared = world.with_columns(
        email=pl.when(pl.col("record").is_in(people)).then(pl.lit("office@example.org")).otherwise("email")
    )
    match = match_people(shared.drop("truth"))
    joined = shared.join(match.clusters, on=["source", "record"]).filter(pl.col("record").is_in(people))
    assert joined["cluster"].n_unique() == joined["truth"].n_unique()
    assert any("email" in w for w in match.warnings)


def test_identifier_of_few_names_is_kept() -> None:
    phone = pl.DataFrame({"node": range(5), "value": ["1"] * 5})
    name = pl.DataFrame({"node": range(5), "value": ["ann", "ann", "anne", "bob", "bob"]})
    found = list_identifiers({"phone": phone, "given_name": name}, np.arange(5, dtype=np.uint64))
    assert list_oversized(found, 3).is_empty()
    assert list_oversized(found, 2).height == 1


def test_linked_sources_give_each_record_one_partner(world) -> None:
    left = world.unique("truth", keep="first", maintain_order=True).with_columns(source=pl.lit("left"))
    right = world.unique("truth", keep="last", maintain_order=True).with_columns(source=pl.lit("right"))
    both = pl.concat([left, right])
    match = match_people(both.drop("truth"), link_only=True)
    sizes = match.clusters.group_by("cluster", "source").len()
    assert sizes["len"].max() == 1
    joined = both.join(match.clusters, on=["source", "record"])
    pairs = (
        joined.group_by("cluster").agg(pl.col("truth").n_unique().alias("people"), pl.len()).filter(pl.col("len") > 1)
    )
    assert pairs.filter(pl.col("people") == 1).height > 0.98 * left.height


def test_source_without_duplicates_is_told_from_one_with() -> None:
    source = np.array([0] * 100 + [1] * 100)
    across = np.arange(100), np.arange(100) + 100
    sure = np.ones(100)
    assert find_unique_sources(source, False, across, sure).tolist() == [True, True]
    home = np.concatenate([across[0], [0, 2]]), np.concatenate([across[1], [1, 3]])
    assert find_unique_sources(source, False, home, np.ones(102)).tolist() == [False, True]


def agree(rows: np.ndarray) -> float:
    """A judge who finds no fault with any group, and none to join."""
    return 0.0


def test_weak_bridge_between_two_groups_breaks() -> None:
    group = np.arange(6)
    left, right = pair_within([group])
    inside = (left < 3) == (right < 3)
    weight = np.where(inside, 4.0, -4.0)
    weight[(left == 2) & (right == 3)] = 3.0
    assert merge_groups([group], weight, np.arange(6), (0.0, 50), agree).tolist() == [0, 0, 0, 3, 3, 3]


def test_forbidden_pair_is_never_joined() -> None:
    group = np.arange(3)
    left, right = pair_within([group])
    weight = np.where((left == 0) & (right == 2), FORBIDDEN, 30.0)
    cluster = merge_groups([group], weight, np.arange(3), (0.0, 50), agree)
    assert cluster[0] != cluster[2]


def test_cluster_over_the_cap_keeps_its_surest_merges() -> None:
    group = np.arange(6)
    left, right = pair_within([group])
    weight = np.where(left // 2 == right // 2, 4.0, 1.0)
    assert merge_groups([group], weight, np.arange(6), (0.0, 2), agree).tolist() == [0, 0, 2, 2, 4, 4]


@given(
    st.integers(2, 40).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=60))
    )
)
@settings(max_examples=60, deadline=None)
def test_components_are_those_of_networkx(graph) -> None:
    count, edges = graph
    label = connect(np.array([a for a, _ in edges], int), np.array([b for _, b in edges], int), count)
    oracle = nx.Graph(edges)
    oracle.add_nodes_from(range(count))
    ours = {frozenset(np.flatnonzero(label == x).tolist()) for x in set(label.tolist())}
    assert ours == {frozenset(c) for c in nx.connected_components(oracle)}


def test_component_too_big_falls_into_its_surest_parts() -> None:
    left, right = np.array([0, 1, 2, 3, 4]), np.array([1, 2, 3, 4, 5])
    sure = np.array([0.9, 0.9, 0.3, 0.9, 0.9])
    assert [g.tolist() for g in list_components(left, right, sure, 6, 3)] == []
    sure = np.array([0.9, 0.95, 0.3, 0.4, 0.99])
    assert [g.tolist() for g in list_components(left, right, sure, 6, 3)] == [[1, 2], [4, 5]]


@pytest.fixture
def keys() -> pl.DataFrame:
    # Thirty share the first key, twenty the second, two both; two share the third.
    rows = [
        (n, o, k)
        for n in range(3000)
        for o, k in ((1, n // 30), (2, 1_000 + n // 300 * 15 + n % 15), (3, 9_000 + n // 2))
    ]
    return pl.DataFrame(rows, schema={"node": pl.UInt32, "origin": pl.UInt16, "key": pl.UInt32}, orient="row")


def test_blocks_stay_small_and_common_keys_are_combined(keys) -> None:
    plan, _, pairs = learn_plan(keys, 3000, MatchSettings(block_size=5))
    left, right = (pairs >> SHIFT).astype(int), (pairs & LOW).astype(int)
    assert (left < right).all()
    assert len(np.unique(pairs)) == len(pairs)
    assert set(right - left) == {1, 15}
    assert plan.limit == plan.cut == 10


def test_plan_finds_for_new_records_what_it_finds_for_all(keys) -> None:
    plan, _, pairs = learn_plan(keys, 3000, MatchSettings(block_size=5))
    arranged = arrange_keys(split_keys(keys, plan, 3000))
    assert find_pairs(arranged, plan, None)[0].tolist() == pairs.tolist()
    is_new = np.arange(3000) >= 2_900
    new = pairs[is_new[pairs >> SHIFT] | is_new[pairs & LOW]]
    assert find_pairs(arranged, plan, is_new)[0].tolist() == new.tolist()


def test_block_that_outgrew_the_plan_makes_no_pairs_and_is_counted(keys) -> None:
    plan, _, _ = learn_plan(keys, 3000, MatchSettings(block_size=5))
    more = pl.DataFrame({"node": range(3000, 3100), "origin": 1, "key": 99_999}, schema=keys.schema)
    pairs, outgrown = find_pairs(arrange_keys(split_keys(pl.concat([keys, more]), plan, 3100)), plan, None)
    assert [block.tolist() for block in outgrown] == [list(range(3000, 3100))]
    assert (pairs & LOW).max() < 3000


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["1984-02-29", "1984-12-01"], ["19840229", "19841201"]),
        (["02/25/1984", "05/06/1984"], ["19840225", "19840506"]),
        (["25/02/1984", "05/06/1984"], ["19840225", "19840605"]),
        (["02251984", "05061984"], ["19840225", "19840506"]),
        (["19840225", "19840506"], ["19840225", "19840506"]),
        (["1984-02-25T00:00:00", None], ["19840225", None]),
        (["unknown", ""], [None, None]),
    ],
)
def test_birth_dates_are_read_in_their_sources_order(written, read) -> None:
    text = pl.Series("birth_date", written, dtype=pl.String)
    source = pl.Series(["a"] * len(written))
    assert read_birth(text, source, learn_orders(text, source, 2026), 2026).to_list() == read


def test_names_are_people_s_where_most_records_have_one_however_many_made_up_names_there_are() -> None:
    people = [f"{surname} {given}" for surname in ("CHAN", "WONG") for given in ("Tai Man", "Mei Ling")]
    made_up = [f"fan{n}" for n in range(100)]
    assert is_people(pl.Series(people * 40 + made_up))
    assert not is_people(pl.Series(people * 10 + made_up))


def test_names_in_two_scripts_meet() -> None:
    names = ["陳大文", "CHAN Tai Man", "李小龍", "黃詠詩", "Ho Ka Yan", "LAU Wai Shan", "鄭家欣", "Peter Smith"]
    rows = [{"source": "s", "record": str(i), "full_name": n, "phone": f"9{i}23456{i}"} for i, n in enumerate(names)]
    rows[1]["phone"] = rows[0]["phone"]
    assert together(match_people(pl.DataFrame(rows)), "0", "1")


def test_two_equal_records_of_a_small_table_are_one_person() -> None:
    other = PERSON | {
        "given_name": "ada",
        "surname": "byron",
        "birth_date": "1915-12-10",
        "phone": "1",
        "email": "a@b.c",
    }
    rows = [PERSON | {"record": "a"}, PERSON | {"record": "b"}, other | {"record": "c"}]
    match = match_people(pl.DataFrame([{"source": "s"} | r for r in rows]))
    assert together(match, "a", "b")
    assert not together(match, "a", "c")
    assert match.edges["rule"].to_list() == ["email"]


def test_a_hundred_thousand_equal_rows_end_quickly_and_say_so() -> None:
    people = pl.DataFrame({"source": "s", "record": [str(i) for i in range(100_000)], "surname": "chan"})
    start = time.perf_counter()
    match = match_people(people)
    assert time.perf_counter() - start < 20
    assert match.clusters["cluster"].n_unique() == 100_000
    assert any("equal records" in w for w in match.warnings)


@pytest.mark.parametrize("column", ["surname", "birth_date", "email", "full_name", "address", "gender", "phone"])
def test_one_column_alone_hangs_nowhere(column) -> None:
    values = [f"value{i % 40} {i % 7}" for i in range(400)]
    people = pl.DataFrame({"source": "s", "record": [str(i) for i in range(400)], column: values})
    assert match_people(people).clusters.height == 400


def test_values_all_null_leave_everybody_alone() -> None:
    empty = pl.Series([None] * 30, dtype=pl.String)
    people = pl.DataFrame({"source": "s", "record": [str(i) for i in range(30)], "surname": empty, "phone": empty})
    match = match_people(people)
    assert match.clusters["cluster"].n_unique() == 30
    assert any("no record has a value" in w for w in match.warnings)


def test_empty_table_has_no_clusters() -> None:
    schema = {"source": pl.String, "record": pl.String, "surname": pl.String}
    assert match_people(pl.DataFrame(schema=schema)).clusters.is_empty()


@pytest.mark.parametrize(
    ("people", "cure"),
    [
        ({"record": ["1"], "surname": ["x"]}, "no column source"),
        ({"source": ["s"], "record": ["1"], "shoe_size": ["9"]}, "no column has a role"),
        ({"source": ["s", "s"], "record": ["1", "1"], "surname": ["x", "y"]}, "twice"),
        ({"source": ["s"], "record": [None], "surname": ["x"]}, "no source or no id"),
    ],
)
def test_table_that_cannot_be_matched_says_what_to_change(people, cure) -> None:
    with pytest.raises(MatchError, match=cure):
        match_people(pl.DataFrame(people))


@pytest.mark.slow
def test_each_name_is_read_once_however_many_pairs_are_compared(monkeypatch):
    """A cache of names helps none of a table that has more of them than the cache has room for."""
    read, chunks = Counter(), []
    similarity = import_module("transforms.names.similarity")  # the package's name for it is a function's

    def count(names, frequencies=None):
        read.update(names)
        return real(names, frequencies)

    real, compare_part = similarity.prepare_names, compare.Comparer.compare_part
    monkeypatch.setattr(similarity, "prepare_names", count)
    monkeypatch.setattr(compare, "ROWS", 50)
    monkeypatch.setattr(compare.Comparer, "compare_part", lambda *a: chunks.append(1) or compare_part(*a))
    words = ["zub", "kor", "vil", "mep", "dax", "tol", "qin", "wes"]
    names = [f"{a}{b} {c}{a}" for a in words for b in words for c in words]
    people = pl.DataFrame(
        {"source": "a", "record": [str(i) for i in range(len(names))], "full_name": names, "postcode": "12345"}
    )
    found = match_people(people)
    assert found.model["layout"]["names"] == "whole"
    assert len(chunks) > 20
    assert set(read) == set(names)
    assert max(read.values()) == 1
