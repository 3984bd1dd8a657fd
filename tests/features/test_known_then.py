"""Features of what was known: corrections, merges and what was told again, beside an oracle over the deliveries."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

import polars as pl
import pytest
import yaml

from tests.features.test_feature_night import ask
from tests.worlds.world import AS_OF, World
from transforms.profile.windows import open_windows

pytestmark = pytest.mark.slow

HEAD = "line,receipt,account,email,quantity,amount,currency,sold_at\n"
NIGHTS = [AS_OF + timedelta(days=7 * n) for n in range(5)]
ACCOUNTS = [f"A{n}" for n in range(24)]
WINDOWS = (7, 14, 30, 60, 90, "life")
FEATURES = [
    {"name": "sold_{window}_count", "aggregate": "count"},
    {"name": "net_{window}_amount", "aggregate": "sum", "column": "net_amount"},
]
COMMON = {
    "from": "transactions",
    "window": list(WINDOWS),
    "default": 0,
    "description": "Sales",
    "purposes": ["service"],
}
Line = tuple[str, str, int, datetime]
"""Account, address, cents and moment of a sale, on the wall in Hong Kong."""


def end_of(day: date) -> datetime:
    """The moment when a business day ends, in UTC."""
    return open_windows(day, "Asia/Hong_Kong").until


class Shop:
    """Sales over some nights: new ones, corrected ones, some told again; the world's deliveries and what they said."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: dict[str, Line] = {}
        self.told: list[dict[str, Line]] = []

    def sell(self, night: date) -> dict[str, Line]:
        """What a night's delivery says."""
        said = {}
        for n in range(30):
            account = self.random.choice(ACCOUNTS)
            # now and then an address of another account, by which the two turn out to be one person
            email = self.random.choice(ACCOUNTS) if self.random.random() < 0.03 else account
            at = datetime(night.year, night.month, night.day) - timedelta(minutes=self.random.randrange(90 * 1440))
            said[f"L{len(self.told)}-{n}"] = (account, email, self.random.randrange(100, 99999), at)
        for key in self.random.sample(sorted(self.lines), min(8, len(self.lines))):
            account, email, _, at = self.lines[key]
            said[key] = (account, email, self.random.randrange(100, 99999), at)
        for key in self.random.sample(sorted(self.lines), min(8, len(self.lines))):
            said.setdefault(key, self.lines[key])
        return said

    def drop(self) -> set[str]:
        """Sales that a whole picture no longer has."""
        return set(self.random.sample(sorted(self.lines), min(3, len(self.lines))))


def write(key: str, line: Line) -> str:
    account, email, cents, at = line
    return f"{key},R{key},{account},{email.lower()}@example.com,1,{cents / 100:.2f},HKD,{at:%Y-%m-%d %H:%M}\n"


def trade(world: World, mode: str, seed: int) -> Shop:
    """Nights of a shop that delivers changes (merge), or all that it has (snapshot)."""
    shop = Shop(seed)
    world.declare("sales", mode=mode)
    features = [feature | COMMON for feature in FEATURES]
    (world.contracts / "features.yaml").write_text(yaml.safe_dump({"features": features}), "utf-8")
    for number, night in enumerate(NIGHTS):
        said = shop.sell(night)
        gone = shop.drop() - set(said) if mode == "snapshot" else set()
        shop.lines = {key: line for key, line in (shop.lines | said).items() if key not in gone}
        shop.told.append(dict(shop.lines))
        delivered = shop.lines if mode == "snapshot" else said
        world.deliver(f"sales_{number}.csv", [HEAD, *(write(k, line) for k, line in sorted(delivered.items()))])
        world.run_to("profile", night)
    return shop


def people_of(lines: dict[str, Line], account: str) -> set[str]:
    """The accounts that one can reach from an account by addresses."""
    found = {account}
    while True:
        mail = {email for who, email, *_ in lines.values() if who in found}
        more = found | {who for who, email, *_ in lines.values() if email in mail}
        if more == found:
            return found
        found = more


