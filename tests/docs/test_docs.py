"""The documents say what is there: no command, setting, role or column is missing from them or made up."""

import re
import tomllib
from dataclasses import fields

import pytest

from serving.cli.main import COMMANDS
from warehouse import ROOT
from warehouse.contracts.aggregates import AGGREGATES
from warehouse.contracts.lint.declaration import Declaration
from warehouse.contracts.published import list_published
from warehouse.contracts.service_rules import (
    COMPARISONS,
    MODES,
    ConsentColumns,
    Consents,
    Score,
    ServiceRule,
    ServiceRules,
    Signal,
)
from warehouse.contracts.settings import Settings
from warehouse.contracts.shape import list_fields
from warehouse.publish.columns_page import show_columns
from warehouse.types.roles import KINDS, LOAD_MODES, ROLES

DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text("utf-8")
PAGES = {p.relative_to(ROOT).as_posix(): p.read_text("utf-8") for p in sorted(DOCS.rglob("*.md"))}
PAGES |= {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "ARCHITECTURE.md")}
REFERENCE = {name.rpartition("/")[2]: text for name, text in PAGES.items() if name.startswith("docs/reference/")}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_reference(command):
    assert re.search(rf"^## c360 {command}\b", REFERENCE["commands.md"], re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_no_command_that_is_not_there(page):
    assert set(re.findall(r"(?:[`/(]|^\$ )c360 ([a-z]+)", PAGES[page], re.MULTILINE)) <= set(COMMANDS)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_no_option_that_is_not_there(page):
    known = set(re.findall(r"(--[a-z-]+)", REFERENCE["commands.md"]))
    for line in re.findall(r"(?:`|^\$ |^)(c360 [^`|\n]*)", PAGES[page], re.MULTILINE):
        assert set(re.findall(r" (--[a-z-]+)", line)) <= known, line


@pytest.mark.parametrize("field", fields(Settings), ids=lambda f: f.name)
def test_every_setting_is_in_the_reference_with_its_default(field):
    assert re.search(rf"\| `{field.name}` \| {field.default} \|", REFERENCE["settings.md"])


@pytest.mark.parametrize("word", [*ROLES, *KINDS, *LOAD_MODES])
def test_every_role_kind_and_mode_is_in_the_reference(word):
    assert re.search(rf"^\| `{word}` \|", REFERENCE["properties.md"], re.MULTILINE)


def test_every_published_table_is_in_the_reference():
    page = REFERENCE["published-tables.md"]
    assert set(re.findall(r"^\| `([a-z_]+)` \| [a-z]", page, re.MULTILINE)) == {t.name for t in list_published()}


@pytest.mark.parametrize("word", [*list_fields(Declaration), *AGGREGATES])
def test_every_word_of_features_is_in_the_reference(word):
    assert f"`{word}`" in REFERENCE["features.md"]


PARTS = (ServiceRules, ConsentColumns, Consents, ServiceRule, Score, Signal)


@pytest.mark.parametrize("word", [*COMPARISONS, *MODES, *(word for part in PARTS for word in list_fields(part))])
def test_every_word_of_service_rules_is_in_the_reference(word):
    assert re.search(rf"[`{{ ]{word}\b", REFERENCE["service-rules.md"])


@pytest.mark.parametrize("page", PAGES)
def test_every_target_a_page_names_is_there(page):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"(?:`|^\$ )make ([a-z][a-z-]*)", PAGES[page], re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_function_of_the_architecture_is_there():
    named = re.findall(r"`([\w/]+\.py)` `(\w+)\(\)`", PAGES["ARCHITECTURE.md"])
    assert len(named) > 8
    for path, function in named:
        assert f"\ndef {function}(" in (ROOT / path).read_text("utf-8"), f"{path}: {function}"


@pytest.mark.parametrize("page", PAGES)
def test_every_path_a_page_names_is_there(page):
    folders = "transforms|warehouse|serving|expectations|tests|dags|contracts"
    for path in re.findall(rf"`((?:{folders})/[\w/.]*)`", PAGES[page]):
        assert (ROOT / path).exists(), path


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 120


def test_a_decision_is_short_and_has_all_its_parts():
    for path in DOCS.glob("adr/*/*.md"):
        text = path.read_text("utf-8")
        assert len(text.splitlines()) <= 40, path.name
        parts = ("**Status:** ", "## Context", "## Decision", "## Consequences")
        assert [part for part in parts if part not in text] == [], path.name


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.split(r"[<>=]", line)[0] for line in project["dependencies"]}
    core = {"apache-airflow", "duckdb", "great-expectations", "polars", "pyyaml"}
    reasons = next(DOCS.glob("adr/project/*-dependencies.md")).read_text("utf-8")
    assert [name for name in names - core if name not in reasons] == []


def test_the_list_of_columns_is_that_of_the_contracts():
    assert (ROOT / "docs" / "columns.md").read_text("utf-8").strip() == show_columns().strip()


@pytest.mark.parametrize("table", list_published(), ids=lambda t: t.name)
def test_every_published_column_says_what_it_means(table):
    assert table.description
    assert [c.name for c in table.columns if not c.description.endswith(".")] == []
