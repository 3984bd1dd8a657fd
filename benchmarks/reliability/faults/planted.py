"""What breaks each rule of the strict company's sources: one bad row for each row rule, one file for each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.worlds.world import CHAN, CONSENT_HEAD, CRM_HEAD, RATES, SALES_HEAD, WONG, World

Act = Callable[[World], object]
Line = str | Mapping[str, Any]


@dataclass(frozen=True)
class Sabotage:
    """SQL that spoils what a step of the program has left, where no delivery can."""

    after: str
    """land, profile or seal."""
    queries: tuple[str, ...]
    source: str = ""
    """After whose landing."""
    is_of_night: bool = False
    """After landing: spoil the night's database, not the source's file."""


@dataclass(frozen=True)
class Fault:
    """One rule, and what breaks it."""

    source: str
    """Under which name the report has the rule: a source, `published`, `loaded`; empty for an error of no rule."""
    rule: str
    act: Act = lambda _: None
    """What is done to the company before the night."""
    sabotage: Sabotage | None = None
    days: int = 1
    """So many days after the first night."""
    before: Act | None = None
    """What another night takes in first."""
    is_closing: bool = True
    """Only read where no contract's rule says it."""


def sale(line: str = "X1", **other: str) -> str:
    """A line of the till."""
    usual = {"receipt": "RX", "account": "A9", "email": "", "quantity": "1", "amount": "5.00", "currency": "HKD"}
    return ",".join([line, *(usual | {"sold_at": "2026-03-09 10:00"} | other).values()]) + "\n"


def post(**other: object) -> Line:
    """A post."""
    return {"id": "PX", "at": "2026-03-09T01:00:00Z", "text": "ok", "author": {"handle": "@x", "email": None}} | other


def ticket(**other: object) -> Line:
    """A ticket."""
    usual = {"id": "TX", "user": {"id": "U9"}, "text": "?", "status": "open", "at": "2026-03-09T02:00:00Z"}
    return usual | {"solved_at": None} | other


GOOD: Mapping[str, Callable[[int], Line]] = {
    "crm": lambda n: f"G{n},Good Person,+852 5{n:07},g{n}@example.com,1990-01-01,Tai Po\n",
    "sales": lambda n: sale(f"G{n}", receipt=f"RG{n}", email=f"g{n}@example.com"),
    "posts": lambda n: post(id=f"G{n}"),
    "tickets": lambda n: ticket(id=f"G{n}"),
    "consent": lambda n: f"G{n},service,granted,2026-03-09 10:00\n",
    "fx_rates": lambda n: f"F{n:02},2020-01-01,1.5\n",
}
"""A row that no rule is against."""
HEADS: Mapping[str, Sequence[str]] = {
    "crm": (CRM_HEAD, CHAN, WONG), "sales": (SALES_HEAD,), "consent": (CONSENT_HEAD,), "fx_rates": (RATES,),
    "posts": (), "tickets": (),
}  # fmt: skip
"""What each file begins with; a picture is whole."""
FILES: Mapping[str, str] = {
    "crm": "crm_2.csv", "sales": "sales_2.csv", "posts": "posts_2.jsonl", "tickets": "tickets_2.jsonl",
    "consent": "consent_2.csv", "fx_rates": "fx_2.csv",
}  # fmt: skip
BAD: Mapping[str, Mapping[str, Line]] = {
    "crm": {
        "required:no": ",No One,,,,\n",
        "type:birth_date": "X1,No One,,,someday,\n",
        "birth:birth_date": "X2,No One,,,1850-01-01,\n",
        "duplicate_key": "G0,No One,,,,\n",
        "unique:phone": "X3,No One,+852 9123 4567,,,\n",
        "missing:name": "X4,n/a,,,,\n",
    },
    "sales": {
        "required:line": sale(""),
        "format:account": sale("X1", account="B9"),
        "length:account": sale("X2", account="A12345"),
        "required:quantity": sale("X3", quantity=""),
        "type:quantity": sale("X4", quantity="two"),
        "range:quantity": sale("X5", quantity="-99", amount="-5.00"),
        "required:amount": sale("X6", amount=""),
        "type:amount": sale("X7", amount="five"),
        "currency:amount": sale("X16", amount="US$5.00"),
        "range:amount": sale("X8", amount="99999.00"),
        "allowed:currency": sale("X9", currency="JPY"),
        "required:sold_at": sale("X10", sold_at=""),
        "type:sold_at": sale("X11", sold_at="yesterday"),
        "future:sold_at": sale("X12", sold_at="2026-03-20 10:00"),
        "range:sold_at": sale("X13", sold_at="1899-01-01 10:00"),
        "late:sold_at": sale("X14", sold_at="2025-10-01 10:00"),
        "duplicate_key": sale("G0", amount="6.00"),
        "unique:receipt+sold_at+amount": sale("X15", receipt="RG0"),
    },
    "posts": {
        "required:id": post(id=None),
        "required:at": post(id="X1", at=None),
        "type:at": post(id="X2", at="soon"),
        "required:author.handle": post(id="X3", author={}),
        "future:at": post(id="X4", at="2026-03-20T01:00:00Z"),
        "range:at": post(id="X5", at="1899-01-01T01:00:00Z"),
        "duplicate_key": post(id="G0", text="again"),
        "null_share:text": post(id="X6", text=None),
        "undeclared_mark:is_deleted": post(id="X7", is_deleted="true"),
    },
    "tickets": {
        "required:id": ticket(id=None),
        "required:user.id": ticket(id="X1", user={}),
        "required:at": ticket(id="X2", at=None),
        "type:at": ticket(id="X3", at="soon"),
        "future:at": ticket(id="X4", at="2026-03-20T01:00:00Z"),
        "range:at": ticket(id="X5", at="1899-01-01T01:00:00Z"),
        "type:solved_at": ticket(id="X6", solved_at="soon"),
        "future:solved_at": ticket(id="X7", solved_at="2026-03-20T01:00:00Z"),
        "superseded": ticket(id="G0", status="closed"),
        "deleted:op": ticket(id="X8", op="gone"),
        "duplicate_key": ticket(id="G1", user={"id": "U8"}, at="2026-03-09T03:00:00Z"),
    },
    "consent": {
        "required:customer": ",service,granted,2026-03-09 10:00\n",
        "required:purpose": "X1,,granted,2026-03-09 10:00\n",
        "required:decision": "X2,service,,2026-03-09 10:00\n",
        "required:at": "X3,service,granted,\n",
        "type:at": "X4,service,granted,soon\n",
        "future:at": "X5,service,granted,2026-03-20 10:00\n",
        "range:at": "X6,service,granted,1899-01-01 10:00\n",
    },
    "fx_rates": {
        "required:currency": ",2020-01-01,2\n",
        "type:valid_from": "X01,soon,2\n",
        "type:rate_to_hkd": "X02,2020-01-01,two\n",
        "currency:rate_to_hkd": "X06,2020-01-01,£2\n",
        "range:rate_to_hkd": "X03,2020-01-01,0\n",
        "future:valid_from": "X04,2026-03-20,2\n",
        "range:valid_from": "X05,1899-01-01,2\n",
        "duplicate_key": "F00,2020-01-01,3\n",
    },
}
"""One bad row by source and rule."""


