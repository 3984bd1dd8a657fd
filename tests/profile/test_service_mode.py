"""How customers are to be served, on every engine: rules in order, a score, and the refusal of AI before all."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.customer import show_customer
from tests.worlds.frames import ENGINES, World, table
from tests.worlds.world import AS_OF, CONSENT_HEAD
from transforms.profile.service_mode import decide_service, flag_consents
from warehouse.contracts.lint.folder import check_service_rules
from warehouse.contracts.model import ContractError
from warehouse.profile.service_rules import BUILT_IN, check_service, read_service_rules

RULES = read_service_rules(BUILT_IN.parent)
ROW: dict[str, Any] = {
    "customer_id": pl.String, "is_ai_opted_out": pl.Boolean, "is_vulnerable": pl.Boolean, "asked_human_count": pl.Int64,
    "complaint_open_days": pl.Int64, "unsolved_ticket_count": pl.Int64, "reopened_ticket_count": pl.Int64,
    "bot_escalated_count": pl.Int64, "ticket_90_count": pl.Int64, "last_ticket_polarity": pl.Float64,
}  # fmt: skip
"""The columns that the built-in rules ask for."""
CALM: dict[str, Any] = {name: 0 for name in ROW if name.endswith("count")}


def customer(name: str, **values: Any) -> tuple[Any, ...]:
    row = dict.fromkeys(ROW) | CALM | {"customer_id": name} | values
    return tuple(row[column] for column in ROW)


PEOPLE = {
    # Each hard rule alone; ada meets three, and the first decides.
    "ada": ({"is_ai_opted_out": True, "asked_human_count": 1, "unsolved_ticket_count": 2},
            ("human", "ai_opt_out, asked_human, two_unsolved")),
    "bo": ({"asked_human_count": 1}, ("human", "asked_human")),
    "cy": ({"is_vulnerable": True}, ("human", "vulnerable")),
    "di": ({"complaint_open_days": 4}, ("human", "complaint_open")),
    "el": ({"complaint_open_days": 3, "is_ai_opted_out": False}, ("automate", None)),
    # By score: .3 × .5 + .25 = .4; then all but one signal full = .85; then .15 alone is below assist.
    "fay": ({"last_ticket_polarity": -0.5, "unsolved_ticket_count": 1}, ("assist", "unhappy, unsolved")),
    "gus": ({"last_ticket_polarity": -1.0, "unsolved_ticket_count": 1, "reopened_ticket_count": 9,
             "ticket_90_count": 5}, ("human", "unhappy, unsolved, reopened, asks_often")),
    "hal": ({"bot_escalated_count": 2}, ("automate", None)),
    "ivy": ({"last_ticket_polarity": 1.0}, ("automate", None)),
}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_rules_decide_in_order_and_then_the_score(engine: str) -> None:
    world = World(engine, profile=table(ROW, *(customer(name, **values) for name, (values, _) in PEOPLE.items())))
    decided = decide_service(world["profile"], RULES)
    found = {row[0]: row[1:] for row in world.rows(decided, "customer_id", "service_mode", "service_reasons")}
    assert found == {name: expected for name, (_, expected) in PEOPLE.items()}
    scores = dict(world.rows(decided, "customer_id", "service_score"))
    assert (scores["fay"], scores["gus"], scores["hal"], scores["ivy"]) == (0.4, 0.85, 0.15, 0)


@pytest.mark.parametrize("engine", ENGINES)
def test_consents_become_columns(engine: str) -> None:
    consent = table(
        {"customer_id": pl.String, "purpose": pl.String, "is_granted": pl.Boolean},
        ("ada", "ai_service", False), ("ada", "chatbot", True), ("bo", "ai_service", True), ("cy", "no_ai", True),
        ("di", "direct_marketing", False), ("el", "vulnerable", True), ("fay", "vulnerable", False),
    )  # fmt: skip
    world = World(engine, consent=consent)
    assert world.rows(flag_consents(world["consent"], RULES), "customer_id", "is_ai_opted_out", "is_vulnerable") == [
        ("ada", True, None), ("bo", False, None), ("cy", True, None), ("di", None, None), ("el", None, True),
        ("fay", None, False),
    ]  # fmt: skip


COUNT = st.one_of(st.none(), st.integers(0, 9))
ANY_ROW = st.fixed_dictionaries(
    {name: COUNT for name, kind in ROW.items() if kind == pl.Int64}
    | {"is_ai_opted_out": st.one_of(st.none(), st.booleans()), "is_vulnerable": st.one_of(st.none(), st.booleans())}
    | {"last_ticket_polarity": st.one_of(st.none(), st.floats(-1, 1))}
)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ANY_ROW, min_size=1, max_size=20))
@pytest.mark.parametrize("engine", ENGINES)
def test_the_refusal_of_ai_always_wins(engine: str, rows: list[dict[str, Any]]) -> None:
    world = World(engine, profile=table(ROW, *(customer(str(i), **row) for i, row in enumerate(rows))))
    decided = world.frame(decide_service(world["profile"], RULES)).to_dicts()
    assert len(decided) == len(rows)
    for row in decided:
        assert row["service_mode"] in {"automate", "assist", "human"}
        assert 0 <= row["service_score"] <= 1
        if row["is_ai_opted_out"]:
            assert row["service_mode"] == "human"
            assert row["service_reasons"].startswith("ai_opt_out")


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(ANY_ROW, min_size=1, max_size=20))
def test_both_engines_decide_alike(rows: list[dict[str, Any]]) -> None:
    people = table(ROW, *(customer(str(i), **row) for i, row in enumerate(rows)))
    found = []
    for engine in ENGINES:
        world = World(engine, profile=people)
        found.append(world.rows(decide_service(world["profile"], RULES)))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("rules.1.when.column", "asked_humans_count", "rules[1].when.column: unknown column 'asked_humans_count' — "
         "did you mean 'asked_human_count'?"),
        ("rules.1.when", {"column": "asked_human_count", "atleast": 1}, "did you mean 'at_least'?"),
        ("rules.1.when", {"column": "asked_human_count", "at_least": "one"}, "rules[1].when.at_least: is no number"),
        ("rules.1.when", {"column": "last_asked_human_at", "above": 1}, "rules[1].when.column: is a time or date"),
        ("rules.1.when", {"column": "is_vulnerable", "is": "yes"}, "rules[1].when.is: does not fit the column"),
        ("rules.1.when", {"column": "service_score", "above": 0.5}, "unknown column 'service_score'"),
        ("rules.1.when", [], "rules[1].when: is empty"),
        ("rules.1.mode", "humann", "rules[1].mode: unknown mode 'humann' — did you mean 'human'?"),
        ("rules.1.code", "ai_opt_out", "rules[1].code: code 'ai_opt_out' is there twice"),
        ("rules.1.en", ..., "rules[1].en: is missing"),
        ("rules.0.mode", "automate", "rules[0]: does not keep AI from customers"),
        ("rules.0", ..., "rules[0]: does not keep AI from customers"),
        ("rules", None, "rules: is not a list"),
        ("scores", {}, "scores: unknown key 'scores' — did you mean 'score'?"),
        ("score", ..., "score: is missing — write assist, human, signals"),
        ("score.assist", 0.9, "score: assist and human are not valid thresholds"),
        ("score.signals.0.weight", 0.9, "score.signals: the weights add up to 1.6"),
        ("score.signals.0.to", 0, "score.signals[0]: from and to are not two different numbers"),
        ("score.signals.0.weigth", 1, "score.signals[0].weigth: unknown key 'weigth' — did you mean 'weight'?"),
        ("score.signals.0.from", True, "score.signals[0].from: must be a number"),
        ("score.signals.1", 3, "score.signals[1]: is not a mapping — write code, zh-HK, en, column"),
        ("rules.2.whn", 1, "rules[2].whn: unknown key 'whn' — did you mean 'when'?"),
        ("rules.2.when", [{"column": "is_vulnerable", "is": True}, 3], "rules[2].when[1]: is not a condition"),
        ("consents.is_vulnerable.granted.1", 3,
         "consents.is_vulnerable.granted[1]: must be text — write a list of purposes"),
        ("rules.2.zh-HK", ", ", "rules[2].zh-HK: is missing — write a sentence in Chinese"),
        ("rules.2.code", "a,b", "rules[2].code: code 'a,b' has a comma"),
        ("score.signals.0.column", "surname", "score.signals[0].column: no column of numbers is 'surname'"),
        ("consents.is_vulnerabel", {}, "did you mean 'is_vulnerable'?"),
        ("consents.is_ai_opted_out.granted", "no_ai",
         "consents.is_ai_opted_out.granted: is not a list — write a list of purposes"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(tmp_path: Path, place: str, value: Any, said: str) -> None:
    document = yaml.safe_load(BUILT_IN.read_text("utf-8"))
    part = document
    *above, last = [int(step) if step.isdigit() else step for step in place.split(".")]
    for step in above:
        part = part[step]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    path = tmp_path / BUILT_IN.name
    path.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    assert any(said in str(problem) for problem in check_service_rules(path)), check_service_rules(path)
    with pytest.raises(ContractError, match=r"service_rules\.yaml"):
        read_service_rules(tmp_path)


@pytest.mark.parametrize(
    "body", ["", "[]", "rules: 1\nscore: []\nconsents: x\n", "rules: [x]\nscore: {signals: [1]}\n"]
)
def test_any_other_file_is_told_too(tmp_path: Path, body: str) -> None:
    path = tmp_path / BUILT_IN.name
    path.write_text(body, "utf-8")
    assert check_service_rules(path)


def test_without_a_file_the_built_in_rules_hold(tmp_path: Path) -> None:
    assert check_service_rules(tmp_path / BUILT_IN.name) == []
    assert read_service_rules(tmp_path) == RULES


@pytest.mark.parametrize("change", ["", "service_mode = 'automate'", "service_reasons = NULL", "asked_human_count = 0"])
def test_the_gate_finds_a_row_that_does_not_lead_to_its_mode(tmp_path: Path, change: str) -> None:
    people = table(ROW, customer("ada"), customer("bo", asked_human_count=1))
    world = World("duckdb", profile=people)
    decided = decide_service(world["profile"], RULES).to_native().pl()
    with duckdb.connect() as con:
        con.register("decided", decided)
        con.execute("CREATE TABLE customer_profile AS FROM decided")
        if change:
            con.execute(f"UPDATE customer_profile SET {change} WHERE customer_id = 'bo'")
        result = check_service(con, tmp_path)
    assert (result.failed_count, result.checked_count, result.is_closing) == (int(bool(change)), 2, bool(change))


def test_a_night_serves_each_as_the_rules_say(published: Any) -> None:
    """Chan refuses AI tonight, everybody else is served as before; the sentences are told."""
    published.deliver("consent-2.csv", CONSENT_HEAD + "C1,AI_Service,withdrawn,2026-03-11 10:00\n")
    published.night(AS_OF + timedelta(days=1))
    modes = published.ask("SELECT is_ai_opted_out, service_mode, service_reasons FROM customer_profile ORDER BY ALL")
    assert modes == [(True, "human", "ai_opt_out"), (None, "automate", None), (None, "automate", None)]
    shown = show_customer(published.home.root, "tai.man@example.com")
    assert "service      human" in shown
    assert "ai_opt_out: The customer does not agree to be served by AI." in shown
    assert "customer_profile.service_mode" in str(published.report)


def test_a_change_of_the_rules_is_something_new(published: Any) -> None:
    assert published.night()["status"] == "unchanged"
    rules = BUILT_IN.read_text("utf-8").replace(
        "unsolved_ticket_count, at_least: 2", "unsolved_ticket_count, at_least: 1"
    )
    (published.contracts / BUILT_IN.name).write_text(rules, "utf-8")
    assert published.night()["status"] == "published"
    assert ("two_unsolved",) in published.ask("SELECT service_reasons FROM customer_profile")


def test_a_rule_file_beside_the_contracts_is_checked_with_them(world: Any) -> None:
    rules = BUILT_IN.read_text("utf-8").replace("asked_human_count", "asked_human_counts")
    (world.contracts / BUILT_IN.name).write_text(rules, "utf-8")
    with pytest.raises(ContractError, match="did you mean 'asked_human_count'"):
        world.night()
