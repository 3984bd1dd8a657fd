"""Labels: what people know of a few accounts closes the gate where the identities say otherwise."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.worlds.world import AS_OF
from warehouse.checks import GateClosed
from warehouse.contracts.identity_labels import read_labels
from warehouse.contracts.settings import SettingsError

pytestmark = pytest.mark.slow

NEXT = AS_OF + timedelta(days=1)
PERSON = "source,account_id,person\n"
PAIR = "left,right,is_same\n"
CUSTOMER = "SELECT customer_id FROM customer_identity WHERE source = ? AND account_id = ?"


def label(world, text: str) -> None:
    (world.contracts / "labels.csv").write_text(text, "utf-8")


def said(world) -> dict[str, dict[str, object]]:
    """What the last run's checks of labels said, by rule."""
    rules = ("identity.precision", "identity.recall", "identity.labels")
    return {r["rule"]: r for r in world.report["checks"]["published"] if r["rule"] in rules}


@pytest.mark.parametrize(
    "labels",
    [
        PERSON + "crm,C1,chan\nsales,A1,chan\ncrm,C2,wong\nsales,A2,wong\n",
        PAIR + "crm:C1,sales:A1,true\ncrm:C2,sales:A2,yes\ncrm:C1,crm:C2,false\n",
    ],
    ids=["people", "pairs"],
)
def test_identities_that_agree_with_the_labels_are_published(published, labels):
    label(published, labels)
    published.night(NEXT)
    counts = {rule: (r["is_passed"], r["failed_count"], r["checked_count"]) for rule, r in said(published).items()}
    assert counts == {"identity.precision": (True, 0, 2), "identity.recall": (True, 0, 2)}


@pytest.mark.parametrize(
    "labels",
    [PERSON + "crm,C1,chan\nsales,A1,somebody\n", PAIR + "crm:C1,sales:A1,false\n"],
    ids=["people", "pairs"],
)
def test_a_wrong_merge_closes_the_gate_and_names_the_customer(published, labels):
    label(published, labels)
    [(chan,)] = published.ask(CUSTOMER, "crm", "C1")
    with pytest.raises(GateClosed, match=r"identity\.precision: .*0 of 1 pairs, less than 95%") as closed:
        published.night(NEXT)
    assert f"hold different people: {chan}; see c360 explain and c360 unlink" in str(closed.value)
    assert "somebody" not in str(closed.value)
    assert published.generation == 1
    assert published.report["status"] == "closed"
    assert not said(published)["identity.precision"]["is_passed"]


@pytest.mark.parametrize(
    "labels",
    [PERSON + "crm,C1,chan\ncrm,C2,chan\n", PAIR + "crm:C1,crm:C2,true\n"],
    ids=["people", "pairs"],
)
def test_a_missed_merge_closes_the_gate_until_its_setting_lets_it_pass(published, labels):
    label(published, labels)
    ids = sorted(published.ask(CUSTOMER, "crm", account)[0][0] for account in ("C1", "C2"))
    with pytest.raises(GateClosed, match=r"identity\.recall: .*0 of 1 pairs, less than 50%") as closed:
        published.night(NEXT)
    assert f"should be fewer: {', '.join(ids)}; see c360 explain and c360 link" in str(closed.value)
    published.write_yaml("settings.yaml", {"min_recall": 0})
    published.night(NEXT)
    assert published.generation == 2


def test_labels_of_accounts_that_are_gone_are_told_and_close_nothing(published):
    label(published, PERSON + "crm,C77,chan\nsales,A77,chan\n")
    published.night(NEXT)
    assert published.generation == 2
    assert list(said(published)) == ["identity.labels"]
    found = said(published)["identity.labels"]
    assert (found["severity"], found["is_passed"]) == ("warning", False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source,person\n", "its first line must be source,account_id,person or left,right,is_same"),
        ("", "its first line must be"),
        (PERSON + "crm,secret,\n", "record 2: must hold three filled fields"),
        (PERSON + "crm,secret,a\n\ncrm,secret,b\n", "record 4: conflicts with an earlier label"),
        (PAIR + "crm:secret,sales,true\n", "record 2: must hold source:account_id twice"),
        (PAIR + "crm:secret,crm:secret,true\n", "record 2: must hold"),
        (PAIR + "crm:secret,sales:A1,perhaps\n", "record 2: must hold"),
        (PAIR + "crm:secret,sales:A1,true\nsales:A1,crm:secret,false\n", "record 3: conflicts with an earlier label"),
        (PAIR + '"crm:secret,sales:A1,true\n', "is not valid CSV"),
    ],
)
def test_labels_that_cannot_be_used_are_refused_before_the_night(published, text, message):
    label(published, text)
    with pytest.raises(SettingsError, match=message) as refused:
        published.night(NEXT)
    assert "labels.csv" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert published.generation == 1


def test_labels_in_another_encoding_are_refused(tmp_path):
    (tmp_path / "labels.csv").write_bytes((PERSON + "crm,C1,陳\n").encode("big5"))
    with pytest.raises(SettingsError, match="is not UTF-8"):
        read_labels(tmp_path)


def test_an_account_may_hold_colons_and_a_row_may_stand_twice(tmp_path):
    (tmp_path / "labels.csv").write_text("\ufeff" + PAIR + "a:x:1,b:2,No\nb:2,a:x:1,false\n", "utf-8")
    found = read_labels(tmp_path)
    assert found is not None
    assert found.rows == [("a", "x:1", "b", "2", False)]
