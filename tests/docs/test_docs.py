"""The documents say what is there: no command, setting, role or column is missing from them or made up."""

import re
from dataclasses import fields

import pytest

from serving.cli.main import COMMANDS as ALL_COMMANDS
from warehouse import ROOT
from warehouse.contracts.model import KINDS, LOAD_MODES, ROLES
from warehouse.contracts.published import list_published
from warehouse.contracts.settings import Settings
from warehouse.publish.columns_page import show_columns

README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = sorted(ALL_COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command):
    assert re.search(rf"`c360 {command}[ `]", README)


def test_the_readme_names_no_command_that_is_not_there():
    assert set(re.findall(r"[`/]c360 ([a-z]+)", README)) <= set(COMMANDS)


@pytest.mark.parametrize("field", fields(Settings), ids=lambda f: f.name)
def test_every_setting_is_in_the_readme_with_its_default(field):
    assert re.search(rf"\| `{field.name}` \| {field.default} \|", README)


@pytest.mark.parametrize("word", [*ROLES, *KINDS, *LOAD_MODES])
def test_every_role_kind_and_mode_is_in_the_readme(word):
    assert f"`{word}`" in README


def test_every_published_table_is_in_the_readme():
    assert set(re.findall(r"^\| `([a-z_]+)` \| [a-z]", README, re.MULTILINE)) >= {t.name for t in list_published()}


@pytest.mark.parametrize("target", re.findall(r"`make ([a-z]+)", README))
def test_every_target_the_readme_names_is_there(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_links_of_the_documents_lead_somewhere():
    for document in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\((?!http)([^)#]+)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_list_of_columns_is_that_of_the_contracts():
    assert (ROOT / "docs" / "columns.md").read_text("utf-8").strip() == show_columns().strip()


@pytest.mark.parametrize("table", list_published(), ids=lambda t: t.name)
def test_every_published_column_says_what_it_means(table):
    assert table.description
    assert [c.name for c in table.columns if not c.description.endswith(".")] == []
