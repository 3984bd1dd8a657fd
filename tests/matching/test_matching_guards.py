"""Guards of the matcher seen from outside: what must not be one customer is not, and each has its opposite case."""

from __future__ import annotations

from collections import Counter

import networkx as nx
import polars as pl
import pytest

from benchmarks.identity.generated_people import generate_people
from tests.matching.test_matching import PERSON
from transforms.matching.match import Match, match_people
from transforms.matching.settings import MatchSettings

OTHER = {
    "given_name": "millicent",
    "surname": "throckmorton",
    "birth_date": "1984-11-02",
    "address": "8 quarryman",
    "city": "ravenna",
    "phone": "98765432",
    "email": "mthrockmorton@example.org",
}
CITY = {"city": "elsinore"}
SPELLINGS = ("Gordon", "Gordan", "Gorden", "Gordn", "Gordonn", "Gorrdon", "Gurdon", "Gordom", "Goordon", "Gord")


@pytest.fixture(scope="module")
def world() -> pl.DataFrame:
    return generate_people(1_500, seed=7, share=0.2).drop("truth")


def add(world: pl.DataFrame, *rows: dict[str, object]) -> pl.DataFrame:
    """The world with more records, of source people unless they say another."""
    more = pl.DataFrame([{"source": "people"} | r for r in rows])
    return pl.concat([world, more], how="diagonal_relaxed")


def place(match: Match, *records: str) -> list[int]:
    """The clusters of records."""
    cluster = dict(match.clusters.select("record", "cluster").iter_rows())
    return [cluster[record] for record in records]


def spell(count: int) -> list[dict[str, object]]:
    """One person's records, each spelt in its own way."""
    return [PERSON | {"record": f"g{i}", "given_name": name} for i, name in enumerate(SPELLINGS[:count])]


def test_person_below_the_cap_is_whole_and_one_over_it_is_cut(world) -> None:
    records = [str(r["record"]) for r in spell(10)]
    people = add(world, *spell(10))
    assert len(set(place(match_people(people), *records))) == 1
    capped = match_people(people, settings=MatchSettings(largest_cluster=4))
    assert max(Counter(place(capped, *records)).values()) <= 4


def test_record_between_two_people_does_not_join_them(world) -> None:
    ours = [PERSON | {"record": f"g{i}", "given_name": n} for i, n in enumerate(SPELLINGS[:4])]
    others = [OTHER | {"record": f"m{i}", "address": f"{8 + i} quarryman"} for i in range(4)]
    # Without a name, and with an identifier of each: either edge alone would join it.
    bridge = {"record": "bridge", "email": PERSON["email"], "phone": OTHER["phone"]}
    match = match_people(add(world, *ours, *others, bridge))
    sure = match.edges.filter(pl.col("probability") >= 0.5).select("left_record", "right_record")
    near = {a if b == "bridge" else b for a, b in sure.iter_rows() if "bridge" in (a, b)}
    assert {r[0] for r in near} == {"g", "m"}
    one, other = place(match, *(f"g{i}" for i in range(4))), place(match, *(f"m{i}" for i in range(4)))
    assert len(set(one)) == len(set(other)) == 1
    assert set(one).isdisjoint(other)


@pytest.mark.parametrize(("names", "is_joined"), [(8, True), (9, False)])
def test_identifier_counts_up_to_so_many_names_and_no_further(world, names, is_joined) -> None:
    words = ("abel", "bruno", "cyril", "dmitri", "edgar", "fabian", "gaston", "hector")
    crowd = [
        {"record": f"c{i}", "given_name": w, "surname": w + "son", "phone": "21112111"}
        for i, w in enumerate(words[: names - 1])
    ]
    # A name that many have: without the phone it joins nobody.
    common = world["given_name"].drop_nulls().mode().sort()[0]
    pair = [{"record": r, "given_name": common, "phone": "21112111"} | more for r, more in (("p0", {}), ("p1", CITY))]
    match = match_people(add(world, *crowd, *pair))
    assert (len(set(place(match, "p0", "p1"))) == 1) is is_joined
    assert len(set(place(match, *(r["record"] for r in crowd)))) == len(crowd)
    assert any("phone" in said for said in match.warnings) is not is_joined


@pytest.mark.parametrize(
    ("content", "most", "clusters"),
    [(PERSON, 6, 1), (PERSON, 5, 1), ({"phone": "21112111"}, 6, 1), ({"phone": "21112111"}, 5, 6)],
)
def test_copies_are_one_person_unless_they_are_a_nameless_crowd(world, content, most, clusters) -> None:
    copies = [content | {"record": f"g{i}"} for i in range(6)]
    match = match_people(add(world, *copies), settings=MatchSettings(most_copies=most))
    assert len(set(place(match, *(str(c["record"]) for c in copies)))) == clusters


def test_source_that_holds_each_person_once_keeps_its_likest_records_apart() -> None:
    people = generate_people(2_000, seed=3, share=0.5)
    first = people["truth"].is_first_distinct()
    apart = people.with_columns(source=pl.when(first).then(pl.lit("crm")).otherwise(pl.lit("shop"))).drop("truth")
    alike = [PERSON | {"record": f"g{i}", "source": "crm", "given_name": n} for i, n in enumerate(("Gordon", "Gordan"))]
    seen = match_people(add(apart, *alike))
    assert len(set(place(seen, "g0", "g1"))) == 2
    mixed = people.drop("truth").with_columns(source=pl.lit("crm"))
    assert len(set(place(match_people(add(mixed, *alike)), "g0", "g1"))) == 1


def test_clusters_are_the_components_of_joined_edges(world) -> None:
    match = match_people(add(world, *spell(6)))
    graph = nx.Graph()
    graph.add_nodes_from(match.clusters["record"])
    graph.add_edges_from(match.edges.filter("is_joined").select("left_record", "right_record").iter_rows())
    said = match.clusters.group_by("cluster").agg("record")["record"].to_list()
    assert {frozenset(c) for c in nx.connected_components(graph)} == {frozenset(c) for c in said}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_order_of_rows_changes_neither_clusters_nor_edges(world, seed) -> None:
    people = add(world, *spell(6))
    match, again = (match_people(p) for p in (people, people.sample(fraction=1, shuffle=True, seed=seed)))
    assert again.clusters.equals(match.clusters)
    assert again.edges.equals(match.edges)


def test_merge_split_merge_gives_back_the_same_clusters(world) -> None:
    people = add(world, *spell(2))
    model = match_people(people).model
    changed = pl.col("record") == "g1"
    strange = people.with_columns(pl.when(changed).then(pl.lit(OTHER[c])).otherwise(pl.col(c)).alias(c) for c in PERSON)
    nights = [match_people(p, model=model) for p in (people, strange, people)]
    assert [len(set(place(n, "g0", "g1"))) for n in nights] == [1, 2, 1]
    assert nights[2].clusters.equals(nights[0].clusters)


@pytest.mark.parametrize(
    "own",
    [{"given_name": "zebedee"}, {"surname": "throckmorton"}, {"birth_date": "1984-11-02"}, {"address": "8 quarry"}],
)
def test_one_thing_that_many_people_share_makes_nobody_one_person(world, own) -> None:
    people = add(world, {"record": "a"} | own, {"record": "b"} | own)
    a, b = place(match_people(people), "a", "b")
    assert a != b
    with_more = {"phone": "98765432"} | own
    a, b = place(match_people(add(world, {"record": "a"} | with_more, {"record": "b"} | with_more)), "a", "b")
    assert a == b
