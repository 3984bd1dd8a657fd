"""What a published column is made of: declared for each, true of what the folds do, and obeyed by what goes out."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
import yaml

from serving.recommender.permission import IDENTIFYING, choose_columns
from tests.profile.test_profile import EVENTS, build_profiles, event, sale
from tests.worlds.world import SOURCES, make_contract
from transforms.clean.events import EVENT
from transforms.profile.golden_record import GOLDEN
from warehouse.contracts.lineage import KEYS, list_closed_of_feature, made_of, resolve
from warehouse.contracts.load import read_contracts, read_features
from warehouse.contracts.model import Contracts, Purpose
from warehouse.contracts.published import PUBLISHED, published
from warehouse.types.roles import KINDS, RELATIONS, ROLES

PURPOSES = ("personalisation", "analytics", "service")
DESCRIBED = [c for c in published("customer_profile").columns if c.name not in {"customer_id", "as_of"}]


def test_every_column_says_what_it_is_made_of_in_words_there_are() -> None:
    assert [c.name for c in DESCRIBED if not c.made_of] == []
    for column in DESCRIBED:
        parts = resolve(column.made_of)
        assert {kind for kind, _ in parts} <= {*KINDS, "*", "relation"}
        assert {role for kind, role in parts if kind != "relation"} <= {*ROLES, "*"}
        assert {name for kind, name in parts if kind == "relation"} <= set(RELATIONS)
    events = {c.name: c for c in published("customer_event").columns}
    bare = {name for name, column in events.items() if not column.made_of}
    assert bare == {"customer_id", "delivery_id", "record", *KEYS} - {"thread"}


def test_every_feature_has_a_lineage_of_what_it_reads() -> None:
    found = {f.name: made_of(f) for f in read_features(PUBLISHED.parent) if not f.is_of_day}  # a day is nobody's
    assert all(found.values())
    assert set(found["last_channel"]) > {"*.channel", "*.occurred_at", "*.status", "*.quantity"}
    assert "*.currency" in found["spent_30_amount"]
    assert found["post_30_count"] == ("*.occurred_at",)


MORE = [
    sale("ada", "2026-06-20T10:00", parent_id="o9", amount=Decimal(20), item_id="i1", item_name="Tea", quantity=2.0),
    sale("ada", "2026-06-21T11:00", parent_id="o8", amount=Decimal(20), item_id="i2", category="cups", channel="web"),
    event("social", "bo", "2026-06-20T10:00", event_type="post", text="x", polarity=0.5, text_language="en",
          reply_count=1),
    event("social", "bo", "2026-03-10T10:00", event_type="post", text="y", polarity=-0.5, text_language="yue"),
    event("support", "cy", "2026-06-10T10:00", event_type="ticket", status="open", category="complaint", rating=1.0,
          channel="web", text="x", polarity=-0.2, asks_human=True, parent_id="t9"),
    event("support", "cy", "2026-06-10T12:00", event_type="agent_reply", status="open", agent="Bot", channel="chat",
          parent_id="t9"),
]  # fmt: skip
OTHER: dict[str, Any] = {
    "occurred_at": lambda v: v and v - timedelta(days=40, hours=3),
    "resolved_at": lambda v: v and v + timedelta(hours=5),
    "net_amount": lambda v: v and v * 3 + 1, "quantity": lambda v: (v or 0) + 5, "event_type": lambda v: "refund",
    "polarity": lambda v: v and -v / 3, "asks_human": lambda v: True, "text_language": lambda v: "zh",
    "rating": lambda v: 5.0, "like_count": lambda v: (v or 0) + 7, "reply_count": lambda v: (v or 0) + 7,
    "text": lambda v: None if v else "z",
}  # fmt: skip
"""Another value of a column; of those not named here, another text."""


UNTOUCHED = {
    "source", "account_source", "account_id", "kind", "event_id", "parent_id", "delivery_id", "record",
    "occurred_on", "amount",
}  # fmt: skip
"""Keys; the day, which goes with occurred_at; and the amount as delivered, which no fold reads."""


def build(events: list[tuple[Any, ...]]) -> pl.DataFrame:
    return build_profiles("polars", events).sort("customer_id")


@pytest.mark.parametrize("kind", ["transactions", "social", "support"])
def test_a_column_that_follows_another_value_says_so(kind: str) -> None:
    """Give the events of a kind other values in one column: what changes in profiles names a role of that column."""
    before, places = build([*EVENTS, *MORE]), {name: n for n, name in enumerate(EVENT)}
    lineage = {c.name: c.made_of for c in published("customer_event").columns}
    changed_any = set()
    for name in places.keys() - UNTOUCHED:
        other = OTHER.get(name, lambda v: f"{v}z")
        after = build(
            [change(row, places, name, other) if row[places["kind"]] == kind else row for row in [*EVENTS, *MORE]]
        )
        roles = {(kind, part.removeprefix("*.")) for part in lineage[name]}
        for column in DESCRIBED:
            if column.name in before.columns and not before[column.name].equals(after[column.name]):
                changed_any.add(column.name)
                parts = resolve(column.made_of)
                assert roles & parts or ("*", "*") in parts, f"{column.name} follows {name} of {kind}"
    assert len(changed_any) >= {"transactions": 25, "social": 11, "support": 12}[kind]


def change(row: tuple[Any, ...], places: dict[str, int], name: str, other: Any) -> tuple[Any, ...]:
    values = list(row)
    values[places[name]] = other(values[places[name]])
    if name == "occurred_at":
        values[places["occurred_on"]] = (values[places[name]] + timedelta(hours=8)).date()
    return tuple(values)


def test_the_golden_record_is_made_of_what_sources_say_of_people() -> None:
    for name in GOLDEN:
        assert {kind for kind, _ in resolve(next(c.made_of for c in DESCRIBED if c.name == name))} == {"*"}


# An independent reading of the declarations, in plain YAML.


def read_raw(name: str) -> dict[str, list[str]]:
    document = yaml.safe_load((PUBLISHED / f"{name}.odcs.yaml").read_text("utf-8"))
    return {p["name"]: p.get("transformSourceObjects", []) for p in document["schema"][0]["properties"]}


RAW = read_raw("customer_profile")


def may_see(purpose: str, name: str, contracts: dict[str, dict[str, Any]]) -> bool:
    """May a purpose see a profile column? Every contract column with a role behind it must say so."""
    behind: list[list[str]] = []

    def follow(column: str, path: tuple[str, ...] = ()) -> None:
        for part in RAW[column]:
            place, role = part.split(".")
            if place == "relation" and purpose != "service":
                behind.append([])
            if place == "customer_profile":
                assert role not in path
                follow(role, (*path, role))
                continue
            for body in contracts.values():
                custom = {c["property"]: c["value"] for c in body["customProperties"]}
                if custom["c360.kind"] == "reference" or place not in {"*", custom["c360.kind"]}:
                    continue
                for leaf in leaves(body["schema"][0]["properties"]):
                    own = {c["property"]: c["value"] for c in leaf.get("customProperties", [])}
                    if own.get("c360.role") and role in {"*", own["c360.role"]}:
                        behind.append(own.get("c360.purposes", []))

    follow(name)
    return bool(behind) and all(purpose in purposes for purposes in behind)


def leaves(properties: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [leaf for p in properties for leaf in (leaves(p["properties"]) if p.get("properties") else [p])]


def open_at_random(draw: random.Random, share: float) -> dict[str, dict[str, Any]]:
    """The tiny company's contracts, whose columns name some purposes."""
    contracts = {name: make_contract(name, source) for name, source in SOURCES.items()}
    for body in contracts.values():
        for leaf in leaves(body["schema"][0]["properties"]):
            named = [p for p in PURPOSES if draw.random() < share]
            if named or draw.random() < 0.5:
                leaf.setdefault("customProperties", []).append({"property": "c360.purposes", "value": named})
    return contracts


