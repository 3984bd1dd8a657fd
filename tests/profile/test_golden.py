"""The golden record: which value survives by which rule, and what follows from it, on every engine."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.customer import show_golden
from tests.worlds import world as company
from tests.worlds.frames import ENGINES, World, table
from tests.worlds.world import AS_OF, SALES_HEAD, column
from transforms.clean.attributes import ATTRIBUTE, clean_attribute, observe_values
from transforms.names.cleaning import chinese_name, english_name
from transforms.profile.golden_record import build_golden, build_provenance, pick_confidence
from transforms.profile.survivorship import Unfit, list_shared
from transforms.values.places import DISTRICTS
from warehouse.contracts.read import read_source
from warehouse.contracts.settings import SURVIVORSHIP, SURVIVORSHIP_RULES, SettingsError, read_rules, read_settings
from warehouse.duck import open_published

NIGHT = date(2026, 6, 30)
IDENTITY = {"source": pl.String, "account_id": pl.String, "customer_id": pl.String, "confidence": pl.Float64}
PROVENANCE = {"customer_id": pl.String, "attribute": pl.String, "value": pl.String, "place": pl.Int64}
SOURCES = ("crm", "desk", "shop")
TRUST = table({"origin": pl.String, "trust": pl.Int64}, ("crm", 1), ("desk", 2))  # the shop states none
ALL_ONE = table(IDENTITY, *((source, "1", "A", 1.0) for source in SOURCES))


def said(source: str, value: str, on: int, count: int = 1, attribute: str = "phone") -> tuple[Any, ...]:
    """A value that a source gave `on` a day of June, in `count` records."""
    seen = datetime(2026, 6, on)
    return (source, "1", attribute, value, value.lower(), seen, seen, count, "d", 1)


# The register said 1 on the 1st; the desk 2 on the 3rd, and the shop too; the shop 3 on the 9th, and 4 ten times.
PHONES = [
    said("crm", "1", 1), said("desk", "2", 3),
    said("shop", "2", 2), said("shop", "3", 9), said("shop", "4", 5, count=10),
]  # fmt: skip


def survivors(engine: str, attribute: pl.DataFrame, rules: dict[str, str]) -> list[tuple[Any, ...]]:
    """attribute, value and rule of what survives."""
    world = World(engine, attribute=attribute.with_columns(origin=pl.col("source")), identity=ALL_ONE, trust=TRUST)
    found = build_provenance(world["attribute"], world["identity"], world["trust"], {**SURVIVORSHIP, **rules})
    frame = world.frame(found)
    assert frame.filter(pl.col("place") > 1)["rule"].unique().to_list() in ([], ["runner-up"])
    return sorted(frame.filter(pl.col("place") == 1).select("attribute", "value", "rule").rows())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("rule", "value", "reason"),
    [
        ("trust", "1", "most trusted source"),
        ("most_recent", "3", "most recent"),
        ("most_frequent", "4", "most frequent"),
        ("verified_first", "2", "confirmed by two sources"),
    ],
)
def test_each_rule_lets_another_value_survive(engine: str, rule: str, value: str, reason: str) -> None:
    assert survivors(engine, table(ATTRIBUTE, *PHONES), {"phone": rule}) == [("phone", value, reason)]


@pytest.mark.parametrize("engine", ENGINES)
def test_each_attribute_has_its_own_rule(engine: str) -> None:
    rows = [*PHONES, said("crm", "a@x", 1, attribute="email"), said("shop", "b@x", 2, attribute="email")]
    found = survivors(engine, table(ATTRIBUTE, *rows), {"phone": "most_frequent", "email": "most_recent"})
    assert found == [("email", "b@x", "most recent"), ("phone", "4", "most frequent")]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_reason_is_what_differs_from_the_runner_up(engine: str) -> None:
    only = [said("shop", "1", 1), said("desk", "1", 2)]  # the same value twice has no rival
    trust = [said("crm", "1", 1), said("shop", "2", 2)]  # neither is confirmed
    recency = [said("crm", "1", 1), said("crm", "2", 2)]
    count = [said("crm", "1", 1, 5), said("crm", "2", 1)]
    text = [said("crm", "1", 1), said("crm", "2", 1)]
    found = {
        name: survivors(engine, table(ATTRIBUTE, *rows), {})[0][1:]
        for name, rows in {"only": only, "trust": trust, "recency": recency, "count": count, "text": text}.items()
    }
    assert found == {
        "only": ("1", "only value"), "trust": ("1", "most trusted source"), "recency": ("2", "most recent"),
        "count": ("1", "most frequent"), "text": ("2", "order of the text"),
    }  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_two_spellings_of_one_key_confirm_each_other(engine: str) -> None:
    rows = [said("crm", "Other", 9), said("desk", "MEI Wong", 1), said("shop", "Mei WONG", 2)]
    found = survivors(engine, table(ATTRIBUTE, *rows), {"phone": "verified_first"})
    assert found == [("phone", "MEI Wong", "most trusted source")]  # before its other spelling by trust


RULE_NAMES = sorted(SURVIVORSHIP_RULES)


def unkeyed(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same, of which no key could be made."""
    return (*row[:4], None, *row[5:])


