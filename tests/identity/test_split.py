"""A customer that was merged wrongly is split by one decision, which holds, and can be taken back."""

import json
from datetime import timedelta

import duckdb
import pytest
from typer.testing import CliRunner

from serving.accounts import describe_absent
from serving.cli.main import app
from serving.customer import NotFoundError
from serving.explanation.explain import explain_pair
from serving.query import open_home
from serving.split import SplitError, find_accounts, make_split, plan_split, read_group
from tests.worlds.world import AS_OF, CRM_HEAD, World
from transforms.identity.decisions import (
    ContradictionError,
    Decision,
    apply_decisions,
    find_contradiction,
    list_in_force,
    require_consistent,
)
from warehouse.home.decisions import DECISIONS, DecisionError, add_decision, load_decisions, read_ledger, stamp

pytestmark = pytest.mark.slow

A, B, C, D = ("crm", "1"), ("crm", "2"), ("shop", "3"), ("shop", "4,5")


def decide(number: int, kind: str, *parts, withdraws=None) -> Decision:
    """A decision of Ann's: of two accounts, or of a split's parts."""
    left, right = (parts[0], parts[1]) if kind != "split" else (parts[0][0], parts[1][0])
    own = parts if kind == "split" else None
    return Decision(f"D{number}", "2026-03-01T10:00:00+00:00", "ann", kind, *left, *right, "seen", withdraws, own)


def call(world: World, *words: str):
    """The outcome of a command on a world's home."""
    return CliRunner().invoke(app, [*words, "--home", str(world.home.root)])


def said(history) -> set[str]:
    """What is in force, as text without ids."""
    return {d.describe() for d in list_in_force(history)}


def test_a_split_parts_every_pair_but_those_it_keeps_and_replaces_what_was_decided_of_them():
    history = [decide(1, "link", A, C), decide(2, "unlink", A, B), decide(3, "split", (A, B), (C,), (D,))]
    assert said(history) == {
        "crm:1 = crm:2 (D3)", "crm:1 ≠ shop:3 (D3)", "crm:2 ≠ shop:3 (D3)", "crm:1 ≠ shop:4,5 (D3)",
        "crm:2 ≠ shop:4,5 (D3)", "shop:3 ≠ shop:4,5 (D3)",
    }  # fmt: skip
    assert said([*history, decide(4, "link", C, D)]) >= {"shop:3 = shop:4,5 (D4)"}


def test_a_merged_customer_is_named_with_who_it_became_by_split_and_by_link():
    with duckdb.connect() as con:
        con.execute("CREATE TABLE customer_identity (source TEXT, account_id TEXT, customer_id TEXT)")
        con.execute("CREATE SCHEMA identity; CREATE TABLE identity.customer (customer_id TEXT, merged_into TEXT)")
        con.execute("INSERT INTO identity.customer VALUES ('C1', 'C2'), ('C3', NULL)")
        with pytest.raises(NotFoundError, match="C1 was merged into C2; split that: c360 split C2"):
            find_accounts(con, "C1")
        assert describe_absent(con, "C1").startswith("C1 was merged into C2; name one of its accounts")
        with pytest.raises(NotFoundError, match="no customer has that id"):
            find_accounts(con, "C3")


def test_a_split_that_is_withdrawn_gives_back_what_it_replaced():
    history = [decide(1, "link", A, C), decide(2, "unlink", A, B), decide(3, "split", (A, B), (C,))]
    assert said([*history, decide(4, "withdraw", A, C, withdraws="D3")]) == {
        "crm:1 = shop:3 (D1)",
        "crm:1 ≠ crm:2 (D2)",
    }


def test_a_split_of_a_split_needs_no_withdrawal():
    history = [decide(1, "split", (A, B, C), (D,)), decide(2, "split", (A,), (B, C))]
    assert find_contradiction(list_in_force(history)) == []
    assert said(history) >= {"crm:1 ≠ crm:2 (D2)", "crm:2 = shop:3 (D2)", "crm:2 ≠ shop:4,5 (D1)"}


def test_a_link_against_a_kept_group_is_refused_and_one_between_two_alone_is_not():
    in_force = list_in_force([decide(1, "split", (A, B), (C,), (D,))])
    with pytest.raises(ContradictionError, match=r"crm:1 = crm:2 \(D1\).*or decide again about all of its accounts"):
        require_consistent(in_force, decide(2, "link", A, C))
    require_consistent(in_force, decide(2, "link", C, D))


