"""Identity through whole nights: the model that lasts, the history, the churn, and the gate on all of it."""

import re
from datetime import date, timedelta

import pytest

from tests.worlds.world import AS_OF, CHAN, CRM_HEAD, WONG, World
from warehouse.checks import GateClosed

pytestmark = pytest.mark.slow

NEXT = AS_OF + timedelta(days=1)
SYLLABLES = ("Tai", "Man", "Ka", "Wai", "Siu", "Ming", "Chi", "Keung", "Yuk", "Lan", "Wing", "Sze", "Ho", "Yin", "Kit",
             "Fong", "Mei", "Ling", "Pak", "Chung")  # fmt: skip
SURNAMES = ("Chan", "Wong", "Lee", "Cheung", "Lau", "Ho", "Yip", "Kwok", "Tsang", "Fung")
CLOSED = "the gate is closed"


def person(number: int) -> str:
    """One of 100 people, as what stands behind a number in the register."""
    name = f"{SURNAMES[number % 10]} {SYLLABLES[number // 10]} {SYLLABLES[19 - number % 10]}"
    born = date(1950, 1, 1) + timedelta(days=211 * number)
    return f"{name},9{number:03} {number * 7 % 10_000:04},person{number}@example.com,{born},\n"


def register(people: list[int]) -> str:
    """A register in which the account at each place is this person."""
    return CRM_HEAD + "".join(f"N{place:03},{person(number)}" for place, number in enumerate(people))


@pytest.fixture(scope="module")
def sixty(tmp_path_factory, checker) -> World:
    """Sixty people, one account each, published."""
    world = World.found(tmp_path_factory.mktemp("sixty"), checker, ["crm"])
    world.deliver("crm.csv", register(list(range(60))))
    assert world.night()["churn"] == {"kept": 0, "new": 60, "merged": 0, "split": 0, "gone": 0}
    return world


@pytest.fixture
def town(sixty, tmp_path) -> World:
    """A copy of it, for tests that go on from there."""
    return sixty.copy(tmp_path)


def test_many_merges_at_once_close_the_gate_until_a_person_accepts_them(town):
    town.deliver("crm.csv", register([number - number % 2 for number in range(60)]))
    with pytest.raises(GateClosed, match=CLOSED) as closed:
        town.night(NEXT)
    said = str(closed.value)
    assert "identity.max_merged_share: 30 of last night's 60 customers were merged, more than 5%" in said
    assert "c360 run --accept-identity" in said
    named = {word.strip(",;") for word in said.split() if word.startswith("C")}
    assert named & {customer for (customer,) in town.ask("SELECT customer_id FROM customer_identity")}
    assert "Chan" not in said
    assert "example.com" not in said
    assert town.generation == 1

    report = town.night(NEXT, accept_identity=True)
    assert report["churn"] == {"kept": 30, "new": 0, "merged": 30, "split": 0, "gone": 0}
    assert town.generation == 2


def test_many_splits_at_once_close_the_gate(town):
    town.deliver("crm.csv", register([number - number % 2 for number in range(60)]))
    town.night(NEXT, accept_identity=True)
    town.deliver("crm.csv", register(list(range(60))) + "\n")  # the very bytes of the first night would be known
    with pytest.raises(
        GateClosed, match=r"identity\.max_churn_share: 30 of last night's 30 customers were merged or split"
    ):
        town.night(NEXT + timedelta(days=1))


def test_a_few_merges_pass_and_are_told(town):
    town.deliver("crm.csv", register([number - number % 2 if number < 20 else number for number in range(60)]))
    assert town.night(NEXT)["churn"] == {"kept": 50, "new": 0, "merged": 10, "split": 0, "gone": 0}


def register_twice(count: int, others: int = 0) -> str:
    """So many people with two accounts each, of one name and birth date and with other contacts; others have one."""
    rows = register(list(range(count + others))).splitlines()
    again = [
        row.replace(",9", ",6", 1).replace("person", "reader").replace("N0", "R0", 1) for row in rows[1 : count + 1]
    ]
    return "\n".join([*rows, *again]) + "\n"


def test_customers_held_together_by_likeness_alone_close_the_gate(town):
    town.deliver("crm.csv", register_twice(30))
    with pytest.raises(GateClosed, match=CLOSED) as closed:
        town.night(NEXT)
    said = str(closed.value)
    assert re.search(r"identity\.max_likeness_share: \d\d of \d\d customers, more than 20%, are held together", said)
    assert "c360 run --accept-identity, or raise max_likeness_share in settings.yaml" in said
    assert "Chan" not in said
    assert "example.com" not in said

    assert town.night(NEXT, accept_identity=True)["status"] == "published"
    town.write_yaml("settings.yaml", {"max_likeness_share": 1.0})
    town.deliver("crm.csv", register_twice(31))
    assert town.night(NEXT + timedelta(days=1))["status"] == "published"


