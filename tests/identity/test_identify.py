from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.frames import ENGINES, World, table
from transforms.identity import customer_ids as identify

TEXT = pl.String
ACCOUNT = {"source": TEXT, "account_id": TEXT, "is_guest": pl.Boolean}
KEY = {"source": TEXT, "account_id": TEXT, "attribute": TEXT, "value": TEXT, "key": TEXT}
MATCHED = {"source": TEXT, "account_id": TEXT, "cluster": pl.Int64}
EDGE = {
    "left_source": TEXT, "left_account_id": TEXT, "right_source": TEXT, "right_account_id": TEXT, "rule": TEXT,
    "probability": pl.Float64, "is_joined": pl.Boolean,
}  # fmt: skip
CUSTOMER = {"customer_id": TEXT, "source": TEXT, "account_id": TEXT, "created_on": pl.Date, "merged_into": TEXT}
IDENTITY = {"source": TEXT, "account_id": TEXT, "customer_id": TEXT, "rule": TEXT, "confidence": pl.Float64}
HISTORY = {"source": TEXT, "account_id": TEXT, "customer_id": TEXT, "valid_from": pl.Date, "valid_to": pl.Date}


def resolve(
    engine: str,
    clusters: list[str],
    night: int = 1,
    before: tuple[pl.DataFrame, pl.DataFrame] | None = None,
    edges: tuple[tuple[object, ...], ...] = (),
    keyed: str = "",
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One night of identity: each cluster as `source:id source:id` (a `?` marks a guest), the first in order of text.

    `keyed` are guests that some key ties.
    """
    members = sorted((a, number) for number, text in enumerate(clusters) for a in text.split())
    split = [(*a.rstrip("?").split(":"), a.endswith("?"), number) for a, number in members]
    customer, identity = before or (table(CUSTOMER), table(IDENTITY))
    world = World(
        engine,
        account=table(ACCOUNT, *((s, a, is_guest) for s, a, is_guest, _ in split)),
        matched=table(MATCHED, *((s, a, number) for s, a, _, number in split)),
        key=table(KEY, *((*a.split(":"), "email", "e", a) for a in keyed.split())),
        edge=table(EDGE, *edges),
        customer=customer,
        identity=identity,
    )
    node = identify.number_accounts(world["account"])
    cluster = identify.cluster_accounts(node, world["matched"], world["key"])
    claim = identify.claim_names(cluster, world["customer"], world["identity"])
    name = identify.name_clusters(cluster, claim)
    register = identify.build_customer(world["customer"], name, claim, date(2026, 1, night))
    return world.frame(register), world.frame(identify.build_identity(cluster, name, world["edge"]))


def groups(identity: pl.DataFrame) -> set[frozenset[str]]:
    """Customers as the sets of their accounts."""
    found: dict[str, set[str]] = {}
    for source, account, customer, *_ in identity.rows():
        found.setdefault(customer, set()).add(f"{source}:{account}")
    return {frozenset(accounts) for accounts in found.values()}


def id_of(identity: pl.DataFrame, account: str) -> str:
    source, account_id = account.split(":")
    mine = (pl.col("source") == source) & (pl.col("account_id") == account_id)
    return str(identity.filter(mine)["customer_id"].item())


@pytest.mark.parametrize("engine", ENGINES)
def test_an_account_says_what_ties_it_strongest_and_how_sure_its_surest_pair_is(engine: str) -> None:
    edges = (
        ("crm", "1", "shop", "9", "likeness", 0.97, True),
        ("crm", "1", "x", "q", "email", 0.93, True),
        ("shop", "9", "crm", "2", "phone", 0.6, False),
    )
    _, identity = resolve(engine, ["crm:1 shop:9 x:q", "crm:2"], edges=edges)
    said = {f"{s}:{a}": (rule, sure) for s, a, _, rule, sure in identity.rows()}
    assert said == {
        "crm:1": ("email", 0.97),
        "x:q": ("email", 0.93),
        "shop:9": ("likeness", 0.97),
        "crm:2": ("account", 1.0),
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_a_guest_without_evidence_is_nobody(engine: str) -> None:
    _, identity = resolve(engine, ["crm:1 shop:g1?", "shop:g2?", "shop:g3?"], keyed="shop:g1 shop:g3")
    assert groups(identity) == {frozenset({"crm:1", "shop:g1"}), frozenset({"shop:g3"})}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_key_on_too_many_accounts_is_none(engine: str) -> None:
    keys = table(KEY, *(("shop", str(n), "phone", "+1", "+1") for n in range(5)), ("crm", "1", "email", "a@x", "a@x"))
    world = World(engine, attribute=keys)
    assert len(world.frame(identify.list_keys(world["attribute"], 5))) == 6
    assert world.rows(identify.list_keys(world["attribute"], 4), "account_id") == [("1",)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_merge_keeps_the_older_id_and_a_split_gives_each_its_own_back(engine: str) -> None:
    first = resolve(engine, ["b:old"])
    second = resolve(engine, ["a:new", "b:old"], 2, first)
    old, new = id_of(second[1], "b:old"), id_of(second[1], "a:new")
    assert old == id_of(first[1], "b:old") != new

    merged = resolve(engine, ["a:new b:old"], 3, second)
    assert set(merged[1]["customer_id"]) == {old}
    assert dict(merged[0].select("customer_id", "merged_into").rows()) == {old: None, new: old}

    split = resolve(engine, ["a:new", "b:old"], 4, merged)
    assert (id_of(split[1], "b:old"), id_of(split[1], "a:new")) == (old, new)
    assert set(split[0]["merged_into"]) == {None}
    again = resolve(engine, ["a:new b:old"], 5, split)
    assert set(again[1]["customer_id"]) == {old}


@pytest.mark.parametrize("engine", ENGINES)
def test_the_id_stays_when_its_founding_account_vanishes(engine: str) -> None:
    first = resolve(engine, ["a:1 b:2"])
    second = resolve(engine, ["b:2"], 2, first)
    assert id_of(second[1], "b:2") == id_of(first[1], "a:1")


def identity_of(text: str) -> pl.DataFrame:
    """customer_identity as `account=customer account=customer`, all of source s."""
    return table(IDENTITY, *(("s", *pair.split("="), "account", 1.0) for pair in text.split()))


@pytest.mark.parametrize("engine", ENGINES)
def test_history_tells_when_an_account_belonged_to_whom(engine: str) -> None:
    history = table(HISTORY)
    for day, text in ((1, "1=A 2=B"), (3, "1=A 2=A"), (3, "1=A 2=A 3=C"), (5, "1=A 2=B"), (5, "1=A 2=B")):
        world = World(engine, history=history, identity=identity_of(text))
        history = world.frame(identify.build_identity_history(world["history"], world["identity"], date(2026, 1, day)))
    days = [(a, c, f.day, t and t.day) for _, a, c, f, t in history.rows()]
    assert days == [("1", "A", 1, None), ("2", "A", 3, 5), ("2", "B", 1, 3), ("2", "B", 5, None), ("3", "C", 3, 5)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_night_repeated_on_its_day_takes_the_place_of_the_first(engine: str) -> None:
    history = table(
        HISTORY, ("s", "1", "A", date(2026, 1, 1), date(2026, 1, 2)), ("s", "1", "B", date(2026, 1, 2), None)
    )
    world = World(engine, history=history, identity=identity_of("1=A"))
    found = world.frame(identify.build_identity_history(world["history"], world["identity"], date(2026, 1, 2)))
    assert found.rows() == [("s", "1", "A", date(2026, 1, 1), None)]


@pytest.mark.parametrize("engine", ENGINES)
def test_churn_names_the_fate_of_every_customer(engine: str) -> None:
    world = World(
        engine,
        before=identity_of("1=kept 2=kept 3=merged 4=split 5=split 6=gone"),
        after=identity_of("1=kept 2=kept 3=kept 4=split 5=back 7=new"),
    )
    found = dict(world.rows(identify.build_churn(world["before"], world["after"])))
    assert found == {"kept": "kept", "merged": "merged", "split": "split", "gone": "gone", "new": "new"}


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.integers(0, 4), min_size=10, max_size=10), min_size=1, max_size=4))
def test_engines_agree_and_ids_last_through_any_history(nights: list[list[int]]) -> None:
    """Ten accounts fall into other clusters each night: nobody is lost, no id is given twice, engines agree."""
    before: dict[str, tuple[pl.DataFrame, pl.DataFrame] | None] = dict.fromkeys(ENGINES)
    for night, numbers in enumerate(nights, start=1):
        found: dict[int, list[str]] = {}
        for account, number in enumerate(numbers):
            found.setdefault(number, []).append(f"s{account % 3}:{account}")
        clusters = [" ".join(own) for own in found.values()]
        for engine in ENGINES:
            before[engine] = resolve(engine, clusters if engine == "polars" else clusters[::-1], night, before[engine])
        one, other = before["polars"], before["duckdb"]
        assert one is not None
        assert other is not None
        assert one[0].rows() == other[0].rows()
        assert one[1].rows() == other[1].rows()
        assert groups(one[1]) == {frozenset(own) for own in found.values()}
        assert one[0]["customer_id"].is_unique().all()
