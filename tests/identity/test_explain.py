"""Explaining and reviewing who is who: what a person reads is what was found."""

import json
from datetime import timedelta
from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.customer import NotFoundError
from serving.explanation.explain import compare_now, explain_pair, read_pair
from serving.explanation.explain_way import find_way
from serving.explanation.explain_words import LEVEL, PARTED, say_level, say_parted, say_probability, say_weight
from serving.limits import QueryError
from serving.query import open_home
from serving.review import Decided, Link, print_review, quote_account, recalibrate, review, weigh_links
from tests.worlds.world import AS_OF, CHAN, CRM_HEAD, World
from transforms.identity.decisions import Decision
from transforms.matching.comparison.vectors import FLAGS, HEIGHTS, RARE
from transforms.matching.records.field import KINDS
from warehouse.home.keys import read_key
from warehouse.home.layout import HomeError
from warehouse.identity.sealed_model import KEY_NAME

pytestmark = pytest.mark.slow


@pytest.fixture
def home(first_night: World):
    return first_night.home.root


def test_one_customer_is_explained_with_fields_and_the_way(home):
    said = explain_pair(home, "crm:C1", "sales:A1")
    lines = said.splitlines()
    assert lines[0].startswith("crm:C1 and sales:A1 are one customer, C")
    assert "the surest way from one to the other" in said
    assert any(line.split() == ["email", "(0.900)", "sales:A1"] for line in lines)


def test_two_that_the_night_did_not_weigh_are_compared_now(home):
    said = explain_pair(home, "crm:C1", "crm:C2")
    assert "are two customers" in said.splitlines()[0]
    assert "compared now, which the night had no cause to do: as good as excluded" in said
    assert "two people by another given name, another surname, another birth date and another home: no slip" in said
    assert "CHAN Tai Man" in said
    assert "WONG, Mei" in said
    assert "way from one" not in said


def test_compared_now_or_by_night_is_the_same(home):
    with open_home(home) as con:
        edges = con.execute(
            "SELECT left_source, left_account_id, right_source, right_account_id FROM identity.edge"
            " WHERE comparison <> '{}' AND rule <> 'decision'"
        ).fetchall()
        assert edges
        for edge in edges:
            left, right = edge[:2], edge[2:]
            night, now = read_pair(con, left, right), compare_now(con, left, right, 8, read_key(home, KEY_NAME))
            assert (now.rule, now.comparison) == (night.rule, night.comparison)
            assert now.probability == pytest.approx(night.probability, abs=1e-9)


def test_copies_are_compared_field_by_field(home):
    """The night compares copies with the first of them only."""
    said = explain_pair(home, "sales:A1", "tickets:U1")
    assert "compared now" in said
    assert next(line for line in said.splitlines() if line.startswith("  email")).split()[1:3] == ["the", "same,"]


def test_by_a_model_of_another_version_two_are_shown_side_by_side(home, monkeypatch):
    monkeypatch.setattr("transforms.matching.model.trained_model.MADE_BY", "another")
    said = explain_pair(home, "crm:C1", "crm:C2")
    assert "compared: not with each other" in said
    assert [line.split("  ")[1].split()[0] for line in said.splitlines() if " | " in line] == [
        "birth", "district", "email", "name", "phone",
    ]  # fmt: skip
    assert said.count(" differ ") == 4
    assert "written otherwise" in said


def test_two_of_whom_nothing_is_known_are_no_copies(published):
    published.deliver("crm.csv", f"{CRM_HEAD}{CHAN}B1,,,,,\n")
    published.night(AS_OF + timedelta(days=1))
    said = explain_pair(published.home.root, "crm:B1", "posts:@kafai")
    assert "neither has anything that could be compared" in said
    assert "the same in every field" not in said


def test_the_order_of_the_two_says_the_same(home):
    one, other = explain_pair(home, "crm:C1", "posts:@taiman"), explain_pair(home, "posts:@taiman", "crm:C1")
    assert next(line for line in one.splitlines() if "+" in line).split()[:2] == ["email", "the"]
    assert "email         the same" in other


def test_a_customer_id_stands_for_its_surest_account(home, first_night):
    [(chan,)] = first_night.ask("SELECT customer_id FROM customer_identity WHERE account_id = 'C1'")
    assert f"({chan})" in explain_pair(home, chan, "crm:C2").splitlines()[0]


@pytest.mark.parametrize("who", ["crm:C9", "C1", "nobody", "", ":", "crm:", "' OR 1=1 --:x", "crm:C1:2"])
def test_an_account_that_is_not_there_is_not_found(home, who):
    with pytest.raises(NotFoundError, match="source:account_id"):
        explain_pair(home, who, "crm:C1")


def test_an_account_and_itself_are_no_pair(home):
    with pytest.raises(NotFoundError, match="same account"):
        explain_pair(home, "crm:C1", "crm:C1")


@pytest.mark.parametrize("ask", [lambda h: explain_pair(h, "a:1", "b:2"), lambda h: review(h, 3)])
def test_before_the_first_night_it_says_so(tmp_path, ask):
    with pytest.raises(HomeError, match="nothing is published"):
        ask(tmp_path)


