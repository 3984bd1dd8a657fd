"""An account that is an e-mail: one column with two roles."""

import pytest

from tests.worlds.world import SOURCES, World, column
from warehouse.contracts.lint.folder import list_problems

pytestmark = pytest.mark.slow

CRM = SOURCES["crm"]["columns"]
HEAD = "email,name\n"


def found(tmp_path, checker, role="account_id", **properties):
    said = [{"property": f"c360.{n}", "value": value} for n, value in {"role": role, **properties}.items()]
    mail = column("email", primaryKey=True, primaryKeyPosition=1, required=True, customProperties=said)
    world = World.found(tmp_path, checker, ["crm"])
    world.declare("crm", mode="merge", columns=[mail, column("name", "full_name")])
    return world


def test_an_account_that_is_an_email_is_both(tmp_path, checker):
    world = found(tmp_path, checker, alsoRole="email")
    assert list_problems(world.contracts) == []
    world.deliver("crm-1.csv", HEAD + "Ada@Example.com,Ada Lovelace\ntai.man@example.com,Chan Tai Man\n")
    world.run_to("clean")
    assert world.ask("SELECT account_id FROM clean.account ORDER BY 1") == [
        ("Ada@Example.com",),
        ("tai.man@example.com",),
    ]
    query = "SELECT account_id, value FROM clean.attribute WHERE attribute = 'email' ORDER BY ALL"
    assert world.ask(query) == [("Ada@Example.com", "ada@example.com"), ("tai.man@example.com", "tai.man@example.com")]
    assert [name for name, *_ in world.ask("DESCRIBE raw.crm") if not name.startswith("_")] == ["email", "name"]


def test_two_roles_in_a_list_name_the_cure(tmp_path, checker):
    problems = list_problems(found(tmp_path, checker, role=["account_id", "email"]).contracts)
    assert [p for p in problems if "c360.alsoRole: email" in p.cure]


def test_a_second_role_is_for_accounts(tmp_path, checker):
    problems = list_problems(found(tmp_path, checker, role="email", alsoRole="phone").contracts)
    assert "c360.alsoRole without an account" in [p.message for p in problems]
    problems = list_problems(found(tmp_path / "other", checker, alsoRole="district").contracts)
    assert "role 'district' is not known" in [p.message for p in problems]
