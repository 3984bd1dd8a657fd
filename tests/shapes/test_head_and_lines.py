"""Heads and lines of orders in two sources: a line has the customer, date and state of its order once that is there."""

from __future__ import annotations

import pytest

from tests.contracts.test_contract_rules import column as draft_column
from tests.contracts.test_contract_rules import contract, write
from tests.worlds.world import AS_OF, column, key
from warehouse.contracts.lint.folder import list_problems
from warehouse.contracts.load import read_contracts
from warehouse.dry_run import dry_run_delivery
from warehouse.duck import open_database
from warehouse.loading.heads import list_waiting

pytestmark = pytest.mark.slow

TO = "orders.odcs.yaml#schema/orders/properties/no"
ORDERS = {
    "kind": "orders", "mode": "merge", "path": "orders*.csv",
    "columns": [key("no", "event_id"), column("who", "account_id"), column("at", "occurred_at", "date", required=True),
                column("state", "status")],
}  # fmt: skip
LINES = {
    "kind": "transactions", "mode": "append", "path": "lines*.csv",
    "columns": [key("id", "event_id"), column("order", "parent_id", relationships=[{"to": TO}]),
                column("sum", "amount", "number", required=True)],
}  # fmt: skip
EVENTS = (
    "SELECT event_id, account_source, account_id, occurred_on::VARCHAR, event_type, parent_id FROM clean.event"
    " WHERE origin = 'lines' ORDER BY ALL"
)


@pytest.fixture
def shop(world):
    """A company of which orders come in two files."""
    world.declare("orders", **ORDERS)
    world.declare("lines", **LINES)
    return world


def waiting(world):
    """Severity, lines that wait, and all lines."""
    with open_database(world.home.require_current().database, read_only=True) as con:
        (result,) = list_waiting(con, read_contracts(world.contracts))
    return result.is_passed, result.severity, result.failed_count, result.checked_count


def test_a_line_counts_once_its_order_is_there_and_as_that_is_now(shop):
    shop.deliver("orders-1.csv", "no,who,at,state\n1,A,2026-03-01,paid\n")
    shop.deliver("lines-1.csv", "id,order,sum\nx,1,10\ny,1,5\nz,2,7\n")
    shop.run_to("clean")
    first = ("orders", "A", "2026-03-01")
    assert shop.ask(EVENTS) == [("x", *first, "sale", "1"), ("y", *first, "sale", "1")]
    assert waiting(shop) == (False, "warning", 1, 3)
    assert shop.books("lines") == [(3, 3, 0, 0)]
    shop.deliver("orders-2.csv", "no,who,at,state\n1,A,2026-03-01,cancelled\n2,B,2026-03-02,paid\n")
    shop.run_to("clean")
    assert shop.ask(EVENTS) == [
        ("x", *first, "cancelled", "1"), ("y", *first, "cancelled", "1"),
        ("z", "orders", "B", "2026-03-02", "sale", "2"),
    ]  # fmt: skip
    assert waiting(shop) == (True, "warning", 0, 3)


def test_too_many_lines_without_their_order_close_the_gate(shop):
    shop.declare("lines", **LINES, custom={"maxQuarantineShare": 0.5})
    shop.deliver("orders-1.csv", "no,who,at,state\n1,A,2026-03-01,paid\n")
    shop.deliver("lines-1.csv", "id,order,sum\nx,1,10\ny,2,5\nz,2,7\n")
    shop.run_to("clean", AS_OF)
    assert waiting(shop) == (False, "critical", 2, 3)


def orders(**custom):
    return contract("orders", custom.pop("kind", "orders"),
                    draft_column("no", role="event_id", primaryKey=True), draft_column("who", role="account_id"),
                    draft_column("at", "date", "occurred_at"), **custom)  # fmt: skip


def lines(to=TO):
    return contract("lines", "transactions", draft_column("id", role="event_id", primaryKey=True),
                    draft_column("order", role="parent_id", relationships=[{"to": to}]),
                    draft_column("sum", "number", "amount"), currency="HKD")  # fmt: skip


def test_lines_need_no_customer_and_no_time_of_their_own(tmp_path):
    folder = write(tmp_path, orders(), lines(), purposes=None)
    assert list_problems(folder) == []
    source = read_contracts(folder).source("lines")
    assert (source.name_of("account_id"), source.name_of("occurred_at")) == ("orders.who", "orders.at")
    assert [c.name for c in source.own.columns] == ["id", "order", "sum"]


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ([orders(), lines(TO.replace("/no", "/who"))], "'who' of orders.odcs.yaml is not an event_id"),
        ([orders(kind="transactions", currency="HKD"), lines()], "is not the key of orders — let it be"),
        ([orders(kind="transactions", currency="HKD")], "say c360.kind: orders"),
        ([orders() | {"status": "retired"}, lines()], "orders.odcs.yaml is retired"),
    ],
)
def test_a_head_that_is_none_is_refused(tmp_path, documents, said):
    found = [str(problem) for problem in list_problems(write(tmp_path, *documents, purposes=None))]
    assert any(said in problem for problem in found), found


def test_a_dry_run_of_lines_joins_them_to_the_orders_that_are_there(shop):
    shop.deliver("orders-1.csv", "no,who,at,state\n1,A,2026-03-01,paid\n2,B,2026-03-02,cancelled\n")
    path = shop.deliver("elsewhere.csv", "id,order,sum\nx,1,10\ny,1,5\nz,2,7\n")
    foreseen = dry_run_delivery(shop.contracts, "lines", path, AS_OF)
    assert (foreseen.loaded_count, foreseen.closing) == (3, [])
    assert (foreseen.takings.orders, foreseen.takings.unsold, foreseen.takings.net) == (1, 1, {"HKD": 15})
