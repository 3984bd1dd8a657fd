"""Blanks and unseen signs around an identifier make no other one: not tonight, and not of what was loaded before."""

from datetime import timedelta

import pytest

from benchmarks.reliability.variants.records import PADS
from tests.worlds.world import AS_OF, SALES_HEAD
from warehouse.duck import open_database

pytestmark = pytest.mark.slow

SALE = "{line},{receipt},{account},,1,10.00,HKD,2026-03-0{day} 10:00\n"
ONE = SALES_HEAD + SALE.format(line="P1", receipt="RP", account="AP", day=3)


@pytest.fixture
def sold(empty_world):
    """One sale is loaded."""
    for contract in empty_world.contracts.glob("*.odcs.yaml"):
        if not contract.name.startswith(("sales", "fx")):
            contract.unlink()
    empty_world.deliver("fx.csv", "currency,valid_from,rate_to_hkd\nHKD,2020-01-01,1\n")
    empty_world.deliver("sales_1.csv", ONE)
    empty_world.run_to("load")
    return empty_world


def test_the_same_key_in_any_padding_is_the_same_row(sold):
    padded = [
        SALE.format(line=f'"{pad}P1{pad}"', receipt=f'"RP{pad}"', account=f'"{pad}AP"', day=3) for pad in (*PADS, "\r")
    ]
    sold.deliver("sales_2.csv", SALES_HEAD + "".join(padded))
    sold.run_to("load", AS_OF + timedelta(days=1))
    assert sold.ask("SELECT line, receipt, account FROM raw.sales") == [("P1", "RP", "AP")]
    assert sold.books("sales") == [(11, 0, 0, 11)]


def test_what_was_loaded_padded_by_an_earlier_program_is_known_again(sold):
    path = sold.home.generations / "1" / "customer_360.duckdb"
    path.chmod(0o600)
    with open_database(path) as con:
        con.execute("DROP TABLE governance.trimmed")
        con.execute("UPDATE raw.sales SET line = 'P1  ', account = chr(8203) || 'AP', _key = 1, _content = 2")
    sold.deliver("sales_2.csv", ONE + SALE.format(line="P2 ", receipt="RQ", account="AP", day=4))
    sold.run_to("load", AS_OF + timedelta(days=1))
    assert sold.ask("SELECT line, account FROM raw.sales ORDER BY ALL") == [("P1", "AP"), ("P2", "AP")]
