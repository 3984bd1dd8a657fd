"""The help desk: a snapshot of its users and the tickets they opened, both JSON lines."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from examples.sample.dirt import FUTURE_YEAR, Dirt, Row, pick_identity, plant_rows, repeat_rows, soil, tear_last
from examples.sample.files import cut_by_days, draw_time, write_jsonl
from examples.sample.people import Account
from examples.sample.pools.texts import TICKETS, WANTS_HUMAN, mark_up, write_text
from examples.sample.world import AS_OF, World

MONTH = 30
CHANNELS = ("chat", "chat", "email", "phone", "whatsapp")
TICKET_COUNTS = ([0, 1, 2, 3, 5, 8], [30, 34, 18, 10, 6, 2])
"""How many tickets a user opens, and how often that is so."""


def write_users(folder: Path, world: World, accounts: list[Account]) -> list[Dirt]:
    """Write `support/users.jsonl`: an object a user, as known on the last day."""
    return write_jsonl(folder / "support" / "users.jsonl", build_users(world, accounts))


def build_users(world: World, accounts: list[Account]) -> list[Row]:
    """The users on the last day, in order of their ids, with bad rows and second copies."""
    rng = Random(f"{world.seed}-users")
    rows = [build_user(account, rng) for account in sorted(accounts, key=lambda a: a.account_id)]
    return repeat_rows(plant_rows(rows, rng, USER_BREAKS, "id"), rng)


def build_user(account: Account, rng: Random) -> Row:
    """One user; a few have shown an identity document."""
    person = account.person
    identity = pick_identity(person, rng, 0.35)
    if rng.random() < 0.3:
        identity["phone"] = None
    kinds = soil(identity, person, rng)
    verified = person.national_id if person.region == "HK" and rng.random() < 0.1 else None
    created = draw_time(rng, AS_OF - timedelta(days=1500), AS_OF - timedelta(days=200))
    return Row(
        {
            "id": account.account_id,
            "name": identity["name"],
            "email": identity["email"],
            "phone": identity["phone"],
            "locale": person.language,
            "identity_document": verified,
            "created_at": f"{created}+08:00",
        },
        kinds,
    )


def write_tickets(folder: Path, world: World, accounts: list[Account]) -> list[Dirt]:
    """Write `support/tickets_<first day>.jsonl`: an object a ticket, a file about a month."""
    rng = Random(f"{world.seed}-tickets")
    return [
        dirt
        for first, chunk in cut_by_days(build_tickets(accounts, world, rng), world.start, AS_OF, MONTH)
        for dirt in write_jsonl(folder / "support" / f"tickets_{first}.jsonl", repeat_rows(chunk, rng))
    ]


def build_tickets(accounts: list[Account], world: World, rng: Random) -> list[Row]:
    """All tickets in the order of their opening, each as it stood on the last day, with bad rows."""
    requesters = [account for account in accounts for _ in range(rng.choices(*TICKET_COUNTS)[0])]
    ids = rng.sample(range(9 * 10**5), len(requesters))
    rows = [build_ticket(account, f"T{10**6 + i}", draw_time(rng, world.start, AS_OF), rng)
            for account, i in zip(requesters, ids, strict=True)]  # fmt: skip
    rows.sort(key=lambda row: (row.values["created_at"], row.values["id"]))
    return tear_last(plant_rows(rows, rng, TICKET_BREAKS, "id"), "id")


def build_ticket(account: Account, ticket_id: str, at: str, rng: Random) -> Row:
    """One ticket: what is asked, and when it was solved if it was."""
    text, _ = write_text(TICKETS, account.person.language, rng)
    if rng.random() < 0.08:
        text = f"{text} {rng.choice(WANTS_HUMAN)}"
    kinds = ["html"] if rng.random() < 0.03 else []
    solved = datetime.fromisoformat(at) + timedelta(minutes=int(60 * rng.lognormvariate(2.2, 1.2)))
    is_solved = solved.date() <= AS_OF and rng.random() < 0.9
    is_again = (
        is_solved and Random(ticket_id).random() < 0.03
    )  # solved, and asked again; drawn apart, as all else stays
    status = rng.choice(["solved", "closed"]) if is_solved else rng.choice(["new", "open", "pending"])
    return Row(
        {
            "id": ticket_id,
            "requester_id": account.account_id,
            "subject": text.split(" ")[0][:20],
            "description": mark_up(text, rng) if kinds else text,
            "status": "open" if is_again else status,
            "priority": rng.choices(["low", "normal", "high", "urgent"], [2, 6, 2, 1])[0],
            "via": {"channel": rng.choice(CHANNELS)},
            "created_at": f"{at}+08:00",
            "solved_at": f"{solved.isoformat()}+08:00" if is_solved else None,
        },
        kinds,
        at[:10],
    )


def break_date(values: dict[str, Any]) -> None:
    """A date that only a slip of the finger makes."""
    values["created_at"] = f"{FUTURE_YEAR}{values['created_at'][4:]}"


USER_BREAKS = {
    "wrong_type": lambda values: values.update(created_at="n/a"),
    "missing_required": lambda values: values.update(id=None),
}
TICKET_BREAKS = {
    "wrong_type": lambda values: values.update(created_at="--"),
    "future_date": break_date,
    "missing_required": lambda values: values.update(requester_id=None),
}
