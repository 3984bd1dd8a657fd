"""Learning from decisions through whole nights: proposed, accepted, matched by, explained, withdrawn."""

import re

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.identity.generated_people import make_words
from serving.cli.main import app
from serving.explanation.explain import compare_now, explain_pair, read_pair
from serving.learn import LearnError, make_learn, study
from serving.query import open_home
from serving.review import print_review, review
from tests.worlds.world import World, column, key
from transforms.identity.decisions import Decision
from warehouse.home.decisions import add_decision, read_ledger, stamp
from warehouse.home.keys import read_key
from warehouse.identity.sealed_model import KEY_NAME

pytestmark = pytest.mark.slow

COLUMNS = [
    key("no", "account_id"), column("given", "given_name"), column("family", "surname"),
    column("birth_date", "birth_date", "date"), column("district", "district"),
]  # fmt: skip


def write_people(count: int) -> str:
    """A register of people with few fields, three in ten of them twice, so that many pairs are hardly sure."""
    rng = np.random.default_rng(3)
    given, family, district = (make_words(rng, size, (2, 4)).to_list() for size in (200, 400, 12))
    lines = ["no,given,family,birth_date,district\n"]
    for number in range(count):
        name = ",".join(words[int(len(words) * rng.random() ** 2)] for words in (given, family))
        born = f"{1950 + int(rng.integers(50))}-{int(rng.integers(1, 13)):02}-{int(rng.integers(1, 29)):02}"
        home = district[int(len(district) * rng.random() ** 2)]
        lines.append(f"P{number},{name},{born if rng.random() < 0.5 else ''},{home}\n")
        if rng.random() < 0.3:
            other = home if rng.random() < 0.7 else district[int(rng.integers(12))]
            lines.append(f"Q{number},{name},{born if rng.random() < 0.4 else ''},{other}\n")
    return "".join(lines)


@pytest.fixture
def register(tmp_path, checker) -> World:
    """One source of 600 people, published."""
    world = World.found(tmp_path, checker, ["crm"])
    world.declare("crm", columns=COLUMNS)
    world.deliver("crm.csv", write_people(600))
    assert world.night()["status"] == "published"
    return world


def call(world: World, *words: str):
    """The outcome of a command on a world's home."""
    return CliRunner().invoke(app, [*words, "--home", str(world.home.root)])


def decide_pairs(world: World, kind: str, condition: str, count: int) -> None:
    """Decide about some pairs that likeness joined, every second one, the least sure first."""
    rows = world.ask(
        "SELECT left_source, left_account_id, right_source, right_account_id FROM (SELECT *, row_number() OVER"
        " (ORDER BY probability, left_account_id, right_account_id) AS n"
        f" FROM identity.edge WHERE is_joined AND {condition}) WHERE n % 2 = 0"
        f" ORDER BY n LIMIT {count}"
    )
    assert len(rows) == count
    for row in rows:
        add_decision(world.home.root, lambda ledger, own, row=row: Decision(own, *stamp(), kind, *row, "seen"))


def list_customers(world: World) -> set[frozenset[str]]:
    """Who is one customer."""
    rows = world.ask("SELECT list(account_id) FROM customer_identity GROUP BY customer_id")
    return {frozenset(accounts) for (accounts,) in rows}


def test_what_people_decide_is_proposed_matched_by_after_a_yes_and_taken_back(register):
    offered = review(register.home.root, 5).filter(kind="pair")
    assert offered["worth"].is_sorted(descending=True)
    assert offered["worth"].min() > 0
    decide_pairs(register, "unlink", "probability < 0.96", 12)
    few = call(register, "learn", "--accept", "--reason", "x")
    assert "8 more decisions are missing" in few.output
    assert isinstance(few.exception, LearnError)
    decide_pairs(register, "link", "probability > 0.99", 12)
    decided = {frozenset((":".join(d.left), ":".join(d.right))) for d in read_ledger(register.home.root).history}
    again = review(register.home.root, 100).filter(kind="pair")
    assert decided.isdisjoint({frozenset(pair) for pair in again.select("left", "right").iter_rows()})
    register.night()
    before = list_customers(register)
    shown = call(register, "learn")
    assert shown.exit_code == 0, shown.output
    found = re.search(r"proposed: one person from (0\.\d\d) on", shown.output)
    assert found, shown.output
    assert float(found[1]) > 0.5
    parted = int(re.search(r"would part (\d+) customers", shown.output)[1])
    assert parted > 0
    assert register.night()["status"] == "unchanged"  # nothing changes on its own
    lesson = study(register.home.root)
    add_decision(register.home.root, make_unlink)
    with pytest.raises(LearnError, match="meanwhile"):
        add_decision(register.home.root, make_learn(lesson, stamp, "x"))
    assert call(register, "learn", "--accept", "--reason", "looked at ten").exit_code == 0
    register.night(accept_identity=True)
    after = list_customers(register)
    assert len(before - after) == parted
    assert f"one person from {found[1]} on" in register.report["identity_model"]
    assert "(D26 of " in register.report["identity_model"]
    assert f"one person from {found[1]} on" in explain_pair(register.home.root, "crm:P0", "crm:P2")
    assert "D26" in call(register, "decisions").output
    assert "joined by likeness at" in print_review(register.home.root, 50, "table")
    assert call(register, "withdraw", "D26", "--reason", "too strict").exit_code == 0
    register.night(accept_identity=True)
    assert list_customers(register) == before
    add_decision(register.home.root, make_learn_dates)
    register.night(retrain=True, accept_identity=True)
    assert "trained on" in register.report["identity_model"]
    assert "from 0.45 on and factors of 2 fields, learned from decisions (D28 of" in register.report["identity_model"]
    with open_home(register.home.root) as con:
        [(left, right)] = con.execute(
            "SELECT left_account_id, right_account_id FROM identity.edge WHERE comparison LIKE '%birth_date%'"
            " AND rule = 'likeness' ORDER BY ALL LIMIT 1"
        ).fetchall()
        pair = ("crm", left), ("crm", right)
        night, now = read_pair(con, *pair), compare_now(con, *pair, 8, read_key(register.home.root, KEY_NAME))
    assert now.comparison == night.comparison
    assert now.probability == pytest.approx(night.probability, abs=1e-9)
    assert "evidence of birth date × 1.40" in explain_pair(register.home.root, f"crm:{left}", f"crm:{right}")


def make_learn_dates(_ledger, own: str) -> Decision:
    """That birth dates count for more."""
    weights = (("birth_date", 1.4), ("no_such_field", 0.5))
    return Decision(own, *stamp(), "learn", "", "", "", "", "seen", threshold=0.45, weights=weights)


def make_unlink(_ledger, own: str) -> Decision:
    """That two people are two."""
    return Decision(own, *stamp(), "unlink", "crm", "P0", "crm", "P1", "seen")