def foresee(shop: Shop, account: str, at: datetime) -> list[float]:
    """The features of an account's customer as of a moment, of the deliveries themselves: counts, then amounts."""
    then = [told for told, night in zip(shop.told, NIGHTS, strict=True) if end_of(night) <= at][-1]
    people = people_of(then, account) if any(who == account for who, *_ in then.values()) else set()
    known = [
        (cents, moment)
        for key, (who, _, cents, when) in then.items()
        if who in people and key in shop.lines and (moment := when - timedelta(hours=8)) < at
    ]
    since = [datetime(2000, 1, 1) if window == "life" else at - timedelta(days=window) for window in WINDOWS]
    within = [[cents for cents, moment in known if moment >= begin] for begin in since]
    return [*map(len, within), *(sum(cents) / 100 for cents in within)]


@pytest.mark.parametrize(("mode", "seed"), [("merge", 1), ("snapshot", 2)])
def test_agrees_with_the_deliveries_as_they_were_known(tmp_path, checker, mode, seed):
    world = World.found(tmp_path / "world", checker, ["sales"])
    shop = trade(world, mode, seed)
    choose = random.Random(seed)
    first = end_of(NIGHTS[0])
    asked = [(choose.choice(ACCOUNTS), first + timedelta(minutes=choose.randrange(35 * 1440))) for _ in range(400)] + [
        (account, end_of(night)) for account in ACCOUNTS for night in NIGHTS
    ]
    rows = [{"source": "sales", "account": account, "at": at} for account, at in asked]
    pl.DataFrame(rows).write_parquet(tmp_path / "labels.parquet")
    arguments = ["--for", str(tmp_path / "labels.parquet"), "--out", str(tmp_path / "out.parquet")]
    status, said = ask(world, "features", *arguments, "--id", "source+account", "--known-by", "arrival")
    assert status == 0, said
    found = pl.read_parquet(tmp_path / "out.parquet").select(
        *(f"sold_{window}_count" for window in WINDOWS), *(f"net_{window}_amount" for window in WINDOWS)
    )
    due = [foresee(shop, account, at) for account, at in asked]
    assert found.height * found.width > 6_000
    assert [[round(value, 2) for value in row] for row in found.rows()] == [[round(v, 2) for v in row] for row in due]
    counts = {row[5] for row in due}
    assert len(counts) > 10
    assert any(len(people_of(shop.told[-1], account)) > 1 for account in ACCOUNTS)
    [(versions,)] = world.ask("SELECT count(*) FROM clean.event_version")
    assert versions > 10


def test_labels_before_anything_was_known_are_refused(first_night, tmp_path):
    """Of a home that was loaded in one night every feature would be a default."""
    pl.DataFrame({"customer_id": ["x", "y"], "at": [datetime(2026, 1, 1), end_of(AS_OF)]}).write_csv(
        tmp_path / "labels.csv"
    )
    arguments = ["--for", str(tmp_path / "labels.csv"), "--out", str(tmp_path / "out.csv")]
    status, said = ask(first_night, "features", *arguments, "--known-by", "arrival")
    assert status == 2
    assert "1 of 2 labels lie before the end of 2026-03-10, the first night that took anything in" in said
    assert not (tmp_path / "out.csv").exists()


def test_what_is_deleted_leaves_no_version_behind(tmp_path, checker):
    world = World.found(tmp_path, checker, ["sales"])
    world.declare("sales", mode="snapshot")
    lines = [f"L{n},R{n},A1,a@example.com,1,{n}.00,HKD,2026-03-01 10:00\n" for n in (1, 2, 3)]
    held = []
    for number, told in enumerate([lines, [*lines[:2], lines[2].replace("3.00", "7.00")], lines[:1]]):
        world.deliver(f"sales_{number}.csv", [HEAD, *told])
        world.run_to("clean", AS_OF + timedelta(days=number))
        held.append([world.ask(f"FROM clean.{table}") for table in ("event_version", "event_since")])
    assert [len(versions) for versions, _ in held] == [0, 1, 0]
    since = ("sales", "L1", AS_OF)
    assert [known for _, known in held] == [[], [since, ("sales", "L2", AS_OF)], [since]]