def provenance(engine: str, rule: str, *rows: tuple[Any, ...], unfit: tuple[tuple[str, str, str], ...] = ()) -> Any:
    """place, value and rule of phones by a rule; of the unfit ones attribute, key (or value) and reason."""
    attribute = table(ATTRIBUTE, *rows).with_columns(origin=pl.col("source"))
    shared = table({"source": pl.String, "account_id": pl.String})
    reasons = table({"attribute": pl.String, "same": pl.String, "unfit": pl.String}, *unfit)
    world = World(engine, attribute=attribute, identity=ALL_ONE, trust=TRUST, reasons=reasons, shared=shared)
    rules, never = {**SURVIVORSHIP, "phone": rule}, Unfit(world["reasons"], world["shared"])
    found = build_provenance(world["attribute"], world["identity"], world["trust"], rules, never)
    return world.rows(found, "place", "value", "rule")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rule", RULE_NAMES)
def test_a_value_without_a_key_never_comes_before_one_with_a_key(engine: str, rule: str) -> None:
    """The placeholder is of the most trusted source, the latest, the most frequent and confirmed."""
    rows = [said("shop", "1", 1), unkeyed(said("crm", "00000000", 9, 50)), unkeyed(said("desk", "00000000", 8, 50)),
            unkeyed(said("desk", "ask the shop", 7))]  # fmt: skip
    reasons = (("phone", "00000000", "placeholder"),)
    assert provenance(engine, rule, *rows, unfit=reasons) == [
        (1, "1", "only usable value"), (2, "ask the shop", "runner-up"), (3, "00000000", "placeholder")]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rule", RULE_NAMES)
def test_a_number_of_many_customers_never_survives(engine: str, rule: str) -> None:
    rows = [said("shop", "1", 1), said("crm", "2", 9, 50), said("desk", "2", 8, 50), said("desk", "3", 1)]
    found = provenance(engine, rule, *rows, unfit=(("phone", "2", "shared by many customers"),))
    assert found[-1] == (3, "2", "shared by many customers")
    assert {value for _, value, _ in found[:2]} == {"1", "3"}


@pytest.mark.parametrize("engine", ENGINES)
def test_where_nothing_can_survive_nothing_does(engine: str) -> None:
    shared, empty = ("phone", "2", "shared by many customers"), ("phone", "0", "placeholder")
    both = [said("crm", "2", 1), unkeyed(said("shop", "0", 2))]
    assert provenance(engine, "trust", *both, unfit=(shared, empty)) == [
        (2, "2", "shared by many customers"), (3, "0", "placeholder")]  # fmt: skip
    assert provenance(engine, "trust", both[1], unfit=(empty,)) == [(2, "0", "placeholder")]
    # what was meant and cannot be read is shown for want of a better
    assert provenance(engine, "trust", unkeyed(said("crm", "ask", 1))) == [(1, "ask", "only value")]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_number_is_of_many_by_customers_and_not_by_accounts(engine: str) -> None:
    accounts = [("crm", str(n)) for n in range(8)]
    of = lambda *customers: table(IDENTITY, *((*a, c, 1.0) for a, c in zip(accounts, customers, strict=True)))  # noqa: E731
    seen = datetime(2026, 1, 1)
    attribute = table(ATTRIBUTE, *((*a, "phone", "1", "1", seen, seen, 1, "d", 1) for a in accounts))
    world = World(engine, attribute=attribute, one=of(*"AAAAAABC"), many=of(*"AABBCCDD"))
    assert world.rows(list_shared(world["attribute"], world["one"], 3)) == []
    assert world.rows(list_shared(world["attribute"], world["many"], 3)) == [("phone", "1", "shared by many customers")]


WITNESS = st.tuples(
    st.sampled_from(SOURCES), st.sampled_from("abcd"), st.integers(1, 5), st.integers(1, 3),
    st.sampled_from(["phone", "email", "gender"]),
)  # fmt: skip


