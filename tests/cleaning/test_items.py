"""A catalogue by versions: what was known of an item on a day, and what sales that name it have from there."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.worlds.world import AS_OF, MONEY, SALES_HEAD, SOURCES, column, key
from warehouse.contracts.model import ContractError

pytestmark = pytest.mark.slow

ITEMS = {
    "kind": "items", "mode": "snapshot", "path": "items*.csv", "custom": {"currency": "HKD"},
    "columns": [
        key("sku", "item_id"), column("name", "item_name"), column("kind", "category"),
        column("price", "unit_price", "number", **MONEY), column("stock", "quantity", "integer"),
        column("said", "text"),
    ],
}  # fmt: skip
SKU = column("sku", "item_id", relationships=[
    {"type": "foreignKey", "to": "items.odcs.yaml#schema/items/properties/sku"}])  # fmt: skip
HEAD = "sku,name,kind,price,stock,said\n"
NEXT = AS_OF + timedelta(days=1)
FEATURE = {
    "name": "sale_{by}_count", "from": "transactions", "where": {"event_type": "sale"}, "aggregate": "count",
    "by": {"category": {"tea": "Tea", "cups": "Cup"}}, "default": 0, "purposes": [], "description": "Lines",
}  # fmt: skip


def sell(number: int, sku: str, day: date) -> str:
    return f"L{number},R{number},A1,tai.man@example.com,1,10.00,HKD,{day} 10:00,{sku}\n"


@pytest.fixture
def shop(sales):
    """Sales that name an item and nothing of it; the catalogue comes on the second night."""
    sales.declare("sales", columns=[*SOURCES["sales"]["columns"], SKU])
    sales.declare("items", **ITEMS)
    sales.write_yaml("features.yaml", {"features": [FEATURE]})
    sales.deliver("items.csv", HEAD + "S1,Oolong,Tea,38.00,9,Dark\nS2,Mug,Cup,20.50,,\n")
    return sales


def test_an_item_is_what_was_known_of_it_on_the_day_of_the_sale(shop):
    head = SALES_HEAD.strip() + ",sku\n"
    before, after = AS_OF - timedelta(days=1), AS_OF + timedelta(days=2)
    shop.deliver("sales-2.csv", [head, sell(10, "S1", before), sell(11, "S1", AS_OF), sell(12, "S2", AS_OF)])
    shop.night(AS_OF)
    shop.deliver("items-2.csv", HEAD + "S1,Oolong,Leaf,40.00,8,Dark\n")
    shop.deliver("sales-3.csv", [head, sell(13, "S1", NEXT), sell(14, "S2", NEXT), sell(15, "S1", AS_OF)])
    shop.night(NEXT)
    sold = "SELECT event_id, item_name, category FROM customer_event WHERE item_id IS NOT NULL ORDER BY event_id"
    known = [
        ("L10", None, None), ("L11", "Oolong", "Tea"), ("L12", "Mug", "Cup"),
        ("L13", "Oolong", "Leaf"), ("L14", "Mug", "Cup"),  # it has left the catalogue, and keeps what was known
        ("L15", "Oolong", "Tea"),  # late, and of the day before
    ]  # fmt: skip
    assert shop.ask(sold) == known
    assert shop.ask("SELECT sale_tea_count, sale_cups_count FROM customer_feature WHERE sale_tea_count > 0") == [(2, 2)]
    catalogue = "SELECT item_id, category, unit_price, currency, stock_quantity FROM item_as_of(?) ORDER BY 1"
    assert shop.ask(catalogue, before) == []
    assert shop.ask(catalogue, AS_OF) == [
        ("S1", "Tea", Decimal("38.0000"), "HKD", 9.0), ("S2", "Cup", Decimal("20.5000"), "HKD", None)
    ]  # fmt: skip
    assert shop.ask(catalogue, after) == [("S1", "Leaf", Decimal("40.0000"), "HKD", 8.0)]
    shop.night(NEXT, full=True)
    assert shop.ask(sold) == known  # all cleaned again, and nothing learned of the past
    assert shop.ask("SELECT count(*) FROM item_history") == [(3,)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mode": "append"}, "a catalogue is not appended to"),
        ({"columns": [key("no"), column("sku", "item_id")]}, "a catalogue has one row an item"),
        ({"kind": "reference"}, "'sku' of items.odcs.yaml is not the key of items"),
    ],
)
def test_what_is_no_catalogue_is_refused(empty_world, changes, message):
    empty_world.declare("sales", columns=[*SOURCES["sales"]["columns"], SKU])
    empty_world.declare("items", **(ITEMS | changes))
    with pytest.raises(ContractError, match=message):
        empty_world.night()