def test_every_level_of_every_field_has_its_words():
    for field, kind in KINDS.items():
        texts = [say_level(field, level) for level in range(HEIGHTS[kind] + len(RARE))]
        assert texts[0] == "differ"
        assert texts[HEIGHTS[kind] - 1] == "the same"
        if kind != "full":
            assert len(LEVEL[kind]) == HEIGHTS[kind]
            assert texts[-1] == "the same, and a rare one"


def test_every_contradiction_has_its_words():
    assert PARTED.keys() == FLAGS.keys()
    assert say_parted(("birth",)).startswith("two people by another birth date: ")


def test_words_follow_the_figures():
    assert say_weight(20) == "speaks very strongly for one person"
    assert say_weight(0) == "is hardly evidence"
    assert say_weight(-20) == "speaks very strongly against it"
    assert say_probability(1.0) == "as good as certain"
    assert say_probability(0.0) == "as good as excluded"


def test_review_names_accounts_and_no_value(home):
    said = print_review(home, 5, "table")
    assert "none: nothing stands between" in said  # equal identifiers, and nothing against them, are no question
    assert "@example.com" not in said
    assert "Tai Man" not in said
    rows = [json.loads(line) for line in print_review(home, 5, "json").splitlines()]
    biggest = [row for row in rows if row["kind"] == "biggest"]
    assert [row["account_count"] for row in biggest] == [4, 2, 1]
    assert print_review(home, 5, "csv").splitlines()[0].startswith("kind,customer_id,account_count")


def test_review_in_an_unknown_format_is_refused(home):
    with pytest.raises(QueryError, match="--format xml"):
        print_review(home, 5, "xml")


def test_what_decisions_imply_is_offered_no_more():
    a, b, c, d = (("s", name) for name in "abcd")
    said = [("link", a, b), ("unlink", b, c), ("unlink", c, d)]
    in_force = [Decision("D1", "", "", kind, *one, *other, "") for kind, one, other in said]
    decided = Decided(in_force, {a: "C1", b: "C1", c: "C2", d: "C2"})
    assert [decided.implies(*pair) for pair in ((a, b), (a, c), (b, d))] == [True, True, False]
    assert decided.names("C2", "C1")  # two customers, by a decision about some of their accounts
    assert decided.names("C2")  # parted since the night
    assert not decided.names("C1")


def test_at_the_threshold_it_is_even():
    assert [recalibrate(p, 0.5) for p in (0.2, 0.9)] == pytest.approx([0.2, 0.9])
    assert recalibrate(0.8, 0.8) == pytest.approx(0.5)


@pytest.mark.parametrize(("account", "shown"), [("crm:C1", "crm:C1"), ("a:b c", "'a:b c'"), ("a:o'k", "'a:o'\\''k'")])
def test_accounts_are_written_as_a_shell_takes_them(account, shown):
    assert quote_account(account) == shown


PAIRS = st.dictionaries(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda p: p[0] < p[1]), st.integers(1, 99), min_size=1
)


@given(PAIRS)
def test_links_that_are_needed_are_a_tree_and_move_its_smaller_side(pairs):
    graph = nx.Graph()
    graph.add_weighted_edges_from((("s", str(a)), ("s", str(b)), p / 100) for (a, b), p in pairs.items())
    links = [Link(a, b, d["weight"], "x") for a, b, d in graph.edges(data=True)]
    events = {account: int(account[1]) ** 2 for account in graph}
    found = weigh_links(sorted(links, key=lambda link: -link.probability), events)
    tree = nx.Graph([(link.left, link.right) for link, _ in found])
    best = nx.maximum_spanning_tree(graph)
    assert nx.is_forest(tree)
    assert sum(link.probability for link, _ in found) == pytest.approx(best.size("weight"))
    for link, moved in found:
        tree.remove_edge(link.left, link.right)
        sides = [nx.node_connected_component(tree, end) for end in (link.left, link.right)]
        sizes = [(len(side), sum(events[account] for account in side)) for side in sides]
        assert sum(moved) == min(map(sum, sizes))
        tree.add_edge(link.left, link.right)


@given(PAIRS, st.integers(0, 7), st.integers(0, 7))
def test_the_surest_way_is_that_of_networkx(pairs, start, end):
    graph = nx.Graph()
    graph.add_nodes_from(range(8))
    graph.add_weighted_edges_from((a, b, p / 100) for (a, b), p in pairs.items())
    links = [(("s", str(a)), ("s", str(b)), p / 100, "x") for (a, b), p in pairs.items()]
    way = find_way(links, ("s", str(start)), ("s", str(end)))
    if start == end or not nx.has_path(graph, start, end):
        assert way == []
        return
    product = 1.0
    for _, probability, _ in way:
        product *= probability
    best = max(_multiply(graph, path) for path in nx.all_simple_paths(graph, start, end))
    assert product == pytest.approx(best)


def _multiply(graph, path):
    product = 1.0
    for a, b in pairwise(path):
        product *= graph[a][b]["weight"]
    return product
