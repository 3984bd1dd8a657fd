"""Rows that their source has deleted: while the newest row of a key says so, the key is not there."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from benchmarks.reliability.variants.deletions import delete_members
from tests.worlds.world import AS_OF, SOURCES, World, column
from warehouse.contracts.lint.deletions import warn_of_marks
from warehouse.contracts.lint.folder import list_problems
from warehouse.contracts.load import read_contracts
from warehouse.types.deletion_marks import looks_like_mark

pytestmark = pytest.mark.slow

HEAD = "no,name,phone,email,birth_date,district,op,seq\n"
NAMES = ("Ada Lovelace", "Chan Tai Man", "Jonas Beispiel", "Mei Wong", "Ida Vorlage", "Omar Haddad")
CRM = SOURCES["crm"]["columns"]


def custom(name: str, **properties: Any) -> dict[str, Any]:
    """A column with custom properties."""
    kind = properties.pop("kind", "string")
    said = [{"property": f"c360.{n}", "value": value} for n, value in properties.items()]
    return column(name, kind=kind, customProperties=said)


SEQUENCE = custom("seq", kind="integer", sequence=True) | {"required": True}
OPERATION = custom("op", deleted=True)


def row(key: str, operation: str, number: int, email: str | None = None) -> str:
    """A version of a member; a deletion has its key alone."""
    if operation == "d":
        return f"{key},,,,,,d,{number}\n"
    return f"{key},{NAMES[int(key[1]) - 1]},,{email or f'{key.lower()}{number}@example.com'},,,{operation},{number}\n"


def found(tmp_path, checker, *columns: dict[str, Any], mode: str = "merge") -> World:
    world = World.found(tmp_path, checker, ["crm"])
    world.declare(
        "crm", mode=mode, columns=[*CRM[:1], *({**c, "required": True} for c in CRM[1:2]), *CRM[2:], *columns]
    )
    return world


@pytest.fixture
def members(tmp_path, checker) -> World:
    """A register as a change stream, with an order of its own."""
    return found(tmp_path, checker, OPERATION, SEQUENCE)


def list_members(world: World) -> list[tuple[Any, ...]]:
    return world.ask("SELECT account_id, value FROM clean.attribute WHERE attribute = 'email' ORDER BY ALL")


def test_a_deleted_row_is_gone_and_counted(members):
    members.deliver("crm-1.csv", HEAD + row("C1", "c", 1) + row("C2", "c", 2))
    members.run_to("clean")
    members.deliver("crm-2.csv", HEAD + row("C1", "d", 3))
    members.run_to("clean", AS_OF + timedelta(days=1))
    assert list_members(members) == [("C2", "c22@example.com")]
    counts = "SELECT physical_count, loaded_count, deleted_count FROM delivery ORDER BY name"
    assert members.ask(counts) == [(2, 2, 0), (1, 0, 1)]
    members.require_balance()
    assert members.ask("SELECT account_id FROM clean.account") == [("C2",)]


def test_a_row_that_is_inserted_again_is_back(members):
    for night, rows in enumerate((row("C1", "c", 1), row("C1", "d", 2), row("C1", "c", 3))):
        members.deliver(f"crm-{night}.csv", HEAD + rows)
        members.run_to("clean", AS_OF + timedelta(days=night))
    assert list_members(members) == [("C1", "c13@example.com")]
    members.require_balance()


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_newest_version_counts_whenever_it_comes(members, order):
    versions = (row("C1", "c", 1), row("C1", "u", 2), row("C1", "d", 3))
    for night, place in enumerate(order):
        members.deliver(f"crm {'abc'[place]}.csv", HEAD + versions[place])
        members.run_to("clean", AS_OF + timedelta(days=night))
    assert list_members(members) == []
    members.require_balance()


def test_histories_in_any_order_of_files_come_to_the_same(members, tmp_path):
    """Against a few lines that say it plainly."""
    chance = random.Random(7)
    versions = [(f"C{chance.randint(1, 6)}", chance.choice("cuud"), number) for number in range(60)]
    newest = {key: (operation, number) for key, operation, number in versions}
    wanted = sorted((k, f"{k.lower()}{n}@example.com") for k, (operation, n) in newest.items() if operation != "d")
    chance.shuffle(versions)
    for night in range(4):
        part = versions[night * 15 : night * 15 + 15]
        members.deliver(f"crm {'dbac'[night]}.csv", HEAD + "".join(row(*version) for version in part))
        members.run_to("clean", AS_OF + timedelta(days=night))
    assert list_members(members) == wanted
    members.require_balance()
    members.run_to("clean", AS_OF + timedelta(days=4), full=True)
    assert list_members(members) == wanted


def test_nothing_of_a_deleted_row_stays_but_its_key(members):
    soft = "C1,Member One,,gone@example.com,,Sha Tin,D,2\n"
    members.deliver("crm-1.csv", HEAD + row("C2", "c", 1) + soft)
    members.run_to("clean")
    assert members.ask("SELECT no, name, email, district, op, seq FROM raw.crm WHERE no = 'C1'") == [
        ("C1", None, None, None, "D", 2)
    ]
    members.deliver("crm-2.csv", HEAD + soft)
    members.run_to("clean", AS_OF + timedelta(days=1))
    assert members.ask("SELECT duplicate_count FROM delivery WHERE name = 'crm-2.csv'") == [(1,)]


def test_a_mark_that_nobody_knows_is_quarantined(members):
    members.deliver("crm-1.csv", HEAD + row("C1", "c", 1) + row("C2", "gone", 2))
    members.run_to("clean")
    assert members.quarantined("crm") == [("crm-1.csv", 2, "deleted:op")]


def test_a_mended_deletion_is_replayed(members):
    members.deliver("crm-1.csv", HEAD + row("C1", "c", 1) + row("C2", "c", 2))
    members.deliver("crm-2.csv", HEAD + row("C1", "weg", 3))
    members.run_to("clean")
    assert len(list_members(members)) == 2
    words = custom("op", deleted=True, means={"weg": "deleted"})
    members.declare("crm", mode="merge", columns=[*CRM, words, SEQUENCE])
    members.run_to("clean", replay={})
    assert list_members(members) == [("C2", "c22@example.com")]
    assert members.ask(
        "SELECT loaded_count, quarantined_count, deleted_count FROM delivery WHERE name = 'crm-2.csv'"
    ) == [(0, 0, 1)]
    members.require_balance()


FLAGS = [
    ("string", ("true", "false")), ("string", ("1", "0")), ("string", ("Y", "N")), ("string", (" Deleted ", "active")),
    ("string", ("D", "")), ("boolean", ("true", "false")), ("boolean", ("1", "")), ("integer", ("1", "0")),
    ("timestamp", ("2026-03-01 10:00:00", "")), ("date", ("2026-03-01", "")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "values"), FLAGS)
@pytest.mark.parametrize("mode", ["merge", "snapshot"])
def test_flags_and_times_mark_deleted_rows(tmp_path, checker, kind, values, mode):
    world = found(tmp_path, checker, custom("is_deleted", kind=kind, deleted=True), mode=mode)
    head = HEAD.replace(",op,seq", ",is_deleted")
    world.deliver("crm-1.csv", head + f"C1,One,,one@example.com,,,{values[0]}\nC2,Two,,two@example.com,,,{values[1]}\n")
    world.run_to("clean")
    assert list_members(world) == [("C2", "two@example.com")]
    world.require_balance()


def test_deletions_of_a_debezium_stream(tmp_path, checker):
    """The row lies in `after`, of a deletion in `before`."""
    world = World.found(tmp_path, checker, ["crm"])
    key = CRM[0] | custom("no", role="account_id", alsoCalled=["before.no"])
    nested = {"name": "after", "logicalType": "object", "properties": [{**CRM[0], **key}, CRM[3]]}
    order = custom("ts_ms", kind="integer", sequence=True) | {"required": True}
    world.declare("crm", mode="merge", path="crm*.jsonl", columns=[nested, OPERATION, order])
    one, two = {"no": "C1", "email": "one@example.com"}, {"no": "C2", "email": "two@example.com"}
    changes = [(None, one, "c"), (None, two, "r"), (one, None, "d")]
    world.deliver("crm-1.jsonl", [
        {"before": before, "after": after, "op": operation, "ts_ms": number}
        for number, (before, after, operation) in enumerate(changes)
    ])  # fmt: skip
    world.run_to("clean")
    assert list_members(world) == [("C2", "two@example.com")]
    world.require_balance()


def test_lines_of_a_deleted_order_count_nothing(tmp_path, checker):
    world = World.found(tmp_path, checker, ["sales", "fx_rates"])
    world.deliver("fx_rates.csv", "currency,valid_from,rate_to_hkd\nHKD,2020-01-01,1\n")
    head = [column("order_no", "event_id", primaryKey=True, primaryKeyPosition=1, required=True),
            column("email", "email"), column("at", "occurred_at", "timestamp", required=True), OPERATION]  # fmt: skip
    world.declare("orders", kind="orders", mode="merge", path="orders*.csv", columns=head)
    to = "orders.odcs.yaml#schema/orders/properties/order_no"
    lines = [column("line", "event_id", primaryKey=True, primaryKeyPosition=1, required=True),
             column("order_no", "parent_id", relationships=[{"type": "foreignKey", "to": to}]),
             column("amount", "amount", "number", required=True)]  # fmt: skip
    world.declare("sales", columns=lines)
    world.deliver(
        "orders-1.csv", "order_no,email,at,op\nR1,a@example.com,2026-03-01,c\nR2,b@example.com,2026-03-01,c\n"
    )
    world.deliver("sales-1.csv", "line,order_no,amount\nL1,R1,5\nL2,R2,6\n")
    world.run_to("clean")
    world.deliver("orders-2.csv", "order_no,email,at,op\nR1,,,d\n")
    world.run_to("profile", AS_OF + timedelta(days=1))
    assert world.ask("SELECT event_id FROM clean.event") == [("L2",)]
    assert world.ask("SELECT event_id FROM clean.event_gone UNION ALL SELECT event_id FROM clean.event_version") == []


@pytest.mark.parametrize(
    ("mode", "columns", "said"),
    [
        ("append", [OPERATION], "c360.deleted where rows are only added"),
        ("merge", [OPERATION, custom("gone", deleted=True)], "c360.deleted is on two columns"),
        ("merge", [custom("op", deleted=True, means={"weg": "lost"})], "'lost' is no meaning of a mark"),
        ("snapshot", [SEQUENCE], "c360.sequence where no row is a later one of its key"),
        ("merge", [custom("seq", sequence=True)], "c360.sequence on a column that may not tell"),
    ],
)
def test_what_cannot_be_obeyed_is_refused(tmp_path, checker, mode, columns, said):
    world = found(tmp_path, checker, *columns, mode=mode)
    assert [problem for problem in list_problems(world.contracts) if said in problem.message]


def test_a_deleted_member_is_no_customer_any_more(members):
    members.deliver("crm-1.csv", HEAD + row("C1", "c", 1) + row("C2", "c", 2))
    members.night()
    assert members.ask("SELECT count(*) FROM customer_profile") == [(2,)]
    members.deliver("crm-2.csv", HEAD + row("C1", "d", 3))
    report = members.night(AS_OF + timedelta(days=1))
    assert report["sources"]["crm"] == {
        "deliveries": 1, "records": 1, "loaded": 0, "quarantined": 0, "duplicates": 0, "deleted": 1,
    }  # fmt: skip
    assert members.ask("SELECT source, account_id FROM customer_identity") == [("crm", "C2")]
    assert members.ask("SELECT count(*) FROM customer_profile") == [(1,)]


def test_a_column_that_is_called_as_a_mark_is_warned_of(tmp_path, checker):
    world = found(tmp_path, checker, column("Is_Deleted"), custom("op", deleted=False))
    (doubt,) = warn_of_marks(read_contracts(world.contracts))
    assert "column 'Is_Deleted' may say which rows were deleted" in doubt
    assert "say c360.deleted: true on it" in doubt
    world.deliver("crm-0.csv", HEAD.replace(",op,seq", ",Is_Deleted,op") + "C1,One,,,,,Y,\nC2,Two,,,,,N,\n")
    world.run_to("load")
    rule = "SELECT failed_count, message FROM governance.check_result WHERE rule = 'undeclared_mark:Is_Deleted'"
    ((count, said),) = world.ask(rule)
    assert (count, "say c360.deleted: true on it in crm.odcs.yaml" in said) == (1, True)
    world.declare("crm", mode="merge", columns=CRM)
    world.deliver("crm-1.csv", HEAD + row("C1", "c", 1))
    world.run_to("clean")
    said = world.ask("SELECT message FROM governance.check_result WHERE rule = 'unexpected_column:op'")
    assert "declare it in crm.odcs.yaml with c360.deleted: true" in said[0][0]


@pytest.mark.parametrize(
    ("name", "is_mark"),
    [("op", True), ("__deleted", True), ("payload.op", True), ("deleted_at", True), ("isDeleted", True),
     ("_fivetran_deleted", True), ("Löschkennzeichen", True), ("是否删除", True), ("opt_in", False), ("shop", False),
     ("operator", False), ("undeleted", False), ("option", False), ("removed_items", False)],
)  # fmt: skip
def test_names_of_marks(name, is_mark):
    assert looks_like_mark(name) == is_mark


def test_no_writing_of_a_deletion_is_wrong_in_silence(tmp_path):
    (outcome,) = delete_members(tmp_path, 1, step=7)
    assert (outcome.runs, outcome.faults) == (5, [])