ONE_MORE = "UPDATE delivery SET physical_count = physical_count + 1"


def deliver(source: str, bad: Sequence[Line], good: int = 3) -> Act:
    """Deliver good rows and bad ones behind them."""
    lines = [*HEADS[source], *(GOOD[source](n) for n in range(good)), *bad]
    return lambda world: world.deliver(FILES[source], lines)  # type: ignore[arg-type]


def deliver_nothing(source: str) -> Act:
    """Deliver a file without a row."""
    head = "".join(line for line in HEADS[source][:1] if isinstance(line, str))
    return lambda world: world.deliver(FILES[source], "".join(head.splitlines(keepends=True)[:1]))


def spoil_all_rows(world: World) -> None:
    """All bad rows at once, in one delivery of each source."""
    for source, rows in BAD.items():
        deliver(source, list(rows.values()), good=2 * len(rows))(world)


def list_row_faults() -> list[Fault]:
    """One fault for each row rule."""
    return [Fault(source, rule, deliver(source, [line])) for source, rows in BAD.items() for rule, line in rows.items()]


def list_table_faults() -> list[Fault]:
    """Faults of a source's deliveries as wholes, and of what they come to."""
    found = []
    for source, rows in BAD.items():
        found += [
            Fault(source, f"row_count:{source}", deliver_nothing(source)),
            Fault(source, "quarantine_share", deliver(source, list(rows.values()), good=1)),
            Fault(source, "books", deliver(source, []), Sabotage("land", (ONE_MORE,), source)),
        ]
    returns = [sale(f"X{n}", quantity="-1", amount=f"-{n}.00") for n in (1, 2)]
    nobody = [sale(f"X{n}", amount=f"{n}.00") for n in range(1, 6)]
    return [
        *found,
        Fault("sales", "signs_agree", deliver("sales", [sale(amount="-5.00")])),
        Fault("sales", "few_returns", deliver("sales", returns)),
        Fault("sales", "null_share:email", deliver("sales", nobody, good=1)),
        Fault("sales", "stale", days=25),
        Fault("posts", "stale", days=60),
    ]