@settings(max_examples=10, deadline=None)
@given(
    st.lists(WITNESS, min_size=1, max_size=12),
    st.fixed_dictionaries({"phone": st.sampled_from(sorted(SURVIVORSHIP_RULES))}),
)
def test_nothing_is_lost_and_engines_and_order_of_rows_agree(
    witnesses: list[tuple[Any, ...]], rules: dict[str, str]
) -> None:
    rows = table(ATTRIBUTE, *(said(*w) for w in witnesses)).unique(["source", "attribute", "value"])
    frames = []
    for engine, attribute in (("polars", rows), ("duckdb", rows), ("duckdb", rows.reverse())):
        world = World(engine, attribute=attribute.with_columns(origin=pl.col("source")), identity=ALL_ONE, trust=TRUST)
        rule = {**SURVIVORSHIP, **rules}
        frames.append(world.frame(build_provenance(world["attribute"], world["identity"], world["trust"], rule)))
    assert frames[0].rows() == frames[1].rows() == frames[2].rows()
    found = frames[0]
    values = rows.select("attribute", "value").unique().sort("attribute", "value")
    assert found.select("attribute", "value").sort("attribute", "value").rows() == values.rows()
    for (_,), group in found.group_by("attribute"):
        assert sorted(group["place"]) == list(range(1, group.height + 1))


def golden(engine: str, *rows: tuple[Any, ...], fillable: tuple[str, ...] = ("email", "phone")) -> dict[str, Any]:
    """The golden record of A, of survivors given as attribute and value."""
    world = World(engine, provenance=table(PROVENANCE, *(("A", *row, 1) for row in rows)))
    return world.frame(build_golden(world["provenance"], NIGHT, fillable)).row(0, named=True)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("born", "band"),
    [
        ("2008-07-01", "0-17"), ("2008-06-30", "18-24"), ("2001-06-30", "25-34"), ("1991-06-30", "35-44"),
        ("1961-07-01", "55-64"), ("1961-06-30", "65+"), ("2026-06-30", "0-17"), ("2008-02-29", "18-24"),
    ],
)  # fmt: skip
def test_an_age_band_begins_on_the_birthday(engine: str, born: str, band: str) -> None:
    assert golden(engine, ("birth_date", born))["age_band"] == band


@pytest.mark.parametrize("engine", ENGINES)
def test_what_follows_from_the_golden_record(engine: str) -> None:
    row = golden(engine, ("email", "a@x"), ("district", "Sha Tin"), ("chinese_name", "陳大文"))
    assert (row["is_hk_district"], row["age_band"], row["completeness_share"]) == (True, None, 0.5)
    assert golden(engine, ("district", "Leeds"))["is_hk_district"] is False
    assert golden(engine, ("phone", "1"))["is_hk_district"] is None
    assert len(DISTRICTS) == 18


@pytest.mark.parametrize("engine", ENGINES)
def test_a_customer_is_as_sure_as_its_least_sure_account(engine: str) -> None:
    rows = [("crm", "1", "A", 1.0), ("shop", "2", "A", 0.6), ("shop", "3", "B", 1.0)]
    world = World(engine, identity=table(IDENTITY, *rows))
    assert world.rows(pick_confidence(world["identity"])) == [("A", 0.6), ("B", 1.0)]


NAMES = {
    "CHAN Tai Man 陳大文": ("陳大文", "CHAN Tai Man"),
    "陳大文 (CHAN Tai Man)": ("陳大文", "CHAN Tai Man"),
    "陳 大文": ("陳大文", None),
    "陳大文 Peter": ("陳大文", None),  # a given name is no whole name
    "CHAN Tai-man, Peter": (None, "CHAN Tai-man, Peter"),
    "Peter": (None, "Peter"),
    "陳大文先生 Mr CHAN Tai Man": ("陳大文", "CHAN Tai Man"),
    "李 CHAN": (None, None),
    "顧客": (None, None),
    "guest": (None, None),
}


def test_a_name_has_a_chinese_and_an_english_part() -> None:
    names = pl.Series(list(NAMES))
    assert list(zip(chinese_name(names), english_name(names), strict=True)) == list(NAMES.values())


@given(st.text("陳大文李 ABCchan-,.()·先生", max_size=15))
def test_a_part_of_a_name_is_its_own_part(text: str) -> None:
    for part in (chinese_name, english_name):
        once = part(pl.Series([text], dtype=pl.String))
        assert part(once).to_list() == once.to_list()


def test_names_by_script_are_no_evidence_of_identity(published: Any) -> None:
    rows = published.ask(
        "SELECT DISTINCT attribute, value, key FROM clean.attribute WHERE attribute IN ('chinese_name', 'english_name')"
        " AND source = 'crm' ORDER BY ALL"
    )
    assert rows == [("english_name", "CHAN Tai Man", None), ("english_name", "WONG, Mei", None)]