@pytest.mark.parametrize("seed", range(12))
def test_each_purpose_sees_the_columns_that_all_they_are_made_of_opens(tmp_path: Any, seed: int) -> None:
    draw = random.Random(seed)
    bodies = open_at_random(draw, draw.choice([0.6, 0.9, 0.98]))
    contracts = write(tmp_path, bodies)
    opened = 0
    for purpose in contracts.purposes:
        found = set(choose_columns(contracts, purpose))
        due = {c.name for c in DESCRIBED if may_see(purpose.name, c.name, bodies)} - IDENTIFYING
        assert found == due
        opened += len(due)
    assert opened or seed


def write(folder: Any, bodies: dict[str, dict[str, Any]]) -> Contracts:
    for name, body in bodies.items():
        (folder / f"{name}.odcs.yaml").write_text(yaml.safe_dump(body, sort_keys=False), "utf-8")
    purposes: dict[str, Any] = {"purposes": {p: {"description": p} for p in PURPOSES}}
    purposes["purposes"]["service"]["relations"] = ["household"]
    (folder / "purposes.yaml").write_text(yaml.safe_dump(purposes), "utf-8")
    return read_contracts(folder)


def test_one_closed_column_of_many_closes_what_is_made_of_it(tmp_path: Any) -> None:
    bodies = open_at_random(random.Random(1), 1.0)
    everything = set(choose_columns(write(tmp_path, bodies), Purpose("service", "", None, False)))
    assert everything == {c.name for c in DESCRIBED if may_see("service", c.name, bodies)} - IDENTIFYING
    assert {"order_count", "ticket_count", "is_vulnerable", "service_mode", "source_count"} <= everything
    assert {"age_band", "household_size"} <= everything
    for leaf in leaves(bodies["tickets"]["schema"][0]["properties"]):
        leaf["customProperties"] = [c for c in leaf["customProperties"] if c["property"] != "c360.purposes"]
    left = set(choose_columns(write(tmp_path, bodies), Purpose("service", "", None, False)))
    gone = everything - left
    assert {"ticket_count", "service_mode", "service_score", "last_seen_at", "source_count", "sources"} <= gone
    assert "order_count" in left


