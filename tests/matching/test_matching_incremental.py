"""A match that remembers an earlier one: the same as comparing everything anew, whatever has happened in between."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.identity.generated_people import generate_people
from transforms.matching.match import Match, match_people
from transforms.matching.settings import MatchSettings
from transforms.matching.state import MADE_BY

Frame = pl.DataFrame


@dataclass(frozen=True)
class World:
    """People of whom some are in the table that the model learned from, and some are not yet."""

    known: Frame
    others: Frame
    first: Match


@pytest.fixture(scope="module")
def world() -> World:
    people = generate_people(400, seed=5, share=0.3).drop("truth")
    people = people.with_columns(phone=pl.concat_list("phone"))
    return World(people.head(300), people.tail(100), match_people(people.head(300)))


def decide(*rows: tuple[str, str, bool]) -> Frame:
    """Decisions about two records of source people each: left, right, are they one."""
    schema = ["left_record", "right_record", "is_same"]
    said = pl.DataFrame(rows, schema=schema, orient="row", schema_overrides={"is_same": pl.Boolean})
    return said.cast({"left_record": pl.String, "right_record": pl.String}).with_columns(
        left_source=pl.lit("people"), right_source=pl.lit("people")
    )


def require_same(one: Match, other: Match) -> None:
    """Both say the same, and leave the same to build on."""
    assert one.clusters.equals(other.clusters)
    assert one.edges.equals(other.edges)
    lasting = ["key", "content", "small", "big", "origin", "is_oversized", "component", "cluster"]
    assert one.memory["node"].select(lasting).equals(other.memory["node"].select(lasting))
    assert one.memory["pair"].equals(other.memory["pair"])
    assert one.warnings == other.warnings


def groups(match: Match) -> set[frozenset[str]]:
    """Clusters as sets of records."""
    return {frozenset(row) for row in match.clusters.group_by("cluster").agg("record")["record"].to_list()}


def together(match: Match, *records: str) -> bool:
    """True if all these records are in one cluster."""
    return any(set(records) <= group for group in groups(match))


EVENT = st.one_of(
    st.tuples(st.just("come"), st.integers(0, 99)),
    st.tuples(st.just("go"), st.integers(0, 299)),
    st.tuples(st.just("change"), st.integers(0, 299)),
    st.tuples(st.just("copy"), st.integers(0, 299)),
    st.tuples(st.just("crowd"), st.integers(0, 280)),
    st.tuples(st.just("throng"), st.integers(0, 299)),
    st.tuples(st.just("decide"), st.tuples(st.integers(0, 40), st.integers(0, 40), st.booleans())),
)
NIGHT = st.lists(EVENT, min_size=1, max_size=12)


def live(world: World, people: Frame, said: Frame, night: list[tuple[str, object]]) -> tuple[Frame, Frame]:
    """The table and the decisions after a night's events."""
    for event, what in night:
        record = world.known["record"]
        if event == "come":
            more = world.others.slice(int(what), 1)
            people = pl.concat([people, more]).unique(["source", "record"], keep="first", maintain_order=True)
        elif event == "go":
            people = people.filter(pl.col("record") != record[int(what)])
        elif event == "change":
            is_it = pl.col("record") == record[int(what)]
            people = people.with_columns(surname=pl.when(is_it).then(pl.lit("waldorf")).otherwise("surname"))
        elif event == "copy":
            own = people.filter(pl.col("record") == record[int(what)])
            copies = own.with_columns(record="0" + pl.col("record"), source=pl.lit("copied"))
            people = pl.concat([people, copies]).unique(["source", "record"], keep="first", maintain_order=True)
        elif event == "crowd":
            is_it = pl.col("record").is_in(record.slice(int(what), 9).implode())
            shared = pl.when(is_it).then(pl.lit(["55555555"])).otherwise("phone")
            people = people.with_columns(phone=shared)
        elif event == "throng":
            own = people.join(world.known, on=["source", "record"], how="left", suffix="_own", maintain_order="left")
            is_it = pl.col("record").is_in(record.head(int(what)).implode())
            was_it = pl.col("surname") == "quetzal"
            surname = pl.when(is_it).then(pl.lit("quetzal")).when(was_it).then("surname_own").otherwise("surname")
            people = own.with_columns(surname=surname).select(people.columns)
        else:
            a, b, is_same = what
            said = pl.concat([said, decide((record[a], record[b], is_same))])
    return people, said


@pytest.mark.slow
@given(st.lists(NIGHT, min_size=1, max_size=3))
@settings(max_examples=100, deadline=None)
def test_any_history_ends_as_if_all_were_compared_anew(world, nights) -> None:
    people, said, memory = world.known, decide(), world.first.memory
    for night in nights:
        people, said = live(world, people, said, night)
        found = match_people(people, model=world.first.model, memory=memory, decisions=said)
        memory = found.memory
    require_same(found, match_people(people, model=world.first.model, decisions=said))


def test_nothing_new_compares_nothing(world) -> None:
    again = match_people(world.known.reverse(), model=world.first.model, memory=world.first.memory)
    assert again.compared == 0
    require_same(again, world.first)


def test_few_new_records_compare_few(world) -> None:
    more = pl.concat([world.known, world.others.head(3)])
    assert match_people(more, model=world.first.model, memory=world.first.memory).compared == 3