def test_a_source_of_surname_and_given_name_gives_names_by_script(published: Any) -> None:
    columns = [
        {"name": n, "logicalType": "string", "customProperties": [{"property": "c360.role", "value": r}]}
        for n, r in (("no", "account_id"), ("last", "surname"), ("first", "given_name"))
    ]
    published.declare("crm", columns=columns)
    source = read_source(published.contracts / "crm.odcs.yaml")
    rows = pl.DataFrame(
        {"account_source": "crm", "account_id": "1", "no": "1", "last": "陳", "first": "大文",
         "seen_at": datetime(2026, 1, 1), "_delivery_id": "d", "_record": 1}
    )  # fmt: skip
    cleaned = clean_attribute(observe_values(rows, source), source, "HK", NIGHT)
    assert cleaned.filter(pl.col("attribute") == "chinese_name")["value"].to_list() == ["陳大文"]


@pytest.mark.slow
def test_the_setting_decides_what_survives(published: Any) -> None:
    late = "L9,R9,A1,new@example.com,1,9.00,HKD,2026-03-10 12:30\n"
    published.deliver("sales-2.csv", [SALES_HEAD, late])
    query = "SELECT p.email, v.rule FROM customer_profile AS p JOIN customer_profile_provenance AS v"
    query += " ON v.customer_id = p.customer_id AND attribute = 'email' AND place = 1 WHERE full_name = 'CHAN Tai Man'"
    published.night(AS_OF)
    assert published.ask(query) == [("tai.man@example.com", "confirmed by two sources")]
    published.write_yaml("settings.yaml", {"survivorship": {"email": "most_recent"}})
    assert published.night(AS_OF)["status"] == "published"
    assert published.ask(query) == [("new@example.com", "most recent")]


@pytest.mark.parametrize(
    ("given", "cure"),
    [
        ({"emial": "trust"}, "'emial' is no attribute; did you mean 'email'"),
        ({"email": "most_resent"}, "'most_resent' is no rule; did you mean 'most_recent'"),
        ({"email": 3}, "'3' is no rule; there are: trust"),
    ],
)
def test_a_wrong_rule_is_told_with_the_nearest_right_word(tmp_path: Any, given: dict[str, Any], cure: str) -> None:
    (tmp_path / "settings.yaml").write_text(f"survivorship: {given}", "utf-8")
    with pytest.raises(SettingsError, match=cure):
        read_settings(tmp_path, {})


def test_rules_come_from_the_file_or_the_environment(tmp_path: Any) -> None:
    (tmp_path / "settings.yaml").write_text("survivorship: {email: most_recent, phone: trust}", "utf-8")
    assert read_settings(tmp_path, {}).survivorship == "email=most_recent,phone=trust"
    text = read_settings(tmp_path, {"C360_SURVIVORSHIP": "email=trust"}).survivorship
    assert read_rules(text) == {**SURVIVORSHIP, "email": "trust"}


def test_the_profile_shows_the_number_that_can_be_read_and_provenance_says_why(world: Any) -> None:
    world.deliver_all()
    world.declare("sales", columns=[*company.SOURCES["sales"]["columns"], column("phone", "phone")])
    head = SALES_HEAD.replace("sold_at", "sold_at,phone")
    late = "L1,R1,A1,tai.man@example.com,1,9.00,HKD,2026-03-09 12:30,00000000\n"
    nobody = "L2,R2,A9,lee@example.com,1,9.00,HKD,2026-03-09 12:30,99999999\n"
    world.deliver("sales.csv", [head, late, nobody])
    world.write_yaml("settings.yaml", {"survivorship": {"phone": "most_recent"}})
    world.night(AS_OF)
    shown = world.ask("SELECT full_name, email, phone FROM customer_profile WHERE email IN ('lee@example.com',"
                      " 'tai.man@example.com') ORDER BY email")  # fmt: skip
    assert shown == [(None, "lee@example.com", None), ("CHAN Tai Man", "tai.man@example.com", "+852 9123 4567")]
    query = "SELECT place, value, rule FROM customer_profile_provenance WHERE attribute = 'phone' ORDER BY value"
    assert world.ask(query) == [
        (1, "+852 6123 4567", "only value"), (1, "+852 9123 4567", "only usable value"),
        (2, "00000000", "placeholder"), (2, "99999999", "placeholder"),
    ]  # fmt: skip
    (lee,) = world.ask("SELECT customer_id FROM customer_profile WHERE email = 'lee@example.com'")
    assert "none" in "".join(line for line in show_lines(world, lee[0]) if "phone" in line)


def show_lines(world: Any, customer_id: str) -> list[str]:
    with open_published(world.home.require_current().workings) as con:
        return show_golden(con, customer_id, "Asia/Hong_Kong")
