"""People decide who is who: the commands, the file, and that every later night obeys."""

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from serving.cli.main import app
from tests.worlds.world import AS_OF, USUAL, World
from transforms.identity.decisions import (
    ContradictionError,
    Decision,
    apply_decisions,
    list_in_force,
    require_consistent,
)
from warehouse.home.decisions import DECISIONS, TORN, DecisionError, add_decision, read_ledger

pytestmark = pytest.mark.slow

A, B, C, D = ("crm", "1"), ("shop", "2"), ("shop", "3"), ("x", 'weird: "id"')
CHAN, KAFAI, WONG = "crm:C1", "posts:@kafai", "crm:C2"


def decision(number: int, kind: str, left, right, withdraws=None) -> Decision:
    """A decision of Ann's."""
    return Decision(f"D{number}", "2026-03-01T10:00:00+00:00", "ann", kind, *left, *right, "seen", withdraws)


def call(world: World, *words: str):
    """The outcome of a command on a world's home."""
    return CliRunner().invoke(app, [*words, "--home", str(world.home.root)])


def customer(world: World, account: str) -> str:
    """The customer_id of source:account_id."""
    [(found,)] = world.ask("SELECT customer_id FROM customer_identity WHERE source || ':' || account_id = ?", account)
    return found


def test_the_latest_decision_on_a_pair_holds_in_any_direction():
    history = [decision(1, "link", A, B), decision(2, "unlink", B, A), decision(3, "link", B, C)]
    assert [d.decision_id for d in list_in_force(history)] == ["D2", "D3"]
    assert [d.decision_id for d in list_in_force([*history, decision(4, "withdraw", A, B, "D2")])] == ["D3"]


def test_a_contradiction_is_refused_with_its_chain():
    linked = [decision(1, "link", A, B), decision(2, "link", C, B)]
    with pytest.raises(ContradictionError, match=r"crm:1 = shop:2 \(D1\), shop:3 = shop:2 \(D2\)"):
        require_consistent(linked, decision(3, "unlink", A, C))
    apart = [decision(1, "link", A, B), decision(2, "unlink", A, C)]
    with pytest.raises(ContradictionError, match=r"crm:1 = shop:2 \(D1\), crm:1 ≠ shop:3 \(D2\)"):
        require_consistent(apart, decision(3, "link", C, B))
    require_consistent(apart, decision(3, "link", A, C))  # the pair itself may be decided otherwise
    require_consistent(apart, decision(3, "link", A, D))


def test_an_account_that_is_gone_still_ties_others():
    linked = [decision(1, "link", A, B), decision(2, "link", B, C)]
    assert apply_decisions(linked, [A, C, D]).rows() == [(*A, *C, True)]
    apart = [decision(1, "unlink", A, B), decision(2, "link", B, C)]
    assert apply_decisions(apart, [A, C]).rows() == [(*A, *C, False)]
    assert apply_decisions(apart, [C]).rows() == []


def test_a_torn_last_line_is_put_aside_and_told(tmp_path):
    add_decision(tmp_path, lambda ledger, own: decision(1, "link", A, B))
    with (tmp_path / DECISIONS).open("ab") as file:
        file.write(b'{"decision_id": "D2", "kind"')
    assert len(read_ledger(tmp_path).history) == 1
    made, torn = add_decision(tmp_path, lambda ledger, own: decision(int(own[1:]), "link", B, D))
    assert made.decision_id == "D2"
    assert torn.startswith(b'{"decision_id"')
    assert (tmp_path / TORN).read_bytes() == torn + b"\n"
    assert [d.right for d in read_ledger(tmp_path).history] == [B, D]


def test_a_whole_last_line_without_its_end_counts(tmp_path):
    add_decision(tmp_path, lambda ledger, own: decision(1, "link", A, B))
    path = tmp_path / DECISIONS
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    add_decision(tmp_path, lambda ledger, own: decision(int(own[1:]), "link", B, C))
    assert [d.decision_id for d in read_ledger(tmp_path).history] == ["D1", "D2"]


@pytest.mark.parametrize("line", ["{}", "null", "[1]", '{"decision_id": 1}', "\x00\x01"])
def test_a_damaged_line_stops_everything_and_is_named(tmp_path, line):
    add_decision(tmp_path, lambda ledger, own: decision(1, "link", A, B))
    path = tmp_path / DECISIONS
    path.write_text(f"{line}\n{path.read_text('utf-8')}", "utf-8")
    with pytest.raises(DecisionError, match="line 1: is not a decision"):
        read_ledger(tmp_path)


WRITER = """
import sys
from pathlib import Path
from transforms.identity.decisions import Decision
from warehouse.home.decisions import add_decision
for i in range(40):
    add_decision(Path(sys.argv[1]), lambda ledger, own: Decision(
        own, "2026-03-01T10:00:00+00:00", "ann", "link", "s", sys.argv[2], "s", str(i), "because"))
"""


def test_two_processes_at_once_lose_nothing(tmp_path):
    both = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name]) for name in ("a", "b")]
    assert [process.wait(60) for process in both] == [0, 0]
    history = read_ledger(tmp_path).history
    assert [d.decision_id for d in history] == [f"D{i}" for i in range(1, 81)]
    assert len({d.pair for d in history}) == 80