def test_an_account_that_is_gone_does_not_let_its_part_come_together():
    history = [decide(1, "split", (A, B), (C, D))]
    assert apply_decisions(list_in_force(history), [B, D]).rows() == [(*B, *D, False)]
    assert apply_decisions(list_in_force(history), [A, B, D]).rows() == [(*A, *B, True), (*A, *D, False)]


@pytest.mark.parametrize("parts", ['[]', '[[["crm", "1"]]]', '[[["crm", "1"]], [["crm", "1"]]]',
                                   '[[["crm", 1]], [["crm", "2"]]]', '[[["crm"]], [["crm", "2"]]]', "7"])  # fmt: skip
def test_a_damaged_split_stops_everything(tmp_path, parts):
    add_decision(tmp_path, lambda ledger, own: decide(1, "split", (A,), (B,)))
    path = tmp_path / DECISIONS
    assert read_ledger(tmp_path).history == [decide(1, "split", (A,), (B,))]
    text = path.read_text("utf-8")
    path.write_text(text.replace('[[["crm", "1"]], [["crm", "2"]]]', parts) + text, "utf-8")
    with pytest.raises(DecisionError, match="line 1: is not a decision"):
        read_ledger(tmp_path)


def test_accounts_with_commas_are_read_from_a_list():
    known = {"shop:4,5": D, "shop:4": ("shop", "4"), "crm:1": A}
    assert read_group("crm:1, shop:4,5", known) == (A, D)
    with pytest.raises(SplitError, match="no account of this customer"):
        read_group("crm:1,,shop:4", known)


def customers(world: World) -> dict[str, str]:
    """Account as source:account_id → customer_id."""
    return dict(world.ask("SELECT source || ':' || account_id, customer_id FROM customer_identity"))


@pytest.fixture
def crowded(world) -> World:
    """One customer of 80 accounts, all with one mailbox, and equal but for their numbers."""
    rows = "".join(f"E{n:02},CHAN Tai Man,,tai.man@example.com,1980-05-17,Sha Tin\n" for n in range(76))
    world.deliver("crm.csv", CRM_HEAD + CHAN_ROW + rows)
    world.night()
    return world


CHAN_ROW = "C1,CHAN Tai Man,+852 9123 4567,tai.man@example.com,1980-05-17,Sha Tin\n"


def test_a_customer_of_80_accounts_is_split_stays_so_and_comes_back(crowded):
    before = customers(crowded)
    owner = before[CHAN_ID]
    assert sum(own == owner for own in before.values()) == 80
    shown = call(crowded, "split", owner, "--keep", "crm:C1,sales:A1", "--keep", "crm:E00,crm:E01")
    assert shown.exit_code == 0, shown.output
    assert f"{owner}, 80 accounts: split, it is 78 customers" in shown.output
    assert "nothing is decided" in shown.output
    assert read_ledger(crowded.home.root).history == []
    words = (
        "split",
        owner,
        "--keep",
        "crm:C1,sales:A1",
        "--keep",
        "crm:E00,crm:E01",
        "--accept",
        "--reason",
        "mailbox",
    )
    done = call(crowded, *words)
    assert done.exit_code == 0, done.output
    assert "D1: " in done.output
    again = call(crowded, *words)  # another person, before the next run
    assert again.exit_code == 1
    assert "is split already, by D1" in str(again.exception)
    assert len(read_ledger(crowded.home.root).history) == 1
    assert "78 customers" in call(crowded, "decisions").output
    listed = json.loads(call(crowded, "decisions", "--format", "json").output)
    assert len(json.loads(listed["parts"])) == 78
    assert crowded.night(AS_OF + timedelta(days=1))["status"] == "published"
    after = customers(crowded)
    assert after[CHAN_ID] == after["sales:A1"] == owner
    assert after["crm:E00"] == after["crm:E01"]
    mine = [account for account, own in before.items() if own == owner]
    assert len({after[account] for account in mine}) == 78
    planned = [line.split() for line in shown.output.splitlines() if line.startswith("  new ")]
    assert {words[1] for words in planned} == {after[account] for account in mine} - {owner}
    told = explain_pair(crowded.home.root, "crm:E05", "crm:E06")
    assert "a person decided that" in told
    assert "D1 " in told
    # A new account that may be anybody's stays alone; a retrained model changes nothing.
    rows = "".join(f"E{n:02},CHAN Tai Man,,tai.man@example.com,1980-05-17,Sha Tin\n" for n in range(77))
    crowded.deliver("crm2.csv", CRM_HEAD + CHAN_ROW + rows)
    crowded.night(AS_OF + timedelta(days=2), retrain=True)
    later = customers(crowded)
    assert {account: own for account, own in later.items() if account != "crm:E76"} == after
    assert list(later.values()).count(later["crm:E76"]) == 1
    # A part is split again, and the first decision stays as it is.
    part = later["crm:E00"]
    assert call(crowded, "split", part, "--accept", "--reason", "twins").exit_code == 0
    crowded.night(AS_OF + timedelta(days=3))
    assert len({customers(crowded)[account] for account in mine}) == 79
    assert call(crowded, "withdraw", "D2", "--reason", "no twins").exit_code == 0
    assert call(crowded, "withdraw", "D1", "--reason", "one person").exit_code == 0
    crowded.night(AS_OF + timedelta(days=4), accept_identity=True, retrain=True)
    assert {customers(crowded)[account] for account in mine} == {owner}
    with open_home(crowded.home.root) as con:
        assert load_decisions(con).history == read_ledger(crowded.home.root).history


