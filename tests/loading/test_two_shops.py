"""Two shops that number their orders alike, in one contract: told, or kept apart by a key that names the shop."""

from datetime import timedelta

import pytest

from tests.worlds.world import AS_OF, RATES, SALES_HEAD, SOURCES, World, column, key
from warehouse.checks import GateClosed

COLUMNS = SOURCES["sales"]["columns"]
DATED = [c | {"logicalType": "date", "logicalTypeOptions": {}} if c["name"] == "sold_at" else c for c in COLUMNS]
CURE = r"if they are of two shops, make a contract for each.*or a key \(primaryKey\) that names the shop"


def found(tmp_path, checker, columns, mode="merge") -> World:
    world = World.found(tmp_path, checker, ["sales", "fx_rates"])
    world.declare("sales", columns=columns, mode=mode, custom={"maxQuarantineShare": 0.05})
    world.deliver("fx_rates.csv", RATES)
    return world


def sell(shop: str, day: int, time: str = " 10:00", head: str = "", mail: str = "") -> str:
    """Nine orders of a shop, numbered from 0."""
    return "".join(
        f"{head}L{n},R{n},{shop}{n},{mail or shop}{n}@example.com,1,{n}.00,HKD,2026-03-0{day}{time}\n" for n in range(9)
    )


@pytest.mark.parametrize("nights", [0, 1, 2])
@pytest.mark.parametrize("mode", ["append", "merge"])
def test_equal_numbers_of_two_shops_name_two_contracts(tmp_path, checker, mode, nights):
    """In one file, in two of one night, and in those of two nights."""
    world = found(tmp_path, checker, COLUMNS, mode)
    shops = [sell("a", 1), sell("b", 2)]
    if nights == 0:
        shops = ["".join(shops)]
    for number, rows in enumerate(shops):
        world.deliver(f"sales_{number}.csv", SALES_HEAD + rows)
        if number == 0 and nights == 2:
            world.run_to("load")
    with pytest.raises(GateClosed, match=CURE):
        world.night(AS_OF + timedelta(days=1))


def test_equal_numbers_of_one_day_are_told_of_too(tmp_path, checker):
    world = found(tmp_path, checker, DATED)
    for shop in "ab":
        world.deliver(f"sales_{shop}.csv", SALES_HEAD + sell(shop, 1, time=""))
    with pytest.raises(GateClosed, match=CURE):
        world.run_to("load")


def test_a_correction_of_the_person_or_of_the_time_is_merged(tmp_path, checker):
    world = found(tmp_path, checker, COLUMNS)
    for night, rows in enumerate((sell("a", 1), sell("a", 1, mail="new"), sell("a", 2, mail="other"), sell("b", 2))):
        world.deliver(f"sales_{night}.csv", SALES_HEAD + rows)
        world.run_to("load", AS_OF + timedelta(days=night))
    assert world.ask("SELECT account, sold_at::DATE::VARCHAR FROM raw.sales WHERE line = 'L3'") == [
        ("b3", "2026-03-02")
    ]
    assert world.quarantined("sales") == []
    world.require_balance()


def test_a_key_that_names_the_shop_keeps_their_orders_apart(tmp_path, checker):
    """The same customer has an order 1001 at both."""
    shop = column("shop", primaryKey=True, primaryKeyPosition=1, required=True)
    order = key("order", "event_id") | {"primaryKeyPosition": 2}
    world = found(tmp_path, checker, [shop, order, *COLUMNS[2:]])
    lines = "".join(
        f"{name},1001,A1,a@example.com,1,5.00,HKD,2026-03-0{day} 10:00\n" for day, name in enumerate("ab", 1)
    )
    world.deliver("sales.csv", "shop,order,account,email,quantity,amount,currency,sold_at\n" + lines)
    world.night()
    assert world.ask("SELECT event_id FROM customer_event ORDER BY ALL") == [("a/1001",), ("b/1001",)]
    assert world.ask("SELECT order_count, net_amount::INTEGER FROM customer_profile") == [(2, 10)]
