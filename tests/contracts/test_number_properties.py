"""Declarations about numbers, words and orders: a wrong one is refused where it stands, with its cure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.worlds.world import column, key, make_contract
from warehouse.contracts.lint.folder import list_problems
from warehouse.contracts.load import read_contracts

AT = column("at", "occurred_at", "timestamp", required=True)


def write(folder: Path, *columns: dict[str, Any], **custom: Any) -> Path:
    source = {"kind": "transactions", "mode": "append", "path": "shop*.csv", "custom": custom,
              "columns": [key("id", "event_id"), column("who", "account_id"), AT, *columns]}  # fmt: skip
    (folder / "shop.odcs.yaml").write_text(yaml.safe_dump(make_contract("shop", source), sort_keys=False), "utf-8")
    return folder


def say(body: dict[str, Any], **custom: Any) -> dict[str, Any]:
    """A column with more custom properties."""
    more = [{"property": f"c360.{name}", "value": value} for name, value in custom.items()]
    return {**body, "customProperties": [*body.get("customProperties", []), *more]}


AMOUNT = column("amount", "amount", "number")
STATUS = column("status", "status")
ORDER = column("order", "parent_id")


@pytest.mark.parametrize(
    ("columns", "custom", "message", "cure"),
    [
        ([AMOUNT], {"thousands": "dot"}, "thousands 'dot' is not known", "one of"),
        ([say(AMOUNT, thousands="blanc")], {}, "thousands 'blanc' is not known", "did you mean 'blank'?"),
        ([AMOUNT], {"credit": "Plus"}, "credit 'Plus' is not known", "plus"),
        ([say(AMOUNT, scale="cents")], {}, "scale is 'cents'", "write minor"),
        ([say(AMOUNT, scale=True)], {}, "scale is True", "how many places"),
        ([say(AMOUNT, scale=-1)], {}, "scale is -1", "how many places"),
        ([say(AMOUNT, thousand="comma")], {}, "'c360.thousand' is not known", "did you mean 'c360.thousands'?"),
        ([say(AMOUNT, decimal="comma", thousands="comma")], {}, "are the same sign", "or none"),
        ([say(AMOUNT, decimal="comma")], {"thousands": "comma"}, "are the same sign", "or none"),
        ([AMOUNT, say(STATUS, decimal="comma")], {}, "c360.decimal is not on a number", "make it a number"),
        ([AMOUNT, say(STATUS, means=["storniert"])], {}, "means is no mapping", "write a mapping of words"),
        ([AMOUNT, say(STATUS, means={"x": True})], {}, "means is no mapping", "with a yes, no, on or off in quotes"),
        ([AMOUNT, say(STATUS, means={"weg": "canceld"})], {}, "'canceld' is no known meaning",
         "did you mean 'cancelled'?"),
        ([AMOUNT, say(STATUS, carryDown="yes"), ORDER], {}, "carryDown is 'yes'", "write true or false"),
        ([AMOUNT, say(STATUS, carryDown=True)], {}, "c360.carryDown without an order", "'parent_id'"),
        ([say(AMOUNT, carryDown=True), ORDER], {}, "on the role 'amount' would count it once a line", "leave it out"),
        ([AMOUNT], {"maxUnknownShare": 5}, "maxUnknownShare is 5", "5 percent is 0.05"),
        ([column("out", "debit", "number")], {}, "role 'debit' without 'credit'", "give a column the role 'credit'"),
        ([column("out", "debit", "number"), column("in", "credit", "number")], {}, "c360.credit is missing", "plus if"),
        ([AMOUNT, column("out", "debit", "number"), column("in", "credit", "number")], {"credit": "plus"},
         "role 'credit' beside another amount", "keep debit and credit, or the amount"),
        ([AMOUNT, column("back", "refunded_amount")], {}, "role 'refunded_amount' on a column of type", "number"),
    ],
)  # fmt: skip
def test_what_is_declared_wrong_is_refused(
    tmp_path: Path, columns: list[dict[str, Any]], custom: dict[str, Any], message: str, cure: str
) -> None:
    said = [f"{p.message}; {p.cure}" for p in list_problems(write(tmp_path, *columns, **custom))]
    assert [line for line in said if message in line and cure in line], said


def test_a_contract_speaks_for_its_columns_and_a_column_for_itself(tmp_path: Path) -> None:
    own = say(column("price", None, "number"), decimal="point", thousands="none")
    means = say(STATUS, means={4: "paid", "Storniert ": "cancelled"})
    folder = write(tmp_path, AMOUNT, own, means, decimal="comma", credit="minus", scale="minor", maxUnknownShare=0.2)
    source = read_contracts(folder).source("shop")
    found = {c.name: (c.decimal, c.thousands, c.credit, c.scale) for c in source.columns}
    assert found["amount"] == ("comma", None, "minus", "minor")
    assert found["price"] == ("point", "none", None, None)
    assert found["status"] == (None, None, None, None)
    assert next(c.means for c in source.columns if c.name == "status") == {"4": "paid", "Storniert ": "cancelled"}
    assert source.max_unknown_share == 0.2


def test_a_bare_no_is_a_word(tmp_path: Path) -> None:
    folder = write(tmp_path, AMOUNT, say(STATUS, means={"NOT": "cancelled", "JUST": "sale"}))
    file = folder / "shop.odcs.yaml"
    file.write_text(file.read_text("utf-8").replace("NOT:", "no:").replace("JUST:", "yes:"), "utf-8")
    means = next(c.means for c in read_contracts(folder).source("shop").columns if c.name == "status")
    assert (means["no"], means["yes"]) == ("cancelled", "sale")
