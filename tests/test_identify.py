from __future__ import annotations

from datetime import date

import networkx as nx
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.frames import ENGINES, World, table
from transforms import identify
from transforms.engine import connect_components

TEXT = pl.String
ATTRIBUTE = {"source": TEXT, "account_id": TEXT, "attribute": TEXT, "value": TEXT, "key": TEXT}
ACCOUNT = {"source": TEXT, "account_id": TEXT, "is_guest": pl.Boolean}
CUSTOMER = {"customer_id": TEXT, "source": TEXT, "account_id": TEXT, "created_on": pl.Date, "merged_into": TEXT}
IDENTITY = {"source": TEXT, "account_id": TEXT, "customer_id": TEXT, "rule": TEXT, "confidence": pl.Float64}


def resolve(
    engine: str,
    accounts: list[str],
    keys: list[tuple[str, str, str]],
    night: int = 1,
    before: tuple[pl.DataFrame, pl.DataFrame] | None = None,
    shared_by: int = 8,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One night of identity: accounts as `source:id` (a `?` marks a guest), keys as (account, attribute, key)."""
    split = [(a.rstrip("?").split(":")[0], a.rstrip("?").split(":")[1], a.endswith("?")) for a in accounts]
    customer, identity = before or (table(CUSTOMER), table(IDENTITY))
    world = World(
        engine,
        attribute=table(ATTRIBUTE, *((*a.split(":"), kind, key, key) for a, kind, key in keys)),
        account=table(ACCOUNT, *split),
        customer=customer,
        identity=identity,
    )
    key = identify.list_keys(world["attribute"], shared_by)
    node = identify.number_accounts(world["account"])
    edge = identify.link_shared_keys(key, node)
    cluster = identify.cluster_accounts(node, edge, key)
    claim = identify.claim_names(cluster, world["customer"], world["identity"])
    name = identify.name_clusters(cluster, claim)
    register = identify.build_customer(world["customer"], name, claim, date(2026, 1, night))
    return world.frame(register), world.frame(identify.build_identity(cluster, name, edge))


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
def test_shared_keys_make_one_customer_across_silos(engine: str) -> None:
    _, identity = resolve(
        engine,
        ["crm:1", "crm:2", "shop:9", "x:q"],
        [("crm:1", "email", "a@x"), ("shop:9", "email", "a@x"), ("shop:9", "phone", "+1"), ("x:q", "phone", "+1")],
    )
    assert groups(identity) == {frozenset({"crm:1", "shop:9", "x:q"}), frozenset({"crm:2"})}
    rules = {f"{s}:{a}": rule for s, a, _, rule, _ in identity.rows()}
    assert rules == {"crm:1": "email", "shop:9": "email", "x:q": "phone", "crm:2": "account"}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_key_on_too_many_accounts_ties_nobody(engine: str) -> None:
    accounts = [f"shop:{n}" for n in range(5)]
    counter = [(a, "phone", "+852 counter") for a in accounts]
    assert len(groups(resolve(engine, accounts, counter, shared_by=4)[1])) == 5
    assert len(groups(resolve(engine, accounts, counter, shared_by=5)[1])) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_key_of_another_kind_ties_nobody(engine: str) -> None:
    _, identity = resolve(engine, ["crm:1", "x:1"], [("crm:1", "handle", "kit"), ("x:1", "email", "kit")])
    assert len(groups(identity)) == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_a_guest_without_evidence_is_nobody(engine: str) -> None:
    accounts = ["crm:1", "shop:g1?", "shop:g2?", *(f"shop:{n}" for n in range(3))]
    keys = [("crm:1", "email", "a@x"), ("shop:g1", "email", "a@x")]
    keys += [(a.rstrip("?"), "phone", "+counter") for a in accounts[2:]]
    _, identity = resolve(engine, accounts, keys, shared_by=3)
    assert frozenset({"crm:1", "shop:g1"}) in groups(identity)
    assert "g2" not in identity["account_id"].to_list()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_merge_keeps_the_older_id_and_a_split_gives_each_its_own_back(engine: str) -> None:
    first = resolve(engine, ["b:old"], [("b:old", "email", "o@x")])
    both = ["a:new", "b:old"]
    apart = [("b:old", "email", "o@x"), ("a:new", "email", "n@x")]
    second = resolve(engine, both, apart, 2, first)
    old, new = id_of(second[1], "b:old"), id_of(second[1], "a:new")
    assert old == id_of(first[1], "b:old") != new

    together = [*apart, ("a:new", "phone", "+1"), ("b:old", "phone", "+1")]
    merged = resolve(engine, both, together, 3, second)
    assert set(merged[1]["customer_id"]) == {old}
    assert dict(merged[0].select("customer_id", "merged_into").rows()) == {old: None, new: old}

    split = resolve(engine, both, apart, 4, merged)
    assert (id_of(split[1], "b:old"), id_of(split[1], "a:new")) == (old, new)
    assert set(split[0]["merged_into"]) == {None}
    again = resolve(engine, both, together, 5, split)
    assert set(again[1]["customer_id"]) == {old}


@pytest.mark.parametrize("engine", ENGINES)
def test_the_id_stays_when_its_founding_account_vanishes(engine: str) -> None:
    keys = [("a:1", "email", "m@x"), ("b:2", "email", "m@x")]
    first = resolve(engine, ["a:1", "b:2"], keys)
    second = resolve(engine, ["b:2"], keys[1:], 2, first)
    assert id_of(second[1], "b:2") == id_of(first[1], "a:1")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=25))
@pytest.mark.parametrize("engine", ENGINES)
def test_components_are_those_of_networkx(engine: str, pairs: list[tuple[int, int]]) -> None:
    world = World(
        engine,
        node=table({"node": pl.Int64}, *((n,) for n in range(15))),
        edge=table({"left": pl.Int64, "right": pl.Int64}, *pairs),
    )
    found: dict[int, set[int]] = {}
    for node, component in world.rows(connect_components(world["node"], world["edge"]), "node", "component"):
        found.setdefault(component, set()).add(node)
    graph = nx.Graph(pairs)
    graph.add_nodes_from(range(15))
    assert {min(c): set(c) for c in nx.connected_components(graph)} == found


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["email", "phone"]), st.integers(0, 6)), max_size=20),
    st.randoms(),
)
def test_engines_and_row_order_agree(rows: list[tuple[int, str, int]], random: object) -> None:
    accounts = [f"s{n % 3}:{n}" for n in range(10)]
    keys = [(accounts[n], kind, str(key)) for n, kind, key in rows]
    shuffled = list(keys)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = resolve("polars", accounts, keys), resolve("duckdb", accounts[::-1], shuffled)
    assert one[0].rows() == other[0].rows()
    assert one[1].rows() == other[1].rows()
