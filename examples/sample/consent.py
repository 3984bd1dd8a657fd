"""Consent: who allowed what and when; CSV with semicolons, a file about a month."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

from examples.sample.dirt import FUTURE_YEAR, Dirt, Row, plant_rows, repeat_rows
from examples.sample.files import cut_by_days, draw_time, write_csv
from examples.sample.people import Account
from examples.sample.world import AS_OF, World

MONTH = 30
PURPOSES = ("direct_marketing", "personalisation")
AI_SERVICE = "ai_service"
"""May a bot answer? Few say anything, and of these most refuse."""

Decisions = dict[str, dict[str, str]]
"""The answer that counts, by person and purpose."""


def write_consent(folder: Path, world: World, accounts: list[Account]) -> tuple[list[Dirt], Decisions]:
    """Write `consent/consent_<first day>.csv`; returns its dirt and the decisions that count."""
    rng = Random(f"{world.seed}-consent")
    planted, decisions = build_consent(accounts, world, rng)
    dirt = [
        dirt
        for first, chunk in cut_by_days(planted, world.start, AS_OF, MONTH)
        for dirt in write_csv(folder / "consent" / f"consent_{first}.csv", repeat_rows(chunk, rng), delimiter=";")
    ]
    return dirt, decisions


def build_consent(accounts: list[Account], world: World, rng: Random) -> tuple[list[Row], Decisions]:
    """All answers in their order, with bad rows; and the decisions that count."""
    rows = [row for account in accounts for row in build_answers(account, rng, world.start)]
    rows += [row for account in accounts for row in build_refusal(account, world)]
    rows.sort(
        key=lambda row: (row.values["at"], row.values["customer_no"], row.values["purpose"], row.values["decision"])
    )
    decisions = decide(rows, {account.account_id: account.person.person_id for account in accounts})
    return plant_rows(rows, rng, BREAKS, "customer_no"), decisions


def build_answers(account: Account, rng: Random, start: date) -> list[Row]:
    """What one account answered: for each purpose nothing, once, or again with a change of mind."""
    rows = []
    for purpose in PURPOSES:
        for _ in range(rng.choices([0, 1, 2], [30, 55, 15])[0]):
            decision = rng.choices(["granted", "withdrawn"], [7, 3])[0]
            at = draw_time(rng, start, AS_OF).replace("T", " ")
            values = {"customer_no": account.account_id, "purpose": purpose, "decision": decision, "at": at}
            rows.append(Row(values, [], at[:10]))
            if rng.random() < 0.01:
                other = "granted" if decision == "withdrawn" else "withdrawn"
                rows.append(Row(values | {"decision": other}, ["contradictory"], at[:10]))
    return rows


def build_refusal(account: Account, world: World) -> list[Row]:
    """What one account answered about service by AI, mostly nothing; drawn apart, so that all else stays as it is."""
    rng = Random(f"{world.seed}-ai-{account.account_id}")
    if rng.random() > 0.05:
        return []
    at = draw_time(rng, world.start, AS_OF).replace("T", " ")
    decision = rng.choices(["granted", "withdrawn"], [3, 7])[0]
    values = {"customer_no": account.account_id, "purpose": AI_SERVICE, "decision": decision, "at": at}
    return [Row(values, [], at[:10])]


def decide(rows: list[Row], people: dict[str, str]) -> Decisions:
    """The latest answer over all accounts of a person; at the same second withdrawn wins."""
    decisions: Decisions = {}
    for row in sorted(rows, key=lambda row: (row.values["at"], row.values["decision"])):
        decisions.setdefault(people[row.values["customer_no"]], {})[row.values["purpose"]] = row.values["decision"]
    return decisions


BREAKS = {
    "wrong_type": lambda values: values.update(at="soon"),
    "future_date": lambda values: values.update(at=f"{FUTURE_YEAR}{values['at'][4:]}"),
    "missing_required": lambda values: values.update(purpose=None),
}