@pytest.mark.parametrize(("twice", "customers"), [(20, 60), (24, 125)])
def test_few_of_likeness_alone_and_a_small_share_of_them_pass(town, twice, customers):
    town.deliver("crm.csv", register_twice(twice, customers - twice))
    assert town.night(NEXT)["status"] == "published"
    rows = "SELECT count(*) FROM customer_identity WHERE rule = 'likeness'"
    assert (twice - 3) * 2 <= town.ask(rows)[0][0] <= twice * 2


def test_report_says_where_matches_cannot_be_told_from_chance(town):
    notes = town.night(NEXT, retrain=True)["identity_notes"]
    assert [note.partition(" here")[0] for note in notes] == ["matches cannot be told from chance"]


def test_a_customer_with_too_many_accounts_closes_the_gate(published):
    published.write_yaml("settings.yaml", {"max_accounts_per_customer": 3})
    [(chan,)] = published.ask("SELECT customer_id FROM customer_identity WHERE account_id = 'C1'")
    with pytest.raises(GateClosed, match=rf"identity\.max_accounts_per_customer: .*: {chan} \(4\); see .*c360 unlink"):
        published.night(NEXT)
    assert published.generation == 1


def test_the_model_is_kept_and_trained_anew_only_for_a_reason_that_is_said(town):
    rows = "SELECT version, generation, reason FROM identity.model ORDER BY version"
    ids = "SELECT account_id, customer_id FROM customer_identity ORDER BY ALL"
    before = town.ask(ids)
    assert town.night(NEXT)["identity_model"] == "version 1, kept; trained as of 2026-03-10 on 60 accounts"
    report = town.night(NEXT, retrain=True)
    assert report["identity_model"] == "version 2, trained on 60 accounts (requested)"
    town.write_yaml("settings.yaml", {"max_accounts_per_identifier": 5})
    report = town.night(NEXT + timedelta(days=1))
    assert report["identity_model"].endswith("(settings or the program have changed)")
    assert town.ask(rows)[:2] == [(1, 1, "first run"), (2, 3, "requested")]
    assert town.ask(ids) == before


def test_a_model_too_old_for_the_accounts_is_trained_anew(town):
    town.deliver("crm.csv", register([number % 60 for number in range(180)]))
    report = town.night(NEXT)
    assert report["identity_model"] == "version 2, trained on 180 accounts (60 accounts have become 180)"
    assert report["customers"] == 60


def test_the_same_register_in_another_order_changes_nothing(town):
    lines = register(list(range(60))).splitlines(keepends=True)
    before = town.ask("FROM customer_identity ORDER BY ALL")
    town.deliver("crm.csv", CRM_HEAD + "".join(sorted(lines[1:], reverse=True)))
    assert town.night(NEXT)["churn"] == {"kept": 60, "new": 0, "merged": 0, "split": 0, "gone": 0}
    assert town.ask("FROM customer_identity ORDER BY ALL") == before


def test_history_tells_as_of_which_date(published):
    [(chan,), (wong,)] = published.ask(
        "SELECT customer_id FROM customer_identity WHERE source = 'crm' ORDER BY account_id"
    )
    published.deliver("crm.csv", CRM_HEAD + CHAN + CHAN.replace("C1", "C2").replace("tai.man@", "mei@"))
    published.run_to("identify", NEXT)
    published.deliver("crm.csv", CRM_HEAD + WONG + CHAN)
    published.run_to("identify", NEXT + timedelta(days=1))
    rows = published.ask(
        "SELECT customer_id, valid_from, valid_to FROM customer_identity_history"
        " WHERE source = 'crm' AND account_id IN ('C1', 'C2') ORDER BY account_id, valid_from"
    )
    one = [row for row in rows if row[1:] == (AS_OF, None)]
    assert len(one) == 1  # the account that kept its customer
    other = ({chan, wong} - {one[0][0]}).pop()
    moved = [row for row in rows if row not in one]
    assert moved == [
        (other, AS_OF, NEXT), (one[0][0], NEXT, NEXT + timedelta(days=1)), (other, NEXT + timedelta(days=1), None)
    ]  # fmt: skip
