"""`c360 check --against`: what it says of a file is what the night does with it, in numbers that a shopkeeper knows."""

from decimal import Decimal

import pytest

from serving.cli.report import describe_failed
from tests.worlds.world import AS_OF, RATES, SALES_HEAD, SOURCES, column
from warehouse.dry_run import dry_run_delivery

LINES = [
    "L11,R11,A1,tai.man@example.com,2,100.00,HKD,2026-03-01 10:00\n",
    "L12,R11,A1,tai.man@example.com,1,20.00,CNY,2026-03-01 10:00\n",
    "L13,R12,guest,mei@example.com,-1,-50.50,HKD,2026-03-05 12:30\n",
    "L14,R13,A2,mei@example.com,1,7.00,USD,2026-03-05 12:30\n",
    "L15,R14,A2,mei@example.com,1,1.00,HKD,never\n",
]


@pytest.fixture
def foreseen(empty_world):
    """What is foreseen of a file of sales, of which one has no rate, one no account and one no time; and the world."""
    path = empty_world.deliver("elsewhere.csv", [SALES_HEAD, *LINES])
    empty_world.deliver("fx.csv", RATES)
    return dry_run_delivery(empty_world.contracts, "sales", path, AS_OF), empty_world


def test_rows_without_a_rate_are_foreseen(foreseen):
    assert foreseen[0].quarantine == {"no_rate:currency": 1, "type:sold_at": 1}
    assert (foreseen[0].physical_count, foreseen[0].loaded_count) == (5, 3)


def test_orders_and_net_amounts_are_those_of_a_shopkeeper(foreseen):
    takings = foreseen[0].takings
    assert (takings.orders, takings.unsold) == (1, 1)
    assert takings.net == {"CNY": Decimal(20), "HKD": Decimal("49.50")}


def test_accounts_that_are_none_are_counted(foreseen):
    assert foreseen[0].placeholders == [{"source": "sales", "kind": "nobody", "records": 1, "guests": 1}]


def test_the_night_does_what_was_foreseen(foreseen):
    told, world = foreseen
    (world.data / "elsewhere.csv").rename(world.data / "sales.csv")
    for name in SOURCES.keys() - {"sales", "fx_rates"}:
        (world.contracts / f"{name}.odcs.yaml").unlink()
    world.run_to("clean")
    assert world.books("sales") == [(told.physical_count, told.loaded_count, sum(told.quarantine.values()), 0)]
    assert dict(world.ask("SELECT rule, count(*) FROM quarantine.record GROUP BY ALL")) == told.quarantine


def test_too_many_rows_without_a_rate_close_the_gate_and_are_named(empty_world):
    empty_world.declare("sales", custom={"maxQuarantineShare": 0.3})
    path = empty_world.deliver("elsewhere.csv", [SALES_HEAD, *LINES])
    empty_world.deliver("fx.csv", RATES)
    (closing,) = dry_run_delivery(empty_world.contracts, "sales", path, AS_OF).closing
    assert "2 quarantined (1 no_rate:currency, 1 type:sold_at)" in closing.message


def test_a_file_of_anything_else_has_no_takings(empty_world):
    empty_world.declare("crm", columns=[*SOURCES["crm"]["columns"], column("city")])
    path = empty_world.deliver("elsewhere.csv", "no,name,phone,email,birth_date,district,city\n1,Ann,,,,,X\n")
    assert dry_run_delivery(empty_world.contracts, "crm", path, AS_OF).takings is None


def test_new_columns_that_are_left_out_take_one_line_a_source():
    def result(rule, severity="warning"):
        return {"rule": rule, "severity": severity, "message": f"what of {rule}"}

    found = [("shop", result(f"unexpected_column:c{n}")) for n in range(40)]
    lines = describe_failed([*found, ("shop", result("freshness")), ("crm", result("unexpected_column:memo"))])
    assert [name for name, *_ in lines] == ["shop", "shop", "crm"]
    assert lines[1][2].startswith("unexpected_column: 40 columns are new, and left out: c0, c1, ")
    assert lines[2][2] == "unexpected_column:memo: what of unexpected_column:memo"
    frozen = describe_failed([("shop", result(f"unexpected_column:c{n}", "critical")) for n in range(3)])
    assert len(frozen) == 3
