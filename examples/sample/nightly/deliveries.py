"""The world's deliveries by night: each file is named for its last day, as a nightly export names it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from random import Random

import polars as pl

from examples.sample.browsing import build_assignments, build_impressions, build_visits, find_spans
from examples.sample.consent import build_consent
from examples.sample.crm import build_register
from examples.sample.dirt import EXPECTED, Dirt, Row, repeat_rows
from examples.sample.files import write_csv, write_jsonl
from examples.sample.items import write_items
from examples.sample.nightly.campaign import add_campaign, plan_campaign
from examples.sample.nightly.franchise import write_franchise
from examples.sample.nightly.leavers import Leaver, choose_leavers, close_accounts, erase_users, stop_buying
from examples.sample.people import Account, build_people, open_accounts
from examples.sample.social import build_posts
from examples.sample.support import build_tickets, build_users
from examples.sample.transactions import write_transactions
from examples.sample.truth import write_truth
from examples.sample.world import AS_OF, World
from warehouse import ROOT

CATALOGUE = 7
"""Nights from one catalogue to the next."""
DELIVERIES = "deliveries"
"""The folder of the world in which its contracts look for files."""


def write_nightly(out: Path, world: World, nights: int, *, with_dirt: bool) -> list[Dirt]:
    """Write contracts, deliveries and truth of a world whose last `nights` nights have files of their own.

    What was before comes in files named for the day before the first of them; sales have a file a day throughout.
    Returns the dirt of the five silos; that of the franchise stands in `truth/franchise.csv`.
    """
    folder, first = out / DELIVERIES, AS_OF - timedelta(days=nights - 1)
    people = build_people(world)
    accounts = open_accounts(people, world.seed)
    leavers, campaign = choose_leavers(accounts, world, first), plan_campaign(first)
    write_contracts(out / "contracts", with_franchise=with_dirt)

    def reshape(lines: pl.DataFrame) -> pl.DataFrame:
        return stop_buying(add_campaign(lines, campaign, world), leavers, world.start)

    dirt, sales = write_transactions(folder, world, accounts["transactions"], people, reshape)
    dirt += write_snapshots(folder, world, accounts, leavers, first)
    asked, decisions = write_series(folder, world, accounts, first)
    write_browsed(folder, world, sales, first)
    write_items(folder, world, [first - timedelta(days=1), *list_days(first)[::CATALOGUE]])
    seen = set(sales["account"].unique())
    accounts["transactions"] = [a for a in accounts["transactions"] if a.account_id in seen]
    truth = out / "truth"
    write_truth(truth, people, accounts, sales, decisions)
    pl.DataFrame([asdict(leaver) for leaver in leavers], infer_schema_length=None).write_csv(truth / "leavers.csv")
    pl.DataFrame([asdict(campaign)]).write_csv(truth / "campaigns.csv")
    if with_dirt:
        write_franchise(out, people, world, first)
    return dirt + asked


def write_contracts(folder: Path, *, with_franchise: bool) -> None:
    """The contracts of the sample world, which look for files beside them; tickets are delivered again when solved."""
    shutil.copytree(ROOT / "contracts", folder)
    for path in sorted(folder.glob("*.odcs.yaml")):
        text = path.read_text("utf-8").replace("./var/sample/", f"./{DELIVERIES}/")
        if path.name == "tickets.odcs.yaml":
            text = text.replace("c360.loadMode, value: append", "c360.loadMode, value: merge")
        path.write_text(text, "utf-8")
    for name in ("campaigns", *(["franchise"] if with_franchise else [])):
        shutil.copyfile(Path(__file__).with_name(f"{name}.odcs.yaml"), folder / f"{name}.odcs.yaml")


def write_snapshots(
    folder: Path, world: World, accounts: dict[str, list[Account]], leavers: list[Leaver], first: date
) -> list[Dirt]:
    """Write `crm/crm_<day>.csv` and `support/users_<day>.jsonl`, each whole, for the day before the nights and each."""
    register, users = build_register(world, accounts["crm"]), build_users(world, accounts["users"])
    dirt: list[Dirt] = []
    for day in list_days(first - timedelta(days=1)):
        known = close_accounts(register, accounts["crm"], leavers, day)
        dirt += write_csv(folder / "crm" / f"crm_{day}.csv", known, has_bom=True)
        asking = erase_users(users, accounts["users"], leavers, day)
        dirt += write_jsonl(folder / "support" / f"users_{day}.jsonl", asking)
    return dirt


def write_series(
    folder: Path, world: World, accounts: dict[str, list[Account]], first: date
) -> tuple[list[Dirt], dict[str, dict[str, str]]]:
    """Write posts, tickets and consents, a file a night; returns their dirt, and the decisions that count."""
    dirt: list[Dirt] = []
    rng = Random(f"{world.seed}-social")
    for day, rows in cut_by_nights(build_posts(accounts["social"], world, rng), first, rng):
        dirt += write_jsonl(folder / "social" / f"social_{day}.jsonl", rows)
    rng = Random(f"{world.seed}-tickets")
    for day, rows in cut_by_nights(list_versions(build_tickets(accounts["users"], world, rng)), first, rng):
        dirt += write_jsonl(folder / "support" / f"tickets_{day}.jsonl", rows)
    rng = Random(f"{world.seed}-consent")
    answers, decisions = build_consent(accounts["crm"], world, rng)
    for day, rows in cut_by_nights(answers, first, rng):
        dirt += write_csv(folder / "consent" / f"consent_{day}.csv", rows, delimiter=";")
    return dirt, decisions


def write_browsed(folder: Path, world: World, sales: pl.DataFrame, first: date) -> None:
    """Write visits, impressions and assignments, a file a night; they have no dirt."""
    spans = find_spans(sales)
    for day, rows in list_chunks(build_assignments(spans, world), first):
        write_csv(folder / "campaigns" / f"campaigns_{day}.csv", rows)
    for day, rows in list_chunks(build_visits(spans, world), first):
        write_csv(folder / "visits" / f"visits_{day}.csv", rows)
    for day, rows in list_chunks(build_impressions(spans, world), first):
        write_jsonl(folder / "impressions" / f"impressions_{day}.jsonl", rows)


def list_chunks(rows: list[Row], first: date) -> Iterator[tuple[date, list[Row]]]:
    """Good rows by the last day of their file: all before the nights in one, then a file a night that has some."""
    for day in [first - timedelta(days=1), *list_days(first)]:
        since = date.min if day < first else day
        if chunk := [row for row in rows if since.isoformat() <= row.day <= day.isoformat()]:
            yield day, chunk


def list_days(first: date) -> list[date]:
    """Every day up to the last."""
    return [first + timedelta(days=n) for n in range((AS_OF - first).days + 1)]


def cut_by_nights(rows: list[Row], first: date, rng: Random) -> Iterator[tuple[date, list[Row]]]:
    """Rows by the last day of their file; a night without any has none.

    What must be quarantined comes before the nights, in whose small files one bad row would close the gate, and so do
    second copies; a torn line is the last of its file.
    """
    before = [row for row in rows if row.day < first.isoformat() or is_bad(row)]
    yield first - timedelta(days=1), repeat_rows(sorted(before, key=lambda row: row.is_truncated), rng)
    for day in list_days(first):
        if chunk := [row for row in rows if row.day == day.isoformat() and not is_bad(row)]:
            yield day, chunk


def is_bad(row: Row) -> bool:
    """Must it be quarantined?"""
    return any(EXPECTED[kind] == "quarantine" for kind in row.kinds)


def list_versions(tickets: list[Row]) -> list[Row]:
    """Tickets as the help desk exports them: when they are opened, and whole when they are solved on a later day."""
    versions: list[Row] = []
    for row in tickets:
        solved = row.values.get("solved_at")
        if not solved or solved[:10] == row.day or is_bad(row):
            versions.append(row)
            continue
        opened = deepcopy(row)
        opened.values.update(status="open", solved_at=None)
        versions += [opened, Row(row.values, row.kinds, solved[:10])]
    return sorted(versions, key=lambda row: row.day)