CHAN_ID = "crm:C1"


def test_an_erased_account_is_parted_too_and_its_links_tie_nobody_any_more(published):
    for other in ("crm:C2", "posts:@kafai"):
        assert call(published, "link", "crm:C1", other, "--reason", "seen").exit_code == 0
    published.deliver("crm2.csv", CRM_HEAD + 'C2,"WONG, Mei",6123 4567,mei@example.com,1991-02-03,Wan Chai\n')
    published.night(AS_OF + timedelta(days=1))
    owner = customers(published)["crm:C2"]
    assert customers(published)["posts:@kafai"] == owner
    assert "crm:C1" not in customers(published)
    shown = call(published, "split", owner, "--accept", "--reason", "an error")
    assert shown.exit_code == 0, shown.output
    assert "not there any more: crm:C1" in shown.output
    assert "crm:C1 = crm:C2 (D1)" in shown.output
    published.night(AS_OF + timedelta(days=2))
    assert customers(published)["crm:C2"] != customers(published)["posts:@kafai"]


def test_what_is_decided_between_the_look_and_the_yes_is_not_run_over(published):
    owner = customers(published)["crm:C1"]
    plan = plan_split(published.home.root, owner, [])
    assert call(published, "link", "crm:C1", "sales:A1", "--reason", "seen").exit_code == 0
    with pytest.raises(SplitError, match="somebody else has just decided"):
        add_decision(published.home.root, make_split(plan, stamp, "a mailbox"))
    assert len(read_ledger(published.home.root).history) == 1
    shown = call(published, "split", owner, "--keep", "rest", "--keep", "crm:C1")
    assert "replaces  crm:C1 = sales:A1 (D1)" in shown.output


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("split", "C0"), 1, "no customer has that id"),
        (("split", "crm:C1"), 1, "a customer is split: c360 split C"),
        (("split", "@posts:@kafai"), 1, "has one account, posts:@kafai"),
        (("split", "@crm:C1", "--keep", "crm:C2"), 2, "no account of this customer"),
        (("split", "@crm:C1", "--keep", "crm:C1,crm:C1"), 2, "stands twice"),
        (("split", "@crm:C1", "--keep", "rest"), 2, "every account stays"),
        (("split", "@crm:C1", "--accept"), 2, "needs a reason"),
        (("withdraw", "D1", "--reason", "x"), 1, "is not a decision of this home"),
    ],
)
def test_wrong_use_is_refused_and_nothing_is_kept(first_night, words, status, message):
    ids = customers(first_night)
    done = call(first_night, *(ids[word[1:]] if word[0] == "@" else word for word in words))
    error = done.exception
    assert message in f"{error} {done.output}"
    assert getattr(error, "exit_code", getattr(error, "code", 1)) == status
    assert read_ledger(first_night.home.root).history == []