def test_who_left_and_came_back_is_found_where_he_was(world) -> None:
    kept = {"model": world.first.model}
    gone = match_people(world.known.tail(250), memory=world.first.memory, **kept)
    back = match_people(world.known, memory=gone.memory, **kept)
    assert groups(gone) != groups(world.first)
    require_same(back, world.first)


def test_phone_that_too_many_share_counts_again_when_they_are_gone(world) -> None:
    shared = world.known.with_row_index("row").with_columns(
        phone=pl.when(pl.col("row") < 9).then(pl.lit(["55555555"])).otherwise("phone")
    )
    many, few = shared.drop("row"), shared.filter(pl.col("row") > 0).drop("row")
    model = world.first.model
    crowded = match_people(many, model=model, memory=world.first.memory)
    assert any("phone" in w for w in crowded.warnings)
    again = match_people(few, model=model, memory=crowded.memory)
    assert not again.warnings
    require_same(again, match_people(few, model=model))
    require_same(match_people(many, model=model, memory=again.memory), crowded)


def test_memory_of_another_model_or_settings_is_not_used(world) -> None:
    strict = replace(MatchSettings(), threshold=0.9)
    other = match_people(world.known, settings=strict, model=world.first.model, memory=world.first.memory)
    assert other.compared > 250
    empty = {name: frame.clear() for name, frame in world.first.memory.items()}
    assert match_people(world.known, model=world.first.model, memory=empty).compared > 250


def test_key_that_outgrew_the_model_is_told_and_the_result_still_the_same(world) -> None:
    crowd = (
        generate_people(300, seed=9, share=0)
        .drop("truth")
        .with_columns(record=pl.lit("x") + pl.col("record"), phone=pl.concat_list("phone"), surname=pl.lit("quetzal"))
    )
    more = pl.concat([world.known, crowd.select(world.known.columns)])
    found = match_people(more, model=world.first.model, memory=world.first.memory)
    assert found.outgrown > 0
    assert any("train a new one" in w for w in found.warnings)
    require_same(found, match_people(more, model=world.first.model))
    after = match_people(world.known, model=world.first.model, memory=found.memory)
    require_same(after, world.first)


def test_memory_says_by_what_it_was_made(world) -> None:
    assert world.first.memory["made_by"].schema == MADE_BY
    assert set(world.first.memory) == {"made_by", "node", "identifier", "pair"}


def test_what_people_joined_is_one_whatever_the_evidence(world) -> None:
    one, other, third = (min(group) for group in sorted(groups(world.first), key=min)[:3])
    said = decide((one, other, True), (other, third, True))
    match = match_people(world.known, model=world.first.model, decisions=said)
    assert together(match, one, other, third)
    edge = match.edges.filter(pl.col("rule") == "decision")
    assert edge["probability"].to_list() == [1.0, 1.0]
    assert edge["is_joined"].all()


def test_what_people_parted_stays_apart_also_through_what_they_joined(world) -> None:
    twins = sorted(next(g for g in groups(world.first) if len(g) == 2))
    third = next(min(g) for g in groups(world.first) if len(g) == 1)
    said = decide((twins[0], twins[1], False), (twins[1], third, True))
    match = match_people(world.known, model=world.first.model, decisions=said)
    assert not together(match, *twins)
    assert not together(match, twins[0], third)
    assert together(match, twins[1], third)
    edge = match.edges.filter(~pl.col("is_joined"), pl.col("rule") == "decision")
    assert edge["probability"].to_list() == [0.0]


def test_records_of_equal_content_can_be_parted(world) -> None:
    copies = pl.concat([world.known, *(world.known.head(1).with_columns(record=pl.lit(r)) for r in ("c1", "c2"))])
    assert together(match_people(copies, model=world.first.model), "c1", "c2")
    match = match_people(copies, model=world.first.model, decisions=decide(("c1", "c2", False)))
    assert not together(match, "c1", "c2")


def test_decisions_that_contradict_each_other_part_and_are_told(world) -> None:
    a, b, c = (min(group) for group in sorted(groups(world.first), key=min)[:3])
    said = decide((a, b, True), (b, c, True), (a, c, False))
    match = match_people(world.known, model=world.first.model, decisions=said)
    assert not together(match, a, c)
    assert any("contradict" in w for w in match.warnings)


def test_decisions_about_nobody_here_change_nothing(world) -> None:
    said = decide(("nobody", "noone", True), (world.known["record"][0], "noone", False))
    match = match_people(world.known, model=world.first.model, decisions=said)
    assert groups(match) == groups(world.first)


def test_decisions_outlive_a_model_trained_anew(world) -> None:
    one, other = (min(group) for group in sorted(groups(world.first), key=min)[:2])
    people = pl.concat([world.known, world.others])
    assert together(match_people(people, decisions=decide((one, other, True))), one, other)


def test_decision_taken_back_leaves_no_trace(world) -> None:
    twins = sorted(next(g for g in groups(world.first) if len(g) == 2))
    parted = match_people(
        world.known, model=world.first.model, memory=world.first.memory, decisions=decide((*twins, False))
    )
    again = match_people(world.known, model=world.first.model, memory=parted.memory)
    require_same(again, world.first)
