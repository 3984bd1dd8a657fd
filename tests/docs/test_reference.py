"""The pages of docs/reference that are made from the code are what the code says now; no word is missing or made up."""

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest

from expectations.rules import compile_rules
from serving.reference.__main__ import FOLDER
from serving.reference.pages import PAGES, read_meanings
from serving.reference.source import find_codes, list_errors, read_defaults
from warehouse import ROOT
from warehouse.contracts.lint.custom_properties import KNOWN
from warehouse.contracts.model import Column, Location, Quality, Source
from warehouse.contracts.settings import Settings
from warehouse.identity.gates import check_identity
from warehouse.run import RunOptions
from warehouse.types.roles import KINDS, LOAD_MODES, ROLES

GROUPS = read_meanings()["rules"].values()
CODES = {code for group in GROUPS for code in group["codes"]}
IN_THE_CODE = find_codes()
EMPTY_WORLD = """
    CREATE TABLE customer_identity (source VARCHAR, account_id VARCHAR, customer_id VARCHAR, rule VARCHAR);
    CREATE SCHEMA identity; CREATE SCHEMA clean;
    CREATE TABLE identity.shared_account (source VARCHAR, account_id VARCHAR);
    CREATE TABLE identity.churn (customer_id VARCHAR, outcome VARCHAR);
    CREATE TABLE clean.attribute (source VARCHAR, account_id VARCHAR, attribute VARCHAR, key VARCHAR);
"""


def make_quality(metric, bound=0, **arguments):
    return Quality(f"{metric}:x", "library", metric, arguments, None, {"mustBe": bound}, "rows", "critical", "")


@pytest.fixture(scope="module")
def compiled():
    """Codes of all rules that a contract may have, from one with everything in it."""
    everything = (
        make_quality("nullValues"), make_quality("missingValues", missingValues=["-"]),
        make_quality("invalidValues", validValues=["a"]), make_quality("invalidValues", pattern="a"),
        make_quality("duplicateValues"),
    )  # fmt: skip
    columns = (
        Column("id", ("id",), "string", "event_id", required=True, key_position=1),
        Column("mail", ("mail",), "string", "email", unique=True, options={"format": "email", "maxLength": 9},
               quality=everything),
        Column("paid", ("paid",), "number", "amount", options={"minimum": 0}),
        Column("born", ("born",), "date", "birth_date"),
        Column("at", ("at",), "timestamp", "occurred_at", required=True),
        Column("solved", ("solved",), "timestamp", "resolved_at"),
    )  # fmt: skip
    codes = set()
    for mode in LOAD_MODES:
        source = Source(
            "shop", "transactions", mode, columns, Location("local", "x", "csv"), Path("x"), "1", "", "", late_days=3,
            latency_days=1.0, quality=(make_quality("rowCount", 5),),
        )  # fmt: skip
        codes |= {rule.name for rule in compile_rules(source, date(2026, 6, 30), "UTC")}
    return {re.sub(r":.*", ":", code.partition("#")[0]) for code in codes}


@pytest.fixture(scope="module")
def of_identity():
    """Codes of the gate on identity, from a night without customers."""
    with duckdb.connect() as con:
        con.execute(EMPTY_WORLD)
        return {result.rule for result in check_identity(con, RunOptions(), Settings())} | {
            "identity.precision",
            "identity.recall",
        }


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says_now(name):
    assert (FOLDER / name).read_text("utf-8") == PAGES[name](), "write it again by `make docs`"


@pytest.mark.parametrize("code", sorted(IN_THE_CODE))
def test_every_rule_that_the_code_writes_has_its_cure(code):
    is_open = code.endswith("…")
    assert any(known.startswith(code[:-1]) for known in CODES) if is_open else code in CODES


def test_every_rule_of_a_contract_has_its_cure(compiled, of_identity):
    assert compiled | of_identity <= CODES


def test_no_rule_is_made_up(compiled, of_identity):
    stems = tuple(code[:-1] for code in IN_THE_CODE if code.endswith("…") and not code.startswith("identity"))
    made_up = CODES - IN_THE_CODE.keys() - compiled - of_identity
    assert [code for code in made_up if not code.startswith(stems)] == []


def test_a_rule_that_nobody_described_would_be_seen():
    assert {"unclosed_quote", "required:", "no_rate:", "missing_delivery", "unfinished_document"} <= IN_THE_CODE.keys()


def test_every_rule_says_what_it_means_and_its_cure():
    for group in GROUPS:
        for code, entry in group["codes"].items():
            assert entry["means"].endswith("."), code
            assert entry["cure"].endswith("."), code


def test_every_custom_property_has_its_meaning():
    said = read_meanings()["properties"]
    assert {place: set(words) for place, words in KNOWN.items() if words} == {
        place: set(words) for place, words in said.items() if place != "published"
    }
    read = {word for function in ("read_source", "read_column", "read_location") for word in read_defaults(function)}
    assert read <= {word for words in said.values() for word in words}


def test_every_custom_property_in_a_contract_of_ours_is_in_the_page():
    page = (FOLDER / "properties.md").read_text("utf-8")
    for path in [*(ROOT / "contracts").rglob("*.odcs.yaml"), *(ROOT / "examples").rglob("*.odcs.yaml")]:
        for name in set(re.findall(r"property: (c360\.\w+)", path.read_text("utf-8"))):
            assert f"`{name}`" in page, f"{path.name}: {name}"


@pytest.mark.parametrize(("words", "known"), [("roles", ROLES), ("kinds", KINDS), ("load_modes", LOAD_MODES)])
def test_every_role_kind_and_mode_has_its_meaning(words, known):
    assert set(read_meanings()[words]) == set(known)


def test_every_environment_variable_is_in_the_page():
    settings = {f"C360_{name.upper()}" for name in Settings.__dataclass_fields__}
    said = set(read_meanings()["environment"])
    files = [
        ROOT / "Makefile",
        *(p for f in ("dags", "c360", "serving", "warehouse") for p in (ROOT / f).rglob("*.py")),
    ]
    used = {word for path in files for word in re.findall(r"\bC360_[A-Z_]*[A-Z]\b", path.read_text("utf-8"))}
    assert used - settings == said


@pytest.mark.parametrize("kind", list_errors(), ids=lambda kind: kind.__name__)
def test_every_error_has_an_exit_status_that_the_page_explains(kind):
    assert kind.exit_code in read_meanings()["statuses"]
