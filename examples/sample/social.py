"""Social posts: nested JSON lines, a file a fortnight, with a field the contract does not declare (`client`)."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from examples.sample.dirt import FUTURE_YEAR, Dirt, Row, pick_identity, plant_rows, repeat_rows, soil, tear_last
from examples.sample.files import cut_by_days, draw_time, write_jsonl
from examples.sample.people import Account
from examples.sample.pools.texts import POSTS, mark_up, write_text
from examples.sample.world import AS_OF, World

FORTNIGHT = 14


def write_social(folder: Path, world: World, accounts: list[Account]) -> list[Dirt]:
    """Write `social/social_<first day>.jsonl`: an object a post, times with the offset of Hong Kong."""
    rng = Random(f"{world.seed}-social")
    return [
        dirt
        for first, chunk in cut_by_days(build_posts(accounts, world, rng), world.start, AS_OF, FORTNIGHT)
        for dirt in write_jsonl(folder / "social" / f"social_{first}.jsonl", repeat_rows(chunk, rng))
    ]


def build_posts(accounts: list[Account], world: World, rng: Random) -> list[Row]:
    """All posts in their order, with bad rows."""
    authors = [build_author(account, rng) for account in accounts]
    owners = [n for n in range(len(authors)) for _ in range(draw_post_count(rng))]
    ids = rng.sample(range(9 * 10**5), len(owners))
    rows = [build_post(accounts[n], authors[n], str(10**18 + i), draw_time(rng, world.start, AS_OF), rng)
            for n, i in zip(owners, ids, strict=True)]  # fmt: skip
    rows.sort(key=lambda row: (row.day, row.values["created_at"], row.values["id"]))
    return tear_last(plant_rows(rows, rng, BREAKS, "id"), "id")


def draw_post_count(rng: Random) -> int:
    """Most write little, a few a lot; everyone at least once, so that each account is seen."""
    return min(60, 1 + int(rng.paretovariate(1.1)))


def build_author(account: Account, rng: Random) -> tuple[dict[str, Any], list[str]]:
    """Who writes, as he shows himself, and what is wrong with it."""
    person = account.person
    identity = pick_identity(person, rng, 0.5)
    if rng.random() < 0.4:
        identity["email"] = None
    identity["phone"] = None
    kinds = soil(identity, person, rng)
    handle = person.handle if rng.random() < 0.9 else f"{person.handle}_{rng.randint(2, 99)}"
    author: dict[str, Any] = {"id": account.account_id, "username": handle, "name": identity["name"]}
    if identity["email"]:
        author["email"] = identity["email"]
    if rng.random() < 0.4:
        author["location"] = rng.choice([*person.district, "Hong Kong", "香港"])
    return author, kinds


def build_post(account: Account, author: tuple[dict[str, Any], list[str]], post_id: str, at: str, rng: Random) -> Row:
    """One post."""
    text, kind = write_text(POSTS, account.person.language, rng)
    kinds = list(author[1])
    if rng.random() < 0.04:
        text = mark_up(text, rng)
        kinds.append("html")
    likes = int(rng.paretovariate(0.9)) - 1
    return Row(
        {
            "id": post_id,
            "created_at": f"{at}+08:00",
            "lang": {"yue": "zh-HK", "zh": "zh", "en": "en", "mixed": "und"}[kind],
            "text": text,
            "author": author[0],
            "metrics": {"like_count": min(likes, 5000), "reply_count": rng.randint(0, min(likes, 40) // 4 + 1)},
            "client": rng.choice(["web", "android", "ios"]),
        },
        kinds,
        at[:10],
    )


def break_into_error(values: dict[str, Any]) -> None:
    """What an interface answers instead of a post."""
    values.clear()
    values["errors"] = [{"title": "ConnectionException", "detail": "This stream is currently at the maximum allowed."}]


BREAKS = {
    "wrong_type": lambda values: values.update(created_at="yesterday"),
    "future_date": lambda values: values.update(created_at=f"{FUTURE_YEAR}{values['created_at'][4:]}"),
    "missing_required": lambda values: values["author"].update(id=None),
    "error_object": break_into_error,
}