def test_strangers_that_are_linked_are_one_customer_from_the_next_night_on(published):
    assert customer(published, CHAN) != customer(published, KAFAI)
    said = call(published, "link", CHAN, KAFAI, "--reason", "same passport")
    assert said.exit_code == 0, said.output
    assert "takes effect with the next run" in said.output
    assert published.night()["status"] == "published"  # nothing else is new
    assert customer(published, CHAN) == customer(published, KAFAI)
    [(rule,)] = published.ask("SELECT rule FROM customer_identity WHERE account_id = '@kafai'")
    assert rule == "decision"
    assert published.ask("SELECT kind, reason, is_in_force FROM identity.decision") == [("link", "same passport", True)]
    assert published.night()["status"] == "unchanged"
    assert published.night(AS_OF + timedelta(days=1), retrain=True)["status"] == "published"
    assert customer(published, CHAN) == customer(published, KAFAI)


def test_equal_accounts_that_are_unlinked_are_apart_until_that_is_withdrawn(published):
    assert customer(published, CHAN) == customer(published, "tickets:U1")
    assert call(published, "unlink", CHAN, "tickets:U1", "--reason", "father and son").exit_code == 0
    published.night()
    assert customer(published, CHAN) != customer(published, "tickets:U1")
    published.deliver("crm.csv", "".join([*USUAL["crm.csv"].splitlines(keepends=True)[:1], *reversed(
        USUAL["crm.csv"].splitlines(keepends=True)[1:])]))  # fmt: skip
    published.night(AS_OF + timedelta(days=1), retrain=True)
    assert customer(published, CHAN) != customer(published, "tickets:U1")
    assert call(published, "withdraw", "D1", "--reason", "they are one").exit_code == 0
    published.night(AS_OF + timedelta(days=2))
    assert customer(published, CHAN) == customer(published, "tickets:U1")
    assert published.ask("SELECT decision_id, is_in_force FROM identity.decision ORDER BY 1") == [
        ("D1", False), ("D2", False),
    ]  # fmt: skip


def test_two_accounts_that_are_not_the_third_stay_one_customer(published):
    for account in ("sales:A1", "posts:@taiman"):
        assert call(published, "unlink", "tickets:U1", account, "--reason", "a borrowed mailbox").exit_code == 0
    published.night()
    assert customer(published, "sales:A1") == customer(published, "posts:@taiman")
    assert customer(published, "tickets:U1") != customer(published, "sales:A1")


def test_a_reason_that_is_no_utf_8_is_kept_and_told_as_such(published):
    assert call(published, "link", CHAN, KAFAI, "--reason", "caf\udce9").exit_code == 0
    assert [d.reason for d in read_ledger(published.home.root).history] == ["caf?"]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("link", CHAN, "posts:@nobody", "--reason", "x"), 1, "no such account"),
        (("link", CHAN, "'; DROP TABLE x", "--reason", "x"), 1, "no account is named so"),
        (("link", CHAN, "", "--reason", "x"), 1, "no account is named so"),
        (("link", CHAN, "@kafai", "--reason", "x"), 1, "there is: posts:@kafai"),
        (("link", CHAN, CHAN, "--reason", "x"), 2, "two accounts"),
        (("link", CHAN, KAFAI, "--reason", " \n"), 2, "needs a reason"),
        (("link", CHAN, KAFAI), 2, "--reason"),
        (("withdraw", "D9", "--reason", "x"), 1, "not a decision of this home"),
    ],
)
def test_wrong_use_is_refused_and_nothing_is_kept(published, words, status, said):
    done = subprocess.run(
        [sys.executable, "-c", "from serving.cli.main import main; main()", *words, "--home", str(published.home.root)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, said in done.stderr) == (status, True), done.stderr
    assert read_ledger(published.home.root).history == []


def test_a_customer_of_one_account_stands_for_it_and_of_several_is_refused(published):
    said = call(published, "link", customer(published, KAFAI), CHAN, "--reason", "x")
    assert "is the customer of one account, posts:@kafai" in said.output
    refused = call(published, "link", customer(published, CHAN), WONG, "--reason", "x")
    assert refused.exit_code == 1
    assert "crm:C1" in str(refused.exception)


def test_decisions_are_listed_in_force_or_all(published):
    call(published, "link", CHAN, KAFAI, "--reason", 'one, "two"\nthree')
    call(published, "withdraw", "D1", "--reason", "wrong")
    assert call(published, "decisions", "--format", "json").output == ""
    rows = [json.loads(line) for line in call(published, "decisions", "--all", "--format", "json").output.splitlines()]
    assert [(r["decision_id"], r["kind"], r["reason"], r["withdraws"]) for r in rows] == [
        ("D1", "link", 'one, "two" three', None), ("D2", "withdraw", "wrong", "D1"),
    ]  # fmt: skip


@pytest.mark.parametrize("words", [("decisions",), ("review",), ("explain", "a:1", "b:2"),
                                   ("link", "a:1", "b:2", "--reason", "x")])  # fmt: skip
def test_a_home_that_is_not_there_is_told(tmp_path, words):
    done = CliRunner().invoke(app, [*words, "--home", str(tmp_path / "none")])
    assert "nothing is published" in str(done.exception)
    assert not (tmp_path / "none").exists()