def test_a_column_without_a_lineage_goes_out_to_nobody(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    contracts = write(tmp_path, open_at_random(random.Random(1), 1.0))
    table_ = published("customer_profile")
    planted = replace(table_, columns=(*table_.columns, replace(DESCRIBED[-1], name="new_score", made_of=())))
    monkeypatch.setattr("serving.recommender.permission.published", lambda _: planted)
    assert "new_score" not in choose_columns(contracts, Purpose("service", "", None, False))


def test_the_sample_opens_what_people_bought_to_personalisation_and_no_service() -> None:
    contracts = read_contracts(PUBLISHED.parent)
    purposes = {p.name: p for p in contracts.purposes}
    found = set(choose_columns(contracts, purposes["personalisation"]))
    assert {"order_count", "net_amount", "top_category", "recency_days", "district", "gender", "post_count"} <= found
    closed = (
        "ticket",
        "complaint",
        "service",
        "solve",
        "human",
        "bot_",
        "is_ai",
        "is_vulnerable",
        "answer",
        "polarity",
    )
    assert [name for name in found if any(word in name for word in closed)] == []
    assert not found & {"last_seen_at", "source_count", "sources", "age_band", "completeness_share", "household_size"}
    assert "household_size" in choose_columns(contracts, purposes["service"])
    named = [f for f in read_features(PUBLISHED.parent) if f.purposes]
    for feature in named:
        for purpose in feature.purposes:
            assert list_closed_of_feature(contracts.sources, feature, purpose) == []
