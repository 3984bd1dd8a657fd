"""The questions of docs/questions: each is short, has its two lines, and is answered by a night of the sample world."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from examples.sample.world import World
from examples.sample_world import make_world
from serving.cli.ask import QUESTIONS, QuestionError, find_question, list_questions, show_questions
from serving.cli.main import app
from serving.query import open_home
from tests.worlds.world import run_night
from warehouse import ROOT
from warehouse.contracts.published import list_published
from warehouse.home.layout import Home

NAMES = [question.name for question in list_questions()]
EMPTY = {
    "lapsed_big_spenders": "in so small a world everybody who spends much buys every month",
    "where_sources_disagree": "in so small a world nobody is taken for another",
    "who_merged_last_night": "the first night has none before it",
}
"""Questions that the sample world answers with no row, and why."""
TABLES = {table.name for table in list_published()}


@pytest.fixture(scope="module")
def home(checker: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A night of a small sample world."""
    root = tmp_path_factory.mktemp("sample")
    shutil.copytree(ROOT / "contracts", root / "contracts")
    make_world(root / "var" / "sample", World(people=300, sales=6000, nights=120, seed=7))
    run_night(Home(root / "home"), root / "contracts", date(2026, 6, 30))
    return root / "home"


def ask(home: Path, name: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows of an answer."""
    with open_home(home) as con:
        answer = con.sql(find_question(name).query)
        return list(answer.columns), answer.fetchall()


def test_there_are_twenty() -> None:
    assert len(NAMES) >= 20
    assert sorted(path.stem for path in QUESTIONS.rglob("*") if path.is_file()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_question_says_what_is_asked_and_how_to_read_the_answer(name: str) -> None:
    question, lines = find_question(name), next(QUESTIONS.rglob(f"{name}.sql")).read_text("utf-8").splitlines()
    assert question.text.endswith("?")
    assert question.hint.endswith(".")
    assert [line.startswith("-- ") for line in lines[:3]] == [True, True, False]
    assert len(lines) <= 30
    assert not re.search(r"[$?]\w*(?![^']*')", question.query)  # nothing is to be filled in
    names = set(re.findall(r"(?:FROM|JOIN)\s+([a-z_]+)", question.query)) - set(
        re.findall(r"(\w+) AS \(", question.query)
    )
    assert names <= TABLES


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_world_answers(home: Path, name: str) -> None:
    columns, rows = ask(home, name)
    assert rows or name in EMPTY
    assert len(set(columns)) == len(columns)
    assert [c for c in columns if not re.fullmatch(r"[a-z][a-z0-9_]+", c)] == []
    assert [c for c in columns if re.match(r"(count|sum|avg|max|round)_", c)] == []
    for column, kept in ((c, [row[n] for row in rows]) for n, c in enumerate(columns)):
        if column.endswith("_share") and column != "change_share":
            assert all(value is None or 0 <= value <= 1 for value in kept), column


def test_answers_agree_with_the_profiles(home: Path) -> None:
    with open_home(home) as con:
        [(customers, buyers)] = con.sql(
            "SELECT count(*), count(*) FILTER (order_count > 0) FROM customer_profile"
        ).fetchall()
    assert sum(row[1] for row in ask(home, "whom_may_we_write_to")[1]) == customers
    assert sum(row[2] for row in ask(home, "which_silos_meet")[1]) == customers
    cohorts = {row[0]: row[2] for row in ask(home, "do_new_buyers_come_back")[1]}
    assert sum(cohorts.values()) >= buyers
    assert {row[1] for row in ask(home, "what_changed_each_night")[1]} == {customers}


def test_the_command_lists_and_answers(home: Path) -> None:
    run = CliRunner()
    assert run.invoke(app, ["ask"]).stdout.strip() == show_questions()
    said = run.invoke(app, ["ask", "are_deliveries_sound", "--format", "csv", "--home", str(home)])
    assert said.exit_code == 0
    assert said.stdout.splitlines()[0].startswith("source,delivery_count")
    assert "Are deliveries sound" in said.stderr
    assert run.invoke(app, ["ask", "who_is_leaving", "--sql"]).stdout == find_question("who_is_leaving").query
    with pytest.raises(QuestionError, match="did you mean who_is_leaving"):
        find_question("who_leaves")
